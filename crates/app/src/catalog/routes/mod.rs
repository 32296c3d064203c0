mod ban;
mod earn;
mod export;
mod feeds;
mod history;
mod list;
mod public;
mod sync;
mod view;

use crate::catalog::Product;
use crate::catalog::store;
use crate::ctx::Ctx;
use crate::programs;
use crate::promoters;
use crate::staff::{InProgram, Right};
use infra::db::Tx;
use infra::http::Failure;
use kernel::{Problem, ProblemCode, ProgramId};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const UNKNOWN_PRODUCT: ProblemCode = ProblemCode::new("catalog.unknown_product", 404, "no such product");

pub use public::PublicProductDetail;

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(view::view))
        .routes(routes!(export::export))
        .routes(routes!(history::of_product))
        .routes(routes!(ban::ban))
        .routes(routes!(ban::unban))
        .routes(routes!(public::list))
        .routes(routes!(public::view))
        .routes(routes!(feeds::feeds))
        .routes(routes!(sync::sync))
}

/// The product's number in the path.
#[derive(Deserialize)]
struct At {
    product: String,
}

/// Lets staff and promoters of the program pass; whether the caller is staff. For others there is no such program.
async fn reader_is_staff(tx: &mut Tx, cx: &InProgram) -> Result<bool, Failure> {
    if cx.may(Right::Read) {
        return Ok(true);
    }
    if promoters::store::by_person(tx, cx.program.id, cx.caller.person).await?.is_none() {
        cx.needs(Right::Read)?;
    }
    Ok(false)
}

/// The product in the path, if an account of the program offers it.
async fn product_at(tx: &mut Tx, cx: &InProgram, at: &At) -> Result<Product, Failure> {
    offered(tx, cx.program.id, &at.product).await
}

async fn offered(tx: &mut Tx, program: ProgramId, number: &str) -> Result<Product, Failure> {
    let named: String = number.chars().take(20).collect();
    let unknown = || Problem::new(UNKNOWN_PRODUCT, format!("there is no product {named} in this program"));
    let number = number.parse::<u64>().map_err(|_| unknown())?;
    let product = store::by_number(tx, number).await?.ok_or_else(unknown)?;
    let accounts = programs::store::accounts_of_program(tx, program).await?;
    if !accounts.contains(&product.union_account) {
        return Err(unknown().into());
    }
    Ok(product)
}
