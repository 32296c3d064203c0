//! GET /programs/{program}/promoters (staff), …/me and …/{promoter}.

use crate::ctx::Ctx;
use crate::promoters::store::{self, Filter};
use crate::promoters::{Promoter, Standing, acting, readable};
use crate::staff::{INVALID, InProgram, Input, Right};
use axum::Json;
use axum::extract::State;
use infra::db::Tx;
use infra::http::{Failure, Params, PathOf, ProblemBody};
use kernel::{Cursor, PAGE_DEFAULT, PAGE_MAX, PersonId, Problem, PromoterId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct PromoterBody {
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    pub display_name: String,
    /// Only staff see who invited whom by id.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inviter: Option<PromoterId>,
    pub inviter_name: Option<String>,
    /// Staff only.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    pub joined_at: String,
    /// `active` or `suspended`.
    pub state: &'static str,
    /// Why they are suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub level: i64,
}

impl PromoterBody {
    fn new(promoter: &Promoter, standing: Standing, inviter_name: Option<String>, staff: bool) -> PromoterBody {
        PromoterBody {
            promoter: promoter.id,
            display_name: promoter.display_name.clone(),
            inviter: promoter.inviter.filter(|_| staff),
            inviter_name,
            person: Some(promoter.person).filter(|_| staff),
            joined_at: promoter.joined_at.rfc3339(),
            state: if standing.suspended { "suspended" } else { "active" },
            reason: None,
            level: standing.level,
        }
    }

    pub async fn load(ctx: &Ctx, tx: &mut Tx, promoter: &Promoter, staff: bool) -> Result<PromoterBody, Failure> {
        let now = ctx.now();
        let standing = store::standing_at(tx, promoter.id, now).await?;
        let inviter = match promoter.inviter {
            Some(id) => store::find(tx, promoter.program, id).await?.map(|p| p.display_name),
            None => None,
        };
        let mut body = PromoterBody::new(promoter, standing, inviter, staff);
        if standing.suspended {
            body.reason = Some(store::last_reason(tx, promoter.id, now).await?);
        }
        Ok(body)
    }
}

#[derive(Serialize, ToSchema)]
pub struct PromoterPage {
    pub items: Vec<PromoterBody>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Rows, at most 100.
    limit: Option<u32>,
    after: Option<String>,
    /// Part of the display name.
    q: Option<String>,
    /// `active` or `suspended`.
    state: Option<String>,
    #[param(value_type = Option<String>)]
    inviter: Option<PromoterId>,
}

/// The place that a list goes on from.
pub(crate) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    text.map(str::parse).transpose().map_err(|_| {
        Problem::new(INVALID, "correct the named fields").field("after", "is not a cursor that a list returned")
    })
}

/// Newest first.
#[utoipa::path(get, path = "/programs/{program}/promoters", tag = "promoters", operation_id = "list_promoters",
    params(("program" = String, Path), Query),
    responses((status = 200, body = PromoterPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Json<PromoterPage>, Failure> {
    cx.needs(Right::Read)?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let mut input = Input::default();
    let text = query.q.as_deref().map(|q| input.text("q", q, 0, 60)).filter(|q| !q.is_empty());
    if query.state.as_deref().is_some_and(|s| !["active", "suspended"].contains(&s)) {
        input.wrong("state", "must be active or suspended");
    }
    input.done()?;
    let filter = Filter { state: query.state, inviter: query.inviter, text };
    let mut read = ctx.db.read().await?;
    let after = cursor(query.after.as_deref())?;
    let rows = store::list(&mut read, cx.program.id, ctx.now(), &filter, after, limit).await?;
    let last = rows.last().filter(|_| rows.len() as u64 == u64::from(limit));
    let next = last.map(|(p, _)| Cursor { sort: p.joined_at.micros(), id: p.id.raw() }.to_string());
    let mut names: HashMap<PromoterId, String> = HashMap::new();
    let mut items = Vec::with_capacity(rows.len());
    for (promoter, standing) in &rows {
        let inviter_name = match promoter.inviter {
            Some(id) if !names.contains_key(&id) => {
                let name = store::find(&mut read, cx.program.id, id).await?.map(|p| p.display_name);
                names.insert(id, name.unwrap_or_default());
                names.get(&id).cloned()
            }
            Some(id) => names.get(&id).cloned(),
            None => None,
        };
        items.push(PromoterBody::new(promoter, *standing, inviter_name, true));
    }
    Ok(Json(PromoterPage { items, next }))
}

/// Who the caller is in this program.
#[utoipa::path(get, path = "/programs/{program}/promoters/me", tag = "promoters", operation_id = "own_promoter",
    params(("program" = String, Path)),
    responses((status = 200, body = PromoterBody), (status = 404, body = ProblemBody)))]
pub async fn me(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<PromoterBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let own = acting::own(&mut read, &cx).await?;
    Ok(Json(PromoterBody::load(&ctx, &mut read, &own, false).await?))
}

#[utoipa::path(get, path = "/programs/{program}/promoters/{promoter}", tag = "promoters", operation_id = "promoter",
    params(("program" = String, Path), ("promoter" = String, Path)),
    responses((status = 200, body = PromoterBody), (status = 404, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, PromoterId)>,
) -> Result<Json<PromoterBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let promoter = readable(&mut read, &cx, path.1).await?;
    Ok(Json(PromoterBody::load(&ctx, &mut read, &promoter, cx.may(Right::Read)).await?))
}
