//! Asks the union again for what was not seen for the longest time.

use super::model::Product;
use super::sync::{SyncError, Tries};
use super::{rules, store};
use crate::ctx::Ctx;
use crate::programs;
use connectors::unions::{Goods, Union};
use infra::db::DbError;
use kernel::UnionAccountId;
use std::collections::HashSet;

/// Products of one refresh at the most.
const REFRESH_MAX: u32 = 10_000;

/// What a refresh did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefreshReport {
    pub asked: u64,
    /// Those that the union still shows.
    pub seen: u64,
    pub changed: u64,
    pub withdrawn: u64,
}

/// Asks for the details of the products on sale that were seen longest ago, at most `at_most` of them. Those that the
/// union still shows are written as seen now, the others are withdrawn; they come back when they are seen again.
/// Fails with the first call that fails; what was read before is kept.
pub async fn refresh(ctx: &Ctx, account: UnionAccountId, at_most: u32) -> Result<RefreshReport, SyncError> {
    let (account, union) = ctx.unions.connect(ctx, account).await?;
    let oldest = store::oldest_seen(&mut ctx.db.read().await?, account.id, at_most.min(REFRESH_MAX)).await?;
    let chunk_size = union.capabilities().detail_max.clamp(1, store::PAGE_ROWS_MAX);
    let mut report = RefreshReport::default();
    let mut outcome = Ok(());
    for chunk in oldest.chunks(chunk_size) {
        outcome = ask(ctx, account.id, &*union, chunk, &mut report).await;
        if outcome.is_err() {
            break;
        }
    }
    programs::note_budget(ctx, account.id, &*union).await?;
    outcome.map(|()| report)
}

async fn ask(
    ctx: &Ctx,
    account: UnionAccountId,
    union: &dyn Union,
    chunk: &[Product],
    report: &mut RefreshReport,
) -> Result<(), SyncError> {
    let keys: Vec<String> = chunk.iter().map(|p| p.item_key.clone()).collect();
    let goods = union.detail(&keys).await?;
    let now = ctx.now();
    let asked: HashSet<&str> = keys.iter().map(String::as_str).collect();
    let offered = |g: &Goods| rules::offered(account, g, now).filter(|p| asked.contains(p.item_key.as_str()));
    let seen: Vec<Product> = goods.iter().filter_map(offered).collect();
    let shown: HashSet<&str> = seen.iter().map(|p| p.item_key.as_str()).collect();
    let gone: Vec<Product> = chunk.iter().filter(|p| !shown.contains(p.item_key.as_str())).cloned().collect();
    // Two transactions: each locks its rows in key order, both together would not.
    let mut tries = Tries::default();
    let written = loop {
        match put(ctx, &seen).await {
            Ok(written) => break written,
            Err(error) => tries.again(error).await?,
        }
    };
    let withdrawn = loop {
        match withdraw(ctx, &gone).await {
            Ok(withdrawn) => break withdrawn,
            Err(error) => tries.again(error).await?,
        }
    };
    report.asked += keys.len() as u64;
    report.seen += shown.len() as u64;
    report.changed += written.changed;
    report.withdrawn += withdrawn;
    Ok(())
}

async fn put(ctx: &Ctx, seen: &[Product]) -> Result<store::Written, DbError> {
    let mut tx = ctx.db.begin().await?;
    let written = store::put(&mut tx, seen).await?;
    tx.commit().await?;
    Ok(written)
}

async fn withdraw(ctx: &Ctx, gone: &[Product]) -> Result<u64, DbError> {
    let mut tx = ctx.db.begin().await?;
    let withdrawn = store::withdraw(&mut tx, gone).await?;
    tx.commit().await?;
    Ok(withdrawn)
}
