//! Ledger.

mod routes;

pub use routes::routes;
