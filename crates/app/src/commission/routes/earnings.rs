//! GET /programs/{program}/promoters/{promoter}/earnings: what the books owe one promoter, by state,
//! and what they earned today and this month.

use crate::commission::store::earned;
use crate::ctx::Ctx;
use crate::ledger;
use crate::promoters;
use crate::staff::InProgram;
use accounting::AccountKind;
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::PromoterId;
use serde::Serialize;
use utoipa::ToSchema;

/// In fen, as credit: what we owe.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct EarningsBody {
    /// Paid orders, by the union's estimate.
    pub waiting_fen: i64,
    /// Received orders, not settled; may be negative after a return of something settled.
    pub confirmed_fen: i64,
    /// Settled in closed months.
    pub payable_fen: i64,
    /// Held because of a suspension at order time.
    pub held_fen: i64,
    /// New commission by orders of today: direct and inviter part together, by the latest reports, estimates and held
    /// shares included. An order that is cancelled or returned takes it back.
    pub today_fen: i64,
    /// The same by orders of this month.
    pub month_fen: i64,
    /// The inviter part of `month_fen`.
    pub inviter_fen_month: i64,
    /// Days and months begin at midnight here.
    pub time_zone: String,
}

/// Earnings of a promoter: by themself, or by staff.
#[utoipa::path(get, path = "/programs/{program}/promoters/{promoter}/earnings", tag = "promoters",
    params(("program" = String, Path), ("promoter" = String, Path)),
    responses((status = 200, body = EarningsBody), (status = 404, body = ProblemBody)))]
pub async fn earnings(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf((_program, promoter)): PathOf<(String, PromoterId)>,
) -> Result<Json<EarningsBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let promoter = promoters::readable(&mut read, &cx, promoter).await?;
    let mut body = EarningsBody::default();
    for (account, balance, _) in ledger::store::balances(&mut read, &[promoter.id.raw()]).await? {
        let owed = -balance.fen();
        match account.kind {
            AccountKind::PersonWaiting => body.waiting_fen = owed,
            AccountKind::PersonConfirmed => body.confirmed_fen = owed,
            AccountKind::PersonPayable => body.payable_fen = owed,
            AccountKind::PersonHeld => body.held_fen = owed,
            _ => {}
        }
    }
    let zone = &cx.program.zone;
    let day = zone.day(ctx.now()).map_err(Failure::broken)?;
    let midnight = |day| zone.day_start(day).map_err(Failure::broken);
    let today = earned(&mut read, promoter.id, midnight(day)?, midnight(day + 1)?).await?;
    let month = zone.month(ctx.now()).and_then(|month| month.borders(zone)).map_err(Failure::broken)?;
    let month = earned(&mut read, promoter.id, month.0, month.1).await?;
    body.today_fen = today.direct.checked_add(today.inviter).map_err(Failure::broken)?.fen();
    body.month_fen = month.direct.checked_add(month.inviter).map_err(Failure::broken)?.fen();
    body.inviter_fen_month = month.inviter.fen();
    zone.name().clone_into(&mut body.time_zone);
    Ok(Json(body))
}
