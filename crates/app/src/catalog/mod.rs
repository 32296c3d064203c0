//! Catalog.

pub mod model;
mod routes;
pub mod store;

pub use model::{Product, ProductState};
pub use routes::routes;
