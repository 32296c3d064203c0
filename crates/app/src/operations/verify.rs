//! The verification as a run: asked for by a person, done by the worker, with the code of `daogou ledger verify`.

use super::VERIFY;
use super::store::{self, RunState};
use crate::audit::{self, Deed};
use crate::commission::verify_bucket;
use crate::ctx::Ctx;
use crate::ledger::LedgerError;
use infra::db::DbError;
use infra::jobs;
use kernel::{Bucket, Instant, PersonId, VerifyRunId, Zone};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("another worker has the run")]
    Overtaken,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Plans a run; the one that is under way where there is one.
pub async fn ask(ctx: &Ctx, by: PersonId) -> Result<VerifyRunId, DbError> {
    let mut tx = ctx.db.begin().await?;
    let id: VerifyRunId = ctx.ids.next(Bucket::ZERO);
    let run = match store::ask_run(&mut tx, id, by, ctx.now()).await? {
        true => {
            let (subject, detail) = (id.to_string(), json!({}));
            let deed = Deed { by, program: None, action: "ledger.verify", subject, detail };
            audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
            id
        }
        false => store::run_under_way(&mut tx).await?.ok_or_else(|| DbError::Shape("a run ended just now".into()))?,
    };
    // Planned again where its job is there already: nothing changes.
    let job = ctx.ids.next(Bucket::ZERO);
    jobs::plan(&mut tx, job, VERIFY, &run.to_string(), "{}", None, ctx.now()).await?;
    tx.commit().await?;
    Ok(run)
}

/// Plans the run of a night: between three and five o'clock in China, when nobody buys, and at the latest a day and a half after
/// the last one. True where one was planned.
pub async fn ask_nightly(ctx: &Ctx) -> Result<bool, DbError> {
    let now = ctx.now();
    let last = store::newest_run(&mut ctx.db.read().await?, None).await?;
    let last = last.map(|run| run.started_at.unwrap_or(run.id.made_at()));
    if !is_due(now, last)? {
        return Ok(false);
    }
    // Nobody asked for it: person 0.
    let mut tx = ctx.db.begin().await?;
    let id: VerifyRunId = ctx.ids.next(Bucket::ZERO);
    if store::ask_run(&mut tx, id, PersonId::from_raw(0), now).await? {
        let job = ctx.ids.next(Bucket::ZERO);
        jobs::plan(&mut tx, job, VERIFY, &id.to_string(), "{}", None, now).await?;
        tx.commit().await?;
        return Ok(true);
    }
    Ok(false)
}

fn is_due(now: Instant, last: Option<Instant>) -> Result<bool, DbError> {
    let china = Zone::china();
    let begun = china.day(now).and_then(|day| china.day_start(day)).map_err(|e| DbError::Shape(e.to_string()))?;
    let hour = (now.seconds() - begun.seconds()) / 3600;
    let age = |hours: i64| last.is_none_or(|last| last.plus_seconds(hours * 3600) <= now);
    Ok(((3..5).contains(&hour) && age(12)) || age(36))
}

/// Verifies bucket by bucket, from where the run stopped. A run that is done stays so.
pub async fn verify(ctx: &Ctx, run: VerifyRunId) -> Result<(), VerifyError> {
    let mut tx = ctx.db.begin().await?;
    let begun = store::begin_run(&mut tx, run, ctx.now()).await?;
    tx.commit().await?;
    let Some(from) = begun else { return Ok(()) };
    for bucket in Bucket::all().filter(|bucket| i64::from(bucket.number()) >= from) {
        let found = verify_bucket(ctx, bucket).await?;
        let mut tx = ctx.db.begin().await?;
        if !store::advance_run(&mut tx, run, bucket, &found).await? {
            return Err(VerifyError::Overtaken);
        }
        tx.commit().await?;
    }
    let mut tx = ctx.db.begin().await?;
    store::end_run(&mut tx, run, RunState::Done, ctx.now(), None).await?;
    Ok(tx.commit().await?)
}

/// Its job is out of attempts; a retry of the job goes on with it.
pub async fn give_up(ctx: &Ctx, run: VerifyRunId, error: &str) -> Result<(), DbError> {
    let error: String = error.chars().take(500).collect();
    let mut tx = ctx.db.begin().await?;
    store::end_run(&mut tx, run, RunState::Failed, ctx.now(), Some(&error)).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_has_one_run_and_a_missed_one_is_made_up_for() {
        let at = |text: &str| Instant::parse_rfc3339(text).unwrap();
        // 03:30 in China.
        let night = at("2026-11-24T19:30:00Z");
        let due = |now, last| is_due(now, last).unwrap();
        assert!(due(night, Some(at("2026-11-23T19:31:00Z"))) && due(night, None));
        assert!(!due(night, Some(at("2026-11-24T19:05:00Z"))), "once a night");
        assert!(!due(at("2026-11-25T04:00:00Z"), Some(at("2026-11-24T19:31:00Z"))), "not by day");
        assert!(!due(night.plus_seconds(2 * 3600), Some(night.plus_days(-1))), "nor in the morning");
        assert!(due(at("2026-11-25T04:00:00Z"), Some(at("2026-11-23T15:00:00Z"))), "unless the night was missed");
    }
}
