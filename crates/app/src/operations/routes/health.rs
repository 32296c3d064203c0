//! GET /health: how the installation and its connections are doing.

use crate::ctx::Ctx;
use crate::migrations::MAIN;
use crate::operations::accounts::{self, AccountState};
use crate::programs::{self, Program};
use crate::staff::{Caller, Right};
use axum::Json;
use axum::extract::State;
use infra::db::Engine;
use infra::http::{Failure, ProblemBody};
use infra::{jobs, outbox};
use kernel::{Instant, UnionAccountId};
use serde::Serialize;
use utoipa::ToSchema;

/// Facts that wait are counted up to this.
const WAITING_MAX: i64 = 10_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct HealthBody {
    pub at: String,
    /// `sqlite` or `postgresql`.
    pub engine: &'static str,
    pub version: &'static str,
    pub demo: bool,
    /// Number of the newest migration.
    pub schema: i64,
    pub union_accounts: Vec<AccountHealth>,
    pub jobs: JobCounts,
    /// Facts on their way into the reports, counted up to 10,000.
    pub outbox_waiting: i64,
    /// Clicks of the process that answers, not written yet.
    pub clicks_waiting: usize,
    /// Of the disk that holds the database; null for PostgreSQL.
    pub disk_free_bytes: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AccountHealth {
    #[schema(value_type = String)]
    pub account: UnionAccountId,
    pub name: String,
    pub union: String,
    pub active: bool,
    /// `ok`, `failing` or `unknown` (never pulled).
    pub connection: &'static str,
    /// All order changes before this moment have been pulled.
    pub watermark: Option<String>,
    /// When a pull last came to its end.
    pub pulled_at: Option<String>,
    pub lag_seconds: Option<i64>,
    pub last_error: Option<String>,
    pub budget: BudgetBody,
    pub feeds: Vec<FeedHealth>,
    /// Codes.
    pub programs: Vec<String>,
}

/// Calls of today, in the union's zone.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetBody {
    pub used_today: u64,
    pub limit_today: Option<u64>,
    /// Used of the limit, in parts per million.
    pub share_ppm: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FeedHealth {
    /// `channel:22`, `search:抽纸`.
    pub feed: String,
    /// Null: the walk goes on.
    pub finished_at: Option<String>,
    pub seen: i64,
    pub last_error: Option<String>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct JobCounts {
    pub ready: usize,
    pub running: usize,
    pub failed: usize,
}

impl AccountHealth {
    fn new(state: AccountState, programs: &[Program], now: Instant) -> AccountHealth {
        let error = state.pull_error().map(str::to_owned);
        let connection = match (&error, state.pulled_at()) {
            (Some(_), _) => "failing",
            (None, Some(_)) => "ok",
            (None, None) => "unknown",
        };
        let limit = Some(state.account.daily_budget).filter(|limit| *limit > 0);
        AccountHealth {
            account: state.account.id,
            connection,
            watermark: state.watermark().map(Instant::rfc3339),
            pulled_at: state.pulled_at().map(Instant::rfc3339),
            lag_seconds: state.watermark().map(|mark| now.seconds() - mark.seconds()),
            last_error: error,
            budget: BudgetBody { used_today: state.used_today, limit_today: limit, share_ppm: state.budget_ppm() },
            programs: state.programs.iter().map(|id| accounts::code_of(programs, *id)).collect(),
            name: state.account.name,
            union: state.account.union_code,
            active: state.account.active,
            feeds: state
                .feeds
                .into_iter()
                .map(|feed| FeedHealth {
                    feed: feed.feed,
                    finished_at: feed.finished_at.map(Instant::rfc3339),
                    seen: feed.seen,
                    last_error: feed.last_error,
                })
                .collect(),
        }
    }
}

/// How the installation is doing, for whoever operates all of it.
#[utoipa::path(get, path = "/health", tag = "operations", operation_id = "health",
    responses((status = 200, body = HealthBody), (status = 403, body = ProblemBody)))]
pub async fn health(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<HealthBody>, Failure> {
    caller.needs_everywhere(Right::Operate)?;
    let now = ctx.now();
    let mut read = ctx.db.read().await?;
    let all = jobs::list(&mut read).await?;
    let programs = programs::store::all(&mut read).await?;
    let states = accounts::all(&mut read, &all, now).await?;
    let counted = |word| all.iter().filter(|state| state.state == word).count();
    Ok(Json(HealthBody {
        at: now.rfc3339(),
        engine: match ctx.db.engine() {
            Engine::Lite => "sqlite",
            Engine::Pg => "postgresql",
        },
        version: env!("CARGO_PKG_VERSION"),
        demo: ctx.settings.demo,
        schema: MAIN.last().map_or(0, |step| step.number),
        union_accounts: states.into_iter().map(|state| AccountHealth::new(state, &programs, now)).collect(),
        jobs: JobCounts { ready: counted("ready"), running: counted("running"), failed: counted("failed") },
        outbox_waiting: outbox::count(&mut read, WAITING_MAX).await?,
        clicks_waiting: ctx.click_log.waiting(),
        disk_free_bytes: ctx.db.free_bytes(),
    }))
}
