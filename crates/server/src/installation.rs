//! Opens what a configuration names: databases, keys, a node number, and everything that works with them.

use crate::config::Config;
use crate::failure::Failure;
use crate::identity;
use app::ctx::{Ctx, Limits, Parts, Settings};
use app::links::ClickLog;
use app::migrations::{CLICKS, CLICKS_LIST, MAIN, MAIN_LIST};
use app::posters::Studio;
use app::programs::Unions;
use connectors::wechat::Wechat;
use infra::db::{Db, DbError, Durability, Engine};
use infra::ids::{IdSource, NodeLease};
use infra::leases;
use infra::telemetry::Metrics;
use infra::{Clock, installation, secrets};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Said by a database that the demo made.
pub const DEMO: &str = "demo";

/// What differs between the demo and everything else.
pub struct Mode {
    pub demo: bool,
    pub clock: Clock,
    pub limits: Limits,
    pub durability: Durability,
}

impl Mode {
    pub fn usual(demo: bool) -> Mode {
        Mode { demo, clock: Clock::system(), limits: Limits::usual(), durability: Durability::Full }
    }
}

/// An open installation. [`Installation::close`] gives the node number back.
pub struct Installation {
    pub ctx: Ctx,
    pub config: Config,
    holder: String,
    node: u8,
    renewal: JoinHandle<()>,
    /// Told when another process took our node number: ids could be made twice, so the process must end.
    pub lost_node: Arc<Notify>,
}

/// The databases of a configuration: the main one and the click log.
pub async fn databases(config: &Config, durability: Durability) -> Result<(Db, Db), Failure> {
    let db = Db::open(&config.database_url(), durability, config.database.connections).await?;
    let clicks = match config.clicks_url() {
        Some(url) => Db::open(&url, Durability::Normal, 2).await?,
        None => db.clone(),
    };
    Ok((db, clicks))
}

/// A schema that this program does not know yet, in either list.
pub async fn refuse_newer(db: &Db, clicks: &Db) -> Result<(), DbError> {
    db.refuse_newer(MAIN_LIST, MAIN).await?;
    clicks.refuse_newer(CLICKS_LIST, CLICKS).await
}

/// Migrations that have not been applied, over both lists. A newer schema is refused.
pub async fn pending(db: &Db, clicks: &Db) -> Result<usize, DbError> {
    refuse_newer(db, clicks).await?;
    Ok(db.pending(MAIN_LIST, MAIN).await? + clicks.pending(CLICKS_LIST, CLICKS).await?)
}

/// The connection to WeChat; a sandbox only in the demo.
fn wechat(config: &Config, mode: &Mode) -> Result<Wechat, Failure> {
    let url = config.wechat.api_url.as_str();
    if url.starts_with("http://") && !mode.demo {
        return Err(Failure::usage("configuration key `wechat.api_url` leads to a sandbox; add --demo or change it"));
    }
    Wechat::try_new(url, mode.clock.clone())
        .map_err(|e| Failure::usage(format!("configuration key `wechat.api_url` {e}")))
}

impl Installation {
    /// Opens an installation whose schema is up to date; on SQLite, whose only program we are, it is brought up to date.
    pub async fn open(config: Config, mode: Mode) -> Result<Installation, Failure> {
        let master = config.master_key()?;
        let wechat = wechat(&config, &mode)?;
        let channels = config.channels(mode.demo)?;
        let (db, clicks) = databases(&config, mode.durability).await?;
        if pending(&db, &clicks).await? > 0 {
            if db.engine() == Engine::Pg {
                return Err(Failure::usage("the database schema is not up to date; run `daogou migrate`"));
            }
            Ctx::migrate(&db, &clicks, mode.clock.now()).await?;
        }
        let is_demo = installation::said(&mut db.read().await?, DEMO).await?.is_some();
        if is_demo && !mode.demo {
            return Err(Failure::usage("this is the demo's database; add --demo to work with it"));
        }
        let kept = u64::from(config.pictures.cache_mb) << 20;
        let studio = Studio::new(config.pictures_folder(), kept, mode.demo).map_err(Failure::failed)?;
        let holder = format!("{}-{}", std::process::id(), secrets::hex(&secrets::random::<6>()));
        let system = Clock::system();
        // A number and its ids outlive a job: twice its lease.
        let seconds = config.lease_seconds() * 2;
        refuse_skew(&db, &system, config.lease_seconds()).await?;
        let lease = NodeLease::begin(seconds);
        let node = leases::take_node(&db, &holder, system.now(), seconds)
            .await?
            .ok_or_else(|| Failure::failed("all 64 node numbers are taken; end another process first"))?;
        // Only now: a rotation of the key looks for node numbers before it changes anything.
        if let Err(refused) = identity::settle(&db, &master).await {
            leases::release(&db, &leases::node_name(node), &holder, system.now()).await?;
            return Err(refused);
        }
        let metrics = Metrics::new().map_err(Failure::failed)?;
        let ids = IdSource::leased(mode.clock.clone(), node, lease.clone());
        let lost_node = Arc::new(Notify::new());
        let renewal = tokio::spawn(renew_node(db.clone(), holder.clone(), node, seconds, lease, lost_node.clone()));
        let ctx = Ctx::new(Parts {
            codes: master.code_keys(),
            quick: app::links::Quick::default(),
            click_log: ClickLog::start(clicks.clone(), mode.clock.clone(), ids.clone(), metrics.clone()),
            db,
            clicks,
            clock: mode.clock,
            ids,
            master,
            metrics,
            settings: Settings {
                public_url: config.public_url.clone(),
                demo: mode.demo,
                disk_low_bytes: u64::from(config.alarms.disk_mb) << 20,
                alarms: channels,
                union_patience: Duration::from_secs(u64::from(config.unions.patience_seconds)),
            },
            limits: mode.limits,
            studio: Arc::new(studio),
            unions: Unions::default(),
            wechat,
        });
        Ok(Installation { ctx, config, holder, node, renewal, lost_node })
    }

    pub fn holder(&self) -> &str {
        &self.holder
    }

    pub async fn close(self) {
        self.renewal.abort();
        self.ctx.click_log.flush().await;
        // The demo's clock may stand elsewhere; leases go by the machine's.
        let free_from = self.ctx.ids.free_from().max(Clock::system().now());
        if let Err(error) = leases::release(&self.ctx.db, &leases::node_name(self.node), &self.holder, free_from).await
        {
            tracing::warn!(error = %error, "the node number is given back by time alone");
        }
        self.ctx.db.close().await;
        self.ctx.clicks.close().await;
    }
}

/// Two processes whose clocks differ by more than leases allow would both hold the same thing.
async fn refuse_skew(db: &Db, clock: &Clock, lease_seconds: i64) -> Result<(), Failure> {
    match leases::ahead_seconds(db, clock).await? {
        Some(ahead) => leases::check_skew(ahead, lease_seconds).map_err(Failure::usage),
        None => Ok(()),
    }
}

/// Renews the node number at a third of its lease. A database that does not answer is asked again soon; once the lease
/// has run out, or somebody else holds it, the process is told to end.
async fn renew_node(db: Db, holder: String, node: u8, seconds: i64, lease: NodeLease, lost: Arc<Notify>) {
    let third = Duration::from_secs(u64::try_from(seconds / 3).unwrap_or(60));
    let clock = Clock::system();
    let mut wait = third;
    loop {
        tokio::time::sleep(wait).await;
        if !lease.holds() {
            break;
        }
        let begun = NodeLease::begin(seconds);
        match leases::take(&db, &leases::node_name(node), &holder, clock.now(), seconds).await {
            Ok(true) => {
                lease.renewed(&begun);
                wait = third;
            }
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(error = %error, "the node number could not be renewed");
                wait = third.min(Duration::from_secs(10));
            }
        }
        if let Ok(Some(ahead)) = leases::ahead_seconds(&db, &clock).await
            && let Err(reason) = leases::check_skew(ahead, seconds / 2)
        {
            tracing::error!("{reason}");
        }
    }
    tracing::error!(node, "another process may hold our node number; this one ends");
    lost.notify_one();
}
