//! Commission.

mod routes;

pub use routes::routes;
