//! The goods of the stand-in: made from a seed, or read from a file.
//!
//! A [`Catalog`] never changes once it is loaded. Prices, rates and identities depend on the seed only; coupons are dated
//! by a fixed grid of 90 days, so that two starts some days apart show the same offers.

mod catalog;
mod file;
mod made;
mod words;

pub use catalog::Catalog;

use super::draw::Draw;
use kernel::{Instant, Money, Rate};
use maud::{PreEscaped, html};
use std::path::PathBuf;

/// One offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    pub sku_id: i64,
    /// Letters and digits, as JD's `itemId`.
    pub item_id: String,
    pub title: String,
    pub brand_code: String,
    pub brand: String,
    pub shop_id: i64,
    pub shop: String,
    /// `owner` g (JD itself) or p.
    pub self_run: bool,
    pub categories: [(i64, String); 3],
    /// `price`.
    pub list: Money,
    /// `lowestPrice`: after promotions that need no coupon.
    pub promo: Money,
    /// One piece with the best coupon that it reaches.
    pub final_price: Money,
    pub coupons: Vec<Coupon>,
    pub rate: Rate,
    /// Of [`Goods::final_price`], half up.
    pub commission: Money,
    pub sales_30_days: i64,
    pub comments: i64,
    pub good_comments: Rate,
    pub delivered_by_jd: bool,
    pub in_stock: bool,
    pub forbid_types: Vec<i64>,
    /// `eliteId`s of the channels that show it.
    pub channels: Vec<u32>,
    pub material_url: String,
    /// A path of the sandbox's router, or a whole address from a file.
    pub image: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    pub link: String,
    pub amount: Money,
    /// Least spend; zero for none.
    pub threshold: Money,
    pub take_from: Instant,
    pub take_until: Instant,
    pub use_from: Instant,
    pub use_until: Instant,
    pub total: i64,
    pub remaining: i64,
    pub best: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoodsSource {
    Made {
        count: usize,
    },
    /// CSV with a header; see `docs/goods-csv.md`.
    File(PathBuf),
}

/// A row of a file that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// As an editor counts, the header being line 1.
    pub line: u64,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadReport {
    /// `made`, `daogou`, `yanxuan` or `phones`.
    pub format: &'static str,
    pub loaded: usize,
    pub skipped: Vec<Skipped>,
}

#[derive(Debug, thiserror::Error)]
pub enum GoodsError {
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, String),
    #[error("{path} has the columns {found}; known are {known} (docs/goods-csv.md)")]
    UnknownHeader { path: PathBuf, found: String, known: String },
    #[error("{0} has no row that can be used; the first was skipped because: {1}")]
    Nothing(PathBuf, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Price,
    Commission,
    Rate,
    Sales,
    Comments,
}

/// What `goods.query` looks for; everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub keyword: Option<String>,
    pub cid1: Option<i64>,
    pub cid2: Option<i64>,
    pub cid3: Option<i64>,
    pub sku_ids: Vec<i64>,
    pub item_ids: Vec<String>,
    /// Of one piece with coupon, both ends included.
    pub price_from: Option<Money>,
    pub price_to: Option<Money>,
    pub rate_from: Option<Rate>,
    pub rate_to: Option<Rate>,
    pub with_coupon: bool,
    /// `g` or `p`.
    pub owner: Option<String>,
    pub brand_code: Option<String>,
    /// And whether the largest come first; without it by sales.
    pub sort: Option<(Sort, bool)>,
    /// From 1.
    pub page: u32,
    pub page_size: u32,
}

/// The beginning of the 90 days that a moment lies in.
fn grid(now: Instant) -> Instant {
    const DAYS_90: i64 = 90 * 86_400;
    let seconds = now.seconds();
    Instant::from_millis((seconds - seconds.rem_euclid(DAYS_90)) * 1000)
}

/// What everything else of an offer follows from.
struct Core {
    sku_id: i64,
    title: String,
    brand: String,
    shop: Option<String>,
    categories: [(i64, String); 3],
    list: Money,
    promo: Money,
    /// Amount and threshold; `None`: drawn.
    coupon: Option<Option<(Money, Money)>>,
    rate: Option<Rate>,
    sales: Option<i64>,
    image: Option<String>,
}

/// Fills in what is not given, from the seed and the sku.
fn complete(core: Core, seed: u64, grid: Instant) -> Goods {
    let mut draw = Draw::new(seed, "goods", core.sku_id);
    let item_id = draw.word(26);
    let rate = core.rate.unwrap_or_else(|| words::rate(&mut draw));
    let sales = core.sales.unwrap_or_else(|| words::sales(&mut draw));
    let self_run = draw.between(0, 99) < 37;
    let coupon = core.coupon.unwrap_or_else(|| words::coupon(&mut draw, core.promo));
    let coupons: Vec<Coupon> = coupon
        .map(|(amount, threshold)| a_coupon(&mut draw, core.sku_id, amount, threshold, grid))
        .into_iter()
        .collect();
    let best = coupons.iter().filter(|c| c.threshold <= core.promo && c.remaining > 0).map(|c| c.amount.fen()).max();
    let final_price = Money::from_fen((core.promo.fen() - best.unwrap_or(0)).max(1));
    let exact = i128::from(final_price.fen()) * i128::from(rate.ppm());
    let shop = core.shop.unwrap_or_else(|| {
        let kind = if self_run {
            "京东自营旗舰店"
        } else {
            ["旗舰店", "专营店", "官方店"][(draw.next() % 3) as usize]
        };
        format!("{}{kind}", core.brand)
    });
    let mut goods = Goods {
        brand_code: format!("b{:08x}", hash(&core.brand) & 0xffff_ffff),
        shop_id: 1_000_000_000 + (hash(&shop) % 900_000) as i64,
        material_url: format!("jingfen.jd.com/detail/{item_id}.html"),
        image: core.image.unwrap_or_else(|| format!("/img/{}.svg", core.sku_id)),
        commission: Money::from_fen(i64::try_from((exact + 500_000) / 1_000_000).unwrap_or(0)),
        comments: sales.saturating_mul(draw.between(3, 30)),
        good_comments: Rate::try_from_ppm(draw.between(900, 999) * 1000).unwrap_or(Rate::ONE),
        delivered_by_jd: self_run || draw.between(0, 99) < 20,
        in_stock: draw.between(0, 99) < 96,
        forbid_types: if draw.between(0, 99) < 3 { vec![10] } else { Vec::new() },
        channels: Vec::new(),
        sku_id: core.sku_id,
        title: core.title,
        brand: core.brand,
        categories: core.categories,
        list: core.list,
        promo: core.promo,
        item_id,
        shop,
        self_run,
        final_price,
        coupons,
        rate,
        sales_30_days: sales,
    };
    goods.channels = channels(&goods);
    goods
}

fn a_coupon(draw: &mut Draw, sku: i64, amount: Money, threshold: Money, grid: Instant) -> Coupon {
    let total = draw.between(5, 200) * 1000;
    let remaining = if draw.between(0, 99) < 3 { 0 } else { draw.between(total / 50, total) };
    let from = grid.plus_days(-draw.between(15, 40));
    // Beyond the grid, so that an offer costs the same on all of its days.
    let until = grid.plus_days(draw.between(95, 220));
    let word = draw.word(22);
    Coupon {
        link: format!("https://coupon.jd.com/ilink/couponActiveFront/front_index.action?key={word}&roleId={sku}"),
        amount,
        threshold,
        take_from: from,
        take_until: until,
        use_from: from,
        use_until: until,
        total,
        remaining,
        best: true,
    }
}

fn hash(text: &str) -> u64 {
    Draw::new(0, text, 0).next()
}

/// Which channels show an offer: each by its own rule. Every offer is in the channel of its category at least.
fn channels(g: &Goods) -> Vec<u32> {
    let one_in = |n: u64, salt: u64| Draw::new(salt, "channel", g.sku_id).next().is_multiple_of(n);
    let percent_off = |part: i64, of: Money| part * 100 / of.fen().max(1);
    let coupon = g.promo.fen() - g.final_price.fen();
    let cheap = g.final_price.fen() <= 990;
    let rules = [
        (1, percent_off(coupon, g.promo) >= 20),
        (2, g.sales_30_days >= 1000),
        (10, cheap),
        (15, g.delivered_by_jd),
        (22, g.sales_30_days >= 5000),
        (23, one_in(7, 23)),
        (31, coupon > 0 && g.sales_30_days >= 2000),
        (32, g.self_run && g.good_comments.ppm() >= 970_000),
        (33, one_in(12, 33)),
        (34, one_in(10, 34)),
        (40, g.rate.ppm() >= 200_000),
        (41, g.self_run && g.sales_30_days >= 2000),
        (108, one_in(15, 108)),
        (109, one_in(25, 109)),
        (110, g.self_run),
        (112, g.sales_30_days >= 10_000),
        (125, one_in(40, 125)),
        (129, g.rate.ppm() >= 150_000),
        (130, one_in(30, 130)),
        (153, percent_off(g.list.fen() - g.final_price.fen(), g.list) >= 40),
        (238, one_in(60, 238)),
        (247, cheap && one_in(2, 247)),
    ];
    let by_rule = rules.into_iter().filter(|(_, holds)| *holds).map(|(id, _)| id);
    let mut all: Vec<u32> = by_rule.chain([words::channel_of(g.categories[0].0)]).collect();
    all.sort_unstable();
    all
}

/// A small card with category, brand and price; no script, nothing from elsewhere.
pub fn picture(goods: &Goods) -> String {
    let hue = goods.sku_id.rem_euclid(360);
    let glyph: String = goods.categories[2].1.chars().take(2).collect();
    let brand: String = goods.brand.chars().take(10).collect();
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400" {
            (PreEscaped(format!(
                "<defs><linearGradient id=\"g\" x1=\"0\" y1=\"0\" x2=\"1\" y2=\"1\"><stop stop-color=\"hsl({hue},70%,92%)\"/>\
                 <stop offset=\"1\" stop-color=\"hsl({},65%,78%)\"/></linearGradient></defs>",
                (hue + 40) % 360
            )))
            rect width="400" height="400" fill="url(#g)" {}
            circle cx="200" cy="165" r="96" fill="#fff" fill-opacity=".75" {}
            text x="200" y="192" text-anchor="middle" font-size="76" font-family="sans-serif" fill=(format!("hsl({hue},55%,38%)")) { (glyph) }
            text x="200" y="312" text-anchor="middle" font-size="34" font-family="sans-serif" fill="#333" { (brand) }
            text x="200" y="362" text-anchor="middle" font-size="36" font-weight="bold" font-family="sans-serif" fill="#d81e06" { "¥" (goods.promo.yuan()) }
        }
    }
    .into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn now() -> Instant {
        Instant::parse_rfc3339("2026-11-02T02:00:00Z").unwrap()
    }

    fn made(seed: u64, count: usize) -> Catalog {
        Catalog::load(&GoodsSource::Made { count }, seed, now()).unwrap().0
    }

    #[test]
    fn the_seed_decides_and_some_days_do_not() {
        let load = |seed, now| Catalog::load(&GoodsSource::Made { count: 300 }, seed, now).unwrap().0;
        assert_eq!(load(1, now()).all(), load(1, now().plus_days(14)).all());
        assert_ne!(load(1, now()).all(), load(2, now()).all());
    }

    #[test]
    fn six_thousand_goods_look_like_the_counted_ones() {
        let catalog = made(1, 6000);
        let all = catalog.all();
        assert_eq!(all.len(), 6000);
        assert_eq!(all.iter().map(|g| g.sku_id).collect::<BTreeSet<_>>().len(), 6000);
        assert_eq!(all.iter().map(|g| &g.item_id).collect::<BTreeSet<_>>().len(), 6000);
        let share = |fits: &dyn Fn(&Goods) -> bool| all.iter().filter(|g| fits(g)).count() * 100 / all.len();
        let with_coupon = share(&|g| !g.coupons.is_empty());
        assert!((40..=60).contains(&with_coupon), "{with_coupon} %");
        // cps-statistics: half of the rates are at most 6 %, a quarter above 10 %.
        assert!((40..=65).contains(&share(&|g| g.rate.ppm() <= 60_000)));
        assert!((15..=35).contains(&share(&|g| g.rate.ppm() > 100_000)));
        // And half of the prices lie between 20 and 110 yuan.
        assert!((40..=80).contains(&share(&|g| (2_000..=11_000).contains(&g.promo.fen()))));
        for g in all {
            assert!(g.final_price.fen() >= 1 && g.final_price <= g.promo && g.promo <= g.list, "{g:?}");
            assert!(g.commission <= g.final_price && !g.channels.is_empty());
            assert!(g.title.chars().count() >= 8 && g.title.starts_with(&g.brand), "{}", g.title);
        }
        assert!(catalog.categories(0, 0).len() >= 12);
        let titles: BTreeSet<&str> = all.iter().map(|g| g.title.as_str()).collect();
        assert!(titles.len() > 5000, "{} titles", titles.len());
    }

    #[test]
    fn searching_filters_and_pages_are_complete() {
        let catalog = made(1, 3000);
        let query = |page| Query { keyword: Some("抽纸".into()), page, page_size: 10, ..Query::default() };
        let (first, total) = catalog.search(&query(1));
        assert!(total > 0 && total < 300, "{total}");
        assert!(first.iter().all(|g| g.title.contains("抽纸")));
        let mut seen = BTreeSet::new();
        for page in 1.. {
            let (goods, _) = catalog.search(&query(page));
            if goods.is_empty() {
                break;
            }
            assert!(goods.iter().all(|g| seen.insert(g.sku_id)), "a repeat on page {page}");
        }
        assert_eq!(seen.len() as u64, total);
        let cheap = Query { price_to: Some(Money::from_fen(990)), page: 1, page_size: 50, ..Query::default() };
        assert!(catalog.search(&cheap).0.iter().all(|g| g.final_price.fen() <= 990));
        let sorted = Query { sort: Some((Sort::Rate, true)), page: 1, page_size: 50, ..Query::default() };
        assert!(catalog.search(&sorted).0.windows(2).all(|w| w[0].rate >= w[1].rate));
    }

    #[test]
    fn everything_is_in_a_channel_and_found_by_its_keys() {
        let catalog = made(3, 500);
        let mut reached = BTreeSet::new();
        for id in 0..1000 {
            for page in 1.. {
                let goods = catalog.channel(id, page, 50).map(|(goods, _)| goods).unwrap_or_default();
                if goods.is_empty() {
                    break;
                }
                reached.extend(goods.iter().map(|g| g.sku_id));
            }
        }
        assert_eq!(reached.len(), 500);
        assert!(catalog.channel(9_999, 1, 10).is_none());
        for g in catalog.all() {
            assert_eq!(catalog.by_item(&g.item_id), Some(g));
            assert_eq!(catalog.by_material(&format!("https://{}", g.material_url)), Some(g));
            assert_eq!(catalog.by_material(&format!("https://item.jd.com/{}.html?x=1", g.sku_id)), Some(g));
            for coupon in &g.coupons {
                assert_eq!(catalog.coupon(&coupon.link), Some((g, coupon)));
            }
        }
        assert!(catalog.by_material("https://item.jd.com/1.html").is_none());
        let elsewhere = format!("https://example.com/{}.html", catalog.all()[0].sku_id);
        assert!(catalog.by_material(&elsewhere).is_none());
    }

    #[test]
    fn pictures_are_escaped() {
        let mut goods = made(1, 1).all()[0].clone();
        goods.brand = "<script>".into();
        let svg = picture(&goods);
        assert!(svg.starts_with("<svg") && !svg.contains("<script>"));
    }
}
