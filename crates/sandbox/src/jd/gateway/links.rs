//! `promotion.bysubunionid.get` and `promotion.common.get`: a page of goods becomes a tracked link.

use super::Found;
use super::asked::Asked;
use super::refusal::Refusal;
use crate::jd::Sandbox;
use crate::jd::goods::Goods;
use crate::jd::links::{Link, TRACKING_CHARS_MAX};
use kernel::Instant;
use serde_json::{Map, Value};

/// Longest `ext1`.
const EXT_CHARS_MAX: usize = 40;

/// For the account's own website or app, which must be the registered one; answers the long link only.
pub(super) fn common(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    if asked.int("siteId")?.ok_or_else(|| asked.bad("siteId"))? != sandbox.config().site_id {
        return Err(Refusal::new(2_001_501, "网站ID/APP ID不存在或不属于当前联盟用户"));
    }
    if asked.text("ext1")?.is_some_and(|text| text.chars().count() > EXT_CHARS_MAX) {
        return Err(asked.bad("ext1"));
    }
    links(sandbox, asked, 1)
}

pub(super) fn convert(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    let chain = asked.int_within("chainType", 2, 1, 3)?;
    links(sandbox, asked, chain)
}

/// Long link, short link or both: `chainType` 1, 2, 3.
fn links(sandbox: &Sandbox, asked: &Asked<'_>, chain: i64) -> Result<Found, Refusal> {
    let material = asked.text("materialId")?.ok_or_else(|| asked.bad("materialId"))?;
    let tracking = asked.text("subUnionId")?.unwrap_or_default();
    check_tracking(&tracking)?;
    if let Some(pid) = asked.text("pid")? {
        return Err(refuse_pid(&pid, &tracking, sandbox.config().union_id));
    }
    if asked.text("giftCouponKey")?.is_some() {
        return Err(Refusal::new(2_001_919, "礼金不存在"));
    }
    let position_id = asked.int("positionId")?.unwrap_or(0);
    if position_id < 0 {
        return Err(asked.bad("positionId"));
    }
    let goods = material_of(sandbox, &material)?;
    let coupon = asked.text("couponUrl")?;
    let now = sandbox.now();
    if let Some(coupon) = &coupon {
        check_coupon(sandbox, goods, coupon, now)?;
    }
    let (long, short) = sandbox.make_link(Link {
        code: String::new(),
        sku_id: goods.sku_id,
        coupon,
        sub_union_id: tracking,
        position_id,
        made_at: now,
    });
    let mut data = Map::new();
    if chain != 2 {
        data.insert("clickURL".to_owned(), Value::from(long));
    }
    if chain != 1 {
        data.insert("shortURL".to_owned(), Value::from(short));
    }
    Ok(Found::data(Value::Object(data)))
}

fn check_tracking(tracking: &str) -> Result<(), Refusal> {
    if tracking.chars().count() > TRACKING_CHARS_MAX {
        return Err(Refusal::new(2_001_230, "subUnionId长度超过限制"));
    }
    if !tracking.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(Refusal::new(2_001_208, "subUnionId格式不正确"));
    }
    Ok(())
}

/// This account has no children, so no PID is its own to use: the codes say what is wrong first.
fn refuse_pid(pid: &str, tracking: &str, union_id: i64) -> Refusal {
    if !tracking.is_empty() {
        return Refusal::new(2_001_214, "pid和subUnionId不能同时传入");
    }
    let parts: Vec<Option<i64>> = pid.split('_').map(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [Some(own), Some(_), Some(_)] if *own == union_id => Refusal::new(2_001_215, "pid不能以自己的联盟ID开头"),
        _ => Refusal::new(2_001_213, "pid格式不正确"),
    }
}

/// The goods of a page, or of a link made here.
fn material_of<'a>(sandbox: &'a Sandbox, material: &str) -> Result<&'a Goods, Refusal> {
    let material = material.trim();
    if !material.contains('/') {
        // A number alone is refused, and so is everything that is no address.
        return Err(Refusal::new(2_001_101, "materialId格式不正确"));
    }
    sandbox.goods_at(material).ok_or_else(|| Refusal::new(2_001_102, "materialId无法识别"))
}

fn check_coupon(sandbox: &Sandbox, goods: &Goods, link: &str, now: Instant) -> Result<(), Refusal> {
    let Some((_, any)) = sandbox.goods().coupon(link) else {
        return Err(Refusal::new(2_001_905, "优惠券无效"));
    };
    if any.use_until < now || any.take_until < now {
        return Err(Refusal::new(2_001_906, "优惠券已过期"));
    }
    let Some(coupon) = goods.coupons.iter().find(|coupon| coupon.link == link) else {
        return Err(Refusal::new(2_001_909, "优惠券与商品不匹配"));
    };
    if coupon.threshold > goods.promo {
        return Err(Refusal::new(2_001_911, "优惠券限额大于或等于商品最低价"));
    }
    if coupon.remaining <= 0 {
        return Err(Refusal::new(2_001_914, "优惠券即将领完"));
    }
    Ok(())
}
