//! Reading the log.

use super::AuditId;
use infra::args;
use infra::db::{Conditions, DbError, Row, Tx, look};
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

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `None`: deeds above programs.
    pub program: Option<ProgramId>,
    /// What the action begins with.
    pub action: Option<String>,
    pub person: Option<PersonId>,
    pub subject: Option<String>,
    /// Done in `[from, to)`.
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

/// Newest first, and where the next page begins. Narrowed by action, person or subject, a page looks at no more than
/// [`infra::db::LOOK_MAX`] entries, so that it may be short and still not be the last.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<Entry>, Option<Cursor>), DbError> {
    let after = Cursor::newest(after, filter.to);
    let program = filter.program.map_or(0, ProgramId::raw);
    let from = filter.from.unwrap_or_default();
    let mut filters = Conditions::after(args![program, after.sort, after.id, from, i64::from(limit) + 1]);
    let mut end = None;
    if filter.action.is_some() || filter.person.is_some() || filter.subject.is_some() {
        end = look(tx, sql!("list_look"), 5, &filters).await?;
        if let Some(end) = end {
            filters.and("(at_us, id) >= (?, ?)", args![end.sort, end.id]);
        }
    }
    if let Some(action) = &filter.action {
        filters.and(
            "SUBSTR(action, 1, CAST(? AS INTEGER)) = ?",
            args![i64::try_from(action.chars().count()).unwrap_or(0), action],
        );
    }
    filters.maybe("person_id = ?", filter.person);
    filters.maybe("subject = ?", filter.subject.as_ref());
    let (text, args) = filters.within(sql!("list"));
    let mut entries: Vec<Entry> = tx.all_built(text, args).await?.iter().map(entry).collect::<Result<_, _>>()?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let last = entries.last().filter(|_| more);
    let next = last.map(|e| Cursor { sort: e.at.micros(), id: e.id.raw() }).or(end);
    Ok((entries, next))
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
