//! POST and GET /ledger/verify: asks for a verification of the books, and tells how far it is.

use crate::ctx::Ctx;
use crate::operations;
use crate::operations::store::{self, Kept};
use crate::staff::{Caller, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Failure, ProblemBody};
use kernel::{Bucket, Instant, VerifyRunId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct Asked {
    /// The new run, or the one that is under way.
    #[schema(value_type = String)]
    pub run: VerifyRunId,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RunBody {
    /// `never`, `waiting`, `running`, `done` or `failed`.
    pub state: &'static str,
    #[schema(value_type = Option<String>)]
    pub run: Option<VerifyRunId>,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub buckets_done: i64,
    pub buckets: usize,
    pub transactions: i64,
    pub postings: i64,
    pub accounts: i64,
    pub lines: i64,
    /// The first 100.
    pub findings: Vec<FindingBody>,
    pub findings_total: i64,
    /// Why it failed.
    pub error: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FindingBody {
    /// `unbalanced`, `balance`, `orphan`, `content`, `target`, `report`, `settled`, `deal`.
    pub rule: String,
    pub subject: String,
    pub detail: String,
}

impl From<Kept> for FindingBody {
    fn from(kept: Kept) -> FindingBody {
        FindingBody { rule: kept.rule, subject: kept.subject, detail: kept.detail }
    }
}

/// Plans a verification of all books; the worker does it. One that is under way is not started twice.
#[utoipa::path(post, path = "/ledger/verify", tag = "ledger", operation_id = "verify_ledger",
    responses((status = 202, body = Asked), (status = 403, body = ProblemBody)))]
pub async fn ask(State(ctx): State<Ctx>, caller: Caller) -> Result<(StatusCode, Json<Asked>), Failure> {
    caller.needs_everywhere(Right::ReadLedger)?;
    let run = operations::ask(&ctx, caller.person).await?;
    Ok((StatusCode::ACCEPTED, Json(Asked { run })))
}

/// The newest verification that somebody asked for.
#[utoipa::path(get, path = "/ledger/verify", tag = "ledger", operation_id = "ledger_verification",
    responses((status = 200, body = RunBody), (status = 403, body = ProblemBody)))]
pub async fn view(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<RunBody>, Failure> {
    caller.needs_everywhere(Right::ReadLedger)?;
    let mut read = ctx.db.read().await?;
    let buckets = Bucket::all().count();
    let Some(run) = store::newest_run(&mut read, None).await? else {
        return Ok(Json(RunBody { state: "never", buckets, ..RunBody::default() }));
    };
    let findings = store::findings(&mut read, run.id).await?;
    Ok(Json(RunBody {
        state: run.state.word(),
        run: Some(run.id),
        started_at: run.started_at.map(Instant::rfc3339),
        finished_at: run.finished_at.map(Instant::rfc3339),
        buckets_done: run.buckets_done,
        buckets,
        transactions: run.transactions,
        postings: run.postings,
        accounts: run.accounts,
        lines: run.lines,
        findings: findings.into_iter().map(FindingBody::from).collect(),
        findings_total: run.findings,
        error: run.error,
    }))
}
