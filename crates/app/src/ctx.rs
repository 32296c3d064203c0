//! What every handler, job and command works with.

use crate::links::{ClickLog, Quick};
use crate::operations::alarms::Channels;
use crate::posters::Studio;
use crate::programs::Unions;
use connectors::wechat::Wechat;
use infra::db::{Db, DbError};
use infra::http::RateLimit;
use infra::secrets::MasterKey;
use infra::telemetry::Metrics;
use infra::{Clock, IdSource};
use kernel::{CodeKeys, Instant};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// Cloneable handle on one installation's parts.
#[derive(Clone)]
pub struct Ctx(Arc<Parts>);

pub struct Parts {
    /// The main database.
    pub db: Db,
    /// The click log: a file of its own on SQLite, the same database on PostgreSQL. Never in one transaction with `db`.
    pub clicks: Db,
    pub clock: Clock,
    pub ids: IdSource,
    pub master: MasterKey,
    pub codes: CodeKeys,
    pub metrics: Metrics,
    pub settings: Settings,
    pub limits: Limits,
    /// Connections to union accounts, made on first use.
    pub unions: Unions,
    pub wechat: Wechat,
    pub click_log: ClickLog,
    pub quick: Quick,
    /// Pictures and posters.
    pub studio: Arc<Studio>,
}

/// Configuration that the business needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where this installation is reached; links are built from it, never from the Host header. No slash at the end.
    pub public_url: String,
    /// Simulated: gateways on loopback are allowed, the overview shows figures.
    pub demo: bool,
    /// Free disk below which SQLite may stop in the middle of a day: then somebody is told.
    pub disk_low_bytes: u64,
    /// How the founder is told of what is urgent.
    pub alarms: Channels,
    /// How long a union may take to answer one call.
    pub union_patience: Duration,
}

/// Allowances per minute, per address or name.
#[derive(Clone)]
pub struct Limits {
    pub sign_in: RateLimit,
    pub join: RateLimit,
    pub links: RateLimit,
    /// Posters and invitations.
    pub posters: RateLimit,
}

impl Limits {
    pub fn usual() -> Limits {
        Limits {
            sign_in: RateLimit::per_minute(10),
            join: RateLimit::per_minute(10),
            links: RateLimit::per_minute(600),
            posters: RateLimit::per_minute(120),
        }
    }

    /// For the demo and load: the same code, with room for hundreds of people on one address.
    pub fn wide() -> Limits {
        let wide = || RateLimit::per_minute(1_000_000);
        Limits { sign_in: wide(), join: wide(), links: wide(), posters: wide() }
    }
}

impl Ctx {
    pub fn new(parts: Parts) -> Ctx {
        Ctx(Arc::new(parts))
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Brings both databases up to date.
    pub async fn migrate(db: &Db, clicks: &Db, now: Instant) -> Result<usize, DbError> {
        use crate::migrations::{CLICKS, CLICKS_LIST, MAIN, MAIN_LIST};
        let main = db.migrate(MAIN_LIST, MAIN, now).await?;
        if !main.is_empty() {
            crate::ledger::chain::link_old(db).await.map_err(|e| DbError::Shape(format!("the first links: {e}")))?;
        }
        let log = clicks.migrate(CLICKS_LIST, CLICKS, now).await?;
        Ok(main.len() + log.len())
    }
}

impl Deref for Ctx {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
