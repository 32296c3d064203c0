//! GET /programs/{program}/clicks and …/clicks/counts.

use crate::ctx::Ctx;
use crate::links::Class;
use crate::links::store::{self, Filter};
use crate::promoters;
use crate::staff::{InProgram, Input, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use kernel::{Cursor, Instant, PAGE_DEFAULT, PAGE_MAX, PromoterId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

const DAYS: i64 = 14;
const DAYS_MAX: i64 = 31;

#[derive(Serialize, ToSchema)]
pub struct ClickBody {
    pub at: String,
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    /// Ordinal of the community with its promoter; 0 none, 1 the promoter's own purchase.
    pub community: i64,
    /// Number of the product, as text.
    pub product: String,
    /// `human`, `preview`, `robot` or `head`.
    pub class: String,
    /// `redirect` or `page`.
    pub surface: String,
    /// The program that was used, in a word.
    pub agent: String,
}

#[derive(Serialize, ToSchema)]
pub struct ClickPage {
    /// Newest first.
    pub items: Vec<ClickBody>,
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Rows, at most 100.
    limit: Option<u32>,
    after: Option<String>,
    /// `human`, `preview`, `robot` or `head`.
    class: Option<String>,
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
    /// RFC 3339.
    from: Option<String>,
    to: Option<String>,
}

#[utoipa::path(get, path = "/programs/{program}/clicks", tag = "links", operation_id = "list_clicks",
    params(("program" = String, Path), Query),
    responses((status = 200, body = ClickPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Json<ClickPage>, Failure> {
    cx.needs(Right::Read)?;
    let mut input = Input::default();
    if query.class.as_deref().is_some_and(|c| Class::from_word(c).is_none()) {
        input.wrong("class", "must be human, preview, robot or head");
    }
    let from = query.from.as_deref().map(|text| input.moment("from", text));
    let to = query.to.as_deref().map(|text| input.moment("to", text));
    input.done()?;
    let filter = Filter {
        class: query.class,
        promoter: query.promoter,
        from: from.unwrap_or(Instant::from_micros(0)),
        to: to.unwrap_or(Instant::from_micros(i64::MAX)),
    };
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let after = promoters::cursor(query.after.as_deref())?;
    let rows = store::clicks(&mut ctx.clicks.read().await?, cx.program.id, &filter, after, limit).await?;
    let last = rows.last().filter(|_| rows.len() as u64 == u64::from(limit));
    let next = last.map(|row| Cursor { sort: row.at.micros(), id: row.id }.to_string());
    let items = rows
        .into_iter()
        .map(|row| ClickBody {
            at: row.at.rfc3339(),
            promoter: row.promoter,
            community: row.community,
            product: row.product.to_string(),
            class: row.class,
            surface: row.surface,
            agent: row.agent,
        })
        .collect();
    Ok(Json(ClickPage { items, next }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CountQuery {
    /// How many days up to today, 1 to 31; 14 where not said.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct ClickCounts {
    /// Days begin at midnight here.
    pub time_zone: String,
    pub days: Vec<ClickDay>,
}

#[derive(Serialize, ToSchema)]
pub struct ClickDay {
    /// `yyyy-mm-dd`.
    pub date: String,
    /// Openings by class: `human`, `preview`, `robot`, `head`.
    pub classes: BTreeMap<String, i64>,
}

#[utoipa::path(get, path = "/programs/{program}/clicks/counts", tag = "links", operation_id = "count_clicks",
    params(("program" = String, Path), CountQuery),
    responses((status = 200, body = ClickCounts), (status = 404, body = ProblemBody)))]
pub async fn counts(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<CountQuery>,
) -> Result<Json<ClickCounts>, Failure> {
    cx.needs(Right::Read)?;
    let zone = &cx.program.zone;
    let today = zone.day(ctx.now()).map_err(Failure::broken)?;
    let first = today - query.days.unwrap_or(DAYS).clamp(1, DAYS_MAX) + 1;
    let mut read = ctx.clicks.read().await?;
    let mut days = Vec::new();
    for day in first..=today {
        let from = zone.day_start(day).map_err(Failure::broken)?;
        let to = zone.day_start(day + 1).map_err(Failure::broken)?;
        let classes = store::click_counts(&mut read, cx.program.id, from, to).await?.into_iter().collect();
        days.push(ClickDay { date: from.local_date(zone), classes });
    }
    Ok(Json(ClickCounts { time_zone: zone.name().to_owned(), days }))
}
