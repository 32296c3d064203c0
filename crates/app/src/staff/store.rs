//! Statements of this slice.

use super::rights::Role;
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{Instant, PersonId, ProgramId};

/// Gives a person a role in one program, or (`None`) in all; a role that they had there is replaced.
pub async fn grant(
    tx: &mut Tx,
    person: PersonId,
    program: Option<ProgramId>,
    role: Role,
    by: PersonId,
    now: Instant,
) -> Result<(), DbError> {
    let program = program.map_or(0, ProgramId::raw);
    tx.run(sql!("grant"), args![person, program, role.word(), by, now]).await.map(|_| ())
}

/// One grant as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub person: PersonId,
    /// `None`: all programs.
    pub program: Option<ProgramId>,
    pub role: Role,
    pub by: PersonId,
    pub at: Instant,
}

fn role(row: &Row) -> Result<Role, DbError> {
    let word = row.text("role")?;
    Role::from_word(&word).ok_or_else(|| DbError::Shape(format!("role {word}")))
}

fn program(row: &Row) -> Result<Option<ProgramId>, DbError> {
    Ok(Some(row.int("program_id")?).filter(|id| *id != 0).map(ProgramId::from_raw))
}

/// What a person may do where; `None`: all programs.
pub async fn grants_of(tx: &mut Tx, person: PersonId) -> Result<Vec<(Option<ProgramId>, Role)>, DbError> {
    tx.all(sql!("grants_of"), args![person]).await?.iter().map(|row| Ok((program(row)?, role(row)?))).collect()
}

/// Grants for one program, or those for all (`None`).
pub async fn of_program(tx: &mut Tx, of: Option<ProgramId>) -> Result<Vec<Grant>, DbError> {
    tx.all(sql!("of_program"), args![of.map_or(0, ProgramId::raw)]).await?.iter().map(whole).collect()
}

/// Everybody's grants.
pub async fn everybody(tx: &mut Tx) -> Result<Vec<Grant>, DbError> {
    tx.all(sql!("everybody"), args![]).await?.iter().map(whole).collect()
}

fn whole(row: &Row) -> Result<Grant, DbError> {
    Ok(Grant {
        person: row.id("person_id")?,
        program: program(row)?,
        role: role(row)?,
        by: row.id("by_person")?,
        at: row.instant("at_us")?,
    })
}

pub async fn find(tx: &mut Tx, person: PersonId, program: Option<ProgramId>) -> Result<Option<Role>, DbError> {
    let row = tx.one(sql!("find_grant"), args![person, program.map_or(0, ProgramId::raw)]).await?;
    row.as_ref().map(role).transpose()
}

/// Whether somebody shares and earns in a program; all that rights need to know of promoters.
pub async fn is_promoter(tx: &mut Tx, program: ProgramId, person: PersonId) -> Result<bool, DbError> {
    Ok(tx.one(sql!("is_promoter"), args![person.bucket(), program, person]).await?.is_some())
}

/// Who owns all programs; locked until the transaction ends.
pub async fn owners_of_all(tx: &mut Tx) -> Result<Vec<PersonId>, DbError> {
    tx.all(sql!("owners_of_all"), args![]).await?.iter().map(|row| row.id("person_id")).collect()
}

/// The role that was taken away; `None` where there was none.
pub async fn revoke(tx: &mut Tx, person: PersonId, program: Option<ProgramId>) -> Result<Option<Role>, DbError> {
    let row = tx.one(sql!("revoke"), args![person, program.map_or(0, ProgramId::raw)]).await?;
    row.as_ref().map(role).transpose()
}
