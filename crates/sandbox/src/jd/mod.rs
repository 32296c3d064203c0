//! 京东联盟 as it behaves on the wire, with a shop in which its links end.
//!
//! Owns no tables; says no facts. One [`Sandbox`] is one union account with its gateway, catalogue, links and orders.
//!
//! | Path | What |
//! | --- | --- |
//! | `GET`, `POST /routerjson` | The gateway: ten methods, every signature, limit and window checked |
//! | `GET /jdc`, `GET /u/{code}` | The shop page of a long or short link |
//! | `POST /shop/buy`, `GET /img/{sku}.svg` | Buying as a person does; pictures |
//! | `GET`, `POST /sandbox/clock` | The clock: `{"at": rfc3339}`, `{"advance_seconds": n}` or `{"release": true}` |
//! | `POST /sandbox/buy`, `GET /sandbox/orders`, `GET /sandbox/stats` | Buying with a chosen life; what there is |
//! | `GET /sandbox/rows` | Every row as the union reports it in the end, whatever faults there are |
//! | `GET`, `POST /sandbox/faults` | What goes wrong at the gateway: `{"faults": "all,hang=0"}` |
//!
//! * **Time.** Everything is shown as of the clock in [`Config`]. An order's life is decided when it is placed, from the
//!   seed and its number, so the same calls show the same rows on every machine; see [`Life`].
//! * **Money.** Fees are rounded after each factor (base × rate, × 90 %). The children of a split add up to it. Rows
//!   settle on the 20th of the month after receipt.
//! * **Faults.** None by themselves; see [`Faults`]. They are drawn from a seed of their own.
//! * **Unlike JD.** Without faults, `subUnionId` always comes back (our account is white-listed) and nothing is refused
//!   for being called too often; time stamps may be off by ten minutes instead of six; both ends of a window belong to it.
//!
//! Bounds: as documented for each method (`gateway`); 50 lines and 999 pieces per order. No credentials of anybody: the
//! account is made up. Meant for the loopback interface: the control paths ask nobody who they are.

mod control;
mod draw;
mod faults;
mod gateway;
pub mod goods;
mod links;
mod orders;
mod pages;
mod positions;
mod state;

pub use faults::{Fault, Faults, FaultsError, LATE_QUERIES_MAX};
pub use goods::{Catalog, GoodsSource, LoadReport, Skipped};
pub use orders::{Buy, Life, LifeError};

use axum::Router;
use axum::routing::{get, post};
use faults::Mischief;
use goods::{Goods, GoodsError};
use infra::Clock;
use kernel::Instant;
use links::{Link, Links};
use orders::{Blocks, Book, CouponUse, OrderIn, Shown};
use positions::{CannotMake, Position, Positions};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Orders lie between these moments (2000 and 2100), in seconds since 1970.
const ORDERED_AT: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// What one stand-in needs. [`Config::new`] fills in the usual values.
#[derive(Clone)]
pub struct Config {
    /// Decides goods, link codes and the lives of orders.
    pub seed: u64,
    pub app_key: String,
    /// Never shown by `Debug`.
    pub app_secret: String,
    pub union_id: i64,
    /// The one website or app registered with the account: `siteId`.
    pub site_id: i64,
    /// With which positions are made and listed. Never shown by `Debug`.
    pub position_key: String,
    pub clock: Clock,
    pub goods: GoodsSource,
    /// Under which the router is reached: `http://127.0.0.1:9100`, no slash at the end.
    pub public_base: String,
    /// Where orders and links are kept between runs.
    pub state_file: Option<PathBuf>,
    pub faults: Faults,
    pub fault_seed: u64,
    /// How long an answer is kept back where it hangs.
    pub hang: Duration,
}

impl Config {
    /// Seed 1, `demo-key` and `demo-secret`, union 1000000001, site 4000000060, `demo-position-key`, 6,000 made goods, no
    /// state file, no faults; what hangs, hangs for 15 seconds.
    pub fn new(clock: Clock, public_base: impl Into<String>) -> Config {
        Config {
            seed: 1,
            app_key: "demo-key".to_owned(),
            app_secret: "demo-secret".to_owned(),
            union_id: 1_000_000_001,
            site_id: 4_000_000_060,
            position_key: "demo-position-key".to_owned(),
            clock,
            goods: GoodsSource::Made { count: 6000 },
            public_base: public_base.into(),
            state_file: None,
            faults: Faults::default(),
            fault_seed: 1,
            hang: Duration::from_secs(15),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("seed", &self.seed)
            .field("app_key", &self.app_key)
            .field("app_secret", &"***")
            .field("union_id", &self.union_id)
            .field("public_base", &self.public_base)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the goods cannot be loaded: {0}")]
    Goods(#[from] GoodsError),
    #[error("there are no goods with sku {0}")]
    UnknownSku(i64),
    #[error("{0}")]
    BadOrder(&'static str),
    #[error("the state file {path} cannot be used: {reason}")]
    State { path: PathBuf, reason: String },
}

/// What has happened so far. Calls are counted since the start, orders and links with those of the state file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Every call under its method's name, refused ones too; unknown methods under the empty name.
    pub calls_by_method: BTreeMap<String, u64>,
    /// Codes of both layers.
    pub refused_by_code: BTreeMap<String, u64>,
    pub orders: u64,
    /// Rows, children of splits included.
    pub lines: u64,
    pub links: u64,
    pub positions: u64,
    /// Faults that happened since the start.
    pub faults_met: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Tally {
    calls: u64,
    by_method: BTreeMap<String, u64>,
    by_code: BTreeMap<String, u64>,
}

/// One union account and its shop. Clones are the same one.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    config: Config,
    catalog: Catalog,
    book: RwLock<Book>,
    links: RwLock<Links>,
    positions: RwLock<Positions>,
    mischief: Mischief,
    tally: Mutex<Tally>,
    /// Held while the state file is written.
    saving: Mutex<()>,
}

impl Sandbox {
    /// Loads goods and state; the report says which goods of a file were left out.
    pub fn try_new(config: Config) -> Result<(Sandbox, LoadReport), SandboxError> {
        let (catalog, report) = Catalog::load(&config.goods, config.seed, config.clock.now())?;
        let state::Loaded { book, links, positions } = state::load(&config)?;
        let inner = Inner {
            mischief: Mischief::new(config.fault_seed, config.faults.clone()),
            config,
            catalog,
            book: RwLock::new(book),
            links: RwLock::new(links),
            positions: RwLock::new(positions),
            tally: Mutex::default(),
            saving: Mutex::new(()),
        };
        Ok((Sandbox(Arc::new(inner)), report))
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/routerjson", get(gateway::routerjson).post(gateway::routerjson))
            .route("/jdc", get(pages::long))
            .route("/u/{code}", get(pages::short))
            .route("/shop/buy", post(pages::buy))
            .route("/img/{name}", get(pages::picture))
            .route("/sandbox/clock", get(control::clock).post(control::set_clock))
            .route("/sandbox/buy", post(control::buy))
            .route("/sandbox/orders", get(control::orders))
            .route("/sandbox/rows", get(control::rows))
            .route("/sandbox/faults", get(control::faults).post(control::set_faults))
            .route("/sandbox/stats", get(control::stats))
            .with_state(self.clone())
    }

    /// Writes orders and links to the state file, whole or not at all; nothing without one.
    pub fn save(&self) -> Result<(), SandboxError> {
        let _one_at_a_time = self.0.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.0.config.state_file else { return Ok(()) };
        let positions = self.0.positions.read().unwrap_or_else(PoisonError::into_inner).clone();
        let text = self.book(|book| self.links(|links| state::text(self.0.config.seed, book, links, &positions)));
        text.and_then(|text| state::write(path, &text))
            .map_err(|reason| SandboxError::State { path: path.clone(), reason })
    }

    pub fn goods(&self) -> &Catalog {
        &self.0.catalog
    }

    /// Places an order and answers its number.
    pub fn buy(&self, order: Buy) -> Result<String, SandboxError> {
        let coupon = if order.with_coupon { CouponUse::Best } else { CouponUse::None };
        let at = order.at.unwrap_or_else(|| self.now());
        self.place(&order.items, &coupon, Sharer { sub_union_id: order.sub_union_id, position_id: 0 }, at, order.life)
    }

    fn place(
        &self,
        items: &[(i64, i64)],
        coupon: &CouponUse<'_>,
        sharer: Sharer,
        at: Instant,
        life: Life,
    ) -> Result<String, SandboxError> {
        if !ORDERED_AT.contains(&at.seconds()) {
            return Err(SandboxError::BadOrder("orders are placed between 2000 and 2100"));
        }
        if sharer.sub_union_id.chars().count() > links::TRACKING_CHARS_MAX {
            return Err(SandboxError::BadOrder("a share code has at most 80 characters"));
        }
        let lines = orders::lines(&self.0.catalog, items, coupon, at)?;
        let Sharer { sub_union_id, position_id } = sharer;
        let order = OrderIn { ordered_at: at, lines, sub_union_id, position_id, life };
        let number = self.0.book.write().unwrap_or_else(PoisonError::into_inner).place(order);
        Ok(number.to_string())
    }

    /// Every row that exists at a moment, as `order.row.query` shows it then, with all its blocks.
    pub fn rows_at(&self, at: Instant) -> Vec<serde_json::Value> {
        self.book(|book| book.rows(at).map(|shown| self.row(&shown, Blocks::ALL)).collect())
    }

    /// A row in the union's words; without `subUnionId` where that fault is drawn for its order.
    fn row(&self, shown: &Shown<'_>, blocks: Blocks) -> serde_json::Value {
        let mut row = orders::row(shown, self.0.config.union_id, &self.0.config.public_base, blocks);
        if self.0.mischief.hides_sub_union(shown.order.number) {
            row["subUnionId"] = serde_json::Value::from("");
        }
        row
    }

    /// Other faults from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.0.mischief.set(faults);
    }

    fn mischief(&self) -> &Mischief {
        &self.0.mischief
    }

    pub fn stats(&self) -> Stats {
        let (orders, lines) = self.book(Book::count);
        let links = self.links(|links| links.all().len());
        let tally = self.0.tally.lock().unwrap_or_else(PoisonError::into_inner);
        Stats {
            calls_by_method: tally.by_method.clone(),
            refused_by_code: tally.by_code.clone(),
            orders: orders as u64,
            lines: lines as u64,
            links: links as u64,
            positions: self.0.positions.read().unwrap_or_else(PoisonError::into_inner).all().len() as u64,
            faults_met: self.0.mischief.met().into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
        }
    }

    fn config(&self) -> &Config {
        &self.0.config
    }

    fn now(&self) -> Instant {
        self.0.config.clock.now()
    }

    fn book<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(&self.0.book.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn links<T>(&self, read: impl FnOnce(&Links) -> T) -> T {
        read(&self.0.links.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a call and answers its number.
    fn count_call(&self, method: &str, refused: Option<&str>) -> u64 {
        let mut tally = self.0.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.calls += 1;
        *tally.by_method.entry(method.to_owned()).or_default() += 1;
        if let Some(code) = refused {
            *tally.by_code.entry(code.to_owned()).or_default() += 1;
        }
        tally.calls
    }

    /// Keeps a link and answers its long and short address.
    fn make_link(&self, link: Link) -> (String, String) {
        let base = &self.0.config.public_base;
        let mut links = self.0.links.write().unwrap_or_else(PoisonError::into_inner);
        let link = links.make(link).clone();
        (format!("{base}/jdc?e=&p={}", links.long(&link)), format!("{base}/u/{}", link.code))
    }

    fn make_positions(
        &self,
        names: &[String],
        union_type: i64,
        kind: i64,
        site_id: i64,
    ) -> Result<Vec<Position>, CannotMake> {
        let mut positions = self.0.positions.write().unwrap_or_else(PoisonError::into_inner);
        positions.make(names, union_type, kind, site_id).map(<[Position]>::to_vec)
    }

    fn positions(&self, union_type: i64) -> Vec<Position> {
        let positions = self.0.positions.read().unwrap_or_else(PoisonError::into_inner);
        positions.of_type(union_type).cloned().collect()
    }

    /// A link made here, by its long or short address.
    fn link_at(&self, address: &str) -> Option<Link> {
        let path = address.strip_prefix(self.0.config.public_base.as_str())?;
        self.links(|links| match path.strip_prefix("/u/") {
            Some(code) => links.by_code(code).filter(|link| link.short_lives(self.now())).cloned(),
            None => {
                let query = path.strip_prefix("/jdc?")?;
                let (_, p) = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "p")?;
                links.by_long(&p).cloned()
            }
        })
    }

    /// The goods of a page (`jingfen.jd.com/detail/….html`, `item.jd.com/….html`) or of a link made here.
    fn goods_at(&self, address: &str) -> Option<&Goods> {
        match self.link_at(address) {
            Some(link) => self.0.catalog.by_sku(link.sku_id),
            None => self.0.catalog.by_material(address),
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sandbox").field(&self.0.config).finish()
    }
}

/// Who shared the link that somebody bought through.
#[derive(Default)]
struct Sharer {
    sub_union_id: String,
    position_id: i64,
}

/// Pictures of made goods are paths of this router; those of a file may be whole addresses.
fn picture_url(public_base: &str, image: &str) -> String {
    if image.starts_with('/') { format!("{public_base}{image}") } else { image.to_owned() }
}
