//! Opening sessions and tokens.

use super::model::{Session, SessionKind};
use super::{rules, store};
use crate::ctx::Ctx;
use crate::staff;
use axum::http::{HeaderMap, HeaderValue};
use infra::db::{DbError, Tx};
use infra::secrets;
use kernel::{Bucket, Instant, PersonId};

/// How long a browser stays signed in.
pub const SESSION_DAYS: i64 = 30;
/// How long an API token may live at the most.
pub const TOKEN_DAYS_MAX: i64 = 365;
/// Sessions of mini programs that one person keeps; the oldest ends when another begins.
pub const MINI_SESSIONS_MAX: i64 = 5;
/// API tokens of one person.
pub const TOKENS_MAX: usize = 50;

/// A session just opened. The token exists only here: the database keeps its hash.
#[derive(Clone)]
pub struct Opened {
    pub session: Session,
    pub token: String,
    /// What a browser sends back in `x-csrf-token` with every change.
    pub csrf: String,
}

impl Opened {
    /// What the body tells the client: the CSRF token beside a cookie, or the token itself.
    pub fn secrets(&self) -> (Option<String>, Option<String>) {
        if self.is_token() { (None, Some(self.token.clone())) } else { (Some(self.csrf.clone()), None) }
    }

    /// Whether the client keeps the token itself.
    pub fn is_token(&self) -> bool {
        self.session.kind == SessionKind::Api
    }

    /// The `name=value` of the cookie.
    pub fn cookie(&self) -> String {
        format!("{}={}", staff::SESSION_COOKIE, self.token)
    }
}

/// How a client keeps its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// A cookie, with a CSRF token beside it.
    Cookie,
    /// A bearer token: for mini programs, which know no cookies.
    Token,
}

impl Keeps {
    /// As the header `x-session` says.
    pub fn asked(headers: &HeaderMap) -> Keeps {
        match headers.get("x-session").map(HeaderValue::as_bytes) {
            Some(b"token") => Keeps::Token,
            _ => Keeps::Cookie,
        }
    }
}

/// Signs a person in, after whatever proved who they are.
pub async fn sign_in(ctx: &Ctx, tx: &mut Tx, person: PersonId, keeps: Keeps) -> Result<Opened, DbError> {
    let until = ctx.now().plus_days(SESSION_DAYS);
    match keeps {
        Keeps::Cookie => open(ctx, tx, person, SessionKind::Browser, "", vec![], until).await,
        Keeps::Token => {
            store::end_old_mini_sessions(tx, person, MINI_SESSIONS_MAX - 1).await?;
            let scopes = vec!["read".to_owned(), "write".to_owned()];
            open(ctx, tx, person, SessionKind::Api, "mini program", scopes, until).await
        }
    }
}

pub async fn open(
    ctx: &Ctx,
    tx: &mut Tx,
    person: PersonId,
    kind: SessionKind,
    name: &str,
    scopes: Vec<String>,
    expires_at: Instant,
) -> Result<Opened, DbError> {
    let bucket = person.bucket();
    let token = rules::token(kind, bucket, random_bytes());
    let id = ctx.ids.next(bucket);
    let session = Session { id, person, kind, name: name.to_owned(), scopes, created_at: ctx.now(), expires_at };
    store::open_session(tx, &session, &token).await?;
    Ok(Opened { csrf: staff::csrf_of(ctx, &token), session, token })
}

/// As many as are asked for, from the operating system's generator.
pub fn random_bytes() -> impl Iterator<Item = u8> {
    std::iter::repeat_with(secrets::random::<32>).flatten()
}

/// Forgets sessions and tokens that are over; how many. One short transaction per bucket.
pub async fn purge_sessions(ctx: &Ctx) -> Result<u64, DbError> {
    let mut ended = 0;
    for bucket in Bucket::all() {
        let mut tx = ctx.db.begin().await?;
        ended += store::purge(&mut tx, bucket, ctx.now()).await?;
        tx.commit().await?;
    }
    Ok(ended)
}
