//! POST /programs/{program}/products/{product}/ban and …/unban.

use super::view::ProductDetail;
use super::{At, product_at};
use crate::audit::{self, Deed};
use crate::catalog::{Product, ProductState, store};
use crate::ctx::Ctx;
use crate::staff::{InProgram, Input, Right, stale};
use axum::Json;
use axum::extract::State;
use infra::http::{Body, Failure, PathOf, ProblemBody};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct Ban {
    /// For the audit log, 1 to 200 characters.
    pub reason: String,
}

/// Bans a product for every program that its union account serves; banning it again changes nothing.
#[utoipa::path(post, path = "/programs/{program}/products/{product}/ban", tag = "catalog", operation_id = "ban_product",
    params(("program" = String, Path), ("product" = String, Path)), request_body = Ban,
    responses((status = 200, body = ProductDetail), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn ban(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(at): PathOf<At>,
    Body(request): Body<Ban>,
) -> Result<Json<ProductDetail>, Failure> {
    cx.needs(Right::ManageCatalog)?;
    let mut input = Input::default();
    let reason = input.text("reason", &request.reason, 1, 200);
    input.done()?;
    moved(&ctx, &cx, &at, |_| ProductState::Banned, "catalog.ban", &reason).await
}

/// Lifts a ban: the product is on sale until the union says otherwise. Where there is no ban, nothing changes.
#[utoipa::path(post, path = "/programs/{program}/products/{product}/unban", tag = "catalog",
    operation_id = "unban_product", params(("program" = String, Path), ("product" = String, Path)),
    responses((status = 200, body = ProductDetail), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
pub async fn unban(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(at): PathOf<At>,
) -> Result<Json<ProductDetail>, Failure> {
    cx.needs(Right::ManageCatalog)?;
    let lifted = |before| if before == ProductState::Banned { ProductState::OnSale } else { before };
    moved(&ctx, &cx, &at, lifted, "catalog.unban", "").await
}

async fn moved(
    ctx: &Ctx,
    cx: &InProgram,
    at: &At,
    to: impl Fn(ProductState) -> ProductState,
    action: &str,
    reason: &str,
) -> Result<Json<ProductDetail>, Failure> {
    let mut tx = ctx.db.begin().await?;
    let before = product_at(&mut tx, cx, at).await?;
    let after = Product { state: to(before.state), ..before.clone() };
    if after.state != before.state {
        if !store::move_state(&mut tx, &before, after.state).await? {
            return Err(stale("the product").into());
        }
        let detail = json!({
            "reason": reason, "before": before.state.word(), "item_key": before.item_key, "title": before.title,
            "union_account": before.union_account.to_string(),
        });
        let subject = before.number.to_string();
        let deed = Deed { by: cx.caller.person, program: Some(cx.program.id), action, subject, detail };
        audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
        tx.commit().await?;
    }
    Ok(Json(ProductDetail::new(&after, ctx.now())))
}
