//! Links: what is shared, and who opened it.

mod clicks;
mod pages;
mod routes;

pub use clicks::ClickLog;
pub use pages::pages;
pub use routes::routes;
