//! GET and POST /programs/{program}/communities.

use crate::audit::{self, Deed};
use crate::communities::model::{ACTIVE, CLOSED, FROZEN, PAUSED};
use crate::communities::store::{self, Filter};
use crate::communities::{Community, NewCommunity, make};
use crate::ctx::Ctx;
use crate::promoters;
use crate::staff::{InProgram, Input, Paging, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::db::{DbError, Tx};
use infra::http::{Body, Failure, Params, ProblemBody};
use kernel::{CommunityId, Cursor, PromoterId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct CommunityBody {
    #[schema(value_type = String)]
    pub community: CommunityId,
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    pub promoter_name: Option<String>,
    pub name: String,
    pub kind: String,
    pub city: String,
    pub member_count: i64,
    /// `active`, `paused`, `frozen` or `closed`.
    pub state: String,
    pub created_at: String,
    /// Send it back with a change.
    pub version: i64,
}

impl CommunityBody {
    fn new(c: &Community, promoter_name: Option<String>) -> CommunityBody {
        CommunityBody {
            community: c.id,
            promoter: c.promoter,
            promoter_name,
            name: c.name.clone(),
            kind: c.kind.clone(),
            city: c.city.clone(),
            member_count: c.member_count,
            state: c.state.clone(),
            created_at: c.created_at.rfc3339(),
            version: c.version,
        }
    }

    pub async fn load(tx: &mut Tx, c: &Community) -> Result<CommunityBody, DbError> {
        let promoter = promoters::store::find(tx, c.program, c.promoter).await?;
        Ok(CommunityBody::new(c, promoter.map(|p| p.display_name)))
    }
}

#[derive(Serialize, ToSchema)]
pub struct CommunityPage {
    pub items: Vec<CommunityBody>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// A promoter sees their own.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
    /// `active`, `paused`, `frozen` or `closed`; without it all but the closed ones.
    state: Option<String>,
    city: Option<String>,
    kind: Option<String>,
    /// Part of the name.
    q: Option<String>,
}

impl Query {
    /// A promoter sees their own.
    pub(super) async fn filter(self, tx: &mut Tx, cx: &InProgram) -> Result<Filter, Failure> {
        let promoter = match self.promoter {
            wanted if cx.may(Right::Read) => wanted,
            wanted => Some(promoters::acting(tx, cx, wanted).await?.id),
        };
        let mut input = Input::default();
        if self.state.as_deref().is_some_and(|s| ![ACTIVE, PAUSED, FROZEN, CLOSED].contains(&s)) {
            input.wrong("state", "must be active, paused, frozen or closed");
        }
        let city = self.city.as_deref().map(|c| input.text("city", c, 1, 30));
        let kind = self.kind.as_deref().map(|k| input.text("kind", k, 1, 30));
        let text = self.q.as_deref().map(|q| input.text("q", q, 0, 60)).filter(|q| !q.is_empty());
        input.done()?;
        Ok(Filter { promoter, state: self.state, city, kind, text })
    }
}

/// Where the page after these begins.
pub(super) fn next(found: &[Community], limit: u32) -> Option<Cursor> {
    let last = found.last().filter(|_| found.len() as u64 == u64::from(limit));
    last.map(|c| Cursor { sort: c.created_at.micros(), id: c.id.raw() })
}

/// Newest first; a promoter sees their own.
#[utoipa::path(get, path = "/programs/{program}/communities", tag = "communities", operation_id = "list_communities",
    params(("program" = String, Path), Query, Paging),
    responses((status = 200, body = CommunityPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<CommunityPage>, Failure> {
    let mut read = ctx.db.read().await?;
    let filter = query.filter(&mut read, &cx).await?;
    let limit = paging.limit();
    let rows = store::list(&mut read, cx.program.id, &filter, paging.cursor()?, limit).await?;
    let next = next(&rows, limit).map(|c| c.to_string());
    let names = promoters::store::names(&mut read, rows.iter().map(|c| c.promoter).collect()).await?;
    let items = rows.iter().map(|c| CommunityBody::new(c, names.get(&c.promoter).cloned())).collect();
    Ok(Json(CommunityPage { items, next }))
}

#[derive(Deserialize, ToSchema)]
pub struct CommunityRequest {
    /// Staff name the promoter who keeps it; a promoter makes their own.
    #[schema(value_type = Option<String>)]
    pub promoter: Option<PromoterId>,
    #[serde(flatten)]
    pub community: NewCommunity,
}

#[utoipa::path(post, path = "/programs/{program}/communities", tag = "communities", operation_id = "add_community",
    params(("program" = String, Path)), request_body = CommunityRequest,
    responses((status = 201, body = CommunityBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(request): Body<CommunityRequest>,
) -> Result<(StatusCode, Json<CommunityBody>), Failure> {
    let mut tx = ctx.db.begin().await?;
    let promoter = promoters::acting_active(&mut tx, &cx, request.promoter, ctx.now()).await?;
    let made = make(&ctx, &mut tx, &cx.program, &promoter, &request.community).await?;
    if promoter.person != cx.caller.person {
        let (by, program, subject) = (cx.caller.person, Some(cx.program.id), made.id.to_string());
        let detail = json!({ "promoter": promoter.id, "name": made.name });
        audit::note(&mut tx, &ctx.ids, ctx.now(), Deed { by, program, action: "community.add", subject, detail })
            .await?;
    }
    let body = CommunityBody::load(&mut tx, &made).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(body)))
}
