mod clicks;
mod make;
mod public;
mod view;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(make::make))
        .routes(routes!(view::view))
        .routes(routes!(public::view))
        .routes(routes!(public::other))
        .routes(routes!(public::open))
        .routes(routes!(clicks::list))
        .routes(routes!(clicks::counts))
}
