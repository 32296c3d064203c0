//! Sharing, opening, converting and counting, on both engines.

use app::Ctx;
use app::catalog::{Product, ProductState, store as catalog};
use app::communities::{self, Community, NewCommunity};
use app::ctx::{Limits, Parts};
use app::links::{ClickLog, NewLink, make, purge_clicks};
use app::programs::{Program, Unions};
use app::promoters::{self, NewPromoter, Promoter, Standing};
use app::staff::Role;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use connectors::unions::{
    Answer, BudgetState, Capabilities, Category, ConvertRequest, Converted, CouponState, ErrorClass, Goods, GoodsPage,
    GoodsQuery, OrderCursor, OrderPage, Union, UnionError,
};
use infra::args;
use infra::db::Col;
use infra::http::RateLimit;
use kernel::{Bucket, Instant, PersonId, ShareCode, UnionAccountId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{FakeUnion, Fixture, Reply, Signed, coupon, goods, on_both_engines};

const GATEWAY: &str = "https://u.jd.test/routerjson";
const WECHAT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Mobile/15E148 MicroMessenger/8.0.54(0x18003629) NetType/WIFI Language/zh_CN";
const ADDRESS: &str = "203.0.113.77";

/// A union that converts as the test says.
#[derive(Default)]
struct Shop {
    used: AtomicU64,
    asked: Mutex<Vec<ConvertRequest>>,
    error: Mutex<Option<UnionError>>,
    /// Instead of the link that carries the tracking token.
    url: Mutex<Option<String>>,
    dropped: Mutex<Option<String>>,
    slow: Mutex<Duration>,
}

const LIMIT: u64 = 1_000;

impl Shop {
    fn fail(&self, class: Option<ErrorClass>) {
        *self.error.lock().unwrap() = class.map(FakeUnion::error);
    }

    fn answer_with(&self, url: &str) {
        *self.url.lock().unwrap() = Some(url.to_owned());
    }

    fn slow(&self, ms: u64) {
        *self.slow.lock().unwrap() = Duration::from_millis(ms);
    }

    fn used(&self, calls: u64) {
        self.used.store(calls, Ordering::SeqCst);
    }

    fn asked(&self) -> Vec<ConvertRequest> {
        self.asked.lock().unwrap().clone()
    }

    fn tracked(&self) -> Vec<String> {
        self.asked().into_iter().map(|r| r.tracking).collect()
    }
}

fn no<T>() -> Answer<'static, T>
where
    T: Send + 'static,
{
    Box::pin(async { Err(FakeUnion::error(ErrorClass::Permission)) })
}

impl Union for Shop {
    fn capabilities(&self) -> Capabilities {
        FakeUnion::default().capabilities()
    }
    fn budget(&self) -> BudgetState {
        BudgetState { used: self.used.load(Ordering::SeqCst), limit: LIMIT, day: 20_000 }
    }
    fn search<'a>(&'a self, _: &'a GoodsQuery) -> Answer<'a, GoodsPage> {
        no()
    }
    fn channel<'a>(&'a self, _: &'a str, _: u32) -> Answer<'a, GoodsPage> {
        no()
    }
    fn detail<'a>(&'a self, _: &'a [String]) -> Answer<'a, Vec<Goods>> {
        no()
    }
    fn categories(&self, _: Option<i64>, _: u8) -> Answer<'_, Vec<Category>> {
        no()
    }
    fn coupons<'a>(&'a self, _: &'a [String]) -> Answer<'a, Vec<CouponState>> {
        no()
    }
    fn convert<'a>(&'a self, request: &'a ConvertRequest) -> Answer<'a, Converted> {
        self.used.fetch_add(1, Ordering::SeqCst);
        self.asked.lock().unwrap().push(request.clone());
        Box::pin(async move {
            let slow = *self.slow.lock().unwrap();
            tokio::time::sleep(slow).await;
            if let Some(error) = self.error.lock().unwrap().clone() {
                return Err(error);
            }
            let own = format!("https://u.jd.test/{}", request.tracking);
            Ok(Converted {
                long_url: "https://u.jd.test/long".to_owned(),
                short_url: Some(self.url.lock().unwrap().clone().unwrap_or(own)),
                coupon_dropped: self.dropped.lock().unwrap().clone(),
            })
        })
    }
    fn orders_placed(&self, from: Instant, to: Instant) -> OrderCursor {
        self.orders_from(from, to)
    }

    fn orders_from(&self, _: Instant, _: Instant) -> OrderCursor {
        OrderCursor(String::new())
    }
    fn orders<'a>(&'a self, _: &'a OrderCursor) -> Answer<'a, OrderPage> {
        no()
    }
}

/// A promoter of a program with an account whose union is a [`Shop`], and a nut box: 119 yuan, 99 on promotion, a
/// coupon of 40 from 99 on.
struct Stage {
    program: Program,
    signed: Signed,
    promoter: Promoter,
    account: UnionAccountId,
    shop: Arc<Shop>,
    product: Product,
}

impl Stage {
    async fn new(f: &Fixture) -> Stage {
        let program = f.program("nuts").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let shop = Arc::new(Shop::default());
        f.ctx.unions.put(account, 1, shop.clone());
        let (signed, promoter) = joined(f, &program, "王小美").await;
        let mut nuts = goods("nuts", "每日坚果礼盒", 9_900);
        nuts.list_price = kernel::Money::from_fen(11_900);
        nuts.coupons = vec![coupon(4_000, 9_900)];
        nuts.image_url = Some("https://img.jd.test/nuts.jpg".to_owned());
        let product = f.offer(account, &nuts).await;
        Stage { program, signed, promoter, account, shop, product }
    }

    fn code_of(&self, f: &Fixture, community: u16, product: u64) -> String {
        let bucket = self.promoter.id.bucket();
        ShareCode { bucket, promoter: self.promoter.number, community, product }.text(&f.ctx.codes).unwrap()
    }

    fn code(&self, f: &Fixture) -> String {
        self.code_of(f, 0, self.product.number)
    }

    async fn share(&self, f: &Fixture, mut more: Value) -> Reply {
        more["product"] = json!(self.product.number.to_string());
        self.post(f, more).await
    }

    async fn post(&self, f: &Fixture, body: Value) -> Reply {
        f.post(&format!("/programs/{}/links", self.program.id), &self.signed, body).await
    }

    async fn community(&self, f: &Fixture, name: &str) -> Community {
        community(f, &self.program, &self.promoter, name).await
    }

    async fn set_state(&self, f: &Fixture, to: ProductState) {
        let mut tx = f.ctx.db.begin().await.unwrap();
        let now = catalog::by_number(&mut tx, self.product.number).await.unwrap().unwrap();
        assert!(catalog::move_state(&mut tx, &now, to).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn suspend(&self, f: &Fixture, suspended: bool) {
        let mut tx = f.ctx.db.begin().await.unwrap();
        let standing = Standing { suspended, level: 0 };
        let by = PersonId::from_raw(0);
        promoters::store::set_standing(&mut tx, &f.ctx.ids, f.ctx.now(), self.promoter.id, standing, "test", by)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

async fn joined(f: &Fixture, program: &Program, name: &str) -> (Signed, Promoter) {
    let signed = f.person().await;
    let new = NewPromoter {
        program: program.id,
        person: signed.person,
        display_name: name.to_owned(),
        inviter: None,
        invite_code: None,
    };
    let mut tx = f.ctx.db.begin().await.unwrap();
    let promoter = promoters::store::create(&mut tx, &f.ctx.ids, f.ctx.now(), &new).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    (signed, promoter)
}

async fn community(f: &Fixture, program: &Program, promoter: &Promoter, name: &str) -> Community {
    let mut tx = f.ctx.db.begin().await.unwrap();
    let new = NewCommunity { name: name.to_owned(), ..NewCommunity::default() };
    let made = communities::make(&f.ctx, &mut tx, program, promoter, &new).await.unwrap();
    tx.commit().await.unwrap();
    made
}

fn asks(method: Method, path: &str, agent: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "evil.example");
    if let Some(agent) = agent {
        request = request.header(header::USER_AGENT, agent);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = format!("{ADDRESS}:40000").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// Opens a path in WeChat.
async fn open(f: &Fixture, path: &str) -> Reply {
    f.raw(asks(Method::GET, path, Some(WECHAT))).await
}

/// A page in Chinese that leads nowhere.
#[track_caller]
fn leads_nowhere(reply: &Reply, status: u16, words: &str) {
    assert_eq!((reply.status, reply.location()), (status, None), "{}", reply.text);
    assert!(reply.text.contains("<html lang=\"zh-CN\">") && reply.text.contains(words), "{}", reply.text);
    assert_eq!(reply.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
}

#[derive(Debug, PartialEq, Eq)]
struct Row {
    class: String,
    surface: String,
    community: i64,
    hash: Vec<u8>,
    agent: String,
}

/// What the click log holds, oldest first.
async fn clicks(f: &Fixture) -> Vec<Row> {
    f.ctx.click_log.flush().await;
    let mut read = f.ctx.clicks.read().await.unwrap();
    let sql = "SELECT class, surface, community, address_hash, agent FROM click ORDER BY at_us, id";
    let rows = read.all(sql, vec![]).await.unwrap();
    rows.iter()
        .map(|row| Row {
            class: row.text("class").unwrap(),
            surface: row.text("surface").unwrap(),
            community: row.int("community").unwrap(),
            hash: row.bytes("address_hash").unwrap(),
            agent: row.text("agent").unwrap(),
        })
        .collect()
}

async fn by_class(f: &Fixture) -> BTreeMap<String, usize> {
    clicks(f).await.into_iter().fold(BTreeMap::new(), |mut counts, row| {
        *counts.entry(row.class).or_default() += 1;
        counts
    })
}

fn counted(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(class, n)| ((*class).to_owned(), *n)).collect()
}

on_both_engines! {
    async fn lesson_01_a_person_is_sent_to_the_union_and_counted(f: Fixture) {
        let s = Stage::new(&f).await;
        let code = s.code(&f);
        let reply = open(&f, &format!("/s/{code}?url=https://evil.example/&to=//evil.example")).await;
        assert_eq!((reply.status, reply.location()), (302, Some(&*format!("https://u.jd.test/{code}"))));
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
        let asked = s.shop.asked();
        let wanted = ConvertRequest {
            material_url: "jingfen.jd.com/detail/nuts.html".to_owned(),
            coupon_link: Some("http://coupon.m.jd.com/4000-9900".to_owned()),
            tracking: code.clone(),
            position: None,
        };
        assert_eq!(asked, [wanted]);
        let rows = clicks(&f).await;
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!((&*row.class, &*row.surface, row.community, &*row.agent), ("human", "redirect", 0, "wechat"));
        // What was spent is remembered for the next start.
        let budget = f.ctx.db.read().await.unwrap().one("SELECT day, calls FROM union_budget", vec![]).await.unwrap();
        assert_eq!(budget.unwrap().int("calls").unwrap(), 1);
        // An agent with a phone's Chinese name in it is a person's, in bytes that are not ASCII.
        let mut request = asks(Method::GET, &format!("/s/{code}"), None);
        let agent = "Mozilla/5.0 (Linux; Android 14; 荣耀Magic6) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36";
        request.headers_mut().insert(header::USER_AGENT, agent.as_bytes().try_into().unwrap());
        assert_eq!(f.raw(request).await.status, 302);
    }

    /// The app's way of a consumer: from one recommendation to another product of the same recommender, and to the union.
    async fn a_consumer_follows_a_recommendation(f: Fixture) {
        let s = Stage::new(&f).await;
        let community = s.community(&f, "好物群").await;
        let code = s.code_of(&f, community.ordinal, s.product.number);
        let link = open(&f, &format!("/api/v1/public/links/{code}")).await.ok();
        assert_eq!((&link["program"], &link["promoter_name"]), (&json!("nuts"), &json!("王小美")));
        assert_eq!((&link["product"]["final_fen"], &link["product"]["list_fen"]), (&json!(5_900), &json!(11_900)));
        let text = link.to_string();
        assert!(!text.contains("commission") && !text.contains("rate"), "{text}");
        assert_eq!(clicks(&f).await, [], "looking is no click");

        let tea = f.offer(s.account, &goods("tea", "茉莉花茶", 2_990)).await;
        let other = asks(Method::POST, &format!("/api/v1/public/links/{code}/products/{}", tea.number), Some(WECHAT));
        let other = f.raw(other).await.ok();
        let wanted = s.code_of(&f, community.ordinal, tea.number);
        assert_eq!(other, json!({ "code": wanted }));

        let opened = f.raw(asks(Method::POST, &format!("/api/v1/public/links/{wanted}/open"), Some(WECHAT))).await.ok();
        assert_eq!(opened["url"], format!("https://u.jd.test/{wanted}"));
        let path = format!("pages/union/proxy/proxy?spreadUrl=https%3A%2F%2Fu.jd.test%2F{wanted}");
        assert_eq!(opened["mini_program"], json!({ "app_id": "wx91d27dbf599dff74", "path": path }));
        let rows = clicks(&f).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((&*rows[0].class, &*rows[0].surface, rows[0].community), ("human", "app", i64::from(community.ordinal)));
        // A robot is counted apart and spends nothing of the union's budget.
        let robot = f.raw(asks(Method::POST, &format!("/api/v1/public/links/{code}/open"), Some("curl/8.5.0"))).await;
        robot.refused(404, "links.nowhere");
        assert_eq!(by_class(&f).await, counted(&[("human", 1), ("robot", 1)]));
        assert_eq!(s.shop.tracked(), [wanted]);
    }

    async fn recommendations_that_lead_nowhere_say_so(f: Fixture) {
        let s = Stage::new(&f).await;
        let code = s.code(&f);
        let get = async |path: String| open(&f, &format!("/api/v1/public{path}")).await;
        let post = async |path: String| f.raw(asks(Method::POST, &format!("/api/v1/public{path}"), Some(WECHAT))).await;
        get("/links/00000000000000000000".to_owned()).await.refused(404, "links.nowhere");
        post(format!("/links/{code}/products/64000")).await.refused(404, "links.unknown_product");
        post(format!("/links/{code}/products/x")).await.refused(404, "links.unknown_product");
        // A product of an account that does not serve the recommender's program.
        let foreign = f.program("foreign").await;
        let elsewhere = f.union_account("https://u2.jd.test/routerjson", &[foreign.id]).await;
        let theirs = f.offer(elsewhere, &goods("theirs", "别家的", 100)).await;
        post(format!("/links/{code}/products/{}", theirs.number)).await.refused(404, "links.unknown_product");
        get(format!("/programs/nuts/products/{}", theirs.number)).await.refused(404, "catalog.unknown_product");
        s.set_state(&f, ProductState::Withdrawn).await;
        get(format!("/links/{code}")).await.refused(409, "links.product_gone");
        post(format!("/links/{code}/open")).await.refused(409, "links.product_gone");
        // Who recommends is still known.
        let tea = f.offer(s.account, &goods("tea", "茉莉花茶", 2_990)).await;
        assert_eq!(post(format!("/links/{code}/products/{}", tea.number)).await.status, 200);
        s.suspend(&f, true).await;
        get(format!("/links/{code}")).await.refused(404, "links.stopped");
        post(format!("/links/{code}/products/{}", tea.number)).await.refused(404, "links.stopped");
    }

    async fn goods_are_public_and_commissions_are_not(f: Fixture) {
        let s = Stage::new(&f).await;
        let tea = f.offer(s.account, &goods("tea", "茉莉花茶", 2_990)).await;
        let get = async |path: &str| open(&f, &format!("/api/v1/public/programs{path}")).await;
        let page = get("/nuts/products?sort=final&desc=false").await.ok();
        let titles: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["茉莉花茶", "每日坚果礼盒"]);
        assert!(!page.to_string().contains("commission") && !page.to_string().contains("rate_ppm"));
        let one = get(&format!("/nuts/products/{}", s.product.number)).await.ok();
        assert_eq!((&one["final_fen"], &one["on_sale"]), (&json!(5_900), &json!(true)));
        assert_eq!(one["price_steps"].as_array().unwrap().len(), 3);
        assert_eq!(get("/nuts/products?q=茶").await.ok()["items"][0]["product"], tea.number.to_string());
        for wrong in ["sort=commission", "sort=rate", "rate_from_ppm=1", "state=banned", "limit=101"] {
            get(&format!("/nuts/products?{wrong}")).await.refused(422, "request.fields");
        }
        get("/nowhere/products").await.refused(404, "programs.unknown");
        s.set_state(&f, ProductState::Banned).await;
        get(&format!("/nuts/products/{}", s.product.number)).await.refused(404, "catalog.unknown_product");
    }

    /// Lesson 14.
    async fn lesson_14_robots_previews_and_head_are_apart_and_cost_nothing(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        for (method, agent, purpose) in [
            (Method::HEAD, Some(WECHAT), None),
            (Method::GET, Some("facebookexternalhit/1.1"), None),
            (Method::GET, Some("DingTalkBot-LinkService/1.0"), None),
            (Method::GET, Some(WECHAT), Some("prefetch;prerender")),
            (Method::GET, Some("Mozilla/5.0 (compatible; Baiduspider/2.0)"), None),
            (Method::GET, Some("curl/8.5.0"), None),
            (Method::GET, Some(""), None),
            (Method::GET, None, None),
        ] {
            let mut request = asks(method.clone(), &path, agent);
            if let Some(purpose) = purpose {
                request.headers_mut().insert("sec-purpose", purpose.try_into().unwrap());
            }
            let reply = f.raw(request).await;
            assert_eq!((reply.status, reply.location()), (200, None), "{agent:?}");
            match method {
                Method::HEAD => assert_eq!(reply.text, ""),
                _ => assert!(reply.text.contains("广告") && reply.text.contains("og:title"), "{agent:?}"),
            }
        }
        assert_eq!(f.raw(asks(Method::HEAD, &path.replace("/s/", "/p/"), Some(WECHAT))).await.text, "");
        assert_eq!(by_class(&f).await, counted(&[("head", 2), ("preview", 3), ("robot", 4)]));
        assert_eq!(s.shop.asked(), []);
        let owner = f.owner().await;
        let counts = f.get("/programs/nuts/clicks/counts?days=1", &owner).await.ok();
        assert_eq!(counts["days"][0]["classes"], json!({ "head": 2, "preview": 3, "robot": 4 }));
    }

    /// A click is a row of its own, never a counter in the row of what was clicked; and the redirect is asked for anew
    /// each time.
    async fn lesson_24_each_opening_is_asked_for_and_is_a_row(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        let version = async || {
            let mut read = f.ctx.db.read().await.unwrap();
            let links = read.all("SELECT url, converted_at_us, renew_at_us FROM conversion", vec![]).await.unwrap();
            let links: Vec<_> = links.iter().map(|r| (r.text("url").unwrap(), r.int("renew_at_us").unwrap())).collect();
            drop(read);
            (links, catalog::by_number(&mut f.ctx.db.read().await.unwrap(), s.product.number).await.unwrap())
        };
        assert_eq!(open(&f, &path).await.status, 302);
        let before = version().await;
        for _ in 0..9 {
            f.clock.advance_seconds(1);
            let reply = open(&f, &path).await;
            assert_eq!((reply.status, &reply.headers[header::CACHE_CONTROL]), (302, &"no-store".try_into().unwrap()));
        }
        assert_eq!(clicks(&f).await.len(), 10);
        assert_eq!(version().await, before, "opening a link writes to no row of goods or links");
    }

    async fn a_code_of_nobody_is_a_404_and_no_click(f: Fixture) {
        let s = Stage::new(&f).await;
        let code = s.code(&f);
        let last = if code.ends_with('a') { 'b' } else { 'a' };
        let forged = format!("{}{last}", &code[..19]);
        let bucket = s.promoter.id.bucket();
        let nobody = ShareCode { bucket, promoter: s.promoter.number + 1000, community: 0, product: s.product.number };
        let nothing = s.code_of(&f, 0, 64 * 900_000);
        // A product that the promoter's program does not offer.
        let other = f.program("other").await;
        let foreign = f.union_account(GATEWAY, &[other.id]).await;
        let foreign = s.code_of(&f, 0, f.product(foreign, "别家的", 100).await.number);
        let closed = f.program("closed").await;
        let account = f.union_account(GATEWAY, &[closed.id]).await;
        let product = f.product(account, "旧的", 100).await.number;
        let (_, former) = joined(&f, &closed, "旧人").await;
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run("UPDATE program SET state = 'closed' WHERE id = $1", args![closed.id]).await.unwrap();
        tx.commit().await.unwrap();
        let former = ShareCode { bucket: former.id.bucket(), promoter: former.number, community: 0, product };
        let (nobody, former) = (nobody.text(&f.ctx.codes).unwrap(), former.text(&f.ctx.codes).unwrap());
        for text in [&*forged, &nobody, &nothing, &foreign, &former, "x", "%FF", "%00", "https:%2F%2Fevil.example"] {
            for surface in ["s", "p"] {
                leads_nowhere(&open(&f, &format!("/{surface}/{text}")).await, 404, "链接无效");
            }
        }
        assert_eq!(clicks(&f).await, []);
        assert_eq!(s.shop.asked(), []);
        assert_eq!(f.ctx.metrics.clicks.with_label_values(&["human"]).get(), 0);
    }

    async fn links_end_with_the_promoter_and_the_item(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        s.suspend(&f, true).await;
        leads_nowhere(&open(&f, &path).await, 404, "链接已停用");
        s.share(&f, json!({})).await.refused(403, "promoters.suspended");
        f.clock.advance_seconds(1);
        s.suspend(&f, false).await;
        for gone in [ProductState::Banned, ProductState::Withdrawn] {
            s.set_state(&f, gone).await;
            for path in [path.clone(), path.replace("/s/", "/p/")] {
                leads_nowhere(&open(&f, &path).await, 410, "每日坚果礼盒");
            }
            s.share(&f, json!({})).await.refused(409, "links.product_gone");
        }
        assert_eq!(clicks(&f).await, []);
        assert_eq!(s.shop.asked(), []);
        s.set_state(&f, ProductState::OnSale).await;
        assert_eq!(open(&f, &path).await.status, 302);
        // A link that was converted long ago ends too.
        f.clock.advance_seconds(1);
        s.suspend(&f, true).await;
        leads_nowhere(&open(&f, &path).await, 404, "链接已停用");
    }

    /// What one process keeps of a link is old within a second of a deed of another, which only the database tells of.
    async fn a_link_kept_in_memory_ends_with_a_deed_elsewhere(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        assert_eq!(open(&f, &path).await.status, 302);
        let elsewhere = async |state: &str| {
            f.clock.advance_seconds(1);
            let id: kernel::TokenId = f.ctx.ids.next(s.promoter.id.bucket());
            let args = args![s.promoter.id.bucket(), s.promoter.id, f.ctx.now(), id, state, s.signed.person];
            let standing = "INSERT INTO promoter_standing (bucket, promoter_id, from_us, id, state, level, reason, by_person)
                VALUES ($1, $2, $3, $4, $5, 0, 'why', $6)";
            let mut tx = f.ctx.db.begin().await.unwrap();
            tx.run(standing, args).await.unwrap();
            let epoch = "INSERT INTO epoch (name, n) VALUES ('links', 1) ON CONFLICT (name) DO UPDATE SET n = epoch.n + 1";
            tx.run(epoch, vec![]).await.unwrap();
            tx.commit().await.unwrap();
            tokio::time::sleep(infra::epoch::LOOK_EVERY).await;
        };
        elsewhere("suspended").await;
        leads_nowhere(&open(&f, &path).await, 404, "链接已停用");
        elsewhere("active").await;
        assert_eq!(open(&f, &path).await.status, 302);
        assert_eq!(clicks(&f).await.len(), 2);
        assert_eq!(s.shop.asked().len(), 1, "the union is asked once");
    }

    async fn a_union_that_is_down_is_a_page_and_heals(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        for class in [ErrorClass::Retryable, ErrorClass::Auth, ErrorClass::Malformed, ErrorClass::RateLimited] {
            s.shop.fail(Some(class));
            let reply = open(&f, &path).await;
            leads_nowhere(&reply, 503, "再试一次");
            assert_eq!(reply.headers[header::RETRY_AFTER], "5");
            assert!(reply.text.contains(&format!("href=\"{path}\"")), "{}", reply.text);
            s.share(&f, json!({})).await.refused(502, "links.union_failed");
        }
        s.shop.fail(None);
        assert_eq!(open(&f, &path).await.status, 302);
        assert_eq!(s.share(&f, json!({})).await.ok()["code"], json!(s.code(&f)));
        assert_eq!(by_class(&f).await, counted(&[("human", 5)]));
    }

    async fn a_link_is_converted_once_and_renewed_in_time(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        for _ in 0..2 {
            assert_eq!(open(&f, &path).await.status, 302);
        }
        assert_eq!(s.shop.asked().len(), 1);
        // Another process finds it too.
        let second = f.second().await;
        second.unions.put(s.account, 1, s.shop.clone());
        let new = NewLink { product: s.product.number, community: None, self_purchase: false, convert: true };
        make(&second, &s.program, &s.promoter, &new).await.unwrap();
        assert_eq!(s.shop.asked().len(), 1);
        f.clock.set(f.ctx.now().plus_days(59).plus_seconds(-1));
        assert_eq!(open(&f, &path).await.status, 302);
        assert_eq!(s.shop.asked().len(), 1);
        f.clock.advance_seconds(1);
        for _ in 0..2 {
            assert_eq!(open(&f, &path).await.status, 302);
        }
        assert_eq!(s.shop.asked().len(), 2);
        // Another coupon is another link.
        let mut nuts = goods("nuts", "每日坚果礼盒", 9_900);
        nuts.coupons = vec![coupon(5_000, 9_900)];
        f.offer(s.account, &nuts).await;
        *s.shop.dropped.lock().unwrap() = Some("领完了".to_owned());
        for _ in 0..2 {
            let link = make(&f.ctx, &s.program, &s.promoter, &new).await.unwrap();
            assert_eq!(link.coupon_dropped.as_deref(), Some("领完了"));
        }
        assert_eq!(s.shop.asked()[2].coupon_link.as_deref(), Some("http://coupon.m.jd.com/5000-9900"));
        assert_eq!(s.shop.asked().len(), 3);
    }

    async fn twenty_at_once_are_one_conversion(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        let rush = async || {
            let visits: Vec<_> = (0..20).map(|_| open(&f, &path)).collect();
            futures_util::future::join_all(visits).await.into_iter().map(|r| r.status).collect::<Vec<_>>()
        };
        // They also share a failure: nobody queues up behind a union that is down.
        // (On a busy machine some may come after it.)
        s.shop.slow(1_000);
        s.shop.fail(Some(ErrorClass::Retryable));
        assert_eq!(rush().await, [503; 20]);
        let failed = s.shop.asked().len();
        assert!((1..=2).contains(&failed), "{failed} calls");
        s.shop.slow(100);
        s.shop.fail(None);
        assert_eq!(rush().await, [302; 20]);
        assert_eq!(s.shop.asked().len(), failed + 1);
        assert_eq!(by_class(&f).await, counted(&[("human", 40)]));
    }

    async fn a_visitor_who_leaves_does_not_waste_the_call(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        s.shop.slow(150);
        let left = tokio::time::timeout(Duration::from_millis(75), open(&f, &path)).await;
        assert!(left.is_err());
        assert_eq!(open(&f, &path).await.status, 302);
        assert_eq!(s.shop.asked().len(), 1);
    }

    async fn lesson_01_nobody_is_sent_to_a_host_outside_the_list(f: Fixture) {
        let s = Stage::new(&f).await;
        for (n, target) in [
            "https://evil.example/",
            "http://u.jd.test/x",
            "https://u.jd.test@evil.example/",
            "https://u.jd.test.evil.example/",
            "https://u.jd.test:8443/",
            "javascript:alert(1)",
            "//u.jd.test/x",
        ]
        .into_iter()
        .enumerate()
        {
            s.shop.answer_with(target);
            let product = f.product(s.account, &format!("商品{n}"), 100).await;
            let path = format!("/s/{}", s.code_of(&f, 0, product.number));
            leads_nowhere(&open(&f, &path).await, 502, "链接不对");
            let reply = s.post(&f, json!({ "product": product.number.to_string() })).await;
            assert!(!reply.refused(502, "links.union_failed").to_string().contains(target), "{target}");
        }
        // A link that is kept is checked again: the list may have been corrected.
        s.shop.answer_with("https://u.jd.test/fine");
        let path = format!("/s/{}", s.code(&f));
        assert_eq!(open(&f, &path).await.location(), Some("https://u.jd.test/fine"));
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run("UPDATE union_account SET link_hosts = 'u.jd.example'", vec![]).await.unwrap();
        infra::epoch::rise(&mut tx, app::programs::LINKS_EPOCH).await.unwrap();
        tx.commit().await.unwrap();
        leads_nowhere(&open(&f, &path).await, 502, "链接不对");
    }

    async fn the_page_says_what_is_true_and_runs_nothing(f: Fixture) {
        let s = Stage::new(&f).await;
        let code = s.code(&f);
        let reply = open(&f, &format!("/p/{code}")).await;
        assert_eq!(reply.status, 200);
        assert!(reply.text.len() < 30_000, "{} bytes", reply.text.len());
        assert_eq!(reply.headers["x-robots-tag"], "noindex, nofollow");
        let own = format!("http://127.0.0.1:8080/p/{code}");
        for words in [
            "广告",
            "¥119",
            "-¥20",
            "满99减40",
            "到手价",
            "¥59",
            "价格截至 11月2日 10:00",
            "王小美",
            "Program nuts",
            "领券购买",
            &format!("src=\"/pic/{}?w=800\"", s.product.number),
            &format!("content=\"http://127.0.0.1:8080/pic/{}?w=800\"", s.product.number),
            "满 ¥99 可用",
            "省 ¥60",
            "#e1251b",
            "noindex",
            &format!("href=\"/s/{code}\""),
            &format!("property=\"og:url\" content=\"{own}\""),
        ] {
            assert!(reply.text.contains(words), "{words} is missing in {}", reply.text);
        }
        for words in ["超过 24 小时", "<script", "javascript:", "evil.example", "onload", "img.jd.test"] {
            assert!(!reply.text.contains(words), "{words} is in {}", reply.text);
        }
        let row = clicks(&f).await.remove(0);
        assert_eq!((&*row.class, &*row.surface), ("human", "page"));
        assert_eq!(s.shop.asked(), []);

        f.clock.set(f.ctx.now().plus_days(1));
        assert!(open(&f, &format!("/p/{code}")).await.text.contains("超过 24 小时"));

        let mut nasty = goods("nasty", "<script>alert(\"1\")</script>&'", 100);
        nasty.shop = "</p><img src=x onerror=alert(1)>".to_owned();
        nasty.image_url = Some("javascript:alert(1)".to_owned());
        let nasty = f.offer(s.account, &nasty).await;
        let page = open(&f, &format!("/p/{}", s.code_of(&f, 0, nasty.number))).await.text;
        assert!(page.contains("&lt;script&gt;alert"), "{page}");
        for words in ["<script", "<img src=x", "javascript:"] {
            assert!(!page.contains(words), "{words} is in {page}");
        }
        // A program elsewhere says so, whatever the Host header says.
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run("UPDATE program SET public_url = 'https://go.nuts.example'", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(open(&f, &format!("/p/{code}")).await.text.contains(&format!("https://go.nuts.example/p/{code}")));
        let shared = s.share(&f, json!({ "convert": false })).await.ok();
        assert_eq!(shared["url"], json!(format!("https://go.nuts.example/s/{code}")));
    }

    /// The one page with a script: inside WeChat, where the program has an official account.
    async fn a_page_is_signed_inside_wechat_only(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/p/{}", s.code(&f));
        let phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36";
        let script = "<script src=\"/p/share.js\" data-sign=\"/api/v1/public/programs/nuts/wechat-js\"";
        assert!(!open(&f, &path).await.text.contains("<script"), "no official account");
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run("UPDATE program SET official_appid = 'wx0123456789abcdef'", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let inside = open(&f, &path).await;
        assert!(inside.text.contains(script), "{}", inside.text);
        let policy = inside.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self' https://res.wx.qq.com;") && !policy.contains("unsafe-inline' https"));
        let outside = f.raw(asks(Method::GET, &path, Some(phone))).await;
        assert!(!outside.text.contains("<script") && !outside.headers.contains_key(header::CONTENT_SECURITY_POLICY));
        let script = open(&f, "/p/share.js").await;
        assert_eq!(script.headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert!(script.text.contains("updateTimelineShareData"));
    }

    async fn the_budget_is_spared_from_80_percent_on_and_kept(f: Fixture) {
        let s = Stage::new(&f).await;
        let (one, two, three) =
            (s.community(&f, "一群").await, s.community(&f, "二群").await, s.community(&f, "三群").await);
        let code = |ordinal| s.code_of(&f, ordinal, s.product.number);
        let path = |ordinal| format!("/s/{}", code(ordinal));
        let bare = code(0);
        let to = |code: &str| format!("https://u.jd.test/{code}");

        s.shop.used(LIMIT * 80 / 100 - 1);
        assert_eq!(open(&f, &path(one.ordinal)).await.location(), Some(&*to(&code(one.ordinal))));
        // 80 % are reached now: the next communities share one link, at once too.
        s.shop.slow(50);
        let (a, b) = (path(two.ordinal), path(three.ordinal));
        let (second, third) = tokio::join!(open(&f, &a), open(&f, &b));
        assert_eq!((second.location(), third.location()), (Some(&*to(&bare)), Some(&*to(&bare))));
        let shared = s.share(&f, json!({ "community": two.id })).await.ok();
        assert_eq!((&shared["code"], &shared["union_url"]), (&json!(code(two.ordinal)), &json!(to(&bare))));
        // One's own purchase has its own rate: it never shares a link.
        let own = s.share(&f, json!({ "self_purchase": true })).await.ok();
        assert_eq!(own["union_url"], json!(to(&code(1))));
        assert_eq!(s.shop.tracked(), [code(one.ordinal), bare.clone(), code(1)]);
        // The community is known from our click.
        let mut seen: Vec<i64> = clicks(&f).await.iter().map(|row| row.community).collect();
        seen.sort_unstable();
        assert_eq!(seen, [i64::from(one.ordinal), i64::from(two.ordinal), i64::from(three.ordinal)]);

        // At 100 % nothing is asked; what is known still opens.
        s.shop.used(LIMIT);
        assert_eq!(open(&f, &path(one.ordinal)).await.location(), Some(&*to(&code(one.ordinal))));
        assert_eq!(open(&f, &path(three.ordinal)).await.location(), Some(&*to(&bare)));
        let fresh = f.product(s.account, "新品", 100).await;
        let reply = open(&f, &format!("/s/{}", s.code_of(&f, 0, fresh.number))).await;
        leads_nowhere(&reply, 503, "再试一次");
        assert!(reply.headers.contains_key(header::RETRY_AFTER));
        let body = json!({ "product": fresh.number.to_string() });
        s.post(&f, body).await.refused(503, "links.budget_spent");
        let later = s.post(&f, json!({ "product": fresh.number.to_string(), "convert": false })).await.ok();
        assert_eq!(later["union_url"], Value::Null);
        assert_eq!(s.shop.asked().len(), 3);
        // The next day.
        s.shop.used(0);
        assert_eq!(open(&f, &format!("/s/{}", s.code_of(&f, 0, fresh.number))).await.status, 302);
    }

    async fn a_shared_link_says_everything(f: Fixture) {
        let s = Stage::new(&f).await;
        let group = s.community(&f, "一群").await;
        let shared = s.share(&f, json!({ "community": group.id })).await;
        assert_eq!(shared.status, 201);
        let code = s.code_of(&f, group.ordinal, s.product.number);
        let url = format!("http://127.0.0.1:8080/s/{code}");
        let body = shared.ok();
        let text = body["copy_text"].as_str().unwrap().to_owned();
        let wanted = json!({
            "code": code, "url": url, "page": format!("http://127.0.0.1:8080/p/{code}"), "copy_text": text,
            "union_url": format!("https://u.jd.test/{code}"), "coupon_dropped": null, "final_fen": 5900,
            "seen_at": "2026-11-02T02:00:00Z",
        });
        assert_eq!(body, wanted);
        for words in ["【广告】每日坚果礼盒", "¥119", "¥59", "满99减40", "价格截至 11月2日 10:00", &url] {
            assert!(text.contains(words), "{words} is missing in {text}");
        }
        // Staff share for somebody, and see what a code says; so does its promoter.
        let staff = f.staff(Some(s.program.id), Role::Operations).await;
        let links = format!("/programs/{}/links", s.program.code);
        let product = s.product.number.to_string();
        f.post(&links, &staff, json!({ "product": product })).await.refused(400, "promoters.name_one");
        let for_them = f.post(&links, &staff, json!({ "product": product, "promoter": s.promoter.id })).await.ok();
        assert_eq!(for_them["code"], json!(s.code(&f)));
        let says = json!({
            "code": code, "promoter": s.promoter.id, "promoter_name": "王小美", "community": group.id,
            "community_name": "一群", "self_purchase": false, "product": product,
        });
        for reader in [&staff, &s.signed] {
            assert_eq!(f.get(&format!("{links}/{code}"), reader).await.ok(), says);
        }
        let own = s.share(&f, json!({ "self_purchase": true })).await.ok();
        let own = f.get(&format!("{links}/{}", own["code"].as_str().unwrap()), &staff).await.ok();
        assert_eq!((&own["self_purchase"], &own["community"]), (&json!(true), &Value::Null));
    }

    async fn what_cannot_be_shared_is_refused_with_the_reason(f: Fixture) {
        let s = Stage::new(&f).await;
        let links = format!("/programs/{}/links", s.program.id);
        let number = s.product.number.to_string();
        for bad in ["", "x", "-1", "1.5"] {
            s.post(&f, json!({ "product": bad })).await.refused(422, "request.fields");
        }
        for unknown in ["0", "57600000", "18446744073709551615"] {
            s.post(&f, json!({ "product": unknown })).await.refused(404, "links.unknown_product");
        }
        let other = f.program("other").await;
        let foreign = f.union_account(GATEWAY, &[other.id]).await;
        let foreign = f.product(foreign, "别家的", 100).await.number.to_string();
        s.post(&f, json!({ "product": foreign })).await.refused(404, "links.unknown_product");

        let (stranger, neighbour) = joined(&f, &s.program, "邻居").await;
        let theirs = community(&f, &s.program, &neighbour, "邻居群").await;
        s.share(&f, json!({ "community": theirs.id })).await.refused(404, "links.unknown_community");
        let mut closed = s.community(&f, "旧群").await;
        s.share(&f, json!({ "community": closed.id, "self_purchase": true })).await.refused(422, "request.fields");
        closed.state = "closed".to_owned();
        let mut tx = f.ctx.db.begin().await.unwrap();
        assert!(communities::store::update(&mut tx, &closed).await.unwrap());
        tx.commit().await.unwrap();
        s.share(&f, json!({ "community": closed.id })).await.refused(404, "links.unknown_community");

        // The union's own words; it is not asked for every opening.
        s.shop.fail(Some(ErrorClass::MaterialRefused));
        let refused = s.share(&f, json!({})).await.refused(409, "links.material_refused");
        assert_eq!(refused["detail"], "as the test wants it");
        s.shop.fail(None);
        s.share(&f, json!({})).await.refused(409, "links.material_refused");
        leads_nowhere(&open(&f, &format!("/s/{}", s.code(&f))).await, 410, "不再推广");
        assert_eq!(s.shop.asked().len(), 1);
        f.clock.advance_seconds(600);
        s.share(&f, json!({})).await.ok();

        // Others do not learn that there is such a program, promoter or code.
        let code = s.code(&f);
        let outsiders = [f.person().await, f.staff(Some(other.id), Role::Owner).await, joined(&f, &other, "外").await.0];
        for outsider in &outsiders {
            f.post(&links, outsider, json!({ "product": number })).await.refused(404, "programs.unknown");
            let named = json!({ "product": number, "promoter": s.promoter.id });
            f.post(&links, outsider, named).await.refused(404, "programs.unknown");
            for path in [format!("links/{code}"), "clicks".to_owned(), "clicks/counts".to_owned()] {
                let path = format!("/programs/{}/{path}", s.program.code);
                f.get(&path, outsider).await.refused(404, "programs.unknown");
            }
        }
        f.get(&format!("{links}/{code}"), &stranger).await.refused(404, "links.unknown");
        let owner = f.owner().await;
        f.get(&format!("/programs/other/links/{code}"), &owner).await.refused(404, "links.unknown");
        f.get(&format!("{links}/nonsense"), &owner).await.refused(404, "links.unknown");
        // A promoter sees their own clicks.
        for (who, count) in [(&s.signed, 1), (&stranger, 0)] {
            f.ctx.click_log.flush().await;
            let own = f.get("/programs/nuts/clicks", who).await.ok();
            assert_eq!(own["items"].as_array().unwrap().len(), count);
        }
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run("UPDATE program SET state = 'closed' WHERE id = $1", args![s.program.id]).await.unwrap();
        tx.commit().await.unwrap();
        s.share(&f, json!({})).await.refused(409, "links.program_not_live");
    }

    async fn nothing_of_an_address_is_kept(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        // 2026-11-02T02:00Z, the same day, and the next.
        for later in [0, 3600, 86_400] {
            f.clock.advance_seconds(later);
            assert_eq!(open(&f, &path).await.status, 302);
        }
        let long = "Mozilla/5.0 (Linux; Android 15; Private Name) Chrome/1 ".repeat(40);
        f.raw(asks(Method::GET, &path, Some(&long))).await;
        let rows = clicks(&f).await;
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[0].hash, rows[1].hash);
        assert_ne!(rows[1].hash, rows[2].hash);
        for row in rows {
            assert_eq!(row.hash.len(), 16);
            assert!(!row.hash.windows(4).any(|bytes| bytes == [203, 0, 113, 77]));
            assert!(row.agent.len() <= 10 && !row.agent.contains(ADDRESS), "{}", row.agent);
            assert!(!String::from_utf8_lossy(&row.hash).contains("203"));
        }
    }

    async fn old_clicks_and_ended_links_are_erased(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        assert_eq!(open(&f, &path).await.status, 302);
        clicks(&f).await;
        // More than two transactions' worth in one bucket.
        let start = f.ctx.now();
        let rows = (0..1_200i64)
            .map(|n| args![Bucket::ZERO, n, start.plus_seconds(-n - 1), s.program.id, s.promoter.id, 0, 1, "human", "page", vec![0u8], "x"])
            .collect();
        let mut tx = f.ctx.clicks.begin().await.unwrap();
        let head = "INSERT INTO click (bucket, id, at_us, program_id, promoter_id, community, product_number, class, \
                    surface, address_hash, agent)";
        use Col::{Bytes as B, Int as I, Text as T};
        tx.bulk(head, &[I, I, I, I, I, I, I, T, T, B, T], rows, "").await.unwrap();
        tx.commit().await.unwrap();
        let conversions = async || {
            let mut read = f.ctx.db.read().await.unwrap();
            read.one("SELECT COUNT(*) AS n FROM conversion", vec![]).await.unwrap().unwrap().int("n").unwrap()
        };

        f.clock.set(start.plus_days(58));
        let other = f.product(s.account, "另一个", 100).await;
        assert_eq!(open(&f, &format!("/s/{}", s.code_of(&f, 0, other.number))).await.status, 302);
        clicks(&f).await;
        assert_eq!(purge_clicks(&f.ctx, f.ctx.now().plus_days(-90)).await.unwrap(), 0);
        assert_eq!(conversions().await, 2);
        // The first click is exactly 90 days old: kept.
        f.clock.set(start.plus_days(90));
        assert_eq!(purge_clicks(&f.ctx, f.ctx.now().plus_days(-90)).await.unwrap(), 1_200);
        assert_eq!(clicks(&f).await.len(), 2);
        assert_eq!(conversions().await, 1);
        f.clock.advance_seconds(1);
        assert_eq!(purge_clicks(&f.ctx, f.ctx.now().plus_days(-90)).await.unwrap(), 1);
        assert_eq!(clicks(&f).await.len(), 1);
    }

    async fn staff_see_clicks_by_page_filter_and_day_of_the_program(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        let (_, neighbour) = joined(&f, &s.program, "邻居").await;
        let theirs = ShareCode {
            bucket: neighbour.id.bucket(), promoter: neighbour.number, community: 0, product: s.product.number,
        };
        let theirs = format!("/s/{}", theirs.text(&f.ctx.codes).unwrap());
        // 23:59:59 and 24:00 of 2 November in China.
        for at in ["2026-11-02T15:59:59Z", "2026-11-02T16:00:00Z"] {
            f.clock.set(Instant::parse_rfc3339(at).unwrap());
            for path in [&path, &path, &theirs] {
                open(&f, path).await;
            }
            f.raw(asks(Method::GET, &path, Some("curl/8"))).await;
        }
        f.ctx.click_log.flush().await;
        let staff = f.staff(Some(s.program.id), Role::ReadOnly).await;
        let get = async |query: &str| f.get(&format!("/programs/nuts/clicks{query}"), &staff).await;
        let all = get("").await.ok();
        assert_eq!((all["items"].as_array().unwrap().len(), &all["next"]), (8, &Value::Null));
        let (mut after, mut paged) = (String::new(), Vec::new());
        loop {
            let page = get(&format!("?limit=3{after}")).await.ok();
            paged.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(json!(paged), all["items"]);
        let first = json!({
            "at": "2026-11-02T16:00:00Z", "promoter": s.promoter.id, "promoter_name": "王小美", "community": 0,
            "community_id": null, "community_name": null, "product": s.product.number.to_string(),
            "title": "每日坚果礼盒", "class": "robot", "surface": "redirect", "agent": "other",
        });
        assert!(paged.contains(&first), "{paged:?}");
        let count = async |query: &str| get(query).await.ok()["items"].as_array().unwrap().len();
        assert_eq!(count("?class=human").await, 6);
        assert_eq!(count(&format!("?promoter={}", neighbour.id)).await, 2);
        assert_eq!(count("?from=2026-11-02T16:00:00Z").await, 4);
        assert_eq!(count("?to=2026-11-02T16:00:00Z&class=robot").await, 1);
        get("?class=people&from=yesterday").await.refused(422, "request.fields");
        let counts = get("/counts?days=2").await.ok();
        let day = |date: &str| json!({ "date": date, "classes": { "human": 3, "robot": 1 } });
        assert_eq!(counts, json!({ "time_zone": "Asia/Shanghai", "days": [day("2026-11-02"), day("2026-11-03")] }));
        assert_eq!(get("/counts").await.ok()["days"].as_array().unwrap().len(), 14);
        assert_eq!(get("/counts?days=9999").await.ok()["days"].as_array().unwrap().len(), 31);
        let owner = f.owner().await;
        f.program("other").await;
        assert_eq!(f.get("/programs/other/clicks", &owner).await.ok()["items"], json!([]));
    }

    async fn too_many_openings_from_one_address_get_a_page(f: Fixture) {
        let s = Stage::new(&f).await;
        let few = || RateLimit::per_minute(2);
        let p = &*f.ctx;
        let ctx = Ctx::new(Parts {
            db: p.db.clone(),
            clicks: p.clicks.clone(),
            clock: p.clock.clone(),
            ids: p.ids.clone(),
            master: p.master.clone(),
            codes: p.codes.clone(),
            metrics: p.metrics.clone(),
            settings: p.settings.clone(),
            limits: Limits { sign_in: few(), join: few(), links: few(), ..Limits::wide() },
            studio: p.studio.clone(),
            unions: Unions::default(),
            wechat: p.wechat.clone(),
            quick: app::links::Quick::default(),
            click_log: ClickLog::start(p.clicks.clone(), p.clock.clone(), p.ids.clone(), p.metrics.clone()),
        });
        ctx.unions.put(s.account, 1, s.shop.clone());
        let f = Fixture { ctx, ..f };
        let path = format!("/s/{}", s.code(&f));
        for _ in 0..2 {
            assert_eq!(open(&f, &path).await.status, 302);
        }
        let reply = open(&f, &path).await;
        leads_nowhere(&reply, 429, "太快");
        assert!(reply.headers.contains_key(header::RETRY_AFTER));
        let mut elsewhere = asks(Method::GET, &path, Some(WECHAT));
        elsewhere.extensions_mut().insert(ConnectInfo("198.51.100.1:1".parse::<SocketAddr>().unwrap()));
        assert_eq!(f.raw(elsewhere).await.status, 302);
        assert_eq!(by_class(&f).await, counted(&[("human", 3)]));
    }

    /// The redirect does not wait for the log, and what is lost is counted.
    async fn a_click_log_that_is_down_loses_clicks_and_nothing_else(f: Fixture) {
        let s = Stage::new(&f).await;
        let path = format!("/s/{}", s.code(&f));
        assert_eq!(open(&f, &path).await.status, 302);
        assert_eq!(clicks(&f).await.len(), 1);
        let mut tx = f.ctx.clicks.begin().await.unwrap();
        tx.run("ALTER TABLE click RENAME TO away", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(open(&f, &path).await.status, 302);
        f.ctx.click_log.flush().await;
        assert_eq!(f.ctx.metrics.clicks_dropped.get(), 1);
        let mut tx = f.ctx.clicks.begin().await.unwrap();
        tx.run("ALTER TABLE away RENAME TO click", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(open(&f, &path).await.status, 302);
        assert_eq!(clicks(&f).await.len(), 2);
    }
}
