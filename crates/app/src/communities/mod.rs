//! Communities.

mod routes;

pub use routes::routes;
