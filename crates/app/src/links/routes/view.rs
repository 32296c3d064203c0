//! GET /programs/{program}/links/{code}: what a code says.

use crate::communities;
use crate::ctx::Ctx;
use crate::promoters;
use crate::staff::{InProgram, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::{CommunityId, Problem, ProblemCode, PromoterId, SELF_COMMUNITY, ShareCode};
use serde::Serialize;
use utoipa::ToSchema;

pub const UNKNOWN: ProblemCode = ProblemCode::new("links.unknown", 404, "no such link");

#[derive(Serialize, ToSchema)]
pub struct LinkBody {
    pub code: String,
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    pub promoter_name: String,
    /// Null: none.
    #[schema(value_type = Option<String>)]
    pub community: Option<CommunityId>,
    pub community_name: Option<String>,
    pub self_purchase: bool,
    /// Number of the product, as text.
    pub product: String,
}

#[utoipa::path(get, path = "/programs/{program}/links/{code}", tag = "links", operation_id = "link",
    params(("program" = String, Path), ("code" = String, Path)),
    responses((status = 200, body = LinkBody), (status = 404, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, String)>,
) -> Result<Json<LinkBody>, Failure> {
    let mut read = ctx.db.read().await?;
    // Strangers are sent away before anything is said of the code.
    let own = if cx.may(Right::Read) { None } else { Some(promoters::acting(&mut read, &cx, None).await?) };
    let unknown = || Problem::new(UNKNOWN, "this program never issued such a code");
    let code = ShareCode::parse(&path.1, &ctx.codes).map_err(|_| unknown())?;
    let promoter = promoters::store::by_number(&mut read, code.bucket, code.promoter).await?;
    let promoter = promoter.filter(|p| p.program == cx.program.id).ok_or_else(unknown)?;
    if own.is_some_and(|own| own.id != promoter.id) {
        return Err(unknown().into());
    }
    let community = match code.community {
        ordinal if ordinal > SELF_COMMUNITY => communities::store::by_ordinal(&mut read, promoter.id, ordinal).await?,
        _ => None,
    };
    Ok(Json(LinkBody {
        code: path.1,
        promoter: promoter.id,
        promoter_name: promoter.display_name,
        community: community.as_ref().map(|c| c.id),
        community_name: community.map(|c| c.name),
        self_purchase: code.community == SELF_COMMUNITY,
        product: code.product.to_string(),
    }))
}
