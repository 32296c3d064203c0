//! Orders.

mod routes;

pub use routes::routes;
