//! Where the time of the main path goes: one engine, one batch size, one figure. `cargo bench --bench path -- sqlite 500 50000`.

use infra::db::Engine;
use std::time::Instant;
use testkit::{Fixture, Report};

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn cpu_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    (fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime")) * 10_000
}

async fn run(engine: Engine, batch: usize, rows: usize, promoters: usize) {
    let f = Fixture::new(engine).await;
    let program = f.program("bench").await;
    let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
    let inviter = f.promoter(&program, "inviter", None).await;
    let mut codes = Vec::new();
    for n in 0..promoters {
        let promoter = f.promoter(&program, &format!("promoter {n}"), Some(inviter.id)).await;
        codes.push(f.code(&promoter, 0));
    }
    let reports: Vec<Report> = (0..rows)
        .map(|n| Report {
            order_no: 280_000_000_000 + n as i64,
            ..Report::paid(
                &format!("1900{n:012}"),
                &codes[(n * 7919) % codes.len()],
                654,
                f.ctx.now().plus_seconds(n as i64 / 10),
            )
        })
        .collect();
    let account = f.account(account).await;
    for pass in ["new", "same", "confirmed"] {
        let rows: Vec<_> =
            reports.iter().map(|r| if pass == "confirmed" { r.later(17, 652, 7).row() } else { r.row() }).collect();
        let (wall, cpu) = (Instant::now(), cpu_us());
        for batch in rows.chunks(batch) {
            app::commission::pull::store_batch(&f.ctx, &account, batch, f.ctx.now(), None).await.expect("recorded");
        }
        let (wall, cpu) = (wall.elapsed(), cpu_us() - cpu);
        println!(
            "{engine:?} batch {batch} {pass}: {:.0} lines/s, {:.1} us CPU/line (own process)",
            rows.len() as f64 / wall.as_secs_f64(),
            cpu as f64 / rows.len() as f64
        );
        if let (Ok(to), "new") = (std::env::var("KEEP"), pass) {
            let mut read = f.ctx.db.begin().await.expect("w");
            let _ = read.all_built("SELECT 1 AS one".to_owned(), vec![]).await;
            drop(read);
            let path = f.database.url.trim_start_matches("sqlite:").to_owned();
            std::fs::copy(&path, &to).expect("copied");
            let _ = std::fs::copy(format!("{path}-wal"), format!("{to}-wal"));
        }
    }
    if engine == Engine::Lite {
        let path = f.database.url.trim_start_matches("sqlite:");
        let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
        println!("{} bytes/line", bytes / rows as u64);
    }
    let wall = Instant::now();
    f.assert_verified().await;
    println!("verified {:.0} lines/s", rows as f64 / wall.elapsed().as_secs_f64());
}

fn main() {
    let args: Vec<String> = std::env::args().filter(|a| !a.starts_with("--")).collect();
    let number = |at: usize, usual: usize| args.get(at).and_then(|a| a.parse().ok()).unwrap_or(usual);
    let engine = if args.get(1).is_some_and(|a| a == "pg") { Engine::Pg } else { Engine::Lite };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(engine, number(2, 500), number(3, 20_000), number(4, 2_000)));
}
