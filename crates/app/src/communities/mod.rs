//! Communities: chat groups, each kept by one promoter.
//!
//! Owns `community`, `community_slot`. States: active ↔ paused, frozen (its promoter left), closed.
//! A person keeps at most the program's limit over all programs, also under concurrency: each counting community holds a
//! slot, and slots of one person are taken one after the other. Its ordinal with its promoter (2 to 1023) is part of share codes and never reused.

mod making;
pub mod model;
mod routes;
pub mod store;

pub use making::{NewCommunity, make};
pub use model::Community;
pub use routes::{CommunityBody, routes};
