//! A month in the life of an order line, with literal amounts, on both engines.

use accounting::{PlanLine, Scope, Terms};
use app::promoters::{self, Standing};
use app::{commission, orders, programs};
use infra::args;
use infra::db::Engine;
use kernel::{Instant, LineState, Money, PersonId, PromoterId, Rate};
use proptest::prelude::*;
use testkit::{Fixture, Report, on_both_engines};

const ACCOUNT: &str = "http://127.0.0.1:9/routerjson";

fn rate(ppm: i64) -> Rate {
    Rate::try_from_ppm(ppm).unwrap()
}

async fn settle(f: &Fixture, key: &str, entry: &str, fen: i64) {
    let line = f.lines().await.into_iter().find(|l| l.row_key == key).unwrap();
    let mut tx = f.ctx.db.begin().await.unwrap();
    assert!(commission::settle_line(&mut tx, &f.ctx, line.id, entry, Money::from_fen(fen)).await.unwrap());
    tx.commit().await.unwrap();
}

async fn suspend(f: &Fixture, promoter: PromoterId, suspended: bool, by: PersonId) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    let standing = Standing { suspended, level: 0 };
    promoters::store::set_standing(&mut tx, &f.ctx.ids, f.ctx.now(), promoter, standing, "test", by).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_engines! {
    /// docs/books.md §6, amount by amount.
    async fn the_worked_line(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p2 = f.promoter(&program, "inviter", None).await;
        let p1 = f.promoter(&program, "direct", Some(p2.id)).await;
        let paid = Report::paid("L1", &f.code(&p1, 0), 654, f.ctx.now());

        f.report(account, std::slice::from_ref(&paid)).await;
        assert_eq!(f.balance("union.estimated", account).await, 654);
        assert_eq!(f.balance("person.waiting", p1.id).await, -392);
        assert_eq!(f.balance("person.waiting", p2.id).await, -65);
        assert_eq!(f.balance("platform.waiting", program.id).await, -197);

        let finished = paid.later(17, 652, 7);
        f.report(account, std::slice::from_ref(&finished)).await;
        assert_eq!(f.balance("union.estimated", account).await, 0);
        assert_eq!(f.balance("person.waiting", p1.id).await, 0);
        assert_eq!(f.balance("union.confirmed", account).await, 652);
        assert_eq!(f.balance("person.confirmed", p1.id).await, -391);
        assert_eq!(f.balance("person.confirmed", p2.id).await, -65);
        assert_eq!(f.balance("platform.confirmed", program.id).await, -196);

        settle(&f, "L1", "20261220", 652).await;
        assert_eq!(f.balance("person.payable", p1.id).await, -391);
        assert_eq!(f.balance("person.payable", p2.id).await, -65);
        assert_eq!(f.balance("platform.income.cps", program.id).await, -196);
        assert_eq!(f.balance("union.due", account).await, 652);
        assert_eq!(f.balance("union.confirmed", account).await, 0);

        f.report(account, &[finished.later(17, 261, 60)]).await;
        assert_eq!(f.balance("person.confirmed", p1.id).await, 235);
        assert_eq!(f.balance("person.confirmed", p2.id).await, 39);
        assert_eq!(f.balance("platform.confirmed", program.id).await, 117);
        assert_eq!(f.balance("union.confirmed", account).await, -391);

        settle(&f, "L1", "20270120", -391).await;
        let mut books = f.books().await;
        let mut expected = vec![
            ("union.due".to_owned(), account.to_string(), 261),
            ("person.payable".to_owned(), p1.id.to_string(), -156),
            ("person.payable".to_owned(), p2.id.to_string(), -26),
            ("platform.income.cps".to_owned(), program.id.to_string(), -79),
        ];
        books.sort();
        expected.sort();
        assert_eq!(books, expected);
        // The same entry again settles nothing twice.
        let line = f.lines().await.remove(0);
        let mut tx = f.ctx.db.begin().await.unwrap();
        assert!(!commission::settle_line(&mut tx, &f.ctx, line.id, "20270120", Money::from_fen(-391)).await.unwrap());
        tx.commit().await.unwrap();
        f.assert_verified().await;
    }

    async fn lesson_09_the_plan_of_the_order_time_decides_also_for_a_late_refund(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let before = Report::paid("OLD", &f.code(&p1, 0), 1000, f.ctx.now());
        let change = f.ctx.now().plus_days(3);
        let line = PlanLine {
            id: f.ctx.ids.next(program.id.bucket()), scope: Scope::Program,
            shared: Terms::try_new(rate(500_000), rate(0)).unwrap(), self_purchase: rate(500_000), from: change, until: None,
        };
        let mut tx = f.ctx.db.begin().await.unwrap();
        programs::store::add_plan_line(&mut tx, program.id, &line, p1.person, f.ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
        let after = Report::paid("NEW", &f.code(&p1, 0), 1000, change);
        f.report(account, &[before.clone(), after]).await;
        assert_eq!(f.balance("person.waiting", p1.id).await, -600 - 500);
        // Half of the old order comes back, long after the plan has changed: 60 % of what is left.
        f.report(account, &[before.later(17, 500, 30)]).await;
        assert_eq!(f.balance("person.confirmed", p1.id).await, -300);
        f.assert_verified().await;
    }

    async fn a_promoter_suspended_at_order_time_is_held_and_only_then(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p2 = f.promoter(&program, "inviter", None).await;
        let p1 = f.promoter(&program, "direct", Some(p2.id)).await;
        let code = f.code(&p1, 0);
        let before = Report::paid("BEFORE", &code, 1000, f.ctx.now());
        f.clock.advance_seconds(3600);
        suspend(&f, p1.id, true, p2.person).await;
        let during = Report::paid("DURING", &code, 1000, f.ctx.now().plus_seconds(60));
        f.clock.advance_seconds(3600);
        suspend(&f, p1.id, false, p2.person).await;
        let after = Report::paid("AFTER", &code, 1000, f.ctx.now().plus_seconds(60));
        f.clock.advance_seconds(3600);
        f.report(account, &[before, during, after]).await;
        assert_eq!(f.balance("person.waiting", p1.id).await, -1200);
        assert_eq!(f.balance("person.held", p1.id).await, -600);
        assert_eq!(f.balance("person.waiting", p2.id).await, -300);
        assert_eq!(f.balance("platform.waiting", program.id).await, -900);
        f.assert_verified().await;
    }

    async fn without_an_inviter_their_part_is_the_platforms(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        f.report(account, &[Report::paid("L1", &f.code(&p1, 0), 654, f.ctx.now())]).await;
        assert_eq!(f.balance("person.waiting", p1.id).await, -392);
        assert_eq!(f.balance("platform.waiting", program.id).await, -262);
        f.assert_verified().await;
    }

    /// However long the chain of invitations, the seller and their own inviter are paid, and nobody above.
    async fn nobody_above_the_inviter_is_ever_paid(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let mut chain = vec![f.promoter(&program, "first", None).await];
        for n in 1..6 {
            let above = chain.last().map(|p| p.id);
            chain.push(f.promoter(&program, &format!("level {n}"), above).await);
        }
        let seller = chain.last().unwrap();
        let paid = Report::paid("L1", &f.code(seller, 0), 10_000, f.ctx.now());
        f.report(account, &[paid]).await;
        let mut waiting = Vec::new();
        for promoter in &chain {
            waiting.push(f.balance("person.waiting", promoter.id).await);
        }
        assert_eq!(waiting, [0, 0, 0, 0, -1000, -6000]);
        assert_eq!(f.balance("platform.waiting", program.id).await, -3000);
        f.assert_verified().await;
    }

    async fn an_own_purchase_has_its_own_rate_and_no_inviter_part(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p2 = f.promoter(&program, "inviter", None).await;
        let p1 = f.promoter(&program, "direct", Some(p2.id)).await;
        f.report(account, &[Report::paid("L1", &f.code(&p1, kernel::SELF_COMMUNITY), 654, f.ctx.now())]).await;
        // 70 % of 6.54 is 4.578: 4.57, and the rest is the platform's.
        assert_eq!(f.balance("person.waiting", p1.id).await, -457);
        assert_eq!(f.balance("person.waiting", p2.id).await, 0);
        assert_eq!(f.balance("platform.waiting", program.id).await, -197);
        f.assert_verified().await;
    }

    /// The parent is worth nothing once its children carry the value, whichever comes first.
    async fn lesson_16_a_split_order_is_paid_once_in_either_order(f: Fixture) {
        for children_first in [false, true] {
            let program = f.program(&format!("split{children_first}")).await;
            let account = f.union_account(&format!("http://127.0.0.1:9/{children_first}"), &[program.id]).await;
            let p1 = f.promoter(&program, "direct", None).await;
            let code = f.code(&p1, 0);
            let parent = Report::paid("P", &code, 1000, f.ctx.now());
            let split = Report { valid_code: 2, modified_at: parent.modified_at.plus_seconds(60), ..parent.clone() };
            let child = |key: &str, order_no, fen| Report {
                key: key.to_owned(), order_no, parent_no: parent.order_no, estimated_fen: fen,
                modified_at: parent.modified_at.plus_seconds(60), ..parent.clone()
            };
            let children = [child("C1", 280_000_000_003, 333), child("C2", 280_000_000_004, 667)];
            f.report(account, std::slice::from_ref(&parent)).await;
            assert_eq!(f.balance("person.waiting", p1.id).await, -600);
            f.clock.advance_seconds(60);
            if children_first {
                f.report(account, &children).await;
                f.clock.advance_seconds(60);
                f.report(account, &[split]).await;
            } else {
                f.report(account, &[split]).await;
                assert_eq!(f.balance("person.waiting", p1.id).await, 0);
                f.report(account, &children).await;
            }
            // 60 % of 3.33 is 1.998, of 6.67 4.002: 1.99 + 4.00, each line on its own.
            assert_eq!(f.balance("person.waiting", p1.id).await, -199 - 400);
            assert_eq!(f.balance("union.estimated", account).await, 1000);
        }
        f.assert_verified().await;
    }

    async fn an_unknown_code_keeps_the_row_and_neither_pays_nor_takes_back(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let paid = Report::paid("L1", &f.code(&p1, 0), 1000, f.ctx.now());
        f.report(account, &[Report { valid_code: 99, ..paid.clone() }]).await;
        let line = f.lines().await.remove(0);
        assert_eq!((line.state, line.raw_status.as_str(), line.needs_review), (LineState::Unknown, "99", true));
        assert_eq!(f.books().await, []);
        let finished = paid.later(17, 900, 5);
        f.report(account, std::slice::from_ref(&finished)).await;
        settle(&f, "L1", "20261220", 900).await;
        f.report(account, &[finished.later(99, 0, 5)]).await;
        assert_eq!(f.balance("person.payable", p1.id).await, -540, "what was settled is not taken back");
        assert_eq!(f.balance("union.confirmed", account).await, 0);
        f.assert_verified().await;
    }

    async fn a_line_of_nobody_is_the_platforms_until_a_person_assigns_it(f: Fixture) {
        let program = f.program("fenxiang").await;
        let other = f.program("jingxiaoge").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p2 = f.promoter(&program, "inviter", None).await;
        let p1 = f.promoter(&program, "direct", Some(p2.id)).await;
        let foreign = f.promoter(&other, "foreign", None).await;
        let reports = [
            ("NONE", String::new()), ("FORGED", "0000000000000000000A".to_owned()), ("FOREIGN", f.code(&foreign, 0)),
        ];
        for (key, code) in &reports {
            f.report(account, &[Report::paid(key, code, 1000, f.ctx.now())]).await;
        }
        let how: Vec<_> = {
            let mut lines = f.lines().await;
            lines.sort_by(|a, b| a.row_key.cmp(&b.row_key));
            lines.iter().map(|l| (l.row_key.clone(), l.attribution.word())).collect()
        };
        assert_eq!(how, [("FOREIGN".to_owned(), "foreign_program"), ("FORGED".to_owned(), "forged"), ("NONE".to_owned(), "no_code")]);
        assert_eq!(f.balance("platform.waiting", "unassigned").await, -3000);
        assert_eq!(f.balance("person.waiting", foreign.id).await, 0);

        let line = f.lines().await.into_iter().find(|l| l.row_key == "NONE").unwrap();
        let account_row = f.account(account).await;
        let mut tx = f.ctx.db.begin().await.unwrap();
        commission::assign(&mut tx, &f.ctx, &account_row, line.id, &p1, p2.person, "seen on the screenshot").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(f.balance("person.waiting", p1.id).await, -600);
        assert_eq!(f.balance("person.waiting", p2.id).await, -100);
        assert_eq!(f.balance("platform.waiting", program.id).await, -300);
        assert_eq!(f.balance("platform.waiting", "unassigned").await, -2000);
        // A later report does not undo what a person decided.
        f.report(account, &[Report::paid("NONE", "", 1000, f.ctx.now()).later(17, 1000, 9)]).await;
        assert_eq!(f.balance("person.confirmed", p1.id).await, -600);
        f.assert_verified().await;
    }

    /// The same page, again and again, at once.
    async fn lesson_05_eight_workers_with_the_same_page_book_it_once(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let reports: Vec<Report> =
            (0..30).map(|n| Report::paid(&format!("K{n:02}"), &f.code(&p1, 0), 100 + n, f.ctx.now())).collect();
        let (f, reports, now) = (&f, &reports, f.ctx.now());
        let workers = (0..8).map(|n| async move {
            let mut mine = reports.clone();
            mine.rotate_left(n * 3);
            f.report_at(account, &mine, now).await;
        });
        futures_util::future::join_all(workers).await;
        assert_eq!(f.lines().await.len(), 30);
        let fee: i64 = (0..30).map(|n| 100 + n).sum();
        assert_eq!(f.balance("union.estimated", account).await, fee);
        f.assert_verified().await;
    }

    async fn verification_finds_what_was_changed_behind_its_back(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        f.report(account, &[Report::paid("L1", &f.code(&p1, 0), 654, f.ctx.now())]).await;
        f.assert_verified().await;
        for (sql, undo, rule) in [
            ("UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE seq = 1",
             "UPDATE ledger_posting SET amount_fen = amount_fen - 1 WHERE seq = 1", "unbalanced"),
            ("UPDATE ledger_balance SET balance_fen = balance_fen + 1 WHERE account = 'person.waiting'",
             "UPDATE ledger_balance SET balance_fen = balance_fen - 1 WHERE account = 'person.waiting'", "balance"),
            ("UPDATE ledger_transaction SET event_us = event_us + 1", "UPDATE ledger_transaction SET event_us = event_us - 1", "content"),
            ("UPDATE ledger_posting SET owner = owner + 1 WHERE seq = 1", "UPDATE ledger_posting SET owner = owner - 1 WHERE seq = 1", "content"),
            ("UPDATE order_line SET estimated_fee_fen = 655", "UPDATE order_line SET estimated_fee_fen = 654", "report"),
            ("UPDATE order_line SET settled_fen = 1", "UPDATE order_line SET settled_fen = 0", "settled"),
        ] {
            for (sql, finds) in [(sql, true), (undo, false)] {
                let mut tx = f.ctx.db.begin().await.unwrap();
                tx.run(sql, vec![]).await.unwrap();
                tx.commit().await.unwrap();
                let report = commission::verify(&f.ctx, |_, _| {}).await.unwrap();
                assert_eq!(report.findings.iter().any(|x| x.rule == rule), finds, "{sql}: {:?}", report.findings);
                assert_eq!(report.differences > 0, finds);
            }
        }
    }

    /// Rows that somebody put into the journal, or took out of it, balances and all: the chain has them by name.
    async fn the_chain_names_what_was_inserted_or_removed(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let paid = Report::paid("L1", &f.code(&p1, 0), 654, f.ctx.now());
        f.report(account, std::slice::from_ref(&paid)).await;
        f.report(account, &[Report::paid("L2", &f.code(&p1, 0), 100, f.ctx.now())]).await;
        f.report(account, &[paid.later(17, 652, 7)]).await;
        f.assert_verified().await;
        let heads = async || app::ledger::heads(&mut f.ctx.db.read().await.unwrap()).await.unwrap();
        let head = heads().await;
        assert_eq!((head.len(), head[0].bucket, head[0].n), (1, p1.id.bucket(), 3));
        let line = f.lines().await.into_iter().find(|line| line.row_key == "L1").unwrap();
        let booked = app::ledger::store::of_line(&mut f.ctx.db.read().await.unwrap(), line.bucket, line.id).await.unwrap();
        let last = booked[1].id;
        let change = async |texts: &[&'static str]| {
            let mut tx = f.ctx.db.begin().await.unwrap();
            for text in texts {
                assert!(tx.run(text, args![last.raw()]).await.unwrap() > 0, "{text}");
            }
            tx.commit().await.unwrap();
            let report = commission::verify(&f.ctx, |_, _| {}).await.unwrap();
            report.findings.into_iter().map(|x| (x.rule, x.subject)).collect::<Vec<_>>()
        };
        let is = |found: &[(&str, String)], rule: &str, subject: &str| found.iter().any(|(r, s)| *r == rule && s == subject);
        // Under another id the same rows balance, and the balances agree.
        let moved = change(&[
            "UPDATE ledger_posting SET transaction_id = transaction_id + 1 WHERE transaction_id = $1",
            "UPDATE ledger_transaction SET id = id + 1 WHERE id = $1",
        ]).await;
        let inserted = kernel::TransactionId::from_raw(last.raw() + 1);
        assert!(is(&moved, "removed", &last.to_string()) && is(&moved, "inserted", &inserted.to_string()), "{moved:?}");
        assert_eq!(moved.len(), 2, "{moved:?}");
        let back = change(&[
            "UPDATE ledger_posting SET transaction_id = transaction_id - 1 WHERE transaction_id = $1 + 1",
            "UPDATE ledger_transaction SET id = id - 1 WHERE id = $1 + 1",
        ]).await;
        assert_eq!(back, []);
        // A link that was written anew no longer carries the next.
        let link = change(&["UPDATE ledger_link SET digests = hash WHERE n = 2 AND $1 > 0"]).await;
        assert!(is(&link, "chain", &format!("link 2 of bucket {}", line.bucket.number())), "{link:?}");
        assert_eq!(heads().await, head);
        // The newest transaction with all its traces, but for the head.
        let cut = change(&[
            "DELETE FROM ledger_link WHERE n = 3 AND $1 > 0",
            "DELETE FROM ledger_posting WHERE transaction_id = $1",
            "DELETE FROM ledger_transaction WHERE id = $1",
        ]).await;
        assert!(is(&cut, "chain", &format!("the chain of bucket {}", line.bucket.number())), "{cut:?}");
    }

    async fn roll_ups_count_each_change_once(f: Fixture) {
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p1 = f.promoter(&program, "direct", None).await;
        let paid = Report::paid("L1", &f.code(&p1, 0), 654, f.ctx.now());
        f.report(account, std::slice::from_ref(&paid)).await;
        assert_eq!(app::reports::roll_up(&f.ctx).await.unwrap(), 1);
        assert_eq!(app::reports::roll_up(&f.ctx).await.unwrap(), 0);
        f.report(account, &[paid.later(17, 652, 7)]).await;
        app::reports::roll_up(&f.ctx).await.unwrap();
        let totals = app::reports::store::totals(&mut f.ctx.db.read().await.unwrap()).await.unwrap();
        assert_eq!(totals.len(), 1);
        let (owner, total) = totals[0];
        assert_eq!((owner, total.lines, total.fee_fen, total.direct_fen), (program.id.raw(), 1, 652, 391));
        assert_eq!(total.platform_fen, 261);
    }
}

/// Any permutation and repetition of reports gives the same closing balances and states. One program and promoter serve
/// all cases; each case has lines of its own.
#[test]
fn any_order_of_reports_ends_in_the_same_books() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for engine in [Engine::Lite, Engine::Pg] {
        let cases = if engine == Engine::Lite { 60 } else { 15 };
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases, ..Default::default() });
        // (line, state code index, minutes of modification, fee); content is a function of (line, minute).
        let feed = proptest::collection::vec((0usize..3, 0usize..8, 0i64..4, 1i64..2000), 1..14);
        let outcome = runner.run(&(feed, any::<u64>()), |(feed, seed)| {
            let ends = runtime.block_on(async {
                let mut ends = Vec::new();
                for shuffled in [false, true] {
                    ends.push(play(engine, &feed, shuffled.then_some(seed)).await);
                }
                ends
            });
            prop_assert_eq!(&ends[0], &ends[1]);
            Ok(())
        });
        outcome.unwrap();
    }
}

type End = (Vec<(String, i64)>, Vec<(String, LineState, i64)>);

async fn play(engine: Engine, feed: &[(usize, usize, i64, i64)], seed: Option<u64>) -> End {
    const CODES: [i64; 8] = [15, 16, 17, 2, 3, 24, 25, 99];
    let f = Fixture::new(engine).await;
    let program = f.program("p").await;
    let account = f.union_account(ACCOUNT, &[program.id]).await;
    let p2 = f.promoter(&program, "inviter", None).await;
    let p1 = f.promoter(&program, "direct", Some(p2.id)).await;
    let start = f.ctx.now();
    let reports: Vec<(Report, Instant)> = feed
        .iter()
        .enumerate()
        .map(|(n, (line, code, minute, fee))| {
            let paid = Report::paid(&format!("L{line}"), &f.code(&p1, 0), *fee, start);
            let at = start.plus_minutes(*minute);
            // Later fetched is later in the feed: what the union said last about a minute stands.
            let fetched = start.plus_minutes(10).plus_seconds(i64::try_from(n).unwrap());
            (Report { valid_code: CODES[*code], actual_fen: fee / 2, modified_at: at, ..paid }, fetched)
        })
        .collect();
    let mut order: Vec<usize> = (0..reports.len()).collect();
    if let Some(mut state) = seed {
        for at in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (state >> 33) as usize % (at + 1));
        }
        order.extend(order.clone().into_iter().step_by(2));
    }
    for at in order {
        let (report, fetched) = &reports[at];
        f.report_at(account, std::slice::from_ref(report), *fetched).await;
    }
    f.assert_verified().await;
    let owners = [
        (p1.id.to_string(), "p1"),
        (p2.id.to_string(), "p2"),
        (program.id.to_string(), "program"),
        (account.to_string(), "account"),
    ];
    let named = |owner: &str| {
        owners.iter().find(|(id, _)| id == owner).map_or(owner.to_owned(), |(_, name)| (*name).to_owned())
    };
    let books = f.books().await.into_iter().map(|(a, o, fen)| (format!("{a} {}", named(&o)), fen));
    let mut books: Vec<_> = books.collect();
    books.sort();
    let mut states: Vec<_> = f.lines().await.into_iter().map(|l| (l.row_key.clone(), l.state, l.fee().fen())).collect();
    states.sort();
    (books, states)
}

/// What another auditor says of the books: a program of its own, not ours.
#[tokio::test]
async fn lesson_25_exported_books_pass_bean_check_to_the_fen() {
    for engine in [Engine::Lite, Engine::Pg] {
        let f = Fixture::new(engine).await;
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let p2 = f.promoter(&program, "inviter", None).await;
        let p1 = f.promoter(&program, "direct", Some(p2.id)).await;
        for n in 0..40 {
            let paid = Report::paid(
                &format!("K{n}"),
                &f.code(&p1, (n % 2) as u16),
                100 + n * 37,
                f.ctx.now().plus_days(n % 9),
            );
            f.report(account, std::slice::from_ref(&paid)).await;
            f.clock.advance_seconds(40_000);
            f.report(account, &[paid.later(if n % 5 == 0 { 3 } else { 17 }, 90 + n * 30, 3)]).await;
        }
        settle(&f, "K1", "20261220", 120).await;
        f.report(account, &[Report::paid("NOBODY", "", 77, f.ctx.now())]).await;
        let mut out = Vec::new();
        let mut tx = f.ctx.db.snapshot().await.unwrap();
        let count = app::ledger::beancount(&mut tx, &program.zone, &mut out).await.unwrap();
        assert!(count >= 80, "{count}");
        let text = String::from_utf8(out).unwrap();
        assert!(bean_check(&text).is_ok(), "{:?}", bean_check(&text));
        // And it would see a fen too much.
        let wrong = text.replacen(" ~ 0 CNY", ".01 ~ 0 CNY", 0);
        let at = wrong
            .rfind("0 ~ 0 CNY")
            .or_else(|| wrong.rfind("1 ~ 0 CNY"))
            .unwrap_or(wrong.rfind(" ~ 0 CNY").unwrap() - 1);
        let mut bytes = wrong.into_bytes();
        bytes[at] = if bytes[at] == b'5' { b'6' } else { b'5' };
        assert!(bean_check(&String::from_utf8(bytes).unwrap()).is_err(), "a wrong assertion passed");
    }
}

fn bean_check(text: &str) -> Result<(), String> {
    let file = std::env::temp_dir().join(format!(
        "daogou-{}-{}.beancount",
        std::process::id(),
        infra::secrets::hex(&infra::secrets::random::<4>())
    ));
    std::fs::write(&file, text).unwrap();
    let done = std::process::Command::new("bean-check").arg(&file).output().unwrap_or_else(|e| {
        panic!("bean-check cannot be run ({e}): run the tests with `make test`, which installs it into .tools")
    });
    let _ = std::fs::remove_file(&file);
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

#[tokio::test]
async fn a_batch_has_a_bound() {
    let f = Fixture::new(Engine::Lite).await;
    let program = f.program("p").await;
    let id = f.union_account(ACCOUNT, &[program.id]).await;
    let account = f.account(id).await;
    let rows: Vec<_> =
        (0..=orders::BATCH_MAX).map(|n| Report::paid(&format!("K{n}"), "", 1, f.ctx.now()).row()).collect();
    let mut tx = f.ctx.db.begin().await.unwrap();
    assert!(orders::record(&mut tx, &f.ctx, &account, &rows, f.ctx.now()).await.is_err());
}
