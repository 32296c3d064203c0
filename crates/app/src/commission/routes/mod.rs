mod assign;
mod earnings;
mod ledger;
mod team;
mod why;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(why::why_order))
        .routes(routes!(assign::assign_order))
        .routes(routes!(earnings::earnings))
        .routes(routes!(ledger::postings))
        .routes(routes!(team::team))
}
