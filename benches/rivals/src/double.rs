//! doubleentry on a SQLite file (WAL, synchronous FULL: its own settings) or in a PostgreSQL schema, through `record_batch`.

use crate::{Case, Failure, Order, Taken, cpu, must_equal};
use doubleentry::currency::CNY;
use doubleentry::prelude::*;
use doubleentry::store::{SqlOptions, SqlStore, Store};
use sqlx::{Connection, PgConnection};
use std::path::Path;
use std::time::{Duration, Instant};

const DAY: Date = date!("2026-10-12");
const RECEIVABLE: &str = "Assets:Receivable";
const PLATFORM: &str = "Income:Platform";

pub async fn sqlite(case: &Case, file: &Path) -> Result<Taken, Failure> {
    if file.exists() {
        return Err(format!("{} exists", file.display()).into());
    }
    let store = SqlStore::sqlite(&format!("sqlite://{}?mode=rwc", file.display())).await?;
    let done = post_all(case, store.clone(), &cpu::Meter::embedded()).await;
    store.close().await;
    let bytes = std::fs::metadata(file)?.len();
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
    let (wall, cpu, latencies) = done?;
    Ok(Taken { engine: "sqlite", durability: "journal_mode=WAL synchronous=FULL".into(), wall, cpu, bytes, latencies })
}

pub async fn postgres(case: &Case, url: &str) -> Result<Taken, Failure> {
    let schema = format!("rivals_double_{}", std::process::id());
    let meter = cpu::Meter::with_server(url).await?;
    let durability = cpu::durability(url).await?;
    let store = SqlStore::postgres_with(url, SqlOptions { schema: schema.clone(), ..SqlOptions::default() }).await?;
    let done = post_all(case, store.clone(), &meter).await;
    store.close().await;
    let mut admin = PgConnection::connect(url).await?;
    let bytes: i64 = sqlx::query_scalar(
        "SELECT COALESCE(CAST(SUM(pg_total_relation_size(c.oid)) AS BIGINT), 0) FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'",
    )
    .bind(&schema)
    .fetch_one(&mut admin)
    .await?;
    sqlx::query(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).execute(&mut admin).await?;
    admin.close().await?;
    let (wall, cpu, latencies) = done?;
    Ok(Taken { engine: "postgresql", durability, wall, cpu, bytes: bytes.unsigned_abs(), latencies })
}

async fn post_all<S>(case: &Case, store: S, meter: &cpu::Meter) -> Result<(Duration, cpu::Used, Vec<Duration>), Failure>
where
    S: Store<2> + Clone + Send + Sync + 'static,
{
    let ledger = Ledger::new(store, LedgerId::new("example.com/commission")?).await?;
    ledger.declare_currency(CNY, 2, DAY).await?;
    ledger.define_months(2026, 1..=12).await?;
    ledger.open(RECEIVABLE, AccountKind::Asset, DAY).await?;
    ledger.open(PLATFORM, AccountKind::Income, DAY).await?;
    for n in 0..case.promoters as usize {
        ledger.open(&promoter(n), AccountKind::Liability, DAY).await?;
    }
    for batch in case.warming() {
        ledger.record_batch(entries(&batch)?).await?;
    }
    let batches = case.measured();
    let mut latencies = Vec::with_capacity(batches.len());
    let (used, started) = (meter.now(), Instant::now());
    for batch in &batches {
        let started = Instant::now();
        ledger.record_batch(entries(batch)?).await?;
        latencies.push(started.elapsed());
    }
    let (wall, cpu) = (started.elapsed(), meter.since(used));
    let (orders, commission, platform) = case.expected();
    let all = BalanceQuery::all();
    must_equal(
        "receivable",
        ledger.balance(RECEIVABLE, CNY, &all).await?.net(),
        Amount::from_minor(i128::from(commission))?,
    )?;
    must_equal(
        "platform",
        ledger.balance(PLATFORM, CNY, &all).await?.net(),
        Amount::from_minor(i128::from(-platform))?,
    )?;
    let last = ledger.entry_by_key(&Order::nth(orders as u32 - 1, case.promoters).key).await?;
    must_equal("the last order is there", last.is_some(), true)?;
    Ok((wall, cpu, latencies))
}

fn promoter(n: usize) -> String {
    format!("Liabilities:Promoter:P{n}")
}

fn entries(orders: &[Order]) -> Result<Vec<Entry>, Failure> {
    let one = |order: &Order| {
        Ok(Entry::new(order.key.clone(), DAY)
            .debit(RECEIVABLE, Amount::from_minor(i128::from(order.commission))?, CNY)
            .credit(promoter(order.first), Amount::from_minor(i128::from(order.l1))?, CNY)
            .credit(promoter(order.second), Amount::from_minor(i128::from(order.l2))?, CNY)
            .credit(PLATFORM, Amount::from_minor(i128::from(order.platform()))?, CNY))
    };
    orders.iter().map(one).collect()
}
