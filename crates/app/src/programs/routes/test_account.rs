//! POST /union-accounts/{account}/test: asks the union something small.

use super::accounts::known;
use crate::ctx::Ctx;
use crate::programs::note_budget;
use crate::staff::{Caller, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::UnionAccountId;
use serde::Serialize;
use std::time::Instant;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Tested {
    pub ok: bool,
    pub latency_ms: u64,
    /// Kind of failure: `auth`, `permission`, `rate_limited` …; null where all is well.
    pub class: Option<&'static str>,
    /// What the union said.
    pub message: String,
}

#[utoipa::path(post, path = "/union-accounts/{account}/test", tag = "union accounts", operation_id = "test_union_account",
    params(("account" = String, Path)),
    responses((status = 200, body = Tested), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "paused")))]
pub async fn test(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(id): PathOf<UnionAccountId>,
) -> Result<Json<Tested>, Failure> {
    caller.needs_everywhere(Right::ManagePrograms)?;
    known(&ctx, id).await?;
    let (_, union) = ctx.unions.connect(&ctx, id).await?;
    let started = Instant::now();
    let answer = union.categories(None, 0).await;
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    note_budget(&ctx, id, &*union).await?;
    Ok(Json(match answer {
        Ok(found) => Tested { ok: true, latency_ms, class: None, message: format!("{} top categories", found.len()) },
        Err(error) => Tested { ok: false, latency_ms, class: Some(error.class.word()), message: error.to_string() },
    }))
}
