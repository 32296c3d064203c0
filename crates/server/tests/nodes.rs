//! Three processes on one PostgreSQL, each behind the failure of the one before: one killed in the middle of its work, one
//! stopped there for longer than its leases and let go on, one healthy. Leases last seconds here instead of minutes.
#![cfg(unix)]

use infra::args;
use infra::db::{Engine, Tx};
use infra::{Clock, jobs, outbox};
use kernel::{Bucket, Zone};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use testkit::{Fixture, Report};

const LEASE_SECONDS: u64 = 4;
const TOPIC: &str = "order.changed";
const ROLL_UP: &str = "reports.roll_up";

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Killed with the test, also where it fails.
struct Process {
    child: Child,
    log: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(folder: &Path, name: &str, args: &[&str]) -> Process {
        let log = folder.join(format!("{name}.log"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_daogou"));
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("DAOGOU_")) {
            command.env_remove(key);
        }
        let child = command
            .current_dir(folder)
            .arg("--demo")
            .args(args)
            .env("DAOGOU_MASTER_KEY", "5a".repeat(32))
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Process { child, log }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Its exit code; `None` where a signal ended it.
    async fn ended(&mut self) -> Option<i32> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "it does not end: {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn count(f: &Fixture, sql: &'static str) -> i64 {
    f.ctx.db.read().await.unwrap().one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap()
}

/// Statements that wait for a lock.
const BLOCKED: &str = "SELECT COUNT(*) AS n FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";
const FACTS: &str = "SELECT COUNT(*) AS n FROM outbox";
/// Ours, and the one that the workers plan by themselves.
const VERIFIED: &str =
    "SELECT CASE WHEN MIN(CASE state WHEN 'done' THEN buckets_done ELSE 0 END) = 64 THEN 1 ELSE 0 END AS n
    FROM verify_run";

async fn until(f: &Fixture, sql: &'static str, wanted: i64, processes: &[&Process]) {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let found = count(f, sql).await;
        if found == wanted {
            return;
        }
        let said: Vec<String> = processes.iter().map(|p| p.said()).collect();
        assert!(Instant::now() < end, "{found} instead of {wanted}: {sql}\n{}", said.join("\n"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Holds the roll-up of one bucket and day until it is dropped.
async fn hold(f: &Fixture, bucket: Bucket, program: i64, day: i64) -> Tx {
    let mut tx = f.ctx.db.begin().await.unwrap();
    tx.run(
        "INSERT INTO day_total (bucket, program_id, day, lines, gmv_fen, fee_fen, direct_fen, inviter_fen, platform_fen)
         VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0)",
        args![bucket, program, day],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let mut tx = f.ctx.db.begin().await.unwrap();
    tx.run("SET LOCAL idle_in_transaction_session_timeout = 0", vec![]).await.unwrap();
    let locked = tx
        .run(
            "UPDATE day_total SET lines = lines WHERE bucket = $1 AND program_id = $2 AND day = $3",
            args![bucket, program, day],
        )
        .await
        .unwrap();
    assert_eq!(locked, 1);
    tx
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_killed_one_paused_one_healthy() {
    let f = Fixture::new(Engine::Pg).await;
    f.clock.set(Clock::system().now());
    let owner = f.owner().await;
    let program = f.program("p").await;
    let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
    let mut reports = Vec::new();
    for n in 0..16 {
        let promoter = f.promoter(&program, &format!("promoter {n}"), None).await;
        let code = f.code(&promoter, 0);
        reports.extend((0..20).map(|m| Report::paid(&format!("L{n}-{m}"), &code, 654 + n, f.ctx.now())));
    }
    f.report(account, &reports).await;
    let lines = i64::try_from(reports.len()).unwrap();
    let day = Zone::china().day(f.ctx.now()).unwrap();
    let buckets = outbox::waiting(&mut f.ctx.db.read().await.unwrap(), TOPIC).await.unwrap();
    assert!(buckets.len() > 3, "16 promoters in {} buckets", buckets.len());
    let first = hold(&f, buckets[0], program.id.raw(), day).await;
    let second = hold(&f, buckets[1], program.id.raw(), day).await;

    // Nothing listens there, and nothing needs to.
    let name = f.database.url.rsplit('/').next().unwrap().to_owned();
    let mut tx = f.ctx.db.begin().await.unwrap();
    tx.run("UPDATE union_account SET state = 'paused'", vec![]).await.unwrap();
    tx.run_once(format!("ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '3s'")).await.unwrap();
    tx.commit().await.unwrap();
    let folder = Folder(std::env::temp_dir().join(format!("daogou-nodes-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!(
        "[database]\nurl = '{}'\nconnections = 4\n[http]\nlisten = '127.0.0.1:{port}'\nmetrics_listen = ''\n\
         [worker]\nlease_seconds = {LEASE_SECONDS}\n",
        f.database.url
    );
    std::fs::write(folder.0.join("daogou.toml"), config).unwrap();

    // The first is killed while its roll-up waits in the middle of a transaction.
    let mut killed = Process::start(&folder.0, "killed", &["worker"]);
    until(&f, BLOCKED, 1, &[&killed]).await;
    killed.signal("KILL");
    assert_eq!(killed.ended().await, None);
    drop(first);
    until(&f, BLOCKED, 0, &[&killed]).await;

    // The second takes the job once the lease is over, and is stopped in the middle of it.
    let mut paused = Process::start(&folder.0, "paused", &["worker"]);
    until(&f, BLOCKED, 1, &[&paused]).await;
    paused.signal("STOP");
    drop(second);
    // Until its node number may be given to another.
    tokio::time::sleep(Duration::from_secs(2 * LEASE_SECONDS + 1)).await;

    // Two healthy ones: a worker, and a server that works as well. They have both numbers that the others had.
    let worker = Process::start(&folder.0, "worker", &["worker"]);
    let server = Process::start(&folder.0, "server", &["serve"]);
    let held = "SELECT COUNT(DISTINCT holder) AS n FROM lease
        WHERE name IN ('node/0', 'node/1') AND until_us > EXTRACT(EPOCH FROM clock_timestamp()) * 1000000";
    until(&f, held, 2, &[&worker, &server]).await;
    app::operations::ask(&f.ctx, owner.person).await.unwrap();
    let both = [&worker, &server];
    // Also what the paused one has locked: the server ends its transaction.
    until(&f, FACTS, 0, &both).await;
    paused.signal("CONT");
    until(&f, VERIFIED, 1, &both).await;

    // Who comes back too late ends by itself and says why.
    assert_eq!(paused.ended().await, Some(1), "{}", paused.said());
    assert!(paused.said().contains("the node number was lost"), "{}", paused.said());

    // Every fact once, although two runs died in the middle of it.
    assert_eq!(count(&f, "SELECT CAST(SUM(lines) AS BIGINT) AS n FROM day_total").await, lines);
    assert_eq!(count(&f, "SELECT CAST(SUM(lines) AS BIGINT) AS n FROM promoter_total").await, lines);
    let fees = reports.iter().map(|r| r.estimated_fen).sum::<i64>();
    assert_eq!(count(&f, "SELECT CAST(SUM(fee_fen) AS BIGINT) AS n FROM promoter_total").await, fees);
    assert_eq!(count(&f, "SELECT CAST(SUM(findings) AS BIGINT) AS n FROM verify_run").await, 0);
    f.assert_verified().await;

    // The last run of the job is a healthy one's, and nobody who came late has spoilt it.
    let ready = "SELECT COUNT(*) AS n FROM job WHERE name = 'reports.roll_up' AND state = 'ready' AND attempts = 0
        AND last_error IS NULL AND last_ok_us IS NOT NULL";
    until(&f, ready, 1, &both).await;
    let states = jobs::list(&mut f.ctx.db.read().await.unwrap()).await.unwrap();
    assert!(states.iter().any(|s| s.job.name == ROLL_UP));
    assert!(states.iter().all(|s| s.state != "failed"), "{states:?}");

    // Told to stop, they give their numbers back.
    for mut process in [worker, server] {
        process.signal("TERM");
        assert_eq!(process.ended().await, Some(0), "{}", process.said());
    }
    until(&f, held, 0, &[]).await;
}
