//! Several processes on one database: who holds what, and what becomes of one that comes back too late.

use infra::Clock;
use infra::db::{Db, Engine};
use infra::jobs::{self, Job};
use infra::leases;
use kernel::{Bucket, Instant, JobId};
use testkit::{Fixture, on_both_engines};

const SECONDS: i64 = 300;

async fn planned(f: &Fixture, name: &str, every: Option<i64>) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    let id: JobId = f.ctx.ids.next(Bucket::ZERO);
    jobs::plan(&mut tx, id, name, "", "{}", every, f.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(f: &Fixture, holder: &str, now: Instant) -> Option<Job> {
    jobs::claim(&f.ctx.db, holder, now, SECONDS).await.unwrap()
}

async fn states(f: &Fixture) -> Vec<(String, i64, Option<String>)> {
    let rows = jobs::list(&mut f.ctx.db.read().await.unwrap()).await.unwrap();
    rows.into_iter().map(|row| (row.state, row.job.attempts, row.last_error)).collect()
}

async fn take(db: &Db, name: &str, holder: &str, now: Instant) -> bool {
    leases::take(db, name, holder, now, SECONDS).await.unwrap()
}

on_both_engines! {
    async fn a_run_that_lost_its_lease_says_nothing_about_the_job(f: Fixture) {
        let db = &f.ctx.db;
        planned(&f, "recurring", Some(60)).await;
        let start = f.ctx.now();
        let late = claim(&f, "a", start).await.unwrap();
        // While the lease runs nobody else gets it, and renewing makes it run on.
        assert_eq!(claim(&f, "b", start.plus_seconds(SECONDS)).await, None);
        assert!(jobs::renew(db, &late, "a", start.plus_seconds(SECONDS), SECONDS).await.unwrap());
        assert_eq!(claim(&f, "b", start.plus_seconds(SECONDS + 1)).await, None);
        let now = start.plus_seconds(2 * SECONDS + 1);
        let other = claim(&f, "b", now).await.unwrap();
        assert_eq!(other.id, late.id);
        for outcome in [Ok(()), Err("too late".to_owned())] {
            assert!(!jobs::finish(db, &late, "a", now, outcome).await.unwrap());
        }
        assert!(!jobs::renew(db, &late, "a", now, SECONDS).await.unwrap());
        assert_eq!(states(&f).await, [("running".to_owned(), 2, None)]);
        assert!(jobs::finish(db, &other, "b", now, Ok(())).await.unwrap());
        assert_eq!(states(&f).await, [("ready".to_owned(), 0, None)]);

        // The same process, whose other task has the job again: still another run.
        let again = claim(&f, "a", now.plus_seconds(60)).await.unwrap();
        assert!(!jobs::finish(db, &late, "a", now, Err("too late".to_owned())).await.unwrap());
        assert!(!jobs::renew(db, &late, "a", now, SECONDS).await.unwrap());
        assert_eq!(states(&f).await, [("running".to_owned(), 1, None)]);
        assert!(jobs::finish(db, &again, "a", now.plus_seconds(61), Err("broken".to_owned())).await.unwrap());
        // Ended is ended, also for the run that ended it.
        assert!(!jobs::finish(db, &again, "a", now.plus_seconds(62), Ok(())).await.unwrap());
        assert_eq!(states(&f).await, [("ready".to_owned(), 1, Some("broken".to_owned()))]);
    }

    async fn one_off_work_that_another_took_over_is_not_deleted_by_the_first(f: Fixture) {
        planned(&f, "once", None).await;
        let now = f.ctx.now();
        let late = claim(&f, "a", now).await.unwrap();
        let other = claim(&f, "b", now.plus_seconds(SECONDS + 1)).await.unwrap();
        assert!(!jobs::finish(&f.ctx.db, &late, "a", now, Ok(())).await.unwrap());
        assert_eq!(states(&f).await.len(), 1);
        assert!(jobs::finish(&f.ctx.db, &other, "b", now, Ok(())).await.unwrap());
        assert_eq!(states(&f).await, []);
    }

    /// Two schedulers whose clocks are as far apart as is allowed, and further.
    async fn clocks_a_little_apart_do_not_give_one_thing_to_two(f: Fixture) {
        let db = &f.ctx.db;
        let slow = f.ctx.now();
        let fast = slow.plus_seconds(60);
        planned(&f, "recurring", Some(60)).await;
        let job = claim(&f, "slow", slow).await.unwrap();
        assert!(take(db, "thing", "slow", slow).await);
        // Renewed at a third: the other one never sees either run out.
        for third in 1..=12 {
            let passed = third * SECONDS / 3;
            assert_eq!(claim(&f, "fast", fast.plus_seconds(passed)).await, None);
            assert!(!take(db, "thing", "fast", fast.plus_seconds(passed)).await);
            assert!(jobs::renew(db, &job, "slow", slow.plus_seconds(passed), SECONDS).await.unwrap());
            assert!(take(db, "thing", "slow", slow.plus_seconds(passed)).await);
        }
        let end = slow.plus_seconds(5 * SECONDS);
        assert!(jobs::finish(db, &job, "slow", end, Ok(())).await.unwrap());
        // Planned by the slow one, due for the fast one a little earlier, and once all the same.
        assert_eq!(claim(&f, "slow", end.plus_seconds(30)).await, None);
        assert!(claim(&f, "fast", fast.plus_seconds(5 * SECONDS + 30)).await.is_some());
        assert_eq!(claim(&f, "slow", end.plus_seconds(61)).await, None);
    }

    async fn a_node_number_is_given_to_one_and_is_free_only_after_its_last_id(f: Fixture) {
        let db = &f.ctx.db;
        let now = f.ctx.now();
        let first = leases::take_node(db, "a", now, SECONDS).await.unwrap().unwrap();
        let second = leases::take_node(db, "b", now, SECONDS).await.unwrap().unwrap();
        assert_ne!(first, second);
        // One whose clock runs ahead gives its number back: one whose clock has not come so far takes another.
        leases::release(db, &leases::node_name(first), "a", now.plus_seconds(20)).await.unwrap();
        let third = leases::take_node(db, "c", now.plus_seconds(10), SECONDS).await.unwrap().unwrap();
        assert!(third != first && third != second);
        assert_eq!(leases::take_node(db, "d", now.plus_seconds(21), SECONDS).await.unwrap(), Some(first));
        // Who has lost it gives nothing back.
        leases::release(db, &leases::node_name(first), "a", now).await.unwrap();
        assert!(!take(db, &leases::node_name(first), "e", now.plus_seconds(22)).await);
        for n in 3..64 {
            let holder = format!("holder {n}");
            assert!(leases::take_node(db, &holder, now.plus_seconds(21), SECONDS).await.unwrap().is_some());
        }
        assert_eq!(leases::take_node(db, "one too many", now.plus_seconds(21), SECONDS).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_clock_that_differs_from_the_databases_is_measured_and_refused() {
    let f = Fixture::new(Engine::Pg).await;
    let ahead = |clock: Clock| {
        let db = f.ctx.db.clone();
        async move { leases::ahead_seconds(&db, &clock).await.unwrap().unwrap() }
    };
    let right = ahead(Clock::system()).await;
    assert_eq!(right, 0);
    let fast = ahead(Clock::held_at(Clock::system().now().plus_seconds(61))).await;
    assert!((55..=61).contains(&fast), "{fast}");
    let slow = ahead(Clock::held_at(Clock::system().now().plus_seconds(-61))).await;
    assert!((-70..=-61).contains(&slow), "{slow}");
    let message = leases::check_skew(fast, SECONDS).unwrap_err();
    assert!(message.contains("ahead of the database's") && message.contains("NTP"), "{message}");
    assert!(leases::check_skew(slow, SECONDS).unwrap_err().contains("behind"));
    for allowed in [0, 30, -30] {
        assert_eq!(leases::check_skew(allowed, SECONDS), Ok(()));
    }
    assert!(leases::check_skew(31, SECONDS).is_err());
    // SQLite is on this machine: one clock.
    let lite = Fixture::new(Engine::Lite).await;
    assert_eq!(leases::ahead_seconds(&lite.ctx.db, &Clock::system()).await.unwrap(), None);
}

/// A process that is stopped inside of a transaction does not hold up the others for as long as its connection lives.
#[tokio::test]
async fn a_paused_transaction_loses_its_locks() {
    let f = Fixture::new(Engine::Pg).await;
    let shown = "SELECT current_setting('idle_in_transaction_session_timeout') AS limit_text";
    let limit = |row: Option<infra::db::Row>| row.unwrap().text("limit_text").unwrap();
    assert_eq!(limit(f.ctx.db.begin().await.unwrap().one(shown, vec![]).await.unwrap()), "1min");
    assert_eq!(limit(f.ctx.db.snapshot().await.unwrap().one(shown, vec![]).await.unwrap()), "0");

    let mut tx = f.ctx.db.begin().await.unwrap();
    tx.run("SET LOCAL idle_in_transaction_session_timeout = '200ms'", vec![]).await.unwrap();
    tx.run("INSERT INTO counter (bucket, name, next) VALUES (1, 'paused', 1)", vec![]).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let mut other = f.ctx.db.begin().await.unwrap();
    other.run("INSERT INTO counter (bucket, name, next) VALUES (1, 'paused', 2)", vec![]).await.unwrap();
    other.commit().await.unwrap();
    assert!(tx.commit().await.is_err());
    let row = f.ctx.db.read().await.unwrap().one("SELECT next FROM counter WHERE name = 'paused'", vec![]).await;
    assert_eq!(row.unwrap().unwrap().int("next").unwrap(), 2);
}
