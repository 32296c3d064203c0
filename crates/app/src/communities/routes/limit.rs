//! GET /programs/{program}/communities/limit: how many more a promoter may make.

use crate::communities::store;
use crate::ctx::Ctx;
use crate::promoters;
use crate::staff::{InProgram, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use kernel::PromoterId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Staff name the promoter; a promoter asks for themself.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
}

#[derive(Serialize, ToSchema)]
pub struct LimitBody {
    /// Of the person, over all programs; closed ones do not count.
    pub used: i64,
    /// This program's.
    pub limit: i64,
}

#[utoipa::path(get, path = "/programs/{program}/communities/limit", tag = "communities", operation_id = "community_limit",
    params(("program" = String, Path), Query),
    responses((status = 200, body = LimitBody), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn limit(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Json<LimitBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let promoter = match query.promoter {
        Some(named) if cx.may(Right::Read) => promoters::readable(&mut read, &cx, named).await?,
        wanted => promoters::acting(&mut read, &cx, wanted).await?,
    };
    let used = store::slots(&mut read, promoter.person).await?.len();
    Ok(Json(LimitBody { used: i64::try_from(used).unwrap_or(i64::MAX), limit: cx.program.community_limit }))
}
