//! What the main path costs: report → versioned upsert → attribution → split → post, durable. One case a run, printed as a
//! line of JSON; `scripts/bench-path` runs many in turn, beside rivals, and judges the ratios.
//!
//! `path ENGINE BATCH LINES WRITERS SHAPE`: engine `sqlite` (synchronous NORMAL), `sqlite-full` or `pg`; shape
//! - `path`: all of it;
//! - `raw`: the same rows of the same tables written by multi-row statements alone, no question asked, no decision made;
//! - `post`: the ledger alone, what rivals do: a keyed transaction of four legs, its balances, its link in the chain;
//! - `post-apart`: the same with a union account, a program and an inviter for each writer;
//! - `verify`: `path`, then everything recomputed;

#![allow(clippy::float_arithmetic)] // rates and times; no money

use accounting::{Account, AccountKind, Transaction};
use app::commission::pull::store_batch;
use app::ledger;
use infra::db::{Arg, Col, Db, Engine, Row};
use kernel::{Bucket, Money};
use std::collections::BTreeMap;
use std::time::Instant;
use testkit::{Fixture, Report};

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PROMOTERS: usize = 2_000;

struct Stat {
    parent: u32,
    ticks: u64,
}

/// Processor time of a process and of the children it has reaped, in hundredths of a second.
fn stat(pid: &str) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let number = |n: usize| fields.get(n)?.parse::<u64>().ok();
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some(Stat { parent: u32::try_from(number(1)?).ok()?, ticks })
}

/// (ours, the database server's) in microseconds.
fn cpu(postmaster: Option<u32>) -> (u64, u64) {
    let mut server = 0;
    if let Some(parent) = postmaster {
        server += stat(&parent.to_string()).map_or(0, |s| s.ticks);
        for entry in std::fs::read_dir("/proc").expect("Linux").flatten() {
            let name = entry.file_name();
            let child = name.to_str().filter(|n| n.bytes().all(|b| b.is_ascii_digit())).and_then(stat);
            server += child.filter(|s| s.parent == parent).map_or(0, |s| s.ticks);
        }
    }
    (stat("self").map_or(0, |s| s.ticks) * 10_000, server * 10_000)
}

async fn postmaster(db: &Db) -> Option<u32> {
    if db.engine() == Engine::Lite {
        return None;
    }
    let row =
        db.read().await.expect("a connection").one("SELECT pg_backend_pid() AS pid", vec![]).await.expect("a pid");
    let pid = row.expect("a row").int("pid").expect("a pid");
    stat(&pid.to_string()).map(|s| s.parent)
}

/// Tables that a line's books are in, with their columns; the two of sums as they are added to.
const TABLES: [(&str, &str, &str); 7] = [
    ("order_key", "bucket:i union_account_id:i row_key:t line_bucket:i line_id:i", ""),
    (
        "order_line",
        "bucket:i id:i program_id:i union_account_id:i row_key:t order_no:t parent_no:t modified_us:i fetched_us:i content_hash:b state:t raw_status:t needs_review:i defects:t ordered_us:i finished_us:i item_key:t sku_key:t title:t quantity:i returned:i unit_price_fen:i estimated_base_fen:i estimated_fee_fen:i actual_base_fen:i actual_fee_fen:i commission_rate_ppm:i category1:i category2:i category3:i tracking:t position:t settle_on:t settled_fen:i attribution:t evidence:t promoter_id:i inviter_id:i community_id:i self_purchase:i plan_line_id:i direct_ppm:i inviter_ppm:i direct_held:i inviter_held:i assigned_by:i first_seen_us:i version:i",
        "",
    ),
    ("order_raw", "bucket:i line_id:i modified_us:i fetched_us:i raw:b", ""),
    ("ledger_transaction", "bucket:i id:i program_id:i line_id:i n:i booked_us:i event_us:i reason:t", ""),
    ("ledger_posting", "bucket:i transaction_id:i seq:i account:t owner:i currency:t amount_fen:i", ""),
    (
        "ledger_balance",
        "bucket:i account:t owner:i currency:t balance_fen:i postings:i",
        "ON CONFLICT (bucket, account, owner, currency) DO UPDATE SET balance_fen = ledger_balance.balance_fen + excluded.balance_fen, postings = ledger_balance.postings + excluded.postings",
    ),
    (
        "earning",
        "bucket:i promoter_id:i quarter:i direct_fen:i inviter_fen:i",
        "ON CONFLICT (bucket, promoter_id, quarter) DO UPDATE SET direct_fen = earning.direct_fen + excluded.direct_fen, inviter_fen = earning.inviter_fen + excluded.inviter_fen",
    ),
];

fn columns(text: &str) -> Vec<(&str, Col)> {
    text.split(' ')
        .map(|column| {
            let (name, kind) = column.split_once(':').expect("name:kind");
            (
                name,
                match kind {
                    "i" => Col::Int,
                    "t" => Col::Text,
                    _ => Col::Bytes,
                },
            )
        })
        .collect()
}

fn value(row: &Row, (name, kind): &(&str, Col)) -> Arg {
    match kind {
        Col::Int => Arg::Int(row.opt_int(name).expect("a number")),
        Col::Text => Arg::Text(row.opt_text(name).expect("a text")),
        Col::Bytes => Arg::Bytes(row.opt_bytes(name).expect("bytes")),
    }
}

/// The rows that the path wrote, and the time that writing them anew takes.
async fn raw(f: &Fixture, engine: Engine, batch: usize, lines: usize) -> (f64, (u64, u64)) {
    let fresh = Fixture::new(engine).await;
    let mut read = f.ctx.db.read().await.expect("a connection");
    let mut all: Vec<Vec<Vec<Arg>>> = Vec::new();
    for (table, text, _) in TABLES {
        let names: Vec<&str> = columns(text).iter().map(|c| c.0).collect();
        let order = match table {
            "order_key" => "line_id",
            "ledger_transaction" => "id",
            "ledger_posting" => "transaction_id, seq",
            "order_raw" => "line_id",
            "order_line" => "id",
            _ => "bucket",
        };
        // fan-out: a bench reads everything.
        let sql = format!("SELECT {} FROM {table} ORDER BY {order}", names.join(", "));
        let rows = read.all_built(sql, vec![]).await.expect("rows");
        all.push(rows.iter().map(|row| columns(text).iter().map(|column| value(row, column)).collect()).collect());
    }
    drop(read);
    let heads: Vec<&'static str> = TABLES
        .iter()
        .map(|(table, text, _)| {
            let names: Vec<&str> = columns(text).iter().map(|c| c.0).collect();
            &*Box::leak(format!("INSERT INTO {table} ({})", names.join(", ")).into_boxed_str())
        })
        .collect();
    let server = postmaster(&fresh.ctx.db).await;
    let batches = lines.div_ceil(batch);
    let (wall, before) = (Instant::now(), cpu(server));
    for n in 0..batches {
        let mut tx = fresh.ctx.db.begin().await.expect("a transaction");
        for (at, (_, text, tail)) in TABLES.iter().enumerate() {
            let types: Vec<Col> = columns(text).into_iter().map(|c| c.1).collect();
            // The two sums are written once a batch by the path, too: as many rows as lines have of them, at most.
            let (from, to) = (all[at].len() * n / batches, all[at].len() * (n + 1) / batches);
            let mut rows: Vec<Vec<Arg>> = all[at][from..to].to_vec();
            if !tail.is_empty() {
                let want = (to - from).max(batch.min(all[at].len()));
                rows = (0..want).map(|k| all[at][(from + k) % all[at].len()].clone()).collect();
                rows.truncate(all[at].len());
            }
            tx.bulk(heads[at], &types, rows, tail).await.expect("rows");
        }
        tx.commit().await.expect("committed");
    }
    let after = cpu(server);
    (wall.elapsed().as_secs_f64(), (after.0 - before.0, after.1 - before.1))
}

/// Transactions of four legs, as a new line has them: on the same accounts for all, or on some for each writer.
async fn post(f: &Fixture, batch: usize, lines: usize, writers: usize, apart: bool) -> (f64, (u64, u64)) {
    let buckets: Vec<Bucket> = Bucket::all().collect();
    let people: Vec<(Bucket, i64)> = (0..PROMOTERS)
        .map(|n| buckets[n % buckets.len()])
        .map(|bucket| {
            let person: kernel::PromoterId = f.ctx.ids.next(bucket);
            (bucket, person.raw())
        })
        .collect();
    let entry = |n: usize| {
        let (bucket, direct) = people[(n * 7919) % people.len()];
        let owner = if apart { 1 + i64::try_from(n * writers / lines).expect("few") } else { 1 };
        let leg = |kind, owner, fen| (Account { kind, owner }, Money::from_fen(fen));
        let legs = BTreeMap::from([
            leg(AccountKind::UnionEstimated, owner, 654),
            leg(AccountKind::PersonWaiting, direct, -392),
            leg(AccountKind::PersonWaiting, 1_000 + owner, -65),
            leg(AccountKind::PlatformWaiting, owner, -197),
        ]);
        ledger::Entry {
            bucket,
            line: f.ctx.ids.next(bucket),
            n: 1,
            program: None,
            event_at: f.ctx.now(),
            reason: "order paid",
            transaction: Transaction::try_new(legs).expect("balanced").expect("legs"),
        }
    };
    let entries: Vec<_> = (0..lines).map(entry).collect();
    let server = postmaster(&f.ctx.db).await;
    let (wall, before) = (Instant::now(), cpu(server));
    let mut running = tokio::task::JoinSet::new();
    for part in entries.chunks(lines.div_ceil(writers)) {
        let (ctx, part) = (f.ctx.clone(), part.to_vec());
        running.spawn(async move {
            for batch in part.chunks(batch) {
                let mut tx = ctx.db.begin().await.expect("a transaction");
                ledger::store::post(&mut tx, &ctx.ids, ctx.now(), batch).await.expect("booked");
                tx.commit().await.expect("committed");
            }
        });
    }
    while running.join_next().await.transpose().expect("a writer ended early").is_some() {}
    let after = cpu(server);
    (wall.elapsed().as_secs_f64(), (after.0 - before.0, after.1 - before.1))
}

async fn run(engine: &str, batch: usize, lines: usize, writers: usize, shape: &str) {
    let kind = if engine == "pg" { Engine::Pg } else { Engine::Lite };
    let f = if engine == "sqlite-full" { Fixture::durable(kind).await } else { Fixture::new(kind).await };
    if shape.starts_with("post") {
        let (seconds, used) = post(&f, batch, lines, writers, shape == "post-apart").await;
        print(engine, shape, batch, lines, writers, seconds, used, "");
        return;
    }
    let program = f.program("bench").await;
    let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
    let inviter = f.promoter(&program, "inviter", None).await;
    let mut codes: BTreeMap<Bucket, Vec<String>> = BTreeMap::new();
    for n in 0..PROMOTERS {
        let promoter = f.promoter(&program, &format!("promoter {n}"), Some(inviter.id)).await;
        codes.entry(promoter.id.bucket()).or_default().push(f.code(&promoter, 0));
    }
    f.ctx.db.analyze().await.expect("analysed");
    let codes: Vec<String> = codes.into_values().flatten().collect();
    let rows: Vec<_> = (0..lines)
        .map(|n| {
            let code = &codes[(n * 7919) % codes.len()];
            let at = f.ctx.now().plus_seconds(i64::try_from(n / 10).unwrap_or(0));
            let order_no = 280_000_000_000 + i64::try_from(n).unwrap_or(0);
            Report { order_no, ..Report::paid(&format!("1900{n:012}"), code, 654, at) }.row()
        })
        .collect();
    let account = f.account(account).await;
    let server = postmaster(&f.ctx.db).await;
    let (wall, before) = (Instant::now(), cpu(server));
    let mut running = tokio::task::JoinSet::new();
    for part in rows.chunks(lines.div_ceil(writers)) {
        let (ctx, account, part) = (f.ctx.clone(), account.clone(), part.to_vec());
        running.spawn(async move {
            for batch in part.chunks(batch) {
                store_batch(&ctx, &account, batch, ctx.now(), None).await.expect("recorded");
            }
        });
    }
    while running.join_next().await.transpose().expect("a writer ended early").is_some() {}
    let mut seconds = wall.elapsed().as_secs_f64();
    let after = cpu(server);
    let (mut own, mut theirs) = (after.0 - before.0, after.1 - before.1);
    if shape == "raw" {
        (seconds, (own, theirs)) = raw(&f, kind, batch, lines).await;
    }
    let mut more = String::new();
    if shape == "verify" {
        let wall = Instant::now();
        f.assert_verified().await;
        more = format!(",\"verified_per_s\":{:.0}", lines as f64 / wall.elapsed().as_secs_f64());
        if kind == Engine::Lite {
            let path = f.database.url.trim_start_matches("sqlite:");
            let bytes = std::fs::metadata(path).map_or(0, |m| m.len())
                + std::fs::metadata(format!("{path}-wal")).map_or(0, |m| m.len());
            more += &format!(",\"bytes_per_line\":{}", bytes / lines as u64);
        }
    }
    print(engine, shape, batch, lines, writers, seconds, (own, theirs), &more);
}

#[allow(clippy::too_many_arguments)]
fn print(
    engine: &str,
    shape: &str,
    batch: usize,
    lines: usize,
    writers: usize,
    seconds: f64,
    (own, theirs): (u64, u64),
    more: &str,
) {
    let each = |us: u64| us as f64 / lines as f64;
    println!(
        "{{\"engine\":\"{engine}\",\"shape\":\"{shape}\",\"batch\":{batch},\"lines\":{lines},\"writers\":{writers},\"per_s\":{:.0},\"cpu_us\":{:.1},\"cpu_own_us\":{:.1}{more}}}",
        lines as f64 / seconds,
        each(own + theirs),
        each(own)
    );
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let text = |at: usize, usual: &'static str| args.get(at).cloned().unwrap_or_else(|| usual.to_owned());
    let number = |at: usize, usual: usize| args.get(at).and_then(|a| a.parse().ok()).unwrap_or(usual);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&text(0, "sqlite"), number(1, 500), number(2, 20_000), number(3, 1), &text(4, "path")));
}
