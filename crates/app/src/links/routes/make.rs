//! POST /programs/{program}/links: shares a product.

use crate::ctx::Ctx;
use crate::links::{NewLink, make as made};
use crate::promoters;
use crate::staff::{INVALID, InProgram};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{CommunityId, Problem, PromoterId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct Share {
    /// Number of a product, as text.
    pub product: String,
    #[schema(value_type = Option<String>)]
    pub community: Option<CommunityId>,
    /// Staff name the promoter; a promoter shares for themself.
    #[schema(value_type = Option<String>)]
    pub promoter: Option<PromoterId>,
    /// *Buy for myself*: its own rate, no inviter part.
    #[serde(default)]
    pub self_purchase: bool,
    /// Ask the union for its link now (the usual); else at the first opening.
    pub convert: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct Shared {
    /// 20 characters; also the union's tracking token.
    pub code: String,
    /// Leads to the union.
    pub url: String,
    /// Our page with price steps.
    pub page: String,
    /// For pasting into a chat.
    pub copy_text: String,
    pub union_url: Option<String>,
    /// Why the union's link carries no coupon although there is one.
    pub coupon_dropped: Option<String>,
    pub final_fen: i64,
    /// When the price was seen.
    pub seen_at: String,
}

#[utoipa::path(post, path = "/programs/{program}/links", tag = "links", operation_id = "share",
    params(("program" = String, Path)), request_body = Share,
    responses((status = 201, body = Shared), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 502, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn make(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(share): Body<Share>,
) -> Result<(StatusCode, Json<Shared>), Failure> {
    let promoter = promoters::acting_active(&mut ctx.db.read().await?, &cx, share.promoter, ctx.now()).await?;
    ctx.limits.links.check(format!("share/{}", promoter.id))?;
    let product = share.product.parse().map_err(|_| {
        Problem::new(INVALID, "correct the named fields").field("product", "must be the number of a product, as text")
    })?;
    let new = NewLink {
        product,
        community: share.community,
        self_purchase: share.self_purchase,
        convert: share.convert.unwrap_or(true),
    };
    let link = made(&ctx, &cx.program, &promoter, &new).await?;
    let shared = Shared {
        code: link.code,
        url: link.url,
        page: link.page,
        copy_text: link.copy_text,
        union_url: link.union_url,
        coupon_dropped: link.coupon_dropped,
        final_fen: link.final_price.fen(),
        seen_at: link.seen_at.rfc3339(),
    };
    Ok((StatusCode::CREATED, Json(shared)))
}
