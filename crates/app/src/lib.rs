//! The business, as slices named by its own words. Each slice: `model` (types), `rules` (pure decisions), `store` with
//! `sql/` (one statement per file), `routes/` (one file per endpoint or pair), `jobs`.
//!
//! Slices import only downward, in the order below; a test holds them to it (`crates/testkit/tests/tidy.rs`). Each table
//! is written by one slice. A fact travels upward through the outbox, never by a call.

#[macro_use]
mod sql;

pub mod ctx;
pub mod distribution;
pub mod migrations;

// 0
pub mod audit;
pub mod ledger;
pub mod persons;
pub mod programs;
pub mod staff;
// 1
pub mod promoters;
// 2
pub mod catalog;
pub mod communities;
// 3
pub mod links;
// 4
pub mod orders;
pub mod posters;
// 5
pub mod commission;
// 8
pub mod operations;
pub mod reports;

mod api;

pub use api::{open_api, router};
pub use ctx::{Ctx, Parts, Settings};
