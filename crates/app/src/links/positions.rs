//! Positions: numbers of the union that come back with every order, also where the share code does not (JD sends it back
//! only to accounts on its list). Each promoter's links carry the promoter's own.
//!
//! Free positions are made in advance, as many as one call makes. The union is asked first which there are: an answer that
//! was lost has made some. Where the union lets the account have no more, links go out without: their orders are then
//! nobody's, if the code does not come back.

use super::convert::ConvertError;
use super::store;
use crate::ctx::{Ctx, Parts};
use crate::programs::UnionAccount;
use connectors::unions::{ErrorClass, Position, Union, UnionError};
use infra::secrets;
use kernel::{Instant, PromoterId, UnionAccountId};
use moka::sync::Cache;
use std::sync::LazyLock;

/// Ours among the account's positions.
const PREFIX: &str = "dg";
const TRIES: u32 = 3;
/// JD's last page.
const PAGES_MAX: u32 = 100;
/// So long nothing is asked of a union that lets us have no more.
const FULL_MINUTES: i64 = 60;
/// JD: a name is taken.
const TAKEN: &str = "20042";
/// JD: over the cap.
const OVER_THE_CAP: &str = "20046";

/// Installation and account: until when no more are asked for.
static FULL: LazyLock<Cache<(usize, UnionAccountId), Instant>> = LazyLock::new(|| Cache::new(1000));

/// The promoter's position; `None` where the account has none of its own, or no more.
pub(super) async fn of(
    ctx: &Ctx,
    account: &UnionAccount,
    union: &dyn Union,
    promoter: PromoterId,
) -> Result<Option<i64>, ConvertError> {
    let Some(at_once) = union.positions_at_once() else { return Ok(None) };
    for _ in 0..TRIES {
        if let Some(known) = store::position_of(&mut ctx.db.read().await?, account.id, promoter).await? {
            return Ok(Some(known));
        }
        let mut tx = ctx.db.begin().await?;
        match store::take_position(&mut tx, account.id, promoter, ctx.now()).await {
            Ok(Some(taken)) => {
                tx.commit().await?;
                return Ok(Some(taken));
            }
            Ok(None) => {}
            // Another link of the same promoter was faster, or another promoter: looked at again.
            Err(error) if error.is_conflict() || error.is_duplicate() => continue,
            Err(error) => return Err(error.into()),
        }
        drop(tx);
        if !more(ctx, account, union, at_once).await? {
            return Ok(None);
        }
    }
    Err(ConvertError::Late("too many promoters wait for a position"))
}

/// Makes positions that are free; `false` where the union lets us have no more.
async fn more(ctx: &Ctx, account: &UnionAccount, union: &dyn Union, at_once: usize) -> Result<bool, ConvertError> {
    let key = (std::ptr::from_ref::<Parts>(ctx).addr(), account.id);
    if FULL.get(&key).is_some_and(|until| ctx.now() < until) {
        return Ok(false);
    }
    if add(ctx, account, &ours(union).await.map_err(refused)?).await? > 0 {
        return Ok(true);
    }
    for count in [at_once, 1] {
        let names: Vec<String> =
            (0..count).map(|_| format!("{PREFIX}{}", secrets::hex(&secrets::random::<8>()))).collect();
        match union.make_positions(&names).await {
            Ok(made) => {
                let new = add(ctx, account, &made).await?;
                tracing::info!(account = %account.id, new, "positions made");
                return Ok(true);
            }
            // A second attempt of the same call, whose first one was done and not heard of: the next look finds them.
            Err(error) if error.code == TAKEN => return Ok(true),
            Err(error) if error.code == OVER_THE_CAP => {}
            Err(error) => return Err(refused(error)),
        }
    }
    tracing::warn!(account = %account.id, "the union lets the account have no more positions; links go out without");
    FULL.insert(key, ctx.now().plus_minutes(FULL_MINUTES));
    Ok(false)
}

async fn add(ctx: &Ctx, account: &UnionAccount, positions: &[Position]) -> Result<u64, ConvertError> {
    let mut tx = ctx.db.begin().await?;
    let new = store::add_positions(&mut tx, account.id, positions, ctx.now()).await?;
    tx.commit().await?;
    Ok(new)
}

fn refused(error: UnionError) -> ConvertError {
    if error.class == ErrorClass::BudgetSpent { ConvertError::BudgetSpent } else { ConvertError::Union(error) }
}

/// All positions that were made here.
async fn ours(union: &dyn Union) -> Result<Vec<Position>, UnionError> {
    let mut found = Vec::new();
    for page in 1..=PAGES_MAX {
        let listed = union.positions(page).await?;
        found.extend(listed.positions.into_iter().filter(|position| position.name.starts_with(PREFIX)));
        if !listed.more {
            break;
        }
    }
    Ok(found)
}
