mod clicks;
mod list;
mod make;
mod public;
mod view;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(make::make, list::list))
        .routes(routes!(list::export))
        .routes(routes!(view::view))
        .routes(routes!(public::view))
        .routes(routes!(public::other))
        .routes(routes!(public::open))
        .routes(routes!(clicks::list))
        .routes(routes!(clicks::counts))
        .routes(routes!(clicks::export))
}
