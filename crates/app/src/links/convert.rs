//! The union's link behind a share code: made once, cached, renewed before it ends.

use super::found::Found;
use super::store::{self, Conversion, Key};
use crate::catalog::rules::{CouponUse, coupon_use};
use crate::ctx::Ctx;
use crate::programs::{self, UnionAccount};
use connectors::unions::{BudgetState, ConvertRequest, ErrorClass, Union, UnionError};
use infra::db::DbError;
use infra::http::Failure;
use infra::secrets;
use kernel::{Bucket, Instant, SELF_COMMUNITY, ShareCode};
use std::sync::{Arc, LazyLock};
use tokio::sync::Mutex;
use url::{Host, Url};

/// From this part of the daily budget on, links without community are used: one call then serves all communities.
const SPARING_PERCENT: u64 = 80;
/// A link is renewed this long before the union lets it end.
const MARGIN_SECONDS: i64 = 86_400;
/// Links of unions that never let them end.
const FOR_EVER_DAYS: i64 = 3650;
const LOCKS: usize = 256;

/// One conversion per code at a time in this process: codes share a bounded number of locks.
static CONVERTING: LazyLock<Vec<Mutex<()>>> = LazyLock::new(|| (0..LOCKS).map(|_| Mutex::new(())).collect());

#[derive(Debug)]
pub enum ConvertError {
    /// The account's calls of today are used up.
    BudgetSpent,
    /// The union does not let this item be promoted; its own words.
    Refused(String),
    Union(UnionError),
    /// The union answered with a link that leads to none of its hosts.
    Host(String),
    Failed(Failure),
}

impl From<DbError> for ConvertError {
    fn from(error: DbError) -> ConvertError {
        ConvertError::Failed(error.into())
    }
}

impl From<Failure> for ConvertError {
    fn from(failure: Failure) -> ConvertError {
        ConvertError::Failed(failure)
    }
}

/// Where a person is sent: the union's own address, checked against the account's hosts at every use.
pub async fn target(ctx: &Ctx, found: &Found) -> Result<Conversion, ConvertError> {
    let coupon_link = match coupon_use(&found.product, ctx.now()) {
        CouponUse::None | CouponUse::Over => None,
        CouponUse::Applies | CouponUse::BelowThreshold | CouponUse::NotYet => found.product.coupon_link.clone(),
    };
    let coupon = coupon_link.as_deref().map_or_else(String::new, |l| secrets::hex(&secrets::token_hash(l)[..8]));
    let conversion = match cached(ctx, found, &found.text, &coupon).await? {
        Some(known) => known,
        None => {
            let stripe = Bucket::hash(0, &found.text) as usize % LOCKS;
            let _one = CONVERTING[stripe].lock().await;
            match cached(ctx, found, &found.text, &coupon).await? {
                Some(known) => known,
                None => converted(ctx, found, coupon_link, &coupon).await?,
            }
        }
    };
    let account = account_of(ctx, found).await?;
    check_host(&conversion.url, &account, ctx.settings.demo)?;
    Ok(conversion)
}

async fn account_of(ctx: &Ctx, found: &Found) -> Result<UnionAccount, ConvertError> {
    let known = programs::find_account(&mut ctx.db.read().await?, found.product.union_account).await?;
    known.map(|(account, _)| account).ok_or_else(|| ConvertError::Host("the union account is gone".to_owned()))
}

fn key<'a>(found: &Found, code: &'a str, coupon: &'a str) -> Key<'a> {
    Key { bucket: found.code.bucket, code, coupon, program: found.program.id }
}

async fn cached(ctx: &Ctx, found: &Found, code: &str, coupon: &str) -> Result<Option<Conversion>, DbError> {
    let known = store::conversion(&mut ctx.db.read().await?, &key(found, code, coupon)).await?;
    Ok(known.filter(|c| c.renew_at > ctx.now()))
}

/// Asks the union, within the budget. The code under which the link is kept is the one that the union sends back.
async fn converted(
    ctx: &Ctx,
    found: &Found,
    coupon_link: Option<String>,
    coupon: &str,
) -> Result<Conversion, ConvertError> {
    let (account, union) = ctx.unions.connect(ctx, found.product.union_account).await?;
    let BudgetState { used, limit, .. } = union.budget();
    if used >= limit {
        return Err(ConvertError::BudgetSpent);
    }
    let sparing = used.saturating_mul(100) >= limit.saturating_mul(SPARING_PERCENT);
    let tracking = if sparing && found.code.community > SELF_COMMUNITY {
        let bare = ShareCode { community: 0, ..found.code };
        bare.text(&ctx.codes).unwrap_or_else(|| found.text.clone())
    } else {
        found.text.clone()
    };
    if tracking != found.text
        && let Some(known) = cached(ctx, found, &tracking, coupon).await?
    {
        return Ok(known);
    }
    let conversion = ask(ctx, &union, found, &tracking, coupon_link).await;
    programs::note_budget(ctx, account.id, &*union).await?;
    let conversion = conversion?;
    check_host(&conversion.url, &account, ctx.settings.demo)?;
    let mut tx = ctx.db.begin().await?;
    store::put_conversion(&mut tx, &key(found, &tracking, coupon), account.id, &conversion, ctx.now()).await?;
    tx.commit().await?;
    Ok(conversion)
}

async fn ask(
    ctx: &Ctx,
    union: &Arc<dyn Union>,
    found: &Found,
    tracking: &str,
    coupon_link: Option<String>,
) -> Result<Conversion, ConvertError> {
    let request =
        ConvertRequest { material_url: found.product.material_url.clone(), coupon_link, tracking: tracking.to_owned() };
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

fn renew_at(now: Instant, union: &Arc<dyn Union>) -> Instant {
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
    use kernel::UnionAccountId;

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
