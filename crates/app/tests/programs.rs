//! Programs and union accounts through the API, on both engines.

use accounting::{InviterRule, LineFacts, PlanLine, Scope, Terms, deciding_line};
use app::ctx::{Limits, Settings};
use app::programs::{self, DatedInviterRule, seal_context, store};
use app::staff::Role;
use axum::Router;
use axum::http::Method;
use axum::routing::post;
use connectors::unions::ErrorClass;
use kernel::{CommunityId, Instant, PersonId, ProgramId, PromoterId, Rate, UnionAccountId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use testkit::{Fixture, Signed, on_both_engines};

const SECRET: &str = "very-secret-of-jd";
const UNREACHED: &str = "http://127.0.0.1:9/routerjson";

async fn make(f: &Fixture, owner: &Signed, body: Value) -> Value {
    let made = f.post("/programs", owner, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.ok()
}

fn id_of(program: &Value) -> ProgramId {
    program["program"].as_str().unwrap().parse().unwrap()
}

async fn entity(f: &Fixture, owner: &Signed, name: &str) -> String {
    let made = f.post("/legal-entities", owner, json!({ "name": name, "registration": "91110000600007156L" })).await;
    assert_eq!(made.status, 201);
    made.ok()["legal_entity"].as_str().unwrap().to_owned()
}

fn account_body(entity: &str, name: &str, gateway: &str, programs: &[&str]) -> Value {
    json!({
        "name": name, "union": "jd", "legal_entity": entity, "gateway_url": gateway, "app_key": "the-key",
        "app_secret": SECRET, "link_hosts": ["U.JD.com", "127.0.0.1:9100"], "programs": programs,
    })
}

/// An account made through the API at a gateway that is never asked.
async fn account(f: &Fixture, owner: &Signed, programs: &[&str]) -> Value {
    let entity = entity(f, owner, "某某科技有限公司").await;
    let made = f.post("/union-accounts", owner, account_body(&entity, "京东一号", UNREACHED, programs)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.ok()
}

fn account_id(account: &Value) -> UnionAccountId {
    account["account"].as_str().unwrap().parse().unwrap()
}

fn named_fields(problem: &Value) -> BTreeSet<String> {
    problem["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect()
}

fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

async fn actions(f: &Fixture, owner: &Signed, path: &str) -> Vec<String> {
    let page = f.get(path, owner).await.ok();
    page["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap().to_owned()).collect()
}

async fn whole_log(f: &Fixture) -> String {
    let mut read = f.ctx.db.read().await.unwrap();
    let rows = read.all("SELECT action, subject, detail FROM audit_entry ORDER BY at_us, id", vec![]).await.unwrap();
    let text = |row: &infra::db::Row, column| row.text(column).unwrap();
    rows.iter().map(|r| format!("{} {} {}\n", text(r, "action"), text(r, "subject"), text(r, "detail"))).collect()
}

async fn log_length(f: &Fixture) -> i64 {
    let mut read = f.ctx.db.read().await.unwrap();
    read.one("SELECT COUNT(*) AS n FROM audit_entry", vec![]).await.unwrap().unwrap().int("n").unwrap()
}

fn before(at: Instant) -> String {
    Instant::from_micros(at.micros() - 1).rfc3339()
}

type Form = BTreeMap<String, String>;

/// A JD gateway on loopback: answers two categories, or that the signature is wrong, and keeps what it was sent.
struct Gateway {
    url: String,
    seen: Arc<Mutex<Vec<Form>>>,
    refuses: Arc<Mutex<bool>>,
}

impl Gateway {
    /// Writes to the database before it answers: on SQLite, whose writers queue, that would never end if the call were
    /// made inside a transaction.
    async fn start(f: &Fixture) -> Gateway {
        let seen: Arc<Mutex<Vec<Form>>> = Arc::default();
        let refuses: Arc<Mutex<bool>> = Arc::default();
        let (log, refused, db) = (seen.clone(), refuses.clone(), f.ctx.db.clone());
        let handler = move |body: String| {
            let (log, refused, db) = (log.clone(), refused.clone(), db.clone());
            async move {
                db.begin().await.unwrap().commit().await.unwrap();
                log.lock().unwrap().push(url::form_urlencoded::parse(body.as_bytes()).into_owned().collect());
                if *refused.lock().unwrap() {
                    return r#"{"error_response":{"code":"12","zh_desc":"无效签名","en_desc":"Invalid signature"}}"#
                        .to_owned();
                }
                let inner = r#"{"code":200,"message":"success","data":[{"id":1,"name":"家居","grade":0,"parentId":0},{"id":2,"name":"食品","grade":0,"parentId":0}],"requestId":"o_1"}"#;
                json!({ "jd_union_open_category_goods_get_responce": { "code": "0", "getResult": inner } }).to_string()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/routerjson", listener.local_addr().unwrap());
        let router = Router::new().route("/routerjson", post(handler));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Gateway { url, seen, refuses }
    }
}

on_both_engines! {
    async fn twelve_presets_are_shipped(f: Fixture) {
        let anybody = f.person().await;
        let presets = f.get("/programs/presets", &anybody).await.ok();
        let items = presets["items"].as_array().unwrap();
        let brief: Vec<(&str, &str, &str)> = items
            .iter()
            .map(|p| (p["code"].as_str().unwrap(), p["name"].as_str().unwrap(), p["admission"].as_str().unwrap()))
            .collect();
        assert_eq!(&brief[..6], [
            ("fenxiang", "芬香", "invite"),
            ("jingxiaoge", "京小哥", "roster"),
            ("jingxiaofu", "京小服", "roster"),
            ("jingxiaojia", "京小家", "invite"),
            ("yundian", "云店", "roster"),
            ("starter", "职场代言人", "open"),
        ]);
        let drafts: Vec<&str> = brief[6..].iter().map(|p| p.1).collect();
        assert_eq!(drafts, ["校园", "宠物", "运动", "美妆", "乡村", "保险"]);
        assert_eq!(items[5]["catalog_scope"]["price_to_fen"], 5000);
        assert!(items.iter().all(|p| p["theme_colour"].as_str().unwrap().starts_with('#')));
        f.send(Method::GET, "/api/v1/programs/presets", None, None).await.refused(401, "session.required");
    }

    async fn a_program_is_a_draft_then_live_then_closed(f: Fixture) {
        let owner = f.owner().await;
        let made = make(&f, &owner, json!({ "preset": "starter" })).await;
        let id = id_of(&made);
        let expected = json!({
            "program": id, "code": "starter", "name": "职场代言人", "audience": made["audience"], "state": "draft",
            "time_zone": "Asia/Shanghai", "community_limit": 10, "public_url": "", "theme_colour": "#e8590c",
            "theme_accent": "", "logo": "", "wechat_appid": "", "official_appid": "",
            "catalog_scope": { "categories": ["家庭清洁/纸品", "生鲜", "美妆护肤", "母婴", "家用电器"], "price_to_fen": 5000 },
            "version": 1, "admission": "open",
        });
        assert_eq!(made, expected);
        assert_eq!(f.get("/programs/starter", &owner).await.ok(), made);

        // In force at once: 60 % and 10 %, and for a promoter's own purchase both together.
        let plan = f.get("/programs/starter/plan-lines", &owner).await.ok();
        let line = json!({
            "plan_line": plan["items"][0]["plan_line"], "scope": "program", "scope_value": "", "direct_ppm": 600_000,
            "inviter_ppm": 100_000, "self_ppm": 700_000, "from": f.ctx.now().rfc3339(), "until": null,
        });
        assert_eq!(plan, json!({ "items": [line], "next": null }));
        let admission = f.get("/programs/starter/admission", &owner).await.ok();
        let first = json!({ "mode": "open", "from": f.ctx.now().rfc3339(), "by": owner.person });
        assert_eq!(admission, json!({ "items": [first], "next": null }));

        let close = json!({ "reason": "年底结束" });
        f.clock.advance_seconds(1);
        f.post("/programs/starter/close", &owner, close.clone()).await.refused(409, "programs.state");
        let live = f.post("/programs/starter/open", &owner, json!({})).await.ok();
        assert_eq!((&live["state"], &live["version"]), (&json!("live"), &json!(2)));
        f.post("/programs/starter/open", &owner, json!({})).await.refused(409, "programs.state");
        f.clock.advance_seconds(1);
        f.post("/programs/starter/close", &owner, json!({ "reason": " " })).await.refused(422, "request.fields");
        assert_eq!(f.post("/programs/starter/close", &owner, close).await.ok()["state"], "closed");
        f.post("/programs/starter/open", &owner, json!({})).await.refused(409, "programs.state");
        assert_eq!(f.get("/programs/starter", &owner).await.ok()["state"], "closed");
        let log = actions(&f, &owner, "/programs/starter/audit").await;
        assert_eq!(log, ["program.close", "program.open", "program.create"]);
        assert!(whole_log(&f).await.contains("年底结束"));
    }

    async fn every_preset_becomes_a_program_with_its_admission(f: Fixture) {
        let owner = f.owner().await;
        let presets = f.get("/programs/presets", &owner).await.ok();
        for preset in presets["items"].as_array().unwrap() {
            let made = make(&f, &owner, json!({ "preset": preset["code"] })).await;
            for field in ["code", "name", "audience", "admission", "theme_colour", "catalog_scope"] {
                assert_eq!(made[field], preset[field], "{field}");
            }
        }
        assert_eq!(f.get("/programs", &owner).await.ok()["items"].as_array().unwrap().len(), 12);
    }

    async fn a_blank_program_says_everything_itself(f: Fixture) {
        let owner = f.owner().await;
        let fields = json!({
            "code": "xiaoqu-2", "name": "小区团", "audience": "邻居", "time_zone": "Asia/Urumqi", "community_limit": 3,
            "public_url": "https://Go.Example/", "theme_colour": "#00AAFF", "catalog_scope": { "categories": ["生鲜"] },
        });
        let made = make(&f, &owner, fields.clone()).await;
        for field in ["code", "name", "audience", "time_zone", "community_limit", "catalog_scope"] {
            assert_eq!(made[field], fields[field]);
        }
        assert_eq!((&made["public_url"], &made["theme_colour"]), (&json!("https://go.example"), &json!("#00aaff")));
        assert_eq!(made["admission"], "invite");
    }

    async fn wrong_settings_are_named_all_at_once(f: Fixture) {
        let owner = f.owner().await;
        let wrong = json!({
            "code": "Fen", "name": "", "audience": "a\u{0}b", "time_zone": "Mars/Olympus", "community_limit": 1001,
            "public_url": "http://go.example", "theme_colour": "red", "catalog_scope": [1],
        });
        let problem = f.post("/programs", &owner, wrong.clone()).await.refused(422, "request.fields");
        let all =
            set(["code", "name", "audience", "time_zone", "community_limit", "public_url", "theme_colour", "catalog_scope"]);
        assert_eq!(named_fields(&problem), all);
        make(&f, &owner, json!({ "preset": "pets" })).await;
        let mut change = wrong;
        change["version"] = json!(1);
        let problem = f.patch("/programs/pets", &owner, change).await.refused(422, "request.fields");
        assert_eq!(named_fields(&problem), all);
        f.post("/programs", &owner, json!({})).await.refused(422, "request.fields");
        f.post("/programs", &owner, json!({ "preset": "nothing" })).await.refused(422, "request.fields");
        f.post("/programs", &owner, json!({ "code": "all" })).await.refused(422, "request.fields");
        f.post("/programs", &owner, json!({ "code": 7 })).await.refused(400, "request.body");
        assert_eq!(log_length(&f).await, 1, "only the one that was made");
    }

    async fn a_renamed_program_is_found_by_every_code_it_had(f: Fixture) {
        let owner = f.owner().await;
        let id = id_of(&make(&f, &owner, json!({ "preset": "fenxiang" })).await);
        let staff = f.staff(Some(id), Role::ReadOnly).await;
        let renamed = f.patch("/programs/fenxiang", &owner, json!({ "version": 1, "code": "fenxiang2" })).await.ok();
        assert_eq!((&renamed["code"], &renamed["version"]), (&json!("fenxiang2"), &json!(2)));
        // Renamed again, through the former code.
        f.patch("/programs/fenxiang", &owner, json!({ "version": 2, "code": "fx" })).await.ok();
        for named in ["fenxiang", "fenxiang2", "fx", &id.to_string()] {
            let found = f.get(&format!("/programs/{named}"), &staff).await.ok();
            assert_eq!((&found["program"], &found["code"]), (&json!(id), &json!("fx")), "{named}");
            f.get(&format!("/programs/{named}/plan-lines"), &staff).await.ok();
            f.get(&format!("/staff?program={named}"), &owner).await.ok();
        }
        // Nobody else may have them.
        for taken in ["fx", "fenxiang", "fenxiang2"] {
            f.post("/programs", &owner, json!({ "code": taken })).await.refused(409, "programs.code_taken");
        }
        make(&f, &owner, json!({ "preset": "pets" })).await;
        f.patch("/programs/pets", &owner, json!({ "version": 1, "code": "fenxiang" })).await.refused(409, "programs.code_taken");
        // It may have an old one back; the one it leaves stays an alias.
        f.patch("/programs/fx", &owner, json!({ "version": 3, "code": "fenxiang" })).await.ok();
        assert_eq!(f.get("/programs/fx", &owner).await.ok()["code"], "fenxiang");
        assert_eq!(f.get("/programs/pets", &owner).await.ok()["version"], 1);
    }

    async fn one_of_two_who_want_a_code_gets_it(f: Fixture) {
        let owner = f.owner().await;
        let new = || f.post("/programs", &owner, json!({ "code": "same" }));
        let (a, b, c) = tokio::join!(new(), new(), new());
        let mut statuses = [a.status, b.status, c.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409], "{} {} {}", a.text, b.text, c.text);
        assert_eq!(f.get("/programs", &owner).await.ok()["items"].as_array().unwrap().len(), 1);
    }

    async fn whoever_is_slower_loads_again(f: Fixture) {
        let owner = f.owner().await;
        make(&f, &owner, json!({ "preset": "pets" })).await;
        let change = |version: i64, name: &str| json!({ "version": version, "name": name });
        assert_eq!(f.patch("/programs/pets", &owner, change(1, "宠物甲")).await.ok()["version"], 2);
        f.patch("/programs/pets", &owner, change(1, "宠物乙")).await.refused(409, "request.version");
        f.patch("/programs/pets", &owner, json!({ "version": 1, "code": "dogs" })).await.refused(409, "request.version");
        let now = f.get("/programs/pets", &owner).await.ok();
        assert_eq!((&now["name"], &now["code"]), (&json!("宠物甲"), &json!("pets")));
        f.get("/programs/dogs", &owner).await.refused(404, "programs.unknown");
        f.patch("/programs/pets", &owner, json!({ "name": "x" })).await.refused(400, "request.body");
        let (a, b) = tokio::join!(
            f.patch("/programs/pets", &owner, change(2, "一")),
            f.patch("/programs/pets", &owner, change(2, "二"))
        );
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", a.text, b.text);
    }

    async fn the_list_is_of_those_one_is_staff_of(f: Fixture) {
        let owner = f.owner().await;
        let a = id_of(&make(&f, &owner, json!({ "preset": "pets" })).await);
        f.clock.advance_seconds(1);
        make(&f, &owner, json!({ "preset": "sports" })).await;
        let codes = async |signed: &Signed| -> Vec<String> {
            let list = f.get("/programs", signed).await.ok();
            list["items"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(codes(&owner).await, ["pets", "sports"]);
        assert_eq!(codes(&f.staff(Some(a), Role::ReadOnly).await).await, ["pets"]);
        assert_eq!(codes(&f.staff(None, Role::Finance).await).await, ["pets", "sports"]);
        assert_eq!(codes(&f.person().await).await, Vec::<String>::new());
    }

    async fn rules_never_begin_in_the_past(f: Fixture) {
        let owner = f.owner().await;
        make(&f, &owner, json!({ "preset": "pets" })).await;
        f.clock.advance_seconds(3600);
        let (now, past) = (f.ctx.now(), before(f.ctx.now()));
        let bodies = |from: &str| [
            ("admission", json!({ "mode": "open", "from": from })),
            ("plan-lines", json!({ "scope": "program", "direct_ppm": 1, "inviter_ppm": 1, "self_ppm": 1, "from": from })),
            ("inviter-rules", json!({ "at_most_ppm": 0, "from": from })),
        ];
        let length = log_length(&f).await;
        for (path, body) in bodies(&past) {
            let problem = f.post(&format!("/programs/pets/{path}"), &owner, body).await.refused(422, "request.past");
            assert_eq!(named_fields(&problem), set(["from"]), "{path}");
        }
        for (path, body) in bodies("tomorrow") {
            f.post(&format!("/programs/pets/{path}"), &owner, body).await.refused(422, "request.fields");
        }
        assert_eq!(log_length(&f).await, length);
        for (path, body) in bodies(&now.rfc3339()) {
            let made = f.post(&format!("/programs/pets/{path}"), &owner, body).await;
            assert_eq!((made.status, &made.json["from"]), (201, &json!(now.rfc3339())), "{path} {}", made.text);
        }
        assert_eq!(log_length(&f).await, length + 3);
    }

    async fn admission_changes_when_it_says(f: Fixture) {
        let owner = f.owner().await;
        make(&f, &owner, json!({ "preset": "jingxiaoge" })).await;
        let start = f.ctx.now();
        let path = "/programs/jingxiaoge/admission";
        let change = |mode: &str, at: Instant| json!({ "mode": mode, "from": at.rfc3339() });
        assert_eq!(f.post(path, &owner, change("open", start.plus_days(2))).await.status, 201);
        assert_eq!(f.post(path, &owner, change("invite", start.plus_days(1))).await.status, 201);
        f.post(path, &owner, change("roster", start.plus_days(1))).await.refused(409, "programs.date_taken");
        f.post(path, &owner, json!({ "mode": "everybody" })).await.refused(422, "request.fields");
        let listed = f.get(path, &owner).await.ok();
        let modes: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|a| a["mode"].as_str().unwrap()).collect();
        assert_eq!(modes, ["open", "invite", "roster"], "newest first");
        for (days, mode) in [(0, "roster"), (1, "invite"), (2, "open"), (9, "open")] {
            f.clock.set(start.plus_days(days));
            assert_eq!(f.get("/programs/jingxiaoge", &owner).await.ok()["admission"], mode, "after {days} days");
        }
    }

    async fn a_plan_never_gives_more_than_the_whole(f: Fixture) {
        let owner = f.owner().await;
        make(&f, &owner, json!({ "preset": "pets" })).await;
        let line = |direct: i64, inviter: i64, own: i64| {
            json!({ "scope": "program", "direct_ppm": direct, "inviter_ppm": inviter, "self_ppm": own })
        };
        let path = "/programs/pets/plan-lines";
        f.post(path, &owner, line(900_000, 100_001, 0)).await.refused(422, "programs.plan_refused");
        f.post(path, &owner, line(1_000_000, 1_000_000, 0)).await.refused(422, "programs.plan_refused");
        for (wrong, field) in
            [(line(1_000_001, 0, 0), "direct_ppm"), (line(0, -1, 0), "inviter_ppm"), (line(0, 0, 1_000_001), "self_ppm")]
        {
            assert_eq!(named_fields(&f.post(path, &owner, wrong).await.refused(422, "request.fields")), set([field]));
        }
        for (scope, value) in
            [("category", "x"), ("category", ""), ("category", "-1"), ("level", "one"), ("campaign", ""), ("program", "1"), ("team", "")]
        {
            let mut wrong = line(1, 1, 1);
            (wrong["scope"], wrong["scope_value"]) = (json!(scope), json!(value));
            assert_eq!(f.post(path, &owner, wrong).await.refused(422, "request.fields")["fields"][0]["field"], "scope");
        }
        let mut over = line(1, 1, 1);
        over["until"] = json!(f.ctx.now().rfc3339());
        assert_eq!(named_fields(&f.post(path, &owner, over).await.refused(422, "request.fields")), set(["until"]));
        assert_eq!(f.get(path, &owner).await.ok()["items"].as_array().unwrap().len(), 1, "nothing was added");
        assert_eq!(f.post(path, &owner, line(900_000, 100_000, 1_000_000)).await.status, 201);
    }

    /// A line is never changed: a later one takes over, for orders placed from then on.
    async fn a_newer_line_takes_over(f: Fixture) {
        let owner = f.owner().await;
        let made = make(&f, &owner, json!({ "preset": "pets" })).await;
        let (program, start) = (id_of(&made), f.ctx.now());
        let path = "/programs/pets/plan-lines";
        let add = async |scope: &str, value: &str, direct: i64, from: Option<i64>, until: Option<i64>| {
            let at = |days: Option<i64>| days.map(|d| start.plus_days(d).rfc3339());
            let body = json!({
                "scope": scope, "scope_value": value, "direct_ppm": direct, "inviter_ppm": 0, "self_ppm": 0,
                "from": at(from), "until": at(until),
            });
            let made = f.post(path, &owner, body).await;
            assert_eq!(made.status, 201, "{}", made.text);
        };
        add("program", "", 500_000, None, None).await;
        add("program", "", 400_000, Some(10), None).await;
        add("category", "1620", 300_000, Some(5), Some(7)).await;
        add("campaign", "双11", 200_000, Some(6), Some(8)).await;
        add("level", "3", 100_000, Some(1), None).await;
        let lines = store::plan_lines(&mut f.ctx.db.read().await.unwrap(), program).await.unwrap();
        let direct = |days: i64, campaign: Option<&str>, categories: &[i64], level: i64| {
            let facts = LineFacts {
                ordered_at: start.plus_days(days), campaign: campaign.map(str::to_owned), categories: categories.to_vec(),
                level, self_purchase: false, joined_at: start,
            };
            deciding_line(&lines, &facts).unwrap().shared.direct().ppm()
        };
        assert_eq!(direct(0, None, &[], 0), 500_000, "of two that begin together the later made");
        assert_eq!(direct(9, None, &[], 0), 500_000);
        assert_eq!(direct(10, None, &[], 0), 400_000);
        assert_eq!(direct(5, None, &[1620], 0), 300_000);
        assert_eq!(direct(7, None, &[1620], 0), 500_000, "over");
        assert_eq!(direct(6, Some("双11"), &[1620], 3), 200_000);
        assert_eq!(direct(6, None, &[], 3), 100_000);
        let listed = f.get(path, &owner).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 6);
        assert_eq!(listed["items"][4]["scope_value"], "双11");
    }

    async fn a_plan_keeps_a_thousand_lines(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("pets").await;
        let rate = Rate::try_from_ppm(1).unwrap();
        let mut tx = f.ctx.db.begin().await.unwrap();
        for n in 0..997 {
            let line = PlanLine {
                id: f.ctx.ids.next(program.id.bucket()), scope: Scope::Category(n + 1),
                shared: Terms::try_new(rate, rate).unwrap(), self_purchase: rate, from: f.ctx.now(), until: None,
            };
            store::add_plan_line(&mut tx, program.id, &line, owner.person, f.ctx.now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let body = json!({ "scope": "program", "direct_ppm": 1, "inviter_ppm": 1, "self_ppm": 1 });
        let add = || f.post("/programs/pets/plan-lines", &owner, body.clone());
        assert_eq!(add().await.status, 201);
        // Somebody else's last line is not committed yet: whoever counts now has to wait, since a line beyond the bound
        // would never be read.
        let mut tx = f.ctx.db.begin().await.unwrap();
        store::lock(&mut tx, program.id).await.unwrap();
        let last = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let line = PlanLine {
                id: f.ctx.ids.next(program.id.bucket()), scope: Scope::Program,
                shared: Terms::try_new(rate, rate).unwrap(), self_purchase: rate, from: f.ctx.now(), until: None,
            };
            store::add_plan_line(&mut tx, program.id, &line, owner.person, f.ctx.now()).await.unwrap();
            tx.commit().await.unwrap();
        };
        let (waited, ()) = tokio::join!(add(), last);
        waited.refused(409, "programs.too_many");
        add().await.refused(409, "programs.too_many");
        let lines = store::plan_lines(&mut f.ctx.db.read().await.unwrap(), program.id).await.unwrap();
        assert_eq!(lines.len(), store::PLAN_LINES_MAX);
    }

    async fn inviter_rules_hold_for_a_union_or_for_all(f: Fixture) {
        let owner = f.owner().await;
        let program = id_of(&make(&f, &owner, json!({ "preset": "pets" })).await);
        let (path, start) = ("/programs/pets/inviter-rules", f.ctx.now());
        let every = json!({ "at_most_ppm": 50_000, "days": 90 });
        assert_eq!(f.post(path, &owner, every.clone()).await.status, 201);
        f.post(path, &owner, every).await.refused(409, "programs.date_taken");
        let jd = json!({ "union": "jd", "at_most_ppm": 0, "from": start.plus_days(1).rfc3339() });
        assert_eq!(f.post(path, &owner, jd).await.status, 201);
        let wrong = json!({ "union": "ebay", "at_most_ppm": -1, "days": -1 });
        let problem = f.post(path, &owner, wrong).await.refused(422, "request.fields");
        assert_eq!(named_fields(&problem), set(["union", "at_most_ppm", "days"]));
        let listed = f.get(path, &owner).await.ok();
        let brief: Vec<Value> =
            listed["items"].as_array().unwrap().iter().map(|r| json!([r["union"], r["at_most_ppm"], r["days"]])).collect();
        assert_eq!(brief, [json!(["jd", 0, null]), json!([null, 50_000, 90])]);
        let rules = async |union: &str, days: i64| {
            let mut read = f.ctx.db.read().await.unwrap();
            let dated = store::all_inviter_rules(&mut read, program).await.unwrap();
            let rules = app::programs::rules_in_force(&dated, union, start.plus_days(days));
            rules.iter().map(|r| r.at_most.ppm()).min().unwrap()
        };
        assert_eq!((rules("jd", 0).await, rules("jd", 1).await, rules("taobao", 1).await), (50_000, 0, 50_000));

        // The first rule decides for old orders however many follow, and none beyond the bound is taken.
        let mut tx = f.ctx.db.begin().await.unwrap();
        for n in 2..store::INVITER_RULES_MAX {
            let rule = InviterRule { at_most: Rate::try_from_ppm(1).unwrap(), days: None };
            let from = start.plus_days(2).plus_seconds(i64::try_from(n).unwrap());
            let dated = DatedInviterRule { union_code: String::new(), from, rule, by: owner.person };
            assert!(store::add_inviter_rule(&mut tx, program, &dated).await.unwrap());
        }
        tx.commit().await.unwrap();
        assert_eq!((rules("taobao", 0).await, rules("taobao", 3).await), (50_000, 1));
        let more = json!({ "at_most_ppm": 2, "from": start.plus_days(9).rfc3339() });
        f.post(path, &owner, more).await.refused(409, "programs.too_many");
    }

    async fn a_roster_pages_by_number_and_keeps_what_was_used(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("jingxiaoge").await;
        let other = f.program("other").await;
        let path = "/programs/jingxiaoge/roster";
        let mut items: Vec<Value> =
            (0..120).map(|n| json!({ "number": format!("K{n:04}"), "note": format!("{n} 号站点") })).collect();
        items.push(json!({ "number": " K0000 " }));
        let added = f.post(path, &owner, json!({ "items": items })).await;
        assert_eq!((added.status, &added.json), (201, &json!({ "added": 120, "known": 1 })));
        assert_eq!(f.post(path, &owner, json!({ "items": items })).await.ok(), json!({ "added": 0, "known": 121 }));
        f.post("/programs/other/roster", &owner, json!({ "items": [{ "number": "Z1" }] })).await.ok();

        let (mut numbers, mut sizes, mut after) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page = f.get(&format!("{path}?limit=50{after}"), &owner).await.ok();
            let found = page["items"].as_array().unwrap();
            sizes.push(found.len());
            numbers.extend(found.iter().map(|r| r["number"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(sizes, [50, 50, 20]);
        assert_eq!(numbers, (0..120).map(|n| format!("K{n:04}")).collect::<Vec<_>>());
        let first = &f.get(path, &owner).await.ok()["items"][0];
        assert_eq!(first, &json!({ "number": "K0000", "note": "0 号站点", "used_by": null }));
        assert_eq!(f.get(&format!("{path}?limit=100000"), &owner).await.ok()["items"].as_array().unwrap().len(), 100);

        // Of many who bring the same number one gets it.
        let take = async |program: ProgramId, person: i64| {
            let mut tx = f.ctx.db.begin().await.unwrap();
            let taken = store::use_roster_number(&mut tx, program, "K0007", PersonId::from_raw(person)).await.unwrap();
            tx.commit().await.unwrap();
            taken
        };
        let (a, b, c) = tokio::join!(take(program.id, 1), take(program.id, 2), take(program.id, 3));
        assert_eq!([a, b, c].iter().filter(|taken| **taken).count(), 1);
        assert!(!take(program.id, 4).await && !take(other.id, 5).await);

        f.delete(&format!("{path}/K0007"), &owner).await.refused(409, "programs.roster_used");
        f.delete(&format!("{path}/K9999"), &owner).await.refused(404, "programs.roster_unknown");
        f.delete("/programs/jingxiaoge/roster/Z1", &owner).await.refused(404, "programs.roster_unknown");
        assert_eq!(f.delete(&format!("{path}/K0008"), &owner).await.status, 204);
        f.delete(&format!("{path}/K0008"), &owner).await.refused(404, "programs.roster_unknown");
        let used = f.get(&format!("{path}?after=K0006&limit=2"), &owner).await.ok();
        assert!(used["items"][0]["used_by"].as_str().unwrap().starts_with("per_"));
        assert_eq!(used["items"][1]["number"], "K0009");
        let log = actions(&f, &owner, "/programs/jingxiaoge/audit").await;
        assert_eq!(log, ["roster.remove", "roster.add", "roster.add"]);
    }

    async fn a_roster_takes_a_thousand_numbers_at_once(f: Fixture) {
        let owner = f.owner().await;
        f.program("jingxiaoge").await;
        let items = |count: usize| -> Value {
            json!({ "items": (0..count).map(|n| json!({ "number": format!("{n}") })).collect::<Vec<_>>() })
        };
        let path = "/programs/jingxiaoge/roster";
        f.post(path, &owner, items(0)).await.refused(422, "request.fields");
        f.post(path, &owner, items(1001)).await.refused(422, "request.fields");
        let wrong = json!({ "items": [{ "number": "1" }, { "number": " " }, { "number": "2", "note": "x\u{0}" }] });
        let problem = f.post(path, &owner, wrong).await.refused(422, "request.fields");
        assert_eq!(named_fields(&problem), set(["items[1].number", "items[2].note"]));
        assert_eq!(f.get(path, &owner).await.ok()["items"], json!([]), "all or none");
        assert_eq!(f.post(path, &owner, items(1000)).await.ok(), json!({ "added": 1000, "known": 0 }));
    }

    /// Every route with a program in its path, as the API document names them.
    async fn another_programs_staff_is_told_that_it_does_not_exist(f: Fixture) {
        let (a, b) = (f.program("aaa").await, f.program("bbb").await);
        let owner_of_a = f.staff(Some(a.id), Role::Owner).await;
        let plan = json!({ "scope": "program", "direct_ppm": 1, "inviter_ppm": 1, "self_ppm": 1 });
        let bodies = BTreeMap::from([
            ("patch /programs/{program}", json!({ "version": 1, "name": "mine" })),
            ("post /programs/{program}/open", json!({})),
            ("post /programs/{program}/close", json!({ "reason": "mine" })),
            ("post /programs/{program}/admission", json!({ "mode": "open" })),
            ("post /programs/{program}/plan-lines", plan),
            ("post /programs/{program}/inviter-rules", json!({ "at_most_ppm": 0 })),
            ("post /programs/{program}/rules", json!({ "text": "mine" })),
            ("post /programs/{program}/rules/receipt", json!({ "version": 1 })),
            ("post /programs/{program}/roster", json!({ "items": [{ "number": "1" }] })),
            ("delete /programs/{program}/roster/{number}", json!({})),
        ]);
        let document = serde_json::to_value(app::open_api()).unwrap();
        let mut asked = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let Some(path) = path.strip_prefix("/api/v1").filter(|p| p.starts_with("/programs/{program}")) else { continue };
            for (method, operation) in methods.as_object().unwrap() {
                let route = format!("{method} {path}");
                let ours = operation["tags"].as_array().unwrap().iter().any(|tag| tag == "programs");
                let body = bodies.get(route.as_str());
                assert!(!ours || method == "get" || body.is_some(), "{route} is not tried here");
                if method != "get" && body.is_none() {
                    continue;
                }
                for named in [b.id.to_string(), b.code.clone(), "nowhere".to_owned()] {
                    let path = path
                        .replace("{program}", &named)
                        .replace("{promoter}", &PromoterId::from_raw(1).to_string())
                        .replace("{community}", &CommunityId::from_raw(1).to_string())
                        .replace("{product}", "1")
                        .replace("{number}", "1")
                        .replace(['{', '}'], "");
                    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                    let reply = f.send(method, &format!("/api/v1{path}"), Some(&owner_of_a), body.cloned()).await;
                    let detail = reply.refused(404, "programs.unknown")["detail"].clone();
                    assert_eq!(detail, format!("there is no program {named}"), "{route}");
                }
                asked.insert(route);
            }
        }
        assert!(bodies.keys().all(|route| asked.contains(*route)), "{asked:?}");
        assert!(asked.len() > bodies.len() + 6, "{asked:?}");
        assert_eq!(log_length(&f).await, 0);
        assert_eq!(f.get("/programs", &owner_of_a).await.ok()["items"].as_array().unwrap().len(), 1);
    }

    async fn only_owners_change_programs_and_what_stands_above_them(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("pets").await;
        let account = account(&f, &owner, &["pets"]).await;
        let id = account_id(&account);
        let length = log_length(&f).await;
        let in_program = [
            (Method::PATCH, "/programs/pets".to_owned(), json!({ "version": 1, "name": "x" })),
            (Method::POST, "/programs/pets/open".to_owned(), json!({})),
            (Method::POST, "/programs/pets/close".to_owned(), json!({ "reason": "x" })),
            (Method::POST, "/programs/pets/admission".to_owned(), json!({ "mode": "roster" })),
            (Method::POST, "/programs/pets/plan-lines".to_owned(), json!({ "scope": "program", "direct_ppm": 1, "inviter_ppm": 1, "self_ppm": 1 })),
            (Method::POST, "/programs/pets/inviter-rules".to_owned(), json!({ "at_most_ppm": 0 })),
            (Method::POST, "/programs/pets/roster".to_owned(), json!({ "items": [{ "number": "1" }] })),
            (Method::DELETE, "/programs/pets/roster/1".to_owned(), json!({})),
        ];
        let above = [
            (Method::POST, "/programs".to_owned(), json!({ "preset": "sports" })),
            (Method::POST, "/legal-entities".to_owned(), json!({ "name": "x" })),
            (Method::POST, "/union-accounts".to_owned(), account_body(account["legal_entity"].as_str().unwrap(), "x", UNREACHED, &[])),
            (Method::PATCH, format!("/union-accounts/{id}"), json!({ "version": 1, "state": "paused" })),
            (Method::POST, format!("/union-accounts/{id}/programs"), json!({ "program": "pets" })),
            (Method::POST, format!("/union-accounts/{id}/test"), json!({})),
        ];
        for role in [Role::ReadOnly, Role::Finance, Role::Operations] {
            for staff in [f.staff(Some(program.id), role).await, f.staff(None, role).await] {
                for (method, path, body) in in_program.iter().chain(&above) {
                    let path = format!("/api/v1{path}");
                    f.send(method.clone(), &path, Some(&staff), Some(body.clone())).await.refused(403, "rights.missing");
                }
                for path in ["", "/admission", "/plan-lines", "/inviter-rules", "/roster"] {
                    f.get(&format!("/programs/pets{path}"), &staff).await.ok();
                }
            }
        }
        // Above programs counts only what was granted for all of them.
        let owner_of_one = f.staff(Some(program.id), Role::Owner).await;
        for (method, path, body) in &above {
            let path = format!("/api/v1{path}");
            f.send(method.clone(), &path, Some(&owner_of_one), Some(body.clone())).await.refused(403, "rights.missing");
        }
        for path in ["/legal-entities".to_owned(), "/union-accounts".to_owned(), format!("/union-accounts/{id}")] {
            f.get(&path, &owner_of_one).await.refused(403, "rights.missing");
            f.get(&path, &f.staff(None, Role::ReadOnly).await).await.ok();
            f.send(Method::GET, &format!("/api/v1{path}"), None, None).await.refused(401, "session.required");
        }
        assert_eq!(log_length(&f).await, length);
        let mut read = f.ctx.db.read().await.unwrap();
        assert_eq!(store::find(&mut read, program.id).await.unwrap(), Some(program));
    }

    async fn legal_entities_have_names_of_their_own(f: Fixture) {
        let owner = f.owner().await;
        let id = entity(&f, &owner, "某某科技有限公司").await;
        f.post("/legal-entities", &owner, json!({ "name": " 某某科技有限公司 " })).await.refused(409, "legal_entities.name_taken");
        f.post("/legal-entities", &owner, json!({ "name": "" })).await.refused(422, "request.fields");
        let one = json!({ "legal_entity": id, "name": "某某科技有限公司", "registration": "91110000600007156L" });
        assert_eq!(f.get("/legal-entities", &owner).await.ok(), json!({ "items": [one], "next": null }));
        assert_eq!(actions(&f, &owner, "/audit").await, ["legal_entity.add"]);
    }

    async fn a_unions_secret_goes_in_and_never_comes_out(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("pets").await;
        let made = account(&f, &owner, &["pets"]).await;
        let id = account_id(&made);
        let expected = json!({
            "account": id, "union": "jd", "name": "京东一号", "legal_entity": made["legal_entity"],
            "gateway_url": UNREACHED, "app_key": "the-key", "link_hosts": ["u.jd.com", "127.0.0.1:9100"],
            "per_second": 5, "daily_budget": 300_000, "state": "active", "programs": [program.id], "version": 1,
            "site_id": null, "position_union_id": null,
        });
        assert_eq!(made, expected);
        assert_eq!(f.get("/union-accounts", &owner).await.ok(), json!({ "items": [expected], "next": null }));

        let stored = async || {
            let mut read = f.ctx.db.read().await.unwrap();
            programs::find_account(&mut read, id).await.unwrap().unwrap().1
        };
        let opened = |sealed: &[u8]| f.ctx.master.open(&seal_context(id), sealed).unwrap();
        assert_eq!(opened(&stored().await), SECRET.as_bytes());

        const NEXT: &str = "rotated-secret-of-jd";
        let path = format!("/union-accounts/{id}");
        let change = json!({
            "version": 1, "app_secret": NEXT, "state": "paused", "per_second": 7, "daily_budget": 9,
            "link_hosts": ["union-click.jd.com"], "app_key": "next-key",
        });
        let changed = f.patch(&path, &owner, change.clone()).await;
        let mut answers = changed.text.clone();
        let changed = changed.ok();
        let brief = ["version", "state", "per_second", "daily_budget", "link_hosts", "app_key"].map(|field| changed[field].clone());
        assert_eq!(json!(brief), json!([2, "paused", 7, 9, ["union-click.jd.com"], "next-key"]));
        f.patch(&path, &owner, change).await.refused(409, "request.version");
        assert_eq!(opened(&stored().await), NEXT.as_bytes());
        // What is not sent stays.
        f.patch(&path, &owner, json!({ "version": 2, "state": "active" })).await.ok();
        assert_eq!(opened(&stored().await), NEXT.as_bytes());
        assert!(f.ctx.master.open(&seal_context(UnionAccountId::from_raw(1)), &stored().await).is_err());
        assert!(!stored().await.windows(NEXT.len()).any(|w| w == NEXT.as_bytes()));

        let wrong = json!({ "version": 3, "app_secret": NEXT, "state": "asleep", "gateway_url": "nowhere" });
        answers += &f.patch(&path, &owner, wrong).await.text;
        for path in ["/union-accounts", path.as_str(), "/audit", "/programs/pets/audit", "/programs/pets"] {
            answers += &f.get(path, &owner).await.text;
        }
        answers += &whole_log(&f).await;
        assert!(answers.contains("union_account.change") && answers.contains("secret_replaced"));
        assert!(!answers.contains(SECRET) && !answers.contains(NEXT), "{answers}");
    }

    async fn an_account_serves_the_programs_it_is_told_to(f: Fixture) {
        let owner = f.owner().await;
        let a = f.program("aaa").await;
        f.clock.advance_seconds(1);
        let b = f.program("bbb").await;
        let id = account_id(&account(&f, &owner, &["aaa", &a.id.to_string()]).await);
        let path = format!("/union-accounts/{id}/programs");
        for _ in 0..2 {
            let served = f.post(&path, &owner, json!({ "program": "bbb" })).await.ok();
            assert_eq!(served["programs"], json!([a.id, b.id]));
        }
        f.post(&path, &owner, json!({ "program": "ccc" })).await.refused(404, "programs.unknown");
        let unknown = UnionAccountId::from_raw(7);
        f.post(&format!("/union-accounts/{unknown}/programs"), &owner, json!({ "program": "bbb" }))
            .await
            .refused(404, "union_accounts.unknown");
        f.get(&format!("/union-accounts/{unknown}"), &owner).await.refused(404, "union_accounts.unknown");
        f.patch(&format!("/union-accounts/{unknown}"), &owner, json!({ "version": 1 })).await.refused(404, "union_accounts.unknown");
        f.post(&format!("/union-accounts/{unknown}/test"), &owner, json!({})).await.refused(404, "union_accounts.unknown");
        f.get("/union-accounts/7", &owner).await.refused(404, "request.path");
        let mut read = f.ctx.db.read().await.unwrap();
        assert_eq!(store::accounts_of_program(&mut read, b.id).await.unwrap(), [id]);
        let all = store::accounts(&mut read).await.unwrap();
        assert_eq!(all.iter().map(|a| a.id).collect::<Vec<_>>(), [id]);
        assert_eq!(store::all(&mut read).await.unwrap(), [a, b]);
    }

    async fn wrong_accounts_are_refused_field_by_field(f: Fixture) {
        let owner = f.owner().await;
        let id = entity(&f, &owner, "某某科技有限公司").await;
        let wrong = json!({
            "name": "", "union": "ebay", "legal_entity": kernel::LegalEntityId::from_raw(5), "gateway_url": "ftp://x",
            "app_key": "", "app_secret": "abc", "link_hosts": ["u.jd.com/x"], "per_second": 0, "daily_budget": -1,
            "programs": ["nowhere"],
        });
        let problem = f.post("/union-accounts", &owner, wrong).await.refused(422, "request.fields");
        let fields =
            ["name", "union", "legal_entity", "gateway_url", "app_key", "app_secret", "link_hosts", "per_second", "daily_budget", "programs"];
        assert_eq!(named_fields(&problem), set(fields));
        let mut without = account_body(&id, "京东一号", UNREACHED, &[]);
        without["link_hosts"] = json!([]);
        f.post("/union-accounts", &owner, without).await.refused(422, "request.fields");
        let good = account_body(&id, "京东一号", UNREACHED, &[]);
        assert_eq!(f.post("/union-accounts", &owner, good.clone()).await.status, 201);
        f.post("/union-accounts", &owner, good).await.refused(409, "union_accounts.name_taken");
    }

    async fn gateways_are_public_unless_this_is_the_demo(f: Fixture) {
        let private = [
            "http://api.jd.com/routerjson", "https://10.0.0.8/routerjson", "http://10.0.0.8/routerjson",
            "https://169.254.169.254/latest", "https://[fd00::1]/", "https://localhost./x", "https://gateway.internal/",
        ];
        let public = ["https://api.jd.com/routerjson", "https://8.8.8.8/routerjson"];
        for demo in [true, false] {
            let settings = Settings { demo, ..f.ctx.settings.clone() };
            // A process of its own on the same database.
            let ctx = Fixture::new(f.ctx.db.engine()).await.restarted(settings, Limits::wide());
            let owner = ctx.owner().await;
            let id = entity(&ctx, &owner, "某某科技有限公司").await;
            let try_at = async |url: &str| {
                ctx.post("/union-accounts", &owner, account_body(&id, &format!("at {url}"), url, &[])).await
            };
            for url in private {
                let problem = try_at(url).await.refused(422, "request.fields");
                assert_eq!(named_fields(&problem), set(["gateway_url"]), "{url}");
            }
            let mut made = Value::Null;
            for url in public {
                made = try_at(url).await.ok();
            }
            let loopback = "http://127.0.0.1:9100/routerjson";
            let path = format!("/union-accounts/{}", account_id(&made));
            let change = json!({ "version": 1, "gateway_url": loopback });
            if demo {
                assert_eq!(try_at(loopback).await.status, 201);
                assert_eq!(ctx.patch(&path, &owner, change).await.ok()["gateway_url"], loopback);
            } else {
                try_at(loopback).await.refused(422, "request.fields");
                ctx.patch(&path, &owner, change).await.refused(422, "request.fields");
            }
        }
    }

    async fn testing_an_account_asks_the_union(f: Fixture) {
        let owner = f.owner().await;
        let gateway = Gateway::start(&f).await;
        let entity = entity(&f, &owner, "某某科技有限公司").await;
        let made = f.post("/union-accounts", &owner, account_body(&entity, "京东一号", &gateway.url, &[])).await.ok();
        let (path, test) = (format!("/union-accounts/{}", account_id(&made)), format!("/union-accounts/{}/test", account_id(&made)));
        let good = f.post(&test, &owner, json!({})).await.ok();
        assert_eq!((&good["ok"], &good["class"], &good["message"]), (&json!(true), &Value::Null, &json!("2 top categories")));
        assert!(good["latency_ms"].is_u64());

        *gateway.refuses.lock().unwrap() = true;
        let bad = f.post(&test, &owner, json!({})).await;
        assert!(!bad.text.contains(SECRET));
        let bad = bad.ok();
        assert_eq!((&bad["ok"], &bad["class"]), (&json!(false), &json!("auth")));
        assert!(bad["message"].as_str().unwrap().contains("12"), "{bad}");

        // A new secret is used by the next call. The clock stands, so nothing but the signature differs.
        f.patch(&path, &owner, json!({ "version": 1, "app_secret": "rotated-secret" })).await.ok();
        f.post(&test, &owner, json!({})).await.ok();
        let seen = gateway.seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 3);
        assert_eq!((&seen[0]["app_key"], &seen[0]["sign"]), (&"the-key".to_owned(), &seen[1]["sign"]));
        assert_ne!(seen[1]["sign"], seen[2]["sign"]);

        // The calls count in the day's budget, also after a restart.
        let mut read = f.ctx.db.read().await.unwrap();
        let calls = read.one("SELECT calls FROM union_budget", vec![]).await.unwrap().unwrap().int("calls").unwrap();
        assert_eq!(calls, 3);
        drop(read);
        f.patch(&path, &owner, json!({ "version": 2, "daily_budget": 3 })).await.ok();
        assert_eq!(f.post(&test, &owner, json!({})).await.ok()["class"], "budget_spent");
        f.patch(&path, &owner, json!({ "version": 3, "state": "paused" })).await.ok();
        f.post(&test, &owner, json!({})).await.refused(409, "union_accounts.paused");
        assert_eq!(gateway.seen.lock().unwrap().len(), 3);
    }

    async fn a_test_says_what_kind_of_trouble_it_is(f: Fixture) {
        let owner = f.owner().await;
        let id = account_id(&account(&f, &owner, &[]).await);
        let union = f.fake_union(id).await;
        let test = format!("/union-accounts/{id}/test");
        for class in [ErrorClass::Permission, ErrorClass::RateLimited, ErrorClass::Malformed] {
            union.down(Some(class));
            let tested = f.post(&test, &owner, json!({})).await.ok();
            assert_eq!((&tested["ok"], &tested["class"]), (&json!(false), &json!(class.word())));
        }
        union.down(None);
        assert_eq!(f.post(&test, &owner, json!({})).await.ok()["message"], "0 top categories");
    }
}
