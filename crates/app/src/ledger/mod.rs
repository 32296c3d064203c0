//! Ledger: accounts, balanced transactions, balances; knows nothing of promoters or orders.
//!
//! Owns `ledger_transaction`, `ledger_posting`, `ledger_balance`, `ledger_link`, `ledger_head`. Append-only: nothing here updates or deletes a journal
//! row. A transaction is keyed (bucket, line, n): the same key with the same content is nothing, with other content an
//! error. An account has one partial balance per bucket; its balance is their sum, so no row is hot.
//! Locks: balances in the order of (bucket, account, owner). Bounds: [`POST_MAX`] transactions a call.

pub(crate) mod chain;
mod export;
pub mod model;
mod routes;
pub mod store;
mod verify;

pub use chain::{Head, heads, seal};
pub use export::{ExportError, Format, Part, beancount, export};
pub use model::{Entry, LedgerError, POST_MAX, Posted};
pub use routes::{TransactionBody, routes};
pub use verify::{Finding, Journal, Looked, verify_bucket};
