//! Erasing what is older than it may be kept.

use super::store;
use crate::ctx::Ctx;
use infra::db::DbError;
use kernel::{Bucket, Instant};

/// Minutes of the click counts are kept this long.
const MINUTES_KEPT: i64 = 2 * 24 * 60;
/// Rows of one transaction.
const ROWS: i64 = 500;

/// Clicks from before a moment, and conversions that nobody renewed in time; how many clicks. Short transactions, a
/// bucket at a time.
pub async fn purge_clicks(ctx: &Ctx, before: Instant) -> Result<u64, DbError> {
    let mut erased = 0;
    for bucket in Bucket::all() {
        loop {
            let mut tx = ctx.clicks.begin().await?;
            let rows = store::purge_clicks(&mut tx, bucket, before, ROWS).await?;
            tx.commit().await?;
            erased += rows;
            if rows < ROWS.unsigned_abs() {
                break;
            }
        }
        let mut tx = ctx.clicks.begin().await?;
        let minute = ctx.now().seconds() / 60 - MINUTES_KEPT;
        store::purge_click_counts(&mut tx, bucket, minute, before.seconds() / 900).await?;
        tx.commit().await?;
        loop {
            let mut tx = ctx.db.begin().await?;
            let rows = store::purge_conversions(&mut tx, bucket, ctx.now(), ROWS).await?;
            tx.commit().await?;
            if rows < ROWS.unsigned_abs() {
                break;
            }
        }
    }
    Ok(erased)
}
