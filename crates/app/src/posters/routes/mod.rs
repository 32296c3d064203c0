mod template;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new().routes(routes!(template::view, template::put, template::remove))
}
