//! Promoters.

mod routes;

pub use routes::routes;
