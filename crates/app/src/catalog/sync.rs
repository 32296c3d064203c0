//! Walks the feeds of a union account: fetch a page without a transaction, then products and progress in one.

use super::feed::Feed;
use super::model::Product;
use super::{rules, store};
use crate::ctx::Ctx;
use crate::programs;
use connectors::unions::{ErrorClass, GoodsPage, GoodsQuery, Union, UnionError};
use infra::db::DbError;
use infra::http::Failure;
use kernel::{Instant, UnionAccountId};
use std::time::Duration;

/// Pages of one feed, over any number of syncs; a union that always says there is more ends here.
pub const FEED_PAGES_MAX: u32 = 400;
/// How often a transaction is repeated when two writers met.
const TRIES_MAX: u32 = 5;

/// How much one sync does; the rest is the next one's, which goes on where this one stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncLimits {
    /// Of one feed.
    pub pages_max: u32,
    /// Of all feeds together.
    pub pages_total: u32,
}

impl Default for SyncLimits {
    fn default() -> SyncLimits {
        SyncLimits { pages_max: FEED_PAGES_MAX, pages_total: 10_000 }
    }
}

/// What one page did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncStep {
    pub feed: Feed,
    pub page: u32,
    /// Products on the page that can be shown and linked.
    pub seen: u64,
    pub new: u64,
    /// Known ones of which anything but the time of sight changed.
    pub changed: u64,
}

/// A feed that stopped, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFailure {
    pub feed: Feed,
    /// Where the next sync goes on.
    pub page: u32,
    pub error: UnionError,
}

/// What a whole sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    pub pages: u32,
    pub seen: u64,
    pub new: u64,
    pub changed: u64,
    /// Feeds walked to their end.
    pub finished: Vec<Feed>,
    pub failed: Vec<FeedFailure>,
}

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Unknown, paused, or its connection cannot be made.
    #[error("{0}")]
    Account(Failure),
    #[error("the union refused or failed: {0}; what was read before is kept")]
    Union(#[from] UnionError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<Failure> for SyncError {
    fn from(failure: Failure) -> SyncError {
        SyncError::Account(failure)
    }
}

/// Walks feeds, each from the page that the last sync reached, or from the first where the last walk came to its end.
/// A page that cannot be read stops its feed ([`SyncReport::failed`], noted with the feed), and the others go on.
pub async fn sync(
    ctx: &Ctx,
    account: UnionAccountId,
    feeds: Vec<Feed>,
    limits: SyncLimits,
    mut progress: impl FnMut(&SyncStep) + Send,
) -> Result<SyncReport, SyncError> {
    let (account, union) = ctx.unions.connect(ctx, account).await?;
    let mut report = SyncReport::default();
    let mut outcome = Ok(());
    for feed in feeds {
        outcome = walk(ctx, account.id, &*union, &feed, limits, &mut report, &mut progress).await;
        if outcome.is_err() {
            break;
        }
    }
    programs::note_budget(ctx, account.id, &*union).await?;
    outcome.map(|()| report)
}

async fn walk(
    ctx: &Ctx,
    account: UnionAccountId,
    union: &dyn Union,
    feed: &Feed,
    limits: SyncLimits,
    report: &mut SyncReport,
    progress: &mut (impl FnMut(&SyncStep) + Send),
) -> Result<(), SyncError> {
    if report.pages >= limits.pages_total {
        return Ok(());
    }
    let mut tx = ctx.db.begin().await?;
    let mut page = store::begin_feed(&mut tx, account, feed, ctx.now()).await?;
    tx.commit().await?;
    for _ in 0..limits.pages_max {
        if report.pages >= limits.pages_total {
            break;
        }
        let fetched = match fetch(union, feed, page).await {
            Ok(fetched) => fetched,
            Err(error) => return failed(ctx, account, feed, page, error, report).await,
        };
        let last = !fetched.more || page >= FEED_PAGES_MAX;
        let (step, turned) = store_page(ctx, account, feed, page, &fetched, last).await?;
        report.pages += 1;
        report.seen += step.seen;
        report.new += step.new;
        report.changed += step.changed;
        progress(&step);
        if turned && last {
            report.finished.push(feed.clone());
        }
        // Where another sync has turned the page, it walks on from there.
        if last || !turned {
            break;
        }
        page += 1;
    }
    Ok(())
}

async fn fetch(union: &dyn Union, feed: &Feed, page: u32) -> Result<GoodsPage, UnionError> {
    let fetched = match feed {
        Feed::Channel(id) => union.channel(id, page).await?,
        Feed::Search(words) => {
            let page_size = union.capabilities().search_page_max;
            union.search(&GoodsQuery { keyword: Some(words.clone()), page, page_size, ..GoodsQuery::default() }).await?
        }
    };
    if fetched.goods.len() > store::PAGE_ROWS_MAX {
        return Err(UnionError {
            union: union.capabilities().union,
            method: feed.to_string(),
            class: ErrorClass::Malformed,
            code: "page_size".to_owned(),
            message: format!("a page of {} goods", fetched.goods.len()),
            retry_after: None,
        });
    }
    Ok(fetched)
}

async fn failed(
    ctx: &Ctx,
    account: UnionAccountId,
    feed: &Feed,
    page: u32,
    error: UnionError,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    tracing::warn!(account = %account, feed = %feed, page, error = %error, "a feed stopped");
    let text: String = error.to_string().chars().filter(|c| !c.is_control()).take(500).collect();
    let mut tx = ctx.db.begin().await?;
    store::note_feed_error(&mut tx, account, feed, &text).await?;
    tx.commit().await?;
    report.failed.push(FeedFailure { feed: feed.clone(), page, error });
    Ok(())
}

async fn store_page(
    ctx: &Ctx,
    account: UnionAccountId,
    feed: &Feed,
    page: u32,
    fetched: &GoodsPage,
    last: bool,
) -> Result<(SyncStep, bool), SyncError> {
    let now = ctx.now();
    let products: Vec<Product> = fetched.goods.iter().filter_map(|g| rules::offered(account, g, now)).collect();
    if products.len() < fetched.goods.len() {
        let left_out = fetched.goods.len() - products.len();
        tracing::warn!(account = %account, feed = %feed, page, left_out, "offers that cannot be shown or linked");
    }
    let mut tries = Tries::default();
    let (written, turned) = loop {
        match try_page(ctx, account, feed, page, &products, last.then_some(now)).await {
            Ok(done) => break done,
            Err(error) => tries.again(error).await?,
        }
    };
    let step =
        SyncStep { feed: feed.clone(), page, seen: products.len() as u64, new: written.new, changed: written.changed };
    Ok((step, turned))
}

async fn try_page(
    ctx: &Ctx,
    account: UnionAccountId,
    feed: &Feed,
    page: u32,
    products: &[Product],
    finished: Option<Instant>,
) -> Result<(store::Written, bool), DbError> {
    let mut tx = ctx.db.begin().await?;
    let written = store::put(&mut tx, products).await?;
    let turned = store::turn_page(&mut tx, account, feed, page, products.len() as u64, finished).await?;
    tx.commit().await?;
    Ok((written, turned))
}

/// Repeats a transaction from the start when two writers met, at most [`TRIES_MAX`] times.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Waits a moment, or returns the error where another try would not help.
    pub(super) async fn again(&mut self, error: DbError) -> Result<(), DbError> {
        self.0 += 1;
        if !error.is_conflict() || self.0 >= TRIES_MAX {
            return Err(error);
        }
        tracing::info!(tries = self.0, error = %error, "two writers met; the page is written again");
        let pause = rand::random_range(5..50) * u64::from(self.0);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        Ok(())
    }
}
