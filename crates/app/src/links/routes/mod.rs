mod clicks;
mod list;
mod make;
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
        .routes(routes!(clicks::list))
        .routes(routes!(clicks::counts))
        .routes(routes!(clicks::export))
}
