//! Persons: one human, one sign-in, over all programs; their browser sessions and API tokens.
//!
//! Owns `person`, `sign_in_name`, `session`, `wechat_identity`.
//! States: active ↔ locked (a locked person's sessions and tokens stop working).
//! A sign-in name is unique over all buckets: its row lives in the bucket of the name, the person in one drawn at random.
//! Whoever came by WeChat has no sign-in name and no password: an identity there (`wechat`) proves who they are. One
//! identity belongs to one person for ever; a person may have several.
//! Secrets are kept as hashes only: passwords argon2id, tokens SHA-256.
//! Bounds: sessions 30 days (`SESSION_DAYS`), tokens one year (`TOKEN_DAYS_MAX`) and 50 per person (`TOKENS_MAX`).

pub mod model;
mod routes;
pub mod rules;
pub mod session;
pub mod store;
pub mod wechat;

pub use model::{Person, Session, SessionKind};
pub use routes::{kept, routes};
pub use session::purge_sessions;
