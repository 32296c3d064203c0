//! How each union account is doing: what health shows and the inbox judges.

use super::{PULL_ORDERS, SYNC_GOODS};
use crate::catalog::store::{self as catalog, FeedProgress};
use crate::orders::store::{self as orders, OrderFeed};
use crate::programs::{self, Program, UnionAccount};
use infra::db::{DbError, Tx};
use infra::jobs::JobState;
use kernel::{Instant, ProgramId, Zone};

pub struct AccountState {
    pub account: UnionAccount,
    /// `None`: never pulled completely.
    pub orders: Option<OrderFeed>,
    pub feeds: Vec<FeedProgress>,
    /// Calls made today.
    pub used_today: u64,
    pub programs: Vec<ProgramId>,
    pull: Option<JobState>,
    sync: Option<JobState>,
}

impl AccountState {
    /// Why the newest pull failed.
    pub fn pull_error(&self) -> Option<&str> {
        let noted = self.orders.as_ref().and_then(|o| o.last_error.as_deref());
        noted.or_else(|| self.pull.as_ref().and_then(|job| job.last_error.as_deref()))
    }

    /// When a pull last came to its end.
    pub fn pulled_at(&self) -> Option<Instant> {
        let noted = self.orders.as_ref().and_then(|o| o.pulled_at);
        noted.max(self.pull.as_ref().and_then(|job| job.last_ok))
    }

    pub fn watermark(&self) -> Option<Instant> {
        self.orders.as_ref().map(|o| o.watermark)
    }

    /// Why goods are not read, and how many feeds stand still.
    pub fn goods_error(&self) -> Option<(i64, &str)> {
        let mut standing = self.feeds.iter().filter_map(|feed| feed.last_error.as_deref());
        match standing.next() {
            Some(first) => Some((1 + i64::try_from(standing.count()).unwrap_or(i64::MAX - 1), first)),
            None => self.sync.as_ref().and_then(|job| job.last_error.as_deref()).map(|error| (1, error)),
        }
    }

    /// Parts per million of today's calls that are used; `None` without a limit.
    pub fn budget_ppm(&self) -> Option<u64> {
        self.used_today.saturating_mul(1_000_000).checked_div(self.account.daily_budget)
    }
}

/// Every account, oldest first.
pub async fn all(tx: &mut Tx, jobs: &[JobState], now: Instant) -> Result<Vec<AccountState>, DbError> {
    let feeds = orders::feeds(tx).await?;
    // The only union so far counts its days there.
    let today = Zone::china().day(now).map_err(|e| DbError::Shape(e.to_string()))?;
    let mut found = Vec::new();
    for account in programs::store::accounts(tx).await? {
        let key = account.id.to_string();
        let job = |name: &str| jobs.iter().find(|j| j.job.name == name && j.job.key == key).cloned();
        let used = programs::used_budget(tx, account.id).await?.filter(|(day, _)| *day == today);
        found.push(AccountState {
            orders: feeds.iter().find(|feed| feed.account == account.id).cloned(),
            feeds: catalog::feeds(tx, account.id).await?,
            used_today: used.map_or(0, |(_, calls)| calls),
            programs: programs::store::programs_of_account(tx, account.id).await?,
            pull: job(PULL_ORDERS),
            sync: job(SYNC_GOODS),
            account,
        });
    }
    Ok(found)
}

/// The code by which people know a program.
pub fn code_of(programs: &[Program], id: ProgramId) -> String {
    programs.iter().find(|p| p.id == id).map_or_else(|| id.to_string(), |p| p.code.clone())
}
