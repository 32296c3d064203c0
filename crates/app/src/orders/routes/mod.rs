mod export;
mod list;
mod view;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use view::OrderBody;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(export::export)).routes(routes!(list::unassigned))
}
