//! The union's link behind a share code: made once, cached, renewed before it ends.

use super::found::Found;
use super::positions;
use super::store::{self, Conversion, Key, Says};
use crate::catalog::Product;
use crate::catalog::rules::{CouponUse, coupon_use};
use crate::ctx::{Ctx, Parts};
use crate::programs::{self, UnionAccount};
use connectors::unions::{BudgetState, ConvertRequest, ErrorClass, Union, UnionError};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use infra::db::DbError;
use infra::http::Failure;
use infra::secrets;
use kernel::{Instant, SELF_COMMUNITY, ShareCode, UnionAccountId};
use moka::sync::Cache;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::{Host, Url};

/// From this part of the daily budget on, links without community are used: one call then serves all communities.
const SPARING_PERCENT: u64 = 80;
/// A link is renewed this long before the union lets it end.
const MARGIN_SECONDS: i64 = 86_400;
/// Links of unions that never let them end.
const FOR_EVER_DAYS: i64 = 3650;
/// Conversions of this process at one moment; whoever comes then is asked to try again.
const FLIGHTS_MAX: usize = 2_000;
/// How long anybody is kept waiting for the union. The call itself goes on, so the next one finds the link.
const PATIENCE: Duration = Duration::from_secs(10);
/// An item that the union refused is not asked for again so soon: each opening would cost a call.
const REFUSED_MINUTES: i64 = 10;
const REFUSALS_MAX: u64 = 10_000;

type Outcome = Result<Conversion, ConvertError>;
type Flight = Shared<BoxFuture<'static, Outcome>>;
/// Installation (tests have many in one process), code and coupon.
type FlightKey = (usize, String, String);
/// Installation, account and number of the product.
type Item = (usize, UnionAccountId, u64);

/// Conversions on their way: who wants the same one waits for it and shares its outcome, good or bad.
static FLIGHTS: LazyLock<Mutex<HashMap<FlightKey, Flight>>> = LazyLock::new(Mutex::default);
/// What unions refused: until when it is not asked again, and their words.
static REFUSED: LazyLock<Cache<Item, (Instant, String)>> = LazyLock::new(|| Cache::new(REFUSALS_MAX));

#[derive(Clone, Debug)]
pub enum ConvertError {
    /// The account's calls of today are used up.
    BudgetSpent,
    /// The union does not let this item be promoted; its own words.
    Refused(String),
    Union(UnionError),
    /// The union was not asked or did not answer in time.
    Late(&'static str),
    /// The union answered with a link that leads to none of its hosts.
    Host(String),
    Failed(Arc<Failure>),
}

impl From<DbError> for ConvertError {
    fn from(error: DbError) -> ConvertError {
        ConvertError::Failed(Arc::new(error.into()))
    }
}

impl From<Failure> for ConvertError {
    fn from(failure: Failure) -> ConvertError {
        ConvertError::Failed(Arc::new(failure))
    }
}

/// Where a person is sent: the union's own address, checked against the account's hosts at every use.
pub async fn target(ctx: &Ctx, found: &Found) -> Outcome {
    let wanted = Wanted::new(found, ctx.now());
    let conversion = match cached(ctx, &wanted, &found.text).await? {
        Some(known) => known,
        None => converted(ctx, wanted).await?,
    };
    let account = account_of(ctx, found).await?;
    check_host(&conversion.url, &account, ctx.settings.demo)?;
    Ok(conversion)
}

/// A code with the coupon that its link is to carry now.
struct Wanted {
    found: Found,
    coupon_link: Option<String>,
    /// Short mark of the coupon; empty for none.
    coupon: String,
}

impl Wanted {
    fn new(found: &Found, now: Instant) -> Wanted {
        let (coupon_link, coupon) = coupon_mark(&found.product, now);
        Wanted { found: found.clone(), coupon_link, coupon }
    }

    fn key<'a>(&'a self, code: &'a str) -> Key<'a> {
        let found = &self.found;
        Key { bucket: found.code.bucket, code, coupon: &self.coupon, program: found.program.id }
    }
}

/// The coupon that a link is to carry now, and its short mark; none: empty.
pub(super) fn coupon_mark(product: &Product, now: Instant) -> (Option<String>, String) {
    let link = match coupon_use(product, now) {
        CouponUse::None | CouponUse::Over => None,
        CouponUse::Applies | CouponUse::BelowThreshold | CouponUse::NotYet => product.coupon_link.clone(),
    };
    let mark = link.as_deref().map_or_else(String::new, |l| secrets::hex(&secrets::token_hash(l)[..8]));
    (link, mark)
}

pub(super) async fn account_of(ctx: &Ctx, found: &Found) -> Result<UnionAccount, ConvertError> {
    let known = programs::find_account(&mut ctx.db.read().await?, found.product.union_account).await?;
    known.map(|(account, _)| account).ok_or_else(|| ConvertError::Host("the union account is gone".to_owned()))
}

async fn cached(ctx: &Ctx, wanted: &Wanted, code: &str) -> Result<Option<Conversion>, DbError> {
    let known = store::conversion(&mut ctx.db.read().await?, &wanted.key(code)).await?;
    Ok(known.filter(|c| c.renew_at > ctx.now()))
}

/// Asks the union, within the budget. The code under which the link is kept is the one that the union sends back.
async fn converted(ctx: &Ctx, wanted: Wanted) -> Outcome {
    let found = &wanted.found;
    let (account, union) = ctx.unions.connect(ctx, found.product.union_account).await?;
    let BudgetState { used, limit, .. } = union.budget();
    let sparing = used.saturating_mul(100) >= limit.saturating_mul(SPARING_PERCENT);
    let tracking = if sparing && found.code.community > SELF_COMMUNITY {
        let bare = ShareCode { community: 0, ..found.code }.text(&ctx.codes);
        bare.ok_or_else(|| Failure::broken("a number does not fit into a share code"))?
    } else {
        found.text.clone()
    };
    if tracking != found.text
        && let Some(known) = cached(ctx, &wanted, &tracking).await?
    {
        return Ok(known);
    }
    if used >= limit {
        return Err(ConvertError::BudgetSpent);
    }
    if let Some((until, words)) = REFUSED.get(&item(ctx, found))
        && ctx.now() < until
    {
        return Err(ConvertError::Refused(words));
    }
    let flight = join(ctx, wanted, tracking, account, union)?;
    tokio::time::timeout(PATIENCE, flight).await.unwrap_or(Err(ConvertError::Late("the union takes too long")))
}

fn installation(ctx: &Ctx) -> usize {
    std::ptr::from_ref::<Parts>(ctx).addr()
}

fn item(ctx: &Ctx, found: &Found) -> Item {
    (installation(ctx), found.product.union_account, found.product.number)
}

fn flights() -> MutexGuard<'static, HashMap<FlightKey, Flight>> {
    FLIGHTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a flight off the list when it is over, also where it ends in a panic or with the process.
struct Landed(FlightKey);

impl Drop for Landed {
    fn drop(&mut self) {
        flights().remove(&self.0);
    }
}

/// The conversion of this code that is on its way, or a new one. It is a task of its own: a visitor who leaves neither
/// wastes the call nor keeps others from its outcome.
fn join(
    ctx: &Ctx,
    wanted: Wanted,
    tracking: String,
    account: UnionAccount,
    union: Arc<dyn Union>,
) -> Result<Flight, ConvertError> {
    let key = (installation(ctx), tracking.clone(), wanted.coupon.clone());
    let mut flights = flights();
    if let Some(flight) = flights.get(&key) {
        return Ok(flight.clone());
    }
    if flights.len() >= FLIGHTS_MAX {
        return Err(ConvertError::Late("too many links wait for the union"));
    }
    let landed = Landed(key.clone());
    let ctx = ctx.clone();
    let work = tokio::spawn(async move {
        let _landed = landed;
        fly(&ctx, &wanted, &tracking, &account, &*union).await
    });
    let flight = work.map(|done| done.unwrap_or_else(|error| Err(Failure::broken(error).into()))).boxed().shared();
    flights.insert(key, flight.clone());
    Ok(flight)
}

async fn fly(ctx: &Ctx, wanted: &Wanted, tracking: &str, account: &UnionAccount, union: &dyn Union) -> Outcome {
    // Another one may have landed between our look and our start.
    if let Some(known) = cached(ctx, wanted, tracking).await? {
        return Ok(known);
    }
    let answer = ask(ctx, account, union, wanted, tracking).await;
    programs::note_budget(ctx, account.id, union).await?;
    if let Err(ConvertError::Refused(words)) = &answer {
        REFUSED.insert(item(ctx, &wanted.found), (ctx.now().plus_minutes(REFUSED_MINUTES), words.clone()));
    }
    let conversion = answer?;
    check_host(&conversion.url, account, ctx.settings.demo)?;
    let mut tx = ctx.db.begin().await?;
    let found = &wanted.found;
    // The code that is tracked: without the community where calls are spared.
    let community = if tracking == found.text { found.code.community } else { 0 };
    let says = Says { promoter: found.promoter.id, product: found.code.product, community };
    store::put_conversion(&mut tx, &wanted.key(tracking), says, account.id, &conversion, ctx.now()).await?;
    tx.commit().await?;
    Ok(conversion)
}

async fn ask(ctx: &Ctx, account: &UnionAccount, union: &dyn Union, wanted: &Wanted, tracking: &str) -> Outcome {
    let request = ConvertRequest {
        material_url: wanted.found.product.material_url.clone(),
        coupon_link: wanted.coupon_link.clone(),
        tracking: tracking.to_owned(),
        position: positions::of(ctx, account, union, wanted.found.promoter.id).await?,
    };
    let answer = union.convert(&request).await.map_err(|error| match error.class {
        ErrorClass::BudgetSpent => ConvertError::BudgetSpent,
        ErrorClass::MaterialRefused => ConvertError::Refused(error.message),
        _ => ConvertError::Union(error),
    })?;
    Ok(Conversion {
        url: answer.short_url.unwrap_or(answer.long_url),
        coupon_dropped: answer.coupon_dropped,
        renew_at: renew_at(ctx.now(), union),
    })
}

fn renew_at(now: Instant, union: &dyn Union) -> Instant {
    let life = union.capabilities().link_life.and_then(|life| i64::try_from(life.as_secs()).ok());
    match life {
        Some(seconds) => now.plus_seconds((seconds - MARGIN_SECONDS).max(seconds / 2)),
        None => now.plus_days(FOR_EVER_DAYS),
    }
}

/// https to a host of the account's list; in the demo also http to this machine.
fn check_host(text: &str, account: &UnionAccount, demo: bool) -> Result<(), ConvertError> {
    let refuse = || ConvertError::Host(format!("the link leads to none of the hosts of {}", account.name));
    let url = Url::parse(text).map_err(|_| refuse())?;
    let local = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    };
    let safe = url.scheme() == "https" || (demo && local && url.scheme() == "http");
    let host = url.host_str().unwrap_or_default();
    let named = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let plain = url.username().is_empty() && url.password().is_none();
    if safe && plain && account.link_hosts.contains(&named) { Ok(()) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_only_to_the_unions_own_hosts() {
        let account = UnionAccount {
            id: UnionAccountId::from_raw(1),
            union_code: "jd".into(),
            name: "a".into(),
            gateway_url: String::new(),
            app_key: String::new(),
            link_hosts: vec!["u.jd.com".into(), "127.0.0.1:9100".into()],
            per_second: 1,
            daily_budget: 1,
            active: true,
            version: 1,
        };
        let good = |url: &str, demo| check_host(url, &account, demo).is_ok();
        assert!(good("https://u.jd.com/abc", false) && good("http://127.0.0.1:9100/u/x", true));
        for bad in [
            "http://u.jd.com/abc",
            "https://u.jd.com.evil.example/",
            "https://evil.example/?u.jd.com",
            "//u.jd.com/x",
            "https://u.jd.com@evil.example/",
            "https://x@u.jd.com/",
            "javascript:alert(1)",
            "https://u.jd.com:444/",
            "http://127.0.0.1:9101/",
        ] {
            assert!(!good(bad, true), "{bad}");
        }
        assert!(!good("http://127.0.0.1:9100/u/x", false));
    }
}
