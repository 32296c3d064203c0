//! Every life, version by version: (code, estimate, actual), settlement entries, pieces, and the times of it all.

use super::*;
use kernel::Money;

/// One version of a row, amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    row: String,
    child: bool,
    code: i64,
    estimate: i64,
    actual: i64,
    returned: i64,
    frozen: i64,
    quantity: i64,
    changed: String,
    finished: String,
    pay: String,
    balances: Vec<(String, i64)>,
}

fn fen(value: &Value) -> i64 {
    Money::from_yuan_text(&value.to_string()).unwrap().fen()
}

fn seen(row: &Value) -> Seen {
    let int = |name: &str| row[name].as_i64().unwrap();
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    let entries = text("balanceExt");
    let entries = entries.trim_start_matches('{').trim_end_matches('}').split(',').filter_map(|e| e.split_once(':'));
    let balances = entries.map(|(day, fee)| (day.to_owned(), Money::from_yuan_text(fee).unwrap().fen())).collect();
    Seen {
        row: text("id"),
        child: int("parentId") != 0,
        code: int("validCode"),
        estimate: fen(&row["estimateFee"]),
        actual: fen(&row["actualFee"]),
        returned: int("skuReturnNum"),
        frozen: int("skuFrozenNum"),
        quantity: int("skuNum"),
        changed: text("modifyTime"),
        finished: text("finishTime"),
        pay: text("payMonth"),
        balances,
    }
}

/// All versions of one order's rows over 95 days, in the sequence in which they were seen: every minute while orders
/// split, every fifty after that (no two other changes are closer than an hour).
fn life_of(life: Life, quantity: i64, seed: u64) -> Vec<Seen> {
    let clock = Clock::held_at(noon());
    let config = Config { seed, goods: GoodsSource::Made { count: 30 }, ..config(&clock) };
    let sandbox = Sandbox::try_new(config).unwrap().0;
    let goods = sandbox.goods().all().iter().max_by_key(|g| g.promo).unwrap();
    let number = buy(&sandbox, &[(goods.sku_id, quantity)], life);
    let mut versions: Vec<Seen> = Vec::new();
    for minute in (0..200).chain((200..95 * 1440).step_by(50)) {
        for row in sandbox.rows_at(noon().plus_minutes(minute)) {
            let version = seen(&row);
            assert_eq!(row["orderId"].as_i64() == number.parse().ok(), !version.child);
            if versions.iter().all(|v| (&v.row, &v.changed) != (&version.row, &version.changed)) {
                versions.push(version);
            }
        }
    }
    versions
}

type Expected = (Life, i64, &'static [(i64, &'static str)]);

/// (code, estimate, actual) as parts of the first estimate: `E` all of it, `p` a part, `0` nothing, `+` more.
fn words(versions: &[Seen]) -> Vec<(i64, String)> {
    let whole = versions[0].estimate;
    assert!(whole > 0);
    let word = |fee: i64| match fee {
        0 => '0',
        fee if fee == whole => 'E',
        fee if fee > whole => '+',
        _ => 'p',
    };
    versions.iter().map(|v| (v.code, [word(v.estimate), word(v.actual)].iter().collect())).collect()
}

#[test]
fn codes_and_fees_of_every_life() {
    let table: [Expected; 16] = [
        (Life::Unpaid, 2, &[(15, "E0")]),
        (Life::Paid, 2, &[(16, "E0")]),
        (Life::Deposit, 2, &[(24, "E0"), (16, "E0"), (17, "EE")]),
        (Life::Finished, 2, &[(16, "E0"), (17, "EE")]),
        (Life::PartialReturnBeforeFinish, 3, &[(16, "E0"), (16, "E0"), (16, "p0"), (17, "pp")]),
        (Life::PartialReturnBeforeFinish, 1, &[(16, "E0"), (16, "p0"), (17, "pp")]),
        (Life::FullReturnBeforeFinish, 2, &[(16, "E0"), (16, "E0"), (16, "00"), (17, "00")]),
        (Life::PartialReturnAfterFinish, 3, &[(16, "E0"), (17, "EE"), (17, "EE"), (17, "Ep")]),
        (Life::PartialReturnAfterFinish, 1, &[(16, "E0"), (17, "EE"), (17, "Ep")]),
        (Life::FullReturnAfterFinish, 2, &[(16, "E0"), (17, "EE"), (17, "EE"), (17, "E0")]),
        (Life::Cancelled, 2, &[(16, "E0"), (3, "00")]),
        (Life::Violation(27), 2, &[(16, "E0"), (27, "00")]),
        (Life::Violation(15), 2, &[(16, "E0"), (15, "00")]),
        (Life::UnknownCode99, 2, &[(16, "E0"), (99, "E0")]),
        (Life::RefundAfterSettlement, 3, &[(16, "E0"), (17, "EE"), (17, "EE"), (17, "Ep")]),
        (Life::RefundAfterSettlement, 1, &[(16, "E0"), (17, "EE"), (17, "EE"), (17, "E0")]),
    ];
    for (life, quantity, expected) in table {
        for seed in [1, 2] {
            let versions = life_of(life, quantity, seed);
            let found = words(&versions);
            let found: Vec<(i64, &str)> = found.iter().map(|(code, word)| (*code, word.as_str())).collect();
            assert_eq!(found, expected, "{life} × {quantity}, seed {seed}");
        }
    }
    let mut ways = std::collections::BTreeSet::new();
    for seed in 1..9 {
        let found = words(&life_of(Life::LateCorrection, 2, seed));
        assert_eq!(&found[..2], [(16, "E0".to_owned()), (17, "EE".to_owned())]);
        assert_eq!((found.len(), found[2].0), (3, 17));
        assert!(["Ep", "E+"].contains(&found[2].1.as_str()), "{found:?}");
        ways.insert(found[2].1.clone());
    }
    assert_eq!(ways.len(), 2, "both less and more");
}

#[test]
fn settlement_entries_add_up_to_the_actual_fee_at_every_moment() {
    for life in [
        Life::Finished,
        Life::Deposit,
        Life::PartialReturnBeforeFinish,
        Life::FullReturnBeforeFinish,
        Life::PartialReturnAfterFinish,
        Life::FullReturnAfterFinish,
        Life::RefundAfterSettlement,
        Life::LateCorrection,
        Life::SplitParentFirst,
    ] {
        for v in life_of(life, 2, 3) {
            assert_eq!(v.balances.iter().map(|(_, fen)| fen).sum::<i64>(), v.actual, "{life}: {v:?}");
            assert_eq!(v.code == 17, v.pay != "0" && !v.finished.is_empty(), "{life}: {v:?}");
            assert!(v.pay == "0" || v.pay.ends_with("20"), "{v:?}");
            assert!(v.returned + v.frozen <= v.quantity, "{v:?}");
        }
    }
}

#[test]
fn a_refund_after_the_settlement_is_a_negative_entry_on_a_later_day() {
    let versions = life_of(Life::RefundAfterSettlement, 3, 1);
    let (finished, refunded) = (&versions[1], versions.last().unwrap());
    let day = |at: &str| at[..10].replace('-', "");
    let [(first, whole)] = finished.balances.as_slice() else { panic!("{finished:?}") };
    assert_eq!((first, *whole), (&finished.pay, finished.actual));
    let [(kept, same), (later, less)] = refunded.balances.as_slice() else { panic!("{refunded:?}") };
    assert_eq!((kept, same, later), (first, whole, &refunded.pay));
    assert!(*less < 0 && later > first, "{refunded:?}");
    assert!(*first < day(&refunded.changed) && day(&refunded.changed) < *later, "{refunded:?}");
    assert!(refunded.returned > 0 && refunded.frozen == 0 && versions[2].frozen == refunded.returned);
}

#[test]
fn splits_come_in_either_order_and_keep_pieces_and_fees() {
    for quantity in [1, 2, 5] {
        for (life, parent_first) in [(Life::SplitParentFirst, true), (Life::SplitChildrenFirst, false)] {
            let versions = life_of(life, quantity, 4);
            let (children, parents): (Vec<Seen>, Vec<Seen>) = versions.iter().cloned().partition(|v| v.child);
            assert_eq!(words(&parents), [(16, "E0".to_owned()), (2, "E0".to_owned())], "{life}");
            let rows = |code: i64| children.iter().filter(move |c| c.code == code);
            assert_eq!(rows(16).count(), usize::from(quantity > 1) + 1, "{life} × {quantity}");
            assert_eq!(rows(16).map(|c| c.quantity).sum::<i64>(), quantity);
            assert_eq!(rows(16).map(|c| c.estimate).sum::<i64>(), parents[0].estimate);
            assert_eq!(rows(17).map(|c| c.actual).sum::<i64>(), parents[0].estimate);
            assert!(rows(16).all(|c| (c.changed > parents[1].changed) == parent_first), "{life}: {versions:?}");
        }
    }
}

#[tokio::test]
async fn the_rule_of_ten_thousand_rows_is_the_reason_for_halving() {
    let served = Served::new().await;
    let items: Vec<(i64, i64)> = served.sandbox.goods().all().iter().take(50).map(|g| (g.sku_id, 1)).collect();
    for n in 0..201 {
        let at = Some(noon().plus_seconds(n));
        let order = Buy { items: items.clone(), sub_union_id: String::new(), with_coupon: false, at, life: Life::Paid };
        served.sandbox.buy(order).unwrap();
    }
    served.clock.advance_seconds(86_400);
    let rows = walk(&served.union(), noon(), noon().plus_seconds(3600)).await.unwrap();
    assert_eq!(rows.iter().map(|r| &r.row_key).collect::<std::collections::BTreeSet<_>>().len(), 10_050);
    assert!(served.sandbox.stats().refused_by_code["2002452"] >= 1);
}

#[tokio::test]
async fn short_links_end_after_sixty_days_and_the_machines_clock_is_not_ours() {
    let served = Served::new().await;
    let request = connectors::unions::ConvertRequest {
        material_url: served.sandbox.goods().all()[0].material_url.clone(),
        coupon_link: None,
        tracking: "t".to_owned(),
        position: None,
    };
    let link = served.union().convert(&request).await.unwrap();
    let path = |url: &str| url.strip_prefix(&served.base).unwrap().to_owned();
    served.clock.advance_seconds(60 * 86_400);
    assert_eq!(fetch(&served.sandbox, &path(&link.short_url.unwrap())).await.0, StatusCode::GONE);
    assert_eq!(fetch(&served.sandbox, &path(&link.long_url)).await.0, StatusCode::OK);

    let own = sandbox(&Clock::system());
    assert_eq!(post_json(&own, "/sandbox/clock", "{\"advance_seconds\":1}").await.0, StatusCode::CONFLICT);
    let both = "{\"advance_seconds\":1,\"release\":true}";
    assert_eq!(post_json(&served.sandbox, "/sandbox/clock", both).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}
