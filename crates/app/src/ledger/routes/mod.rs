mod accounts;
mod export;
mod transactions;
mod transactions_export;

use crate::ctx::Ctx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use transactions::TransactionBody;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(accounts::accounts))
        .routes(routes!(export::export))
        .routes(routes!(transactions::transactions))
        .routes(routes!(transactions_export::export))
}
