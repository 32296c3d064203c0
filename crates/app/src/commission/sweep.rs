//! The slow sweep: recent weeks are asked for again, round after round, for changes that the union showed after their
//! window had been pulled. It has a place of its own and never moves the watermark; what it reads again changes nothing.
//!
//! Rounds walk in turn by the time of change and by the time of order: the first finds a row that came late, the second
//! one whose time of change says nothing. A run reads some pages and leaves the rest to the next; from
//! [`SPARING_PERCENT`] of the account's daily budget on it waits for tomorrow.

use super::pull::{PullError, PullReport, PullStep, store_page};
use crate::ctx::Ctx;
use crate::orders::store::{self, Sweep};
use crate::programs;
use connectors::unions::{BudgetState, ErrorClass, OrderCursor};
use kernel::UnionAccountId;

/// A round goes back so far.
pub const SWEEP_DAYS: i64 = 35;
/// From this part of the daily budget on nothing is swept.
const SPARING_PERCENT: u64 = 50;

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    pub read: PullReport,
    /// The round is over.
    pub finished: bool,
    /// Nothing more was read because of the budget.
    pub spared: bool,
}

/// Goes on with the round of an account, or begins the next, for at most `pages` pages.
pub async fn sweep_orders(
    ctx: &Ctx,
    account: UnionAccountId,
    pages: u32,
    mut progress: impl FnMut(&PullStep) + Send,
) -> Result<SweepReport, PullError> {
    let (account, union) = ctx.unions.connect(ctx, account).await?;
    let now = ctx.now();
    let known = store::sweep(&mut ctx.db.read().await?, account.id).await?;
    let mut sweep = match known {
        Some(sweep) if sweep.walk.is_some() => sweep,
        known => {
            let rounds = known.as_ref().map_or(0, |sweep| sweep.rounds);
            let from = now.plus_days(-SWEEP_DAYS);
            let walk = if rounds % 2 == 0 { union.orders_from(from, now) } else { union.orders_placed(from, now) };
            Sweep { walk: Some(walk.0), begun_at: now, rounds, finished_at: known.and_then(|sweep| sweep.finished_at) }
        }
    };
    let mut report = SweepReport::default();
    let outcome = loop {
        let Some(walk) = sweep.walk.clone() else {
            report.finished = true;
            break Ok(());
        };
        let BudgetState { used, limit, .. } = union.budget();
        report.spared = used.saturating_mul(100) >= limit.saturating_mul(SPARING_PERCENT);
        if report.spared || report.read.pages >= pages {
            break Ok(());
        }
        let page = match union.orders(&OrderCursor(walk)).await {
            Ok(page) => page,
            // The round was left alone for so long that the union no longer knows its windows: the next begins anew.
            Err(error) if error.class == ErrorClass::BadRequest => {
                sweep.walk = None;
                put(ctx, account.id, &sweep).await?;
                break Err(error.into());
            }
            Err(error) => break Err(error.into()),
        };
        let step = match store_page(ctx, &account, &page, false, report.read.pages + 1).await {
            Ok(step) => step,
            Err(error) => break Err(error),
        };
        report.read.add(&step);
        progress(&step);
        sweep.walk = page.next.map(|next| next.0);
        if sweep.walk.is_none() {
            sweep.rounds += 1;
            sweep.finished_at = Some(ctx.now());
        }
        put(ctx, account.id, &sweep).await?;
    };
    programs::note_budget(ctx, account.id, &*union).await?;
    outcome.map(|()| report)
}

async fn put(ctx: &Ctx, account: UnionAccountId, sweep: &Sweep) -> Result<(), PullError> {
    let mut tx = ctx.db.begin().await?;
    store::put_sweep(&mut tx, account, sweep).await?;
    Ok(tx.commit().await?)
}
