//! What a price is made of, how old it is, and how a union's offer becomes a product.

use super::model::{Product, ProductState};
use connectors::unions::{Coupon, Goods};
use kernel::{Instant, Money, UnionAccountId};

/// A price seen less long ago is fresh.
pub const FRESH_HOURS: i64 = 24;
/// A price seen at least so long ago is old.
pub const OLD_DAYS: i64 = 7;

/// Above a thousand million yuan a price is a mistake, and sums of some stay far from the edge of 64 bits.
const PRICE_MAX: i64 = 100_000_000_000;
const KEY_CHARS_MAX: usize = 100;
const TITLE_CHARS_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 100;
const URL_CHARS_MAX: usize = 4000;

/// How long ago the price was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staleness {
    Fresh,
    /// A day or longer: ask the union again before anybody sends it.
    Stale,
    /// A week or longer.
    Old,
}

impl Staleness {
    pub const fn word(self) -> &'static str {
        match self {
            Staleness::Fresh => "fresh",
            Staleness::Stale => "stale",
            Staleness::Old => "old",
        }
    }
}

pub fn staleness(seen_at: Instant, now: Instant) -> Staleness {
    if now < seen_at.plus_minutes(FRESH_HOURS * 60) {
        Staleness::Fresh
    } else if now < seen_at.plus_days(OLD_DAYS) {
        Staleness::Stale
    } else {
        Staleness::Old
    }
}

/// What a product's coupon does for one piece at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponUse {
    /// There is none.
    None,
    Applies,
    /// One piece costs less than the coupon asks for.
    BelowThreshold,
    /// Its time has not begun.
    NotYet,
    Over,
}

pub fn coupon_use(product: &Product, now: Instant) -> CouponUse {
    use_of(
        product.coupon,
        product.coupon_threshold,
        product.coupon_from,
        product.coupon_until,
        product.promo_price,
        now,
    )
}

fn use_of(
    amount: Money,
    threshold: Money,
    from: Option<Instant>,
    until: Option<Instant>,
    price: Money,
    now: Instant,
) -> CouponUse {
    if amount <= Money::ZERO {
        CouponUse::None
    } else if until.is_some_and(|until| until < now) {
        CouponUse::Over
    } else if from.is_some_and(|from| now < from) {
        CouponUse::NotYet
    } else if price < threshold {
        CouponUse::BelowThreshold
    } else {
        CouponUse::Applies
    }
}

/// What one piece costs: the price after promotions, less the coupon where it applies now; never below zero.
pub fn final_price(product: &Product, now: Instant) -> Money {
    let promo = product.promo_price.max(Money::ZERO);
    match coupon_use(product, now) {
        CouponUse::Applies => less(promo, product.coupon),
        _ => promo,
    }
}

fn less(price: Money, off: Money) -> Money {
    Money::from_fen(price.fen().saturating_sub(off.fen()).max(0))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    List,
    Promotion,
    Coupon,
    /// The coupon does not apply to one piece, or not yet.
    CouponNotReached,
    CouponOver,
}

impl StepKind {
    pub const fn word(self) -> &'static str {
        match self {
            StepKind::List => "list",
            StepKind::Promotion => "promotion",
            StepKind::Coupon => "coupon",
            StepKind::CouponNotReached => "coupon_not_reached",
            StepKind::CouponOver => "coupon_over",
        }
    }
}

/// One step from the list price to what is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceStep {
    pub what: StepKind,
    /// What the step adds to the price: the list price itself, then amounts below zero; zero where it changes nothing.
    pub amount: Money,
    pub after: Money,
    /// The condition in Chinese, for the card; may be empty.
    pub note: String,
}

/// From the list price to [`final_price`], step by step. A list price below the price after promotions is no list
/// price: the steps begin at the higher of the two.
pub fn price_steps(product: &Product, now: Instant) -> Vec<PriceStep> {
    let promo = product.promo_price.max(Money::ZERO);
    let list = product.list_price.max(promo);
    let mut steps = vec![PriceStep { what: StepKind::List, amount: list, after: list, note: String::new() }];
    if promo < list {
        let amount = Money::from_fen(promo.fen() - list.fen());
        steps.push(PriceStep { what: StepKind::Promotion, amount, after: promo, note: String::new() });
    }
    let (what, after, note) = match coupon_use(product, now) {
        CouponUse::None => return steps,
        CouponUse::Applies => (StepKind::Coupon, less(promo, product.coupon), coupon_note(product)),
        CouponUse::BelowThreshold => {
            let note = match pieces(product.coupon_threshold, promo) {
                Some(pieces) => format!("{},需买{pieces}件", coupon_note(product)),
                None => coupon_note(product),
            };
            (StepKind::CouponNotReached, promo, note)
        }
        CouponUse::NotYet => (StepKind::CouponNotReached, promo, format!("{},尚未开始", coupon_note(product))),
        CouponUse::Over => (StepKind::CouponOver, promo, format!("{},已过期", coupon_note(product))),
    };
    steps.push(PriceStep { what, amount: Money::from_fen(after.fen() - promo.fen()), after, note });
    steps
}

/// 满99减40, with as many places as needed.
fn coupon_note(product: &Product) -> String {
    let off = yuan(product.coupon);
    if product.coupon_threshold <= Money::ZERO {
        return format!("立减{off}");
    }
    format!("满{}减{off}", yuan(product.coupon_threshold))
}

fn yuan(amount: Money) -> String {
    amount.yuan().trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How many pieces at this price reach the threshold.
fn pieces(threshold: Money, price: Money) -> Option<i64> {
    if price <= Money::ZERO {
        return None;
    }
    Some(threshold.fen().saturating_add(price.fen() - 1) / price.fen())
}

/// What `contains` looks at: title, brand, shop and category names in lower case.
pub fn search_text(product: &Product) -> String {
    [&product.title, &product.brand, &product.shop, &product.category_name]
        .map(|part| part.to_lowercase())
        .join(" ")
        .trim()
        .to_owned()
}

/// The words of a search as LIKE patterns (escape `\`): each must be contained. Signs that mean something to LIKE are
/// taken literally.
pub fn patterns(words: &str) -> Vec<String> {
    words
        .to_lowercase()
        .split_whitespace()
        .map(|word| {
            let mut pattern = String::with_capacity(word.len() + 2);
            pattern.push('%');
            for c in word.chars() {
                if matches!(c, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(c);
            }
            pattern.push('%');
            pattern
        })
        .collect()
}

/// A union's offer as a product on sale, its number still 0. `None` where it cannot be keyed, shown or linked.
pub fn offered(account: UnionAccountId, goods: &Goods, now: Instant) -> Option<Product> {
    let item_key = verbatim(&goods.item_key, KEY_CHARS_MAX)?;
    let title = shown(&goods.title, TITLE_CHARS_MAX);
    let list_price = price(goods.list_price)?;
    let promo_price = price(goods.promo_price)?;
    let commission = Some(goods.commission).filter(|m| (0..=PRICE_MAX).contains(&m.fen()))?;
    if title.is_empty() {
        return None;
    }
    let category = |at: usize| goods.categories.get(at).map_or(0, |c| c.id.max(0));
    let names: Vec<String> = goods.categories.iter().take(3).map(|c| shown(&c.name, NAME_CHARS_MAX)).collect();
    let coupon = best_coupon(&goods.coupons, promo_price, now);
    let mut product = Product {
        number: 0,
        union_account: account,
        item_key,
        sku_key: goods.sku_key.as_deref().and_then(|key| verbatim(key, KEY_CHARS_MAX)),
        title,
        brand: shown(&goods.brand, NAME_CHARS_MAX),
        shop: shown(&goods.shop, NAME_CHARS_MAX),
        self_run: goods.self_run,
        categories: [category(0), category(1), category(2)],
        category_name: names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/"),
        image_url: goods.image_url.as_deref().and_then(|url| verbatim(url, URL_CHARS_MAX)),
        material_url: verbatim(&goods.material_url, URL_CHARS_MAX)?,
        list_price,
        promo_price,
        coupon: coupon.map_or(Money::ZERO, |c| c.amount),
        coupon_threshold: coupon.map_or(Money::ZERO, |c| c.threshold),
        coupon_link: coupon.map(|c| c.link.clone()),
        coupon_from: coupon.and_then(|c| c.usable_from),
        coupon_until: coupon.and_then(|c| c.usable_until),
        final_price: promo_price,
        rate: goods.commission_rate,
        commission,
        sales_30_days: goods.sales_30_days.filter(|n| *n >= 0),
        good_comments: goods.good_comments,
        delivered_by_union: goods.delivered_by_union,
        in_stock: goods.in_stock,
        forbidden_surfaces: goods.forbidden_surfaces.clone(),
        state: ProductState::OnSale,
        first_seen: now,
        seen_at: now,
    };
    product.final_price = final_price(&product, now);
    Some(product)
}

/// The coupon that takes most off one piece now; if none does, the one that is reached soonest. None that is over.
fn best_coupon(coupons: &[Coupon], price: Money, now: Instant) -> Option<&Coupon> {
    let sound = |c: &&Coupon| {
        (1..=PRICE_MAX).contains(&c.amount.fen())
            && (0..=PRICE_MAX).contains(&c.threshold.fen())
            && verbatim(&c.link, URL_CHARS_MAX).is_some()
    };
    coupons
        .iter()
        .filter(sound)
        .filter_map(|c| match use_of(c.amount, c.threshold, c.usable_from, c.usable_until, price, now) {
            CouponUse::None | CouponUse::Over => None,
            CouponUse::Applies => Some((c, (true, c.amount.fen(), c.best))),
            CouponUse::BelowThreshold | CouponUse::NotYet => Some((c, (false, -c.threshold.fen(), c.best))),
        })
        .max_by_key(|(_, worth)| *worth)
        .map(|(c, _)| c)
}

fn price(amount: Money) -> Option<Money> {
    Some(amount).filter(|m| (1..=PRICE_MAX).contains(&m.fen()))
}

/// What must be passed on exactly as it came, or not at all.
fn verbatim(text: &str, max: usize) -> Option<String> {
    let fits = !text.is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// What people read: without control characters (PostgreSQL refuses NUL), trimmed, cut.
fn shown(text: &str, max: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Rate;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    fn now() -> Instant {
        at("2026-11-02T02:00:00Z")
    }

    fn goods(list: i64, promo: i64, coupons: Vec<Coupon>) -> Goods {
        Goods {
            item_key: "aB3".to_owned(),
            sku_key: None,
            title: "每日坚果礼盒".to_owned(),
            brand: String::new(),
            shop: String::new(),
            self_run: true,
            categories: Vec::new(),
            image_url: None,
            material_url: "jingfen.jd.com/detail/aB3.html".to_owned(),
            list_price: Money::from_fen(list),
            promo_price: Money::from_fen(promo),
            coupon_price: Money::from_fen(promo),
            coupons,
            commission_rate: Rate::try_from_ppm(30_000).unwrap(),
            commission: Money::from_fen(177),
            sales_30_days: None,
            comments: None,
            good_comments: None,
            delivered_by_union: true,
            in_stock: Some(true),
            forbidden_surfaces: Vec::new(),
            raw: String::new(),
        }
    }

    fn coupon(amount: i64, threshold: i64) -> Coupon {
        Coupon {
            link: format!("http://coupon/{amount}"),
            amount: Money::from_fen(amount),
            threshold: Money::from_fen(threshold),
            usable_from: Some(at("2026-11-01T00:00:00Z")),
            usable_until: Some(at("2026-11-11T15:59:59Z")),
            best: false,
        }
    }

    fn product(list: i64, promo: i64, coupons: Vec<Coupon>) -> Product {
        offered(UnionAccountId::from_raw(1), &goods(list, promo, coupons), now()).unwrap()
    }

    fn steps(product: &Product, now: Instant) -> Vec<(&'static str, i64, i64, String)> {
        price_steps(product, now).into_iter().map(|s| (s.what.word(), s.amount.fen(), s.after.fen(), s.note)).collect()
    }

    /// docs: a 119-yuan nut box that costs 59.
    #[test]
    fn the_nut_box() {
        let nuts = product(11_900, 9_900, vec![coupon(4_000, 9_900)]);
        let begin = [("list", 11_900, 11_900, String::new()), ("promotion", -2_000, 9_900, String::new())];
        let with = |last: (&'static str, i64, i64, &str)| {
            let mut all = begin.to_vec();
            all.push((last.0, last.1, last.2, last.3.to_owned()));
            all
        };
        assert_eq!(steps(&nuts, now()), with(("coupon", -4_000, 5_900, "满99减40")));
        assert_eq!(final_price(&nuts, now()).fen(), 5_900);
        let over = at("2026-11-11T16:00:00Z");
        assert_eq!(steps(&nuts, over), with(("coupon_over", 0, 9_900, "满99减40,已过期")));
        assert_eq!(final_price(&nuts, over).fen(), 9_900);
        let early = at("2026-10-31T23:59:59Z");
        assert_eq!(steps(&nuts, early), with(("coupon_not_reached", 0, 9_900, "满99减40,尚未开始")));
        let two = Product { coupon_threshold: Money::from_fen(19_900), ..nuts.clone() };
        assert_eq!(steps(&two, now()), with(("coupon_not_reached", 0, 9_900, "满199减40,需买3件")));
        let none = Product { coupon: Money::ZERO, ..nuts.clone() };
        assert_eq!(steps(&none, now()), begin.to_vec());
        let plain = Product { coupon_threshold: Money::ZERO, coupon: Money::from_fen(550), ..nuts };
        assert_eq!(steps(&plain, now())[2], ("coupon", -550, 9_350, "立减5.5".to_owned()));
    }

    #[test]
    fn a_coupon_is_usable_from_its_first_to_its_last_moment() {
        let nuts = product(11_900, 9_900, vec![coupon(4_000, 9_900)]);
        assert_eq!(coupon_use(&nuts, at("2026-11-01T00:00:00Z")), CouponUse::Applies);
        assert_eq!(coupon_use(&nuts, at("2026-11-11T15:59:59Z")), CouponUse::Applies);
        let open = Product { coupon_from: None, coupon_until: None, ..nuts };
        assert_eq!(coupon_use(&open, at("2036-01-01T00:00:00Z")), CouponUse::Applies);
    }

    #[test]
    fn the_coupon_that_takes_most_off_is_taken() {
        let over = Coupon { usable_until: Some(at("2026-11-01T15:59:59Z")), ..coupon(9_000, 0) };
        let broken = Coupon { link: "http://c\u{0}".to_owned(), ..coupon(8_000, 0) };
        let some =
            product(11_900, 9_900, vec![coupon(1_000, 0), coupon(4_000, 9_900), coupon(6_000, 10_000), over, broken]);
        assert_eq!((some.coupon.fen(), some.final_price.fen()), (4_000, 5_900));
        assert_eq!(some.coupon_link.as_deref(), Some("http://coupon/4000"));
        let unreached = product(11_900, 9_900, vec![coupon(9_000, 100_000), coupon(6_000, 12_000)]);
        assert_eq!((unreached.coupon.fen(), unreached.final_price.fen()), (6_000, 9_900));
    }

    #[test]
    fn what_cannot_be_keyed_shown_or_linked_is_left_out() {
        let account = UnionAccountId::from_raw(1);
        let good = goods(11_900, 9_900, Vec::new());
        for bad in [
            Goods { item_key: String::new(), ..good.clone() },
            Goods { item_key: "a\u{0}".to_owned(), ..good.clone() },
            Goods { title: "\u{7} ".to_owned(), ..good.clone() },
            Goods { material_url: String::new(), ..good.clone() },
            Goods { promo_price: Money::ZERO, ..good.clone() },
            Goods { list_price: Money::from_fen(i64::MAX), ..good.clone() },
            Goods { commission: Money::from_fen(-1), ..good.clone() },
        ] {
            assert_eq!(offered(account, &bad, now()), None);
        }
        let odd = Goods { title: " 坚\u{0}果 ".to_owned(), sales_30_days: Some(-1), ..good };
        let product = offered(account, &odd, now()).unwrap();
        assert_eq!((product.title.as_str(), product.sales_30_days), ("坚 果", None));
    }

    #[test]
    fn prices_age() {
        let seen = now();
        for (after_seconds, word) in [
            (-5, "fresh"),
            (0, "fresh"),
            (24 * 3600 - 1, "fresh"),
            (24 * 3600, "stale"),
            (7 * 86_400 - 1, "stale"),
            (7 * 86_400, "old"),
        ] {
            assert_eq!(staleness(seen, seen.plus_seconds(after_seconds)).word(), word, "{after_seconds}");
        }
    }

    #[test]
    fn words_become_patterns_with_their_signs_taken_literally() {
        assert_eq!(patterns("  抽纸\u{3000}3%  A_b \\ "), ["%抽纸%", "%3\\%%", "%a\\_b%", "%\\\\%"]);
        assert!(patterns(" \u{3000}").is_empty());
    }

    proptest! {
        #[test]
        fn steps_add_up_to_the_final_price(
            list in -100i64..20_000, promo in -100i64..20_000, off in -100i64..30_000, threshold in -100i64..30_000,
            from in proptest::option::of(-100i64..100), until in proptest::option::of(-100i64..100),
        ) {
            let moment = |seconds: Option<i64>| seconds.map(|s| now().plus_seconds(s));
            let product = Product {
                list_price: Money::from_fen(list),
                promo_price: Money::from_fen(promo),
                coupon: Money::from_fen(off),
                coupon_threshold: Money::from_fen(threshold),
                coupon_from: moment(from),
                coupon_until: moment(until),
                ..product(1, 1, Vec::new())
            };
            let steps = price_steps(&product, now());
            let mut price = 0;
            for step in &steps {
                price += step.amount.fen();
                prop_assert_eq!(step.after.fen(), price);
                prop_assert!(price >= 0);
            }
            prop_assert!(steps.iter().skip(1).all(|s| s.amount.fen() <= 0));
            prop_assert_eq!(price, final_price(&product, now()).fen());
            let usable = from.is_none_or(|s| s <= 0) && until.is_none_or(|s| s >= 0);
            if off > 0 && usable && promo >= threshold {
                prop_assert_eq!(price, (promo.max(0) - off).max(0));
            } else {
                prop_assert_eq!(price, promo.max(0));
            }
        }
    }
}
