//! The rules that promoters read before they push: versions of a text, and who has read which.

use infra::args;
use infra::db::{DbError, Tx};
use kernel::{Instant, PersonId, ProgramId};

/// Version 1 of every new program (product.md §2); its operator publishes the next.
pub const SHIPPED: &str = include_str!("rules_document.txt");
/// Characters of a version.
pub const TEXT_MAX: usize = 20_000;
/// Versions of a program.
pub const VERSIONS_MAX: i64 = 1000;

/// One version, in force until there is a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesDocument {
    /// From 1.
    pub version: i64,
    pub text: String,
    pub at: Instant,
}

pub async fn newest(tx: &mut Tx, program: ProgramId) -> Result<Option<RulesDocument>, DbError> {
    let row = tx.one(sql!("newest_rules"), args![program]).await?;
    row.map(|row| {
        Ok(RulesDocument { version: row.int("version")?, text: row.text("text")?, at: row.instant("at_us")? })
    })
    .transpose()
}

/// The next version; `None` where somebody published at the same moment.
pub async fn publish(
    tx: &mut Tx,
    program: ProgramId,
    text: &str,
    by: PersonId,
    now: Instant,
) -> Result<Option<i64>, DbError> {
    let next = newest(tx, program).await?.map_or(1, |d| d.version + 1);
    let made = tx.one(sql!("publish_rules"), args![program, next, text, by, now]).await?;
    Ok(made.map(|_| next))
}

/// The newest version that a person has read, and when.
pub async fn read_by(tx: &mut Tx, program: ProgramId, person: PersonId) -> Result<Option<(i64, Instant)>, DbError> {
    let row = tx.one(sql!("rules_read"), args![person.bucket(), person, program]).await?;
    row.map(|row| Ok((row.int("version")?, row.instant("read_at_us")?))).transpose()
}

/// Notes that a person has read a version; noting it again keeps the first time.
pub async fn note_read(
    tx: &mut Tx,
    program: ProgramId,
    person: PersonId,
    version: i64,
    now: Instant,
) -> Result<(), DbError> {
    tx.run(sql!("note_rules_read"), args![person.bucket(), person, program, version, now]).await.map(|_| ())
}
