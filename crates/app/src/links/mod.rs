//! Links: what is shared, where it leads, and who opened it.
//!
//! Owns `conversion` (the union's links, cached), `promoter_position` and the click log's `click`. A share link has no row of its own: its code
//! says program, promoter, community and product, and is checked at every opening, so a suspended promoter's or a banned
//! item's links end at once.
//! Only a person's opening is redirected, and only to a host of the union account's list; robots, previews and HEAD are
//! recorded apart and cost no call of the union. Conversion happens when a hand shares or at the first human opening,
//! outside transactions, once per code. From 80 % of the account's daily budget a promoter's link without community is
//! used (the community is then known from our click only); from 100 % a page asks to try again.
//! An item that the union refused is not asked for again for ten minutes.
//! Bounds: 2,000 conversions at one moment, ten seconds' wait for one, [`clicks::QUEUE`] clicks waiting,
//! [`clicks::BATCH`] rows a transaction, clicks kept 90 days.

mod agents;
mod clicks;
mod convert;
mod found;
mod landing;
mod make;
mod pages;
mod positions;
mod purge;
mod quick;
mod routes;
pub mod store;

pub use agents::Class;
pub use clicks::ClickLog;
pub use found::{Found, Lost, find};
pub use landing::moment;
pub use make::{Link, NewLink, base, make};
pub use pages::{looked_up, notice, pages};
pub use purge::purge_clicks;
pub use quick::Quick;
pub use routes::routes;
