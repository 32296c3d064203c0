//! Where links lead, kept in memory: a redirect that was made before costs no read of the database.
//!
//! What is kept stands under the epoch of `programs::LINKS_EPOCH`: after any deed that it depends on it is looked up anew.
//! An item's own state (on sale, its coupon) is asked for again after [`ITEM_KEPT`].

use super::convert::{self, ConvertError, coupon_mark};
use super::found::Found;
use super::store::Conversion;
use crate::catalog::{self, ProductState};
use crate::ctx::Ctx;
use axum::http::HeaderValue;
use infra::db::DbError;
use infra::epoch::Epoch;
use kernel::{Instant, ProgramId, PromoterId, ShareCode};
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

/// Links kept, the most used ones; about 200 bytes each.
const LINKS_MAX: u64 = 600_000;
const ITEMS_MAX: u64 = 100_000;
const ITEM_KEPT: Duration = Duration::from_secs(60);
const CODE_BYTES: usize = 20;

type Code = [u8; CODE_BYTES];

pub struct Quick {
    epoch: Epoch,
    links: Cache<Code, Arc<Kept>>,
    items: Cache<u64, Arc<Item>>,
}

/// One link.
struct Kept {
    epoch: i64,
    target: Target,
    /// Under which coupon it was made.
    coupon: String,
    until: Instant,
}

/// What a redirect needs.
#[derive(Clone, Debug)]
pub struct Target {
    pub code: ShareCode,
    pub program: ProgramId,
    pub promoter: PromoterId,
    pub location: HeaderValue,
}

/// An item as it was a moment ago.
struct Item {
    on_sale: bool,
    coupon: String,
}

impl Default for Quick {
    fn default() -> Quick {
        Quick {
            epoch: Epoch::new(crate::programs::LINKS_EPOCH),
            links: Cache::new(LINKS_MAX),
            items: Cache::builder().max_capacity(ITEMS_MAX).time_to_live(ITEM_KEPT).build(),
        }
    }
}

impl Quick {
    /// Where a code leads, if that is known and still so.
    pub async fn find(&self, ctx: &Ctx, text: &str) -> Result<Option<Target>, DbError> {
        let Ok(code) = Code::try_from(text.as_bytes()) else { return Ok(None) };
        let Some(kept) = self.links.get(&code) else { return Ok(None) };
        if kept.epoch != self.epoch.current(&ctx.db).await? || kept.until <= ctx.now() {
            return Ok(None);
        }
        let Some(item) = self.item(ctx, kept.target.code.product).await? else { return Ok(None) };
        Ok((item.on_sale && item.coupon == kept.coupon).then(|| kept.target.clone()))
    }

    async fn item(&self, ctx: &Ctx, number: u64) -> Result<Option<Arc<Item>>, DbError> {
        if let Some(item) = self.items.get(&number) {
            return Ok(Some(item));
        }
        let Some(product) = catalog::store::by_number(&mut ctx.db.read().await?, number).await? else {
            return Ok(None);
        };
        let coupon = coupon_mark(&product, ctx.now()).1;
        let item = Arc::new(Item { on_sale: product.state == ProductState::OnSale, coupon });
        self.items.insert(number, item.clone());
        Ok(Some(item))
    }

    /// Keeps where a link leads that was just looked up, under the epoch that was current before the look.
    fn keep(&self, epoch: i64, found: &Found, conversion: &Conversion, location: HeaderValue, now: Instant) {
        let Ok(code) = Code::try_from(found.text.as_bytes()) else { return };
        let target = Target { code: found.code, program: found.program.id, promoter: found.promoter.id, location };
        let coupon = coupon_mark(&found.product, now).1;
        self.links.insert(code, Arc::new(Kept { epoch, target, coupon, until: conversion.renew_at }));
    }

    /// The epoch to look a code up under. One that was not issued here is never kept, and costs no read.
    pub async fn epoch(&self, ctx: &Ctx, text: &str) -> Result<i64, DbError> {
        match ShareCode::parse(text, &ctx.codes) {
            Ok(_) => self.epoch.current(&ctx.db).await,
            Err(_) => Ok(0),
        }
    }
}

/// Converts what was found and keeps it.
pub async fn target(ctx: &Ctx, epoch: i64, found: &Found) -> Result<HeaderValue, ConvertError> {
    let conversion = convert::target(ctx, found).await?;
    let location =
        HeaderValue::from_str(&conversion.url).map_err(|_| ConvertError::Host("the link is no address".to_owned()))?;
    ctx.quick.keep(epoch, found, &conversion, location.clone(), ctx.now());
    Ok(location)
}
