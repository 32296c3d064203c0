//! What hurt others, as tests of ours: each defect of our list that concerns orders and money has a test named after its
//! number. Some are beside what they are about (`grep -rn lesson_ crates`); those that needed a stage of their own are
//! here. `tidy` sees to it that none is lost.

use app::commission::{self, pull::store_batch};
use app::{orders, promoters};
use connectors::unions::{OrderRow, jd};
use infra::args;
use infra::db::Engine;
use infra::db::faults::{self, Fault};
use kernel::{Bucket, Instant, Money, ShareCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Fixture, Report, goods, on_both_engines};

const ACCOUNT: &str = "http://127.0.0.1:9/routerjson";

/// Raises `version` until it is the next, so that no two reports of a line are of one second.
fn next(report: &Report, valid_code: i64, actual_fen: i64) -> Report {
    Report { valid_code, actual_fen, modified_at: report.modified_at.plus_seconds(1), ..report.clone() }
}

async fn settle(f: &Fixture, key: &str, entry: &str, fen: i64) -> bool {
    let line = f.lines().await.into_iter().find(|l| l.row_key == key).unwrap();
    let mut tx = f.ctx.db.begin().await.unwrap();
    let settled = commission::settle_line(&mut tx, &f.ctx, line.id, entry, Money::from_fen(fen)).await.unwrap();
    tx.commit().await.unwrap();
    settled
}

async fn count(f: &Fixture, sql: &'static str) -> i64 {
    f.ctx.db.read().await.unwrap().one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap()
}

on_both_engines! {
    /// An answer that is lost after the work was done is followed by a retry; it pays nobody twice. Nor is there a door
    /// through which somebody else could report an order.
    async fn lesson_02_a_retry_after_a_lost_answer_pays_once(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let (row, account_row) = (Report::paid("L1", &f.code(&p1, 0), 1000, f.ctx.now()).row(), f.account(account).await);
        let rows = [row];
        let mut lost = 0;
        // Wherever the answer is lost, at the latest at the commit: what we are told is an error, and it comes again.
        for at in 0.. {
            let work = store_batch(&f.ctx, &account_row, &rows, f.ctx.now(), None);
            let ran = faults::with(Fault::AnswerLost, at, work).await;
            if !ran.struck {
                break;
            }
            assert!(ran.outcome.unwrap().is_err(), "point {at}");
            lost += 1;
        }
        assert!(lost > 3, "only {lost} points");
        for _ in 0..3 {
            store_batch(&f.ctx, &account_row, &rows, f.ctx.now(), None).await.unwrap();
        }
        assert_eq!(count(&f, "SELECT COUNT(*) AS n FROM ledger_transaction").await, 1);
        assert_eq!(f.balance("person.waiting", p1.id).await, -600);
        f.assert_verified().await;

        let api = serde_json::to_value(app::open_api()).unwrap();
        let writes_orders: Vec<&String> = api["paths"].as_object().unwrap().iter()
            .filter(|(path, way)| way.get("post").or(way.get("put")).is_some()
                && ["order", "conver", "postback", "hook"].iter().any(|word| path.contains(word)))
            .map(|(path, _)| path).collect();
        assert_eq!(writes_orders, ["/api/v1/orders/{order}/assign"]);
        let line = f.lines().await.remove(0);
        f.send(axum::http::Method::POST, &format!("/api/v1/orders/{}/assign", line.id), None, Some(json!({}))).await
            .refused(401, "session.required");
    }

    /// Balances are moved in the database, never read, added to and written back.
    async fn lesson_03_a_thousand_conversions_at_once_lose_nothing(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let upper = f.promoter(&program, "inviter", None).await;
        let p1 = f.promoter(&program, "direct", Some(upper.id)).await;
        let code = f.code(&p1, 0);
        let (f, code) = (&f, &code);
        // One person, one bucket: the worst case for a balance.
        futures_util::future::join_all((0..8).map(|worker| async move {
            for round in 0..25 {
                let page: Vec<Report> = (0..5)
                    .map(|n| Report::paid(&format!("{worker}-{round}-{n}"), code, 100 + n, f.ctx.now()))
                    .collect();
                f.report(account, &page).await;
            }
        }))
        .await;
        let fee: i64 = 200 * (100 + 101 + 102 + 103 + 104);
        let direct: i64 = 200 * (60 + 60 + 61 + 61 + 62);
        assert_eq!(f.lines().await.len(), 1000);
        assert_eq!(f.balance("union.estimated", account).await, fee);
        assert_eq!(f.balance("person.waiting", p1.id).await, -direct);
        assert_eq!(f.balance("person.waiting", upper.id).await, -200 * 50);
        f.assert_verified().await;
    }

    /// Shares are parts of the fee, not of the price or of what the fee is counted from; and no amount of two decimals
    /// is a fen off (as 1.15 × 100 is in floating point: 114.99999999999999).
    async fn lesson_04_shares_are_parts_of_the_fee_exact_to_the_fen(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let row = |key: &str, fee: &str| {
            let paid = Report::paid(key, &f.code(&p1, 0), 654, f.ctx.now()).raw();
            let raw = paid.replace("\"estimateFee\":6.54", &format!("\"estimateFee\":{fee}"));
            assert!(raw.contains(&format!("\"estimateFee\":{fee}")) && raw.contains("\"estimateCosPrice\":130.80"));
            jd::read_order_row(&raw).unwrap()
        };
        let amounts = [
            ("1.15", 115), ("0.29", 29), ("8.2", 820), ("4.35", 435), ("1.1", 110), ("0.07", 7), ("19.99", 1999),
            ("\"2.675\"", 268), ("1e2", 10_000), ("33333.33", 3_333_333),
        ];
        let mut fees = 0;
        for (n, (text, fen)) in amounts.into_iter().enumerate() {
            let row = row(&format!("L{n}"), text);
            assert_eq!((row.estimated_fee.fen(), &*row.defects), (fen, &[][..]), "{text}");
            store_batch(&f.ctx, &f.account(account).await, &[row], f.ctx.now(), None).await.unwrap();
            fees += fen;
            let line = f.lines().await.into_iter().find(|l| l.row_key == format!("L{n}")).unwrap();
            let shares = line.shares().unwrap();
            assert_eq!(shares.direct.fen(), fen * 600_000 / 1_000_000, "{text}");
            assert_eq!(shares.direct.fen() + shares.inviter.fen() + shares.platform.fen(), fen);
        }
        assert!(fees > 3_336_000);
        assert_eq!(f.balance("union.estimated", account).await, fees);
        f.assert_verified().await;
    }

    /// 30 orders, 8 retries of each at once, and the same keys in another account.
    async fn lesson_05_an_idempotency_key_is_unique_and_scoped(f: Fixture) {
        let program = f.program("p").await;
        let accounts = [
            f.union_account(ACCOUNT, &[program.id]).await,
            f.union_account("http://127.0.0.1:9/other", &[program.id]).await,
        ];
        let p1 = f.promoter(&program, "direct", None).await;
        let reports: Vec<Report> =
            (0..30).map(|n| Report::paid(&format!("K{n}"), &f.code(&p1, 0), 1000, f.ctx.now())).collect();
        let (f, reports) = (&f, &reports);
        futures_util::future::join_all((0..16).map(|n| async move {
            for report in reports {
                f.report(accounts[n % 2], std::slice::from_ref(report)).await;
            }
        }))
        .await;
        assert_eq!(f.lines().await.len(), 60);
        assert_eq!(count(f, "SELECT COUNT(*) AS n FROM ledger_transaction").await, 60);
        for account in accounts {
            assert_eq!(f.balance("union.estimated", account).await, 30_000);
        }
        assert_eq!(f.balance("person.waiting", p1.id).await, -36_000);
        f.assert_verified().await;
    }

    /// The key of a statement entry that comes with another amount is an error, not a repetition.
    async fn lesson_05_a_known_key_with_other_content_is_refused(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        f.report(account, &[next(&Report::paid("L1", &f.code(&p1, 0), 1000, f.ctx.now()), 17, 1000)]).await;
        assert!(settle(&f, "L1", "20261220", 1000).await);
        assert!(!settle(&f, "L1", "20261220", 1000).await);
        let line = f.lines().await.remove(0);
        let mut tx = f.ctx.db.begin().await.unwrap();
        let other = commission::settle_line(&mut tx, &f.ctx, line.id, "20261220", Money::from_fen(900)).await;
        assert!(other.unwrap_err().to_string().starts_with("ledger.entry_conflict: "));
        drop(tx);
        assert_eq!(f.balance("union.due", account).await, 1000);
        f.assert_verified().await;
    }

    async fn lesson_06_two_characters_of_chinese_are_a_search(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        for n in 0..40 {
            f.offer(account, &goods(&format!("other{n}"), &format!("维达 卷纸 洗衣液 {n} 号"), 1000 + n)).await;
        }
        f.offer(account, &goods("split", "抽 纸 盒", 990)).await;
        f.offer(account, &goods("tissue", "清风抽纸3层100抽24包", 2990)).await;
        let (_, reader) = f.signed_promoter(&program, "reader", None).await;
        let found = async |words: &str| -> Vec<String> {
            let page = f.get(&format!("/programs/p/products?limit=100&q={words}"), &reader).await.ok();
            page["items"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(found("").await.len(), 42);
        // 抽纸, then 抽, then 卷纸.
        assert_eq!(found("%E6%8A%BD%E7%BA%B8").await, ["清风抽纸3层100抽24包"]);
        assert_eq!(found("%E6%8A%BD").await.len(), 2);
        assert_eq!(found("%E5%8D%B7%E7%BA%B8").await.len(), 40);
        assert_eq!(found("%E6%8A%BD%E7%BA%B8+%E5%8D%B7%E7%BA%B8").await, [""; 0]);
    }

    /// The inviter's part moves from state to state; it is never credited at once and again when it is released.
    async fn lesson_07_the_inviters_part_is_credited_once(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let upper = f.promoter(&program, "inviter", None).await;
        let p1 = f.promoter(&program, "direct", Some(upper.id)).await;
        let paid = Report::paid("L1", &f.code(&p1, 0), 1000, f.ctx.now());
        let finished = next(&paid, 17, 1000);
        let parts = async || {
            let mut parts = Vec::new();
            for account in ["person.waiting", "person.confirmed", "person.payable"] {
                parts.push(-f.balance(account, upper.id).await);
            }
            parts
        };
        f.report(account, std::slice::from_ref(&paid)).await;
        assert_eq!(parts().await, [100, 0, 0]);
        f.report(account, std::slice::from_ref(&finished)).await;
        assert_eq!(parts().await, [0, 100, 0]);
        assert!(settle(&f, "L1", "20261220", 1000).await);
        assert_eq!(parts().await, [0, 0, 100]);
        // Every job that could release it once more runs again.
        assert!(!settle(&f, "L1", "20261220", 1000).await);
        f.report(account, &[paid, finished]).await;
        assert_eq!(parts().await, [0, 0, 100]);
        let read = &mut f.ctx.db.read().await.unwrap();
        let (from, to) = (f.ctx.now().plus_days(-1), f.ctx.now().plus_days(1));
        assert_eq!(commission::store::earned(read, upper.id, from, to).await.unwrap().inviter.fen(), 100);
        f.assert_verified().await;
    }

    /// Whoever has nothing else still owes what comes back; nothing is clamped, nothing waits for a better day.
    async fn lesson_08_a_deficit_is_kept_to_the_fen(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let finished = next(&Report::paid("L1", &f.code(&p1, 0), 1000, f.ctx.now()), 17, 1000);
        f.report(account, std::slice::from_ref(&finished)).await;
        assert!(settle(&f, "L1", "20261220", 1000).await);
        let returned = next(&finished, 3, 0);
        f.report(account, std::slice::from_ref(&returned)).await;
        assert_eq!(f.balance("person.confirmed", p1.id).await, 600, "owed, debit");
        assert_eq!(f.balance("union.confirmed", account).await, -1000);
        // The union takes back more than it gave: a penalty.
        assert!(settle(&f, "L1", "20270120", -1100).await);
        assert_eq!(f.balance("person.payable", p1.id).await, 60);
        assert_eq!(f.balance("person.confirmed", p1.id).await, -60);
        assert_eq!(f.balance("union.due", account).await, -100);
        f.assert_verified().await;
    }

    /// Three lines of one order, one of them returned: its commission goes, the others' stays; parts of a yuan count.
    async fn lesson_10_one_item_of_three_comes_back_alone(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let lines: Vec<Report> = [("A", 199), ("B", 57), ("C", 333)]
            .map(|(key, fen)| next(&Report::paid(key, &f.code(&p1, 0), fen, f.ctx.now()), 17, fen))
            .to_vec();
        f.report(account, &lines).await;
        assert_eq!(f.lines().await.iter().map(|l| l.order_no.clone()).collect::<std::collections::BTreeSet<_>>().len(), 1);
        assert_eq!(f.balance("person.confirmed", p1.id).await, -(119 + 34 + 199));
        f.report(account, &[next(&lines[1], 3, 0)]).await;
        assert_eq!(f.balance("person.confirmed", p1.id).await, -(119 + 199));
        assert_eq!(f.balance("union.confirmed", account).await, 199 + 333);
        f.assert_verified().await;
    }

    /// Midnight is the program's, wherever the server stands: two programs, one moment, two days.
    async fn lesson_13_a_day_is_the_programs_day(f: Fixture) {
        let china = f.program("china").await;
        let new_york = f.program("newyork").await;
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run("UPDATE program SET time_zone = 'America/New_York' WHERE code = 'newyork'", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let account = f.union_account(ACCOUNT, &[china.id, new_york.id]).await;
        let (here, there) = (f.promoter(&china, "here", None).await, f.promoter(&new_york, "there", None).await);
        let mut days = Vec::new();
        // A second before and at midnight in China, and at midnight in New York: the last of October, the first of November.
        for (n, at) in ["2026-10-31T15:59:59Z", "2026-10-31T16:00:00Z", "2026-11-01T03:59:59Z", "2026-11-01T04:00:00Z"].iter().enumerate() {
            let at = Instant::parse_rfc3339(at).unwrap();
            for who in [&here, &there] {
                let name = &who.display_name;
                f.report(account, &[Report::paid(&format!("{name}{n}"), &f.code(who, 0), 100, at)]).await;
            }
        }
        app::reports::roll_up(&f.ctx).await.unwrap();
        let sql = "SELECT program_id, day, CAST(SUM(lines) AS BIGINT) AS n FROM day_total GROUP BY program_id, day ORDER BY day";
        for row in f.ctx.db.read().await.unwrap().all(sql, vec![]).await.unwrap() {
            days.push((row.int("program_id").unwrap() == china.id.raw(), row.int("day").unwrap(), row.int("n").unwrap()));
        }
        days.sort();
        // 20757: 2026-10-31.
        let first = kernel::Zone::china().day(Instant::parse_rfc3339("2026-10-31T00:00:00Z").unwrap()).unwrap();
        assert_eq!(first, 20_757);
        assert_eq!(days, [(false, first, 3), (false, first + 1, 1), (true, first, 1), (true, first + 1, 3)]);
    }

    /// Whoever invited a promoter sees neither that promoter's orders nor who bought; the public sees nobody at all.
    async fn lesson_15_uplines_see_no_buyers_and_the_public_sees_nobody(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let (upper, upper_signed) = f.signed_promoter(&program, "UPPERNAME", None).await;
        let (lower, lower_signed) = f.signed_promoter(&program, "LOWERNAME", Some(upper.id)).await;
        f.report(account, &[Report::paid("ROWKEY", &f.code(&lower, 0), 1000, f.ctx.now())]).await;
        f.offer(account, &goods("item", "香氛洗衣液", 2990)).await;
        let line = f.lines().await.remove(0);
        let list = "/programs/p/orders";
        assert_eq!(f.get(list, &lower_signed).await.ok()["items"].as_array().unwrap().len(), 1);
        assert_eq!(f.get(list, &upper_signed).await.ok()["items"], json!([]));
        f.get(&format!("/orders/{}/why", line.id), &upper_signed).await.refused(404, "orders.unknown");
        let ledger = f.get(&format!("/programs/p/promoters/{}/ledger", upper.id), &upper_signed).await.ok();
        assert_eq!(ledger["items"].as_array().unwrap().len(), 1, "the share is seen");
        for hidden in [&line.id.to_string(), &line.order_no, "LOWERNAME", "香氛洗衣液", "ROWKEY"] {
            assert!(!ledger.to_string().contains(hidden), "{hidden}: {ledger}");
        }
        for path in ["/api/v1/public/programs/p/products", "/api/v1/public/programs/p"] {
            let seen = f.send(axum::http::Method::GET, path, None, None).await;
            assert_eq!(seen.status, 200, "{path}");
            for hidden in ["@", "UPPERNAME", "LOWERNAME", "prm_", "per_", "commission"] {
                assert!(!seen.text.contains(hidden), "{path} shows {hidden}: {}", seen.text);
            }
        }
    }

    /// Several lines and several pieces of one order: each line is paid by its own fee, which counts all its pieces.
    async fn lesson_16_each_line_is_paid_whatever_its_quantity(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let pieces = |key: &str, fee: i64, n: i64| {
            let raw = Report::paid(key, &f.code(&p1, 0), fee, f.ctx.now()).raw();
            jd::read_order_row(&raw.replace("\"skuNum\":1", &format!("\"skuNum\":{n}"))).unwrap()
        };
        // One piece gives 1.00; three of them 3.00 in one line; another article of the same order 0.50.
        let rows = [pieces("THREE", 300, 3), pieces("ONE", 50, 1)];
        store_batch(&f.ctx, &f.account(account).await, &rows, f.ctx.now(), None).await.unwrap();
        let mut lines = f.lines().await;
        lines.sort_by_key(|l| l.quantity);
        assert_eq!(lines.iter().map(|l| (l.quantity, l.fee().fen())).collect::<Vec<_>>(), [(1, 50), (3, 300)]);
        assert_eq!(lines[0].order_no, lines[1].order_no);
        assert_eq!(f.balance("person.waiting", p1.id).await, -180 - 30);
        f.assert_verified().await;
    }

    /// The witness has no foreign keys: whoever and whatever it names, the deed goes through and is noted.
    async fn lesson_17_the_witness_never_stops_the_deed(f: Fixture) {
        let program = f.program("p").await;
        let p1 = f.promoter(&program, "direct", None).await;
        let mut tx = f.ctx.db.begin().await.unwrap();
        let gone = kernel::PersonId::from_raw(4_711);
        let standing = promoters::Standing { suspended: true, level: 0 };
        promoters::store::set_standing(&mut tx, &f.ctx.ids, f.ctx.now(), p1.id, standing, "why", gone).await.unwrap();
        let deed = app::audit::Deed {
            by: gone,
            program: Some(kernel::ProgramId::from_raw(815)),
            action: "promoter.suspend",
            subject: "prm_of_nobody".to_owned(),
            detail: Value::Null,
        };
        app::audit::note(&mut tx, &f.ctx.ids, f.ctx.now(), deed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&f, "SELECT COUNT(*) AS n FROM audit_entry WHERE person_id = 4711 AND program_id = 815").await, 1);
        let then = promoters::store::standing_at(&mut f.ctx.db.read().await.unwrap(), p1.id, f.ctx.now()).await.unwrap();
        assert!(then.suspended);
    }

    /// Refunds at once, repeated, larger than the order, below zero; a retry with the key that the first try had.
    async fn lesson_21_refunds_never_add_up(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let finished = next(&Report::paid("L1", &f.code(&p1, 0), 1000, f.ctx.now()), 17, 1000);
        f.report(account, std::slice::from_ref(&finished)).await;
        // 700 and 600 come back, each of the thousand that was there; written in any order, eight times at once. They
        // are two reports of one line, not two amounts to take off: the later one says what is left.
        let refunds = [next(&finished, 17, 300), next(&next(&finished, 17, 300), 17, 400)];
        let (now, f, refunds) = (f.ctx.now(), &f, &refunds);
        futures_util::future::join_all((0..8).map(|n| async move {
            f.report_at(account, std::slice::from_ref(&refunds[n % 2]), now).await;
            f.report_at(account, std::slice::from_ref(&refunds[(n + 1) % 2]), now).await;
        }))
        .await;
        assert_eq!(f.balance("union.confirmed", account).await, 400);
        assert_eq!(f.balance("person.confirmed", p1.id).await, -240);
        // The statement's entry is its own key: eight tries at once settle it once.
        let line = f.lines().await.remove(0).id;
        let booked = futures_util::future::join_all((0..8).map(|_| async move {
            let mut tx = f.ctx.db.begin().await.unwrap();
            let new = commission::settle_line(&mut tx, &f.ctx, line, "20261220", Money::from_fen(400)).await.unwrap();
            tx.commit().await.unwrap();
            new
        }))
        .await;
        assert_eq!(booked.iter().filter(|new| **new).count(), 1);
        assert_eq!(f.balance("person.payable", p1.id).await, -240);
        // A fee below zero is a debt of this line, to the fen, and ends with the next report.
        let below = next(&refunds[1], 17, -100);
        f.report(account, std::slice::from_ref(&below)).await;
        assert_eq!(f.balance("person.confirmed", p1.id).await, 240 + 60);
        f.report(account, &[next(&below, 17, 400)]).await;
        assert_eq!(f.balance("person.confirmed", p1.id).await, 0);
        f.assert_verified().await;
    }

    /// Counted, not timed: an account has one partial balance per bucket, and a page touches each of them once.
    async fn lesson_23_no_balance_is_hot_and_each_is_moved_once_a_page(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let mut page = Vec::new();
        let mut people = Vec::new();
        for n in 0..12 {
            let promoter = f.promoter(&program, &format!("p{n}"), None).await;
            for at in 0..4 {
                page.push(Report::paid(&format!("K{n}-{at}"), &f.code(&promoter, 0), 100, f.ctx.now()));
            }
            people.push(promoter);
        }
        f.report(account, &page).await;
        let mut lines_of: BTreeMap<i64, i64> = BTreeMap::new();
        for person in &people {
            *lines_of.entry(person.id.bucket().number().into()).or_default() += 4;
        }
        let sql = "SELECT bucket, balance_fen, postings FROM ledger_balance WHERE account = 'union.estimated' ORDER BY bucket";
        let rows = f.ctx.db.read().await.unwrap().all(sql, vec![]).await.unwrap();
        let has: Vec<_> = rows.iter().map(|r| ["bucket", "balance_fen", "postings"].map(|c| r.int(c).unwrap())).collect();
        let must: Vec<_> = lines_of.iter().map(|(bucket, n)| [*bucket, n * 100, *n]).collect();
        assert_eq!(has, must);
        assert!(has.len() > 1, "twelve people in one bucket");
        // The lines of one bucket are moved together: statements do not grow with the page.
        let cost = async |from: usize, to: usize| {
            let account = f.account(account).await;
            let rows: Vec<OrderRow> = page[from..to].iter().map(|r| next(r, 17, 90).row()).collect();
            let ran = faults::with(Fault::Refused, u32::MAX, store_batch(&f.ctx, &account, &rows, f.ctx.now(), None)).await;
            ran.outcome.unwrap().unwrap();
            ran.points
        };
        let (small, large) = (cost(0, 4).await, cost(4, 48).await);
        assert!(large < small * 11, "{small} statements for 4 lines, {large} for 44");
        f.assert_verified().await;
    }
}

/// Two batches of the same lines and accounts in opposite order wait for each other at most; without the retries that
/// would hide a deadlock. (SQLite has one writer at a time.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lesson_23_two_batches_in_opposite_order_never_deadlock() {
    let f = Fixture::new(Engine::Pg).await;
    let program = f.program("p").await;
    let account = f.union_account(ACCOUNT, &[program.id]).await;
    let upper = f.promoter(&program, "inviter", None).await;
    let mut codes = Vec::new();
    for n in 0..6 {
        codes.push(f.code(&f.promoter(&program, &format!("p{n}"), Some(upper.id)).await, 0));
    }
    let (f, account) = (&f, &f.account(account).await);
    let start = f.ctx.now();
    for round in 0..30i64 {
        let page: Vec<OrderRow> = (0..30)
            .map(|n| {
                let code = &codes[n % codes.len()];
                let paid = Report::paid(&format!("K{n:02}"), code, 1000, start);
                Report { modified_at: start.plus_seconds(round), actual_fen: round, valid_code: 16 + round % 2, ..paid }
            })
            .map(|report| report.row())
            .collect();
        let batches = [page.clone(), page.into_iter().rev().collect()];
        let both = futures_util::future::join_all(batches.into_iter().map(|rows: Vec<OrderRow>| async move {
            let mut tx = f.ctx.db.begin().await?;
            let (changes, _) = orders::record(&mut tx, &f.ctx, account, &rows, start.plus_seconds(round)).await?;
            let booked = commission::book(&mut tx, &f.ctx, &changes).await?;
            tx.commit().await?;
            Ok::<_, app::ledger::LedgerError>(booked)
        }));
        let booked: usize = both.await.into_iter().map(|one| one.expect("no deadlock, no conflict")).sum();
        assert_eq!(booked, 30, "round {round}: one of the two books, the other finds it done");
    }
    f.assert_verified().await;
    let sql = "SELECT deadlocks AS n FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(count(f, sql).await, 0);
}

/// A code that names a bucket is not enough to get into it: the home of a line is settled once, by its key.
#[tokio::test]
async fn lesson_05_a_key_keeps_its_home_when_the_code_changes() {
    let f = Fixture::new(Engine::Lite).await;
    let program = f.program("p").await;
    let account = f.union_account(ACCOUNT, &[program.id]).await;
    let p1 = f.promoter(&program, "direct", None).await;
    let other = Bucket::from_low_bits(u64::try_from(p1.id.bucket().number()).unwrap() + 1);
    let stray = ShareCode { bucket: other, promoter: 4_000_000, community: 0, product: 64 }.text(&f.ctx.codes).unwrap();
    let paid = Report::paid("L1", &stray, 1000, f.ctx.now());
    f.report(account, std::slice::from_ref(&paid)).await;
    f.report(account, &[Report { code: f.code(&p1, 0), ..next(&paid, 16, 0) }]).await;
    let lines = f.lines().await;
    assert_eq!((lines.len(), lines[0].bucket, lines[0].promoter), (1, other, Some(p1.id)));
    let mut read = f.ctx.db.read().await.unwrap();
    let homes = read.all("SELECT line_bucket FROM order_key WHERE row_key = $1", args!["L1"]).await.unwrap();
    assert_eq!(homes.len(), 1);
    drop(read);
    assert_eq!(f.balance("person.waiting", p1.id).await, -600);
    f.assert_verified().await;
}
