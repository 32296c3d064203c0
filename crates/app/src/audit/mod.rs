//! Audit: who changed what, append-only, in the same transaction as the change.
//!
//! Owns `audit_entry`. It has no foreign keys: the witness never stops the deed.

mod routes;
pub mod store;

use infra::args;
use infra::db::{DbError, Tx};
use infra::ids::IdSource;
use kernel::{Id, Instant, Kind, PersonId, ProgramId};
use serde_json::Value;

pub struct AuditKind;
impl Kind for AuditKind {
    const PREFIX: &'static str = "aud";
}
pub type AuditId = Id<AuditKind>;

/// One deed.
#[derive(Clone, Debug)]
pub struct Deed<'a> {
    pub by: PersonId,
    /// `None`: above programs.
    pub program: Option<ProgramId>,
    /// `promoter.suspend`, `plan.add` …: slice and verb.
    pub action: &'a str,
    /// Id of the thing.
    pub subject: String,
    /// What changed and why; never secrets.
    pub detail: Value,
}

pub async fn note(tx: &mut Tx, ids: &IdSource, now: Instant, deed: Deed<'_>) -> Result<(), DbError> {
    let id: AuditId = ids.next(deed.by.bucket());
    tx.run(
        sql!("note"),
        args![
            deed.by.bucket(),
            id,
            now,
            deed.program.map_or(0, ProgramId::raw),
            deed.by,
            deed.action,
            deed.subject,
            deed.detail.to_string()
        ],
    )
    .await
    .map(|_| ())
}
pub use routes::routes;
