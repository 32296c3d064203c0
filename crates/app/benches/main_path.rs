//! How fast the main path is: recording and booking order rows, and opening links. `make bench`.
//!
//! Three interleaved rounds per engine; medians of wall time. Ratios of one run mean something, absolute figures depend on
//! the machine.

use axum::body::Body;
use axum::http::Request;
use infra::db::Engine;
use std::time::{Duration, Instant};
use testkit::{Fixture, Report};
use tower::ServiceExt;

const ROUNDS: usize = 3;
const ROWS: usize = 5000;
const BATCH: usize = 500;
const OPENINGS: usize = 2000;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

struct Times {
    fresh: Duration,
    again: Duration,
    verify: Duration,
    opening: Duration,
    page_bytes: usize,
}

async fn round(engine: Engine) -> Times {
    let f = Fixture::new(engine).await;
    let program = f.program("bench").await;
    let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
    let inviter = f.promoter(&program, "inviter", None).await;
    let mut codes = Vec::new();
    for n in 0..50 {
        let promoter = f.promoter(&program, &format!("promoter {n}"), Some(inviter.id)).await;
        codes.push(f.code(&promoter, 0));
    }
    let rows: Vec<Report> =
        (0..ROWS).map(|n| Report::paid(&format!("L{n}"), &codes[n % codes.len()], 654, f.ctx.now())).collect();
    let started = Instant::now();
    for batch in rows.chunks(BATCH) {
        f.report(account, batch).await;
    }
    let fresh = started.elapsed();
    let started = Instant::now();
    for batch in rows.chunks(BATCH) {
        f.report(account, batch).await;
    }
    let again = started.elapsed();
    let started = Instant::now();
    f.assert_verified().await;
    let verify = started.elapsed();

    let product = f.product(account, "好纸 抽纸 24包", 3990).await;
    let promoter = f.promoter(&program, "sharer", None).await;
    let code = kernel::ShareCode {
        bucket: promoter.id.bucket(),
        promoter: promoter.number,
        community: 0,
        product: product.number,
    };
    let path = format!("/p/{}", code.text(&f.ctx.codes).expect("a code"));
    let router = app::router(f.ctx.clone());
    let started = Instant::now();
    for _ in 0..OPENINGS {
        let request = Request::get(&path).body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 200);
    }
    let opening = started.elapsed();
    let request = Request::get(&path).body(Body::empty()).expect("a request");
    let response = router.oneshot(request).await.expect("an answer");
    let page_bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body").len();
    Times { fresh, again, verify, opening, page_bytes }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut engines = vec![("SQLite", Engine::Lite, Vec::new())];
    if std::env::var_os("DAOGOU_TEST_PG").is_some() {
        engines.push(("PostgreSQL", Engine::Pg, Vec::new()));
    } else {
        println!("DAOGOU_TEST_PG is not set: SQLite only (`make bench` starts a PostgreSQL)");
    }
    for n in 0..ROUNDS {
        for (name, engine, times) in &mut engines {
            times.push(runtime.block_on(round(*engine)));
            println!("round {} of {ROUNDS} on {name}", n + 1);
        }
    }
    println!(
        "\n{:<12} {:>14} {:>14} {:>14} {:>16}",
        "engine", "new rows/s", "repeated/s", "verified/s", "landing pages/s"
    );
    for (name, _, times) in &engines {
        let rate = |of: fn(&Times) -> Duration, count: usize| {
            let time = median(times.iter().map(of).collect());
            count as u128 * 1_000_000 / time.as_micros().max(1)
        };
        println!(
            "{name:<12} {:>14} {:>14} {:>14} {:>16}",
            rate(|t| t.fresh, ROWS),
            rate(|t| t.again, ROWS),
            rate(|t| t.verify, ROWS),
            rate(|t| t.opening, OPENINGS)
        );
    }
    let bytes = engines.iter().flat_map(|(_, _, times)| times).map(|t| t.page_bytes).max().unwrap_or_default();
    println!("\nthe landing page has {bytes} bytes before its picture, of 30,000 allowed");
    assert!(bytes < 30_000);
}
