//! GET and PATCH /programs/{program}/communities/{community}, and POST …/close.

use super::list::CommunityBody;
use crate::audit::{self, Deed};
use crate::communities::making::MEMBERS_MAX;
use crate::communities::model::{ACTIVE, CLOSED, PAUSED};
use crate::communities::{Community, store};
use crate::ctx::Ctx;
use crate::promoters;
use crate::staff::{InProgram, Input, Right, stale};
use axum::Json;
use axum::extract::State;
use infra::db::Tx;
use infra::http::{Body, Failure, PathOf, ProblemBody};
use kernel::{CommunityId, Problem, ProblemCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

pub const UNKNOWN: ProblemCode = ProblemCode::new("communities.unknown", 404, "no such community");
pub const IS_CLOSED: ProblemCode = ProblemCode::new("communities.closed", 409, "the community is closed");

/// A community that the caller may read: staff any, a promoter their own. What is not theirs does not exist.
async fn readable(tx: &mut Tx, cx: &InProgram, id: CommunityId) -> Result<Community, Failure> {
    let unknown = || Problem::new(UNKNOWN, format!("there is no community {id} in this program"));
    let found = store::find(tx, cx.program.id, id).await?;
    if cx.may(Right::Read) {
        return Ok(found.ok_or_else(unknown)?);
    }
    let own = promoters::acting(tx, cx, None).await?;
    Ok(found.filter(|c| c.promoter == own.id).ok_or_else(unknown)?)
}

/// As [`readable`], for whoever may also change it.
async fn changeable(tx: &mut Tx, cx: &InProgram, id: CommunityId) -> Result<Community, Failure> {
    let community = readable(tx, cx, id).await?;
    if community.person != cx.caller.person {
        cx.needs(Right::ManagePromoters)?;
    }
    if community.state == CLOSED {
        return Err(Problem::new(IS_CLOSED, "make a new one instead").into());
    }
    Ok(community)
}

#[utoipa::path(get, path = "/programs/{program}/communities/{community}", tag = "communities", operation_id = "community",
    params(("program" = String, Path), ("community" = String, Path)),
    responses((status = 200, body = CommunityBody), (status = 404, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, CommunityId)>,
) -> Result<Json<CommunityBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let community = readable(&mut read, &cx, path.1).await?;
    Ok(Json(CommunityBody::load(&mut read, &community).await?))
}

#[derive(Deserialize, ToSchema)]
pub struct CommunityChange {
    /// As loaded.
    pub version: i64,
    pub name: Option<String>,
    pub kind: Option<String>,
    pub city: Option<String>,
    pub member_count: Option<i64>,
    /// `active` or `paused`.
    pub state: Option<String>,
}

#[utoipa::path(patch, path = "/programs/{program}/communities/{community}", tag = "communities",
    operation_id = "change_community", params(("program" = String, Path), ("community" = String, Path)), request_body = CommunityChange,
    responses((status = 200, body = CommunityBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn change(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, CommunityId)>,
    Body(change): Body<CommunityChange>,
) -> Result<Json<CommunityBody>, Failure> {
    let mut tx = ctx.db.begin().await?;
    let before = changeable(&mut tx, &cx, path.1).await?;
    let mut community = Community { version: change.version, ..before };
    let mut input = Input::default();
    if let Some(name) = &change.name {
        community.name = input.text("name", name, 1, 40);
    }
    if let Some(kind) = &change.kind {
        community.kind = input.text("kind", kind, 1, 30);
    }
    if let Some(city) = &change.city {
        community.city = input.text("city", city, 0, 30);
    }
    if let Some(count) = change.member_count {
        community.member_count = input.range("member_count", count, 0, MEMBERS_MAX);
    }
    match change.state.as_deref() {
        None => {}
        Some(state @ (ACTIVE | PAUSED)) => state.clone_into(&mut community.state),
        Some(_) => input.wrong("state", "must be active or paused"),
    }
    input.done()?;
    save(&ctx, tx, &cx, community, "community.change").await
}

/// Ends a community; its slot is free again, its place in share codes is never given to another.
#[utoipa::path(post, path = "/programs/{program}/communities/{community}/close", tag = "communities",
    operation_id = "close_community", params(("program" = String, Path), ("community" = String, Path)),
    responses((status = 200, body = CommunityBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn close(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, CommunityId)>,
) -> Result<Json<CommunityBody>, Failure> {
    let mut tx = ctx.db.begin().await?;
    let mut community = changeable(&mut tx, &cx, path.1).await?;
    CLOSED.clone_into(&mut community.state);
    save(&ctx, tx, &cx, community, "community.close").await
}

async fn save(
    ctx: &Ctx,
    mut tx: Tx,
    cx: &InProgram,
    mut community: Community,
    action: &str,
) -> Result<Json<CommunityBody>, Failure> {
    if !store::update(&mut tx, &community).await? {
        return Err(stale("the community").into());
    }
    community.version += 1;
    if community.person != cx.caller.person {
        let (by, program, subject) = (cx.caller.person, Some(cx.program.id), community.id.to_string());
        let detail = json!({ "name": community.name, "state": community.state });
        audit::note(&mut tx, &ctx.ids, ctx.now(), Deed { by, program, action, subject, detail }).await?;
    }
    let body = CommunityBody::load(&mut tx, &community).await?;
    tx.commit().await?;
    Ok(Json(body))
}
