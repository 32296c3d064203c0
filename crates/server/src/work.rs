//! Background work: which jobs there are, who takes them, how one runs.
//!
//! Any number of workers may share a database: a job is taken under a lease, and a worker that is killed loses nothing.

use crate::config::WorkerConfig;
use crate::failure::Failure;
use app::operations::{self, PULL_ORDERS, REFRESH_GOODS, SYNC_GOODS, VERIFY, VERIFY_NIGHTLY, alarms};
use app::{Ctx, catalog, commission, links, persons, programs, reports};
use infra::db::DbError;
use infra::jobs::{self, ATTEMPTS_MAX, IDLE, Job};
use kernel::{Bucket, UnionAccountId, VerifyRunId};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const SWEEP_ORDERS: &str = "orders.sweep";
const PURGE_GOODS: &str = "goods.purge";
const ANALYZE: &str = "db.analyze";
const ROLL_UP: &str = "reports.roll_up";
const PURGE_CLICKS: &str = "clicks.purge";
const PURGE_SESSIONS: &str = "sessions.purge";

/// What is under way when we are told to stop may take this long; well within what a service manager waits.
const FINISH_WITHIN: Duration = Duration::from_secs(10);
/// New union accounts get their jobs within this time.
const PLAN_EVERY: Duration = Duration::from_secs(60);
const DAY_SECONDS: i64 = 86_400;
const HOUR_SECONDS: i64 = 3_600;
const ROLL_UP_SECONDS: i64 = 10;
/// A round over recent weeks then takes about a day of an account with a few thousand orders a day.
const SWEEP_SECONDS: i64 = 600;
const SWEEP_PAGES_AT_ONCE: u32 = 12;
/// Oldest goods asked for again in one run of [`REFRESH_GOODS`].
const REFRESHED_AT_ONCE: u32 = 500;
/// Pages of one feed in one run of [`SYNC_GOODS`]; the rest is the next run's.
const PAGES_AT_ONCE: u32 = 20;
/// Pages of all feeds in one run, which must end well within the lease.
const PAGES_IN_A_RUN: u32 = 400;

/// Works until told to stop; what is under way has [`FINISH_WITHIN`] to end and is given back after that.
pub async fn run(ctx: Ctx, config: WorkerConfig, holder: String, stop: CancellationToken) -> Result<(), Failure> {
    plan(&ctx, &config).await?;
    let tasks = TaskTracker::new();
    let cut = CancellationToken::new();
    for _ in 0..config.parallel {
        let worker = Worker {
            ctx: ctx.clone(),
            config: config.clone(),
            holder: holder.clone(),
            stop: stop.clone(),
            cut: cut.clone(),
        };
        tasks.spawn(worker.take_jobs());
    }
    tasks.close();
    let mut again = tokio::time::interval(PLAN_EVERY);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = again.tick() => {
                if let Err(error) = plan(&ctx, &config).await {
                    tracing::warn!(error = %error, "work could not be planned; tried again in a minute");
                }
            }
        }
    }
    if tokio::time::timeout(FINISH_WITHIN, tasks.wait()).await.is_err() {
        cut.cancel();
        tasks.wait().await;
    }
    Ok(())
}

/// Plans the recurring work; planning it again changes nothing.
pub async fn plan(ctx: &Ctx, config: &WorkerConfig) -> Result<(), DbError> {
    let accounts = programs::store::accounts(&mut ctx.db.read().await?).await?;
    let now = ctx.now();
    let mut tx = ctx.db.begin().await?;
    let mut wanted = vec![
        (ROLL_UP, String::new(), ROLL_UP_SECONDS),
        (PURGE_CLICKS, String::new(), DAY_SECONDS),
        (PURGE_GOODS, String::new(), DAY_SECONDS),
        (ANALYZE, String::new(), HOUR_SECONDS),
        (PURGE_SESSIONS, String::new(), DAY_SECONDS),
        (VERIFY_NIGHTLY, String::new(), HOUR_SECONDS),
        (alarms::WATCH, String::new(), alarms::EVERY_SECONDS),
        (alarms::SEND, String::new(), alarms::EVERY_SECONDS),
    ];
    for account in accounts.iter().filter(|a| a.active) {
        let key = account.id.to_string();
        wanted.push((PULL_ORDERS, key.clone(), i64::from(config.orders_every)));
        wanted.push((SWEEP_ORDERS, key.clone(), SWEEP_SECONDS));
        wanted.push((SYNC_GOODS, key.clone(), i64::from(config.goods_every)));
        wanted.push((REFRESH_GOODS, key, i64::from(config.goods_every)));
    }
    for (name, key, every) in wanted {
        jobs::plan(&mut tx, ctx.ids.next(Bucket::ZERO), name, &key, "{}", Some(every), now).await?;
    }
    tx.commit().await
}

/// One of those who take jobs.
struct Worker {
    ctx: Ctx,
    config: WorkerConfig,
    holder: String,
    /// Takes no more.
    stop: CancellationToken,
    /// Does not even finish.
    cut: CancellationToken,
}

impl Worker {
    async fn take_jobs(self) {
        while !self.stop.is_cancelled() {
            let claimed =
                match jobs::claim(&self.ctx.db, &self.holder, self.ctx.now(), i64::from(self.config.lease_seconds))
                    .await
                {
                    Ok(claimed) => claimed,
                    Err(error) => {
                        tracing::warn!(error = %error, "no job could be taken");
                        None
                    }
                };
            match claimed {
                Some(job) if self.stop.is_cancelled() => self.give_back(&job).await,
                Some(job) => self.run_one(&job).await,
                None => {
                    tokio::select! {
                        () = self.stop.cancelled() => {}
                        () = tokio::time::sleep(IDLE) => {}
                    }
                }
            }
        }
    }

    async fn run_one(&self, job: &Job) {
        let Worker { ctx, config, holder, .. } = self;
        let work = perform(ctx, config, job);
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = keep_lease(ctx, i64::from(config.lease_seconds), holder, job) => {
                // Somebody else has the job now; what was committed stands, the rest is theirs.
                tracing::warn!(job = %job.name, key = %job.key, "the lease was lost; the run stops");
                return;
            }
            () = self.cut.cancelled() => {
                // What was committed stands, as if we had been killed; the next one goes on from there.
                tracing::info!(job = %job.name, key = %job.key, "a job was cut off and given back");
                return self.give_back(job).await;
            }
        };
        let word = if outcome.is_ok() { "ok" } else { "failed" };
        ctx.metrics.jobs.with_label_values(&[job.name.as_str(), word]).inc();
        if let Err(error) = &outcome {
            tracing::warn!(job = %job.name, key = %job.key, attempts = job.attempts, error = %error, "a job failed");
        }
        match jobs::finish(&ctx.db, job, holder, ctx.now(), outcome).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(job = %job.name, key = %job.key, "the run ended after its lease; another one counts")
            }
            Err(error) => {
                tracing::warn!(job = %job.name, error = %error, "the end of a job could not be noted; its lease runs out")
            }
        }
    }

    async fn give_back(&self, job: &Job) {
        if let Err(error) = jobs::give_back(&self.ctx.db, job, &self.holder, self.ctx.now()).await {
            tracing::warn!(job = %job.name, error = %error, "a job could not be given back; its lease runs out");
        }
    }
}

/// Returns when the lease is lost.
async fn keep_lease(ctx: &Ctx, seconds: i64, holder: &str, job: &Job) {
    let third = Duration::from_secs(u64::try_from(seconds / 3).unwrap_or(60));
    loop {
        tokio::time::sleep(third).await;
        match jobs::renew(&ctx.db, job, holder, ctx.now(), seconds).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(job = %job.name, error = %error, "a lease could not be renewed"),
        }
    }
}

async fn perform(ctx: &Ctx, config: &WorkerConfig, job: &Job) -> Result<(), String> {
    let account = || job.key.parse::<UnionAccountId>().map_err(|e| format!("job key {}: {e}", job.key));
    // The jobs of an account that was paused stay planned, so that they go on when it is active again.
    if let Ok(id) = account() {
        let mut read = ctx.db.read().await.map_err(text)?;
        let known = programs::find_account(&mut read, id).await.map_err(text)?;
        if !known.is_some_and(|(account, _)| account.active) {
            return Ok(());
        }
    }
    match job.name.as_str() {
        PULL_ORDERS => {
            let account = account()?;
            commission::pull_orders(ctx, account, None, None, |_| {}).await.map_err(|e| e.to_string())?;
            let mark = app::orders::store::watermark(&mut ctx.db.read().await.map_err(text)?, account).await;
            if let Some(mark) = mark.map_err(text)? {
                ctx.metrics.order_feed_lag_seconds.set(ctx.now().seconds() - mark.seconds());
            }
        }
        SWEEP_ORDERS => {
            commission::sweep_orders(ctx, account()?, SWEEP_PAGES_AT_ONCE, |_| {}).await.map_err(|e| e.to_string())?;
        }
        SYNC_GOODS => {
            let account = account()?;
            let limits = catalog::SyncLimits { pages_max: PAGES_AT_ONCE, pages_total: PAGES_IN_A_RUN };
            catalog::sync_categories(ctx, account).await.map_err(|e| e.to_string())?;
            let report = catalog::sync(ctx, account, catalog::Feed::defaults(), limits, |_| {}).await;
            report.map_err(|e| e.to_string())?;
        }
        REFRESH_GOODS => {
            catalog::refresh(ctx, account()?, REFRESHED_AT_ONCE).await.map_err(|e| e.to_string())?;
        }
        ROLL_UP => {
            reports::roll_up(ctx).await.map_err(text)?;
        }
        PURGE_CLICKS => {
            let before = ctx.now().plus_days(-i64::from(config.clicks_kept_days));
            links::purge_clicks(ctx, before).await.map_err(|e| e.to_string())?;
        }
        ANALYZE => {
            ctx.db.analyze().await.map_err(text)?;
            ctx.clicks.analyze().await.map_err(text)?;
        }
        PURGE_GOODS => {
            catalog::purge_points(ctx).await.map_err(text)?;
        }
        PURGE_SESSIONS => {
            persons::purge_sessions(ctx).await.map_err(text)?;
        }
        VERIFY => {
            let run = job.key.parse::<VerifyRunId>().map_err(|e| format!("job key {}: {e}", job.key))?;
            let outcome = operations::verify(ctx, run).await.map_err(|e| e.to_string());
            if let Err(error) = &outcome
                && job.attempts >= ATTEMPTS_MAX
            {
                operations::give_up(ctx, run, error).await.map_err(text)?;
            }
            outcome?;
        }
        VERIFY_NIGHTLY => {
            operations::ask_nightly(ctx).await.map_err(text)?;
        }
        alarms::WATCH => alarms::watch(ctx).await.map_err(text)?,
        alarms::SEND => alarms::send(ctx).await.map_err(|e| e.to_string())?,
        unknown => return Err(format!("this program knows no job {unknown}")),
    }
    Ok(())
}

fn text(error: DbError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use infra::args;
    use infra::db::Arg;
    use infra::jobs::LEASE_SECONDS;
    use serde_json::json;
    use testkit::{Fixture, Report, on_both_engines};

    const HOLDER: &str = "a worker";

    fn worker(f: &Fixture) -> Worker {
        Worker {
            ctx: f.ctx.clone(),
            config: Config::default().worker,
            holder: HOLDER.to_owned(),
            stop: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Does what is due; how many jobs that were.
    async fn work(f: &Fixture) -> usize {
        let worker = worker(f);
        let mut done = 0;
        while let Some(job) = jobs::claim(&f.ctx.db, HOLDER, f.ctx.now(), LEASE_SECONDS).await.unwrap() {
            worker.run_one(&job).await;
            done += 1;
        }
        done
    }

    async fn change(f: &Fixture, sql: &'static str, args: Vec<Arg>) {
        let mut tx = f.ctx.db.begin().await.unwrap();
        assert_eq!(tx.run(sql, args).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }

    on_both_engines! {
        async fn a_verification_is_done_by_the_worker_and_a_retry_ends_one_that_failed(f: Fixture) {
            let owner = f.owner().await;
            let program = f.program("p").await;
            let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
            let promoter = f.promoter(&program, "甲", None).await;
            f.report(account, &[Report::paid("L1", &f.code(&promoter, 0), 654, f.ctx.now())]).await;
            f.post("/ledger/verify", &owner, json!({})).await.ok();
            assert_eq!(work(&f).await, 1);
            let run = f.get("/ledger/verify", &owner).await.ok();
            assert_eq!((&run["state"], &run["lines"], &run["findings_total"]), (&json!("done"), &json!(1), &json!(0)));
            assert_eq!(f.get("/jobs", &owner).await.ok()["items"], json!([]));

            // Books that cannot even be read.
            f.clock.advance_seconds(1);
            let seq = args![1i64];
            change(&f, "UPDATE ledger_posting SET account = 'gold' WHERE seq = $1", seq).await;
            f.post("/ledger/verify", &owner, json!({})).await.ok();
            for attempt in 1..=ATTEMPTS_MAX {
                assert_eq!(work(&f).await, 1);
                let state = if attempt < ATTEMPTS_MAX { "running" } else { "failed" };
                let run = f.get("/ledger/verify", &owner).await.ok();
                assert_eq!(run["state"], state, "after {attempt} attempts");
                f.clock.advance_seconds(3600);
            }
            assert_eq!(work(&f).await, 0);
            let run = f.get("/ledger/verify", &owner).await.ok();
            assert!(run["error"].as_str().unwrap().contains("gold"), "{run}");
            let job = f.get("/jobs", &owner).await.ok()["items"][0].clone();
            assert_eq!(job["state"], "failed");

            change(&f, "UPDATE ledger_posting SET account = 'union.estimated' WHERE account = $1", args!["gold"]).await;
            let retry = format!("/jobs/{}/retry", job["id"].as_str().unwrap());
            assert_eq!(f.post(&retry, &owner, json!({})).await.status, 204);
            assert_eq!(work(&f).await, 1);
            let run = f.get("/ledger/verify", &owner).await.ok();
            assert_eq!((&run["state"], &run["error"], &run["lines"]), (&json!("done"), &json!(null), &json!(1)));
            assert_eq!((&run["buckets_done"], &run["findings_total"]), (&json!(64), &json!(0)));
        }

        async fn work_that_is_cut_off_is_given_back_at_once(f: Fixture) {
            // Whoever is asked there never answers.
            let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let program = f.program("p").await;
            let account =
                f.union_account(&format!("http://{}/routerjson", silent.local_addr().unwrap()), &[program.id]).await;
            let mut tx = f.ctx.db.begin().await.unwrap();
            let id = f.ctx.ids.next(Bucket::ZERO);
            jobs::plan(&mut tx, id, PULL_ORDERS, &account.to_string(), "{}", Some(60), f.ctx.now()).await.unwrap();
            tx.commit().await.unwrap();
            let worker = worker(&f);
            let job = jobs::claim(&f.ctx.db, HOLDER, f.ctx.now(), LEASE_SECONDS).await.unwrap().unwrap();
            let cut = worker.cut.clone();
            let (_, took) = tokio::join!(
                async {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    cut.cancel();
                },
                async {
                    let begun = std::time::Instant::now();
                    worker.run_one(&job).await;
                    begun.elapsed()
                }
            );
            assert!(took < Duration::from_secs(3), "{took:?}");
            let again = jobs::claim(&f.ctx.db, "another worker", f.ctx.now(), LEASE_SECONDS).await.unwrap().unwrap();
            assert_eq!((again.id, again.attempts), (job.id, 1), "at once, and the attempt did not count");
        }
    }
}
