//! GET /programs/{program}/promoters/{promoter}/team: heads of the first level, never their sales.

use crate::ctx::Ctx;
use crate::promoters::{readable, store};
use crate::staff::InProgram;
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::PromoterId;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Team {
    /// Promoters who joined with this one's codes.
    pub heads: i64,
    /// Of them, in the last 30 days.
    pub joined_30_days: i64,
}

#[utoipa::path(get, path = "/programs/{program}/promoters/{promoter}/team", tag = "promoters", operation_id = "team",
    params(("program" = String, Path), ("promoter" = String, Path)),
    responses((status = 200, body = Team), (status = 404, body = ProblemBody)))]
pub async fn team(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, PromoterId)>,
) -> Result<Json<Team>, Failure> {
    let mut read = ctx.db.read().await?;
    let promoter = readable(&mut read, &cx, path.1).await?;
    let (heads, joined_30_days) = store::team(&mut read, &promoter, ctx.now().plus_days(-30)).await?;
    Ok(Json(Team { heads, joined_30_days }))
}
