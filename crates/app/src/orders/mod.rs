//! Orders: what consumers bought through our links, as the union reports it, and whose it is.
//!
//! Owns `order_key`, `order_line`, `order_raw`, `settled_entry`, `order_feed`, `order_sweep`.
//! States of a line: [`kernel::LineState`]; any may follow any other. One row per (union account, row key): the same
//! report twice changes nothing, an older one neither. A line lives in one bucket for ever: that of the share code at
//! first sight, else that of its key.
//! Attribution is decided from the code in the row, or where none came back from its position, stored with its evidence, and frozen with the deal of the order time;
//! it is decided anew only when the report's own facts change (code, order time, category) or by a person.
//! Locks: keys, then lines, both in the order of their keys. Bounds: [`BATCH_MAX`] rows a transaction.

pub(crate) mod attribution;
pub mod model;
mod raw;
pub mod record;
pub(crate) mod routes;
pub mod rules;
pub mod store;

pub use attribution::{Attributed, Known, evidence};
pub use model::{Attribution, Line, LineChange, Version};
pub(crate) use raw::Unpacker;
pub use record::record;
pub use routes::routes;

/// Rows of one write transaction at the most.
pub const BATCH_MAX: usize = 500;
