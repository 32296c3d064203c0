//! Catalog.

mod routes;

pub use routes::routes;
