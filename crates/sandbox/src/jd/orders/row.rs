//! One row in the words of `order.row.query`.

use super::SHARE_PERCENT;
use super::book::Shown;
use jiff::civil::Date;
use kernel::{Money, Rate, Zone};
use serde_json::{Map, Value, json};

/// Blocks that a caller asks for by `fields`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::jd) struct Blocks {
    pub goods: bool,
    pub categories: bool,
}

impl Blocks {
    pub(in crate::jd) const ALL: Blocks = Blocks { goods: true, categories: true };

    /// From the comma-separated list of the request; words that JD has beside these are ignored.
    pub(in crate::jd) fn named(fields: &str) -> Blocks {
        let has = |name: &str| fields.split(',').any(|field| field.trim() == name);
        Blocks { goods: has("goodsInfo"), categories: has("categoryInfo") }
    }
}

/// A JSON number of yuan, as JD writes amounts: `99.8`, `54.0`.
pub(in crate::jd) fn yuan(amount: Money) -> Value {
    number(&amount.yuan())
}

/// A JSON number of percent: `3.0`, `1.5`.
pub(in crate::jd) fn percent(rate: Rate) -> Value {
    let text = rate.percent();
    number(&if text.contains('.') { text } else { format!("{text}.0") })
}

/// Decimal text of few digits is written back digit by digit.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// The row with every documented field, and the blocks asked for.
pub(in crate::jd) fn row(shown: &Shown<'_>, union_id: i64, public_base: &str, blocks: Blocks) -> Value {
    let Shown { order, track, line, changed_at, version } = *shown;
    let china = Zone::china();
    let share = number(&format!("{SHARE_PERCENT}.0"));
    let [c1, c2, c3] = [0, 1, 2].map(|i| line.categories.get(i).cloned().unwrap_or_default());
    // Read from the right: 20 = presale.
    let union_tag = format!("{:032b}", if track.presale { 1u32 << 19 } else { 0 });
    let fields = [
        ("actualCosPrice", yuan(version.actual.base)),
        ("actualFee", yuan(version.actual.fee)),
        ("balanceExt", Value::from(balances(&version.balances))),
        ("callerItemId", Value::from("")),
        ("channelId", Value::from(0i64)),
        ("cid1", Value::from(c1.0)),
        ("cid2", Value::from(c2.0)),
        ("cid3", Value::from(c3.0)),
        ("commissionRate", percent(line.rate())),
        ("cpActId", Value::from(0i64)),
        ("estimateCosPrice", yuan(version.estimate.base)),
        ("estimateFee", yuan(version.estimate.fee)),
        ("expressStatus", Value::from(if version.shipped { 20 } else { 10 })),
        ("ext1", Value::from("")),
        ("finalRate", share.clone()),
        ("finishTime", Value::from(version.finished_at.map(|at| at.local(&china)).unwrap_or_default())),
        ("giftCouponKey", Value::from("")),
        ("giftCouponOcsAmount", yuan(Money::ZERO)),
        ("id", Value::from(track.row_id.as_str())),
        ("itemId", Value::from(line.item_id.as_str())),
        ("modifyTime", Value::from(changed_at.local(&china))),
        ("orderEmt", Value::from(if track.mobile { 2 } else { 1 })),
        ("orderId", Value::from(track.order_no)),
        ("orderTag", Value::from("0".repeat(32))),
        ("orderTime", Value::from(order.ordered_at.local(&china))),
        ("parentId", Value::from(track.parent_no)),
        ("payMonth", Value::from(version.pay_on.map_or_else(|| "0".to_owned(), compact))),
        ("pid", Value::from("")),
        ("plus", Value::from(i64::from(track.plus))),
        ("popId", Value::from(if line.self_run { 0 } else { line.shop_id })),
        ("positionId", Value::from(order.position_id)),
        ("price", yuan(Money::from_fen(line.unit_price_fen))),
        ("proPriceAmount", yuan(version.price_protection)),
        ("rid", Value::from(0i64)),
        ("siteId", Value::from(0i64)),
        ("skuFrozenNum", Value::from(version.frozen)),
        ("skuId", Value::from(line.sku_id)),
        ("skuName", Value::from(line.title.as_str())),
        ("skuNum", Value::from(track.quantity)),
        ("skuReturnNum", Value::from(version.returned)),
        ("skuTag", Value::from("0".repeat(64))),
        ("subCpUnionId", Value::from("")),
        ("subSideRate", share),
        ("subUnionId", Value::from(order.sub_union_id.as_str())),
        ("subsidyRate", yuan(Money::ZERO)),
        ("traceType", Value::from(if line.other_shop { 3 } else { 2 })),
        ("unionAlias", Value::from("")),
        ("unionId", Value::from(union_id)),
        ("unionRole", Value::from(1i64)),
        ("unionTag", Value::from(union_tag)),
        ("validCode", Value::from(version.code)),
    ];
    let mut row: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    extend(&mut row, shown, public_base, blocks);
    Value::Object(row)
}

fn extend(fields: &mut Map<String, Value>, shown: &Shown<'_>, public_base: &str, blocks: Blocks) {
    let line = shown.line;
    if blocks.goods {
        let goods = json!({
            "imageUrl": crate::jd::picture_url(public_base, &line.image),
            "mainSkuId": line.sku_id,
            "owner": if line.self_run { "g" } else { "p" },
            "productId": 0,
            "shopId": line.shop_id,
            "shopName": line.shop,
        });
        fields.insert("goodsInfo".to_owned(), goods);
    }
    if blocks.categories {
        let mut categories = Map::new();
        for (grade, (id, name)) in (1..).zip(&line.categories) {
            categories.insert(format!("cid{grade}"), Value::from(*id));
            categories.insert(format!("cid{grade}Name"), Value::from(name.as_str()));
        }
        fields.insert("categoryInfo".to_owned(), Value::Object(categories));
    }
}

fn compact(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// `{20240620:10.77,20240720:-5.38}`: not JSON, and empty before the receipt.
fn balances(entries: &[(Date, Money)]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let entries: Vec<String> = entries.iter().map(|(day, fee)| format!("{}:{}", compact(*day), fee.yuan())).collect();
    format!("{{{}}}", entries.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_jd_writes_them() {
        for (fen, written) in [(9980, "99.8"), (5400, "54.0"), (0, "0.0"), (269, "2.69"), (-538, "-5.38")] {
            assert_eq!(yuan(Money::from_fen(fen)).to_string(), written);
        }
        for (text, written) in [("3", "3.0"), ("1.5", "1.5"), ("0", "0.0")] {
            assert_eq!(percent(Rate::from_percent_text(text).unwrap()).to_string(), written);
        }
    }

    #[test]
    fn balances_have_bare_keys() {
        let day = |month| jiff::civil::date(2024, month, 20);
        let entries = [(day(6), Money::from_fen(1077)), (day(7), Money::from_fen(-538))];
        assert_eq!(balances(&entries), "{20240620:10.77,20240720:-5.38}");
        assert_eq!(balances(&[]), "");
    }
}
