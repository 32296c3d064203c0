mod books;
mod health;
mod inbox;
mod jobs;
mod verify;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::retry))
        .routes(routes!(health::health))
        .routes(routes!(inbox::inbox))
        .routes(routes!(books::balances))
        .routes(routes!(books::accounts))
        .routes(routes!(verify::view, verify::ask))
}
