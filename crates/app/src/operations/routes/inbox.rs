//! GET /inbox: what needs a human.

use crate::ctx::Ctx;
use crate::operations::inbox::{self, Item};
use crate::programs;
use crate::staff::{Caller, NO_RIGHT, Right, unknown_program};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use kernel::{Instant, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Code or id; absent: all that the caller is staff of.
    program: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ItemBody {
    /// `job_failed`, `pull_failing`, `pull_late`, `goods_failing`, `budget_80`, `disk_low`, `unassigned_orders`,
    /// `orders_to_review`, `coupon_dropped`, `ledger_findings`, `no_orders`, `program_without_plan`,
    /// `program_without_union`, `draft_old`.
    pub kind: &'static str,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// Up to 1,000.
    pub count: i64,
    pub since: Option<String>,
    /// Id of what it is about.
    pub subject: Option<String>,
    /// Code.
    pub program: Option<String>,
    pub detail: Option<String>,
    /// Where in the console it is dealt with.
    pub link: String,
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> ItemBody {
        ItemBody {
            kind: item.kind,
            severity: item.severity.word(),
            count: item.count,
            since: item.since.map(Instant::rfc3339),
            subject: item.subject,
            program: item.program,
            detail: item.detail,
            link: item.link,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Inbox {
    /// The most urgent first.
    pub items: Vec<ItemBody>,
    /// Always null: a few for each program and union account.
    pub next: Option<String>,
}

/// What needs a human and the caller can do something about; empty where all is well.
#[utoipa::path(get, path = "/inbox", tag = "operations", operation_id = "inbox", params(Query),
    responses((status = 200, body = Inbox), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn inbox(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Inbox>, Failure> {
    if caller.grants().is_empty() {
        return Err(Problem::new(NO_RIGHT, "this needs a role").into());
    }
    let mut read = ctx.db.read().await?;
    let only = match &query.program {
        Some(named) => {
            let found = programs::store::find_named(&mut read, named).await?;
            let found = found.filter(|program| !caller.role_in(program.id).is_empty());
            let program = found.ok_or_else(|| unknown_program(named))?;
            caller.needs(Right::Read, program.id)?;
            Some(program)
        }
        None => None,
    };
    let items = inbox::read(&ctx, &mut read, &caller, only.as_ref()).await?;
    Ok(Json(Inbox { items: items.into_iter().map(ItemBody::from).collect(), next: None }))
}
