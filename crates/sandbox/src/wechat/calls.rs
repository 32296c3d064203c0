//! The calls and how each says no.

use super::{CODE_SECONDS, PER_MINUTE, TOKEN_SECONDS, Token, Wechat};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use infra::secrets;
use kernel::Instant;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// `errcode` and `errmsg`.
type Refused = (i64, &'static str);
type Asked = HashMap<String, String>;

const BAD_SECRET: Refused = (40125, "invalid appsecret");
const BAD_TOKEN: Refused = (40001, "invalid credential, access_token is invalid or not latest");
const BAD_GRANT: Refused = (40002, "invalid grant_type");
const BAD_APPID: Refused = (40013, "invalid appid");
const BAD_CODE: Refused = (40029, "invalid code");
const USED_CODE: Refused = (40163, "code been used");
const NO_APPID: Refused = (41002, "appid missing");
const NO_SECRET: Refused = (41004, "appsecret missing");
const NO_CODE: Refused = (41008, "missing code");
const OLD_TOKEN: Refused = (42001, "access_token expired");
const TOO_OFTEN: Refused = (45011, "api minute-quota reach limit  mini-program user limit");
const BAD_BODY: Refused = (47001, "data format error");
const BAD_TYPE: Refused = (40097, "invalid args");

impl Wechat {
    fn answer(&self, call: &str, outcome: Result<Value, Refused>) -> Json<Value> {
        let mut state = self.state();
        *state.tally.entry(call.to_owned()).or_default() += 1;
        Json(match outcome {
            Ok(answer) => answer,
            Err((code, message)) => {
                *state.tally.entry(format!("{call} {code}")).or_default() += 1;
                let rid = secrets::hex(&secrets::random::<12>());
                json!({ "errcode": code, "errmsg": format!("{message}, rid: {}-{}-{}", &rid[..8], &rid[8..16], &rid[16..]) })
            }
        })
    }

    /// The app with its right secret.
    fn check_app(&self, appid: &str, secret: &str) -> Result<(), Refused> {
        if appid.is_empty() {
            return Err(NO_APPID);
        }
        let known = self.0.apps.get(appid).ok_or(BAD_APPID)?;
        match secret {
            "" => Err(NO_SECRET),
            secret if secret == known => Ok(()),
            _ => Err(BAD_SECRET),
        }
    }

    fn sign_in(&self, asked: &Asked) -> Result<Value, Refused> {
        let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let appid = field("appid");
        self.check_app(appid, field("secret"))?;
        if field("grant_type") != "authorization_code" {
            return Err(BAD_GRANT);
        }
        if field("js_code").is_empty() {
            return Err(NO_CODE);
        }
        let now = self.now();
        let mut state = self.state();
        let code = state.codes.get_mut(field("js_code")).filter(|code| code.appid == appid).ok_or(BAD_CODE)?;
        if code.used {
            return Err(USED_CODE);
        }
        if now >= code.at.plus_seconds(CODE_SECONDS) {
            return Err(BAD_CODE);
        }
        let openid = code.openid.clone();
        let lately = state.lately.entry(openid.clone()).or_default();
        while lately.front().is_some_and(|at| now >= at.plus_seconds(60)) {
            lately.pop_front();
        }
        if lately.len() >= PER_MINUTE {
            return Err(TOO_OFTEN);
        }
        lately.push_back(now);
        if let Some(code) = state.codes.get_mut(field("js_code")) {
            code.used = true;
        }
        // 16 random bytes in base64: 22 characters, of which the last carries two bits.
        let drawn: String =
            secrets::random::<21>().iter().map(|byte| char::from(BASE64[usize::from(byte % 64)])).collect();
        Ok(json!({ "session_key": format!("{drawn}A=="), "openid": openid }))
    }

    fn token(&self, body: &[u8]) -> Result<Value, Refused> {
        let asked: StableToken = serde_json::from_slice(body).map_err(|_| BAD_BODY)?;
        self.check_app(&asked.appid, &asked.secret)?;
        if asked.grant_type != "client_credential" {
            return Err(BAD_GRANT);
        }
        let now = self.now();
        let mut state = self.state();
        let known = state.tokens.get(&asked.appid).filter(|token| now < token.until && !asked.force_refresh).cloned();
        let token = known.unwrap_or_else(|| Token {
            text: secrets::hex(&secrets::random::<64>()),
            until: now.plus_seconds(TOKEN_SECONDS),
            ticket: None,
        });
        let answer = json!({ "access_token": token.text, "expires_in": left(token.until, now) });
        state.tokens.insert(asked.appid, token);
        Ok(answer)
    }

    fn ticket(&self, asked: &Asked) -> Result<Value, Refused> {
        let now = self.now();
        let mut state = self.state();
        let text = asked.get("access_token").map(String::as_str).unwrap_or_default();
        let token = state.tokens.values_mut().find(|token| token.text == text).ok_or(BAD_TOKEN)?;
        if now >= token.until {
            return Err(OLD_TOKEN);
        }
        if asked.get("type").map(String::as_str) != Some("jsapi") {
            return Err(BAD_TYPE);
        }
        let known = token.ticket.clone().filter(|(_, until)| now < *until);
        let (ticket, until) = known.unwrap_or_else(|| {
            (format!("sbx_{}", secrets::hex(&secrets::random::<40>())), now.plus_seconds(TOKEN_SECONDS))
        });
        token.ticket = Some((ticket.clone(), until));
        Ok(json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": left(until, now) }))
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn left(until: Instant, now: Instant) -> i64 {
    until.seconds() - now.seconds()
}

pub(super) async fn session(State(wechat): State<Wechat>, Query(asked): Query<Asked>) -> Json<Value> {
    wechat.answer("jscode2session", wechat.sign_in(&asked))
}

#[derive(Deserialize)]
struct StableToken {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

pub(super) async fn stable_token(State(wechat): State<Wechat>, body: Bytes) -> Json<Value> {
    wechat.answer("stable_token", wechat.token(&body))
}

pub(super) async fn ticket(State(wechat): State<Wechat>, Query(asked): Query<Asked>) -> Json<Value> {
    wechat.answer("getticket", wechat.ticket(&asked))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    appid: String,
    /// Whoever holds the telephone; any text.
    user: String,
}

pub(super) async fn make_code(State(wechat): State<Wechat>, Json(login): Json<Login>) -> Response {
    match wechat.code(&login.appid, &login.user) {
        Some((code, openid)) => Json(json!({ "code": code, "openid": openid })).into_response(),
        None => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": "no such app" }))).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ends {
    appid: String,
}

pub(super) async fn expire(State(wechat): State<Wechat>, Json(ends): Json<Ends>) -> StatusCode {
    wechat.expire(&ends.appid);
    StatusCode::NO_CONTENT
}

pub(super) async fn stats(State(wechat): State<Wechat>) -> Json<Value> {
    Json(json!(wechat.tally()))
}
