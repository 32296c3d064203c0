use kernel::{Instant, PersonId, TokenId};

/// One human, over all programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub display_name: String,
    /// argon2id in PHC form; empty: no password, and none fits.
    pub password_hash: String,
    /// A locked person cannot sign in, and their sessions and tokens no longer work.
    pub active: bool,
    pub version: i64,
}

/// A browser session or an API token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: TokenId,
    pub person: PersonId,
    pub kind: SessionKind,
    /// What its owner calls it; empty for browsers.
    pub name: String,
    /// `read`, `write`; empty for browsers.
    pub scopes: Vec<String>,
    pub created_at: Instant,
    pub expires_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    Browser,
    Api,
}

impl SessionKind {
    pub const fn word(self) -> &'static str {
        match self {
            SessionKind::Browser => "browser",
            SessionKind::Api => "api",
        }
    }

    /// How its tokens begin.
    pub const fn prefix(self) -> &'static str {
        match self {
            SessionKind::Browser => "dgs",
            SessionKind::Api => "dgt",
        }
    }
}
