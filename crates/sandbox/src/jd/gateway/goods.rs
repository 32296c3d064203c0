//! `goods.query`, `goods.jingfen.query`, `goods.promotiongoodsinfo.query`, `category.goods.get`, `coupon.query`.

use super::Found;
use super::asked::Asked;
use super::refusal::{Refusal, nothing, past_the_end};
use crate::jd::goods::{Coupon, Goods, Query, Sort};
use crate::jd::orders::{holds, percent, yuan};
use crate::jd::{Sandbox, picture_url};
use kernel::{Instant, Money, Rate};
use serde_json::{Value, json};

const SEARCH_PAGE_MAX: i64 = 30;
const CHANNEL_PAGE_MAX: i64 = 50;
const PAGE_USUAL: i64 = 20;
const PAGE_MAX: i64 = 10_000;
const IDS_MAX: usize = 20;
const PROMOTED_MAX: usize = 100;
const COUPONS_BY_GET_MAX: usize = 10;
const COUPONS_BY_POST_MAX: usize = 50;
/// As many offers as a search pages.
const TOTAL_MAX: u64 = 10_000;

/// Which ids a call speaks: of the union's items, or of skus.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scene {
    Items,
    Skus,
}

fn unsigned(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn search(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    let scene = match asked.int("sceneId")? {
        Some(1) => Scene::Items,
        Some(2) => Scene::Skus,
        _ => return Err(asked.bad("sceneId")),
    };
    let page = asked.int_within("pageIndex", 1, 1, PAGE_MAX)?;
    let size = asked.int_within("pageSize", PAGE_USUAL, 1, SEARCH_PAGE_MAX)?;
    let (item_ids, sku_ids) = (asked.texts("itemIds")?, asked.ints("skuIds")?);
    if item_ids.len() > IDS_MAX || sku_ids.len() > IDS_MAX {
        return Err(asked.bad("itemIds, skuIds"));
    }
    let other_kind = match scene {
        Scene::Items => !sku_ids.is_empty(),
        Scene::Skus => !item_ids.is_empty(),
    };
    if other_kind {
        return Err(Refusal::new(411, "sceneId与商品ID类型不匹配，请使用完整的商品ID"));
    }
    let keyword = asked.text("keyword")?;
    // A link made here, or a page of goods, finds these goods alone.
    let linked = keyword.as_deref().filter(|word| word.contains('/')).map(|word| sandbox.goods_at(word.trim()));
    let sku_ids = match linked {
        Some(Some(goods)) => vec![goods.sku_id],
        Some(None) => return Err(nothing()),
        None => sku_ids,
    };
    let with_coupon = asked.flag("isCoupon")?;
    let query = Query {
        keyword: keyword.filter(|_| linked.is_none()),
        cid1: asked.int("cid1")?,
        cid2: asked.int("cid2")?,
        cid3: asked.int("cid3")?,
        sku_ids,
        item_ids,
        price_from: asked.money("pricefrom")?,
        price_to: asked.money("priceto")?,
        rate_from: asked.rate("commissionShareStart")?,
        rate_to: asked.rate("commissionShareEnd")?,
        with_coupon,
        owner: asked.text("owner")?,
        brand_code: asked.text("brandCode")?,
        sort: sort(asked)?,
        page: unsigned(page),
        page_size: unsigned(size),
    };
    let (goods, total) = sandbox.goods().search(&query);
    let total = total.min(TOTAL_MAX);
    page_of(sandbox, asked, &goods, (page, size), total, scene)
}

/// `sortName`, and whether the largest come first (the usual).
fn sort(asked: &Asked<'_>) -> Result<Option<(Sort, bool)>, Refusal> {
    let descending = match asked.text("sort")?.as_deref() {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => return Err(asked.bad("sort")),
    };
    let sort = match asked.text("sortName")?.as_deref() {
        None => return Ok(None),
        Some("price") => Sort::Price,
        Some("commission") => Sort::Commission,
        Some("commissionShare") => Sort::Rate,
        Some("inOrderCount30Days" | "inOrderCount30DaysSku") => Sort::Sales,
        Some("comments" | "goodComments") => Sort::Comments,
        Some(_) => return Err(asked.bad("sortName")),
    };
    Ok(Some((sort, descending)))
}

/// Rows, total, and *nothing found* or *past the last page* in JD's words.
fn page_of(
    sandbox: &Sandbox,
    asked: &Asked<'_>,
    goods: &[&Goods],
    (page, size): (i64, i64),
    total: u64,
    scene: Scene,
) -> Result<Found, Refusal> {
    if total == 0 {
        return Err(nothing());
    }
    let begin = (page - 1).saturating_mul(size);
    if goods.is_empty() || u64::try_from(begin).is_ok_and(|begin| begin >= total) {
        return Err(past_the_end());
    }
    let fields = asked.text("fields")?.unwrap_or_default();
    let stock = fields.split(',').any(|field| field.trim() == "stockState");
    let now = sandbox.now();
    let base = &sandbox.config().public_base;
    let rows: Vec<Value> = goods.iter().map(|goods| row(goods, scene, stock, now, base)).collect();
    Ok(Found::data(rows).with("totalCount", total))
}

pub(super) fn channel(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    let elite_id = asked.int("eliteId")?.ok_or_else(|| asked.bad("eliteId"))?;
    let page = asked.int_within("pageIndex", 1, 1, PAGE_MAX)?;
    let size = asked.int_within("pageSize", PAGE_USUAL, 1, CHANNEL_PAGE_MAX)?;
    let (goods, total) =
        sandbox.goods().channel(unsigned(elite_id), unsigned(page), unsigned(size)).ok_or_else(nothing)?;
    page_of(sandbox, asked, &goods, (page, size), total.min(TOTAL_MAX), Scene::Items)
}

/// What can be had now of the goods' coupons.
fn live(goods: &Goods, now: Instant) -> impl Iterator<Item = &Coupon> {
    goods.coupons.iter().filter(move |coupon| holds(coupon, now))
}

/// One piece with the best coupon of the moment.
fn coupon_price(goods: &Goods, now: Instant) -> Money {
    let prices = live(goods, now).filter(|coupon| coupon.threshold <= goods.promo);
    let prices = prices.filter_map(|coupon| goods.promo.checked_sub(coupon.amount).ok());
    prices.filter(|price| price.fen() > 0).min().unwrap_or(goods.promo)
}

fn row(goods: &Goods, scene: Scene, stock: bool, now: Instant, base: &str) -> Value {
    let [(c1, n1), (c2, n2), (c3, n3)] = &goods.categories;
    let picture = picture_url(base, &goods.image);
    let with_coupon = coupon_price(goods, now);
    let rate = percent(goods.rate);
    let material = match scene {
        Scene::Items => goods.material_url.clone(),
        Scene::Skus => format!("item.jd.com/{}.html", goods.sku_id),
    };
    let forbidden = if goods.forbid_types.is_empty() { vec![0] } else { goods.forbid_types.clone() };
    let mut row = json!({
        "brandCode": goods.brand_code,
        "brandName": goods.brand,
        "categoryInfo": {"cid1": c1, "cid1Name": n1, "cid2": c2, "cid2Name": n2, "cid3": c3, "cid3Name": n3},
        "comments": goods.comments,
        "commissionInfo": {
            "commission": yuan(rounded_part(goods.promo, goods.rate)),
            "commissionShare": rate.clone(),
            "couponCommission": yuan(rounded_part(with_coupon, goods.rate)),
            "plusCommissionShare": rate,
            "isLock": 1,
            "startTime": now.plus_days(-30).millis(),
            "endTime": now.plus_days(60).millis(),
        },
        "couponInfo": {"couponList": coupon_list(goods, now)},
        "deliveryType": i64::from(goods.delivered_by_jd),
        "forbidTypes": forbidden,
        "goodCommentsShare": percent(goods.good_comments),
        "imageInfo": {"imageList": [{"url": picture.clone()}], "whiteImage": picture},
        "inOrderCount30Days": goods.sales_30_days,
        "isHot": 1,
        "isJdSale": i64::from(goods.self_run),
        "itemId": goods.item_id,
        "materialUrl": material,
        "oriItemId": goods.item_id,
        "owner": if goods.self_run { "g" } else { "p" },
        "pinGouInfo": {},
        "priceInfo": {
            "price": yuan(goods.list),
            "lowestPrice": yuan(goods.promo),
            "lowestPriceType": 1,
            "lowestCouponPrice": yuan(with_coupon),
            "historyPriceDay": 180,
        },
        "shopInfo": {"shopId": goods.shop_id, "shopName": goods.shop, "shopLevel": if goods.self_run { 5 } else { 4 }},
        "skuId": goods.sku_id,
        "skuName": goods.title,
        "spuid": goods.sku_id,
        "videoInfo": {},
    });
    if stock && let Value::Object(fields) = &mut row {
        fields.insert("stockState".to_owned(), json!(i64::from(goods.in_stock)));
    }
    row
}

/// Half up, as JD shows commissions: 54.9 × 3 % = 1.65.
fn rounded_part(of: Money, rate: Rate) -> Money {
    let exact = i128::from(of.fen()) * i128::from(rate.ppm());
    Money::from_fen(i64::try_from((exact + 500_000).div_euclid(1_000_000)).unwrap_or(0))
}

/// The best first marked; amounts are whole numbers where they can be.
fn coupon_list(goods: &Goods, now: Instant) -> Vec<Value> {
    let best = live(goods, now).filter(|coupon| coupon.threshold <= goods.promo).max_by_key(|coupon| coupon.amount);
    let best = best.map(|coupon| coupon.link.as_str());
    let listed = live(goods, now).map(|coupon| {
        json!({
            "bindType": 3,
            "couponStatus": 0,
            "couponStyle": 0,
            "discount": whole_yuan(coupon.amount),
            "getEndTime": coupon.take_until.millis(),
            "getStartTime": coupon.take_from.millis(),
            "hotValue": 5,
            "isBest": i64::from(best == Some(coupon.link.as_str())),
            "isInputCoupon": 0,
            "link": coupon.link,
            "platformType": 0,
            "quota": whole_yuan(coupon.threshold),
            "useEndTime": coupon.use_until.millis(),
            "useStartTime": coupon.use_from.millis(),
        })
    });
    listed.collect()
}

/// `10`, or `9.9` where it is not whole.
fn whole_yuan(amount: Money) -> Value {
    if amount.fen() % 100 == 0 { Value::from(amount.fen() / 100) } else { yuan(amount) }
}

/// By sku ids; those that are unknown are absent.
pub(super) fn promoted(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    let ids = asked.ints("skuIds")?;
    if ids.is_empty() || ids.len() > PROMOTED_MAX {
        return Err(asked.bad("skuIds"));
    }
    let now = sandbox.now();
    let known = ids.iter().filter_map(|id| sandbox.goods().by_sku(*id));
    let rows: Vec<Value> = known.map(|goods| promoted_row(goods, now, &sandbox.config().public_base)).collect();
    if rows.is_empty() { Err(nothing()) } else { Ok(Found::data(rows)) }
}

fn promoted_row(goods: &Goods, now: Instant, base: &str) -> Value {
    let [(c1, n1), (c2, n2), (c3, n3)] = &goods.categories;
    json!({
        "skuId": goods.sku_id,
        "goodsName": goods.title,
        "unitPrice": yuan(goods.list),
        "wlUnitPrice": yuan(goods.promo),
        "materialUrl": format!("http://item.jd.com/{}.html", goods.sku_id),
        "imgUrl": picture_url(base, &goods.image),
        "commisionRatioPc": percent(goods.rate),
        "commisionRatioWl": percent(goods.rate),
        "shopId": goods.shop_id,
        "vid": 0,
        "cid": c1,
        "cidName": n1,
        "cid2": c2,
        "cid2Name": n2,
        "cid3": c3,
        "cid3Name": n3,
        "isJdSale": i64::from(goods.self_run),
        "isSeckill": 0,
        "isFreeShipping": i64::from(goods.self_run),
        "isFreeFreightRisk": 0,
        "inOrderCount": goods.sales_30_days,
        "startDate": now.plus_days(-30).millis(),
        "endDate": now.plus_days(60).millis(),
    })
}

pub(super) fn categories(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    let parent = asked.int("parentId")?.ok_or_else(|| asked.bad("parentId"))?;
    let grade = asked.int("grade")?.and_then(|grade| u8::try_from(grade).ok()).filter(|grade| *grade <= 2);
    let grade = grade.ok_or_else(|| asked.bad("grade"))?;
    let children = sandbox.goods().categories(parent, grade);
    let row = |(id, name): (i64, String)| json!({"grade": grade, "id": id, "name": name, "parentId": parent});
    let rows: Vec<Value> = children.into_iter().map(row).collect();
    if rows.is_empty() { Err(nothing()) } else { Ok(Found::data(rows)) }
}

/// Coupons that are unknown are absent.
pub(super) fn coupons(sandbox: &Sandbox, asked: &Asked<'_>, by_get: bool) -> Result<Found, Refusal> {
    let links = asked.list("couponUrls")?;
    let most = if by_get { COUPONS_BY_GET_MAX } else { COUPONS_BY_POST_MAX };
    if links.is_empty() || links.len() > most {
        return Err(asked.bad("couponUrls"));
    }
    let now = sandbox.now();
    let known = links.iter().filter_map(|link| sandbox.goods().coupon(link));
    Ok(Found::data(known.map(|(_, coupon)| coupon_row(coupon, now)).collect::<Vec<Value>>()))
}

fn coupon_row(coupon: &Coupon, now: Instant) -> Value {
    let valid = coupon.remaining > 0 && now <= coupon.use_until;
    json!({
        "takeEndTime": coupon.take_until.millis(),
        "takeBeginTime": coupon.take_from.millis(),
        "remainNum": coupon.remaining,
        "yn": if valid { "是" } else { "否" },
        "num": coupon.total,
        "quota": whole_yuan(coupon.threshold),
        "link": coupon.link,
        "discount": whole_yuan(coupon.amount),
        "beginTime": coupon.use_from.millis(),
        "endTime": coupon.use_until.millis(),
        "platform": "全平台",
    })
}
