//! GET /programs/{program}/products/{product}/history: what it cost, day by day.

use super::{At, UNKNOWN_PRODUCT, product_at, reader_is_staff};
use crate::catalog::{ProductState, history, store};
use crate::ctx::Ctx;
use crate::staff::InProgram;
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::{Problem, Zone};
use serde::Serialize;
use utoipa::ToSchema;

/// The last seen offer of a day in China.
#[derive(Debug, Serialize, ToSchema)]
pub struct PointBody {
    /// `yyyy-mm-dd`.
    pub date: String,
    pub list_fen: i64,
    pub promo_fen: i64,
    pub coupon_fen: i64,
    pub final_fen: i64,
    pub rate_ppm: i64,
    pub commission_fen: i64,
    pub sales_30_days: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryBody {
    /// Oldest first, at most 90; days on which nobody saw it are left out.
    pub items: Vec<PointBody>,
}

/// The last 90 days of a product; a banned one only for staff.
#[utoipa::path(get, path = "/programs/{program}/products/{product}/history", tag = "catalog",
    operation_id = "product_history", params(("program" = String, Path), ("product" = String, Path)),
    responses((status = 200, body = HistoryBody), (status = 404, body = ProblemBody)))]
pub async fn of_product(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(at): PathOf<At>,
) -> Result<Json<HistoryBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let staff = reader_is_staff(&mut read, &cx).await?;
    let product = product_at(&mut read, &cx, &at).await?;
    if product.state == ProductState::Banned && !staff {
        return Err(
            Problem::new(UNKNOWN_PRODUCT, format!("there is no product {} in this program", product.number)).into()
        );
    }
    let first = history::day(ctx.now()).map_err(Failure::broken)? - history::DAYS_KEPT + 1;
    let zone = Zone::china();
    let mut items = Vec::new();
    for point in store::history(&mut read, product.number, first).await? {
        items.push(PointBody {
            date: zone.day_start(point.day).map_err(Failure::broken)?.local_date(&zone),
            list_fen: point.list_price.fen(),
            promo_fen: point.promo_price.fen(),
            coupon_fen: point.coupon.fen(),
            final_fen: point.final_price.fen(),
            rate_ppm: point.rate.ppm(),
            commission_fen: point.commission.fen(),
            sales_30_days: point.sales_30_days,
        });
    }
    Ok(Json(HistoryBody { items }))
}
