//! GET /programs/{program}/promoters/{promoter}/team: heads of the first level and one's own part, never their sales.

use crate::commission::store::earned;
use crate::ctx::Ctx;
use crate::promoters;
use crate::staff::InProgram;
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::{Instant, PromoterId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Team {
    /// Promoters who joined with this one's codes.
    pub heads: i64,
    /// Of them, in the last 30 days.
    pub joined_30_days: i64,
    /// This one's own part as the inviter, by orders of this month in the program's zone; estimates included.
    pub inviter_fen_month: i64,
    /// The same by all orders.
    pub inviter_fen_total: i64,
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
    let promoter = promoters::readable(&mut read, &cx, path.1).await?;
    let zone = &cx.program.zone;
    let (heads, joined_30_days) = promoters::store::team(&mut read, &promoter, ctx.now().plus_days(-30)).await?;
    let month = zone.month(ctx.now()).and_then(|month| month.borders(zone)).map_err(Failure::broken)?;
    let month = earned(&mut read, promoter.id, month.0, month.1).await?;
    let ever = (Instant::from_micros(i64::MIN), Instant::from_micros(i64::MAX));
    let total = earned(&mut read, promoter.id, ever.0, ever.1).await?;
    let (inviter_fen_month, inviter_fen_total) = (month.inviter.fen(), total.inviter.fen());
    Ok(Json(Team { heads, joined_30_days, inviter_fen_month, inviter_fen_total }))
}
