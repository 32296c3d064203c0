//! Statements of this slice.

use super::model::{Admission, Program, ProgramState, scope_from, scope_words};
use super::unions::UnionAccount;
use accounting::{InviterRule, PlanLine, Terms};
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{Instant, LegalEntityId, PersonId, ProgramId, UnionAccountId, Zone};

/// Lines of a plan over a program's whole life; the statement's LIMIT.
pub const PLAN_LINES_MAX: usize = 1000;
pub const PROGRAMS_MAX: usize = 200;

fn program(row: &Row) -> Result<Program, DbError> {
    let shape = |what: String| DbError::Shape(what);
    let zone = row.text("time_zone")?;
    let state = row.text("state")?;
    Ok(Program {
        id: row.id("id")?,
        code: row.text("code")?,
        name: row.text("name")?,
        audience: row.text("audience")?,
        state: ProgramState::from_word(&state).ok_or_else(|| shape(format!("program state {state}")))?,
        zone: Zone::named(&zone).map_err(|e| shape(e.to_string()))?,
        community_limit: row.int("community_limit")?,
        public_url: row.text("public_url")?,
        theme_colour: row.text("theme_colour")?,
        catalog_scope: row.text("catalog_scope")?,
        version: row.int("version")?,
    })
}

pub async fn find(tx: &mut Tx, id: ProgramId) -> Result<Option<Program>, DbError> {
    tx.one(sql!("find"), args![id]).await?.as_ref().map(program).transpose()
}

/// By its code or by a code that it once had.
pub async fn find_by_code(tx: &mut Tx, code: &str) -> Result<Option<Program>, DbError> {
    tx.one(sql!("find_by_code"), args![code]).await?.as_ref().map(program).transpose()
}

/// By id, code or former code, as paths name programs.
pub async fn find_named(tx: &mut Tx, named: &str) -> Result<Option<Program>, DbError> {
    match named.parse::<ProgramId>() {
        Ok(id) => find(tx, id).await,
        // What cannot be a code is not asked for: PostgreSQL refuses a text with NUL.
        Err(_) if named.len() > 64 || named.chars().any(char::is_control) => Ok(None),
        Err(_) => find_by_code(tx, named).await,
    }
}

/// Adds a program; false where the code is taken, now or as a former one.
pub async fn insert(tx: &mut Tx, program: &Program, now: Instant) -> Result<bool, DbError> {
    if find_by_code(tx, &program.code).await?.is_some() {
        return Ok(false);
    }
    let args = args![
        program.id,
        &program.code,
        &program.name,
        &program.audience,
        program.state.word(),
        program.zone.name(),
        program.community_limit,
        &program.public_url,
        &program.theme_colour,
        &program.catalog_scope,
        now,
        program.version
    ];
    Ok(tx.one(sql!("insert"), args).await?.is_some())
}

/// Who may join at a moment. Before the first entry nobody may: `Roster`, which is empty then.
pub async fn admission_at(tx: &mut Tx, program: ProgramId, at: Instant) -> Result<Admission, DbError> {
    let Some(row) = tx.one(sql!("admission_at"), args![program, at]).await? else { return Ok(Admission::Roster) };
    admission_word(&row)
}

fn admission_word(row: &Row) -> Result<Admission, DbError> {
    let mode = row.text("mode")?;
    Admission::from_word(&mode).ok_or_else(|| DbError::Shape(format!("admission {mode}")))
}

/// False where a change begins at that very moment already.
pub async fn add_admission(
    tx: &mut Tx,
    program: ProgramId,
    from: Instant,
    mode: Admission,
    by: PersonId,
) -> Result<bool, DbError> {
    Ok(tx.one(sql!("add_admission"), args![program, from, mode.word(), by]).await?.is_some())
}

/// All lines of a program's plan, also those that are over; at most [`PLAN_LINES_MAX`].
pub async fn plan_lines(tx: &mut Tx, program: ProgramId) -> Result<Vec<PlanLine>, DbError> {
    tx.all(sql!("plan_lines"), args![program]).await?.iter().map(plan_line).collect()
}

fn plan_line(row: &Row) -> Result<PlanLine, DbError> {
    let shape = |what: String| DbError::Shape(what);
    let (word, value) = (row.text("scope")?, row.text("scope_value")?);
    Ok(PlanLine {
        id: row.id("id")?,
        scope: scope_from(&word, &value).ok_or_else(|| shape(format!("plan scope {word} {value}")))?,
        shared: Terms::try_new(row.rate("direct_ppm")?, row.rate("inviter_ppm")?).map_err(|e| shape(e.to_string()))?,
        self_purchase: row.rate("self_ppm")?,
        from: row.instant("from_us")?,
        until: row.opt_instant("until_us")?,
    })
}

pub async fn add_plan_line(
    tx: &mut Tx,
    program: ProgramId,
    line: &PlanLine,
    by: PersonId,
    now: Instant,
) -> Result<(), DbError> {
    let (scope, value) = scope_words(&line.scope);
    let args = args![
        line.id,
        program,
        scope,
        value,
        line.shared.direct(),
        line.shared.inviter(),
        line.self_purchase,
        line.from,
        line.until,
        by,
        now
    ];
    tx.run(sql!("add_plan_line"), args).await.map(|_| ())
}

/// Bounds on the inviter part at a moment: the rule in force for every union, and the one for this union.
pub async fn inviter_rules(
    tx: &mut Tx,
    program: ProgramId,
    union_code: &str,
    at: Instant,
) -> Result<Vec<InviterRule>, DbError> {
    let rows = tx.all(sql!("inviter_rules"), args![program, union_code, at]).await?;
    rows.iter().map(|row| Ok(InviterRule { at_most: row.rate("at_most_ppm")?, days: row.opt_int("days")? })).collect()
}

/// Programs that a union account serves.
pub async fn programs_of_account(tx: &mut Tx, account: UnionAccountId) -> Result<Vec<ProgramId>, DbError> {
    tx.all(sql!("programs_of_account"), args![account]).await?.iter().map(|row| row.id("program_id")).collect()
}

/// Union accounts that serve a program.
pub async fn accounts_of_program(tx: &mut Tx, program: ProgramId) -> Result<Vec<UnionAccountId>, DbError> {
    tx.all(sql!("accounts_of_program"), args![program]).await?.iter().map(|row| row.id("union_account_id")).collect()
}

/// False where the name is taken.
pub async fn add_legal_entity(
    tx: &mut Tx,
    id: LegalEntityId,
    name: &str,
    registration: &str,
    now: Instant,
) -> Result<bool, DbError> {
    Ok(tx.one(sql!("add_legal_entity"), args![id, name, registration, now]).await?.is_some())
}

/// False where the name is taken. `sealed` is the secret under the master key, bound to the account's id.
pub async fn add_account(
    tx: &mut Tx,
    account: &UnionAccount,
    entity: LegalEntityId,
    sealed: Vec<u8>,
    now: Instant,
) -> Result<bool, DbError> {
    let args = args![
        account.id,
        &account.union_code,
        &account.name,
        entity,
        &account.gateway_url,
        &account.app_key,
        sealed,
        account.link_hosts.join(" "),
        account.per_second,
        i64::try_from(account.daily_budget).unwrap_or(i64::MAX),
        now
    ];
    Ok(tx.one(sql!("add_account"), args).await?.is_some())
}

/// Lets an account serve a program; doing it twice changes nothing.
pub async fn serve_program(tx: &mut Tx, account: UnionAccountId, program: ProgramId) -> Result<(), DbError> {
    tx.run(sql!("serve_program"), args![account, program]).await.map(|_| ())
}
