//! Operations: what whoever runs the installation looks at: jobs, health, the books as a whole and their verification,
//! and the inbox of what needs a human. Reads across slices, through their stores.
//!
//! Owns `verify_run`, `verify_finding`, `alarm`, `alarm_notice`. States of a run: waiting → running → done, or failed (its job is out of attempts; a
//! retry of the job goes on where it stopped). One run at a time is under way: the key of `under_way` holds that. A run
//! is the job [`VERIFY`] under its id; after each bucket what was found and how far it is are written in one transaction,
//! so a worker that is killed loses one bucket.
//! The inbox holds what needs a human and nothing else: an item disappears when its reason does, and nobody has to tick
//! anything off. What it counts it counts up to [`COUNT_MAX`].
//! Every night the worker asks for a run itself. What is urgent in the inbox is told by message too ([`alarms`]).
//! Bounds: [`FINDINGS_KEPT`] findings of a run are kept, all are counted; 500 jobs in a list.

pub mod accounts;
pub mod alarms;
pub mod inbox;
mod routes;
pub mod store;
mod verify;

pub use inbox::COUNT_MAX;
pub use routes::routes;
pub use store::{FINDINGS_KEPT, Run, RunState};
pub use verify::{VerifyError, ask, ask_nightly, give_up, verify};

/// Jobs that pull order changes, sync goods and refresh them; key: the union account.
pub const PULL_ORDERS: &str = "orders.pull";
pub const SYNC_GOODS: &str = "goods.sync";
pub const REFRESH_GOODS: &str = "goods.refresh";
/// One-off; key: the run.
pub const VERIFY: &str = "ledger.verify";
/// Asks for a run where it is time for one; recurring.
pub const VERIFY_NIGHTLY: &str = "ledger.verify_nightly";
