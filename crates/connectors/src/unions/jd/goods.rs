//! Goods, categories and coupons: requests and the reading of their rows.

use super::client::Client;
use super::errors::failure;
use super::tolerant::{Reader, list, object};
use super::wire::{CATEGORIES, CHANNEL, COUPONS, GOODS, Inner, PROMOTED};
use crate::unions::{Category, Coupon, CouponState, ErrorClass, Goods, GoodsPage, GoodsQuery, UnionError};
use kernel::{Money, Rate};
use serde::Serialize;
use serde_json::value::RawValue;

/// `itemIds` and `skuIds` of goods.query.
pub(super) const DETAIL_MAX: usize = 20;
/// `couponUrls` by POST.
pub(super) const COUPONS_MAX: usize = 50;
pub(super) const SEARCH_PAGE_MAX: u32 = 30;
pub(super) const CHANNEL_PAGE_MAX: u32 = 50;
const SEARCH_PAGE_USUAL: u32 = 20;
const CATEGORIES_PER_GOODS: usize = 3;

#[derive(Serialize)]
struct SearchRequest<'a> {
    #[serde(rename = "goodsReqDTO")]
    query: Search<'a>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Search<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    keyword: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    item_ids: &'a [&'a str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sku_ids: &'a [i64],
    #[serde(skip_serializing_if = "Option::is_none")]
    cid1: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid2: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid3: Option<i64>,
    #[serde(rename = "pricefrom", skip_serializing_if = "Option::is_none")]
    price_from: Option<Box<RawValue>>,
    #[serde(rename = "priceto", skip_serializing_if = "Option::is_none")]
    price_to: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_coupon: Option<u8>,
    page_index: u32,
    page_size: u32,
    scene_id: u8,
    fields: &'static str,
}

/// Without it JD leaves out whether the goods are in stock.
const EXTRA_FIELDS: &str = "stockState";

pub(super) async fn search(client: &Client, query: &GoodsQuery) -> Result<GoodsPage, UnionError> {
    if query.page_size > SEARCH_PAGE_MAX {
        return Err(bad_request(GOODS, "a page holds at most 30 goods"));
    }
    let page = query.page.max(1);
    let page_size = if query.page_size == 0 { SEARCH_PAGE_USUAL } else { query.page_size };
    let cid = |grade: u8| query.category.filter(|(g, _)| *g == grade).map(|(_, id)| id);
    if query.category.is_some_and(|(grade, _)| !(1..=3).contains(&grade)) {
        return Err(bad_request(GOODS, "categories have grades 1 to 3"));
    }
    let request = SearchRequest {
        query: Search {
            keyword: query.keyword.as_deref(),
            cid1: cid(1),
            cid2: cid(2),
            cid3: cid(3),
            price_from: query.price_from.and_then(yuan),
            price_to: query.price_to.and_then(yuan),
            is_coupon: query.with_coupon.then_some(1),
            page_index: page,
            page_size,
            scene_id: client.config().scene_id,
            fields: EXTRA_FIELDS,
            ..Search::default()
        },
    };
    goods_page(client.call(GOODS, &request).await, page, page_size, client.config().scene_id)
}

/// A JSON number with two places, written digit by digit.
fn yuan(amount: Money) -> Option<Box<RawValue>> {
    RawValue::from_string(amount.yuan()).ok()
}

fn bad_request(method: &str, message: &str) -> UnionError {
    failure(method, ErrorClass::BadRequest, "request", message)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChannelRequest {
    goods_req: ChannelPage,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChannelPage {
    elite_id: i64,
    page_index: u32,
    page_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_id: Option<u8>,
}

/// `channel` is an `eliteId`. JD's channels come and go: one that is empty or gone is an empty page.
pub(super) async fn channel(client: &Client, channel: &str, page: u32) -> Result<GoodsPage, UnionError> {
    let elite_id = channel.trim().parse().map_err(|_| bad_request(CHANNEL, "a channel is an eliteId, a number"))?;
    let page = page.max(1);
    let scene_id = client.config().channel_scene_id;
    let request =
        ChannelRequest { goods_req: ChannelPage { elite_id, page_index: page, page_size: CHANNEL_PAGE_MAX, scene_id } };
    goods_page(client.call(CHANNEL, &request).await, page, CHANNEL_PAGE_MAX, client.config().scene_id)
}

/// *Nothing found* and *past the last page* are empty pages, not errors.
fn unless_empty(answer: Result<Inner, UnionError>) -> Result<Option<Inner>, UnionError> {
    match answer {
        Ok(inner) => Ok(Some(inner)),
        Err(error) if error.class == ErrorClass::Empty => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn goods_page(
    answer: Result<Inner, UnionError>,
    page: u32,
    page_size: u32,
    scene: u8,
) -> Result<GoodsPage, UnionError> {
    let Some(inner) = unless_empty(answer)? else { return Ok(GoodsPage::default()) };
    let (mut head, texts) = inner.rows()?;
    let total = head.int("totalCount").and_then(|total| u64::try_from(total).ok());
    let seen = u64::from(page) * u64::from(page_size);
    let full = texts.len() >= usize::try_from(page_size).unwrap_or(usize::MAX);
    let more = !texts.is_empty() && total.map_or(full, |total| seen < total);
    let goods = readable(&texts, |text| goods_row(text, scene));
    Ok(GoodsPage { goods, total: total.unwrap_or(texts.len() as u64), more })
}

/// The rows that could be read; how many could not goes to the log.
fn readable<T>(texts: &[&str], read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let rows: Vec<T> = texts.iter().filter_map(|text| read(text)).collect();
    if rows.len() < texts.len() {
        tracing::warn!(left_out = texts.len() - rows.len(), of = texts.len(), "jd rows left out: not readable");
    }
    rows
}

/// Order of the answer: items asked by item id, then those asked by sku id.
pub(super) async fn detail(client: &Client, keys: &[String]) -> Result<Vec<Goods>, UnionError> {
    if keys.len() > DETAIL_MAX {
        return Err(bad_request(GOODS, "at most 20 goods at a time"));
    }
    let number = |key: &String| key.bytes().all(|b| b.is_ascii_digit()).then(|| key.parse::<i64>().ok()).flatten();
    let skus: Vec<i64> = keys.iter().filter_map(number).collect();
    let items: Vec<&str> = keys.iter().filter(|key| number(key).is_none()).map(String::as_str).collect();
    let mut goods = Vec::new();
    if !items.is_empty() {
        goods.extend(by_ids(client, &items, &[], 1).await?);
    }
    if !skus.is_empty() {
        goods.extend(match client.config().scene_id {
            2 => by_ids(client, &[], &skus, 2).await?,
            _ => promoted(client, &skus).await?,
        });
    }
    Ok(goods)
}

/// The scene follows the kind of id: JD refuses a mixture (411).
async fn by_ids(client: &Client, item_ids: &[&str], sku_ids: &[i64], scene_id: u8) -> Result<Vec<Goods>, UnionError> {
    let page_size = SEARCH_PAGE_USUAL;
    let query =
        Search { item_ids, sku_ids, page_index: 1, page_size, scene_id, fields: EXTRA_FIELDS, ..Search::default() };
    let answer = client.call(GOODS, &SearchRequest { query }).await;
    Ok(goods_page(answer, 1, page_size, scene_id)?.goods)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PromotedRequest {
    sku_ids: String,
}

async fn promoted(client: &Client, skus: &[i64]) -> Result<Vec<Goods>, UnionError> {
    let sku_ids = skus.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let Some(inner) = unless_empty(client.call(PROMOTED, &PromotedRequest { sku_ids }).await)? else {
        return Ok(Vec::new());
    };
    promoted_goods(&inner)
}

pub(super) fn promoted_goods(inner: &Inner) -> Result<Vec<Goods>, UnionError> {
    Ok(readable(&inner.rows()?.1, promoted_row))
}

/// One offer of goods.query or jingfen.query; `None` where it could not be shown or promoted.
fn goods_row(text: &str, scene: u8) -> Option<Goods> {
    let mut r = Reader::new(object(text)?);
    let (item, sku) = (r.id("itemId"), r.id("skuId"));
    let item_key = if scene == 2 { sku.clone().or(item)? } else { item.or_else(|| sku.clone())? };
    let (mut prices, mut commission) = (r.child("priceInfo"), r.child("commissionInfo"));
    let list_price = positive(prices.money("price"))?;
    let promo_price = positive(prices.money("lowestPrice")).unwrap_or(list_price);
    // A row whose present prices cannot be read must not be shown with others in their place.
    let coupon_price = positive(prices.money("lowestCouponPrice")).unwrap_or(promo_price);
    let commission_rate = commission.rate("commissionShare")?;
    let with_coupon = commission.money("couponCommission");
    let commission_amount = with_coupon.or_else(|| commission.money("commission")).unwrap_or_default();
    if !prices.is_sound() || !commission.is_sound() {
        return None;
    }
    let owner = r.text("owner");
    let self_run = owner.as_deref() == Some("g") || (owner.is_none() && r.flag("isJdSale"));
    Some(Goods {
        item_key,
        sku_key: sku,
        title: r.text("skuName")?,
        brand: r.text("brandName").unwrap_or_default(),
        shop: r.child("shopInfo").text("shopName").unwrap_or_default(),
        self_run,
        categories: category_path(&mut r.child("categoryInfo"), "cid1"),
        image_url: image(&mut r),
        material_url: r.text("materialUrl")?,
        list_price,
        promo_price,
        coupon_price,
        coupons: coupon_list(&r),
        commission_rate,
        commission: commission_amount,
        sales_30_days: r.int("inOrderCount30Days"),
        comments: r.int("comments"),
        good_comments: r.rate("goodCommentsShare"),
        delivered_by_union: r.flag("deliveryType"),
        in_stock: in_stock(&mut r),
        forbidden_surfaces: surfaces(&r),
        raw: text.to_owned(),
    })
}

/// JD writes -1 or 0 for a price that it does not know.
fn positive(price: Option<Money>) -> Option<Money> {
    price.filter(|price| price.fen() > 0)
}

/// One offer of promotiongoodsinfo.query: no coupons, no brand, and the id of the top category is called `cid`.
fn promoted_row(text: &str) -> Option<Goods> {
    let mut r = Reader::new(object(text)?);
    let sku = r.id("skuId")?;
    let list_price = positive(r.money("unitPrice"))?;
    let promo_price = positive(r.money("wlUnitPrice")).unwrap_or(list_price);
    let mobile_rate = r.rate("commisionRatioWl");
    let commission_rate = mobile_rate.or_else(|| r.rate("commisionRatioPc"))?;
    if !r.is_sound() {
        return None;
    }
    Some(Goods {
        item_key: sku.clone(),
        sku_key: Some(sku),
        title: r.text("goodsName")?,
        brand: String::new(),
        shop: String::new(),
        self_run: r.flag("isJdSale"),
        categories: category_path(&mut r, "cid"),
        image_url: r.text("imgUrl"),
        material_url: r.text("materialUrl")?,
        list_price,
        promo_price,
        coupon_price: promo_price,
        coupons: Vec::new(),
        commission_rate,
        commission: commission_rate.part_of(promo_price),
        // `inOrderCount` does not say of how many days.
        sales_30_days: None,
        comments: None,
        good_comments: None::<Rate>,
        delivered_by_union: false,
        in_stock: None,
        forbidden_surfaces: Vec::new(),
        raw: text.to_owned(),
    })
}

fn category_path(r: &mut Reader<'_>, top: &str) -> Vec<Category> {
    [top, "cid2", "cid3"]
        .into_iter()
        .take(CATEGORIES_PER_GOODS)
        .map_while(|field| {
            let id = r.int(field).filter(|id| *id > 0)?;
            Some(Category { id, name: r.text(&format!("{field}Name")).unwrap_or_default() })
        })
        .collect()
}

fn image(r: &mut Reader<'_>) -> Option<String> {
    let mut images = r.child("imageInfo");
    let first = list(images.raw("imageList")).unwrap_or_default().first().and_then(|raw| object(raw.get()));
    first.and_then(|fields| Reader::new(fields).text("url")).or_else(|| images.text("whiteImage"))
}

/// `stockState` 1 and 0; the meaning of other values is not documented.
fn in_stock(r: &mut Reader<'_>) -> Option<bool> {
    match r.int("stockState") {
        Some(1) => Some(true),
        Some(0) => Some(false),
        _ => None,
    }
}

/// 0 means no surface.
fn surfaces(r: &Reader<'_>) -> Vec<i64> {
    let values = list(r.raw("forbidTypes")).unwrap_or_default();
    values.into_iter().filter_map(|raw| raw.get().trim_matches('"').parse().ok()).filter(|n| *n != 0).collect()
}

fn coupon_list(r: &Reader<'_>) -> Vec<Coupon> {
    let coupons = list(r.child("couponInfo").raw("couponList")).unwrap_or_default();
    coupons.into_iter().filter_map(|raw| coupon(raw.get())).collect()
}

/// A coupon without link or amount, or with anything unreadable, is left out: the offer stands without it.
fn coupon(text: &str) -> Option<Coupon> {
    let mut r = Reader::new(object(text)?);
    let coupon = Coupon {
        link: r.text("link")?,
        amount: r.money("discount")?,
        threshold: r.money("quota").unwrap_or_default(),
        usable_from: r.time("useStartTime"),
        usable_until: r.time("useEndTime"),
        best: r.flag("isBest"),
    };
    r.is_sound().then_some(coupon)
}

#[derive(Serialize)]
struct CategoriesRequest {
    req: CategoryOf,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CategoryOf {
    parent_id: i64,
    grade: u8,
}

pub(super) async fn categories(client: &Client, parent: Option<i64>, grade: u8) -> Result<Vec<Category>, UnionError> {
    let request = CategoriesRequest { req: CategoryOf { parent_id: parent.unwrap_or(0), grade } };
    match unless_empty(client.call(CATEGORIES, &request).await)? {
        Some(inner) => category_rows(&inner),
        None => Ok(Vec::new()),
    }
}

pub(super) fn category_rows(inner: &Inner) -> Result<Vec<Category>, UnionError> {
    Ok(readable(&inner.rows()?.1, |text| {
        let mut r = Reader::new(object(text)?);
        Some(Category { id: r.int("id")?, name: r.text("name")? })
    }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CouponsRequest<'a> {
    coupon_urls: &'a [String],
}

/// Coupons that JD does not know are absent from the answer.
pub(super) async fn coupons(client: &Client, links: &[String]) -> Result<Vec<CouponState>, UnionError> {
    if links.len() > COUPONS_MAX {
        return Err(bad_request(COUPONS, "at most 50 coupons at a time"));
    }
    if links.is_empty() {
        return Ok(Vec::new());
    }
    match unless_empty(client.call(COUPONS, &CouponsRequest { coupon_urls: links }).await)? {
        Some(inner) => coupon_rows(&inner),
        None => Ok(Vec::new()),
    }
}

pub(super) fn coupon_rows(inner: &Inner) -> Result<Vec<CouponState>, UnionError> {
    Ok(readable(&inner.rows()?.1, coupon_state))
}

fn coupon_state(text: &str) -> Option<CouponState> {
    let mut r = Reader::new(object(text)?);
    let state = CouponState {
        link: r.text("link")?,
        amount: r.money("discount")?,
        threshold: r.money("quota").unwrap_or_default(),
        remaining: r.int("remainNum"),
        total: r.int("num"),
        usable_from: r.time("beginTime"),
        usable_until: r.time("endTime"),
        // Documented as 是; the other spellings cost nothing.
        valid: r.text("yn").is_some_and(|yn| yn == "是" || yn == "1" || yn.eq_ignore_ascii_case("y")),
    };
    r.is_sound().then_some(state)
}

#[cfg(test)]
mod tests {
    use super::super::wire::tests::{opened, wrapped};
    use super::*;
    use kernel::Instant;

    const ITEM: &str = "{\"itemId\":\"aB3\",\"skuId\":100,\"skuName\":\"洗衣液\",\"owner\":\"g\",\
        \"materialUrl\":\"jingfen.jd.com/detail/aB3.html\",\
        \"priceInfo\":{\"price\":59.9,\"lowestPrice\":\"54.9\",\"lowestCouponPrice\":44.9},\
        \"commissionInfo\":{\"commission\":1.65,\"commissionShare\":3.0,\"couponCommission\":1.35},\
        \"couponInfo\":{\"couponList\":[{\"link\":\"http://c?a=%20\",\"discount\":10,\"quota\":50,\"isBest\":1,\
        \"useStartTime\":1715788800000,\"useEndTime\":\"1716652799000\"},{\"link\":\"\",\"discount\":1}]},\
        \"forbidTypes\":[0,\"10\",11],\"goodCommentsShare\":98.0,\"deliveryType\":1,\"stockState\":\"1\"}";

    fn page(data: &str, rest: &str, number: u32, size: u32) -> GoodsPage {
        let body = wrapped(GOODS, &format!("{{\"code\":200,\"data\":[{data}]{rest}}}"));
        goods_page(opened(GOODS, &body), number, size, 1).unwrap()
    }

    #[test]
    fn an_offer_is_read_with_prices_in_fen_and_rates_in_ppm() {
        let goods = goods_row(ITEM, 1).unwrap();
        assert_eq!((goods.item_key.as_str(), goods.sku_key.as_deref()), ("aB3", Some("100")));
        assert_eq!(
            (goods.list_price.fen(), goods.promo_price.fen(), goods.coupon_price.fen(), goods.commission.fen()),
            (5990, 5490, 4490, 135)
        );
        assert_eq!((goods.commission_rate.ppm(), goods.good_comments.map(Rate::ppm)), (30_000, Some(980_000)));
        assert!(goods.self_run && goods.delivered_by_union && goods.in_stock == Some(true));
        assert_eq!(goods.forbidden_surfaces, [10, 11]);
        let coupon = Coupon {
            link: "http://c?a=%20".to_owned(),
            amount: Money::from_fen(1000),
            threshold: Money::from_fen(5000),
            usable_from: Some(Instant::from_millis(1_715_788_800_000)),
            usable_until: Some(Instant::from_millis(1_716_652_799_000)),
            best: true,
        };
        assert_eq!(goods.coupons, [coupon]);
        assert_eq!(goods.raw, ITEM);
        assert_eq!(goods_row(ITEM, 2).unwrap().item_key, "100");
    }

    #[test]
    fn an_offer_that_cannot_be_shown_is_left_out_and_the_page_goes_on() {
        for (good, bad) in [
            ("\"price\":59.9", "\"price\":\"?\""),
            ("\"lowestCouponPrice\":44.9", "\"lowestCouponPrice\":[]"),
            ("\"commissionShare\":3.0", "\"commissionShare\":null"),
            ("\"skuName\":\"洗衣液\"", "\"skuName\":\"\""),
            ("jingfen.jd.com/detail/aB3.html", ""),
        ] {
            assert!(ITEM.contains(good), "{good}");
            assert_eq!(page(&format!("{},{ITEM}", ITEM.replace(good, bad)), "", 1, 20).goods.len(), 1, "{bad}");
        }
        assert_eq!(page("7,null,{}", "", 1, 20).goods, []);
    }

    #[test]
    fn more_follows_the_total_or_a_full_page() {
        assert!(page(ITEM, ",\"totalCount\":2", 1, 1).more);
        assert!(!page(ITEM, ",\"totalCount\":\"2\"", 2, 1).more);
        assert!(page(ITEM, "", 1, 1).more);
        assert!(!page(ITEM, "", 1, 2).more);
        assert!(!page("", ",\"totalCount\":10000", 1, 1).more);
        assert_eq!(page(ITEM, ",\"totalCount\":186", 1, 20).total, 186);
        for code in ["201", "202"] {
            let none = opened(GOODS, &wrapped(GOODS, &format!("{{\"code\":{code}}}")));
            assert_eq!(goods_page(none, 1, 20, 1), Ok(GoodsPage::default()));
        }
    }

    #[test]
    fn an_unknown_mobile_price_is_the_list_price() {
        let row = "{\"skuId\":100,\"goodsName\":\"x\",\"unitPrice\":59.9,\"wlUnitPrice\":-1,\"commisionRatioWl\":3,\
            \"materialUrl\":\"http://item.jd.com/100.html\"}";
        let goods = promoted_row(row).unwrap();
        assert_eq!((goods.promo_price.fen(), goods.commission.fen()), (5990, 179));
        assert!(promoted_row(&row.replace("59.9", "-1")).is_none());
    }

    #[test]
    fn prices_are_written_without_rounding() {
        let query = Search {
            price_from: yuan(Money::from_fen(5)),
            price_to: yuan(Money::from_fen(1_000_010)),
            ..Search::default()
        };
        let json = serde_json::to_string(&query).unwrap();
        assert!(json.contains("\"pricefrom\":0.05,\"priceto\":10000.10"), "{json}");
    }
}
