//! What a tracked redirect costs beside a bare axum 302, in the same process, asked by `wrk` in turn: 500,000 codes drawn
//! at random, every click recorded. `make bench`; needs `wrk` (Debian's package).
//!
//! Fails where less than half the requests of the bare server are answered, or a click is lost.

#![allow(clippy::float_arithmetic)] // rates and times; no money

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::get;
use infra::db::Engine;
use kernel::ShareCode;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;
use testkit::Fixture;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 3;
const SECONDS: u64 = 5;
const PROMOTERS: usize = 5_000;
const PRODUCTS: usize = 100;
const AGENT: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 MicroMessenger/8.0";

/// Processor time of this process, in microseconds.
fn cpu_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    (fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime")) * 10_000
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("kB") / 1024
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.expect("served") });
    address
}

/// Answers of one run, and our processor time for each.
async fn ask(address: SocketAddr, script: &std::path::Path) -> (u64, f64) {
    let before = cpu_us();
    let (script, url) = (script.to_owned(), format!("http://{address}"));
    let output = tokio::task::spawn_blocking(move || {
        let seconds = format!("-d{SECONDS}s");
        Command::new("wrk").args(["-t1", "-c64", &seconds, "-s"]).arg(script).arg(url).output()
    });
    let output = output.await.expect("joined").expect("wrk runs: apt-get install wrk");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && !text.contains("Non-2xx or 3xx"), "{text}");
    let line = text.lines().find(|line| line.contains("requests in")).unwrap_or_else(|| panic!("{text}"));
    let answers: u64 = line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a count");
    (answers, (cpu_us() - before) as f64 / answers as f64)
}

/// Fills the list of conversions, so that no code asks the union: as after a day of openings.
async fn convert(f: &Fixture, codes: &[(ShareCode, String)], account: i64, program: i64) {
    for part in codes.chunks(10_000) {
        let mut tx = f.ctx.db.begin().await.expect("a transaction");
        let rows = part.iter().map(|(code, text)| {
            let now = f.ctx.now();
            infra::args![
                code.bucket,
                text,
                "",
                program,
                account,
                format!("https://u.jd.com/{}", &text[..7]),
                now,
                now.plus_days(60),
                0i64,
                i64::try_from(code.product).unwrap_or(0),
                0i64
            ]
        });
        use infra::db::Col::{Int as I, Text as T};
        let head = "INSERT INTO conversion (bucket, code, coupon_key, program_id, union_account_id, url, converted_at_us, renew_at_us, promoter_id, product_number, community)";
        tx.bulk(head, &[I, T, T, I, I, T, I, I, I, I, I], rows.collect(), "").await.expect("rows");
        tx.commit().await.expect("committed");
    }
}

async fn run(engine: Engine) {
    let f = Fixture::new(engine).await;
    let program = f.program("bench").await;
    let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
    let mut tx = f.ctx.db.begin().await.expect("a transaction");
    tx.run("UPDATE union_account SET link_hosts = 'u.jd.com' WHERE id = $1", infra::args![account])
        .await
        .expect("hosts");
    tx.commit().await.expect("committed");
    let mut codes = Vec::new();
    let mut products = Vec::new();
    for n in 0..PRODUCTS {
        products.push(f.product(account, &format!("好纸 抽纸 {n}"), 3990).await.number);
    }
    for n in 0..PROMOTERS {
        let promoter = f.promoter(&program, &format!("p{n}"), None).await;
        for product in &products {
            let code =
                ShareCode { bucket: promoter.id.bucket(), promoter: promoter.number, community: 0, product: *product };
            codes.push((code, code.text(&f.ctx.codes).expect("a code")));
        }
    }
    convert(&f, &codes, account.raw(), program.id.raw()).await;
    let folder = std::env::temp_dir().join(format!("daogou-redirect-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = folder.join("codes.lua");
    let list = folder.join("codes.txt");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&list).expect("a file"));
    for (_, text) in &codes {
        writeln!(file, "{text}").expect("written");
    }
    drop(file);
    std::fs::write(
        &script,
        format!(
            "local codes = {{}}\nfor line in io.lines('{}') do codes[#codes + 1] = '/s/' .. line end\n\
         math.randomseed(os.time())\nwrk.headers['User-Agent'] = '{AGENT}'\n\
         request = function() return wrk.format('GET', codes[math.random(#codes)]) end\n",
            list.display()
        ),
    )
    .expect("a script");

    let bare = serve(Router::new().route(
        "/s/{code}",
        get(|| async {
            (StatusCode::FOUND, [(header::LOCATION, HeaderValue::from_static("https://u.jd.com/abcdefg"))])
        }),
    ))
    .await;
    let ours = serve(app::router(f.ctx.clone())).await;
    // Every code once, so that its target is known.
    let started = std::time::Instant::now();
    let before = cpu_us();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(AGENT)
        .build()
        .expect("a client");
    let mut waiting = tokio::task::JoinSet::new();
    for part in codes.chunks(codes.len().div_ceil(32)) {
        let (client, part): (_, Vec<String>) =
            (client.clone(), part.iter().map(|(_, text)| format!("http://{ours}/s/{text}")).collect());
        waiting.spawn(async move {
            for url in part {
                let answer = client.get(&url).send().await.expect("an answer");
                assert_eq!(answer.status(), StatusCode::FOUND, "{url}");
            }
        });
    }
    while waiting.join_next().await.transpose().expect("asked").is_some() {}
    println!(
        "{engine:?}: {} codes asked once, uncached: {:.0}/s, {:.1} us CPU each with the client's",
        codes.len(),
        codes.len() as f64 / started.elapsed().as_secs_f64(),
        (cpu_us() - before) as f64 / codes.len() as f64
    );
    f.ctx.click_log.flush().await;
    let mut rows = Vec::new();
    for n in 0..ROUNDS {
        let (plain, plain_cpu) = ask(bare, &script).await;
        let (tracked, tracked_cpu) = ask(ours, &script).await;
        f.ctx.click_log.flush().await;
        println!(
            "{engine:?} round {} of {ROUNDS}: bare {}/s {plain_cpu:.1} us, ours {}/s {tracked_cpu:.1} us",
            n + 1,
            plain / SECONDS,
            tracked / SECONDS
        );
        rows.push((plain, tracked, plain_cpu, tracked_cpu));
    }
    let asked: u64 = rows.iter().map(|row| row.1).sum::<u64>() + codes.len() as u64;
    let mut read = f.ctx.clicks.read().await.expect("a connection");
    let kept = read
        .one("SELECT COUNT(*) AS n FROM click", vec![])
        .await
        .expect("a count")
        .expect("a row")
        .int("n")
        .expect("n");
    let dropped = f.ctx.metrics.clicks_dropped.get();
    // wrk leaves the last requests of a round unread: they were counted by us and not by it.
    println!("{engine:?}: {asked} answers read, {kept} clicks kept, {dropped} dropped; {} MB resident", resident_mb());
    assert!(dropped == 0 && kept as u64 >= asked && kept as u64 <= asked + (ROUNDS as u64) * 64, "clicks were lost");
    let mut ratios: Vec<f64> = rows.iter().map(|row| row.1 as f64 / row.0 as f64).collect();
    ratios.sort_by(f64::total_cmp);
    let mut costs: Vec<f64> = rows.iter().map(|row| row.3).collect();
    costs.sort_by(f64::total_cmp);
    println!(
        "{engine:?}: ours answers {:.0} % of the bare server, {:.1} us CPU (medians)",
        ratios[ROUNDS / 2] * 100.0,
        costs[ROUNDS / 2]
    );
    let _ = std::fs::remove_dir_all(folder);
    assert!(ratios[ROUNDS / 2] >= 0.5, "less than half of a bare server");
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(Engine::Lite));
}
