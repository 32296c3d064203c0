//! What tests share: the same test on both engines, a held clock, a fresh installation.
//!
//! PostgreSQL comes from `scripts/with-postgres` (which `make test` uses): it starts a temporary cluster and names it in
//! `DAOGOU_TEST_PG`. Without it a test that needs it fails with that sentence; it is never skipped in silence.

mod goods;
mod http;
pub mod model;
mod orders;
mod people;
mod promoters;

pub use goods::{FakeUnion, coupon, goods};
pub use http::Reply;
pub use orders::Report;

pub use people::Signed;

use app::ctx::{Ctx, Limits, Parts, Settings};
use app::links::ClickLog;
use app::operations::alarms::Channels;
use app::posters::Studio;
use app::programs::Unions;
use connectors::wechat::Wechat;
use infra::Clock;
use infra::db::{Db, Durability, Engine};
use infra::ids::IdSource;
use infra::secrets::MasterKey;
use infra::telemetry::Metrics;
use kernel::Instant;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Monday 2026-11-02 10:00 in China: where most test clocks start.
pub const START: &str = "2026-11-02T02:00:00Z";

/// As long as an installation's own.
const UNION_PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of kept pictures.
const PICTURES_BYTES: u64 = 64 << 20;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// One database of its own per test, removed afterwards on SQLite; on PostgreSQL it goes with the cluster.
pub struct Database {
    pub url: String,
    /// Where pictures are kept; made when there is one.
    pub pictures: PathBuf,
    /// Of SQLite; what PostgreSQL promises is the cluster's.
    pub durability: Durability,
    folder: Option<PathBuf>,
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.pictures);
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Database {
    pub async fn fresh(engine: Engine) -> Database {
        let n = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("t{}_{n}", std::process::id());
        let pictures = std::env::temp_dir().join(format!("daogou-test-{name}-pictures"));
        let durability = Durability::Normal;
        match engine {
            Engine::Lite => {
                let folder = std::env::temp_dir().join(format!("daogou-test-{name}"));
                std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
                let url = format!("sqlite:{}", folder.join("main.db").display());
                Database { url, pictures, durability, folder: Some(folder) }
            }
            Engine::Pg => {
                let admin = std::env::var("DAOGOU_TEST_PG").expect(
                    "DAOGOU_TEST_PG is not set: run the tests with `make test` or `scripts/with-postgres cargo test …`, \
                     which start a temporary PostgreSQL",
                );
                let db = Db::open(&admin, Durability::Full, 1).await.expect("the test cluster answers");
                let Db::Pg(pool) = &db else { panic!("DAOGOU_TEST_PG must be a postgres:// address") };
                sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
                    .execute(pool)
                    .await
                    .expect("a database can be made in the test cluster");
                db.close().await;
                let (base, _) = admin.rsplit_once('/').expect("the address ends in /NAME");
                Database { url: format!("{base}/{name}"), pictures, durability, folder: None }
            }
        }
    }

    pub async fn open(&self) -> Db {
        Db::open(&self.url, self.durability, 6).await.expect("the test database opens")
    }

    /// Where the click log lives: beside the file, or in the same database.
    pub fn clicks_url(&self) -> String {
        match &self.folder {
            Some(folder) => format!("sqlite:{}", folder.join("clicks.db").display()),
            None => self.url.clone(),
        }
    }
}

/// A fresh installation with everything migrated and a held clock.
pub struct Fixture {
    pub ctx: Ctx,
    pub clock: Clock,
    pub database: Database,
}

impl Fixture {
    pub async fn new(engine: Engine) -> Fixture {
        Fixture::with_settings(engine, Fixture::usual()).await
    }

    /// No test is about the disk of the machine that it happens to run on, unless it says so.
    fn usual() -> Settings {
        Settings {
            public_url: "http://127.0.0.1:8080".into(),
            demo: true,
            disk_low_bytes: 0,
            alarms: Channels::default(),
            union_patience: UNION_PATIENCE,
        }
    }

    /// Every commit is on disk when it returns, for benchmarks.
    pub async fn durable(engine: Engine) -> Fixture {
        let mut database = Database::fresh(engine).await;
        database.durability = Durability::Full;
        Fixture::with_database(database, Fixture::usual()).await
    }

    pub async fn with_settings(engine: Engine, settings: Settings) -> Fixture {
        Fixture::with_database(Database::fresh(engine).await, settings).await
    }

    async fn with_database(database: Database, settings: Settings) -> Fixture {
        let clock = Clock::held_at(Instant::parse_rfc3339(START).expect("a constant"));
        let ctx = Fixture::open(&database, clock.clone(), settings, 0).await;
        Fixture { ctx, clock, database }
    }

    /// Another process on the same database.
    pub async fn second(&self) -> Ctx {
        Fixture::open(&self.database, self.clock.clone(), self.ctx.settings.clone(), 1).await
    }

    async fn open(database: &Database, clock: Clock, settings: Settings, node: u8) -> Ctx {
        let db = database.open().await;
        let clicks = match db.engine() {
            Engine::Lite => Db::open(&database.clicks_url(), Durability::Normal, 2).await.expect("the click log opens"),
            Engine::Pg => db.clone(),
        };
        Ctx::migrate(&db, &clicks, clock.now()).await.expect("all migrations apply");
        let master = MasterKey::from_hex(&"5a".repeat(32)).expect("a constant");
        let metrics = Metrics::new().expect("metric names are unique");
        let ids = IdSource::new(clock.clone(), node);
        // Nothing listens there: a test that needs WeChat says so (`with_wechat`).
        let wechat = Wechat::try_new("http://127.0.0.1:1", clock.clone()).expect("an address on this machine");
        Ctx::new(Parts {
            codes: master.code_keys(),
            quick: app::links::Quick::default(),
            click_log: ClickLog::start(clicks.clone(), clock.clone(), ids.clone(), metrics.clone()),
            db,
            clicks,
            clock,
            ids,
            master,
            metrics,
            studio: Arc::new(Studio::new(&database.pictures, PICTURES_BYTES, settings.demo).expect("a studio")),
            settings,
            limits: Limits::wide(),
            unions: Unions::default(),
            wechat,
        })
    }
}

/// Writes the same async test for both engines: `on_both_engines! { async fn name(f: Fixture) { … } }`.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$doc:meta])* async fn $name:ident($fixture:ident: Fixture) $body:block)*) => {$(
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            async fn test($fixture: $crate::Fixture) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                test($crate::Fixture::new(infra::db::Engine::Lite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                test($crate::Fixture::new(infra::db::Engine::Pg).await).await;
            }
        }
    )*};
}
