//! Orders: what was bought, the life of each, and the rows that the gateway shows at a moment.
//!
//! An order is the goods as they were on the day of purchase plus a [`Life`]. Its tracks (one per row of the union) are
//! computed from these, the seed and the order number alone, and never change afterwards: what is shown at a moment is
//! a function of that moment.

mod book;
mod life;
mod row;
mod track;

pub(super) use book::{Book, By, OrderIn, Shown, Window};
pub use life::{Life, LifeError};
pub(super) use row::{Blocks, percent, row, yuan};

use super::SandboxError;
use super::goods::{Catalog, Coupon, Goods};
use kernel::{Instant, Money, Rate};
use serde::{Deserialize, Serialize};

/// JD pays out this share of the advertiser's commission: `subSideRate` and `finalRate`, in percent.
pub(super) const SHARE_PERCENT: i64 = 90;
const LINES_MAX: usize = 50;
pub(super) const PIECES_MAX: i64 = 999;
/// Order numbers leave room for the children of a split.
const NUMBERS_PER_ORDER: i64 = 100;
const FIRST_NUMBER: i64 = 280_000_000_000;

/// What somebody buys.
#[derive(Clone, Debug)]
pub struct Buy {
    /// `(sku, pieces)`; the same sku twice is one line.
    pub items: Vec<(i64, i64)>,
    /// Our share code; may be empty.
    pub sub_union_id: String,
    /// Takes the best coupon that holds, for each line.
    pub with_coupon: bool,
    /// `None`: now. Parts of a second are dropped.
    pub at: Option<Instant>,
    pub life: Life,
}

/// Which coupon a purchase takes.
pub(super) enum CouponUse<'a> {
    None,
    Best,
    /// This one, where it holds.
    Link(&'a str),
}

/// Commission of a base: rounded to the fen after each factor, as the recorded rows are.
pub(super) fn fee(base: Money, rate: Rate) -> Money {
    let part = |fen: i64, of: i64, whole: i64| {
        let exact = i128::from(fen) * i128::from(of);
        let whole = i128::from(whole);
        i64::try_from((exact + whole / 2).div_euclid(whole)).unwrap_or(fen)
    };
    Money::from_fen(part(part(base.fen(), rate.ppm(), 1_000_000), SHARE_PERCENT, 100))
}

/// An order as it was placed; everything that its rows will ever need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub number: i64,
    /// Whole seconds.
    pub ordered_at: Instant,
    pub lines: Vec<Line>,
    pub sub_union_id: String,
    pub position_id: i64,
    pub life: Life,
}

impl Order {
    /// What the buyer was asked to pay.
    pub(super) fn paid(&self) -> Money {
        Money::from_fen(self.lines.iter().map(|line| line.base_fen).fold(0, i64::saturating_add))
    }
}

/// One sku of an order, with the goods as they were that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub sku_id: i64,
    pub item_id: String,
    pub title: String,
    pub quantity: i64,
    pub unit_price_fen: i64,
    /// What was paid for the line: pieces × price less the coupon.
    pub base_fen: i64,
    pub rate_ppm: i64,
    pub categories: Vec<(i64, String)>,
    pub shop_id: i64,
    pub shop: String,
    pub self_run: bool,
    pub image: String,
    /// Not from the shop whose goods the link led to.
    pub other_shop: bool,
}

impl Line {
    pub(super) fn base(&self) -> Money {
        Money::from_fen(self.base_fen)
    }

    pub(super) fn rate(&self) -> Rate {
        Rate::try_from_ppm(self.rate_ppm).unwrap_or_default()
    }

    fn of(goods: &Goods, quantity: i64, coupon: &CouponUse<'_>, at: Instant, first_shop: i64) -> Line {
        let full = goods.promo.fen().saturating_mul(quantity);
        Line {
            sku_id: goods.sku_id,
            item_id: goods.item_id.clone(),
            title: goods.title.clone(),
            quantity,
            unit_price_fen: goods.promo.fen(),
            base_fen: full.saturating_sub(discount(goods, full, coupon, at)).max(0),
            rate_ppm: goods.rate.ppm(),
            categories: goods.categories.to_vec(),
            shop_id: goods.shop_id,
            shop: goods.shop.clone(),
            self_run: goods.self_run,
            image: goods.image.clone(),
            other_shop: goods.shop_id != first_shop,
        }
    }
}

/// A coupon that can be taken and used at this moment.
pub(super) fn holds(coupon: &Coupon, at: Instant) -> bool {
    coupon.remaining > 0 && coupon.use_from <= at && at <= coupon.use_until
}

/// The most that one of the coupons in question takes off.
fn discount(goods: &Goods, full_fen: i64, coupon: &CouponUse<'_>, at: Instant) -> i64 {
    let wanted = |c: &&Coupon| match coupon {
        CouponUse::None => false,
        CouponUse::Best => true,
        CouponUse::Link(link) => c.link == *link,
    };
    let usable = |c: &&Coupon| holds(c, at) && c.threshold.fen() <= full_fen && c.amount.fen() < full_fen;
    goods.coupons.iter().filter(wanted).filter(usable).map(|c| c.amount.fen()).max().unwrap_or(0)
}

/// The lines of a purchase; refused where something in it cannot be bought.
pub(super) fn lines(
    catalog: &Catalog,
    items: &[(i64, i64)],
    coupon: &CouponUse<'_>,
    at: Instant,
) -> Result<Vec<Line>, SandboxError> {
    let mut wanted: Vec<(&Goods, i64)> = Vec::new();
    for (sku, pieces) in items {
        let goods = catalog.by_sku(*sku).ok_or(SandboxError::UnknownSku(*sku))?;
        match wanted.iter_mut().find(|(g, _)| g.sku_id == *sku) {
            Some((_, sum)) => *sum = sum.saturating_add(*pieces),
            None => wanted.push((goods, *pieces)),
        }
    }
    if wanted.is_empty() || wanted.len() > LINES_MAX {
        return Err(SandboxError::BadOrder("an order has 1 to 50 lines"));
    }
    if wanted.iter().any(|(_, pieces)| !(1..=PIECES_MAX).contains(pieces)) {
        return Err(SandboxError::BadOrder("a line has 1 to 999 pieces"));
    }
    let first_shop = wanted.first().map_or(0, |(goods, _)| goods.shop_id);
    Ok(wanted.into_iter().map(|(goods, pieces)| Line::of(goods, pieces, coupon, at, first_shop)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_rounded_after_each_factor_as_the_recorded_rows_are() {
        for (base, percent, expected) in [
            (9980, "3", 269),
            (4490, "3", 122),
            (15_900, "1.5", 215),
            (7980, "15", 1077),
            (3990, "15", 539),
            (4990, "3", 135),
            (5490, "3", 149),
            (5400, "5", 243),
            (0, "5", 0),
        ] {
            let rate = Rate::from_percent_text(percent).unwrap();
            assert_eq!(fee(Money::from_fen(base), rate).fen(), expected, "{base} × {percent} %");
        }
    }
}
