//! POST /programs/{program}/promoters/{promoter}/suspend and /reinstate. Books stay; orders placed while somebody is
//! suspended are held.

use super::PromoterBody;
use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::promoters::{Standing, UNKNOWN_PROMOTER, store};
use crate::staff::{InProgram, Input, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Body, Failure, PathOf, ProblemBody};
use kernel::{Problem, ProblemCode, PromoterId};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

pub const SAME: ProblemCode = ProblemCode::new("promoters.same_standing", 409, "nothing would change");

#[derive(Deserialize, ToSchema)]
pub struct Reason {
    /// Told to the promoter and kept in the audit log.
    pub reason: String,
}

#[utoipa::path(post, path = "/programs/{program}/promoters/{promoter}/suspend", tag = "promoters",
    operation_id = "suspend_promoter", params(("program" = String, Path), ("promoter" = String, Path)), request_body = Reason,
    responses((status = 200, body = PromoterBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn suspend(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, PromoterId)>,
    Body(request): Body<Reason>,
) -> Result<Json<PromoterBody>, Failure> {
    change(&ctx, &cx, path.1, true, &request.reason).await
}

#[utoipa::path(post, path = "/programs/{program}/promoters/{promoter}/reinstate", tag = "promoters",
    operation_id = "reinstate_promoter", params(("program" = String, Path), ("promoter" = String, Path)), request_body = Reason,
    responses((status = 200, body = PromoterBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn reinstate(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, PromoterId)>,
    Body(request): Body<Reason>,
) -> Result<Json<PromoterBody>, Failure> {
    change(&ctx, &cx, path.1, false, &request.reason).await
}

async fn change(
    ctx: &Ctx,
    cx: &InProgram,
    id: PromoterId,
    suspended: bool,
    reason: &str,
) -> Result<Json<PromoterBody>, Failure> {
    cx.needs(Right::ManagePromoters)?;
    let mut input = Input::default();
    let reason = input.text("reason", reason, 1, 500);
    input.done()?;
    let mut tx = ctx.db.begin().await?;
    let found = store::find(&mut tx, cx.program.id, id).await?;
    let promoter =
        found.ok_or_else(|| Problem::new(UNKNOWN_PROMOTER, format!("there is no promoter {id} in this program")))?;
    let now = ctx.now();
    let before = store::standing_at(&mut tx, id, now).await?;
    if before.suspended == suspended {
        return Err(Problem::new(SAME, if suspended { "is suspended already" } else { "is not suspended" }).into());
    }
    let standing = Standing { suspended, ..before };
    store::set_standing(&mut tx, &ctx.ids, now, id, standing, &reason, cx.caller.person).await?;
    let action = if suspended { "promoter.suspend" } else { "promoter.reinstate" };
    let (by, subject, program) = (cx.caller.person, id.to_string(), Some(cx.program.id));
    audit::note(&mut tx, &ctx.ids, now, Deed { by, program, action, subject, detail: json!({ "reason": reason }) })
        .await?;
    let body = PromoterBody::load(ctx, &mut tx, &promoter, true).await?;
    tx.commit().await?;
    Ok(Json(body))
}
