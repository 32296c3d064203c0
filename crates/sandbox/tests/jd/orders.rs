//! Lives of orders as the connector reports them, and what is kept over a restart.

use super::*;
use kernel::{LineState, Money};
use sandbox::jd::goods::GoodsSource;

/// What the gateway says of an order's rows at a moment: (row, code, estimate, actual), by row.
fn shown(sandbox: &Sandbox, number: &str, at: Instant) -> Vec<(String, i64, String, String)> {
    let rows = sandbox.rows_at(at);
    let of = |row: &Value, key: &str| match &row[key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut found: Vec<_> = rows
        .iter()
        .filter(|row| of(row, "orderId") == number || of(row, "parentId") == number)
        .map(|row| {
            let code = of(row, "validCode").parse().unwrap();
            (of(row, "id"), code, of(row, "estimateFee"), of(row, "actualFee"))
        })
        .collect();
    found.sort();
    found
}

/// Codes that an order goes through, without repeats, over all its rows, in ten-minute steps.
fn codes(sandbox: &Sandbox, number: &str, days: i64) -> Vec<i64> {
    let mut seen = Vec::new();
    for step in 0..days * 144 {
        for (_, code, _, _) in shown(sandbox, number, noon().plus_minutes(step * 10)) {
            if !seen.contains(&code) {
                seen.push(code);
            }
        }
    }
    seen
}

fn fen(text: &str) -> i64 {
    Money::from_yuan_text(text).unwrap().fen()
}

#[test]
fn every_life_goes_through_its_codes() {
    let sandbox = sandbox(&Clock::held_at(noon()));
    let sku = sandbox.goods().all()[0].sku_id;
    for (life, expected) in [
        (Life::Unpaid, vec![15]),
        (Life::Deposit, vec![24, 16, 17]),
        (Life::Finished, vec![16, 17]),
        (Life::PartialReturnBeforeFinish, vec![16, 17]),
        (Life::FullReturnBeforeFinish, vec![16, 17]),
        (Life::PartialReturnAfterFinish, vec![16, 17]),
        (Life::FullReturnAfterFinish, vec![16, 17]),
        (Life::Cancelled, vec![16, 3]),
        (Life::Violation(27), vec![16, 27]),
        (Life::UnknownCode99, vec![16, 99]),
        (Life::RefundAfterSettlement, vec![16, 17]),
        (Life::LateCorrection, vec![16, 17]),
    ] {
        let number = buy(&sandbox, &[(sku, 2)], life);
        let mut found = codes(&sandbox, &number, 25);
        found.retain(|code| *code != 15 || life == Life::Unpaid);
        assert_eq!(found, expected, "{life}");
    }
    let number = buy(&sandbox, &[(sku, 1)], Life::Paid);
    assert_eq!(codes(&sandbox, &number, 3).last(), Some(&16));
}

#[test]
fn what_is_returned_earns_nothing() {
    let sandbox = sandbox(&Clock::held_at(noon()));
    let sku = sandbox.goods().all()[0].sku_id;
    let end = |life, days| {
        let number = buy(&sandbox, &[(sku, 4)], life);
        let rows = shown(&sandbox, &number, noon().plus_days(days));
        rows.iter().map(|(_, _, _, actual)| fen(actual)).sum::<i64>()
    };
    let whole = end(Life::Finished, 120);
    assert!(whole > 0);
    assert_eq!(end(Life::FullReturnBeforeFinish, 120), 0);
    assert_eq!(end(Life::FullReturnAfterFinish, 120), 0);
    for life in [Life::PartialReturnBeforeFinish, Life::PartialReturnAfterFinish, Life::RefundAfterSettlement] {
        let left = end(life, 200);
        assert!(left < whole && left >= 0, "{life}: {left} of {whole}");
    }
}

#[test]
fn children_of_a_split_add_up_to_the_parent() {
    let sandbox = sandbox(&Clock::held_at(noon()));
    let skus: Vec<i64> = sandbox.goods().all().iter().take(2).map(|g| g.sku_id).collect();
    for life in [Life::SplitParentFirst, Life::SplitChildrenFirst] {
        let number = buy(&sandbox, &[(skus[0], 2), (skus[1], 1)], life);
        let before: i64 =
            shown(&sandbox, &number, noon().plus_minutes(5)).iter().map(|(_, _, estimate, _)| fen(estimate)).sum();
        let after = shown(&sandbox, &number, noon().plus_days(30));
        let children: Vec<_> = after.iter().filter(|(_, code, _, _)| *code != 2).collect();
        assert!(children.len() >= 2 && after.iter().any(|(_, code, _, _)| *code == 2), "{after:?}");
        assert_eq!(children.iter().map(|(_, _, _, actual)| fen(actual)).sum::<i64>(), before, "{life}");
    }
}

#[tokio::test]
async fn the_connector_walks_to_the_same_rows() {
    let served = Served::new().await;
    let sku = served.sandbox.goods().all()[0].sku_id;
    for life in [Life::Finished, Life::Cancelled, Life::UnknownCode99, Life::SplitParentFirst, Life::Violation(30)] {
        for _ in 0..3 {
            buy(&served.sandbox, &[(sku, 1)], life);
            served.clock.advance_seconds(700);
        }
    }
    served.clock.advance_seconds(40 * 86_400);
    let rows = walk(&served.union(), noon().plus_seconds(-60), served.clock.now()).await.unwrap();
    // Several versions of a row are one row: the gateway shows the newest.
    let newest: std::collections::BTreeMap<&str, &OrderRow> = rows.iter().map(|r| (r.row_key.as_str(), r)).collect();
    assert_eq!(newest.len(), served.sandbox.rows_at(served.clock.now()).len());
    assert!(rows.iter().all(|r| r.defects.is_empty() && r.tracking.as_deref() == Some("p1_a")), "{rows:?}");
    for state in [LineState::Confirmed, LineState::Invalid, LineState::Unknown, LineState::Superseded] {
        assert!(newest.values().any(|r| r.state == state), "{state:?}");
    }
}

#[tokio::test]
async fn too_many_rows_in_an_hour_are_halved_by_the_connector() {
    let served = Served::new().await;
    let items: Vec<(i64, i64)> = served.sandbox.goods().all().iter().take(50).map(|g| (g.sku_id, 1)).collect();
    for n in 0..210 {
        let items = items.clone();
        let at = Some(noon().plus_seconds(n * 15));
        let order = Buy { items, sub_union_id: String::new(), with_coupon: false, at, life: Life::Paid };
        served.sandbox.buy(order).unwrap();
    }
    served.clock.advance_seconds(2 * 86_400);
    let rows = walk(&served.union(), noon(), noon().plus_seconds(7200)).await.unwrap();
    let keys: std::collections::BTreeSet<&str> = rows.iter().map(|r| r.row_key.as_str()).collect();
    assert_eq!(keys.len(), 210 * 50);
    let refused = served.sandbox.stats().refused_by_code;
    assert!(!refused.is_empty(), "the rule of 10,000 rows was never met: {refused:?}");
}

#[test]
fn the_seed_decides_and_a_restart_changes_nothing() {
    let file = std::env::temp_dir().join(format!("daogou-sandbox-{}.json", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let clock = Clock::held_at(noon());
    let open = |seed, keep: bool| {
        let goods = GoodsSource::Made { count: 50 };
        let state_file = keep.then(|| file.clone());
        let config = Config { seed, goods, state_file, ..Config::new(clock.clone(), "http://127.0.0.1:9100") };
        Sandbox::try_new(config).unwrap().0
    };
    let play = |sandbox: &Sandbox| {
        let sku = sandbox.goods().all()[0].sku_id;
        for _ in 0..40 {
            buy(sandbox, &[(sku, 1)], Life::Usual);
        }
        sandbox.rows_at(noon().plus_days(60))
    };
    let first = open(7, true);
    let rows = play(&first);
    assert_eq!(play(&open(7, false)), rows);
    first.save().unwrap();
    let again = open(7, true);
    assert_eq!(again.rows_at(noon().plus_days(60)), rows);
    // New orders go on after the old ones.
    let sku = again.goods().all()[0].sku_id;
    let number = buy(&again, &[(sku, 1)], Life::Paid);
    assert!(rows.iter().all(|row| row["orderId"].as_i64() != number.parse().ok()));
    std::fs::write(&file, "{").unwrap();
    let broken = Config { state_file: Some(file.clone()), ..config(&clock) };
    assert!(Sandbox::try_new(broken).unwrap_err().to_string().contains("state file"));
    std::fs::remove_file(&file).unwrap();
}
