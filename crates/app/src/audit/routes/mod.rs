mod list;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(list::above))
        .routes(routes!(list::in_program))
        .routes(routes!(list::export_above))
        .routes(routes!(list::export_in_program))
}
