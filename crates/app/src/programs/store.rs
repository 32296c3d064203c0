//! Statements of this slice.

use super::LINKS_EPOCH;
use super::model::{Admission, Program, ProgramState, scope_from, scope_words};
use super::unions::UnionAccount;
use accounting::{InviterRule, PlanLine, Terms};
use infra::args;
use infra::db::{DbError, Row, Tx};
use infra::epoch;
use kernel::{Instant, LegalEntityId, PersonId, ProgramId, UnionAccountId, Zone};

/// Lines of a plan over a program's whole life; the statement's LIMIT.
pub const PLAN_LINES_MAX: usize = 1000;
/// Dated inviter rules of a program: an order long ago may still be decided by the first.
pub const INVITER_RULES_MAX: usize = 1_000;
pub const PROGRAMS_MAX: usize = 200;
/// Union accounts, and legal entities; the statements' LIMIT.
pub const ACCOUNTS_MAX: usize = 200;

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
        theme_accent: row.text("theme_accent")?,
        logo: row.text("logo")?,
        wechat_appid: row.text("wechat_appid")?,
        official_appid: row.text("official_appid")?,
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
        program.version,
        &program.theme_accent,
        &program.logo,
        &program.wechat_appid,
        &program.official_appid
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
    tx.run(sql!("serve_program"), args![account, program]).await?;
    epoch::rise(tx, LINKS_EPOCH).await
}

/// Every program, oldest first; at most [`PROGRAMS_MAX`].
pub async fn all(tx: &mut Tx) -> Result<Vec<Program>, DbError> {
    tx.all(sql!("all"), vec![]).await?.iter().map(program).collect()
}

/// Secrets of a program's apps at WeChat, sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WechatSecrets {
    pub mini_program: Option<Vec<u8>>,
    pub official_account: Option<Vec<u8>>,
}

pub async fn wechat_secrets(tx: &mut Tx, program: ProgramId) -> Result<WechatSecrets, DbError> {
    let Some(row) = tx.one(sql!("wechat_secrets"), args![program]).await? else { return Ok(WechatSecrets::default()) };
    Ok(WechatSecrets {
        mini_program: row.opt_bytes("wechat_secret")?,
        official_account: row.opt_bytes("official_secret")?,
    })
}

/// Keeps new secrets; where there is none the one that is there stays.
pub async fn put_wechat_secrets(tx: &mut Tx, program: ProgramId, secrets: WechatSecrets) -> Result<(), DbError> {
    if secrets == WechatSecrets::default() {
        return Ok(());
    }
    let args = args![program, secrets.mini_program, secrets.official_account];
    tx.run(sql!("put_wechat_secrets"), args).await.map(|_| ())
}

/// Writes a program over the version that it was loaded with; false where somebody was faster. A code that it no longer
/// has stays as an alias.
pub async fn update(tx: &mut Tx, program: &Program, former_code: &str, now: Instant) -> Result<bool, DbError> {
    let args = args![
        program.id,
        program.version,
        &program.code,
        &program.name,
        &program.audience,
        program.zone.name(),
        program.community_limit,
        &program.public_url,
        &program.theme_colour,
        &program.catalog_scope,
        program.state.word(),
        &program.theme_accent,
        &program.logo,
        &program.wechat_appid,
        &program.official_appid
    ];
    if tx.one(sql!("update"), args).await?.is_none() {
        return Ok(false);
    }
    epoch::rise(tx, LINKS_EPOCH).await?;
    if former_code != program.code {
        tx.run(sql!("add_alias"), args![former_code, program.id, now]).await?;
    }
    Ok(true)
}

/// A dated admission mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatedAdmission {
    pub from: Instant,
    pub mode: Admission,
    pub by: PersonId,
}

/// Newest first; at most 200.
pub async fn admissions(tx: &mut Tx, program: ProgramId) -> Result<Vec<DatedAdmission>, DbError> {
    let rows = tx.all(sql!("admissions"), args![program]).await?;
    rows.iter()
        .map(|row| {
            Ok(DatedAdmission { from: row.instant("from_us")?, mode: admission_word(row)?, by: row.id("by_person")? })
        })
        .collect()
}

/// Lets bounded additions to one program happen one after the other.
pub async fn lock(tx: &mut Tx, program: ProgramId) -> Result<(), DbError> {
    tx.one(sql!("lock"), args![program]).await.map(|_| ())
}

pub async fn plan_count(tx: &mut Tx, program: ProgramId) -> Result<i64, DbError> {
    tx.one(sql!("plan_count"), args![program]).await?.map_or(Ok(0), |row| row.int("n"))
}

/// A dated bound on the inviter part; `union_code` empty: every union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedInviterRule {
    pub union_code: String,
    pub from: Instant,
    pub rule: InviterRule,
    pub by: PersonId,
}

/// The rules in force at a moment: the one for every union, and the one for this union. `dated` is newest first.
pub fn rules_in_force(dated: &[DatedInviterRule], union_code: &str, at: Instant) -> Vec<InviterRule> {
    let of = |code: &str| dated.iter().find(|rule| rule.union_code == code && rule.from <= at).map(|dated| dated.rule);
    ["", union_code].into_iter().filter_map(of).collect()
}

pub async fn inviter_rule_count(tx: &mut Tx, program: ProgramId) -> Result<i64, DbError> {
    tx.one(sql!("inviter_rule_count"), args![program]).await?.map_or(Ok(0), |row| row.int("n"))
}

/// Newest first, all of them: additions are bounded by [`INVITER_RULES_MAX`].
pub async fn all_inviter_rules(tx: &mut Tx, program: ProgramId) -> Result<Vec<DatedInviterRule>, DbError> {
    let rows = tx.all(sql!("all_inviter_rules"), args![program]).await?;
    rows.iter()
        .map(|row| {
            Ok(DatedInviterRule {
                union_code: row.text("union_code")?,
                from: row.instant("from_us")?,
                rule: InviterRule { at_most: row.rate("at_most_ppm")?, days: row.opt_int("days")? },
                by: row.id("by_person")?,
            })
        })
        .collect()
}

/// False where a rule begins at that very moment already.
pub async fn add_inviter_rule(tx: &mut Tx, program: ProgramId, dated: &DatedInviterRule) -> Result<bool, DbError> {
    let args = args![program, &dated.union_code, dated.from, dated.rule.at_most, dated.rule.days, dated.by];
    Ok(tx.one(sql!("add_inviter_rule"), args).await?.is_some())
}

/// A number that may join, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    pub number: String,
    pub note: String,
    pub used_by: Option<PersonId>,
}

/// In the order of numbers, after one of them.
pub async fn roster(tx: &mut Tx, program: ProgramId, after: &str, limit: u32) -> Result<Vec<RosterEntry>, DbError> {
    let rows = tx.all(sql!("roster"), args![program, after, i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            Ok(RosterEntry {
                number: row.text("number")?,
                note: row.text("note")?,
                used_by: row.opt_id("used_by_person")?,
            })
        })
        .collect()
}

/// False where the number is there already.
pub async fn add_roster_number(tx: &mut Tx, program: ProgramId, number: &str, note: &str) -> Result<bool, DbError> {
    Ok(tx.run(sql!("add_roster_number"), args![program, number, note]).await? == 1)
}

/// False where there is no such number, or somebody joined with it.
pub async fn remove_roster_number(tx: &mut Tx, program: ProgramId, number: &str) -> Result<bool, DbError> {
    Ok(tx.run(sql!("remove_roster_number"), args![program, number]).await? == 1)
}

pub async fn on_roster(tx: &mut Tx, program: ProgramId, number: &str) -> Result<bool, DbError> {
    Ok(tx.one(sql!("find_roster_number"), args![program, number]).await?.is_some())
}

/// Takes a number for somebody who joins; false where it is not on the roster or taken.
pub async fn use_roster_number(
    tx: &mut Tx,
    program: ProgramId,
    number: &str,
    person: PersonId,
) -> Result<bool, DbError> {
    Ok(tx.run(sql!("use_roster_number"), args![program, number, person]).await? == 1)
}

/// Who receives from unions and pays people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalEntity {
    pub id: LegalEntityId,
    pub name: String,
    pub registration: String,
}

/// Oldest first; at most [`ACCOUNTS_MAX`].
pub async fn legal_entities(tx: &mut Tx) -> Result<Vec<LegalEntity>, DbError> {
    let rows = tx.all(sql!("entities"), vec![]).await?;
    rows.iter()
        .map(|row| {
            Ok(LegalEntity { id: row.id("id")?, name: row.text("name")?, registration: row.text("registration")? })
        })
        .collect()
}

pub async fn has_legal_entity(tx: &mut Tx, id: LegalEntityId) -> Result<bool, DbError> {
    Ok(tx.one(sql!("find_entity"), args![id]).await?.is_some())
}

pub async fn entity_of_account(tx: &mut Tx, id: UnionAccountId) -> Result<Option<LegalEntityId>, DbError> {
    tx.one(sql!("entity_of_account"), args![id]).await?.map(|row| row.id("legal_entity_id")).transpose()
}

/// Every union account, oldest first; at most [`ACCOUNTS_MAX`].
pub async fn accounts(tx: &mut Tx) -> Result<Vec<UnionAccount>, DbError> {
    tx.all(sql!("accounts"), vec![]).await?.iter().map(super::unions::account).collect()
}

/// Writes an account over the version that it was loaded with; false where somebody was faster. Without `sealed` the
/// secret stays.
/// How the links of an account are made and told apart, beside the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountTracking {
    /// The registered website or app in which they stand; `None` for chat groups and the like.
    pub site_id: Option<i64>,
    /// With which number at the union positions are made; `None`: none are.
    pub position_union_id: Option<i64>,
    /// Sealed. Where it is stored, `None` leaves the stored one.
    pub position_key: Option<Vec<u8>>,
}

pub async fn account_tracking(tx: &mut Tx, id: UnionAccountId) -> Result<AccountTracking, DbError> {
    let Some(row) = tx.one(sql!("account_tracking"), args![id]).await? else { return Ok(AccountTracking::default()) };
    Ok(AccountTracking {
        site_id: row.opt_int("site_id")?,
        position_union_id: row.opt_int("position_union_id")?,
        position_key: row.opt_bytes("position_key")?,
    })
}

/// Beside [`update_account`], which raises the version.
pub async fn put_account_tracking(tx: &mut Tx, id: UnionAccountId, tracking: &AccountTracking) -> Result<(), DbError> {
    let AccountTracking { site_id, position_union_id, position_key } = tracking.clone();
    tx.run(sql!("put_account_tracking"), args![id, site_id, position_union_id, position_key]).await.map(|_| ())
}

pub async fn update_account(tx: &mut Tx, account: &UnionAccount, sealed: Option<Vec<u8>>) -> Result<bool, DbError> {
    let args = args![
        account.id,
        account.version,
        &account.gateway_url,
        &account.app_key,
        sealed,
        account.link_hosts.join(" "),
        account.per_second,
        i64::try_from(account.daily_budget).unwrap_or(i64::MAX),
        if account.active { "active" } else { "paused" }
    ];
    if tx.one(sql!("update_account"), args).await?.is_none() {
        return Ok(false);
    }
    epoch::rise(tx, LINKS_EPOCH).await?;
    Ok(true)
}
