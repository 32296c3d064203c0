//! GET /programs/{program}/links and …/links/export: codes with a union's link behind them, converted last first.

use crate::catalog;
use crate::communities;
use crate::ctx::Ctx;
use crate::links::make::{UNKNOWN_COMMUNITY, base};
use crate::links::store::{self, Converted, LinkCursor, LinkFilter};
use crate::programs::Program;
use crate::promoters;
use crate::staff::{INVALID, InProgram, Input, Paging, Right};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use infra::db::{DbError, Tx};
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;
use kernel::{CommunityId, Problem, PromoterId, SELF_COMMUNITY};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct ConvertedBody {
    pub code: String,
    /// Leads to the union.
    pub url: String,
    /// Our page with price steps.
    pub page: String,
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    pub promoter_name: Option<String>,
    /// Null: none.
    #[schema(value_type = Option<String>)]
    pub community: Option<CommunityId>,
    pub community_name: Option<String>,
    pub self_purchase: bool,
    /// Number of the product, as text.
    pub product: String,
    pub title: Option<String>,
    /// Why the union's link carries no coupon although there is one.
    pub coupon_dropped: Option<String>,
    pub converted_at: String,
    /// The union is asked again then.
    pub renew_at: String,
}

impl ConvertedBody {
    async fn load(
        ctx: &Ctx,
        tx: &mut Tx,
        program: &Program,
        rows: Vec<Converted>,
    ) -> Result<Vec<ConvertedBody>, DbError> {
        let names = promoters::store::names(tx, rows.iter().map(|r| r.says.promoter).collect()).await?;
        let places = rows.iter().map(|r| (r.says.promoter, r.says.community)).collect();
        let places = communities::store::at_ordinals(tx, program.id, places).await?;
        let products = catalog::store::by_numbers(tx, rows.iter().map(|r| r.says.product).collect()).await?;
        let base = base(ctx, program);
        let body = |row: Converted| {
            let community = places.get(&(row.says.promoter, row.says.community));
            ConvertedBody {
                url: format!("{base}/s/{}", row.code),
                page: format!("{base}/p/{}", row.code),
                code: row.code,
                promoter: row.says.promoter,
                promoter_name: names.get(&row.says.promoter).cloned(),
                community: community.map(|c| c.id),
                community_name: community.map(|c| c.name.clone()),
                self_purchase: row.says.community == SELF_COMMUNITY,
                product: row.says.product.to_string(),
                title: products.get(&row.says.product).map(|p| p.title.clone()),
                coupon_dropped: row.coupon_dropped,
                converted_at: row.converted_at.rfc3339(),
                renew_at: row.renew_at.rfc3339(),
            }
        };
        Ok(rows.into_iter().map(body).collect())
    }
}

#[derive(Serialize, ToSchema)]
pub struct LinkPage {
    pub items: Vec<ConvertedBody>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// A promoter sees their own.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
    #[param(value_type = Option<String>)]
    community: Option<CommunityId>,
    /// Number of the product.
    product: Option<i64>,
    /// Whether the union's link lacks the coupon that there is.
    coupon_dropped: Option<bool>,
    /// Converted at or after, RFC 3339.
    from: Option<String>,
    /// Converted before.
    to: Option<String>,
}

impl Query {
    async fn filter(self, tx: &mut Tx, cx: &InProgram) -> Result<LinkFilter, Failure> {
        let promoter = match self.promoter {
            wanted if cx.may(Right::Read) => wanted,
            wanted => Some(promoters::acting(tx, cx, wanted).await?.id),
        };
        let mut community = None;
        if let Some(id) = self.community {
            let known = communities::store::find(tx, cx.program.id, id).await?;
            let known = known.filter(|c| promoter.is_none_or(|p| p == c.promoter));
            let unknown = || Problem::new(UNKNOWN_COMMUNITY, format!("there is no community {id} here"));
            let known = known.ok_or_else(unknown)?;
            community = Some((known.promoter, known.ordinal));
        }
        let mut input = Input::default();
        let from = input.maybe_moment("from", self.from.as_deref());
        let to = input.maybe_moment("to", self.to.as_deref());
        input.done()?;
        let (product, coupon_dropped) = (self.product, self.coupon_dropped);
        Ok(LinkFilter { promoter, community, product, coupon_dropped, from, to })
    }
}

/// Links that the union has been asked for; a promoter's own. A code appears once per coupon that it was converted with.
#[utoipa::path(get, path = "/programs/{program}/links", tag = "links", operation_id = "list_links",
    params(("program" = String, Path), Query, Paging),
    responses((status = 200, body = LinkPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<LinkPage>, Failure> {
    let mut read = ctx.db.read().await?;
    let filter = query.filter(&mut read, &cx).await?;
    let after: Option<LinkCursor> = paging.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(INVALID, "correct the named fields").field("after", "is not a cursor that a list returned")
    })?;
    let (rows, next) = store::list(&mut read, cx.program.id, &filter, after.as_ref(), paging.limit()).await?;
    let items = ConvertedBody::load(&ctx, &mut read, &cx.program, rows).await?;
    Ok(Json(LinkPage { items, next: next.map(|c| c.to_string()) }))
}

/// All that the list shows with these filters; a promoter's own.
#[utoipa::path(get, path = "/programs/{program}/links/export", tag = "links", operation_id = "export_links",
    params(("program" = String, Path), Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, cx: InProgram, Params(query): Params<Query>) -> Result<Response, Failure> {
    let filter = query.filter(&mut ctx.db.read().await?, &cx).await?;
    let (made, until) = (in_zone("转链时间", &cx.program.zone), in_zone("续期时间", &cx.program.zone));
    let header =
        ["链接码", "链接", "推手", "推手名称", "社群", "社群名称", "自购", "商品", "标题", "未带券原因", &made, &until];
    csv("links", &header, (ctx, cx.program, filter), |(ctx, program, filter), after: Option<LinkCursor>| async move {
        let mut read = ctx.db.read().await?;
        let (found, next) = store::list(&mut read, program.id, &filter, after.as_ref(), CSV_ROWS).await?;
        let time = |at| Cell::time(at, &program.zone);
        let times: Vec<(Cell, Cell)> = found.iter().map(|l| (time(l.converted_at), time(l.renew_at))).collect();
        let bodies = ConvertedBody::load(&ctx, &mut read, &program, found).await?;
        let rows = bodies.into_iter().zip(times).map(|(body, (made, until))| {
            row![
                body.code,
                body.url,
                body.promoter.to_string(),
                Cell::maybe(body.promoter_name),
                Cell::maybe(body.community.map(|id| id.to_string())),
                Cell::maybe(body.community_name),
                Cell::yes(body.self_purchase),
                body.product,
                Cell::maybe(body.title),
                Cell::maybe(body.coupon_dropped),
                made,
                until
            ]
        });
        Ok((rows.collect(), next))
    })
    .await
}
