//! A group robot of WeCom (企业微信) as it behaves on the wire.
//!
//! Owns no tables; says no facts. One [`Wecom`] knows the keys of a few robots.
//!
//! | Path | What |
//! | --- | --- |
//! | `POST /cgi-bin/webhook/send?key=` | Takes a message of type `text` or `markdown` |
//! | `GET /sandbox/wecom/messages` | What was taken: `[{"key", "msgtype", "content"}]` |
//! | `POST /sandbox/wecom/fail` | The next messages are refused: `{"errcode", "times"}` |
//!
//! Refusals are those of WeCom, with HTTP 200: 93000 (no such robot), 45009 (more than [`PER_MINUTE`] in a minute), 40058
//! (too long), 44004 (empty), 40008 (another type), and whatever `fail` was told.
//! **Unlike WeCom.** No other types, nobody is mentioned, no upload.
//! Bounds: the last [`KEPT`] messages.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use infra::Clock;
use kernel::Instant;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub const PER_MINUTE: usize = 20;
pub const KEPT: usize = 1000;
const TEXT_MAX: usize = 2048;
const MARKDOWN_MAX: usize = 4096;

/// Cloneable handle on some robots.
#[derive(Clone)]
pub struct Wecom(Arc<Inner>);

struct Inner {
    clock: Clock,
    keys: Vec<String>,
    state: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    messages: VecDeque<Told>,
    /// When a robot took a message within the last minute, by key.
    lately: HashMap<String, VecDeque<Instant>>,
    fail: Option<(i64, u32)>,
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub key: String,
    pub kind: &'static str,
    pub content: String,
}

type Refused = (i64, String);

impl Wecom {
    pub fn new(clock: Clock, keys: impl IntoIterator<Item = String>) -> Wecom {
        Wecom(Arc::new(Inner { clock, keys: keys.into_iter().collect(), state: Mutex::default() }))
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/cgi-bin/webhook/send", post(send))
            .route("/sandbox/wecom/messages", get(messages))
            .route("/sandbox/wecom/fail", post(fail))
            .with_state(self.clone())
    }

    /// The oldest first.
    pub fn messages(&self) -> Vec<Told> {
        self.state().messages.iter().cloned().collect()
    }

    /// The next `times` messages are refused with this code.
    pub fn fail(&self, code: i64, times: u32) {
        self.state().fail = Some((code, times)).filter(|(_, times)| *times > 0);
    }

    fn take(&self, key: &str, body: &[u8]) -> Result<(), Refused> {
        let no = |code: i64, message: &str| Err((code, message.to_owned()));
        let mut state = self.state();
        if let Some((code, times)) = state.fail {
            state.fail = Some((code, times - 1)).filter(|(_, times)| *times > 0);
            return no(code, "told to fail");
        }
        if !self.0.keys.iter().any(|known| known == key) {
            return no(93000, "invalid webhook url");
        }
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return no(40008, "invalid message type") };
        let (kind, most) = match body["msgtype"].as_str() {
            Some("text") => ("text", TEXT_MAX),
            Some("markdown") => ("markdown", MARKDOWN_MAX),
            _ => return no(40008, "invalid message type"),
        };
        let content = body[kind]["content"].as_str().unwrap_or_default().to_owned();
        if content.is_empty() {
            return no(44004, "empty content");
        }
        if content.len() > most {
            return Err((40058, format!("{kind}.content exceed max length {most}. invalid Request Parameter")));
        }
        let now = self.0.clock.now();
        let lately = state.lately.entry(key.to_owned()).or_default();
        while lately.front().is_some_and(|at| now >= at.plus_seconds(60)) {
            lately.pop_front();
        }
        if lately.len() >= PER_MINUTE {
            return no(45009, "api freq out of limit");
        }
        lately.push_back(now);
        if state.messages.len() >= KEPT {
            state.messages.pop_front();
        }
        state.messages.push_back(Told { key: key.to_owned(), kind, content });
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, Seen> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Wecom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wecom").field("robots", &self.0.keys.len()).finish_non_exhaustive()
    }
}

async fn send(State(wecom): State<Wecom>, Query(asked): Query<HashMap<String, String>>, body: Bytes) -> Json<Value> {
    let key = asked.get("key").map(String::as_str).unwrap_or_default();
    Json(match wecom.take(key, &body) {
        Ok(()) => json!({ "errcode": 0, "errmsg": "ok" }),
        Err((code, message)) => json!({
            "errcode": code,
            "errmsg": format!(
                "{message}, hint: [1], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
            ),
        }),
    })
}

async fn messages(State(wecom): State<Wecom>) -> Json<Value> {
    let all = wecom.messages().into_iter();
    Json(all.map(|told| json!({ "key": told.key, "msgtype": told.kind, "content": told.content })).collect())
}

#[derive(Deserialize)]
struct Fail {
    errcode: i64,
    times: u32,
}

async fn fail(State(wecom): State<Wecom>, Json(asked): Json<Fail>) -> Json<Value> {
    wecom.fail(asked.errcode, asked.times);
    Json(json!({ "ok": true }))
}
