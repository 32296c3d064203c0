//! The calls: bounded, with tokens and tickets kept until shortly before they end.

use super::{ANSWER_BYTES_MAX, API, APPS_MAX, AppKey, EARLY_SECONDS, WechatConfigError, WechatError, WechatErrorClass};
use infra::Clock;
use kernel::Instant;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::{Host, Url};

const WITHIN: Duration = Duration::from_secs(5);
/// Characters of what WeChat says that are kept.
const MESSAGE_MAX: usize = 200;

const SESSION: &str = "jscode2session";
const TOKEN: &str = "stable_token";
const TICKET: &str = "getticket";

/// A token or ticket, and the moment from which it is fetched anew.
type Kept = Option<(String, Instant)>;

/// What is in memory of one app. Whoever fetches holds the lock: others wait for the same answer.
#[derive(Default)]
struct App {
    token: Kept,
    ticket: Kept,
}

/// By appid and secret: with a new secret everything is fetched anew.
type Apps = HashMap<(String, String), Arc<tokio::sync::Mutex<App>>>;

/// The connection to WeChat; cloneable.
#[derive(Clone)]
pub struct Wechat(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base: String,
    clock: Clock,
    apps: Mutex<Apps>,
}

impl Wechat {
    /// `base` is where the API is reached, without a path; empty: [`API`]. Makes no call.
    pub fn try_new(base: &str, clock: Clock) -> Result<Wechat, WechatConfigError> {
        let url = address(if base.is_empty() { API } else { base })?;
        let http = http(&url)?;
        let base = url.origin().ascii_serialization();
        Ok(Wechat(Arc::new(Inner { http, base, clock, apps: Mutex::default() })))
    }

    /// The openid of whoever the code of `wx.login` stands for. A code works once, for five minutes.
    pub async fn openid(&self, app: &AppKey, code: &str) -> Result<String, WechatError> {
        let query = [
            ("appid", app.appid.as_str()),
            ("secret", &app.secret),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        let answer = self.call(SESSION, self.0.http.get(self.at("/sns/jscode2session")).query(&query)).await?;
        text(SESSION, &answer, "openid")
    }

    /// The app's `jsapi` ticket.
    pub async fn js_ticket(&self, app: &AppKey) -> Result<String, WechatError> {
        let kept = self.app(app);
        let mut kept = kept.lock().await;
        let now = self.0.clock.now();
        if let Some(ticket) = fresh(&kept.ticket, now) {
            return Ok(ticket);
        }
        let mut tries = 0;
        let ticket = loop {
            let token = match fresh(&kept.token, now) {
                Some(token) => token,
                None => self.token(app, &mut kept.token).await?,
            };
            let query = [("access_token", token.as_str()), ("type", "jsapi")];
            let asked = self.0.http.get(self.at("/cgi-bin/ticket/getticket")).query(&query);
            match self.call(TICKET, asked).await {
                // Somebody else had it renewed by force.
                Err(error) if error.class == WechatErrorClass::Token && tries == 0 => kept.token = None,
                answer => break answer?,
            }
            tries += 1;
        };
        keep(TICKET, &ticket, "ticket", now, &mut kept.ticket)
    }

    async fn token(&self, app: &AppKey, kept: &mut Kept) -> Result<String, WechatError> {
        let body = json!({
            "grant_type": "client_credential", "appid": app.appid, "secret": app.secret, "force_refresh": false,
        });
        let answer = self.call(TOKEN, self.0.http.post(self.at("/cgi-bin/stable_token")).json(&body)).await?;
        keep(TOKEN, &answer, "access_token", self.0.clock.now(), kept)
    }

    fn app(&self, app: &AppKey) -> Arc<tokio::sync::Mutex<App>> {
        let mut apps = self.0.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (app.appid.clone(), app.secret.clone());
        if apps.len() >= APPS_MAX && !apps.contains_key(&key) {
            apps.clear();
        }
        apps.entry(key).or_default().clone()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0.base)
    }

    async fn call(&self, call: &'static str, request: RequestBuilder) -> Result<Value, WechatError> {
        let outcome = self.answer(call, request).await;
        if let Err(error) = &outcome {
            tracing::debug!(call, class = error.class.word(), code = %error.code, "wechat call refused");
        }
        outcome
    }

    async fn answer(&self, call: &'static str, request: RequestBuilder) -> Result<Value, WechatError> {
        let passing = |code: &str, message: &str| failure(call, WechatErrorClass::Passing, code, message);
        // The driver's own text names the address, and with it the secret.
        let broke = |error: reqwest::Error| {
            let (code, message) = if error.is_timeout() {
                ("timeout", "no answer in time")
            } else if error.is_connect() {
                ("unreachable", "no connection")
            } else {
                ("interrupted", "the connection broke before the answer was complete")
            };
            passing(code, message)
        };
        let mut response = request.send().await.map_err(broke)?;
        let status = response.status();
        if !status.is_success() {
            return Err(passing(&format!("http_{}", status.as_u16()), "the answer is an http error"));
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(broke)? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(malformed(call));
            }
            body.extend_from_slice(&piece);
        }
        let answer: Value = serde_json::from_slice(&body).map_err(|_| malformed(call))?;
        match answer["errcode"].as_i64() {
            None | Some(0) => Ok(answer),
            Some(code) => {
                let said = answer["errmsg"].as_str().unwrap_or("no message");
                let said: String = said.chars().filter(|c| !c.is_control()).take(MESSAGE_MAX).collect();
                Err(failure(call, WechatErrorClass::of(code), &code.to_string(), &said))
            }
        }
    }
}

fn failure(call: &'static str, class: WechatErrorClass, code: &str, message: &str) -> WechatError {
    WechatError { call, class, code: code.to_owned(), message: message.to_owned() }
}

fn malformed(call: &'static str) -> WechatError {
    failure(call, WechatErrorClass::Unknown, "malformed", "the answer is not as documented")
}

fn text(call: &'static str, answer: &Value, field: &str) -> Result<String, WechatError> {
    let found = answer[field].as_str().filter(|text| !text.is_empty() && text.len() <= 1024);
    found.map(str::to_owned).ok_or_else(|| malformed(call))
}

fn fresh(kept: &Kept, now: Instant) -> Option<String> {
    kept.as_ref().filter(|(_, until)| now < *until).map(|(text, _)| text.clone())
}

fn keep(call: &'static str, answer: &Value, field: &str, now: Instant, kept: &mut Kept) -> Result<String, WechatError> {
    let found = text(call, answer, field)?;
    let seconds = answer["expires_in"].as_i64().ok_or_else(|| malformed(call))?;
    *kept = Some((found.clone(), now.plus_seconds(seconds.clamp(0, 86_400) - EARLY_SECONDS)));
    Ok(found)
}

fn address(text: &str) -> Result<Url, WechatConfigError> {
    let url = Url::parse(text).map_err(|_| WechatConfigError::Address)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let open = url.username().is_empty() && url.password().is_none() && url.has_host();
    let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    if bare && open && safe { Ok(url) } else { Err(WechatConfigError::Address) }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn http(base: &Url) -> Result<reqwest::Client, WechatConfigError> {
    // Somebody else in the process may have installed a provider already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder().timeout(WITHIN).redirect(reqwest::redirect::Policy::none());
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    if base.scheme() == "http" {
        // No TLS is spoken to a loopback sandbox, so a machine without root certificates can still run it.
        builder = builder.tls_certs_only(Vec::new());
    }
    builder.build().map_err(|error| WechatConfigError::Http(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wechat_is_reached_by_https_or_on_this_machine() {
        for good in ["https://api.weixin.qq.com", "https://proxy.example:8443/", "http://127.0.0.1:9101"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in ["http://api.weixin.qq.com", "https://a@b.example", "https://b.example/x", "ftp://localhost", "x"] {
            assert_eq!(address(bad), Err(WechatConfigError::Address), "{bad}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", AppKey::new("wx0123456789abcdef", "the-secret-of-it"));
        assert!(shown.contains("wx0123456789abcdef") && !shown.contains("the-secret-of-it"), "{shown}");
    }

    #[tokio::test]
    async fn a_place_that_does_not_answer_is_named_without_its_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let wechat = Wechat::try_new(&base, Clock::system()).unwrap();
        let error = wechat.openid(&AppKey::new("wx0123456789abcdef", "the-secret-of-it"), "code").await.unwrap_err();
        assert_eq!((error.class, &*error.code), (WechatErrorClass::Passing, "unreachable"));
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    /// A WeChat that takes each token once.
    async fn forgetful(calls: Arc<Mutex<Vec<String>>>) -> Wechat {
        use axum::routing::{get, post};
        let seen = calls.clone();
        let token = move || async move {
            let mut seen = seen.lock().unwrap();
            seen.push("token".to_owned());
            axum::Json(json!({ "access_token": format!("t{}", seen.len()), "expires_in": 7200 }))
        };
        let ticket = move |axum::extract::Query(asked): axum::extract::Query<HashMap<String, String>>| async move {
            let mut seen = calls.lock().unwrap();
            seen.push(asked["access_token"].clone());
            axum::Json(match asked["access_token"].as_str() {
                "t1" => json!({ "errcode": 42001, "errmsg": "access_token expired" }),
                _ => json!({ "errcode": 0, "errmsg": "ok", "ticket": "the ticket", "expires_in": 7200 }),
            })
        };
        let router = axum::Router::new()
            .route("/cgi-bin/stable_token", post(token))
            .route("/cgi-bin/ticket/getticket", get(ticket));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Wechat::try_new(&base, Clock::system()).unwrap()
    }

    #[tokio::test]
    async fn a_token_that_is_no_longer_taken_is_fetched_anew_once() {
        let calls: Arc<Mutex<Vec<String>>> = Arc::default();
        let wechat = forgetful(calls.clone()).await;
        let app = AppKey::new("wx0123456789abcdef", "the-secret-of-it");
        assert_eq!(wechat.js_ticket(&app).await.unwrap(), "the ticket");
        assert_eq!(*calls.lock().unwrap(), ["token", "t1", "token", "t3"]);
    }
}
