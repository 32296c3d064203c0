mod codes;
mod export;
mod join;
mod list;
mod own;
mod public;
mod standing;

pub use list::PromoterBody;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(join::join))
        .routes(routes!(own::list))
        .routes(routes!(public::invite))
        .routes(routes!(list::list))
        .routes(routes!(list::me))
        .routes(routes!(list::view))
        .routes(routes!(export::promoters))
        .routes(routes!(export::codes))
        .routes(routes!(standing::suspend))
        .routes(routes!(standing::reinstate))
        .routes(routes!(codes::list, codes::add))
}
