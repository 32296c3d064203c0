//! Recurring and one-off work. Owns `job`: a small table, one row per piece of work.
//!
//! States: ready → running (under a lease) → ready again (recurring), gone (one-off, done) or failed (one-off, out of
//! attempts). A worker that is killed loses nothing: its lease runs out and another takes the job. A job may therefore
//! run twice, and every handler is written for that. Only the newest run says how it ended: one that was paused for longer
//! than its lease finds that its run is no longer the job's, even where the same process has the job again.

use crate::args;
use crate::db::{Db, DbError, Tx};
use kernel::{Instant, JobId};
use std::time::Duration;

/// Attempts of a one-off job at the most.
pub const ATTEMPTS_MAX: i64 = 8;
/// What a lease usually lasts; renewed at a third of it.
pub const LEASE_SECONDS: i64 = 300;
/// Longest wait between attempts.
const BACK_OFF_MAX_SECONDS: i64 = 900;

/// A piece of work. `key` makes a double harmless: (name, key) exists once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub name: String,
    pub key: String,
    pub payload: String,
    pub attempts: i64,
    /// When it was due. Together with `attempts` it is another one for each run.
    pub run_at: Instant,
    /// Seconds between runs; `None` for one-off work.
    pub every_seconds: Option<i64>,
}

/// One row of the jobs page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobState {
    pub job: Job,
    pub state: String,
    pub last_ok: Option<Instant>,
    pub last_error: Option<String>,
}

/// Plans work; already planned work keeps its time.
pub async fn plan(
    tx: &mut Tx,
    id: JobId,
    name: &str,
    key: &str,
    payload: &str,
    every_seconds: Option<i64>,
    run_at: Instant,
) -> Result<(), DbError> {
    tx.run(
        "INSERT INTO job (id, name, job_key, payload, every_s, state, run_at_us, lease_until_us, attempts)
         VALUES ($1, $2, $3, $4, $5, 'ready', $6, 0, 0)
         ON CONFLICT (name, job_key) DO UPDATE SET every_s = excluded.every_s, payload = excluded.payload",
        args![id, name, key, payload, every_seconds, run_at],
    )
    .await
    .map(|_| ())
}

/// Takes one due job under a lease.
pub async fn claim(db: &Db, holder: &str, now: Instant, lease_seconds: i64) -> Result<Option<Job>, DbError> {
    let mut tx = db.begin().await?;
    let row = tx
        .one(
            "WITH c AS MATERIALIZED (
                SELECT id FROM job
                WHERE (state = 'ready' AND run_at_us <= $1) OR (state = 'running' AND lease_until_us < $1)
                ORDER BY run_at_us, id LIMIT 1 /*pg: FOR UPDATE SKIP LOCKED */)
             UPDATE job SET state = 'running', lease_until_us = $2, holder = $3, attempts = attempts + 1
             FROM c WHERE job.id = c.id
             RETURNING job.id, name, job_key, payload, attempts, run_at_us, every_s",
            args![now, now.plus_seconds(lease_seconds), holder],
        )
        .await?;
    tx.commit().await?;
    row.map(|row| job_of(&row)).transpose()
}

fn job_of(row: &crate::db::Row) -> Result<Job, DbError> {
    Ok(Job {
        id: row.id("id")?,
        name: row.text("name")?,
        key: row.text("job_key")?,
        payload: row.text("payload")?,
        attempts: row.int("attempts")?,
        run_at: row.instant("run_at_us")?,
        every_seconds: row.opt_int("every_s")?,
    })
}

/// Renews the lease; `false` if it was lost (the work must stop).
pub async fn renew(db: &Db, job: &Job, holder: &str, now: Instant, lease_seconds: i64) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    let renewed = tx
        .run(
            "UPDATE job SET lease_until_us = $5
             WHERE id = $1 AND state = 'running' AND holder = $2 AND run_at_us = $3 AND attempts = $4",
            args![job.id, holder, job.run_at, job.attempts, now.plus_seconds(lease_seconds)],
        )
        .await?;
    tx.commit().await?;
    Ok(renewed == 1)
}

/// Notes how a run ended and when the next one is; `false` if the job is somebody else's by now, and nothing was noted.
pub async fn finish(
    db: &Db,
    job: &Job,
    holder: &str,
    now: Instant,
    outcome: Result<(), String>,
) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    let ours = args![job.id, holder, job.run_at, job.attempts];
    let noted = match (&outcome, job.every_seconds) {
        (Ok(()), Some(every)) => {
            tx.run(
                "UPDATE job SET state = 'ready', run_at_us = $5, attempts = 0, last_ok_us = $6, last_error = NULL
                 WHERE id = $1 AND state = 'running' AND holder = $2 AND run_at_us = $3 AND attempts = $4",
                [ours, args![now.plus_seconds(every), now]].concat(),
            )
            .await?
        }
        (Ok(()), None) => {
            tx.run(
                "DELETE FROM job
                 WHERE id = $1 AND state = 'running' AND holder = $2 AND run_at_us = $3 AND attempts = $4",
                ours,
            )
            .await?
        }
        (Err(error), every) => {
            let over = every.is_none() && job.attempts >= ATTEMPTS_MAX;
            let state = if over { "failed" } else { "ready" };
            let wait = back_off(job.attempts).max(every.unwrap_or(0).min(BACK_OFF_MAX_SECONDS));
            let error: String = error.chars().take(500).collect();
            tx.run(
                "UPDATE job SET state = $5, run_at_us = $6, last_error = $7
                 WHERE id = $1 AND state = 'running' AND holder = $2 AND run_at_us = $3 AND attempts = $4",
                [ours, args![state, now.plus_seconds(wait), error]].concat(),
            )
            .await?
        }
    };
    tx.commit().await?;
    Ok(noted == 1)
}

/// Gives a job back that was not finished: it is due now, and the attempt does not count.
pub async fn give_back(db: &Db, job: &Job, holder: &str, now: Instant) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    tx.run(
        "UPDATE job SET state = 'ready', run_at_us = $3, lease_until_us = 0, attempts = attempts - 1
         WHERE id = $1 AND state = 'running' AND holder = $2 AND run_at_us = $4 AND attempts = $5",
        args![job.id, holder, now, job.run_at, job.attempts],
    )
    .await?;
    tx.commit().await
}

/// Makes a job due now, also one that failed for good; false while it runs, or where there is none.
pub async fn retry(tx: &mut Tx, id: JobId, now: Instant) -> Result<bool, DbError> {
    let changed = tx
        .run(
            "UPDATE job SET state = 'ready', run_at_us = $2, attempts = 0 WHERE id = $1 AND state <> 'running'",
            args![id, now],
        )
        .await?;
    Ok(changed == 1)
}

/// All jobs, at most 500: there are a few per union account.
pub async fn list(tx: &mut Tx) -> Result<Vec<JobState>, DbError> {
    let rows = tx
        .all(
            "SELECT id, name, job_key, payload, attempts, every_s, state, run_at_us, last_ok_us, last_error
             FROM job ORDER BY name, job_key LIMIT 500",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(JobState {
                job: job_of(row)?,
                state: row.text("state")?,
                last_ok: row.opt_instant("last_ok_us")?,
                last_error: row.opt_text("last_error")?,
            })
        })
        .collect()
}

/// 5, 10, 20 … seconds, at most fifteen minutes.
fn back_off(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 9) - 1).unwrap_or(0);
    (5i64 << doublings).min(BACK_OFF_MAX_SECONDS)
}

/// How long a worker waits when nothing is due.
pub const IDLE: Duration = Duration::from_millis(500);
