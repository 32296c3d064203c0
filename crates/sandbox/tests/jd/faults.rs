//! Each fault as our connector meets it; all of them are drawn from a seed, and none loses anything for good.

use super::*;
use connectors::unions::{ConvertRequest, ErrorClass};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Twenty-four orders of an hour, each with a share code.
async fn served(faults: &str) -> Served {
    let served = Served::new().await;
    let sku = served.sandbox.goods().all()[0].sku_id;
    for n in 0..24 {
        let at = Some(noon().plus_seconds(n * 120));
        let order =
            Buy { items: vec![(sku, 1)], sub_union_id: "p1_a".into(), with_coupon: false, at, life: Life::Paid };
        served.sandbox.buy(order).unwrap();
    }
    served.clock.advance_seconds(7200);
    served.sandbox.set_faults(faults.parse().unwrap());
    served
}

impl Served {
    /// Our connector, which asks again where the trouble may pass.
    fn stubborn(&self, attempts: u32, timeout: Duration) -> JdUnion {
        let mut config = JdConfig::new(format!("{}/routerjson", self.base), "demo-key", "demo-secret");
        (config.per_second, config.max_attempts, config.timeout) = (100_000, attempts, timeout);
        (config.backoff_min, config.backoff_max) = (Duration::from_millis(1), Duration::from_millis(2));
        JdUnion::try_new(config, self.clock.clone()).unwrap()
    }

    async fn rows(&self, union: &JdUnion) -> Result<Vec<OrderRow>, UnionError> {
        walk(union, noon().plus_seconds(-60), noon().plus_seconds(3600)).await
    }

    fn met(&self, fault: &str) -> u64 {
        self.sandbox.stats().faults_met.get(fault).copied().unwrap_or(0)
    }
}

fn keys(rows: &[OrderRow]) -> Vec<&str> {
    rows.iter().map(|row| row.row_key.as_str()).collect()
}

/// What a row says, whatever it is written in.
fn said(rows: &[OrderRow]) -> BTreeMap<String, OrderRow> {
    rows.iter().map(|row| (row.row_key.clone(), OrderRow { raw: String::new(), ..row.clone() })).collect()
}

const PATIENT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn bursts_of_refusals_pass() {
    let served = served("rate_limit=100").await;
    let error = served.rows(&served.union()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::RateLimited, "429"));
    served.sandbox.set_faults("degraded=100".parse().unwrap());
    let error = served.rows(&served.union()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Retryable, "2002408"));
    // Order rows alone are degraded.
    assert!(served.union().categories(None, 0).await.is_ok());
    served.sandbox.set_faults("rate_limit=30,degraded=30".parse().unwrap());
    assert_eq!(served.rows(&served.stubborn(30, PATIENT)).await.unwrap().len(), 24);
    assert!(served.met("rate_limit") > 1 && served.met("degraded") > 1, "{:?}", served.sandbox.stats());
}

#[tokio::test]
async fn an_answer_that_hangs_comes_too_late() {
    let clock = Clock::held_at(noon());
    let served = Served::of(Config { hang: Duration::from_millis(400), ..config(&clock) }, &clock).await;
    served.sandbox.set_faults("hang=100".parse().unwrap());
    let error = served.stubborn(1, Duration::from_millis(100)).categories(None, 0).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Retryable, "timeout"));
    // It is an answer all the same, for whoever waits.
    assert!(served.stubborn(1, PATIENT).categories(None, 0).await.is_ok());
    assert_eq!(served.met("hang"), 2);
}

#[tokio::test]
async fn a_dropped_connection_leaves_the_work_done() {
    let served = served("drop=100").await;
    let goods = served.with_coupon();
    let request = ConvertRequest {
        material_url: goods.material_url.clone(),
        tracking: "p1_a".to_owned(),
        ..ConvertRequest::default()
    };
    let error = served.union().convert(&request).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Retryable, "interrupted"));
    assert_eq!(served.sandbox.stats().links, 1, "the link was made");
    served.sandbox.set_faults("drop=50".parse().unwrap());
    assert!(served.stubborn(30, PATIENT).convert(&request).await.is_ok());
}

#[tokio::test]
async fn rows_come_twice_and_in_any_sequence_over_pages_that_fit_together() {
    let served = served("repeat=40,shuffle=100").await;
    let rows = served.rows(&served.union()).await.unwrap();
    assert!(rows.len() > 24, "{}", rows.len());
    assert_eq!(keys(&rows).into_iter().collect::<BTreeSet<_>>().len(), 24);
    let times: Vec<_> = rows.iter().map(|row| row.modified_at).collect();
    assert!(!times.is_sorted(), "{times:?}");
    // Pages of a window are cut from one list: by five, nothing is missing.
    let mut seen = Vec::new();
    for page in 1.. {
        let (rows, more) = page_by_hand(&served, page, 5).await;
        seen.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        if !more {
            break;
        }
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 24);
    assert!(seen.len() > 24);
}

async fn page_by_hand(served: &Served, page: u32, size: u32) -> (Vec<Value>, bool) {
    let asked = format!(
        "{{\"orderReq\":{{\"pageIndex\":{page},\"pageSize\":{size},\"type\":3,\"startTime\":\"2026-03-02 12:00:00\",\
         \"endTime\":\"2026-03-02 13:00:00\"}}}}"
    );
    let at = served.clock.now().local(&kernel::Zone::china());
    let form = signed(
        "demo-secret",
        &[
            ("method", "jd.union.open.order.row.query"),
            ("app_key", "demo-key"),
            ("timestamp", &at),
            ("v", "1.0"),
            ("360buy_param_json", &asked),
        ],
    );
    let (_, text) = post_form(&served.sandbox, "/routerjson", &form).await;
    let outer: Value = serde_json::from_str(&text).unwrap();
    let inner = outer["jd_union_open_order_row_query_responce"]["queryResult"].as_str().unwrap();
    let inner: Value = serde_json::from_str(inner).unwrap();
    assert_eq!(inner["code"], 200, "{inner}");
    (inner["data"].as_array().cloned().unwrap_or_default(), inner["hasMore"] == true)
}

#[tokio::test]
async fn a_late_row_is_shown_by_a_later_query_of_its_window() {
    let served = served("late=50").await;
    let first = served.rows(&served.union()).await.unwrap();
    assert!(first.len() < 24, "{}", first.len());
    let mut all: BTreeSet<String> = keys(&first).into_iter().map(str::to_owned).collect();
    for _ in 0..sandbox::jd::LATE_QUERIES_MAX {
        all.extend(keys(&served.rows(&served.union()).await.unwrap()).into_iter().map(str::to_owned));
    }
    assert_eq!(all.len(), 24);
    // Shown once, shown for ever.
    assert_eq!(served.rows(&served.union()).await.unwrap().len(), 24);
}

#[tokio::test]
async fn disguised_rows_say_the_same() {
    let served = served("none").await;
    let plain = served.rows(&served.union()).await.unwrap();
    for faults in ["unknown_fields=100", "strings=100", "unknown_fields=60,strings=60"] {
        served.sandbox.set_faults(faults.parse().unwrap());
        let rows = served.rows(&served.union()).await.unwrap();
        assert_eq!(said(&rows), said(&plain), "{faults}");
        assert!(rows.iter().zip(&plain).any(|(disguised, plain)| disguised.raw != plain.raw), "{faults}");
    }
    assert!(served.met("unknown_fields") >= 24 && served.met("strings") >= 24);
}

#[tokio::test]
async fn some_orders_never_carry_their_code() {
    let served = served("no_sub_union=50").await;
    let without = |rows: &[OrderRow]| {
        rows.iter().filter(|row| row.tracking.is_none()).map(|row| row.row_key.clone()).collect::<BTreeSet<_>>()
    };
    let once = without(&served.rows(&served.union()).await.unwrap());
    assert!((4..20).contains(&once.len()), "{once:?}");
    assert_eq!(without(&served.rows(&served.union()).await.unwrap()), once);
    // That is what the union reports in the end, too.
    let (_, text) = fetch(&served.sandbox, "/sandbox/rows").await;
    let truth: Value = serde_json::from_str(&text).unwrap();
    let hidden = truth["items"].as_array().unwrap().iter().filter(|row| row["subUnionId"] == "");
    assert_eq!(hidden.map(|row| row["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), once);
}

#[tokio::test]
async fn the_truth_is_told_page_by_page_whatever_goes_wrong() {
    let served = served("all=40,no_sub_union=0").await;
    let mut rows = Vec::new();
    let mut path = "/sandbox/rows?limit=10".to_owned();
    loop {
        let (_, text) = fetch(&served.sandbox, &path).await;
        let page: Value = serde_json::from_str(&text).unwrap();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 10);
        rows.extend(items.clone());
        match page["next"].as_u64() {
            Some(next) => path = format!("/sandbox/rows?limit=10&after={next}"),
            None => break,
        }
    }
    assert_eq!(rows, served.sandbox.rows_at(served.clock.now()));
    assert_eq!(rows.len(), 24);
    let (status, _) = fetch(&served.sandbox, "/sandbox/rows?at=yesterday").await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn the_same_seed_and_calls_meet_the_same_faults() {
    let run = async |fault_seed: u64| {
        let clock = Clock::held_at(noon());
        let faults = "rate_limit=20,degraded=20,drop=20".parse().unwrap();
        let served = Served::of(Config { fault_seed, faults, ..config(&clock) }, &clock).await;
        let mut met = Vec::new();
        for _ in 0..60 {
            met.push(served.rows(&served.union()).await.map(|rows| rows.len()).map_err(|error| error.code));
        }
        met
    };
    let once = run(3).await;
    assert_eq!(once, run(3).await);
    assert_ne!(once, run(4).await);
    assert!(once.iter().any(Result::is_ok) && once.iter().any(Result::is_err));
}

#[tokio::test]
async fn faults_are_changed_while_it_runs() {
    let served = Served::new().await;
    let (status, said) = post_json(&served.sandbox, "/sandbox/faults", "{\"faults\":\"all=1,hang=0\"}").await;
    assert_eq!(status, StatusCode::OK);
    assert!(said["faults"].as_str().unwrap().starts_with("rate_limit=1,degraded=1,drop=1"), "{said}");
    let (status, said) = post_json(&served.sandbox, "/sandbox/faults", "{\"faults\":\"lightning\"}").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said["error"].as_str().unwrap().contains("no_sub_union"), "{said}");
    let (_, text) = fetch(&served.sandbox, "/sandbox/faults").await;
    assert!(text.contains("rate_limit=1"), "{text}");
}
