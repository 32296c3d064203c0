//! The connector against a gateway on this machine: what is sent, what is repeated, and how a walk goes.

use super::super::sign::sign;
use super::super::wire::tests::wrapped;
use super::super::{JdConfig, JdUnion, PositionsOf};
use crate::unions::{ConvertRequest, ErrorClass, GoodsQuery, OrderPage, Union, UnionError};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use infra::Clock;
use kernel::{Instant, Zone};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Form = BTreeMap<String, String>;

const SECRET: &str = "s3cr3t-of-the-test";
const NOON: &str = "2024-05-20 12:00:00";

fn china(text: &str) -> Instant {
    Instant::parse_local(text, &Zone::china()).unwrap()
}

/// What the gateway answers to a call.
enum Say {
    /// An inner result, wrapped for the method that was called.
    Inner(String),
    Http(u16, &'static [(&'static str, &'static str)], String),
    Late(Duration),
}

fn inner(code: u32) -> Say {
    Say::Inner(format!("{{\"code\":{code},\"message\":\"m{code}\",\"requestId\":\"o_1\"}}"))
}

struct Gateway {
    url: String,
    seen: Arc<Mutex<Vec<Form>>>,
}

impl Gateway {
    /// `answer` is given the number of the call, from 0, and its form.
    async fn start(answer: impl Fn(usize, &Form) -> Say + Send + Sync + 'static) -> Gateway {
        let seen: Arc<Mutex<Vec<Form>>> = Arc::default();
        let (log, answer) = (seen.clone(), Arc::new(answer));
        let handler = move |headers: HeaderMap, body: String| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                assert_eq!(headers["content-type"], "application/x-www-form-urlencoded;charset=utf-8");
                let form: Form = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
                let number = {
                    let mut log = log.lock().unwrap();
                    log.push(form.clone());
                    log.len() - 1
                };
                respond(answer(number, &form), &form["method"]).await
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/routerjson", listener.local_addr().unwrap());
        let router = Router::new().route("/routerjson", post(handler));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Gateway { url, seen }
    }

    fn config(&self) -> JdConfig {
        JdConfig {
            per_second: 10_000,
            max_attempts: 3,
            backoff_min: Duration::from_millis(1),
            backoff_max: Duration::from_millis(2),
            timeout: Duration::from_secs(5),
            ..JdConfig::new(&self.url, "key", SECRET)
        }
    }

    fn union(&self) -> JdUnion {
        JdUnion::try_new(self.config(), Clock::held_at(china("2024-05-20 13:00:00"))).unwrap()
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn business(&self, number: usize) -> Value {
        serde_json::from_str(&self.seen.lock().unwrap()[number]["360buy_param_json"]).unwrap()
    }
}

async fn respond(say: Say, method: &str) -> Response {
    match say {
        Say::Inner(inner) => wrapped(method, &inner).into_response(),
        Say::Http(status, headers, body) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(*name, value.parse().unwrap());
            }
            response
        }
        Say::Late(wait) => {
            tokio::time::sleep(wait).await;
            "late".into_response()
        }
    }
}

fn soap() -> GoodsQuery {
    GoodsQuery { keyword: Some("洗衣液 & 皂".to_owned()), page: 1, page_size: 20, ..GoodsQuery::default() }
}

/// Searches once: the error and the number of calls it took.
async fn refused(answer: impl Fn(usize, &Form) -> Say + Send + Sync + 'static) -> (UnionError, usize) {
    let gateway = Gateway::start(answer).await;
    let error = gateway.union().search(&soap()).await.unwrap_err();
    (error, gateway.calls())
}

#[tokio::test]
async fn the_signature_as_sent_is_the_signature_of_what_was_sent() {
    let gateway = Gateway::start(|_, _| inner(201)).await;
    gateway.union().search(&soap()).await.unwrap();
    let form = gateway.seen.lock().unwrap()[0].clone();
    let parameters: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(form["sign"], sign(SECRET, &parameters));
    let names: Vec<&str> = form.keys().map(String::as_str).collect();
    assert_eq!(names, ["360buy_param_json", "app_key", "format", "method", "sign", "sign_method", "timestamp", "v"]);
    assert_eq!((form["timestamp"].as_str(), form["v"].as_str()), ("2024-05-20 13:00:00", "1.0"));
    assert!(!form.values().any(|value| value.contains(SECRET)));
    assert_eq!(
        gateway.business(0),
        json!({"goodsReqDTO": {"keyword": "洗衣液 & 皂", "pageIndex": 1, "pageSize": 20, "sceneId": 1, "fields": "stockState"}})
    );
}

#[tokio::test]
async fn too_many_calls_are_waited_out_and_every_attempt_costs_a_unit() {
    let gateway = Gateway::start(|number, _| match number {
        0 => inner(429),
        1 => Say::Http(503, &[], "busy".to_owned()),
        _ => inner(201),
    })
    .await;
    let union = gateway.union();
    assert_eq!(union.search(&soap()).await.unwrap().goods, []);
    assert_eq!((gateway.calls(), union.budget().used), (3, 3));
}

#[tokio::test]
async fn passing_trouble_is_an_error_after_the_last_attempt() {
    let (error, calls) = refused(|_, _| inner(500)).await;
    assert_eq!((error.class, error.code.as_str(), calls), (ErrorClass::Retryable, "500", 3));
    let (error, calls) = refused(|_, _| Say::Http(502, &[], "<html>".to_owned())).await;
    assert_eq!((error.class, error.code.as_str(), calls), (ErrorClass::Retryable, "http_502", 3));
}

#[tokio::test]
async fn what_a_person_must_mend_is_asked_once() {
    let sign = "{\"error_response\":{\"code\":\"12\",\"zh_desc\":\"无效签名\"}}";
    let (error, calls) = refused(move |_, _| Say::Http(200, &[], sign.to_owned())).await;
    assert_eq!((error.class, error.code.as_str(), calls), (ErrorClass::Auth, "12", 1));
    for (code, class) in [(403, ErrorClass::Permission), (411, ErrorClass::BadRequest), (777, ErrorClass::Unknown)] {
        let (error, calls) = refused(move |_, _| inner(code)).await;
        assert_eq!((error.class, calls), (class, 1), "{code}");
        assert_eq!((error.method.as_str(), error.message), ("jd.union.open.goods.query", format!("m{code}")));
    }
    let (error, calls) = refused(|_, _| Say::Http(200, &[], "<html>hello</html>".to_owned())).await;
    assert_eq!((error.class, error.code.as_str(), calls), (ErrorClass::Malformed, "not_json", 1));
}

#[tokio::test]
async fn a_long_wait_is_handed_to_the_caller_and_a_redirect_is_not_followed() {
    let (error, calls) = refused(|_, _| Say::Http(429, &[("retry-after", "3600")], String::new())).await;
    assert_eq!((error.class, error.retry_after, calls), (ErrorClass::RateLimited, Some(Duration::from_secs(3600)), 1));
    let (error, calls) = refused(|_, _| Say::Http(307, &[("location", "/routerjson")], String::new())).await;
    assert_eq!((error.class, error.code.as_str(), calls), (ErrorClass::Malformed, "http_307", 1));
}

#[tokio::test]
async fn an_answer_has_a_largest_size() {
    let (error, _) = refused(|_, _| Say::Http(200, &[], "x".repeat(16 * 1024 * 1024 + 1))).await;
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Malformed, "too_large"));
}

#[tokio::test]
async fn silence_and_a_closed_door_are_passing_trouble() {
    let gateway = Gateway::start(|_, _| Say::Late(Duration::from_secs(30))).await;
    let config = JdConfig { timeout: Duration::from_millis(40), max_attempts: 2, ..gateway.config() };
    let error = JdUnion::try_new(config, Clock::system()).unwrap().search(&soap()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str(), gateway.calls()), (ErrorClass::Retryable, "timeout", 2));

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = JdConfig { gateway_url: format!("http://{closed}/"), ..gateway.config() };
    let error = JdUnion::try_new(config, Clock::system()).unwrap().search(&soap()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Retryable, "unreachable"));
}

#[tokio::test]
async fn the_budget_ends_at_its_limit_and_begins_anew_at_midnight_in_china() {
    let gateway = Gateway::start(|_, _| inner(201)).await;
    let clock = Clock::held_at(china("2024-05-20 23:59:30"));
    let day = Zone::china().day(clock.now()).unwrap();
    let config = JdConfig { daily_budget: 10, used_today: Some((day, 8)), ..gateway.config() };
    let union = JdUnion::try_new(config, clock.clone()).unwrap();
    union.search(&soap()).await.unwrap();
    union.search(&soap()).await.unwrap();
    let error = union.search(&soap()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::BudgetSpent, "budget_spent"));
    assert_eq!(error.retry_after, Some(Duration::from_secs(30)));
    assert_eq!((gateway.calls(), union.budget().used, union.budget().day), (2, 10, day));
    clock.advance_seconds(30);
    assert_eq!((union.budget().used, union.budget().limit, union.budget().day), (0, 10, day + 1));
    union.search(&soap()).await.unwrap();
    assert_eq!((gateway.calls(), union.budget().used), (3, 1));
}

#[tokio::test]
async fn calls_keep_to_their_rate() {
    let gateway = Gateway::start(|_, _| inner(201)).await;
    let union = JdUnion::try_new(JdConfig { per_second: 20, ..gateway.config() }, Clock::system()).unwrap();
    let started = tokio::time::Instant::now();
    for _ in 0..24 {
        union.search(&soap()).await.unwrap();
    }
    // 20 at once, then one every 50 ms.
    assert!(started.elapsed() >= Duration::from_millis(190), "{:?}", started.elapsed());
}

const LINKS: &str =
    "{\"code\":200,\"data\":{\"clickURL\":\"https://union-click.jd.com/a\",\"shortURL\":\"https://u.jd.com/b\"}}";

fn conversion() -> ConvertRequest {
    ConvertRequest {
        material_url: "jingfen.jd.com/detail/a.html".to_owned(),
        coupon_link: Some("http://coupon.m.jd.com/show?key=1&to=a%20b".to_owned()),
        tracking: "k7Qp2x".to_owned(),
        position: None,
    }
}

#[tokio::test]
async fn a_refused_coupon_is_dropped_once_and_said_so() {
    let gateway = Gateway::start(|_, form| match form["360buy_param_json"].contains("couponUrl") {
        true => inner(2_001_909),
        false => Say::Inner(LINKS.to_owned()),
    })
    .await;
    let converted = gateway.union().convert(&conversion()).await.unwrap();
    assert_eq!(converted.long_url, "https://union-click.jd.com/a");
    assert_eq!(converted.coupon_dropped.as_deref(), Some("m2001909 (2001909)"));
    assert_eq!(gateway.calls(), 2);
    assert_eq!(
        gateway.business(0)["promotionCodeReq"],
        json!({"materialId": "jingfen.jd.com/detail/a.html", "subUnionId": "k7Qp2x", "chainType": 3,
               "couponUrl": "http://coupon.m.jd.com/show?key=1&to=a%20b"})
    );
}

#[tokio::test]
async fn a_coupon_that_fits_is_kept_and_other_refusals_are_final() {
    let gateway = Gateway::start(|_, _| Say::Inner(LINKS.to_owned())).await;
    assert_eq!(gateway.union().convert(&conversion()).await.unwrap().coupon_dropped, None);
    assert_eq!(gateway.calls(), 1);
    let cases = [
        (2_001_104, ErrorClass::MaterialRefused, 1),
        (2_001_920, ErrorClass::CouponRefused, 1),
        // Refused with and without: asked twice, not for ever.
        (2_001_909, ErrorClass::CouponRefused, 2),
    ];
    for (code, class, calls) in cases {
        let gateway = Gateway::start(move |_, _| inner(code)).await;
        assert_eq!(gateway.union().convert(&conversion()).await.unwrap_err().class, class, "{code}");
        assert_eq!(gateway.calls(), calls, "{code}");
    }
}

#[tokio::test]
async fn an_account_with_a_website_asks_for_its_links_otherwise() {
    let gateway = Gateway::start(|_, _| {
        Say::Inner("{\"code\":200,\"data\":{\"clickURL\":\"https://union-click.jd.com/a\"}}".to_owned())
    })
    .await;
    let config = JdConfig { site_id: Some(4_000_000_060), ..gateway.config() };
    let union = JdUnion::try_new(config, Clock::held_at(china("2024-05-20 13:00:00"))).unwrap();
    let request = ConvertRequest { coupon_link: None, position: Some(7), ..conversion() };
    let converted = union.convert(&request).await.unwrap();
    assert_eq!((converted.long_url.as_str(), converted.short_url), ("https://union-click.jd.com/a", None));
    assert_eq!(gateway.seen.lock().unwrap()[0]["method"], "jd.union.open.promotion.common.get");
    assert_eq!(
        gateway.business(0)["promotionCodeReq"],
        json!({"materialId": "jingfen.jd.com/detail/a.html", "subUnionId": "k7Qp2x", "siteId": 4_000_000_060_i64,
               "positionId": 7})
    );
}

#[tokio::test]
async fn an_account_without_a_key_has_no_positions() {
    let gateway = Gateway::start(|_, _| inner(500)).await;
    let union = gateway.union();
    assert_eq!(union.positions_at_once(), None);
    assert_eq!(union.make_positions(&["a".to_owned()]).await.unwrap_err().class, ErrorClass::BadRequest);
    let positions = Some(PositionsOf { union_id: 1, key: "k".to_owned() });
    let config = JdConfig { positions, ..gateway.config() };
    let union = JdUnion::try_new(config, Clock::held_at(china("2024-05-20 13:00:00"))).unwrap();
    assert_eq!(union.positions_at_once(), Some(50));
    for names in [vec![], vec!["x".to_owned(); 51], vec!["长".repeat(31)], vec![" ".to_owned()]] {
        assert_eq!(union.make_positions(&names).await.unwrap_err().class, ErrorClass::BadRequest);
    }
    assert_eq!(gateway.calls(), 0);
}

#[tokio::test]
async fn requests_that_jd_would_refuse_are_not_sent() {
    let gateway = Gateway::start(|_, _| inner(500)).await;
    let union = gateway.union();
    let many = vec!["x".to_owned(); 51];
    assert_eq!(union.coupons(&many).await.unwrap_err().class, ErrorClass::BadRequest);
    assert_eq!(union.detail(&many[..21]).await.unwrap_err().class, ErrorClass::BadRequest);
    assert_eq!(union.channel("hot", 1).await.unwrap_err().class, ErrorClass::BadRequest);
    let spaced = ConvertRequest { tracking: "a b".to_owned(), ..conversion() };
    assert_eq!(union.convert(&spaced).await.unwrap_err().class, ErrorClass::BadRequest);
    assert_eq!((union.coupons(&[]).await, union.detail(&[]).await), (Ok(vec![]), Ok(vec![])));
    let now = china("2024-05-20 13:00:00");
    let old = union.orders(&union.orders_from(now.plus_days(-91), now)).await.unwrap_err();
    assert_eq!((old.class, old.code.as_str()), (ErrorClass::BadRequest, "too_old"));
    let alien = union.orders(&crate::unions::OrderCursor("page 2".to_owned())).await.unwrap_err();
    assert_eq!((alien.class, alien.code.as_str()), (ErrorClass::BadRequest, "cursor"));
    // Nothing of the future is asked for.
    let ahead = union.orders(&union.orders_from(now, now.plus_days(1))).await.unwrap();
    assert_eq!((ahead.next, ahead.complete_until), (None, None));
    assert_eq!((gateway.calls(), union.budget().used), (0, 0));
    // Exactly 90 days back is still asked for, and fails here for another reason.
    let oldest = union.orders(&union.orders_from(now.plus_days(-90), now)).await.unwrap_err();
    assert_eq!(oldest.class, ErrorClass::Retryable);
}

#[tokio::test]
async fn details_of_item_ids_and_of_sku_ids_go_to_the_method_that_knows_them() {
    let gateway = Gateway::start(|_, _| Say::Inner("{\"code\":200,\"data\":[]}".to_owned())).await;
    gateway.union().detail(&["aB3".to_owned(), "100012345001".to_owned(), "7".to_owned()]).await.unwrap();
    assert_eq!(gateway.business(0)["goodsReqDTO"]["itemIds"], json!(["aB3"]));
    assert_eq!(gateway.business(0)["goodsReqDTO"]["sceneId"], json!(1));
    assert_eq!(gateway.business(1), json!({"skuIds": "100012345001,7"}));
    gateway.union().channel("22", 3).await.unwrap();
    assert_eq!(gateway.business(2), json!({"goodsReq": {"eliteId": 22, "pageIndex": 3, "pageSize": 50}}));
    gateway.union().categories(Some(737), 1).await.unwrap();
    assert_eq!(gateway.business(3), json!({"req": {"parentId": 737, "grade": 1}}));
    gateway.union().coupons(&["http://c".to_owned()]).await.unwrap();
    assert_eq!(gateway.business(4), json!({"couponUrls": ["http://c"]}));
}

#[test]
fn the_secret_is_never_shown() {
    let config = JdConfig::new("https://api.jd.com/routerjson", "key", SECRET);
    assert!(!format!("{config:?}").contains(SECRET));
    assert!(!format!("{:?}", JdUnion::try_new(config, Clock::system())).contains(SECRET));
}

/// Which ends of a window belong to it: JD does not say.
#[derive(Clone, Copy, Debug)]
struct Ends {
    start: bool,
    end: bool,
}

/// JD's order book in small: rows by second of change, pages of `per_page`, at most `per_window` rows.
#[derive(Clone, Debug)]
struct Book {
    changed: Vec<i64>,
    ends: Ends,
    per_page: usize,
    per_window: usize,
    longest: i64,
}

impl Book {
    fn answer(&self, form: &Form) -> Say {
        let request: Value = serde_json::from_str(&form["360buy_param_json"]).unwrap();
        let request = &request["orderReq"];
        let (from, to) = (second(&request["startTime"]), second(&request["endTime"]));
        assert!((1..=3600).contains(&(to - from)) && request["pageSize"] == 500 && request["type"] == 3, "{request}");
        if to - from > self.longest {
            return inner(2_002_453);
        }
        let within =
            |at: i64| (from < at || (self.ends.start && from == at)) && (at < to || (self.ends.end && at == to));
        let rows: Vec<String> =
            self.changed.iter().enumerate().filter(|(_, at)| within(**at)).map(|(id, at)| row(id + 1, *at)).collect();
        if rows.len() > self.per_window {
            return inner(2_002_452);
        }
        let skip = (request["pageIndex"].as_u64().unwrap() as usize - 1) * self.per_page;
        let page: Vec<String> = rows.iter().skip(skip).take(self.per_page).cloned().collect();
        let more = skip + page.len() < rows.len();
        // As on the wire: without rows there is neither `data` nor `hasMore`.
        match page.is_empty() {
            true => inner(200),
            false => Say::Inner(format!("{{\"code\":200,\"data\":[{}],\"hasMore\":{more}}}", page.join(","))),
        }
    }
}

fn second(text: &Value) -> i64 {
    china(text.as_str().unwrap()).seconds()
}

fn row(id: usize, at: i64) -> String {
    let at = Instant::from_micros(at * 1_000_000).local(&Zone::china());
    format!(
        "{{\"id\":{id},\"orderId\":\"9{id}\",\"validCode\":\"17\",\"actualFee\":\"1.50\",\
         \"orderTime\":\"{at}\",\"modifyTime\":\"{at}\"}}"
    )
}

/// Walks to the end, at most 500 pages.
async fn walk(union: &JdUnion, from: Instant, to: Instant) -> Result<Vec<OrderPage>, UnionError> {
    let mut next = Some(union.orders_from(from, to));
    let mut pages = Vec::new();
    while let Some(cursor) = next {
        assert!(pages.len() < 500, "the walk does not end");
        let page = union.orders(&cursor).await?;
        next = page.next.clone();
        pages.push(page);
    }
    Ok(pages)
}

#[tokio::test]
async fn pages_follow_has_more_and_only_the_last_one_completes_the_window() {
    let noon = china(NOON).seconds();
    let book = Book {
        changed: vec![noon, noon + 5, noon + 900, noon + 1799],
        ends: Ends { start: true, end: true },
        per_page: 3,
        per_window: 100,
        longest: 3600,
    };
    let gateway = Gateway::start(move |_, form| book.answer(form)).await;
    let pages = walk(&gateway.union(), china(NOON), china("2024-05-20 12:30:00")).await.unwrap();
    let seen: Vec<_> = pages.iter().map(|p| (p.rows.len(), p.complete_until)).collect();
    assert_eq!(seen, [(3, None), (1, Some(china("2024-05-20 12:30:00")))]);
    assert_eq!(pages[0].rows[0].actual_fee.fen(), 150);
    assert_eq!(gateway.business(1)["orderReq"]["pageIndex"], json!(2));
    assert_eq!(pages[1].fetched_at, china("2024-05-20 13:00:00"));
}

#[tokio::test]
async fn a_window_called_too_long_is_halved_too() {
    let book =
        Book { changed: vec![], ends: Ends { start: true, end: false }, per_page: 5, per_window: 5, longest: 1000 };
    let gateway = Gateway::start(move |_, form| book.answer(form)).await;
    let pages = walk(&gateway.union(), china(NOON), china("2024-05-20 12:30:00")).await.unwrap();
    assert_eq!(pages.last().unwrap().complete_until, Some(china("2024-05-20 12:30:00")));
}

#[tokio::test]
async fn a_second_with_too_many_rows_is_a_clear_error() {
    let noon = china(NOON).seconds();
    let ends = Ends { start: true, end: true };
    let book = Book { changed: vec![noon + 7; 6], ends, per_page: 5, per_window: 5, longest: 3600 };
    let gateway = Gateway::start(move |_, form| book.answer(form)).await;
    let error = walk(&gateway.union(), china(NOON), china("2024-05-20 12:30:00")).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::TooManyRows, "2002452"));
}

#[tokio::test]
async fn a_page_that_says_more_and_holds_nothing_stops_the_walk() {
    let gateway = Gateway::start(|_, _| Say::Inner("{\"code\":200,\"hasMore\":true}".to_owned())).await;
    let error = walk(&gateway.union(), china(NOON), china("2024-05-20 12:30:00")).await.unwrap_err();
    assert_eq!((error.class, gateway.calls()), (ErrorClass::Malformed, 1));
    // A gateway that never ends its pages ends in a clear error as well, whatever the window.
    let gateway = Gateway::start(|n, _| {
        Say::Inner(format!("{{\"code\":200,\"hasMore\":true,\"data\":[{}]}}", row(n + 1, 1_716_177_600)))
    })
    .await;
    let error = walk(&gateway.union(), china(NOON), china("2024-05-20 12:30:00")).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::TooManyRows);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever JD's window ends mean and however often windows are halved: every change of the walk's span is seen,
    /// and what is called complete has been seen by then.
    #[test]
    fn no_change_is_lost(
        offsets in proptest::collection::vec(0i64..7200, 0..40),
        (start, end) in (any::<bool>(), any::<bool>()),
        per_page in 1usize..8,
    ) {
        let from = china(NOON).plus_seconds(-7200);
        let to = from.plus_seconds(7200);
        // Always some exactly on the borders of whole windows, where a wrong guess about the ends would show.
        let borders = [0, 3598, 3599, 3600, 7199];
        let mut changed: Vec<i64> = offsets.iter().chain(&borders).map(|offset| from.seconds() + offset).collect();
        changed.sort_unstable();
        changed.dedup();
        let book = Book { changed: changed.clone(), ends: Ends { start, end }, per_page, per_window: 8, longest: 3600 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let pages = runtime.block_on(async {
            let gateway = Gateway::start(move |_, form| book.answer(form)).await;
            walk(&gateway.union(), from, to).await.unwrap()
        });
        let mut seen = BTreeSet::new();
        let mut complete = from;
        for page in &pages {
            seen.extend(page.rows.iter().filter_map(|row| row.modified_at));
            if let Some(until) = page.complete_until {
                prop_assert!(until > complete);
                complete = until;
                prop_assert!(changed.iter().all(|at| *at >= until.seconds() || seen.iter().any(|s| s.seconds() == *at)));
            }
        }
        prop_assert_eq!(complete, to);
    }
}
