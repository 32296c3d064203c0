//! Reading the log.

use super::AuditId;
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{Cursor, Instant, PersonId, ProgramId};

/// One deed as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: AuditId,
    pub at: Instant,
    pub program: Option<ProgramId>,
    pub person: PersonId,
    pub action: String,
    pub subject: String,
    /// JSON.
    pub detail: String,
}

/// Which entries, newest first.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// `None`: deeds above programs.
    pub program: Option<ProgramId>,
    pub action: Option<String>,
    pub person: Option<PersonId>,
    pub after: Option<Cursor>,
    pub limit: u32,
}

pub async fn list(tx: &mut Tx, query: &Query) -> Result<Vec<Entry>, DbError> {
    let after = query.after.unwrap_or(Cursor { sort: i64::MAX, id: i64::MAX });
    let args = args![
        query.program.map_or(0, ProgramId::raw),
        after.sort,
        after.id,
        query.action.as_deref().unwrap_or_default(),
        query.person.map_or(0, PersonId::raw),
        query.limit
    ];
    tx.all(sql!("list"), args).await?.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry, DbError> {
    Ok(Entry {
        id: row.id("id")?,
        at: row.instant("at_us")?,
        program: Some(row.int("program_id")?).filter(|id| *id != 0).map(ProgramId::from_raw),
        person: row.id("person_id")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        detail: row.text("detail")?,
    })
}
