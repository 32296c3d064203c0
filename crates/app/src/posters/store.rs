//! Statements of this slice.

use ::posters::Kind;
use infra::args;
use infra::db::{DbError, Tx};
use kernel::{Instant, PersonId, ProgramId};

/// A program's own template.
#[derive(Clone, Debug)]
pub struct OwnTemplate {
    pub svg: String,
    pub at: Instant,
}

pub async fn template(tx: &mut Tx, program: ProgramId, kind: Kind) -> Result<Option<OwnTemplate>, DbError> {
    let row = tx.one(sql!("template"), args![program, kind.word()]).await?;
    row.map(|row| Ok(OwnTemplate { svg: row.text("svg")?, at: row.instant("at_us")? })).transpose()
}

/// Replaces what was there.
pub async fn put(
    tx: &mut Tx,
    program: ProgramId,
    kind: Kind,
    svg: &str,
    by: PersonId,
    now: Instant,
) -> Result<(), DbError> {
    tx.run(sql!("put_template"), args![program, kind.word(), svg, by, now]).await.map(|_| ())
}

/// False where there was none.
pub async fn remove(tx: &mut Tx, program: ProgramId, kind: Kind) -> Result<bool, DbError> {
    Ok(tx.run(sql!("remove_template"), args![program, kind.word()]).await? == 1)
}
