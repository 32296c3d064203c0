//! GET /programs/{program}/clicks, …/clicks/counts and …/clicks/export.

use crate::catalog;
use crate::communities;
use crate::ctx::Ctx;
use crate::links::Class;
use crate::links::store::{self, ClickRow, FILTERED, Filter};
use crate::promoters;
use crate::staff::{InProgram, Input, Paging, Right};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use infra::db::{DbError, Tx};
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;
use kernel::{CommunityId, ProgramId, PromoterId};
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
    pub promoter_name: Option<String>,
    /// Ordinal of the community with its promoter; 0 none, 1 the promoter's own purchase.
    pub community: i64,
    #[schema(value_type = Option<String>)]
    pub community_id: Option<CommunityId>,
    pub community_name: Option<String>,
    /// Number of the product, as text.
    pub product: String,
    pub title: Option<String>,
    /// How it counts, by what the visitor's program says of itself: `human`, `preview`, `robot` or `head`.
    pub class: String,
    /// `redirect` or `page`.
    pub surface: String,
    /// The program that was used, in a word.
    pub agent: String,
}

impl ClickBody {
    /// With the names that the ids stand for, from the main database.
    async fn load(tx: &mut Tx, program: ProgramId, rows: Vec<ClickRow>) -> Result<Vec<ClickBody>, DbError> {
        let ordinal = |row: &ClickRow| u16::try_from(row.community).unwrap_or(0);
        let number = |row: &ClickRow| u64::try_from(row.product).unwrap_or(0);
        let names = promoters::store::names(tx, rows.iter().map(|r| r.promoter).collect()).await?;
        let places = rows.iter().map(|r| (r.promoter, ordinal(r))).collect();
        let places = communities::store::at_ordinals(tx, program, places).await?;
        let products = catalog::store::by_numbers(tx, rows.iter().map(number).collect()).await?;
        let body = |row: ClickRow| {
            let community = places.get(&(row.promoter, ordinal(&row)));
            ClickBody {
                at: row.at.rfc3339(),
                promoter: row.promoter,
                promoter_name: names.get(&row.promoter).cloned(),
                community: row.community,
                community_id: community.map(|c| c.id),
                community_name: community.map(|c| c.name.clone()),
                title: products.get(&number(&row)).map(|p| p.title.clone()),
                product: row.product.to_string(),
                class: row.class,
                surface: row.surface,
                agent: row.agent,
            }
        };
        Ok(rows.into_iter().map(body).collect())
    }
}

#[derive(Serialize, ToSchema)]
pub struct ClickPage {
    /// Newest first.
    pub items: Vec<ClickBody>,
    /// Where the next page begins; null on the last. With `class` or `community` a page may be short before the last.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// `human`, `preview`, `robot` or `head`; `filtered`: all but human.
    class: Option<String>,
    /// A promoter sees their own.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
    /// Number of the product.
    product: Option<i64>,
    /// Ordinal of the community with its promoter.
    community: Option<i64>,
    /// RFC 3339.
    from: Option<String>,
    to: Option<String>,
}

impl Query {
    async fn filter(self, ctx: &Ctx, cx: &InProgram) -> Result<Filter, Failure> {
        let promoter = whose(ctx, cx, self.promoter).await?;
        let mut input = Input::default();
        if self.class.as_deref().is_some_and(|c| c != FILTERED && Class::from_word(c).is_none()) {
            input.wrong("class", "must be human, preview, robot, head or filtered");
        }
        let from = input.maybe_moment("from", self.from.as_deref());
        let to = input.maybe_moment("to", self.to.as_deref());
        input.done()?;
        Ok(Filter { class: self.class, promoter, product: self.product, community: self.community, from, to })
    }
}

/// Whose clicks: staff see all or those of one, a promoter their own.
async fn whose(ctx: &Ctx, cx: &InProgram, wanted: Option<PromoterId>) -> Result<Option<PromoterId>, Failure> {
    if cx.may(Right::Read) {
        return Ok(wanted);
    }
    Ok(Some(promoters::acting(&mut ctx.db.read().await?, cx, wanted).await?.id))
}

#[utoipa::path(get, path = "/programs/{program}/clicks", tag = "links", operation_id = "list_clicks",
    params(("program" = String, Path), Query, Paging),
    responses((status = 200, body = ClickPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<ClickPage>, Failure> {
    let filter = query.filter(&ctx, &cx).await?;
    let (after, limit) = (paging.cursor()?, paging.limit());
    let (rows, next) = store::clicks(&mut ctx.clicks.read().await?, cx.program.id, &filter, after, limit).await?;
    let items = ClickBody::load(&mut ctx.db.read().await?, cx.program.id, rows).await?;
    Ok(Json(ClickPage { items, next: next.map(|c| c.to_string()) }))
}

/// All that the list shows with these filters; a promoter's own.
#[utoipa::path(get, path = "/programs/{program}/clicks/export", tag = "links", operation_id = "export_clicks",
    params(("program" = String, Path), Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, cx: InProgram, Params(query): Params<Query>) -> Result<Response, Failure> {
    let filter = query.filter(&ctx, &cx).await?;
    let at = in_zone("时间", &cx.program.zone);
    let header = [&at, "推手", "推手名称", "社群", "社群名称", "商品", "标题", "类别", "入口", "访问程序"];
    csv("clicks", &header, (ctx, cx.program, filter), |(ctx, program, filter), after| async move {
        let (found, next) = store::clicks(&mut ctx.clicks.read().await?, program.id, &filter, after, CSV_ROWS).await?;
        let times: Vec<Cell> = found.iter().map(|row| Cell::time(row.at, &program.zone)).collect();
        let bodies = ClickBody::load(&mut ctx.db.read().await?, program.id, found).await?;
        let rows = times.into_iter().zip(bodies).map(|(time, body)| {
            row![
                time,
                body.promoter.to_string(),
                Cell::maybe(body.promoter_name),
                Cell::maybe(body.community_id.map(|id| id.to_string())),
                if body.community == 1 { Cell::text("自购") } else { Cell::maybe(body.community_name) },
                body.product,
                Cell::maybe(body.title),
                class(&body.class),
                if body.surface == "redirect" { "短链" } else { "落地页" },
                body.agent
            ]
        });
        Ok((rows.collect(), next))
    })
    .await
}

fn class(word: &str) -> &str {
    match Class::from_word(word) {
        Some(Class::Human) => "真人",
        Some(Class::Preview) => "预览",
        Some(Class::Robot) => "机器",
        Some(Class::Head) => "探测",
        None => word,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CountQuery {
    /// How many days up to today, 1 to 31; 14 where not said.
    days: Option<i64>,
    /// A promoter sees their own.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
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
    let promoter = whose(&ctx, &cx, query.promoter).await?;
    let zone = &cx.program.zone;
    let today = zone.day(ctx.now()).map_err(Failure::broken)?;
    let first = today - query.days.unwrap_or(DAYS).clamp(1, DAYS_MAX) + 1;
    let mut read = ctx.clicks.read().await?;
    let mut days = Vec::new();
    for day in first..=today {
        let from = zone.day_start(day).map_err(Failure::broken)?;
        let to = zone.day_start(day + 1).map_err(Failure::broken)?;
        let classes = store::click_counts(&mut read, cx.program.id, promoter, from, to).await?.into_iter().collect();
        days.push(ClickDay { date: from.local_date(zone), classes });
    }
    Ok(Json(ClickCounts { time_zone: zone.name().to_owned(), days }))
}
