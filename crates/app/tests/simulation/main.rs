//! Short lives of an installation, by seeded dice, through the product's own path: reports are recorded and booked, lines
//! settled and given to others, while the database, the feed and the clocks misbehave. After every step everything that
//! docs/books.md §7 says is compared with a model that shares no arithmetic with the product (`testkit::model`).
//!
//! `DAOGOU_SIM_RUNS` how many, `DAOGOU_SIM_SEED` the first seed; with `DAOGOU_SIM_SECONDS` it goes on until the time is over
//! (`make soak`). A failure names its seed and the command that plays it alone.

mod dice;
mod look;
mod run;
mod union;
mod world;

use app::commission;
use infra::db::Engine;
use run::{Faults, Run, TWISTS, Twist, Unassigned};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant as Moment};
use testkit::Fixture;

/// Runs that share one database: bounds its size, and lets `ledger verify` look at it whole now and then.
const RUNS_OF_A_DATABASE: u64 = 1250;
const WORKERS: u64 = 2;

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number")))
}

#[derive(Debug, Default)]
struct Summary {
    runs: u64,
    lines: u64,
    steps: u64,
    struck: BTreeMap<&'static str, u64>,
}

/// Plays seeds from `next` until `end` or until the time is over.
async fn worker(engine: Engine, next: &AtomicU64, end: u64, until: Option<Moment>, stop: &AtomicBool) -> Summary {
    let mut summary = Summary::default();
    let over = || stop.load(Ordering::SeqCst) || until.is_some_and(|until| Moment::now() >= until);
    while !over() && next.load(Ordering::SeqCst) < end {
        let f = Fixture::new(engine).await;
        let (mut lines, mut unassigned) = (0, Unassigned::new());
        for _ in 0..RUNS_OF_A_DATABASE {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if over() || seed >= end {
                break;
            }
            let mut run = Run::new(&f, seed, Faults::ALL, Twist::None, unassigned).await;
            if let Err(error) = run.play().await {
                stop.store(true, Ordering::SeqCst);
                panic!("{}", told(engine, seed, &run.log, &error));
            }
            summary.runs += 1;
            summary.steps += run.log.len() as u64;
            lines += run.lines() as u64;
            for (fault, n) in &run.struck {
                *summary.struck.entry(fault).or_default() += n;
            }
            unassigned = run.left();
        }
        let report = commission::verify(&f.ctx, |_, _| {}).await.expect("verification runs");
        assert_eq!(report.differences, 0, "{:?}", report.findings);
        assert_eq!(report.lines, lines, "lines that no run knows of");
        summary.lines += lines;
        f.ctx.db.close().await;
    }
    summary
}

fn told(engine: Engine, seed: u64, log: &[String], error: &str) -> String {
    let name = if engine == Engine::Lite { "sqlite" } else { "postgresql" };
    format!(
        "{error}\n\nseed {seed}, step by step:\n  {}\n\nOnce more: DAOGOU_SIM_SEED={seed} DAOGOU_SIM_RUNS=1 \
         scripts/with-postgres cargo test -p daogou-app --test simulation short_runs_on_{name}\n",
        log.join("\n  ")
    )
}

/// Two workers, each with a database and a runtime of its own.
fn simulate(engine: Engine, usual_runs: u64) {
    let first = setting("DAOGOU_SIM_SEED").unwrap_or(1);
    let seconds = setting("DAOGOU_SIM_SECONDS");
    let until = seconds.map(|s| Moment::now() + Duration::from_secs(s));
    let usual_runs = if until.is_some() { u64::MAX - first } else { usual_runs };
    let end = first.saturating_add(setting("DAOGOU_SIM_RUNS").unwrap_or(usual_runs));
    let (next, stop, begun) = (AtomicU64::new(first), AtomicBool::new(false), Moment::now());
    let mut all = Summary::default();
    let mut failure = None;
    std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(worker(engine, &next, end, until, &stop))
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            match worker.join() {
                Ok(summary) => {
                    all.runs += summary.runs;
                    all.lines += summary.lines;
                    all.steps += summary.steps;
                    for (fault, n) in summary.struck {
                        *all.struck.entry(fault).or_default() += n;
                    }
                }
                Err(panic) => failure = Some(panic),
            }
        }
    });
    if let Some(panic) = failure {
        std::panic::resume_unwind(panic);
    }
    println!("simulation, {engine:?}: seeds from {first}, {all:?}, {:?}", begun.elapsed());
    // A run without lines or faults would prove nothing.
    assert!(all.runs < 50 || (all.lines > all.runs && all.struck.len() == 5), "{all:?}");
}

#[test]
fn short_runs_on_sqlite() {
    simulate(Engine::Lite, 10_000);
}

#[test]
fn short_runs_on_postgresql() {
    simulate(Engine::Pg, 300);
}

async fn unassigned(f: &Fixture) -> Unassigned {
    let mut read = f.ctx.db.read().await.unwrap();
    look::unassigned(&mut read, &kernel::Bucket::all().collect()).await.unwrap()
}

/// The first seed of `seeds` at which a run with this twist fails, with what was said.
async fn found(f: &Fixture, twist: Twist, seeds: u64) -> Option<(u64, String)> {
    for seed in 1..=seeds {
        let mut run = Run::new(f, seed, Faults::ALL, twist, unassigned(f).await).await;
        if let Err(error) = run.play().await {
            return Some((seed, error));
        }
    }
    None
}

/// The comparison can fail: whichever rule the model gets wrong, some run says so.
#[tokio::test]
async fn every_error_in_the_model_is_found() {
    let f = Fixture::new(Engine::Lite).await;
    for twist in TWISTS {
        let found = found(&f, twist, 400).await;
        let (seed, error) = found.unwrap_or_else(|| panic!("{twist:?} was not found"));
        println!("{twist:?}: seed {seed}: {}", error.lines().next().unwrap_or_default());
    }
    assert_eq!(found(&f, Twist::None, 30).await, None);
}

/// So does a change behind the product's back, one fen or one row.
#[tokio::test]
async fn every_change_of_the_books_is_found() {
    let f = Fixture::new(Engine::Lite).await;
    let latest = "SELECT MAX(id) FROM ledger_transaction";
    let leg = "bucket, transaction_id, seq, line_id, account, owner, currency, amount_fen";
    for (n, sql) in [
        format!("UPDATE ledger_balance SET balance_fen = balance_fen + 1 WHERE owner = (SELECT MAX(union_account_id) FROM order_line WHERE id = (SELECT line_id FROM ledger_transaction WHERE id = ({latest})))"),
        format!("UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE transaction_id = ({latest}) AND seq = 1"),
        format!("DELETE FROM ledger_posting WHERE transaction_id = ({latest})"),
        format!("DELETE FROM ledger_transaction WHERE id = ({latest})"),
        format!("INSERT INTO ledger_posting ({leg}) SELECT bucket, transaction_id, seq + 50, line_id, account, owner, currency, -amount_fen FROM ledger_posting WHERE transaction_id = ({latest})"),
        format!("UPDATE order_line SET settled_fen = settled_fen + 1 WHERE id = (SELECT line_id FROM ledger_transaction WHERE id = ({latest}))"),
    ]
    .into_iter()
    .enumerate()
    {
        // A database of its own for each, for the one before is broken for good.
        let f = if n == 0 { &f } else { &Fixture::new(Engine::Lite).await };
        let mut run = Run::new(f, 2, Faults::NONE, Twist::None, Unassigned::new()).await;
        run.play().await.unwrap();
        run.look_again().await.unwrap();
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run_once("PRAGMA foreign_keys = OFF".to_owned()).await.unwrap();
        assert!(tx.run_once(sql.clone()).await.unwrap() > 0, "{sql}");
        tx.commit().await.unwrap();
        assert!(run.look_again().await.is_err(), "not found: {sql}");
    }
}

/// The same seed is the same run.
#[tokio::test]
async fn a_seed_is_a_run() {
    let f = Fixture::new(Engine::Lite).await;
    for seed in [3, 4, 5] {
        let mut logs = Vec::new();
        for _ in 0..2 {
            let mut run = Run::new(&f, seed, Faults::ALL, Twist::None, unassigned(&f).await).await;
            run.play().await.unwrap();
            logs.push(run.log);
        }
        assert_eq!(logs[0], logs[1]);
    }
}
