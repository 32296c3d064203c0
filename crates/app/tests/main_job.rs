//! The main job from end to end on both engines: real HTTP to the API and its pages, the real connector, the JD sandbox
//! behind a socket, and a clock that is moved. Amounts are literal.

use infra::db::Engine;
use kernel::Instant;
use reqwest::{Client, redirect};
use sandbox::jd::{Config, GoodsSource, Life, Sandbox};
use serde_json::{Value, json};
use std::path::PathBuf;
use testkit::{Fixture, Signed, on_both_engines};

const PERSON: &str = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.54";

/// A seller's shelf of two: 100 yuan at 10 %, and 50 yuan at 20 % with a coupon of 10 from 40.
const GOODS: &str = "sku,title,price,rate_percent,coupon,coupon_threshold,brand,category,sales\n\
    700001,好纸 抽纸 24包,100,10%,0,0,好纸,家清 > 纸品 > 抽纸,5000\n\
    700002,禾沐 洗衣液 3kg,50,20%,10,40,禾沐,家清 > 洗衣 > 洗衣液,900\n";

/// Everything that the story happens in.
struct World {
    f: Fixture,
    sandbox: Sandbox,
    http: Client,
    /// Where our own server is reached.
    base: String,
    gateway: String,
    owner: Signed,
    account: String,
}

async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    base
}

fn shelf(f: &Fixture) -> PathBuf {
    let name = f.database.url.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let path = std::env::temp_dir().join(format!("daogou-shelf-{name}.csv"));
    std::fs::write(&path, GOODS).unwrap();
    path
}

impl World {
    async fn new(f: Fixture) -> World {
        let path = shelf(&f);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let mut config = Config::new(f.clock.clone(), &shop);
        config.goods = GoodsSource::File(path.clone());
        let (sandbox, report) = Sandbox::try_new(config).unwrap();
        assert_eq!((report.loaded, report.skipped.len()), (2, 0));
        std::fs::remove_file(path).unwrap();
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let base = serve(app::router(f.ctx.clone())).await;
        // A second provider is refused, and that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        let owner = f.owner().await;
        let gateway = format!("{shop}/routerjson");
        let mut world = World { f, sandbox, http, base, gateway, owner, account: String::new() };
        world.set_up(&shop).await;
        world
    }

    async fn set_up(&mut self, shop: &str) {
        let owner = self.owner.clone();
        self.post(&owner, "/programs", json!({ "preset": "fenxiang" })).await;
        self.post(&owner, "/programs/fenxiang/open", json!({})).await;
        let entity = self.post(&owner, "/legal-entities", json!({ "name": "演示公司" })).await;
        let account = json!({
            "name": "jd", "union": "jd", "legal_entity": entity["legal_entity"], "gateway_url": self.gateway,
            "app_key": "demo-key", "app_secret": "demo-secret", "link_hosts": [shop.strip_prefix("http://").unwrap()],
            "per_second": 1000, "programs": ["fenxiang"],
        });
        self.account = text(&self.post(&owner, "/union-accounts", account).await, "account");
        let tested = self.post(&owner, &format!("/union-accounts/{}/test", self.account), json!({})).await;
        assert_eq!(tested["ok"], true, "{tested}");
    }

    async fn call(
        &self,
        method: reqwest::Method,
        who: Option<&Signed>,
        path: &str,
        body: Value,
    ) -> (u16, Value, String) {
        let mut request = self.http.request(method.clone(), format!("{}/api/v1{path}", self.base));
        if let Some(who) = who {
            request = request.header("cookie", &who.cookie).header("x-csrf-token", &who.csrf);
        }
        if method != reqwest::Method::GET {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let cookie = response.headers().get("set-cookie").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = response.json().await.unwrap_or(Value::Null);
        (status, body, cookie)
    }

    async fn post(&self, who: &Signed, path: &str, body: Value) -> Value {
        let (status, answer, _) = self.call(reqwest::Method::POST, Some(who), path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    async fn get(&self, who: &Signed, path: &str) -> Value {
        let (status, answer, _) = self.call(reqwest::Method::GET, Some(who), path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Joins as somebody new, with a code.
    async fn join(&self, name: &str, code: &str) -> (Signed, String) {
        let body = json!({ "name": name, "password": "a long password", "display_name": name, "invite_code": code });
        let (status, joined, cookie) = self.call(reqwest::Method::POST, None, "/programs/fenxiang/join", body).await;
        assert_eq!(status, 201, "{joined}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let person = text(&joined, "person").parse().unwrap();
        (Signed { person, cookie, csrf: text(&joined, "csrf") }, text(&joined, "promoter"))
    }

    /// Opens a share link as a person; where it leads.
    async fn open(&self, url: &str) -> (u16, Option<String>) {
        let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
        let answer = self.http.get(format!("{}{path}", self.base)).header("user-agent", PERSON).send().await.unwrap();
        let location = answer.headers().get("location").map(|v| v.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    }

    /// Presses *buy* on the shop's page.
    async fn buy(&self, shop_url: &str, quantity: u32) {
        let page = self.http.get(shop_url).send().await.unwrap().text().await.unwrap();
        let code = page.split("name=\"link\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let shop = self.gateway.strip_suffix("/routerjson").unwrap();
        let form = [("link", code), ("quantity", quantity.to_string()), ("coupon", "1".to_owned())];
        let answer = self.http.post(format!("{shop}/shop/buy")).form(&form).send().await.unwrap();
        assert!(answer.status().is_success() || answer.status().is_redirection(), "{}", answer.status());
    }

    /// Signs somebody in anew: sessions end after 30 days.
    async fn again(&self, who: &Signed) -> Signed {
        let mut tx = self.f.ctx.db.begin().await.unwrap();
        let opened =
            app::persons::session::sign_in(&self.f.ctx, &mut tx, who.person, app::persons::session::Keeps::Cookie)
                .await
                .unwrap();
        tx.commit().await.unwrap();
        Signed { person: who.person, cookie: opened.cookie(), csrf: opened.csrf }
    }

    async fn pull(&self) -> Result<app::commission::PullReport, String> {
        let account = self.account.parse().unwrap();
        app::commission::pull_orders(&self.f.ctx, account, None, None, |_| {}).await.map_err(|e| e.to_string())
    }

    async fn orders(&self, who: &Signed) -> Vec<Value> {
        self.get(who, "/programs/fenxiang/orders").await["items"].as_array().unwrap().clone()
    }
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}")).to_owned()
}

/// From an invite code to a verified ledger.
async fn the_main_job(f: Fixture) {
    let w = World::new(f).await;
    let synced =
        w.post(&w.owner, "/programs/fenxiang/sync", json!({ "feeds": ["channel:27", "channel:22"], "pages": 5 })).await;
    assert_eq!(synced["new"], 2, "{synced}");
    let code = w.post(&w.owner, "/programs/fenxiang/invite-codes", json!({ "owner": true })).await;
    let (upper, upper_id) = w.join("upper", &text(&code, "code")).await;
    let own = w.post(&upper, "/programs/fenxiang/invite-codes", json!({})).await;
    let (lower, lower_id) = w.join("lower", &text(&own, "code")).await;
    let community = w
        .post(&lower, "/programs/fenxiang/communities", json!({ "name": "邻里群", "city": "阜阳", "member_count": 80 }))
        .await;

    let found = w.get(&lower, "/programs/fenxiang/products?q=%E6%8A%BD%E7%BA%B8").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "two characters filter: {found}");
    let product = text(&found["items"][0], "product");
    let link = w
        .post(&lower, "/programs/fenxiang/links", json!({ "product": product, "community": community["community"] }))
        .await;
    let copy = text(&link, "copy_text");
    assert!(copy.starts_with("【广告】好纸 抽纸") && copy.contains("价格截至") && copy.contains("¥100"), "{copy}");
    let page = w.http.get(text(&link, "page").replace("http://127.0.0.1:8080", &w.base)).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.len() < 30_000 && page.contains("广告") && page.contains("lower") && page.contains("¥100"));

    let (status, shop) = w.open(&text(&link, "url")).await;
    assert_eq!(status, 302);
    w.buy(&shop.unwrap(), 1).await;
    w.f.clock.advance_seconds(1800);
    w.pull().await.unwrap();
    let orders = w.orders(&lower).await;
    assert_eq!(orders.len(), 1);
    let order = text(&orders[0], "id");
    // 100.00 × 10 % × 90 % = 9.00: 60 % direct, 10 % inviter, the rest the platform's.
    let why = w.get(&lower, &format!("/orders/{order}/why")).await;
    let shares = &why["shares"];
    let parts = ["total_fen", "direct_fen", "inviter_fen", "platform_fen"].map(|k| shares[k].as_i64().unwrap());
    if why["order"]["state"] == "pending" || why["order"]["state"] == "confirmed" {
        assert_eq!(parts, [900, 540, 90, 270], "{why}");
    } else {
        assert_eq!(parts, [0, 0, 0, 0], "{why}");
    }
    assert!(why["whose"].as_str().unwrap().len() > 10 && why["evidence"].is_null(), "promoters see no evidence: {why}");
    let staff_why = w.get(&w.owner, &format!("/orders/{order}/why")).await;
    assert!(!staff_why["evidence"].is_null());
    // The inviter sees neither the order nor the buyer.
    assert!(w.orders(&upper).await.is_empty());
    let (status, _, _) = w.call(reqwest::Method::GET, Some(&upper), &format!("/orders/{order}/why"), Value::Null).await;
    assert_eq!(status, 404);
    assert_ne!(upper_id, lower_id);

    // Chosen lives, by the link's own code, with literal ends.
    let code = text(&link, "code");
    for (life, days, expected) in [
        (Life::Finished, 20, Some([900, 540, 90, 270])),
        (Life::Cancelled, 20, Some([0, 0, 0, 0])),
        (Life::FullReturnAfterFinish, 40, Some([0, 0, 0, 0])),
        (Life::UnknownCode99, 20, Some([0, 0, 0, 0])),
        (Life::PartialReturnBeforeFinish, 40, None),
    ] {
        let lower = w.again(&lower).await;
        let before: Vec<String> = w.orders(&lower).await.iter().map(|o| text(o, "id")).collect();
        let items = vec![(700_001, 1)];
        let items = if life == Life::PartialReturnBeforeFinish { vec![(700_001, 4)] } else { items };
        let buy = sandbox::jd::Buy { items, sub_union_id: code.clone(), with_coupon: false, at: None, life };
        w.sandbox.buy(buy).unwrap();
        for _ in 0..days {
            w.f.clock.advance_seconds(86_400);
            w.pull().await.unwrap();
        }
        let lower = w.again(&lower).await;
        let made: Vec<Value> =
            w.orders(&lower).await.into_iter().filter(|o| !before.contains(&text(o, "id"))).collect();
        assert_eq!(made.len(), 1, "{life}");
        let why = w.get(&lower, &format!("/orders/{}/why", text(&made[0], "id"))).await;
        let parts =
            ["total_fen", "direct_fen", "inviter_fen", "platform_fen"].map(|k| why["shares"][k].as_i64().unwrap());
        match expected {
            Some(expected) => assert_eq!(parts, expected, "{life}: {why}"),
            None => {
                assert!(parts[0] > 0 && parts[0] < 3600, "{life}: {parts:?}");
                assert_eq!(parts[1] + parts[2] + parts[3], parts[0]);
                assert_eq!((parts[1], parts[2]), (parts[0] * 6 / 10, parts[0] / 10));
            }
        }
    }
    // An unknown code pays nobody, and is shown to somebody.
    let stray = sandbox::jd::Buy {
        items: vec![(700_002, 1)],
        sub_union_id: "2notOurCode00000000x".to_owned(),
        with_coupon: false,
        at: None,
        life: Life::Finished,
    };
    w.sandbox.buy(stray).unwrap();
    w.f.clock.advance_seconds(7200);
    w.pull().await.unwrap();
    let owner = w.again(&w.owner).await;
    let unassigned = w.get(&owner, &format!("/union-accounts/{}/unassigned", w.account)).await;
    assert_eq!(unassigned["items"].as_array().unwrap().len(), 1);

    w.f.ctx.click_log.flush().await;
    let clicks = w.get(&owner, "/programs/fenxiang/clicks?class=human").await;
    assert_eq!(clicks["items"].as_array().unwrap().len(), 1, "{clicks}");
    w.f.assert_verified().await;
    // All of it again changes nothing.
    let books = w.f.books().await;
    let from = w.f.clock.now().plus_days(-80);
    let account = w.account.parse().unwrap();
    let again = app::commission::pull_orders(&w.f.ctx, account, Some(from), None, |_| {}).await.unwrap();
    assert_eq!((again.new, again.changed, again.transactions), (0, 0, 0));
    assert_eq!(w.f.books().await, books);
}

/// A wrong secret, a gateway that is not there: a clear error, the watermark stays, the next pull heals.
async fn failures_heal(f: Fixture) {
    let w = World::new(f).await;
    let buy = || sandbox::jd::Buy {
        items: vec![(700_001, 1)],
        sub_union_id: String::new(),
        with_coupon: false,
        at: None,
        life: Life::Finished,
    };
    w.sandbox.buy(buy()).unwrap();
    w.f.clock.advance_seconds(3600);
    w.pull().await.unwrap();
    let mark = async || -> Option<Instant> {
        let mut read = w.f.ctx.db.read().await.unwrap();
        app::orders::store::watermark(&mut read, w.account.parse().unwrap()).await.unwrap()
    };
    let before = mark().await.unwrap();
    w.sandbox.buy(buy()).unwrap();
    w.f.clock.advance_seconds(3600);
    let change = async |field: &str, value: &str| {
        let path = format!("/union-accounts/{}", w.account);
        let version = w.get(&w.owner, &path).await["version"].clone();
        let body = json!({ "version": version, field: value });
        let (status, answer, _) = w.call(reqwest::Method::PATCH, Some(&w.owner), &path, body).await;
        assert_eq!(status, 200, "{answer}");
    };
    change("app_secret", "wrong-secret").await;
    let error = w.pull().await.unwrap_err();
    assert!(error.contains("auth") && error.contains("watermark stays"), "{error}");
    assert_eq!(mark().await, Some(before));
    let tested = w.post(&w.owner, &format!("/union-accounts/{}/test", w.account), json!({})).await;
    assert_eq!((tested["ok"].as_bool(), tested["class"].as_str()), (Some(false), Some("auth")));
    change("app_secret", "demo-secret").await;
    change("gateway_url", "http://127.0.0.1:9/routerjson").await;
    let error = w.pull().await.unwrap_err();
    assert!(error.contains("retryable"), "{error}");
    assert_eq!(mark().await, Some(before));
    change("gateway_url", &w.gateway).await;
    let report = w.pull().await.unwrap();
    assert_eq!(report.new, 1);
    assert!(mark().await.unwrap() > before);
    w.f.assert_verified().await;
}

/// Hands calls on to the sandbox's gateway, but answers the n-th question for orders with half a page.
async fn stumbling(gateway: String, n: usize) -> String {
    use axum::body::Bytes;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let http = Client::builder().no_proxy().build().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let hand_on = move |request: axum::extract::Request| {
        let (http, gateway, asked) = (http.clone(), gateway.clone(), asked.clone());
        async move {
            let query = request.uri().query().map(|q| format!("?{q}")).unwrap_or_default();
            let kind = request.headers().get("content-type").cloned();
            let method = request.method().clone();
            let body: Bytes = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            let for_orders =
                query.contains("order.row.query") || String::from_utf8_lossy(&body).contains("order.row.query");
            let mut onward = http.request(method, format!("{gateway}{query}")).body(body);
            if let Some(kind) = kind {
                onward = onward.header("content-type", kind);
            }
            let answer = onward.send().await.unwrap().text().await.unwrap();
            if for_orders && asked.fetch_add(1, Ordering::SeqCst) + 1 == n {
                return answer[..answer.len() / 2].to_owned();
            }
            answer
        }
    };
    let router = axum::Router::new().route("/routerjson", axum::routing::any(hand_on));
    format!("{}/routerjson", serve(router).await)
}

/// A page that breaks off in the middle of a pull, then a database that is gone.
async fn broken_pages_and_a_lost_database(f: Fixture) {
    let w = World::new(f).await;
    w.pull().await.unwrap();
    for _ in 0..8 {
        let buy = sandbox::jd::Buy {
            items: vec![(700_001, 1)],
            sub_union_id: String::new(),
            with_coupon: false,
            at: None,
            life: Life::Finished,
        };
        w.sandbox.buy(buy).unwrap();
        w.f.clock.advance_seconds(3600);
    }
    let mut read = w.f.ctx.db.read().await.unwrap();
    let account = w.account.parse().unwrap();
    let before = app::orders::store::watermark(&mut read, account).await.unwrap().unwrap();
    drop(read);
    let path = format!("/union-accounts/{}", w.account);
    let version = w.get(&w.owner, &path).await["version"].clone();
    let proxy = stumbling(w.gateway.clone(), 4).await;
    let body = json!({ "version": version, "gateway_url": proxy });
    assert_eq!(w.call(reqwest::Method::PATCH, Some(&w.owner), &path, body).await.0, 200);
    let error = w.pull().await.unwrap_err();
    assert!(error.contains("malformed"), "{error}");
    let mut read = w.f.ctx.db.read().await.unwrap();
    let reached = app::orders::store::watermark(&mut read, account).await.unwrap().unwrap();
    drop(read);
    assert!(reached > before && reached < w.f.clock.now(), "what was whole is kept, what was not is asked for again");
    w.pull().await.unwrap();
    let unassigned = w.get(&w.owner, &format!("{path}/unassigned")).await;
    assert_eq!(unassigned["items"].as_array().unwrap().len(), 8);
    w.f.assert_verified().await;

    w.f.ctx.db.close().await;
    let (status, answer, _) = w.call(reqwest::Method::GET, Some(&w.owner), "/programs", Value::Null).await;
    assert_eq!((status, answer["code"].as_str()), (503, Some("server.unavailable")), "{answer}");
    let page = w.http.get(format!("{}/s/00000000000000000000", w.base)).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 404, "a forged code needs no database");
    assert!(w.pull().await.is_err());
}

on_both_engines! {
    async fn a_broken_page_and_a_lost_database_are_told_and_healed(f: Fixture) {
        broken_pages_and_a_lost_database(f).await;
    }

    async fn from_an_invite_code_to_a_verified_ledger(f: Fixture) {
        the_main_job(f).await;
    }

    async fn a_pull_that_failed_is_made_up_for(f: Fixture) {
        failures_heal(f).await;
    }
}

/// Whoever has nothing to do with a program is told that it does not exist, at every address below it.
#[tokio::test]
async fn strangers_meet_no_program_at_any_route() {
    let f = Fixture::new(Engine::Lite).await;
    let (ours, theirs) = (f.program("ours").await, f.program("theirs").await);
    let staff = f.staff(Some(ours.id), app::staff::Role::Owner).await;
    let nobody = f.person().await;
    let doc = serde_json::to_value(app::open_api()).unwrap();
    let mut tried = 0;
    for (path, operations) in doc["paths"].as_object().unwrap() {
        if !path.contains("{program}") || path.contains("/staff/") {
            continue;
        }
        for method in operations.as_object().unwrap().keys() {
            // Joining is how strangers come in, and what is public is for them.
            if path.ends_with("/join") || path.starts_with("/api/v1/public/") {
                continue;
            }
            for named in [theirs.code.clone(), theirs.id.to_string()] {
                let mut address = path.replace("{program}", &named);
                for (part, value) in [
                    ("{promoter}", "prm_0000000000001"),
                    ("{community}", "com_0000000000001"),
                    ("{product}", "64"),
                    ("{number}", "1"),
                    ("{code}", "00000000000000000000"),
                    ("{kind}", "product"),
                ] {
                    address = address.replace(part, value);
                }
                assert!(!address.contains('{'), "{address}: an unknown part");
                for who in [&staff, &nobody] {
                    let method = method.to_uppercase().parse().unwrap();
                    let reply = f.send(method, &address, Some(who), Some(json!({}))).await;
                    reply.refused(404, "programs.unknown");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 100, "only {tried} requests");
    // And without a session nothing at all.
    for (path, operations) in doc["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let open = path.ends_with("/join") || path.starts_with("/api/v1/public/");
            if open || (path.contains("/session") && method == "post") {
                continue;
            }
            let address = path.replace(['{', '}'], "");
            let reply = f.send(method.to_uppercase().parse().unwrap(), &address, None, Some(json!({}))).await;
            assert_eq!(reply.status, 401, "{method} {path}: {}", reply.text);
        }
    }
}
