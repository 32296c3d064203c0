//! Reports: roll-ups and what boards read; writes nothing of others.
//!
//! Owns `day_total`, `minute_total`, `product_total`, `promoter_total`, `city_total`, `program_size`. Takes `order.changed` from the outbox: each fact moves the roll-ups and is forgotten in the
//! same transaction, so it counts exactly once.

pub mod cities;
mod roll_up;
mod routes;
pub mod store;

pub use roll_up::roll_up;
pub use routes::routes;
pub use store::DayTotal;
