//! Persons.

mod routes;

pub use routes::routes;
