//! WeChat as it behaves on the wire, for sign-in from mini programs and for pages inside WeChat.
//!
//! Owns no tables; says no facts. One [`Wechat`] knows a few apps (mini programs and official accounts) by appid and
//! secret.
//!
//! | Path | What |
//! | --- | --- |
//! | `GET /sns/jscode2session` | The openid behind a code; a code works once, for five minutes, for its own app |
//! | `POST /cgi-bin/stable_token` | The app's token: the same one while it lives, a new one by force |
//! | `GET /cgi-bin/ticket/getticket` | The ticket that belongs to a token |
//! | `POST /sandbox/wechat/codes` | What `wx.login` does: `{"appid", "user"}` → `{"code", "openid"}` |
//! | `POST /sandbox/wechat/expire` | Ends an app's token now: `{"appid"}` |
//! | `GET /sandbox/wechat/stats` | How often each call was made, and what it was refused with |
//!
//! Refusals are those of WeChat, with HTTP 200: 40001, 40002, 40013, 40014, 40029, 40125, 40163, 41002, 41004, 41008,
//! 42001, 45011. The same user has the same openid in one app for ever, and another one in another app.
//! **Unlike WeChat.** Nothing is encrypted with the session key; no address is ever refused; no union id.
//! Bounds: [`CODES_MAX`] codes in memory (the oldest are forgotten), [`PER_MINUTE`] sign-ins of one user a minute.

mod calls;

use axum::Router;
use axum::routing::{get, post};
use infra::{Clock, secrets};
use kernel::Instant;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const CODE_SECONDS: i64 = 300;
const TOKEN_SECONDS: i64 = 7200;
pub const CODES_MAX: usize = 10_000;
pub const PER_MINUTE: usize = 100;

/// Cloneable handle on one WeChat.
#[derive(Clone)]
pub struct Wechat(Arc<Inner>);

struct Inner {
    clock: Clock,
    /// Secret by appid.
    apps: BTreeMap<String, String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    codes: HashMap<String, Code>,
    /// In the order in which they were given out.
    order: VecDeque<String>,
    tokens: HashMap<String, Token>,
    /// When a user signed in, within the last minute; by openid.
    lately: HashMap<String, VecDeque<Instant>>,
    /// Calls and refusals: `jscode2session`, `jscode2session 40029` …
    tally: BTreeMap<String, u64>,
}

struct Code {
    appid: String,
    openid: String,
    at: Instant,
    used: bool,
}

/// An app's token, with the ticket that belongs to it.
#[derive(Clone)]
struct Token {
    text: String,
    until: Instant,
    ticket: Option<(String, Instant)>,
}

impl Wechat {
    /// `apps`: appid and secret of each.
    pub fn new(clock: Clock, apps: impl IntoIterator<Item = (String, String)>) -> Wechat {
        Wechat(Arc::new(Inner { clock, apps: apps.into_iter().collect(), state: Mutex::default() }))
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/sns/jscode2session", get(calls::session))
            .route("/cgi-bin/stable_token", post(calls::stable_token))
            .route("/cgi-bin/ticket/getticket", get(calls::ticket))
            .route("/sandbox/wechat/codes", post(calls::make_code))
            .route("/sandbox/wechat/expire", post(calls::expire))
            .route("/sandbox/wechat/stats", get(calls::stats))
            .with_state(self.clone())
    }

    /// What `wx.login` gives to a user of an app, and the openid that it stands for. `None`: no such app.
    pub fn code(&self, appid: &str, user: &str) -> Option<(String, String)> {
        self.0.apps.get(appid)?;
        let openid = openid(appid, user);
        let code = format!("0{}", secrets::hex(&secrets::random::<15>()));
        let mut state = self.state();
        if state.order.len() >= CODES_MAX
            && let Some(oldest) = state.order.pop_front()
        {
            state.codes.remove(&oldest);
        }
        state.order.push_back(code.clone());
        let made = Code { appid: appid.to_owned(), openid: openid.clone(), at: self.now(), used: false };
        state.codes.insert(code.clone(), made);
        Some((code, openid))
    }

    /// Ends an app's token now; whoever still holds it is told so.
    pub fn expire(&self, appid: &str) {
        let now = self.now();
        if let Some(token) = self.state().tokens.get_mut(appid) {
            token.until = now;
        }
    }

    /// Calls and refusals so far.
    pub fn tally(&self) -> BTreeMap<String, u64> {
        self.state().tally.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        self.0.clock.now()
    }
}

/// 28 characters, as WeChat's are.
fn openid(appid: &str, user: &str) -> String {
    use md5::{Digest, Md5};
    let half = |salt: &str| -> String {
        Md5::digest(format!("{salt}/{appid}/{user}")).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    format!("o{}", &half("openid")[..27])
}

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wechat").field("apps", &self.0.apps.keys()).finish_non_exhaustive()
    }
}
