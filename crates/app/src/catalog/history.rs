//! The price line of a product: the last seen offer of each day.

use super::Product;
use super::store;
use crate::ctx::Ctx;
use infra::db::DbError;
use kernel::{Bucket, Instant, TimeError, Zone};

/// Days are kept this long.
pub const DAYS_KEPT: i64 = 90;
/// Rows of one transaction.
const ROWS: i64 = 500;

/// China's day, in which unions live: a catalog stands above programs.
pub fn day(at: Instant) -> Result<i64, TimeError> {
    Zone::china().day(at)
}

/// What was on offer on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub day: i64,
    pub list_price: kernel::Money,
    pub promo_price: kernel::Money,
    pub coupon: kernel::Money,
    pub final_price: kernel::Money,
    pub rate: kernel::Rate,
    pub commission: kernel::Money,
    pub sales_30_days: Option<i64>,
}

impl Point {
    pub(super) fn of(product: &Product) -> Result<Point, TimeError> {
        Ok(Point {
            day: day(product.seen_at)?,
            list_price: product.list_price,
            promo_price: product.promo_price,
            coupon: product.coupon,
            final_price: product.final_price,
            rate: product.rate,
            commission: product.commission,
            sales_30_days: product.sales_30_days,
        })
    }
}

/// Forgets days that are older than [`DAYS_KEPT`]; how many. Short transactions, a bucket at a time.
pub async fn purge_points(ctx: &Ctx) -> Result<u64, DbError> {
    let before = day(ctx.now()).map_err(|e| DbError::Shape(e.to_string()))? - DAYS_KEPT + 1;
    let mut erased = 0;
    for bucket in Bucket::all() {
        loop {
            let mut tx = ctx.db.begin().await?;
            let rows = store::purge_points(&mut tx, bucket, before, ROWS).await?;
            tx.commit().await?;
            erased += rows;
            if rows < ROWS.unsigned_abs() {
                break;
            }
        }
    }
    Ok(erased)
}
