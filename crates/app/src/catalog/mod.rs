//! Catalog: what union accounts offer, as we last saw it.
//!
//! Owns `product`, `product_point`, `category`, `catalog_feed`; product numbers come from the shared `counter` (name `product`).
//! A product belongs to a union account and stands above programs: a ban by one program's staff bans it for all that the
//! account serves. States: on_sale ⇄ withdrawn (the union shows it no more; it comes back when seen again), banned (by a
//! person here; no sync changes that).
//! A sync walks *feeds* (channels of the union, searches) page by page; page and progress are one transaction, so a
//! killed sync goes on at the page it had reached.
//! Bounds: `PAGE_ROWS_MAX` rows in a transaction, `FEED_PAGES_MAX` pages of a feed, `FEEDS_MAX` feeds of an account in a list,
//! `TERMS_MAX` words of a search, `CATEGORY_CALLS_MAX` calls and `CATEGORIES_MAX` rows of a category sync.

mod categories;
mod feed;
pub mod history;
pub mod model;
mod refresh;
mod routes;
pub mod rules;
pub mod store;
mod sync;

pub use categories::{CategoriesReport, sync_categories};
pub use feed::{Feed, NotAFeed};
pub use history::purge_points;
pub use model::{Product, ProductState};
pub use refresh::{RefreshReport, refresh};
pub use routes::{PublicProductDetail, routes};
pub use sync::{FeedFailure, SyncError, SyncLimits, SyncReport, SyncStep, sync};
