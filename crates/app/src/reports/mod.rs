//! Reports: roll-ups and what boards read; writes nothing of others.
//!
//! Owns `day_total`. Takes `order.changed` from the outbox: each fact changes one roll-up row and is forgotten in the same
//! transaction, so it counts exactly once.

mod roll_up;
mod routes;
pub mod store;

pub use roll_up::roll_up;
pub use routes::routes;
pub use store::DayTotal;
