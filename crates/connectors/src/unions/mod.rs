//! What every union offers, in one shape. Facts about each: its own module.
//!
//! Amounts are fen, rates ppm, times instants; the union's own text is kept beside them (`raw`). A connector parses
//! tolerantly: unknown fields are ignored, strings and numbers are interchangeable, and a row that cannot be read in
//! full is still returned, as [`LineState::Unknown`] with its defects named.

pub mod jd;

use futures_util::future::BoxFuture;
use kernel::{Instant, LineState, Money, Rate};
use std::time::Duration;

/// Where a mini program jumps for one of the union's links: app id and path. `None` where the union has no mini program.
pub fn mini_program(union_code: &str, link: &str) -> Option<(&'static str, String)> {
    match union_code {
        jd::CODE => Some((jd::MINI_PROGRAM, jd::mini_program_path(link))),
        _ => None,
    }
}

pub type Answer<'a, T> = BoxFuture<'a, Result<T, UnionError>>;

/// One union account's connection. Every call takes one unit of the account's daily budget and waits for its
/// per-second rate; none is made while a database transaction is open.
pub trait Union: Send + Sync {
    fn capabilities(&self) -> Capabilities;

    /// Calls made today (in the union's zone) and the daily limit.
    fn budget(&self) -> BudgetState;

    /// Goods by keyword, one page.
    fn search<'a>(&'a self, query: &'a GoodsQuery) -> Answer<'a, GoodsPage>;

    /// Goods of one of the union's own channels (JD: `eliteId`), one page, from page 1.
    fn channel<'a>(&'a self, channel: &'a str, page: u32) -> Answer<'a, GoodsPage>;

    /// Goods by the union's own keys, at most [`Capabilities::detail_max`]; what is no longer promoted is absent.
    fn detail<'a>(&'a self, item_keys: &'a [String]) -> Answer<'a, Vec<Goods>>;

    /// Children of a category; `None` for the top level (`grade` 0).
    fn categories(&self, parent: Option<i64>, grade: u8) -> Answer<'_, Vec<Category>>;

    /// State of coupons by their links, at most [`Capabilities::coupons_max`].
    fn coupons<'a>(&'a self, links: &'a [String]) -> Answer<'a, Vec<CouponState>>;

    /// Turns a goods page into a tracked link. Where a coupon does not go with the goods, the union's refusal is
    /// answered once without the coupon, and [`Converted::coupon_dropped`] says why.
    fn convert<'a>(&'a self, request: &'a ConvertRequest) -> Answer<'a, Converted>;

    /// The cursor at which a walk over order changes in `[from, to)` begins. A `to` in the future ends the walk at the
    /// present.
    fn orders_from(&self, from: Instant, to: Instant) -> OrderCursor;

    /// As [`Union::orders_from`], over orders placed in `[from, to)`: each as it stands when it is asked for, whenever it
    /// changed.
    fn orders_placed(&self, from: Instant, to: Instant) -> OrderCursor;

    /// One page of order changes. Windows, paging and halving on *too many rows* are the connector's own business.
    fn orders<'a>(&'a self, cursor: &'a OrderCursor) -> Answer<'a, OrderPage>;

    /// How many positions one call makes; `None` where the account has none of its own. A position is a number that comes
    /// back with every order of the links that carry it, also where the tracking token does not.
    fn positions_at_once(&self) -> Option<usize> {
        None
    }

    /// Makes positions of these names, all or none. Names are the account's own and exist once: after an unclear answer
    /// [`Union::positions`] tells which there are.
    fn make_positions<'a>(&'a self, _names: &'a [String]) -> Answer<'a, Vec<Position>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// One page of the account's positions, from page 1.
    fn positions(&self, _page: u32) -> Answer<'_, PositionPage> {
        Box::pin(async { Ok(PositionPage::default()) })
    }
}

/// A position by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub id: i64,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionPage {
    pub positions: Vec<Position>,
    /// False on the last page.
    pub more: bool,
}

/// What a union's interface allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    pub union: &'static str,
    pub order_window_max: Duration,
    pub order_page_max: u32,
    /// How long a converted short link lives; `None` for ever.
    pub link_life: Option<Duration>,
    /// Longest tracking token that comes back with an order, in characters.
    pub tracking_max: usize,
    pub detail_max: usize,
    pub coupons_max: usize,
    pub search_page_max: u32,
    pub channel_page_max: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetState {
    pub used: u64,
    pub limit: u64,
    /// Day as counted by `Zone::day` in the union's zone.
    pub day: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoodsQuery {
    pub keyword: Option<String>,
    /// Deepest category id wanted: `(1, 2 or 3, id)`.
    pub category: Option<(u8, i64)>,
    pub price_from: Option<Money>,
    pub price_to: Option<Money>,
    pub with_coupon: bool,
    /// From 1.
    pub page: u32,
    pub page_size: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoodsPage {
    pub goods: Vec<Goods>,
    /// As the union counts, often capped.
    pub total: u64,
    /// False on the last page.
    pub more: bool,
}

/// One offer as the union shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    /// The union's own key of the item; text, never arithmetic.
    pub item_key: String,
    /// A second key under which orders may name it (JD: skuId).
    pub sku_key: Option<String>,
    pub title: String,
    pub brand: String,
    pub shop: String,
    /// Sold by the union itself (JD 自营).
    pub self_run: bool,
    /// From the top; at most three.
    pub categories: Vec<Category>,
    pub image_url: Option<String>,
    /// What link conversion takes.
    pub material_url: String,
    pub list_price: Money,
    /// After promotions that need no coupon.
    pub promo_price: Money,
    /// What the union says it costs with the best coupon.
    pub coupon_price: Money,
    pub coupons: Vec<Coupon>,
    pub commission_rate: Rate,
    /// The union's own figure for one piece with coupon; shown, never used to pay.
    pub commission: Money,
    pub sales_30_days: Option<i64>,
    pub comments: Option<i64>,
    pub good_comments: Option<Rate>,
    pub delivered_by_union: bool,
    pub in_stock: Option<bool>,
    /// Surfaces where it may not be shown (JD `forbidTypes`).
    pub forbidden_surfaces: Vec<i64>,
    /// The union's row as it came.
    pub raw: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub id: i64,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// Passed back to conversion exactly as it came.
    pub link: String,
    pub amount: Money,
    /// Least spend; zero for none.
    pub threshold: Money,
    pub usable_from: Option<Instant>,
    pub usable_until: Option<Instant>,
    pub best: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponState {
    pub link: String,
    pub amount: Money,
    pub threshold: Money,
    pub remaining: Option<i64>,
    pub total: Option<i64>,
    pub usable_from: Option<Instant>,
    pub usable_until: Option<Instant>,
    pub valid: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConvertRequest {
    pub material_url: String,
    pub coupon_link: Option<String>,
    /// Our share code: comes back with the order.
    pub tracking: String,
    /// Comes back too, also where the code does not.
    pub position: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    pub long_url: String,
    pub short_url: Option<String>,
    /// Why the link carries no coupon although one was asked for.
    pub coupon_dropped: Option<String>,
}

/// Opaque place in a walk over orders; stored as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderCursor(pub String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPage {
    pub rows: Vec<OrderRow>,
    /// When the answer to our request arrived: the second half of each row's version.
    pub fetched_at: Instant,
    /// `None` when the walk is over.
    pub next: Option<OrderCursor>,
    /// Everything changed before this moment has now been returned by this walk. `None` while a window is unfinished:
    /// the moment reached earlier still stands. Never later than the request itself.
    pub complete_until: Option<Instant>,
}

/// One product of one order, latest report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// The union's unique key of the line: our natural idempotency key.
    pub row_key: String,
    pub order_no: String,
    /// Set on lines that came from a split.
    pub parent_no: Option<String>,
    pub state: LineState,
    /// The union's own status code, as text.
    pub raw_status: String,
    /// A violation by the code table: somebody should look at it.
    pub needs_review: bool,
    pub ordered_at: Option<Instant>,
    pub finished_at: Option<Instant>,
    pub modified_at: Option<Instant>,
    /// Empty where the union names no item.
    pub item_key: String,
    pub sku_key: Option<String>,
    pub title: String,
    pub quantity: i64,
    pub returned: i64,
    pub unit_price: Money,
    pub estimated_base: Money,
    pub estimated_fee: Money,
    pub actual_base: Money,
    pub actual_fee: Money,
    pub commission_rate: Option<Rate>,
    /// Category ids from the top; empty where not reported.
    pub categories: Vec<i64>,
    /// The token that we put into the link, if it came back.
    pub tracking: Option<String>,
    pub position: Option<String>,
    /// Settlement entries of the union: date (`yyyymmdd`) and amount, negative for clawbacks.
    pub settlements: Vec<(String, Money)>,
    /// Expected settlement date, `yyyymmdd`.
    pub settle_on: Option<String>,
    /// What could not be read, field by field. Not empty: the state is [`LineState::Unknown`].
    pub defects: Vec<String>,
    /// The row as it came.
    pub raw: String,
}

/// What kind of failure it is decides what to do; code and message are the union's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Wrong key, secret, token or clock: a person must act.
    Auth,
    /// The account may not call this.
    Permission,
    RateLimited,
    /// Our request is wrong.
    BadRequest,
    /// The goods or page may not be promoted: tell the promoter.
    MaterialRefused,
    /// The coupon does not go with the goods.
    CouponRefused,
    /// Nothing found (where the caller needs to know it apart from an empty list).
    Empty,
    /// The window holds more rows than the union will page.
    TooManyRows,
    /// Passing: time-outs, 5xx, degraded.
    Retryable,
    /// An answer that is not of the documented shape.
    Malformed,
    /// The daily budget of the account is used up, on our side of the line.
    BudgetSpent,
    Unknown,
}

impl ErrorClass {
    pub const fn word(self) -> &'static str {
        match self {
            ErrorClass::Auth => "auth",
            ErrorClass::Permission => "permission",
            ErrorClass::RateLimited => "rate_limited",
            ErrorClass::BadRequest => "bad_request",
            ErrorClass::MaterialRefused => "material_refused",
            ErrorClass::CouponRefused => "coupon_refused",
            ErrorClass::Empty => "empty",
            ErrorClass::TooManyRows => "too_many_rows",
            ErrorClass::Retryable => "retryable",
            ErrorClass::Malformed => "malformed",
            ErrorClass::BudgetSpent => "budget_spent",
            ErrorClass::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{union} {method}: {} ({code}): {message}", class.word())]
pub struct UnionError {
    pub union: &'static str,
    pub method: String,
    pub class: ErrorClass,
    /// The union's code, or one of ours (`http_502`, `timeout`, `unreachable`, `not_json`).
    pub code: String,
    pub message: String,
    pub retry_after: Option<Duration>,
}
