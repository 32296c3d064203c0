//! What the founder is told without looking, through the robot's own protocol, on both engines.

use app::ctx::{Limits, Settings};
use app::operations::alarms::{self, AlarmError, Channels};
use app::operations::{VERIFY, ask_nightly, verify};
use app::{programs, reports};
use connectors::messages::{Reach, Robot};
use infra::args;
use infra::db::Arg;
use infra::jobs;
use kernel::{Bucket, VerifyRunId};
use sandbox::wecom::Wecom;
use testkit::{Fixture, Report, on_both_engines};

const KEY: &str = "693a91f6";

/// The fixture, told by a robot.
async fn told(f: Fixture) -> (Fixture, Wecom) {
    let wecom = Wecom::new(f.clock.clone(), [KEY.to_owned()]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/cgi-bin/webhook/send?key={KEY}", listener.local_addr().unwrap());
    let router = wecom.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let robot = Robot::try_new(&address, Reach::AndLoopback).unwrap();
    let channels = Channels { robot: Some(robot), mail: None, repeat_hours: 24, no_orders_hours: 24 };
    let settings = Settings { alarms: channels, ..f.ctx.settings.clone() };
    (f.restarted(settings, Limits::wide()), wecom)
}

/// One round of both jobs; what the robot was told in it.
async fn round(f: &Fixture, wecom: &Wecom) -> Vec<String> {
    let before = wecom.messages().len();
    alarms::watch(&f.ctx).await.unwrap();
    alarms::send(&f.ctx).await.unwrap();
    wecom.messages().split_off(before).into_iter().map(|message| message.content).collect()
}

async fn run_sql(f: &Fixture, sql: &'static str, args: Vec<Arg>) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    assert!(tx.run(sql, args).await.unwrap() > 0);
    tx.commit().await.unwrap();
}

async fn count(f: &Fixture, sql: &'static str) -> i64 {
    f.ctx.db.read().await.unwrap().one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap()
}

async fn break_job(f: &Fixture, key: &str) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    jobs::plan(&mut tx, f.ctx.ids.next(Bucket::ZERO), "once", key, "{}", None, f.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    run_sql(f, "UPDATE job SET state = 'failed', attempts = 8, last_error = 'no luck' WHERE job_key = $1", args![key])
        .await;
}

const NOTICES: &str = "SELECT COUNT(*) AS n FROM alarm_notice";
const STANDING: &str = "SELECT COUNT(*) AS n FROM alarm";

on_both_engines! {
    async fn an_alarm_is_told_once_then_after_a_day_and_when_it_is_over(f: Fixture) {
        let (f, wecom) = told(f).await;
        assert_eq!(round(&f, &wecom).await, [""; 0]);
        break_job(&f, "a").await;
        let said = round(&f, &wecom).await;
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("【导购告警】\n● 后台任务失败：once: no luck"), "{said:?}");
        assert!(said[0].ends_with("http://127.0.0.1:8080/console/"), "{said:?}");
        for _ in 0..3 {
            f.clock.advance_seconds(3600);
            assert_eq!(round(&f, &wecom).await, [""; 0], "it is told already");
        }
        f.clock.advance_seconds(21 * 3600);
        let again = round(&f, &wecom).await;
        assert!(again.len() == 1 && again[0].contains("● 仍然：后台任务失败"), "{again:?}");
        run_sql(&f, "DELETE FROM job WHERE name = $1", args!["once"]).await;
        assert_eq!(round(&f, &wecom).await, [""; 0], "a moment is no end");
        f.clock.advance_seconds(299);
        break_job(&f, "b").await;
        let other = round(&f, &wecom).await;
        assert!(other.len() == 1 && !other[0].contains("恢复"), "another one is another one: {other:?}");
        f.clock.advance_seconds(1);
        let over = round(&f, &wecom).await;
        assert!(over.len() == 1 && over[0].contains("✓ 已恢复：后台任务失败"), "{over:?}");
        assert_eq!((count(&f, NOTICES).await, count(&f, STANDING).await), (0, 1));
    }

    async fn several_alarms_are_one_message_and_nothing_is_told_where_nobody_listens(f: Fixture) {
        break_job(&f, "a").await;
        alarms::watch(&f.ctx).await.unwrap();
        alarms::send(&f.ctx).await.unwrap();
        assert_eq!((count(&f, NOTICES).await, count(&f, STANDING).await), (0, 0));
        for key in ["b", "c", "d"] {
            break_job(&f, key).await;
        }
        let (f, wecom) = told(f).await;
        let said = round(&f, &wecom).await;
        assert_eq!((said.len(), said[0].matches("后台任务失败").count()), (1, 4));
    }

    async fn a_channel_that_is_away_is_tried_again_a_wrong_one_is_given_up(f: Fixture) {
        let (f, wecom) = told(f).await;
        break_job(&f, "a").await;
        alarms::watch(&f.ctx).await.unwrap();
        // Noted, and the worker dies: another one tells it.
        assert_eq!((wecom.messages().len(), count(&f, NOTICES).await), (0, 1));
        wecom.fail(-1, 2);
        for _ in 0..2 {
            let AlarmError::Send(error) = alarms::send(&f.ctx).await.unwrap_err() else { panic!() };
            assert!(error.code == "-1" && !error.lasting && !error.to_string().contains(KEY), "{error}");
        }
        assert_eq!(round(&f, &wecom).await.len(), 1);
        assert_eq!(count(&f, NOTICES).await, 0);

        // Never taken: tried twelve times, then kept as given up.
        break_job(&f, "b").await;
        wecom.fail(45009, 100);
        alarms::watch(&f.ctx).await.unwrap();
        for _ in 0..12 {
            assert!(alarms::send(&f.ctx).await.is_err());
        }
        alarms::send(&f.ctx).await.unwrap();
        assert_eq!(count(&f, "SELECT COUNT(*) AS n FROM alarm_notice WHERE given_up = 1 AND attempts = 12").await, 1);
        // The robot was removed from its group.
        wecom.fail(93000, 1);
        break_job(&f, "c").await;
        alarms::watch(&f.ctx).await.unwrap();
        assert!(alarms::send(&f.ctx).await.is_err());
        assert_eq!(count(&f, "SELECT COUNT(*) AS n FROM alarm_notice WHERE given_up = 1").await, 2);
        let mut read = f.ctx.db.read().await.unwrap();
        let untold = app::operations::store::untold_notices(&mut read, f.ctx.now().plus_days(-7)).await.unwrap();
        assert_eq!((untold.0, untold.1), (2, 0));
        drop(read);
        f.clock.advance_seconds(31 * 86_400);
        wecom.fail(0, 0);
        round(&f, &wecom).await;
        assert_eq!(count(&f, NOTICES).await, 0, "not kept for ever");
    }

    async fn orders_books_budget_and_pulls_are_watched(f: Fixture) {
        let (f, wecom) = told(f).await;
        let program = f.program("p").await;
        let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
        let promoter = f.promoter(&program, "甲", None).await;
        let pulled = async |f: &Fixture| {
            let mut tx = f.ctx.db.begin().await.unwrap();
            app::orders::store::raise_watermark(&mut tx, account, f.ctx.now(), f.ctx.now()).await.unwrap();
            tx.commit().await.unwrap();
        };
        pulled(&f).await;
        assert_eq!(round(&f, &wecom).await, [""; 0], "a new shop has no orders yet");
        f.report(account, &[Report::paid("L1", &f.code(&promoter, 0), 654, f.ctx.now())]).await;
        reports::roll_up(&f.ctx).await.unwrap();
        f.clock.advance_seconds(24 * 3600 - 60);
        pulled(&f).await;
        assert_eq!(round(&f, &wecom).await, [""; 0]);
        f.clock.advance_seconds(120);
        pulled(&f).await;
        let said = round(&f, &wecom).await;
        assert!(said.len() == 1 && said[0].contains("● 很久没有新订单：（自 "), "{said:?}");
        f.report(account, &[Report::paid("L2", &f.code(&promoter, 0), 654, f.ctx.now())]).await;
        reports::roll_up(&f.ctx).await.unwrap();
        round(&f, &wecom).await;
        f.clock.advance_seconds(301);
        pulled(&f).await;
        let over = round(&f, &wecom).await;
        assert!(over.len() == 1 && over[0].contains("✓ 已恢复：很久没有新订单"), "{over:?}");

        // Books that differ are found by the run of the night itself.
        run_sql(&f, "UPDATE ledger_balance SET balance_fen = balance_fen + 1 WHERE account = $1", args!["union.estimated"]).await;
        assert!(ask_nightly(&f.ctx).await.unwrap() && !ask_nightly(&f.ctx).await.unwrap());
        let all = jobs::list(&mut f.ctx.db.read().await.unwrap()).await.unwrap();
        let job = all.iter().find(|job| job.job.name == VERIFY).expect("planned");
        verify(&f.ctx, job.job.key.parse::<VerifyRunId>().unwrap()).await.unwrap();
        let said = round(&f, &wecom).await;
        assert!(said.len() == 1 && said[0].contains("● 账本核对发现差异："), "{said:?}");

        run_sql(&f, "UPDATE union_account SET daily_budget = 10 WHERE id = $1", args![account]).await;
        let (account_of, _) = programs::find_account(&mut f.ctx.db.read().await.unwrap(), account).await.unwrap().unwrap();
        let today = kernel::Zone::china().day(f.ctx.now()).unwrap();
        run_sql(&f, "INSERT INTO union_budget (union_account_id, day, calls) VALUES ($1, $2, 8)", args![account, today]).await;
        let said = round(&f, &wecom).await;
        let budget = format!("● 今天的联盟调用额度快用完了：{}: 8/10", account_of.name);
        assert!(said.len() == 1 && said[0].contains(&budget), "{said:?}");
        f.clock.advance_seconds(3600);
        let said = round(&f, &wecom).await;
        assert!(said.len() == 1 && said[0].contains("● 订单进度落后"), "{said:?}");
    }
}
