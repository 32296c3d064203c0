//! GET /programs/{program}/reports/days: sales and commission per day of order, in the program's zone.

use crate::ctx::Ctx;
use crate::reports::store;
use crate::staff::{InProgram, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// How many days up to today, 1 to 366; 14 where not said.
    days: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DaysBody {
    /// Days begin at midnight here.
    pub time_zone: String,
    pub days: Vec<DayBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DayBody {
    /// `yyyy-mm-dd`.
    pub date: String,
    pub order_lines: i64,
    pub gmv_fen: i64,
    /// Fees of record, estimates included.
    pub fee_fen: i64,
    pub direct_fen: i64,
    pub inviter_fen: i64,
    pub platform_fen: i64,
}

/// Daily totals of a program.
#[utoipa::path(get, path = "/programs/{program}/reports/days", tag = "reports",
    params(("program" = String, Path), Query),
    responses((status = 200, body = DaysBody), (status = 404, body = ProblemBody)))]
pub async fn days(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Json<DaysBody>, Failure> {
    cx.needs(Right::Read)?;
    let zone = &cx.program.zone;
    let today = zone.day(ctx.now()).map_err(Failure::broken)?;
    let from = today - query.days.unwrap_or(14).clamp(1, 366) + 1;
    let rows = store::days(&mut ctx.db.read().await?, cx.program.id, from, today).await?;
    let mut days = Vec::with_capacity(rows.len());
    for row in rows {
        days.push(DayBody {
            date: zone.day_start(row.day).map_err(Failure::broken)?.local_date(zone),
            order_lines: row.lines,
            gmv_fen: row.gmv_fen,
            fee_fen: row.fee_fen,
            direct_fen: row.direct_fen,
            inviter_fen: row.inviter_fen,
            platform_fen: row.platform_fen,
        });
    }
    Ok(Json(DaysBody { time_zone: zone.name().to_owned(), days }))
}
