mod change;
mod list;

pub use list::CommunityBody;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(list::list, list::add))
        .routes(routes!(change::view, change::change))
        .routes(routes!(change::close))
}
