//! The live board: every figure by a literal, on both engines.

use app::communities::{self, Community, NewCommunity};
use app::programs::Program;
use app::promoters::Promoter;
use app::reports::roll_up;
use app::staff::Role;
use axum::body::Body;
use axum::http::{Method, Request, header};
use kernel::{Instant, ShareCode, UnionAccountId};
use serde_json::{Value, json};
use testkit::{Fixture, Report, Signed, goods, on_both_engines};

const PHONE: &str = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36";

async fn community(f: &Fixture, program: &Program, promoter: &Promoter, city: &str, members: i64) -> Community {
    let new =
        NewCommunity {
            name: "好物群".into(), city: city.to_owned(), member_count: members, ..NewCommunity::default()
        };
    let mut tx = f.ctx.db.begin().await.unwrap();
    let made = communities::make(&f.ctx, &mut tx, program, promoter, &new).await.unwrap();
    tx.commit().await.unwrap();
    made
}

async fn opened(f: &Fixture, path: &str, agent: &str) {
    let request = Request::get(path).header(header::USER_AGENT, agent).body(Body::empty()).unwrap();
    assert_eq!(f.raw(request).await.status, 200);
}

async fn board(f: &Fixture, who: &Signed, query: &str) -> Value {
    f.ctx.click_log.flush().await;
    roll_up(&f.ctx).await.unwrap();
    f.get(&format!("/reports/board{query}"), who).await.ok()
}

fn figures(body: &Value, names: &[&str]) -> Vec<i64> {
    names.iter().map(|name| body[name].as_i64().unwrap_or_else(|| panic!("{name} in {body}"))).collect()
}

struct Stage {
    program: Program,
    promoter: Promoter,
    account: UnionAccountId,
    /// Codes by where they were shared: an upper city, a lower one, no community.
    codes: [String; 3],
}

async fn stage(f: &Fixture) -> Stage {
    let program = f.program("nuts").await;
    let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
    let promoter = f.promoter(&program, "王小美", None).await;
    let product = f.offer(account, &goods("item1", "香氛洗衣液", 9_980)).await;
    let upper = community(f, &program, &promoter, "四川省成都市", 120).await;
    let lower = community(f, &program, &promoter, "阜阳", 80).await;
    let code = |community| {
        let bucket = promoter.id.bucket();
        let parts = ShareCode { bucket, promoter: promoter.number, community, product: product.number };
        parts.text(&f.ctx.codes).unwrap()
    };
    let codes = [code(upper.ordinal), code(lower.ordinal), code(0)];
    Stage { program, promoter, account, codes }
}

on_both_engines! {
    async fn every_figure_of_a_day(f: Fixture) {
        let s = stage(&f).await;
        let owner = f.owner().await;
        let now = f.ctx.now();
        let minutes_ago = |n: i64| now.plus_seconds(-60 * n);
        // Two of today, one of them two hours old; one of yesterday; one of nobody's.
        let rows = [
            Report::paid("a", &s.codes[0], 654, minutes_ago(1)),
            Report::paid("b", &s.codes[1], 1_000, minutes_ago(120)),
            Report::paid("c", &s.codes[2], 200, now.plus_days(-1)),
            Report::paid("n", "", 99, minutes_ago(2)),
        ];
        f.report(s.account, &rows).await;
        for (path, agent) in [("p", PHONE), ("p", PHONE), ("p", "TelegramBot (like TwitterBot)")] {
            opened(&f, &format!("/{path}/{}", s.codes[0]), agent).await;
        }
        let body = board(&f, &owner, "?program=nuts").await;
        let names = ["order_lines", "gmv_fen", "fee_fen", "direct_fen", "inviter_fen", "platform_fen", "clicks",
            "clicks_filtered", "new_promoters", "new_communities"];
        // 60 % of 654 and of 1,000; nobody invited: the inviter's part is the platform's.
        assert_eq!(figures(&body["today"], &names), [2, 33_080, 1_654, 992, 0, 662, 2, 1, 1, 2]);
        assert_eq!(figures(&body["yesterday"], &names), [1, 4_000, 200, 120, 0, 80, 0, 0, 0, 0]);
        assert_eq!(figures(&body, &["promoters", "communities", "reach"]), [1, 2, 200]);
        assert_eq!(body["days"].as_array().unwrap().len(), 14);
        assert_eq!(body["days"][13], body["today"]);
        assert_eq!((&body["program"], &body["time_zone"]), (&json!("nuts"), &json!("Asia/Shanghai")));

        let minutes = body["minutes"].as_array().unwrap();
        assert_eq!(minutes.len(), 180);
        let at = |back: usize| figures(&minutes[179 - back], &["clicks", "order_lines", "gmv_fen"]);
        assert_eq!((at(0), at(1), at(120), at(2)), (vec![2, 0, 0], vec![0, 1, 13_080], vec![0, 1, 20_000], vec![0, 0, 0]));

        assert_eq!(figures(&body["funnel"], &["clicks", "order_lines", "confirmed_lines", "fee_fen"]), [2, 3, 0, 1_854]);
        assert_eq!(figures(&body["cities"]["upper"], &["order_lines", "gmv_fen"]), [1, 13_080]);
        assert_eq!(figures(&body["cities"]["lower"], &["order_lines", "gmv_fen"]), [1, 20_000]);
        assert_eq!(figures(&body["cities"]["unknown"], &["order_lines", "gmv_fen"]), [1, 4_000]);
        let top = &body["top_products"][0];
        assert_eq!((&top["title"], figures(top, &["order_lines", "fee_fen"])), (&json!("香氛洗衣液"), vec![2, 1_654]));
        assert!(top["product"].is_string(), "the catalog knows it");
        let top = &body["top_promoters"][0];
        assert_eq!((&top["display_name"], figures(top, &["order_lines"])), (&json!("王小美"), vec![2]));
        let longer = board(&f, &owner, "?program=nuts&top_days=14").await;
        assert_eq!(figures(&longer["top_promoters"][0], &["order_lines", "fee_fen"]), [3, 1_854]);

        // Nobody's order is on the board of all, and in no program.
        let all = board(&f, &owner, "").await;
        assert_eq!(figures(&all["today"], &["order_lines", "fee_fen", "platform_fen"]), [3, 1_753, 761]);
        assert_eq!(all["programs"].as_array().unwrap().len(), 1);
        assert_eq!(figures(&all["programs"][0], &["order_lines", "gmv_fen", "fee_fen", "clicks"]), [2, 33_080, 1_654, 2]);
    }

    /// A report moves what it changes and nothing else, however often it comes.
    async fn figures_follow_the_latest_report(f: Fixture) {
        let s = stage(&f).await;
        let owner = f.owner().await;
        let first = Report::paid("a", &s.codes[1], 1_000, f.ctx.now());
        let gone = Report::paid("b", &s.codes[1], 500, f.ctx.now());
        f.report(s.account, &[first.clone(), gone.clone()]).await;
        board(&f, &owner, "?program=nuts").await;
        f.clock.set(f.ctx.now().plus_seconds(60));
        let done = Report { modified_at: f.ctx.now(), ..first.later(17, 800, 0) };
        let invalid = Report { modified_at: f.ctx.now(), ..gone.later(3, 0, 0) };
        for _ in 0..3 {
            f.report(s.account, &[done.clone(), invalid.clone()]).await;
        }
        let body = board(&f, &owner, "?program=nuts").await;
        assert_eq!(figures(&body["today"], &["order_lines", "fee_fen", "direct_fen"]), [1, 800, 480]);
        assert_eq!(figures(&body["funnel"], &["order_lines", "confirmed_lines", "fee_fen"]), [1, 1, 800]);
        assert_eq!(figures(&body["cities"]["lower"], &["order_lines"]), [1]);
        assert_eq!(figures(&body["top_promoters"][0], &["order_lines", "fee_fen"]), [1, 800]);
        assert_eq!(figures(&body["top_products"][0], &["order_lines", "fee_fen"]), [1, 800]);
        assert_eq!(figures(&body["minutes"][178], &["order_lines"]), [1]);
    }

    /// A line that is given to somebody counts there from then on, in every roll-up.
    async fn figures_move_with_an_assignment(f: Fixture) {
        let s = stage(&f).await;
        let owner = f.owner().await;
        f.report(s.account, &[Report::paid("n", "", 1_000, f.ctx.now())]).await;
        let before = board(&f, &owner, "?program=nuts").await;
        assert_eq!(figures(&before["today"], &["order_lines"]), [0]);
        let line = f.lines().await.remove(0);
        let given = json!({ "promoter": s.promoter.id, "reason": "顾客截图证明" });
        f.post(&format!("/orders/{}/assign", line.id), &owner, given).await.ok();
        let after = board(&f, &owner, "?program=nuts").await;
        assert_eq!(figures(&after["today"], &["order_lines", "fee_fen", "direct_fen"]), [1, 1_000, 600]);
        assert_eq!(figures(&after["top_promoters"][0], &["order_lines", "fee_fen"]), [1, 1_000]);
        let all = board(&f, &owner, "").await;
        assert_eq!(figures(&all["today"], &["order_lines", "fee_fen"]), [1, 1_000]);
        assert_eq!(all["minutes"].as_array().unwrap().iter().map(|m| m["order_lines"].as_i64().unwrap()).sum::<i64>(), 1);
    }

    async fn days_begin_where_the_program_is(f: Fixture) {
        let s = stage(&f).await;
        let owner = f.owner().await;
        // 10:00 in China on 2 November; the evening of the 1st in New York, whose day has 25 hours.
        let moved = json!({ "time_zone": "America/New_York", "version": s.program.version });
        f.send(Method::PATCH, "/api/v1/programs/nuts", Some(&owner), Some(moved)).await.ok();
        let at = |text| Instant::parse_rfc3339(text).unwrap();
        let rows = [
            Report::paid("first", &s.codes[0], 100, at("2026-11-01T04:00:00Z")),
            Report::paid("before", &s.codes[0], 10, at("2026-11-01T03:59:59Z")),
        ];
        f.report(s.account, &rows).await;
        let body = board(&f, &owner, "?program=nuts").await;
        assert_eq!((&body["today"]["date"], figures(&body["today"], &["fee_fen"])), (&json!("2026-11-01"), vec![100]));
        assert_eq!(figures(&body["yesterday"], &["fee_fen"]), [10]);
    }

    async fn a_board_is_for_its_staff(f: Fixture) {
        let s = stage(&f).await;
        let other = f.program("other").await;
        let theirs = f.staff(Some(other.id), Role::Owner).await;
        let ours = f.staff(Some(s.program.id), Role::ReadOnly).await;
        let (_, promoter) = f.signed_promoter(&s.program, "李雷", None).await;
        assert_eq!(board(&f, &ours, "?program=nuts").await["program"], "nuts");
        f.get("/reports/board", &ours).await.refused(403, "rights.missing");
        for stranger in [&theirs, &promoter] {
            f.get("/reports/board?program=nuts", stranger).await.refused(404, "programs.unknown");
            f.get("/reports/board?program=nowhere", stranger).await.refused(404, "programs.unknown");
        }
    }
}
