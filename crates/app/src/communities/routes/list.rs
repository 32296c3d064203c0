//! GET and POST /programs/{program}/communities.

use crate::audit::{self, Deed};
use crate::communities::model::{ACTIVE, CLOSED, FROZEN, PAUSED};
use crate::communities::store::{self, Filter};
use crate::communities::{Community, NewCommunity, make};
use crate::ctx::Ctx;
use crate::promoters;
use crate::staff::{InProgram, Input, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, Params, ProblemBody};
use kernel::{CommunityId, Cursor, PAGE_DEFAULT, PAGE_MAX, PromoterId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct CommunityBody {
    #[schema(value_type = String)]
    pub community: CommunityId,
    #[schema(value_type = String)]
    pub promoter: PromoterId,
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

impl From<&Community> for CommunityBody {
    fn from(c: &Community) -> CommunityBody {
        CommunityBody {
            community: c.id,
            promoter: c.promoter,
            name: c.name.clone(),
            kind: c.kind.clone(),
            city: c.city.clone(),
            member_count: c.member_count,
            state: c.state.clone(),
            created_at: c.created_at.rfc3339(),
            version: c.version,
        }
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
    /// Rows, at most 100.
    limit: Option<u32>,
    after: Option<String>,
    /// A promoter sees their own.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
    /// `active`, `paused`, `frozen` or `closed`; without it all but the closed ones.
    state: Option<String>,
    city: Option<String>,
}

/// Newest first; a promoter sees their own.
#[utoipa::path(get, path = "/programs/{program}/communities", tag = "communities", operation_id = "list_communities",
    params(("program" = String, Path), Query),
    responses((status = 200, body = CommunityPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Json<CommunityPage>, Failure> {
    let mut read = ctx.db.read().await?;
    let promoter = match query.promoter {
        wanted if cx.may(Right::Read) => wanted,
        wanted => Some(promoters::acting(&mut read, &cx, wanted).await?.id),
    };
    let mut input = Input::default();
    if query.state.as_deref().is_some_and(|s| ![ACTIVE, PAUSED, FROZEN, CLOSED].contains(&s)) {
        input.wrong("state", "must be active, paused, frozen or closed");
    }
    let city = query.city.as_deref().map(|c| input.text("city", c, 1, 30));
    input.done()?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let filter = Filter { promoter, state: query.state, city };
    let after = promoters::cursor(query.after.as_deref())?;
    let rows = store::list(&mut read, cx.program.id, &filter, after, limit).await?;
    let last = rows.last().filter(|_| rows.len() as u64 == u64::from(limit));
    let next = last.map(|c| Cursor { sort: c.created_at.micros(), id: c.id.raw() }.to_string());
    Ok(Json(CommunityPage { items: rows.iter().map(CommunityBody::from).collect(), next }))
}

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// Staff name the promoter who keeps it; a promoter makes their own.
    #[schema(value_type = Option<String>)]
    pub promoter: Option<PromoterId>,
    #[serde(flatten)]
    pub community: NewCommunity,
}

#[utoipa::path(post, path = "/programs/{program}/communities", tag = "communities", operation_id = "add_community",
    params(("program" = String, Path)), request_body = Request,
    responses((status = 201, body = CommunityBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(request): Body<Request>,
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
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(CommunityBody::from(&made))))
}
