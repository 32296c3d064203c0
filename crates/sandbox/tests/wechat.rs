//! The WeChat stand-in, driven by our own connector.

use connectors::wechat::{AppKey, Wechat as Client, WechatErrorClass, js_signature};
use infra::Clock;
use kernel::Instant;
use sandbox::wechat::{PER_MINUTE, Wechat};

const MINI: &str = "wx00000000000000a1";
const OTHER: &str = "wx00000000000000b2";
const SECRET: &str = "a secret of sixteen and more";

struct Served {
    wechat: Wechat,
    clock: Clock,
    client: Client,
    base: String,
}

async fn served() -> Served {
    let clock = Clock::held_at(Instant::parse_rfc3339("2026-03-02T04:00:00Z").unwrap());
    let apps = [MINI, OTHER].map(|appid| (appid.to_owned(), SECRET.to_owned()));
    let wechat = Wechat::new(clock.clone(), apps);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = wechat.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = Client::try_new(&base, clock.clone()).unwrap();
    Served { wechat, clock, client, base }
}

fn app() -> AppKey {
    AppKey::new(MINI, SECRET)
}

impl Served {
    fn code(&self, user: &str) -> String {
        self.wechat.code(MINI, user).unwrap().0
    }

    /// Class and `errcode` of a refused sign-in.
    async fn refused(&self, app: &AppKey, code: &str) -> (WechatErrorClass, String) {
        let error = self.client.openid(app, code).await.unwrap_err();
        (error.class, error.code)
    }

    fn calls(&self, name: &str) -> u64 {
        self.wechat.tally().get(name).copied().unwrap_or(0)
    }
}

#[tokio::test]
async fn a_code_stands_for_one_user_of_one_app_once() {
    let s = served().await;
    let (code, openid) = s.wechat.code(MINI, "anna").unwrap();
    assert_eq!(s.client.openid(&app(), &code).await.unwrap(), openid);
    assert_eq!(openid.len(), 28);
    assert_eq!(s.refused(&app(), &code).await, (WechatErrorClass::Code, "40163".to_owned()));
    // The same user again, and in another app.
    assert_eq!(s.client.openid(&app(), &s.code("anna")).await.unwrap(), openid);
    assert_ne!(s.wechat.code(OTHER, "anna").unwrap().1, openid);
    let foreign = s.wechat.code(OTHER, "anna").unwrap().0;
    assert_eq!(s.refused(&app(), &foreign).await, (WechatErrorClass::Code, "40029".to_owned()));
    assert!(s.wechat.code("wx00000000000000c3", "anna").is_none());
}

#[tokio::test]
async fn what_is_wrong_has_wechats_own_code() {
    let s = served().await;
    let old = s.code("anna");
    s.clock.advance_seconds(300);
    for (app, code, class, errcode) in [
        (AppKey::new("wx00000000000000c3", SECRET), s.code("anna"), WechatErrorClass::App, "40013"),
        (AppKey::new(MINI, "another secret, as long"), s.code("anna"), WechatErrorClass::App, "40125"),
        (AppKey::new("", SECRET), s.code("anna"), WechatErrorClass::App, "41002"),
        (AppKey::new(MINI, ""), s.code("anna"), WechatErrorClass::App, "41004"),
        (app(), String::new(), WechatErrorClass::Code, "41008"),
        (app(), "nonsense".to_owned(), WechatErrorClass::Code, "40029"),
        (app(), old, WechatErrorClass::Code, "40029"),
    ] {
        assert_eq!(s.refused(&app, &code).await, (class, errcode.to_owned()), "{app:?}");
    }
}

#[tokio::test]
async fn one_user_cannot_sign_in_without_end() {
    let s = served().await;
    for _ in 0..PER_MINUTE {
        s.client.openid(&app(), &s.code("anna")).await.unwrap();
    }
    assert_eq!(s.refused(&app(), &s.code("anna")).await, (WechatErrorClass::TooOften, "45011".to_owned()));
    s.client.openid(&app(), &s.code("bert")).await.unwrap();
    s.clock.advance_seconds(60);
    s.client.openid(&app(), &s.code("anna")).await.unwrap();
}

#[tokio::test]
async fn token_and_ticket_are_asked_for_once_and_renewed_in_time() {
    let s = served().await;
    let key = app();
    let (first, second) = tokio::join!(s.client.js_ticket(&key), s.client.js_ticket(&key));
    let ticket = first.unwrap();
    assert_eq!(second.unwrap(), ticket);
    assert_eq!((s.calls("stable_token"), s.calls("getticket")), (1, 1));
    s.clock.advance_seconds(6899);
    assert_eq!(s.client.js_ticket(&app()).await.unwrap(), ticket);
    assert_eq!(s.calls("getticket"), 1);
    // Five minutes before the end both are fetched anew.
    s.clock.advance_seconds(1);
    s.client.js_ticket(&app()).await.unwrap();
    assert_eq!((s.calls("stable_token"), s.calls("getticket")), (2, 2));
    assert_eq!(js_signature(&ticket, "n", 1, "https://x.example/").len(), 40);
}

#[tokio::test]
async fn a_token_lives_until_it_is_ended_and_the_right_secret_is_needed() {
    let s = served().await;
    let ticket = s.client.js_ticket(&app()).await.unwrap();
    // Somebody else who asks meanwhile is given the same ones.
    let second = Client::try_new(&s.base, s.clock.clone()).unwrap();
    assert_eq!(second.js_ticket(&app()).await.unwrap(), ticket);
    s.wechat.expire(MINI);
    let third = Client::try_new(&s.base, s.clock.clone()).unwrap();
    assert_ne!(third.js_ticket(&app()).await.unwrap(), ticket);
    let error = s.client.js_ticket(&AppKey::new(MINI, "another secret, as long")).await.unwrap_err();
    assert_eq!((error.class, &*error.code), (WechatErrorClass::App, "40125"));
}
