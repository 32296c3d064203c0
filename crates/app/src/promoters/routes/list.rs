//! GET /programs/{program}/promoters (staff), …/me and …/{promoter}.

use crate::ctx::Ctx;
use crate::promoters::store::{self, Filter};
use crate::promoters::{Promoter, Standing, acting, readable};
use crate::staff::{InProgram, Input, Paging, Right};
use axum::Json;
use axum::extract::State;
use infra::db::Tx;
use infra::http::{Failure, Params, PathOf, ProblemBody};
use kernel::{Cursor, PersonId, Problem, PromoterId};
use serde::{Deserialize, Serialize};
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
    /// Part of the display name.
    q: Option<String>,
    /// `active` or `suspended`.
    state: Option<String>,
    #[param(value_type = Option<String>)]
    inviter: Option<PromoterId>,
    level: Option<i64>,
    /// Joined at or after, RFC 3339.
    joined_from: Option<String>,
    /// Joined before.
    joined_to: Option<String>,
}

impl Query {
    pub(super) fn filter(self) -> Result<Filter, Problem> {
        let mut input = Input::default();
        let text = self.q.as_deref().map(|q| input.text("q", q, 0, 60)).filter(|q| !q.is_empty());
        if self.state.as_deref().is_some_and(|s| !["active", "suspended"].contains(&s)) {
            input.wrong("state", "must be active or suspended");
        }
        let from = input.maybe_moment("joined_from", self.joined_from.as_deref());
        let to = input.maybe_moment("joined_to", self.joined_to.as_deref());
        input.done()?;
        Ok(Filter { state: self.state, inviter: self.inviter, text, level: self.level, from, to })
    }
}

/// Newest first.
#[utoipa::path(get, path = "/programs/{program}/promoters", tag = "promoters", operation_id = "list_promoters",
    params(("program" = String, Path), Query, Paging),
    responses((status = 200, body = PromoterPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<PromoterPage>, Failure> {
    cx.needs(Right::Read)?;
    let limit = paging.limit();
    let filter = query.filter()?;
    let after = paging.cursor()?;
    let mut read = ctx.db.read().await?;
    let rows = store::list(&mut read, cx.program.id, ctx.now(), &filter, after, limit).await?;
    let next = next(&rows, limit).map(|c| c.to_string());
    let names = store::names(&mut read, rows.iter().filter_map(|(p, _)| p.inviter).collect()).await?;
    let inviter = |p: &Promoter| p.inviter.map(|id| names.get(&id).cloned().unwrap_or_default());
    let items = rows.iter().map(|(p, standing)| PromoterBody::new(p, *standing, inviter(p), true)).collect();
    Ok(Json(PromoterPage { items, next }))
}

/// Where the page after these rows begins.
pub(super) fn next(rows: &[(Promoter, Standing)], limit: u32) -> Option<Cursor> {
    let last = rows.last().filter(|_| rows.len() as u64 == u64::from(limit));
    last.map(|(p, _)| Cursor { sort: p.joined_at.micros(), id: p.id.raw() })
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
