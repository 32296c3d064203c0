//! GET /jobs and POST /jobs/{job}/retry: the background work.

use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::staff::{Caller, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Failure, PathOf, ProblemBody};
use infra::jobs::{self, JobState};
use kernel::{Instant, JobId, Problem, ProblemCode};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

pub const UNKNOWN_JOB: ProblemCode = ProblemCode::new("jobs.unknown", 404, "no such job");
pub const RUNNING: ProblemCode = ProblemCode::new("jobs.running", 409, "the job is running");

#[derive(Debug, Serialize, ToSchema)]
pub struct JobBody {
    #[schema(value_type = String)]
    pub id: JobId,
    /// `orders.pull`, `goods.sync`, `ledger.verify` …
    pub name: String,
    /// What it is done for: a union account, a run; empty for the whole installation.
    pub key: String,
    /// `ready`, `running` or `failed` (out of attempts).
    pub state: String,
    /// In a row without success.
    pub attempts: i64,
    /// Null: once.
    pub every_seconds: Option<i64>,
    pub run_at: String,
    pub last_ok: Option<String>,
    pub last_error: Option<String>,
}

impl From<JobState> for JobBody {
    fn from(state: JobState) -> JobBody {
        JobBody {
            id: state.job.id,
            name: state.job.name,
            key: state.job.key,
            state: state.state,
            attempts: state.job.attempts,
            every_seconds: state.job.every_seconds,
            run_at: state.job.run_at.rfc3339(),
            last_ok: state.last_ok.map(Instant::rfc3339),
            last_error: state.last_error,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct JobList {
    pub items: Vec<JobBody>,
    /// Always null: at most 500 jobs.
    pub next: Option<String>,
}

/// The background work, by name.
#[utoipa::path(get, path = "/jobs", tag = "operations", operation_id = "list_jobs",
    responses((status = 200, body = JobList), (status = 403, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<JobList>, Failure> {
    caller.needs_everywhere(Right::Operate)?;
    let jobs = jobs::list(&mut ctx.db.read().await?).await?;
    Ok(Json(JobList { items: jobs.into_iter().map(JobBody::from).collect(), next: None }))
}

/// Makes a job due now, also one that is out of attempts.
#[utoipa::path(post, path = "/jobs/{job}/retry", tag = "operations", operation_id = "retry_job",
    params(("job" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "it is running")))]
pub async fn retry(State(ctx): State<Ctx>, caller: Caller, PathOf(id): PathOf<JobId>) -> Result<StatusCode, Failure> {
    caller.needs_everywhere(Right::Operate)?;
    let mut tx = ctx.db.begin().await?;
    let known = jobs::list(&mut tx).await?.into_iter().find(|state| state.job.id == id);
    let known = known.ok_or_else(|| Problem::new(UNKNOWN_JOB, format!("there is no job {id}; it may be done")))?;
    if !jobs::retry(&mut tx, id, ctx.now()).await? {
        return Err(Problem::new(RUNNING, format!("{} is running; wait for its end", known.job.name)).into());
    }
    let detail = json!({ "name": known.job.name, "key": known.job.key });
    let deed = Deed { by: caller.person, program: None, action: "job.retry", subject: id.to_string(), detail };
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
