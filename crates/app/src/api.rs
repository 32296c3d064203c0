//! The HTTP API: every slice's routes, and the OpenAPI document built from them.

use crate::ctx::Ctx;
use crate::{
    audit, catalog, commission, communities, ledger, links, operations, orders, persons, posters, programs, promoters,
    reports, staff,
};
use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(info(
    title = "Daogou",
    description = "Social-commerce guide platform. Amounts are fen, rates parts per million, times RFC 3339 in UTC, ids \
                   prefixed text. Refusals are `application/problem+json` with a stable `code`.",
    license(name = "Apache-2.0")
))]
struct Doc;

fn slices() -> OpenApiRouter<Ctx> {
    let v1 = OpenApiRouter::new()
        .merge(persons::routes())
        .merge(staff::routes())
        .merge(audit::routes())
        .merge(programs::routes())
        .merge(promoters::routes())
        .merge(communities::routes())
        .merge(catalog::routes())
        .merge(links::routes())
        .merge(orders::routes())
        .merge(posters::routes())
        .merge(commission::routes())
        .merge(ledger::routes())
        .merge(reports::routes())
        .merge(operations::routes());
    OpenApiRouter::with_openapi(Doc::openapi()).nest("/api/v1", v1)
}

/// All routes, with their state.
pub fn router(ctx: Ctx) -> Router {
    slices().split_for_parts().0.merge(links::pages()).merge(posters::pages()).with_state(ctx)
}

/// The OpenAPI 3.1 document.
pub fn open_api() -> utoipa::openapi::OpenApi {
    slices().split_for_parts().1
}
