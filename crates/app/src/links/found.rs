//! What a share code says, and whether it still leads anywhere.

use crate::catalog::{self, Product, ProductState};
use crate::ctx::Ctx;
use crate::programs::{self, Program, ProgramState};
use crate::promoters::{self, Promoter};
use infra::db::DbError;
use kernel::{ProgramId, PromoterId, ShareCode};

/// A code that leads somewhere.
#[derive(Clone, Debug)]
pub struct Found {
    pub code: ShareCode,
    pub text: String,
    pub program: Program,
    pub promoter: Promoter,
    pub product: Product,
}

impl Found {
    /// Who and what a click is noted for.
    pub fn who(&self) -> (ProgramId, PromoterId, ShareCode) {
        (self.program.id, self.promoter.id, self.code)
    }
}

/// Why a code leads nowhere.
#[derive(Clone, Debug)]
pub enum Lost {
    /// Forged, of nobody, of no product, of another program's account, or of a program that is not live.
    Unknown,
    Suspended,
    /// The item is banned or no longer on offer.
    Gone(Box<Found>),
}

/// Looks a code up, newest state first: nothing of it is cached (see `quick` for redirects).
pub async fn find(ctx: &Ctx, text: &str) -> Result<Result<Found, Lost>, DbError> {
    let Ok(code) = ShareCode::parse(text, &ctx.codes) else { return Ok(Err(Lost::Unknown)) };
    let mut read = ctx.db.read().await?;
    let Some(promoter) = promoters::store::by_number(&mut read, code.bucket, code.promoter).await? else {
        return Ok(Err(Lost::Unknown));
    };
    let program = programs::store::find(&mut read, promoter.program).await?;
    let Some(program) = program.filter(|p| p.state == ProgramState::Live) else { return Ok(Err(Lost::Unknown)) };
    let Some(product) = catalog::store::by_number(&mut read, code.product).await? else {
        return Ok(Err(Lost::Unknown));
    };
    if !programs::store::accounts_of_program(&mut read, program.id).await?.contains(&product.union_account) {
        return Ok(Err(Lost::Unknown));
    }
    if promoters::store::standing_at(&mut read, promoter.id, ctx.now()).await?.suspended {
        return Ok(Err(Lost::Suspended));
    }
    let on_sale = product.state == ProductState::OnSale;
    let found = Found { code, text: text.to_owned(), program, promoter, product };
    Ok(if on_sale { Ok(found) } else { Err(Lost::Gone(Box::new(found))) })
}
