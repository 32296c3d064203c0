//! Pulls order changes from a union account: fetch a page without a transaction, then rows, books and watermark in one.

use super::book::book;
use crate::ctx::Ctx;
use crate::ledger::LedgerError;
use crate::orders::{self, BATCH_MAX};
use crate::programs::{self, UnionAccount};
use connectors::unions::{OrderPage, OrderRow, UnionError};
use infra::db::DbError;
use infra::http::Failure;
use kernel::{Instant, UnionAccountId};

/// Changes are asked for again from this long before the watermark: a union shows some of them late.
pub const OVERLAP_SECONDS: i64 = 600;
/// The first pull of an account begins this long before the account was made.
const FIRST_LOOK_BACK_DAYS: i64 = 1;
/// JD reports orders of 90 days; older ones are gone.
const LOOK_BACK_MAX_DAYS: i64 = 89;
/// How often a batch is repeated when two writers met.
pub const BATCH_TRIES: u32 = 5;
/// Pages of one pull at the most; the rest is the next pull's, from the watermark.
const PAGES_MAX: u32 = 20_000;

/// What one page did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullStep {
    pub page: u32,
    pub rows: u64,
    pub new: u64,
    pub changed: u64,
    pub transactions: u64,
    /// Everything before this has been pulled, in this walk.
    pub complete_until: Option<Instant>,
}

/// What a whole pull did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullReport {
    pub pages: u32,
    pub rows: u64,
    pub new: u64,
    pub changed: u64,
    pub transactions: u64,
}

impl PullReport {
    pub(super) fn add(&mut self, step: &PullStep) {
        self.pages += 1;
        self.rows += step.rows;
        self.new += step.new;
        self.changed += step.changed;
        self.transactions += step.transactions;
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error("{0}")]
    Account(String),
    #[error("the union refused or failed: {0}; the watermark stays, the next pull goes on from there")]
    Union(#[from] UnionError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("more than {PAGES_MAX} pages in one pull; it goes on with the next")]
    TooLong,
}

impl From<Failure> for PullError {
    fn from(failure: Failure) -> PullError {
        PullError::Account(failure.to_string())
    }
}

/// Pulls `[from, to)`; without `from`, from the watermark with overlap; without `to`, up to now. The watermark rises only
/// while the walk leaves no gap behind it.
pub async fn pull_orders(
    ctx: &Ctx,
    account: UnionAccountId,
    from: Option<Instant>,
    to: Option<Instant>,
    mut progress: impl FnMut(&PullStep) + Send,
) -> Result<PullReport, PullError> {
    let (account, union) = ctx.unions.connect(ctx, account).await?;
    let now = ctx.now();
    let watermark = orders::store::watermark(&mut ctx.db.read().await?, account.id).await?;
    let resumed = watermark.unwrap_or_else(|| account.id.made_at().plus_days(-FIRST_LOOK_BACK_DAYS));
    let oldest = now.plus_days(-LOOK_BACK_MAX_DAYS);
    let from = from.unwrap_or_else(|| resumed.plus_seconds(-OVERLAP_SECONDS)).max(oldest);
    let contiguous = watermark.is_none_or(|mark| from <= mark);
    let mut report = PullReport::default();
    let mut cursor = Some(union.orders_from(from, to.unwrap_or(now)));
    let outcome = loop {
        let Some(at) = cursor.take() else { break Ok(()) };
        if report.pages >= PAGES_MAX {
            break Err(PullError::TooLong);
        }
        let page = match union.orders(&at).await {
            Ok(page) => page,
            Err(error) => break Err(PullError::Union(error)),
        };
        let step = match store_page(ctx, &account, &page, contiguous, report.pages + 1).await {
            Ok(step) => step,
            Err(error) => break Err(error),
        };
        report.add(&step);
        progress(&step);
        cursor = page.next;
    };
    programs::note_budget(ctx, account.id, &*union).await?;
    if let Err(error) = &outcome {
        let mut tx = ctx.db.begin().await?;
        orders::store::note_pull_error(&mut tx, account.id, &error.to_string()).await?;
        tx.commit().await?;
    }
    outcome.map(|()| report)
}

/// One page: batches of at most [`BATCH_MAX`] rows, the watermark with the last.
pub(super) async fn store_page(
    ctx: &Ctx,
    account: &UnionAccount,
    page: &OrderPage,
    contiguous: bool,
    number: u32,
) -> Result<PullStep, PullError> {
    let mut step = PullStep {
        page: number,
        rows: page.rows.len() as u64,
        new: 0,
        changed: 0,
        transactions: 0,
        complete_until: page.complete_until,
    };
    let mut batches: Vec<&[OrderRow]> = page.rows.chunks(BATCH_MAX).collect();
    if batches.is_empty() {
        batches.push(&[]);
    }
    let last = batches.len() - 1;
    for (at, batch) in batches.into_iter().enumerate() {
        let watermark = page.complete_until.filter(|_| at == last && contiguous);
        let (recorded, booked) = store_batch(ctx, account, batch, page.fetched_at, watermark).await?;
        step.new += recorded.new;
        step.changed += recorded.changed;
        step.transactions += booked as u64;
        for (outcome, count) in [("new", recorded.new), ("changed", recorded.changed), ("same", recorded.same)] {
            ctx.metrics.order_rows.with_label_values(&[outcome]).inc_by(count);
        }
    }
    Ok(step)
}

/// One transaction; repeated from the start when two writers met, at most [`BATCH_TRIES`] times.
pub async fn store_batch(
    ctx: &Ctx,
    account: &UnionAccount,
    rows: &[OrderRow],
    fetched_at: Instant,
    watermark: Option<Instant>,
) -> Result<(orders::record::Recorded, usize), PullError> {
    let mut tries = 1;
    loop {
        match try_batch(ctx, account, rows, fetched_at, watermark).await {
            Err(PullError::Db(error) | PullError::Ledger(LedgerError::Db(error)))
                if error.is_conflict() && tries < BATCH_TRIES =>
            {
                tracing::info!(tries, error = %error, "two writers met; the batch is repeated");
                tokio::time::sleep(std::time::Duration::from_millis(rand::random_range(5..50) * u64::from(tries)))
                    .await;
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

async fn try_batch(
    ctx: &Ctx,
    account: &UnionAccount,
    rows: &[OrderRow],
    fetched_at: Instant,
    watermark: Option<Instant>,
) -> Result<(orders::record::Recorded, usize), PullError> {
    let mut tx = ctx.db.begin().await?;
    let (changes, recorded) = orders::record(&mut tx, ctx, account, rows, fetched_at).await?;
    let booked = book(&mut tx, ctx, &changes).await?;
    if let Some(mark) = watermark {
        orders::store::raise_watermark(&mut tx, account.id, mark, ctx.now()).await?;
    }
    tx.commit().await?;
    Ok((recorded, booked))
}
