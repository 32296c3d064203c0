//! GET /programs/{program}/promoters/{promoter}/earnings: what the books owe one promoter, by state.

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
    Ok(Json(body))
}
