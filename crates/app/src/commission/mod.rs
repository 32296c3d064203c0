//! Commission: who earned what from which order line, booked.
//!
//! Owns `earning`, which sums the shares of each promoter by the time of the order; an order line holds its report and its
//! deal, the ledger what is booked. A line's books are a function of
//! its latest report (`accounting::target`); what is posted is the difference to what stands there, in the transaction of
//! the report itself, so replays, repeats and reordered reports end in the same books.
//! Says `order.changed` (to reports). Bounds: `orders::BATCH_MAX` lines a transaction, [`pull::BATCH_TRIES`] tries.

mod assign;
mod book;
pub mod pull;
mod routes;
mod settle;
pub mod store;
mod sweep;
mod verify;
mod why;

pub use assign::assign;
pub use book::{ORDER_CHANGED, OrderChanged, book};
pub use pull::{PullReport, PullStep, pull_orders};
pub use routes::routes;
pub use settle::settle_line;
pub use sweep::{SWEEP_DAYS, SweepReport, sweep_orders};
pub use verify::{VerifyReport, verify, verify_bucket};
pub use why::{Why, why};
