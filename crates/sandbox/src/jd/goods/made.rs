//! Goods from a seed.

use super::words::{self, KINDS};
use super::{Core, Goods, complete};
use crate::jd::draw::Draw;
use kernel::{Instant, Money};

const FIRST_SKU: i64 = 100_012_000_001;

pub(super) fn goods(seed: u64, count: usize, grid: Instant) -> Vec<Goods> {
    (0..count).map(|n| one(seed, i64::try_from(n).unwrap_or(i64::MAX), grid)).collect()
}

fn one(seed: u64, n: i64, grid: Instant) -> Goods {
    let mut draw = Draw::new(seed, "made", n);
    let kind = words::pick(&mut draw, &KINDS);
    let brand = words::brand(&mut draw).to_owned();
    let noun = words::pick(&mut draw, kind.nouns);
    let spec = words::pick(&mut draw, kind.specs);
    let selling = words::selling(&mut draw);
    let list = words::price(&mut draw, kind.prices);
    // Four in ten are sold below their list price.
    let promo = if draw.between(0, 9) < 4 { words::tidy(list.fen() * draw.between(70, 97) / 100) } else { list };
    let core = Core {
        // Steps of a prime, so that neighbours do not look alike.
        sku_id: FIRST_SKU + n * 37,
        title: format!("{brand} {noun} {spec} {selling}"),
        brand,
        shop: None,
        categories: [kind.c1, kind.c2, kind.c3].map(|(id, name)| (id, name.to_owned())),
        list,
        promo: promo.min(list).max(Money::from_fen(100)),
        coupon: None,
        rate: None,
        sales: None,
        image: None,
    };
    complete(core, seed, grid)
}
