//! Torture with real processes: the program as it is installed, against the JD sandbox as a process of its own, with its
//! faults on. Workers and pulls are killed in the middle of their work, the database goes away, the disk is full; then
//! everything is healed, and the books must be those that the sandbox's final rows say, to the fen.
//!
//! What the books must be is reckoned here, from the union's words and the plan as it was set up, with whole numbers and
//! without `accounting`. `make soak` runs the same for longer (`TORTURE=long`); `TORTURE_SEED` repeats a run.
//!
//! Time is made to pass by hand where a real one would wait: leases of killed processes run out, jobs become due.

#![cfg(unix)]

use connectors::unions::Position;
use infra::args;
use infra::db::{Arg, Db, Durability, Engine};
use infra::jobs;
use kernel::{Instant, UnionAccountId, Zone};
use sandbox::jd::{Config, GoodsSource, Sandbox};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, on_both_engines};

const CODE_OF_NOBODY: &str = "2notOurCode00000000x";
const GOODS: usize = 60;

/// How much of it.
#[derive(Clone, Copy, Debug)]
struct Size {
    kills: usize,
    orders: usize,
    /// Orders are placed over the `placed` days before now; changes of the last `walked` days are pulled.
    placed: i64,
    walked: i64,
    hang: &'static str,
}

const SHORT: Size = Size { kills: 20, orders: 300, placed: 70, walked: 12, hang: "0.1" };
const LONG: Size = Size { kills: 120, orders: 4000, placed: 84, walked: 80, hang: "0.5" };

/// Of a seed that is printed, so that a run can be repeated.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// A process of ours. It is killed where it is forgotten.
struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Process {
    fn start(mut command: Command) -> Process {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (pipe, kept) = (child.stderr.take().unwrap(), said.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
                let over = kept.len().saturating_sub(64_000);
                if over > 0 {
                    let cut = kept.char_indices().map(|(at, _)| at).find(|at| *at >= over).unwrap_or(0);
                    kept.drain(..cut);
                }
            }
        });
        Process { child, said }
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// SIGKILL, as by a power cut: nothing can be tidied up.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end; whether it went well, and what it said.
    fn ended(mut self) -> (bool, String) {
        let status = self.child.wait().unwrap();
        // The reader ends with the pipe.
        std::thread::sleep(Duration::from_millis(20));
        (status.success(), self.said())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

struct World {
    f: Fixture,
    engine: Engine,
    folder: PathBuf,
    /// Ends with us.
    _sandbox: Process,
    base: String,
    http: reqwest::Client,
    account: UnionAccountId,
    program: i64,
    /// Whose a code or a position is.
    by_code: HashMap<String, Whose>,
    by_position: HashMap<i64, Whose>,
    skus: Vec<i64>,
    begin: Instant,
    size: Size,
    draw: Draw,
    seed: u64,
}

/// Who is paid what of a fee, in parts of ten: the plan of the test's program.
#[derive(Clone, Copy, Debug)]
struct Whose {
    promoter: i64,
    direct: i64,
    inviter: Option<(i64, i64)>,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn clean(mut command: Command) -> Command {
    for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("DAOGOU_")) {
        command.env_remove(key);
    }
    command
}

impl World {
    async fn new(f: Fixture, size: Size) -> World {
        let seed = std::env::var("TORTURE_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from_le_bytes(infra::secrets::random::<8>()) % 1_000_000);
        let engine = f.ctx.db.engine();
        println!("torture on {engine:?}: TORTURE_SEED={seed}, {size:?}");
        let now = infra::Clock::system().now();
        let begin = Instant::from_micros(0).plus_seconds(now.plus_days(-size.walked).seconds());
        // Everybody was there before the first order.
        f.clock.set(now.plus_days(-size.placed - 2));

        let folder = std::env::temp_dir().join(format!("daogou-torture-{engine:?}-{}-{seed}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("master.key"), "5a".repeat(32)).unwrap();
        std::fs::set_permissions(folder.join("master.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
        let (url, clicks) = (&f.database.url, f.database.clicks_url());
        let clicks = if engine == Engine::Pg { String::new() } else { clicks };
        let config = format!(
            "master_key_file = 'master.key'\n[database]\nurl = '{url}'\nclicks_url = '{clicks}'\n[log]\nfilter = 'warn'\n\
             [http]\nmetrics_listen = ''\n[worker]\norders_every = 5\n[alarms]\ndisk_mb = 0\n[unions]\npatience_seconds = 1\n"
        );
        std::fs::write(folder.join("daogou.toml"), config).unwrap();

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let base = format!("http://127.0.0.1:{port}");
        let faults = faults(size);
        let mut command = clean(Command::new(env!("CARGO_BIN_EXE_daogou")));
        command.current_dir(&folder).args(["sandbox", "jd", "--count", &GOODS.to_string(), "--fault-hang", "2"]);
        command.args(["--port", &port.to_string(), "--at", &now.rfc3339(), "--faults", &faults]);
        command.args(["--seed", &seed.to_string(), "--fault-seed", &seed.to_string()]);
        let mut sandbox = Process::start(command);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(sandbox.is_alive(), "{}", sandbox.said());
            std::thread::sleep(Duration::from_millis(20));
        }

        let program = f.program("p").await;
        let account = f.union_account(&format!("{base}/routerjson"), &[program.id]).await;
        let mut by_code = HashMap::new();
        let mut by_position = HashMap::new();
        let mut upper = None;
        for n in 0..8i64 {
            // Every second one was invited by the one before.
            let inviter = upper.filter(|_| n % 2 == 1);
            let promoter = f.promoter(&program, &format!("推手{n}"), inviter).await;
            upper = Some(promoter.id);
            let of = |direct, inviter| Whose { promoter: promoter.id.raw(), direct, inviter };
            let shared = of(6, inviter.map(|id| (id.raw(), 1)));
            by_code.insert(f.code(&promoter, 0), shared);
            by_code.insert(f.code(&promoter, 1), of(7, None));
            let position = 9_000_000 + n;
            let mut tx = f.ctx.db.begin().await.unwrap();
            let made = [Position { id: position, name: format!("dg{n}") }];
            app::links::store::add_positions(&mut tx, account, &made, now).await.unwrap();
            let taken = app::links::store::take_position(&mut tx, account, promoter.id, now).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(taken, Some(position));
            by_position.insert(position, shared);
        }
        if size.walked < app::commission::SWEEP_DAYS {
            // The sweep would go further back than all the rest of it.
            let (key, never) = (account.to_string(), now.plus_days(365));
            let mut tx = f.ctx.db.begin().await.unwrap();
            let id = f.ctx.ids.next(kernel::Bucket::ZERO);
            jobs::plan(&mut tx, id, "orders.sweep", &key, "{}", Some(600), never).await.unwrap();
            tx.commit().await.unwrap();
        }
        // The same goods as the process sells.
        let (goods, public_base) = (GoodsSource::Made { count: GOODS }, base.as_str());
        let config = Config { seed, goods, ..Config::new(f.clock.clone(), public_base) };
        let skus = Sandbox::try_new(config).unwrap().0.goods().all().iter().map(|goods| goods.sku_id).collect();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let draw = Draw(seed);
        let program = program.id.raw();
        World {
            f,
            engine,
            folder,
            _sandbox: sandbox,
            base,
            http,
            account,
            program,
            by_code,
            by_position,
            skus,
            begin,
            size,
            draw,
            seed,
        }
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn told(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Orders of every life, by codes of ours, of nobody and none, over the time before now.
    async fn buy(&mut self, orders: usize) {
        const LIVES: [&str; 19] = [
            "usual",
            "unknown_code99",
            "usual",
            "finished",
            "finished",
            "finished",
            "paid",
            "unpaid",
            "deposit",
            "cancelled",
            "partial_return_before_finish",
            "full_return_before_finish",
            "partial_return_after_finish",
            "full_return_after_finish",
            "split_parent_first",
            "split_children_first",
            "refund_after_settlement",
            "late_correction",
            "violation:27",
        ];
        let mut codes: Vec<String> = self.by_code.keys().cloned().collect();
        codes.sort();
        let now = infra::Clock::system().now();
        for _ in 0..orders {
            let draw = &mut self.draw;
            let mut pick = |n: usize| usize::try_from(draw.below(n as u64)).unwrap();
            let life = LIVES[pick(LIVES.len())];
            let code = match pick(12) {
                0 => String::new(),
                1 => CODE_OF_NOBODY.to_owned(),
                _ => codes[pick(codes.len())].clone(),
            };
            let position = match (self.by_code.get(&code), pick(6)) {
                (Some(whose), 1..) => {
                    *self.by_position.iter().find(|(_, other)| other.promoter == whose.promoter).unwrap().0
                }
                (None, 0) => 9_000_000 + i64::try_from(pick(8)).unwrap(),
                _ => 0,
            };
            let lines = 1 + pick(3);
            let items: Vec<(i64, usize)> =
                (0..lines).map(|_| (self.skus[pick(self.skus.len())], 1 + pick(4))).collect();
            let ago = i64::try_from(pick(usize::try_from(self.size.placed * 86_400).unwrap())).unwrap();
            let body = json!({
                "items": items, "sub_union_id": code, "position_id": position, "life": life, "with_coupon": pick(2) == 0,
                "at": now.plus_seconds(-ago).rfc3339(),
            });
            self.control("/sandbox/buy", body).await;
        }
    }

    fn daogou(&self, args: &[&str]) -> Command {
        let mut command = clean(Command::new(env!("CARGO_BIN_EXE_daogou")));
        command.current_dir(&self.folder).arg("--demo").args(args);
        command
    }

    fn worker(&self) -> Process {
        Process::start(self.daogou(&["worker"]))
    }

    /// All of the time in question, whatever the watermark says.
    fn pull(&self) -> Process {
        let from = self.begin.rfc3339();
        Process::start(self.daogou(&["orders", "pull", "--from", &from]))
    }

    /// Pulls until a pull goes through; the faults may refuse some.
    fn pull_through(&self) {
        for _ in 0..10 {
            let (done, said) = self.pull().ended();
            if done {
                return;
            }
            assert!(said.contains("the union refused or failed"), "{said}");
        }
        panic!("no pull went through in ten; TORTURE_SEED={}", self.seed);
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> String {
        let output = self.daogou(args).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{args:?}: {said}; TORTURE_SEED={}", self.seed);
        said
    }

    async fn run(&self, sql: &'static str, args: Vec<Arg>) -> u64 {
        for _ in 0..50 {
            if let Ok(mut tx) = self.f.ctx.db.begin().await
                && let Ok(changed) = tx.run(sql, args.clone()).await
                && tx.commit().await.is_ok()
            {
                return changed;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the database cannot be written: {sql}");
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.f.ctx.db.read().await.unwrap().one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap()
    }

    /// Leases of jobs run out, also of those that a living worker holds, and the next pull is due.
    async fn time_passes(&self) {
        self.run("UPDATE job SET lease_until_us = 0 WHERE state = 'running'", vec![]).await;
        let names = "UPDATE job SET run_at_us = 0 WHERE state = 'ready' AND name IN ('orders.pull', 'reports.roll_up')";
        self.run(names, vec![]).await;
    }

    async fn queries(&self) -> u64 {
        let stats = self.told("/sandbox/stats").await;
        stats["calls_by_method"]["jd.union.open.order.row.query"].as_u64().unwrap_or(0)
    }

    /// Until so many more queries of orders have reached the union, or it takes too long.
    async fn at_work(&self, more: u64) {
        let (until, started) = (self.queries().await + more, std::time::Instant::now());
        while self.queries().await < until && started.elapsed() < Duration::from_millis(2000) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The node number of a process that is dead is free after a while.
    async fn buried(&self, process: &Process) {
        let holder = format!("{}-", process.child.id());
        self.run("DELETE FROM lease WHERE substr(holder, 1, length($1)) = $1", args![holder]).await;
    }
}

/// All of them; those that cost seconds more rarely than they would happen by themselves.
fn faults(size: Size) -> String {
    format!("all,rate_limit=0.5,degraded=0.5,drop=0.8,hang={},late=10", size.hang)
}

/// Faults that cost no time.
const QUICK: &str = "repeat,shuffle,late=10,unknown_fields,strings,no_sub_union";

on_both_engines! {
    async fn the_books_survive_everything_at_once(f: Fixture) {
        let long = std::env::var("TORTURE").is_ok_and(|text| text == "long");
        let mut w = World::new(f, if long { LONG } else { SHORT }).await;
        w.control("/sandbox/clock", json!({ "release": true })).await;
        w.buy(w.size.orders).await;
        // The first pull of an account may begin where one likes; the worker goes on from there.
        let until = w.begin.plus_seconds(3600).rfc3339();
        let from = w.begin.rfc3339();
        for attempt in 0.. {
            let (done, said) = Process::start(w.daogou(&["orders", "pull", "--from", &from, "--to", &until])).ended();
            if done {
                break;
            }
            assert!(attempt < 10, "{said}");
        }
        killed_at_random_moments(&mut w).await;
        match w.engine {
            Engine::Lite => the_disk_is_full(&w).await,
            Engine::Pg => the_database_is_gone(&w).await,
        }
        healed(&w).await;
    }
}

/// Workers and pulls, two at once on PostgreSQL, killed with SIGKILL wherever they are.
async fn killed_at_random_moments(w: &mut World) {
    let at_once = if w.engine == Engine::Pg { 2 } else { 1 };
    let mut working: Vec<Process> = (0..at_once).map(|_| w.worker()).collect();
    let mut at_work = 0;
    for kill in 0..w.size.kills {
        w.time_passes().await;
        let (asked, wait) = (1 + w.draw.below(100), w.draw.below(30));
        w.at_work(asked).await;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let victim = usize::try_from(w.draw.below(at_once)).unwrap();
        let mut dead = std::mem::replace(&mut working[victim], if kill % 2 == 0 { w.pull() } else { w.worker() });
        at_work += usize::from(dead.is_alive());
        dead.kill();
        w.buried(&dead).await;
        if kill % 5 == 0 {
            w.buy(4).await;
        }
    }
    println!("{:?}: {at_work} of {} were at work when they were killed", w.engine, w.size.kills);
    assert!(at_work > w.size.kills / 2, "{at_work}; TORTURE_SEED={}", w.seed);
    // Side by side: the lease of one runs out while it lives, and the other takes the job.
    working.push(w.worker());
    for _ in 0..4 {
        w.time_passes().await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    for process in &mut working {
        process.kill();
        w.buried(process).await;
    }
}

/// No file may grow: as on a full disk, each write fails that needs more of it.
async fn the_disk_is_full(w: &World) {
    let full = |args: &str| {
        let program = env!("CARGO_BIN_EXE_daogou");
        let mut command = clean(Command::new("bash"));
        let script = format!("trap '' XFSZ; ulimit -f 64; exec {program} --demo {args}");
        command.current_dir(&w.folder).args(["-c", &script]);
        Process::start(command)
    };
    let before = w.count("SELECT COUNT(*) AS n FROM ledger_transaction").await;
    w.control("/sandbox/faults", json!({ "faults": format!("{QUICK},unknown_fields=100") })).await;
    w.time_passes().await;
    let mut worker = full("worker");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (done, said) = full(&format!("orders pull --from {}", w.begin.rfc3339())).ended();
    assert!(!done && said.contains("database"), "a pull on a full disk: {said}; TORTURE_SEED={}", w.seed);
    // It may have said so, and waits for better times.
    let alive = worker.is_alive();
    let said = worker.said();
    assert!(alive || said.contains("database"), "{said}");
    worker.kill();
    w.buried(&worker).await;
    let after = w.count("SELECT COUNT(*) AS n FROM ledger_transaction").await;
    assert!(after >= before, "{before} transactions, then {after}");
}

/// Connections break and no new one is taken, for as long as it lasts; then the same worker goes on.
async fn the_database_is_gone(w: &World) {
    let (admin, name) = (std::env::var("DAOGOU_TEST_PG").unwrap(), w.f.database.url.rsplit('/').next().unwrap());
    let admin = Db::open(&admin, Durability::Full, 2).await.unwrap();
    let allow = async |allowed: bool| {
        let mut tx = admin.begin().await.unwrap();
        let sql = "UPDATE pg_database SET datallowconn = ($2 = 1) WHERE datname = $1";
        assert_eq!(tx.run(sql, args![name, i64::from(allowed)]).await.unwrap(), 1);
        tx.commit().await.unwrap();
    };
    let mut worker = w.worker();
    w.time_passes().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    allow(false).await;
    let mut tx = admin.begin().await.unwrap();
    let sql = "SELECT COUNT(pg_terminate_backend(pid)) AS n FROM pg_stat_activity WHERE datname = $1";
    assert!(tx.one(sql, args![name]).await.unwrap().unwrap().int("n").unwrap() > 0);
    tx.commit().await.unwrap();
    let (done, said) = w.pull().ended();
    assert!(!done && !said.contains("panicked"), "a pull without a database: {said}; TORTURE_SEED={}", w.seed);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(worker.is_alive(), "{}", worker.said());
    allow(true).await;
    admin.close().await;
    // The worker that was there all the time comes back by itself.
    let sql = "SELECT COALESCE(MAX(last_ok_us), 0) AS n FROM job WHERE name = 'orders.pull'";
    w.control("/sandbox/faults", json!({ "faults": QUICK })).await;
    let before = w.count(sql).await;
    let started = std::time::Instant::now();
    while w.count(sql).await <= before {
        assert!(worker.is_alive(), "{}", worker.said());
        assert!(started.elapsed() < Duration::from_secs(60), "{}; TORTURE_SEED={}", worker.said(), w.seed);
        w.time_passes().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    if let (true, Ok(crash)) = (w.size.kills > SHORT.kills, std::env::var("TEST_PG_CRASH")) {
        // The server itself ends as in a crash, and with it what it had not written yet.
        for _ in 0..5 {
            w.time_passes().await;
            w.at_work(20).await;
            assert!(Command::new(&crash).stdout(Stdio::null()).status().unwrap().success());
        }
        assert!(worker.is_alive(), "{}", worker.said());
    }
    worker.kill();
    w.buried(&worker).await;
}

/// Time stands still at the union, all its rows come in the end, and the books are what they say.
async fn healed(w: &World) {
    let now = infra::Clock::system().now();
    w.control("/sandbox/clock", json!({ "at": now.rfc3339() })).await;
    let kinds = ["rate_limit", "degraded", "drop", "repeat", "late", "shuffle", "unknown_fields", "strings"];
    w.control("/sandbox/faults", json!({ "faults": faults(w.size) })).await;
    let mut met = json!({});
    for _ in 0..20 {
        met = w.told("/sandbox/faults").await["met"].clone();
        if kinds.iter().all(|kind| met[kind].as_u64() > Some(0)) {
            break;
        }
        w.pull().ended();
    }
    assert!(kinds.iter().all(|kind| met[kind].as_u64() > Some(0)), "{met}; TORTURE_SEED={}", w.seed);
    // Late rows are still late, so one pull is not enough.
    w.control("/sandbox/faults", json!({ "faults": QUICK })).await;
    for _ in 0..=sandbox::jd::LATE_QUERIES_MAX {
        w.pull_through();
    }
    let truth = final_rows(w).await;
    same_lines(w, &truth).await;
    let (expected, found) = (books_by(w, &truth), books(w).await);
    assert_eq!(expected, found, "TORTURE_SEED={}", w.seed);
    assert!(expected.keys().any(|(account, _)| account == "person.confirmed"), "too little happened: {expected:?}");
    let by_position = truth.iter().filter(|row| row["subUnionId"] == "" && whose(w, row).is_some()).count();
    assert!(by_position > 0, "no order was found by its position; TORTURE_SEED={}", w.seed);

    // Everything once more, and once more as it was never disguised: nothing is booked.
    let transactions = w.count("SELECT COUNT(*) AS n FROM ledger_transaction").await;
    w.pull_through();
    w.control("/sandbox/faults", json!({ "faults": "none,no_sub_union" })).await;
    w.pull_through();
    if w.size.walked >= app::commission::SWEEP_DAYS {
        w.done(&["orders", "sweep"]);
        w.done(&["orders", "sweep"]);
    }
    assert_eq!(w.count("SELECT COUNT(*) AS n FROM ledger_transaction").await, transactions, "TORTURE_SEED={}", w.seed);
    assert_eq!(books(w).await, found);

    let verified = w.done(&["ledger", "verify", "--json"]);
    assert!(verified.contains(r#""differences":0"#), "{verified}");
    w.done(&["ledger", "export", "--out", "books.beancount"]);
    bean_check(&w.folder.join("books.beancount"));
    println!(
        "{:?}: {} rows ({by_position} by position), {transactions} transactions, {} balances as reckoned; faults {met}",
        w.engine,
        truth.len(),
        found.len()
    );
}

/// Every row that changed in the time in question, as the union reports it in the end.
async fn final_rows(w: &World) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut after = 0;
    loop {
        let page = w.told(&format!("/sandbox/rows?after={after}")).await;
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    // A window is asked for from the second before its beginning.
    let from = w.begin.plus_seconds(-1).local(&Zone::china());
    rows.retain(|row| row["modifyTime"].as_str().unwrap() >= from.as_str());
    rows
}

/// Yuan as they stand in the row, in fen; nothing of a fen is there to be lost.
fn fen(yuan: &Value) -> i64 {
    let text = yuan.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    assert!(part.len() <= 2 && !whole.starts_with('-'), "{text}");
    whole.parse::<i64>().unwrap() * 100 + format!("{part:0<2}").parse::<i64>().unwrap()
}

/// What a row is worth now, and on which side of the books: pending or confirmed.
fn worth(row: &Value) -> Option<(&'static str, i64)> {
    match row["validCode"].as_i64().unwrap() {
        16 => Some(("estimated", fen(&row["estimateFee"]))),
        17 => Some(("confirmed", fen(&row["actualFee"]))),
        _ => None,
    }
}

fn whose(w: &World, row: &Value) -> Option<Whose> {
    match row["subUnionId"].as_str().unwrap() {
        "" => w.by_position.get(&row["positionId"].as_i64().unwrap()).copied(),
        code => w.by_code.get(code).copied(),
    }
}

type Books = BTreeMap<(String, i64), i64>;

/// The balances by account and owner, reckoned from the rows.
fn books_by(w: &World, rows: &[Value]) -> Books {
    let mut books = Books::new();
    let mut post = |account: &str, owner: i64, amount: i64| {
        *books.entry((account.to_owned(), owner)).or_default() += amount;
    };
    for row in rows {
        let Some((side, fee)) = worth(row) else { continue };
        let people = if side == "estimated" { "waiting" } else { "confirmed" };
        post(&format!("union.{side}"), w.account.raw(), fee);
        let mut rest = fee;
        let whose = whose(w, row);
        if let Some(Whose { promoter, direct, inviter }) = whose {
            for (person, tenths) in [Some((promoter, direct)), inviter].into_iter().flatten() {
                let share = fee * tenths / 10;
                rest -= share;
                post(&format!("person.{people}"), person, -share);
            }
        }
        post(&format!("platform.{people}"), whose.map_or(0, |_| w.program), -rest);
    }
    books.retain(|_, amount| *amount != 0);
    books
}

async fn books(w: &World) -> Books {
    let sql = "SELECT account, owner, CAST(SUM(balance_fen) AS BIGINT) AS fen FROM ledger_balance
               GROUP BY account, owner HAVING SUM(balance_fen) <> 0";
    let rows = w.f.ctx.db.read().await.unwrap().all(sql, vec![]).await.unwrap();
    let row =
        |row: &infra::db::Row| ((row.text("account").unwrap(), row.int("owner").unwrap()), row.int("fen").unwrap());
    rows.iter().map(row).collect()
}

/// Each row once, none lost, none twice, and the newest of each.
async fn same_lines(w: &World, truth: &[Value]) {
    let told: BTreeSet<(String, String, String)> = truth
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned);
            (text("id"), text("validCode"), text("modifyTime"))
        })
        .collect();
    let lines = w.f.lines().await;
    let kept: BTreeSet<(String, String, String)> = lines
        .iter()
        .map(|line| (line.row_key.clone(), line.raw_status.clone(), line.version.modified_at.local(&Zone::china())))
        .collect();
    assert_eq!(lines.len(), kept.len());
    let missing: Vec<_> = told.difference(&kept).take(5).collect();
    let strange: Vec<_> = kept.difference(&told).take(5).collect();
    assert!(
        missing.is_empty() && strange.is_empty(),
        "missing {missing:?}, strange {strange:?}; TORTURE_SEED={}",
        w.seed
    );
}

fn bean_check(file: &Path) {
    let done = Command::new("bean-check").arg(file).output().unwrap_or_else(|e| {
        panic!("bean-check cannot be run ({e}): run the tests with `make test`, which installs it into .tools")
    });
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
