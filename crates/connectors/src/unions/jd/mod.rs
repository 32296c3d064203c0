//! JD Union (京东联盟): goods, coupons, tracked links and order rows, through `routerjson`.
//!
//! Owns no tables; says no facts. One [`JdUnion`] is one account: it counts the account's calls of the day (China time)
//! and keeps to its calls per second, every attempt included. Resume the count with [`JdConfig::used_today`].
//!
//! Methods used: `goods.query`, `goods.jingfen.query`, `goods.promotiongoodsinfo.query`, `category.goods.get`,
//! `coupon.query`, `promotion.bysubunionid.get` or `promotion.common.get`, `order.row.query`, `position.create`,
//! `position.query`. All of them may safely be called twice; the same positions are made once, by their names.
//!
//! * **Goods.** An offer without key, title, page, price or rate cannot be shown or promoted and is left out of the
//!   page (with a line in the log). `detail` asks `goods.query` by item id, the only method that also knows coupons;
//!   keys of digits alone are sku ids, which that method takes only with a permission that few accounts have (scene 2),
//!   so they go to `goods.promotiongoodsinfo.query`: no coupons there, and the commission shown is rate × price because
//!   the method reports the rate only.
//! * **Links.** Which call makes them is a matter of what the account is registered for, never of what a call answers: JD
//!   takes orders away (code 14) that come from elsewhere. With [`JdConfig::site_id`], a website or app of our own, it is
//!   `promotion.common.get`, which knows the long link only; without, chat groups and the like, it is
//!   `promotion.bysubunionid.get`, which is asked for long and short link together. If JD refuses the coupon, the link is
//!   made without it and the answer says why.
//! * **Positions.** `subUnionId` comes back only to accounts that JD put on a list; `positionId` always does. With
//!   [`JdConfig::positions`] the account has positions of its own (`unionType` 3: at most 5,000).
//! * **Orders.** A walk over update times in windows of at most 60 minutes and pages of 500 rows; see `orders.rs` for
//!   window borders. Too many rows, or a window called too long, halves the window, down to one second. Windows that
//!   begin more than 90 days ago are refused.
//! * **Rows.** A row without id makes its page malformed, since nothing can be keyed. Any other value that cannot be
//!   read makes the row [`kernel::LineState::Unknown`] and is named in its defects; so does the absence of order number,
//!   status, time of order, time of change, or the fee that its status pays.
//!
//! Bounds: `ANSWER_BYTES_MAX` 16 MB per answer; `max_attempts` per call; `RETRY_AFTER_MAX` 60 s per wait; page sizes and
//! list lengths as in [`Union::capabilities`].
//! The log shows method, request id, class, code and time taken; never the secret, the signed text or a body.

mod client;
mod errors;
mod goods;
mod links;
mod orders;
mod positions;
pub use orders::read_order_row;
mod sign;
#[cfg(test)]
mod tests;
mod tolerant;
mod wire;

use super::{
    Answer, BudgetState, Capabilities, Category, ConvertRequest, Converted, CouponState, Goods, GoodsPage, GoodsQuery,
    OrderCursor, OrderPage, Position, PositionPage, Union,
};
use client::Client;
use infra::Clock;
use kernel::Instant;
use std::fmt;
use std::time::Duration;

/// Its name in our tables.
pub const CODE: &str = "jd";
/// JD's own mini program in WeChat.
pub const MINI_PROGRAM: &str = "wx91d27dbf599dff74";

/// The page of JD's mini program that follows a tracked link. Convention of public mini programs, not a JD document.
pub fn mini_program_path(link: &str) -> String {
    let link: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
    format!("pages/union/proxy/proxy?spreadUrl={link}")
}

/// Which system parameters a call carries; both are accepted by the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// As in the official examples.
    Minimal,
    /// With `format` and `sign_method` spelled out.
    #[default]
    Full,
}

/// What one account's connection needs. [`JdConfig::new`] fills in the usual values.
#[derive(Clone, PartialEq, Eq)]
pub struct JdConfig {
    /// `https`, or `http` to this machine.
    pub gateway_url: String,
    pub app_key: String,
    /// Never shown by `Debug`.
    pub app_secret: String,
    pub profile: Profile,
    /// `sceneId` of goods.query: 1 = item ids (the usual), 2 = sku ids (by permission).
    pub scene_id: u8,
    /// `sceneId` for channels and for links, where JD comes to ask for it.
    pub channel_scene_id: Option<u8>,
    pub link_scene_id: Option<u8>,
    /// The registered website or app in which links stand; `None` for chat groups and the like.
    pub site_id: Option<i64>,
    pub positions: Option<PositionsOf>,
    /// For one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// Calls per second, attempts included.
    pub per_second: u32,
    /// Calls per day of China, attempts included.
    pub daily_budget: u64,
    /// Day (as counted by `Zone::day` in China) and calls already made on it, from before a restart.
    pub used_today: Option<(i64, u64)>,
    /// Attempts of one call, the first included; at least 1.
    pub max_attempts: u32,
    /// Shortest and longest wait between attempts; jitter comes on top.
    pub backoff_min: Duration,
    pub backoff_max: Duration,
}

impl JdConfig {
    pub fn new(gateway_url: impl Into<String>, app_key: impl Into<String>, app_secret: impl Into<String>) -> JdConfig {
        JdConfig {
            gateway_url: gateway_url.into(),
            app_key: app_key.into(),
            app_secret: app_secret.into(),
            profile: Profile::default(),
            scene_id: 1,
            channel_scene_id: None,
            link_scene_id: None,
            site_id: None,
            positions: None,
            timeout: Duration::from_secs(10),
            per_second: 5,
            daily_budget: 300_000,
            used_today: None,
            max_attempts: 4,
            backoff_min: Duration::from_millis(500),
            backoff_max: Duration::from_secs(10),
        }
    }
}

/// With what positions are made and listed: the account's number and the key that JD gives for it (授权码, good for a
/// year).
#[derive(Clone, PartialEq, Eq)]
pub struct PositionsOf {
    pub union_id: i64,
    pub key: String,
}

impl fmt::Debug for JdConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JdConfig")
            .field("gateway_url", &self.gateway_url)
            .field("app_key", &self.app_key)
            .field("app_secret", &"***")
            .field("profile", &self.profile)
            .field("scene_id", &self.scene_id)
            .field("site_id", &self.site_id)
            .field("positions", &self.positions.as_ref().map(|p| p.union_id))
            .field("timeout", &self.timeout)
            .field("per_second", &self.per_second)
            .field("daily_budget", &self.daily_budget)
            .field("used_today", &self.used_today)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}

/// Why a configuration cannot work. Never contains the values themselves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JdConfigError {
    #[error("gateway_url is not an https address without user name")]
    GatewayUrl,
    #[error("gateway_url must be https unless its host is this machine")]
    InsecureGateway,
    #[error("{0} is empty")]
    Missing(&'static str),
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    #[error("the http client cannot be built: {0}")]
    Http(String),
}

/// One JD Union account.
pub struct JdUnion {
    client: Client,
}

impl JdUnion {
    /// Checks the configuration; makes no call.
    pub fn try_new(config: JdConfig, clock: Clock) -> Result<JdUnion, JdConfigError> {
        Ok(JdUnion { client: Client::try_new(config, clock)? })
    }
}

impl fmt::Debug for JdUnion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JdUnion").field(self.client.config()).finish()
    }
}

impl Union for JdUnion {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            union: errors::UNION,
            order_window_max: Duration::from_secs(orders::WINDOW_SECONDS_MAX.unsigned_abs()),
            order_page_max: orders::PAGE_ROWS_MAX,
            link_life: Some(Duration::from_secs(60 * 86_400)),
            tracking_max: links::TRACKING_CHARS_MAX,
            detail_max: goods::DETAIL_MAX,
            coupons_max: goods::COUPONS_MAX,
            search_page_max: goods::SEARCH_PAGE_MAX,
            channel_page_max: goods::CHANNEL_PAGE_MAX,
        }
    }

    fn budget(&self) -> BudgetState {
        self.client.budget()
    }

    fn search<'a>(&'a self, query: &'a GoodsQuery) -> Answer<'a, GoodsPage> {
        Box::pin(goods::search(&self.client, query))
    }

    fn channel<'a>(&'a self, channel: &'a str, page: u32) -> Answer<'a, GoodsPage> {
        Box::pin(goods::channel(&self.client, channel, page))
    }

    fn detail<'a>(&'a self, item_keys: &'a [String]) -> Answer<'a, Vec<Goods>> {
        Box::pin(goods::detail(&self.client, item_keys))
    }

    fn categories(&self, parent: Option<i64>, grade: u8) -> Answer<'_, Vec<Category>> {
        Box::pin(goods::categories(&self.client, parent, grade))
    }

    fn coupons<'a>(&'a self, links: &'a [String]) -> Answer<'a, Vec<CouponState>> {
        Box::pin(goods::coupons(&self.client, links))
    }

    fn convert<'a>(&'a self, request: &'a ConvertRequest) -> Answer<'a, Converted> {
        Box::pin(links::convert(&self.client, request))
    }

    fn orders_from(&self, from: Instant, to: Instant) -> OrderCursor {
        orders::cursor(from, to)
    }

    fn orders_placed(&self, from: Instant, to: Instant) -> OrderCursor {
        orders::placed(from, to)
    }

    fn positions_at_once(&self) -> Option<usize> {
        self.client.config().positions.as_ref().map(|_| positions::NAMES_MAX)
    }

    fn make_positions<'a>(&'a self, names: &'a [String]) -> Answer<'a, Vec<Position>> {
        Box::pin(positions::make(&self.client, names))
    }

    fn positions(&self, page: u32) -> Answer<'_, PositionPage> {
        Box::pin(positions::page(&self.client, page))
    }

    fn orders<'a>(&'a self, cursor: &'a OrderCursor) -> Answer<'a, OrderPage> {
        Box::pin(orders::page(&self.client, cursor))
    }
}

#[cfg(test)]
mod mini_program {
    #[test]
    fn the_link_is_encoded_whole() {
        let path = super::mini_program_path("https://u.jd.com/fC4owF");
        assert_eq!(path, "pages/union/proxy/proxy?spreadUrl=https%3A%2F%2Fu.jd.com%2FfC4owF");
        let path = super::mini_program_path("https://union-click.jd.com/jdc?e=&p=AyI%3D&t=W1d");
        let asked = path.split_once('?').unwrap().1;
        let (name, value) = url::form_urlencoded::parse(asked.as_bytes()).next().unwrap();
        assert_eq!((&*name, &*value), ("spreadUrl", "https://union-click.jd.com/jdc?e=&p=AyI%3D&t=W1d"));
    }
}
