//! What whoever runs the installation looks at, through the API, on both engines.

use app::Settings;
use app::operations::{self, PULL_ORDERS, SYNC_GOODS, VERIFY};
use app::staff::Role;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use connectors::unions::ErrorClass;
use infra::args;
use infra::db::Engine;
use infra::jobs::{self, ATTEMPTS_MAX, Job};
use kernel::{Bucket, JobId, ProgramId, UnionAccountId, VerifyRunId};
use serde_json::{Value, json};
use testkit::{Fixture, Report, Signed, on_both_engines};
use tower::ServiceExt;

const ACCOUNT: &str = "http://127.0.0.1:9/routerjson";
const HOLDER: &str = "test";

fn items(body: &Value) -> &Vec<Value> {
    body["items"].as_array().unwrap_or_else(|| panic!("no items in {body}"))
}

async fn plan(f: &Fixture, name: &str, key: &str, every: Option<i64>) {
    let id: JobId = f.ctx.ids.next(Bucket::ZERO);
    let mut tx = f.ctx.db.begin().await.unwrap();
    jobs::plan(&mut tx, id, name, key, "{}", every, f.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Takes the due job, as a worker does.
async fn claim(f: &Fixture) -> Option<Job> {
    jobs::claim(&f.ctx.db, HOLDER, f.ctx.now(), jobs::LEASE_SECONDS).await.unwrap()
}

async fn finish(f: &Fixture, job: &Job, outcome: Result<(), &str>) {
    assert!(jobs::finish(&f.ctx.db, job, HOLDER, f.ctx.now(), outcome.map_err(str::to_owned)).await.unwrap());
}

/// Lets a job fail so many times.
async fn fail(f: &Fixture, name: &str, error: &str, times: i64) {
    for _ in 0..times {
        f.clock.advance_seconds(3600);
        let job = claim(f).await.unwrap();
        assert_eq!(job.name, name);
        finish(f, &job, Err(error)).await;
    }
}

async fn run_sql(f: &Fixture, sql: &'static str, args: Vec<infra::db::Arg>) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    assert!(tx.run(sql, args).await.unwrap() > 0, "{sql}");
    tx.commit().await.unwrap();
}

/// Kinds in the inbox, in order.
async fn kinds(f: &Fixture, who: &Signed, query: &str) -> Vec<String> {
    let body = f.get(&format!("/inbox{query}"), who).await.ok();
    items(&body).iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
}

async fn item(f: &Fixture, who: &Signed, kind: &str) -> Value {
    let body = f.get("/inbox", who).await.ok();
    items(&body).iter().find(|item| item["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {body}")).clone()
}

async fn dropped_link(f: &Fixture, program: ProgramId, account: UnionAccountId, code: &str) {
    let sql = "INSERT INTO conversion (bucket, code, coupon_key, program_id, union_account_id, url, coupon_dropped, converted_at_us, renew_at_us) \
               VALUES (1, $1, 'c', $2, $3, 'https://u.example/x', 'not with this coupon', $4, $5)";
    run_sql(f, sql, args![code, program, account, f.ctx.now(), f.ctx.now().plus_days(60)]).await;
}

/// A program with an account whose pulls are in order.
async fn healthy(f: &Fixture, code: &str) -> (app::programs::Program, UnionAccountId) {
    let program = f.program(code).await;
    let account = f.union_account(ACCOUNT, &[program.id]).await;
    pulled(f, account).await;
    (program, account)
}

async fn pulled(f: &Fixture, account: UnionAccountId) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    app::orders::store::raise_watermark(&mut tx, account, f.ctx.now(), f.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_engines! {
    async fn jobs_are_listed_and_one_that_failed_is_retried(f: Fixture) {
        let owner = f.owner().await;
        assert_eq!(f.get("/jobs", &owner).await.ok(), json!({ "items": [], "next": null }));
        plan(&f, "once", "k", None).await;
        fail(&f, "once", "no luck", ATTEMPTS_MAX).await;
        plan(&f, "often", "", Some(60)).await;
        let listed = f.get("/jobs", &owner).await.ok();
        let [often, once] = [&items(&listed)[0], &items(&listed)[1]];
        assert_eq!((&once["name"], &once["key"], &once["state"]), (&json!("once"), &json!("k"), &json!("failed")));
        assert_eq!((&once["attempts"], &once["last_error"]), (&json!(ATTEMPTS_MAX), &json!("no luck")));
        assert_eq!((&once["every_seconds"], &often["every_seconds"]), (&Value::Null, &json!(60)));
        assert_eq!((&often["state"], &often["last_ok"]), (&json!("ready"), &Value::Null));
        assert_eq!(f.get("/health", &owner).await.ok()["jobs"], json!({ "ready": 1, "running": 0, "failed": 1 }));

        let path = format!("/jobs/{}/retry", once["id"].as_str().unwrap());
        assert_eq!(f.post(&path, &owner, json!({})).await.status, 204);
        let listed = f.get("/jobs", &owner).await.ok();
        assert_eq!((&items(&listed)[1]["state"], &items(&listed)[1]["attempts"]), (&json!("ready"), &json!(0)));
        assert_eq!(items(&listed)[1]["run_at"], f.ctx.now().rfc3339());
        let log = f.get("/audit?action=job.retry", &owner).await.ok();
        assert_eq!(items(&log)[0]["detail"], json!({ "name": "once", "key": "k" }));

        // One that is running is left alone; one that is done is gone.
        let first = claim(&f).await.unwrap();
        let path = format!("/jobs/{}/retry", first.id);
        f.post(&path, &owner, json!({})).await.refused(409, "jobs.running");
        while let Some(job) = claim(&f).await {
            finish(&f, &job, Ok(())).await;
        }
        finish(&f, &first, Ok(())).await;
        let done = format!("/jobs/{}/retry", once["id"].as_str().unwrap());
        f.post(&done, &owner, json!({})).await.refused(404, "jobs.unknown");
        f.post("/jobs/nonsense/retry", &owner, json!({})).await.refused(404, "request.path");
    }

    async fn health_says_how_each_connection_is(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("fenxiang").await;
        let account = f.union_account(ACCOUNT, &[program.id]).await;
        let health = async || f.get("/health", &owner).await.ok();
        let first = health().await;
        let engine = match f.ctx.db.engine() { Engine::Lite => "sqlite", Engine::Pg => "postgresql" };
        assert_eq!((&first["engine"], &first["demo"], &first["at"]), (&json!(engine), &json!(true), &json!(f.ctx.now().rfc3339())));
        assert!(first["schema"].as_i64().unwrap() >= 13 && first["version"].as_str().unwrap().contains('.'));
        assert_eq!(first["disk_free_bytes"].is_u64(), f.ctx.db.engine() == Engine::Lite);
        assert_eq!((&first["outbox_waiting"], &first["clicks_waiting"]), (&json!(0), &json!(0)));
        let one = &first["union_accounts"][0];
        assert_eq!((&one["account"], &one["connection"], &one["watermark"]), (&json!(account), &json!("unknown"), &Value::Null));
        assert_eq!(one["programs"], json!(["fenxiang"]));
        assert_eq!(one["budget"], json!({ "used_today": 0, "limit_today": 1_000_000, "share_ppm": 0 }));

        pulled(&f, account).await;
        let day = kernel::Zone::china().day(f.ctx.now()).unwrap();
        run_sql(&f, "INSERT INTO union_budget (union_account_id, day, calls) VALUES ($1, $2, 250000)", args![account, day]).await;
        let promoter = f.promoter(&program, "甲", None).await;
        f.report(account, &[Report::paid("L1", &f.code(&promoter, 0), 654, f.ctx.now())]).await;
        f.clock.advance_seconds(90);
        let body = health().await;
        let one = &body["union_accounts"][0];
        assert_eq!((&one["connection"], &one["lag_seconds"], &one["budget"]["share_ppm"]), (&json!("ok"), &json!(90), &json!(250_000)));
        assert_eq!(body["outbox_waiting"], 1);

        let mut tx = f.ctx.db.begin().await.unwrap();
        app::orders::store::note_pull_error(&mut tx, account, "the secret is wrong").await.unwrap();
        tx.commit().await.unwrap();
        let body = health().await;
        let one = &body["union_accounts"][0];
        assert_eq!((&one["connection"], &one["last_error"]), (&json!("failing"), &json!("the secret is wrong")));
        // The budget of yesterday is not that of today.
        f.clock.advance_seconds(86_400);
        assert_eq!(health().await["union_accounts"][0]["budget"]["used_today"], 0);
    }

    async fn a_healthy_installation_has_an_empty_inbox(f: Fixture) {
        let owner = f.owner().await;
        let (program, account) = healthy(&f, "fenxiang").await;
        let promoter = f.promoter(&program, "甲", None).await;
        f.report(account, &[Report::paid("L1", &f.code(&promoter, 0), 654, f.ctx.now())]).await;
        assert_eq!(f.get("/inbox", &owner).await.ok(), json!({ "items": [], "next": null }));
    }

    async fn what_needs_somebody_is_in_the_inbox_until_it_does_not(f: Fixture) {
        let owner = f.owner().await;
        let (program, account) = healthy(&f, "fenxiang").await;
        let promoter = f.promoter(&program, "甲", None).await;

        // Nobody's orders: one worth something, one that is invalid, one that is older than a claim lasts.
        let stray = Report::paid("S1", "", 100, f.ctx.now().plus_seconds(-60));
        let invalid = Report { key: "S2".into(), ..stray.later(3, 0, 0) };
        let old = Report::paid("S3", "", 100, f.ctx.now().plus_days(-61));
        f.report(account, &[stray.clone(), invalid, old]).await;
        let found = item(&f, &owner, "unassigned_orders").await;
        assert_eq!((&found["count"], &found["severity"], &found["subject"]), (&json!(1), &json!("warning"), &json!(account)));
        assert_eq!(found["link"], format!("/orders/unassigned?account={account}"));
        assert_eq!(found["since"], stray.ordered_at.rfc3339());
        let line = f.lines().await.into_iter().find(|l| l.row_key == "S1").unwrap();
        let assign = json!({ "promoter": promoter.id, "reason": "order found" });
        f.post(&format!("/orders/{}/assign", line.id), &owner, assign).await.ok();
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());

        // A status that nobody knows.
        let paid = Report::paid("L1", &f.code(&promoter, 0), 654, f.ctx.now());
        f.report(account, &[paid.later(99, 0, 0)]).await;
        let found = item(&f, &owner, "orders_to_review").await;
        assert_eq!((&found["count"], &found["program"]), (&json!(1), &json!("fenxiang")));
        assert_eq!(found["link"], "/orders?program=fenxiang&review=true");
        f.report(account, &[paid.later(17, 600, 1)]).await;
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());

        dropped_link(&f, program.id, account, "code-1").await;
        dropped_link(&f, program.id, account, "code-2").await;
        let found = item(&f, &owner, "coupon_dropped").await;
        assert_eq!((&found["count"], &found["severity"]), (&json!(2), &json!("info")));
        f.clock.advance_seconds(86_401);
        pulled(&f, account).await;
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());
    }

    async fn pulls_and_goods_that_stand_still_are_in_the_inbox(f: Fixture) {
        let owner = f.owner().await;
        let (_, account) = healthy(&f, "fenxiang").await;
        f.clock.advance_seconds(1800);
        assert_eq!(kinds(&f, &owner, "").await, ["pull_late"], "no worker runs");
        pulled(&f, account).await;
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());

        let mut tx = f.ctx.db.begin().await.unwrap();
        app::orders::store::note_pull_error(&mut tx, account, "no answer in time").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new(), "a union may be away for a moment");
        f.clock.advance_seconds(600);
        let found = item(&f, &owner, "pull_failing").await;
        assert_eq!(found["subject"], json!(account));
        assert!(found["detail"].as_str().unwrap().ends_with("no answer in time"), "{found}");
        pulled(&f, account).await;

        // The first pull of a new account has no row to note its error on: the job knows.
        let program = f.program("other").await;
        let second = f.union_account(ACCOUNT, &[program.id]).await;
        plan(&f, PULL_ORDERS, &second.to_string(), Some(60)).await;
        let job = claim(&f).await.unwrap();
        finish(&f, &job, Err("the key is wrong")).await;
        let found = item(&f, &owner, "pull_failing").await;
        assert_eq!((&found["subject"], &found["since"]), (&json!(second), &Value::Null));
        let health = f.get("/health", &owner).await.ok();
        assert_eq!(health["union_accounts"][1]["connection"], "failing");
        pulled(&f, second).await;
        f.clock.advance_seconds(60);
        let job = claim(&f).await.unwrap();
        finish(&f, &job, Ok(())).await;

        let union = f.fake_union(account).await;
        union.broken_page("channel:22", 1, ErrorClass::Permission);
        union.broken_page("channel:27", 1, ErrorClass::Permission);
        let feeds = vec!["channel:22".parse().unwrap(), "channel:27".parse().unwrap()];
        app::catalog::sync(&f.ctx, account, feeds, app::catalog::SyncLimits::default(), |_| {}).await.unwrap();
        let found = item(&f, &owner, "goods_failing").await;
        assert_eq!((&found["count"], &found["subject"]), (&json!(2), &json!(account)));
        assert_eq!(kinds(&f, &owner, "").await, ["goods_failing"]);

        let day = kernel::Zone::china().day(f.ctx.now()).unwrap();
        run_sql(&f, "INSERT INTO union_budget (union_account_id, day, calls) VALUES ($1, $2, 800000)", args![account, day]).await;
        assert_eq!(item(&f, &owner, "budget_80").await["severity"], "warning");
        run_sql(&f, "UPDATE union_budget SET calls = 1000000 WHERE union_account_id = $1 AND day = $2", args![account, day]).await;
        assert_eq!(item(&f, &owner, "budget_80").await["severity"], "error");
        // Of an account that was paused nothing is expected; its program then has no union.
        run_sql(&f, "UPDATE union_account SET state = 'paused' WHERE id = $1", args![account]).await;
        assert_eq!(kinds(&f, &owner, "").await, ["program_without_union"]);
    }

    async fn work_that_does_not_heal_is_in_the_inbox(f: Fixture) {
        let owner = f.owner().await;
        plan(&f, "once", "", None).await;
        fail(&f, "once", "no luck", ATTEMPTS_MAX - 4).await;
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());
        fail(&f, "once", "no luck", 4).await;
        let found = item(&f, &owner, "job_failed").await;
        assert_eq!((&found["detail"], &found["link"]), (&json!("once: no luck"), &json!("/jobs")));
        plan(&f, "often", "", Some(60)).await;
        fail(&f, "often", "again", 4).await;
        assert_eq!(kinds(&f, &owner, "").await, ["job_failed"]);
        fail(&f, "often", "again", 1).await;
        assert_eq!(kinds(&f, &owner, "").await, ["job_failed", "job_failed"]);
        // What fails for a union account is judged there.
        plan(&f, SYNC_GOODS, "una_0000000000000", Some(60)).await;
        f.clock.advance_seconds(3600);
        while let Some(job) = claim(&f).await {
            let outcome = if job.name == SYNC_GOODS { Err("again") } else { Ok(()) };
            finish(&f, &job, outcome).await;
        }
        assert_eq!(kinds(&f, &owner, "").await, ["job_failed"], "only the one that is out of attempts");
    }

    async fn programs_that_cannot_work_are_in_the_inbox(f: Fixture) {
        let owner = f.owner().await;
        let bare = f.program("bare").await;
        assert_eq!(kinds(&f, &owner, "").await, ["program_without_union"]);
        run_sql(&f, "UPDATE plan_line SET until_us = $2 WHERE program_id = $1", args![bare.id, f.ctx.now()]).await;
        assert_eq!(kinds(&f, &owner, "").await, ["program_without_plan", "program_without_union"]);
        f.post("/programs/bare/close", &owner, json!({ "reason": "over" })).await.ok();
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());
        f.post("/programs", &owner, json!({ "code": "draft" })).await.ok();
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());
        f.clock.advance_seconds(14 * 86_400 + 1);
        let found = item(&f, &owner, "draft_old").await;
        assert_eq!((&found["program"], &found["link"]), (&json!("draft"), &json!("/programs/draft")));
    }

    async fn a_disk_that_fills_is_in_the_inbox(f: Fixture) {
        let settings = Settings { disk_low_bytes: u64::MAX, ..f.ctx.settings.clone() };
        let full = Fixture::with_settings(f.ctx.db.engine(), settings).await;
        let owner = full.owner().await;
        let expected: &[&str] = match f.ctx.db.engine() { Engine::Lite => &["disk_low"], Engine::Pg => &[] };
        assert_eq!(kinds(&full, &owner, "").await, expected);
        let (program, _) = healthy(&full, "fenxiang").await;
        assert_eq!(kinds(&full, &owner, &format!("?program={}", program.code)).await, [""; 0]);
    }

    async fn everybody_sees_what_they_can_do_something_about(f: Fixture) {
        let (ours, our_account) = healthy(&f, "ours").await;
        let (theirs, their_account) = healthy(&f, "theirs").await;
        for (program, account) in [(&ours, our_account), (&theirs, their_account)] {
            dropped_link(&f, program.id, account, &program.code).await;
            f.report(account, &[Report::paid(&program.code, "", 100, f.ctx.now())]).await;
        }
        plan(&f, "once", "", None).await;
        fail(&f, "once", "no luck", ATTEMPTS_MAX).await;
        let all = ["job_failed", "pull_late", "pull_late", "unassigned_orders", "unassigned_orders", "coupon_dropped", "coupon_dropped"];
        assert_eq!(kinds(&f, &f.owner().await, "").await, all);
        assert_eq!(kinds(&f, &f.owner().await, "?program=ours").await, ["pull_late", "unassigned_orders", "coupon_dropped"]);
        let finance = f.staff(None, Role::Finance).await;
        assert_eq!(kinds(&f, &finance, "").await, ["unassigned_orders", "unassigned_orders", "coupon_dropped", "coupon_dropped"]);
        let reader = f.staff(None, Role::ReadOnly).await;
        assert_eq!(kinds(&f, &reader, "").await, ["coupon_dropped", "coupon_dropped"]);
        for role in Role::ALL {
            let staff = f.staff(Some(ours.id), role).await;
            for query in ["", "?program=ours", &format!("?program={}", ours.id)] {
                let body = f.get(&format!("/inbox{query}"), &staff).await.ok();
                assert_eq!(items(&body).len(), 1, "{body}");
                assert_eq!((&items(&body)[0]["kind"], &items(&body)[0]["program"]), (&json!("coupon_dropped"), &json!("ours")));
            }
            f.get("/inbox?program=theirs", &staff).await.refused(404, "programs.unknown");
            f.get("/inbox?program=nowhere", &staff).await.refused(404, "programs.unknown");
            for path in ["/jobs", "/health", "/ledger/balances", "/ledger/accounts", "/ledger/verify", "/ledger/export"] {
                f.get(path, &staff).await.refused(403, "rights.missing");
            }
            f.post("/ledger/verify", &staff, json!({})).await.refused(403, "rights.missing");
            f.post("/jobs/job_0000000000000/retry", &staff, json!({})).await.refused(403, "rights.missing");
            f.get("/ledger/balances?program=theirs", &staff).await.refused(404, "programs.unknown");
        }
        let (_, promoter) = f.signed_promoter(&ours, "甲", None).await;
        f.get("/inbox", &promoter).await.refused(403, "rights.missing");
        f.get("/inbox?program=ours", &promoter).await.refused(403, "rights.missing");
        for role in [Role::Operations, Role::ReadOnly] {
            let staff = f.staff(None, role).await;
            f.get("/ledger/balances", &staff).await.refused(403, "rights.missing");
            f.post("/ledger/verify", &staff, json!({})).await.refused(403, "rights.missing");
        }
        for role in [Role::Finance, Role::ReadOnly] {
            f.get("/health", &f.staff(None, role).await).await.refused(403, "rights.missing");
        }
    }

    async fn a_tampered_balance_is_found_through_the_api(f: Fixture) {
        let owner = f.owner().await;
        let (program, account) = healthy(&f, "fenxiang").await;
        let promoter = f.promoter(&program, "甲", None).await;
        let paid = |n: i64| Report::paid(&format!("L{n}"), &f.code(&promoter, 0), 654, f.ctx.now().plus_seconds(-n));
        f.report(account, &[paid(1), paid(2), paid(3)]).await;
        let never = f.get("/ledger/verify", &owner).await.ok();
        assert_eq!((&never["state"], &never["buckets"], &never["run"]), (&json!("never"), &json!(64), &Value::Null));

        // Asked for twice, it runs once.
        let reply = f.post("/ledger/verify", &owner, json!({})).await;
        assert_eq!(reply.status, 202);
        let run = reply.ok()["run"].clone();
        let waiting = f.get("/ledger/verify", &owner).await.ok();
        assert_eq!((&waiting["state"], &waiting["run"], &waiting["started_at"]), (&json!("waiting"), &run, &Value::Null));
        let job = claim(&f).await.unwrap();
        assert_eq!((job.name.as_str(), job.key.as_str(), job.every_seconds), (VERIFY, run.as_str().unwrap(), None));
        let again = f.post("/ledger/verify", &owner, json!({})).await.ok();
        assert_eq!(again["run"], run);
        assert!(claim(&f).await.is_none());
        operations::verify(&f.ctx, job.key.parse().unwrap()).await.unwrap();
        finish(&f, &job, Ok(())).await;
        let clean = f.get("/ledger/verify", &owner).await.ok();
        assert_eq!((&clean["state"], &clean["buckets_done"], &clean["findings_total"]), (&json!("done"), &json!(64), &json!(0)));
        assert_eq!((&clean["lines"], &clean["transactions"], &clean["postings"], &clean["accounts"]), (&json!(3), &json!(3), &json!(9), &json!(3)));
        assert!(clean["started_at"].is_string() && clean["finished_at"].is_string() && clean["error"].is_null());
        assert!(f.get("/jobs", &owner).await.ok()["items"].as_array().unwrap().is_empty());
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());

        f.clock.advance_seconds(1);
        run_sql(&f, "UPDATE ledger_balance SET balance_fen = balance_fen + 1 WHERE account = 'person.waiting'", vec![]).await;
        let second = f.post("/ledger/verify", &owner, json!({})).await.ok()["run"].clone();
        assert_ne!(second, run);
        operations::verify(&f.ctx, second.as_str().unwrap().parse().unwrap()).await.unwrap();
        let tampered = f.get("/ledger/verify", &owner).await.ok();
        assert_eq!((&tampered["findings_total"], &tampered["findings"][0]["rule"]), (&json!(1), &json!("balance")));
        let subject = tampered["findings"][0]["subject"].as_str().unwrap();
        assert!(subject.starts_with(&format!("person.waiting of {}", promoter.id.raw())), "{subject}");
        let found = item(&f, &owner, "ledger_findings").await;
        assert_eq!((&found["count"], &found["severity"], &found["subject"]), (&json!(1), &json!("error"), &second));
        // Put right and verified again, it leaves the inbox.
        run_sql(&f, "UPDATE ledger_balance SET balance_fen = balance_fen - 1 WHERE account = 'person.waiting'", vec![]).await;
        f.clock.advance_seconds(1);
        let third = f.post("/ledger/verify", &owner, json!({})).await.ok()["run"].clone();
        operations::verify(&f.ctx, third.as_str().unwrap().parse().unwrap()).await.unwrap();
        assert_eq!(kinds(&f, &owner, "").await, Vec::<String>::new());
        let log = f.get("/audit?action=ledger.verify", &owner).await.ok();
        assert_eq!(items(&log).len(), 3, "asked for four times, begun three times");
    }

    async fn all_findings_are_counted_and_the_first_kept(f: Fixture) {
        let owner = f.owner().await;
        let (program, account) = healthy(&f, "fenxiang").await;
        let promoter = f.promoter(&program, "甲", None).await;
        let reports: Vec<Report> =
            (0..130).map(|n| Report::paid(&format!("L{n}"), &f.code(&promoter, 0), 654, f.ctx.now())).collect();
        f.report(account, &reports).await;
        run_sql(&f, "UPDATE order_line SET estimated_fee_fen = 655", vec![]).await;
        let run = f.post("/ledger/verify", &owner, json!({})).await.ok()["run"].clone();
        operations::verify(&f.ctx, run.as_str().unwrap().parse().unwrap()).await.unwrap();
        let body = f.get("/ledger/verify", &owner).await.ok();
        assert_eq!(body["findings"].as_array().unwrap().len(), 100);
        assert!(body["findings_total"].as_i64().unwrap() >= 260, "each line differs from its report and its books: {}", body["findings_total"]);
    }

    async fn a_run_that_was_killed_goes_on_where_it_stopped(f: Fixture) {
        let owner = f.owner().await;
        let (program, account) = healthy(&f, "fenxiang").await;
        let promoter = f.promoter(&program, "甲", None).await;
        f.report(account, &[Report::paid("L1", &f.code(&promoter, 0), 654, f.ctx.now())]).await;
        let run = f.post("/ledger/verify", &owner, json!({})).await.ok()["run"].clone();
        let id: VerifyRunId = run.as_str().unwrap().parse().unwrap();
        // As if a worker had died after ten buckets.
        run_sql(&f, "UPDATE verify_run SET state = 'running', buckets_done = 10, lines = 7, started_at_us = 5 WHERE id = $1", args![id]).await;
        let half = f.get("/ledger/verify", &owner).await.ok();
        assert_eq!((&half["state"], &half["buckets_done"]), (&json!("running"), &json!(10)));
        operations::verify(&f.ctx, id).await.unwrap();
        let body = f.get("/ledger/verify", &owner).await.ok();
        let later = i64::from(promoter.id.bucket().number() >= 10);
        assert_eq!((&body["state"], &body["buckets_done"], &body["lines"]), (&json!("done"), &json!(64), &json!(7 + later)));
        assert_eq!(body["started_at"], "1970-01-01T00:00:00.000005Z");
        // Done is done.
        operations::verify(&f.ctx, id).await.unwrap();
        assert_eq!(f.get("/ledger/verify", &owner).await.ok(), body);

        // Out of attempts it has failed; its job's retry goes on, unless another run is under way.
        f.clock.advance_seconds(1);
        let second = f.post("/ledger/verify", &owner, json!({})).await.ok()["run"].clone();
        let second: VerifyRunId = second.as_str().unwrap().parse().unwrap();
        operations::give_up(&f.ctx, second, "the disk is full").await.unwrap();
        let failed = f.get("/ledger/verify", &owner).await.ok();
        assert_eq!((&failed["state"], &failed["error"]), (&json!("failed"), &json!("the disk is full")));
        f.clock.advance_seconds(1);
        f.post("/ledger/verify", &owner, json!({})).await.ok();
        operations::verify(&f.ctx, second).await.unwrap();
        assert_eq!(f.get("/ledger/verify", &owner).await.ok()["state"], "waiting");
    }

    async fn two_who_ask_at_once_get_one_run(f: Fixture) {
        let (a, b) = (f.owner().await, f.owner().await);
        for _ in 0..5 {
            let (one, two) = tokio::join!(f.post("/ledger/verify", &a, json!({})), f.post("/ledger/verify", &b, json!({})));
            let (one, two) = (one.ok()["run"].clone(), two.ok()["run"].clone());
            assert_eq!(one, two);
            operations::verify(&f.ctx, one.as_str().unwrap().parse().unwrap()).await.unwrap();
            f.clock.advance_seconds(1);
        }
    }

    async fn the_books_are_shown_as_a_whole_and_by_owner(f: Fixture) {
        let owner = f.owner().await;
        let (ours, account) = healthy(&f, "ours").await;
        let (theirs, _) = healthy(&f, "theirs").await;
        run_sql(&f, "INSERT INTO union_account_program (union_account_id, program_id) VALUES ($1, $2)", args![account, theirs.id]).await;
        let inviter = f.promoter(&ours, "上级", None).await;
        let direct = f.promoter(&ours, "直推", Some(inviter.id)).await;
        let other = f.promoter(&theirs, "别人", None).await;
        let now = f.ctx.now();
        f.report(account, &[
            Report::paid("A", &f.code(&direct, 0), 1000, now),
            Report::paid("B", &f.code(&other, 0), 500, now),
            Report::paid("C", "", 70, now),
        ]).await;
        let all = f.get("/ledger/balances", &owner).await.ok();
        assert_eq!(all["items"], json!([
            { "account": "union.estimated", "balance_fen": 1570, "postings": 3 },
            { "account": "person.waiting", "balance_fen": -1000, "postings": 3 },
            { "account": "platform.waiting", "balance_fen": -570, "postings": 3 },
        ]));
        let finance = f.staff(Some(ours.id), Role::Finance).await;
        for who in [&owner, &finance] {
            let of_ours = f.get("/ledger/balances?program=ours", who).await.ok();
            assert_eq!(of_ours["items"], json!([
                { "account": "person.waiting", "balance_fen": -700, "postings": 2 },
                { "account": "platform.waiting", "balance_fen": -300, "postings": 1 },
            ]));
        }
        f.get("/ledger/balances?program=ours", &f.staff(Some(ours.id), Role::ReadOnly).await).await.refused(403, "rights.missing");

        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = f.get(&format!("/ledger/accounts?limit=2{after}"), &owner).await.ok();
            seen.extend(items(&page).iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 7);
        let row = |account: &str, owner: &str| {
            let found = seen.iter().find(|r| r["account"] == account && r["owner"] == owner);
            found.map(|r| (r["owner_name"].clone(), r["balance_fen"].as_i64().unwrap())).unwrap()
        };
        assert_eq!(row("person.waiting", &direct.id.to_string()), (json!("直推"), -600));
        assert_eq!(row("person.waiting", &inviter.id.to_string()), (json!("上级"), -100));
        assert_eq!(row("platform.waiting", "unassigned"), (Value::Null, -70));
        assert_eq!(row("platform.waiting", &ours.id.to_string()), (json!("Program ours"), -300));
        assert_eq!(row("union.estimated", &account.to_string()).1, 1570);

        let of_kind = f.get("/ledger/accounts?account=person.waiting", &owner).await.ok();
        assert_eq!(items(&of_kind).len(), 3);
        let paged = f.get("/ledger/accounts?account=person.waiting&limit=2", &owner).await.ok();
        let next = paged["next"].as_str().unwrap();
        let rest = f.get(&format!("/ledger/accounts?account=person.waiting&limit=2&after={next}"), &owner).await.ok();
        assert_eq!((items(&rest).len(), &rest["next"]), (1, &Value::Null));
        let of_owner = f.get(&format!("/ledger/accounts?owner={}", direct.id), &owner).await.ok();
        assert_eq!((items(&of_owner).len(), &items(&of_owner)[0]["balance_fen"]), (1, &json!(-600)));
        assert_eq!(items(&f.get("/ledger/accounts?owner=unassigned&account=person.held", &owner).await.ok()).len(), 0);
        for bad in ["account=gold", "owner=me", "after=x", &format!("after={}", "f".repeat(32))] {
            f.get(&format!("/ledger/accounts?{bad}"), &owner).await.refused(422, "request.fields");
        }
    }

    async fn transactions_are_filtered(f: Fixture) {
        let owner = f.owner().await;
        let (program, account) = healthy(&f, "fenxiang").await;
        let promoter = f.promoter(&program, "甲", None).await;
        let first = f.ctx.now();
        let paid = Report::paid("A", &f.code(&promoter, 0), 1000, first);
        f.report(account, &[paid.clone(), Report::paid("B", &f.code(&promoter, 0), 500, first)]).await;
        f.clock.advance_seconds(3600);
        let second = f.ctx.now();
        f.report(account, &[paid.later(17, 900, 1)]).await;
        let list = async |query: &str| -> Vec<(String, String)> {
            let page = f.get(&format!("/programs/fenxiang/ledger/transactions?{query}"), &owner).await.ok();
            let text = |t: &Value, field: &str| t[field].as_str().unwrap().to_owned();
            items(&page).iter().map(|t| (text(t, "order"), text(t, "reason"))).collect()
        };
        let line = |key: &str, lines: &[app::orders::Line]| lines.iter().find(|l| l.row_key == key).unwrap().id.to_string();
        let lines = f.lines().await;
        let (a, b) = (line("A", &lines), line("B", &lines));
        assert_eq!(list("").await.len(), 3);
        let of_a = list(&format!("order={a}")).await;
        assert_eq!(of_a, [(a.clone(), "order confirmed or corrected".to_owned()), (a.clone(), "order paid".to_owned())]);
        assert_eq!(list(&format!("order={a}&reason=order%20paid")).await.len(), 1);
        assert_eq!(list("reason=order%20paid").await.len(), 2);
        assert_eq!(list("account=person.confirmed").await, [(a.clone(), "order confirmed or corrected".to_owned())]);
        assert_eq!(list("account=person.payable").await, []);
        let at = |moment: kernel::Instant| moment.rfc3339();
        assert_eq!(list(&format!("from={}", at(second))).await.len(), 1);
        assert_eq!(list(&format!("to={}", at(second))).await.len(), 2);
        assert_eq!(list(&format!("from={}&to={}&order={b}", at(first), at(second))).await.len(), 1);
        assert_eq!(list(&format!("order={b}&from={}", at(second))).await, []);
        // An order of another program has nothing here.
        f.program("other").await;
        let elsewhere = f.get(&format!("/programs/other/ledger/transactions?order={a}"), &owner).await.ok();
        assert_eq!(items(&elsewhere).len(), 0);
        let bad = f.get("/programs/fenxiang/ledger/transactions?order=1&account=gold&from=soon&to=x&reason=", &owner).await;
        let bad = bad.refused(422, "request.fields");
        let named: Vec<&str> = bad["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect();
        assert_eq!(named, ["order", "reason", "account", "from", "to"]);
        // And paged with a filter.
        let page = f.get("/programs/fenxiang/ledger/transactions?reason=order%20paid&limit=1", &owner).await.ok();
        let next = page["next"].as_str().unwrap();
        assert_eq!(list(&format!("reason=order%20paid&limit=1&after={next}")).await.len(), 1);
    }

    async fn the_export_is_streamed_and_breaks_off_rather_than_lie(f: Fixture) {
        let owner = f.owner().await;
        let (program, account) = healthy(&f, "fenxiang").await;
        let promoter = f.promoter(&program, "甲", None).await;
        let empty = f.get("/ledger/export", &owner).await;
        assert!(empty.text.starts_with("; Daogou books") && empty.status == 200, "{}", empty.text);
        // More than the pipe between reader and client holds.
        for n in 0..3 {
            let reports: Vec<Report> =
                (0..400).map(|m| Report::paid(&format!("L{n}-{m}"), &f.code(&promoter, 0), 654, f.ctx.now())).collect();
            f.report(account, &reports).await;
        }
        let reply = f.get("/ledger/export", &owner).await;
        let mut whole = Vec::new();
        let mut tx = f.ctx.db.snapshot().await.unwrap();
        let count = app::ledger::beancount(&mut tx, &kernel::Zone::china(), &mut whole).await.unwrap();
        drop(tx);
        assert_eq!((count, reply.text.as_bytes() == whole), (1200, true));
        assert!(whole.len() > 300_000, "{}", whole.len());
        assert_eq!(reply.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"daogou.beancount\"");

        run_sql(&f, "UPDATE ledger_posting SET account = 'gold' WHERE transaction_id = (SELECT MAX(transaction_id) FROM ledger_posting)", vec![]).await;
        let request = Request::builder().method(Method::GET).uri("/api/v1/ledger/export").header(header::COOKIE, &owner.cookie);
        let response = app::router(f.ctx.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(to_bytes(response.into_body(), 1 << 24).await.is_err(), "a file cut short must not look whole");
    }
}

/// What is counted for the inbox is read from indexes that hold nothing else.
#[tokio::test]
async fn the_inbox_reads_its_own_indexes() {
    let f = Fixture::new(Engine::Lite).await;
    let mut read = f.ctx.db.read().await.unwrap();
    for (sql, index) in [
        (include_str!("../src/orders/sql/count_to_review.sql"), "order_line_review"),
        (include_str!("../src/orders/sql/count_stray.sql"), "order_line_stray"),
        (include_str!("../src/links/sql/count_dropped.sql"), "conversion_dropped"),
        (include_str!("../src/ledger/sql/account_page.sql"), "ledger_balance_account"),
        (include_str!("../src/ledger/sql/balances_of_owner.sql"), "ledger_balance_owner"),
        (include_str!("../src/ledger/sql/of_program_line.sql"), "(bucket=? AND line_id=?)"),
        (include_str!("../src/ledger/sql/of_program.sql"), "ledger_transaction_program"),
        (include_str!("../src/ledger/sql/of_program.sql"), "(bucket=? AND transaction_id=? AND seq>?)"),
    ] {
        let parameters = (1..=10).filter(|n| sql.contains(&format!("${n}"))).count();
        let args = (0..parameters).map(|_| infra::db::Arg::Int(None)).collect();
        let plan = read.all_built(format!("EXPLAIN QUERY PLAN {sql}"), args).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.text("detail").unwrap()).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{index}: {plan:?}");
    }
}
