use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
}
