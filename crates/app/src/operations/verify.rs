//! The verification as a run: asked for by a person, done by the worker, with the code of `daogou ledger verify`.

use super::VERIFY;
use super::store::{self, RunState};
use crate::audit::{self, Deed};
use crate::commission::verify_bucket;
use crate::ctx::Ctx;
use crate::ledger::LedgerError;
use infra::db::DbError;
use infra::jobs;
use kernel::{Bucket, PersonId, VerifyRunId};
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
