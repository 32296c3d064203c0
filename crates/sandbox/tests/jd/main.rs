//! The JD stand-in, driven as its users drive it: by our own connector, by hand, by a buyer, by the control paths.

mod faults;
mod gateway;
mod lives;
mod orders;
mod shop;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use connectors::unions::jd::{JdConfig, JdUnion};
use connectors::unions::{OrderRow, Union, UnionError};
use infra::Clock;
use kernel::Instant;
use md5::{Digest, Md5};
use sandbox::jd::goods::{Goods, GoodsSource};
use sandbox::{Buy, Config, Life, Sandbox};
use serde_json::Value;
use tower::ServiceExt;

pub fn at(rfc3339: &str) -> Instant {
    Instant::parse_rfc3339(rfc3339).unwrap()
}

/// Noon in China.
pub fn noon() -> Instant {
    at("2026-03-02T04:00:00Z")
}

pub fn config(clock: &Clock) -> Config {
    Config { goods: GoodsSource::Made { count: 400 }, ..Config::new(clock.clone(), "http://127.0.0.1:9100") }
}

pub fn sandbox(clock: &Clock) -> Sandbox {
    Sandbox::try_new(config(clock)).unwrap().0
}

/// A sandbox behind a real socket, and our connector on it.
pub struct Served {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub base: String,
}

impl Served {
    pub async fn new() -> Served {
        let clock = Clock::held_at(noon());
        Served::of(config(&clock), &clock).await
    }

    pub async fn of(config: Config, clock: &Clock) -> Served {
        let clock = clock.clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::try_new(Config { public_base: base.clone(), ..config }).unwrap().0;
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Served { sandbox, clock, base }
    }

    pub fn union(&self) -> JdUnion {
        self.union_of("demo-secret", &self.clock)
    }

    pub fn union_of(&self, secret: &str, clock: &Clock) -> JdUnion {
        let mut config = JdConfig::new(format!("{}/routerjson", self.base), "demo-key", secret);
        (config.per_second, config.max_attempts) = (100_000, 1);
        JdUnion::try_new(config, clock.clone()).unwrap()
    }

    /// Goods that take a coupon now, cheapest sku first.
    pub fn with_coupon(&self) -> &Goods {
        let fits = |g: &&Goods| g.coupons.iter().any(|c| c.best && c.threshold <= g.promo);
        self.sandbox.goods().all().iter().find(fits).unwrap()
    }
}

/// The whole walk over `[from, to)`.
pub async fn walk(union: &JdUnion, from: Instant, to: Instant) -> Result<Vec<OrderRow>, UnionError> {
    let mut cursor = Some(union.orders_from(from, to));
    let mut rows = Vec::new();
    while let Some(at) = cursor {
        let page = union.orders(&at).await?;
        rows.extend(page.rows);
        cursor = page.next;
    }
    Ok(rows)
}

pub fn buy(sandbox: &Sandbox, items: &[(i64, i64)], life: Life) -> String {
    let order = Buy { items: items.to_vec(), sub_union_id: "p1_a".to_owned(), with_coupon: false, at: None, life };
    sandbox.buy(order).unwrap()
}

/// Signs as JD documents it, apart from the code under test.
pub fn signed(secret: &str, pairs: &[(&str, &str)]) -> String {
    let mut sorted: Vec<_> = pairs.iter().filter(|(_, v)| !v.is_empty()).copied().collect();
    sorted.sort_unstable();
    let middle: String = sorted.iter().map(|(k, v)| format!("{k}{v}")).collect();
    let sign: String =
        Md5::digest(format!("{secret}{middle}{secret}")).iter().map(|byte| format!("{byte:02X}")).collect();
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).append_pair("sign", &sign).finish()
}

pub async fn send(sandbox: &Sandbox, request: Request<Body>) -> (StatusCode, String) {
    let response = sandbox.router().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 64 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

pub async fn fetch(sandbox: &Sandbox, path: &str) -> (StatusCode, String) {
    send(sandbox, Request::get(path).body(Body::empty()).unwrap()).await
}

pub async fn post_form(sandbox: &Sandbox, path: &str, form: &str) -> (StatusCode, String) {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    send(sandbox, request.body(Body::from(form.to_owned())).unwrap()).await
}

pub async fn post_json(sandbox: &Sandbox, path: &str, json: &str) -> (StatusCode, Value) {
    let request = Request::post(path).header("content-type", "application/json");
    let (status, text) = send(sandbox, request.body(Body::from(json.to_owned())).unwrap()).await;
    (status, serde_json::from_str(&text).unwrap())
}
