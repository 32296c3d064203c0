//! Joining, invite codes, standing, teams and communities over HTTP, on both engines.

use app::communities;
use app::ctx::{Ctx, Limits, Parts};
use app::programs::{self, Admission, Program, ProgramState, Unions};
use app::promoters::{self, Promoter};
use app::staff::Role;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use infra::db::{Arg, Tx};
use infra::http::RateLimit;
use infra::secrets::MasterKey;
use infra::{args, db::Engine};
use kernel::{CommunityId, InviteCode, PersonId, PromoterId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Fixture, Reply, Signed, on_both_engines};

const PASSWORD: &str = "correct horse battery";

/// From now on.
async fn admit(f: &Fixture, program: &Program, mode: Admission) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    let nobody = PersonId::from_raw(0);
    assert!(programs::store::add_admission(&mut tx, program.id, f.ctx.now(), mode, nobody).await.unwrap());
    tx.commit().await.unwrap();
}

/// A live program that admits so.
async fn admitting(f: &Fixture, code: &str, mode: Admission) -> Program {
    let program = f.program(code).await;
    admit(f, &program, mode).await;
    program
}

async fn change(f: &Fixture, program: &mut Program, change: impl FnOnce(&mut Program)) {
    let former = program.code.clone();
    change(program);
    let mut tx = f.ctx.db.begin().await.unwrap();
    assert!(programs::store::update(&mut tx, program, &former, f.ctx.now()).await.unwrap());
    tx.commit().await.unwrap();
    program.version += 1;
}

async fn write(f: &Fixture, sql: &'static str, args: Vec<Arg>) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    assert_eq!(tx.run(sql, args).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn on_roster(f: &Fixture, program: &Program, number: &str) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    assert!(programs::store::add_roster_number(&mut tx, program.id, number, "").await.unwrap());
    tx.commit().await.unwrap();
}

/// Persons, promoters, invitations and what was used of codes.
async fn counts(f: &Fixture) -> [i64; 4] {
    let mut read = f.ctx.db.read().await.unwrap();
    let mut counts = [0; 4];
    for (n, sql) in [
        "SELECT COUNT(*) AS n FROM person",
        "SELECT COUNT(*) AS n FROM promoter",
        "SELECT COUNT(*) AS n FROM invitation",
        "SELECT CAST(COALESCE(SUM(used), 0) AS BIGINT) AS n FROM invite_code",
    ]
    .into_iter()
    .enumerate()
    {
        counts[n] = read.one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap();
    }
    counts
}

fn join_path(program: &Program) -> String {
    format!("/programs/{}/join", program.code)
}

/// Somebody signed in joins.
async fn join(f: &Fixture, program: &Program, who: &Signed, body: Value) -> Reply {
    f.post(&join_path(program), who, body).await
}

/// Somebody who is nobody yet joins.
async fn join_new(f: &Fixture, program: &Program, body: Value) -> Reply {
    f.send(Method::POST, &format!("/api/v1{}", join_path(program)), None, Some(body)).await
}

fn newcomer(name: &str) -> Value {
    json!({ "name": name, "password": PASSWORD, "display_name": "新人" })
}

async fn invite(f: &Fixture, program: &Program, who: &Signed, body: Value) -> String {
    let made = f.post(&format!("/programs/{}/invite-codes", program.code), who, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json["code"].as_str().unwrap().to_owned()
}

async fn make_community(f: &Fixture, program: &Program, who: &Signed, name: &str) -> Reply {
    f.post(&format!("/programs/{}/communities", program.code), who, json!({ "name": name })).await
}

async fn find(f: &Fixture, program: &Program, id: &Value) -> Promoter {
    let id = id.as_str().unwrap().parse().unwrap();
    promoters::store::find(&mut f.ctx.db.read().await.unwrap(), program.id, id).await.unwrap().unwrap()
}

async fn suspend(f: &Fixture, program: &Program, staff: &Signed, id: PromoterId) {
    let path = format!("/programs/{}/promoters/{id}/suspend", program.code);
    f.post(&path, staff, json!({ "reason": "刷单" })).await.ok();
}

/// Sends all at once; the answers in the order of the requests.
async fn together(f: &Arc<Fixture>, requests: Vec<(String, Signed, Value)>) -> Vec<Reply> {
    let sent: Vec<_> = requests
        .into_iter()
        .map(|(path, who, body)| {
            let f = f.clone();
            tokio::spawn(async move { f.post(&path, &who, body).await })
        })
        .collect();
    let mut replies = Vec::new();
    for reply in sent {
        replies.push(reply.await.unwrap());
    }
    replies
}

/// So many were made; each of the others was refused with this code.
#[track_caller]
fn made_but(replies: &[Reply], made: usize, status: u16, code: &str) {
    let (good, bad): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|r| r.status == 201);
    for reply in bad {
        reply.clone().refused(status, code);
    }
    assert_eq!(good.len(), made);
}

fn texts(items: &Value, field: &str) -> Vec<String> {
    items["items"].as_array().unwrap().iter().map(|i| i[field].as_str().unwrap().to_owned()).collect()
}

fn keys(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

on_both_engines! {
    async fn a_stranger_joins_and_is_signed_in(f: Fixture) {
        let program = f.program("p").await;
        let mut body = newcomer(" Zhang.San@Corp-7 ");
        body["unheard_of"] = json!(true);
        let joined = join_new(&f, &program, body).await;
        assert_eq!(joined.status, 201, "{}", joined.text);
        assert_eq!(keys(&joined.json), ["promoter", "program", "person", "inviter", "joined_at", "csrf"]);
        assert_eq!(joined.json["program"], program.id.to_string());
        assert_eq!((&joined.json["inviter"], &joined.json["joined_at"]), (&Value::Null, &json!(testkit::START)));
        let promoter = find(&f, &program, &joined.json["promoter"]).await;
        assert_eq!((promoter.person.to_string(), promoter.display_name.as_str()), (
            joined.json["person"].as_str().unwrap().to_owned(), "新人",
        ));
        assert_eq!(promoter.id.bucket(), promoter.person.bucket());

        // The session is a browser's, as after signing in.
        let cookie = joined.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite="), "{cookie}");
        let signed = Signed {
            person: promoter.person,
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: joined.json["csrf"].as_str().unwrap().to_owned(),
        };
        let me = f.get("/programs/p/promoters/me", &signed).await;
        assert_eq!(me.clone().ok()["display_name"], "新人");
        let forged = Signed { csrf: "0".repeat(32), ..signed.clone() };
        make_community(&f, &program, &forged, "群").await.refused(403, "session.csrf");
        assert_eq!(make_community(&f, &program, &signed, "群").await.status, 201);
        // The password signs in.
        let body = json!({ "name": "zhang.san@corp-7", "password": PASSWORD });
        f.send(Method::POST, "/api/v1/session", None, Some(body)).await.ok();

        for reply in [&joined, &me] {
            assert!(!reply.text.to_lowercase().contains("zhang.san"), "{}", reply.text);
        }
        // The same sign-in name again makes nothing at all.
        let before = counts(&f).await;
        join_new(&f, &program, newcomer("zhang.san@corp-7")).await.refused(409, "persons.name_taken");
        assert_eq!(counts(&f).await, before);
    }

    async fn what_a_stranger_sends_is_checked(f: Fixture) {
        let program = f.program("p").await;
        let fields = |reply: Reply| -> Vec<String> {
            let body = reply.refused(422, "request.fields");
            body["fields"].as_array().unwrap().iter().map(|x| x["field"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(fields(join_new(&f, &program, json!({ "display_name": " " })).await), [
            "display_name", "name", "password",
        ]);
        let long = "长".repeat(31);
        let body = json!({ "name": "名字", "password": "short", "display_name": long, "roster_number": "1".repeat(41) });
        assert_eq!(fields(join_new(&f, &program, body).await), ["display_name", "roster_number", "name", "password"]);
        let who = f.person().await;
        assert_eq!(fields(join(&f, &program, &who, json!({ "display_name": "a\u{0}b" })).await), ["display_name"]);
        join(&f, &program, &who, json!({})).await.refused(400, "request.body");
        // A session that is over is not taken for none.
        let stale = Signed { cookie: "daogou_session=dgs_00nothing".into(), ..who.clone() };
        join(&f, &program, &stale, json!({ "display_name": "甲" })).await.refused(401, "session.required");
        let forged = Signed { csrf: String::new(), ..who.clone() };
        join(&f, &program, &forged, json!({ "display_name": "甲" })).await.refused(403, "session.csrf");
        assert_eq!(counts(&f).await, [1, 0, 0, 0]);
        // Somebody signed in needs no name; what they send of one is not looked at.
        let joined = join(&f, &program, &who, json!({ "display_name": "甲", "name": "x" })).await.ok();
        assert_eq!(joined["csrf"], Value::Null);
        assert_eq!(counts(&f).await, [1, 1, 0, 0]);
    }

    async fn the_mode_in_force_admits(f: Fixture) {
        let program = f.program("p").await;
        let owner = f.owner().await;
        let code = invite(&f, &program, &owner, json!({ "owner": true })).await;
        on_roster(&f, &program, "京-001").await;
        on_roster(&f, &program, "京-002").await;
        let body = |name: &str| json!({ "display_name": name });

        // Open: without a code, with one; a number is not looked at.
        join(&f, &program, &f.person().await, body("甲")).await.ok();
        join(&f, &program, &f.person().await, json!({ "display_name": "乙", "invite_code": code })).await.ok();
        join(&f, &program, &f.person().await, json!({ "display_name": "丙", "roster_number": "no" })).await.ok();
        join(&f, &program, &f.person().await, json!({ "display_name": "丁", "invite_code": "" })).await.ok();

        // From tomorrow by invite code: today everybody, tomorrow not.
        let day = 86_400;
        f.clock.advance_seconds(day);
        admit(&f, &program, Admission::Invite).await;
        f.clock.advance_seconds(-1);
        join(&f, &program, &f.person().await, body("戊")).await.ok();
        f.clock.advance_seconds(1);
        let before = counts(&f).await;
        join_new(&f, &program, newcomer("anna")).await.refused(403, "promoters.code_needed");
        for code in ["", "  "] {
            let mut blank = newcomer("anna");
            blank["invite_code"] = json!(code);
            join_new(&f, &program, blank).await.refused(403, "promoters.code_needed");
        }
        assert_eq!(counts(&f).await, before);
        // As people type it.
        let typed = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..]);
        let joined = join(&f, &program, &f.person().await, json!({ "display_name": "己", "invite_code": typed })).await;
        assert_eq!(joined.ok()["inviter"], Value::Null);

        f.clock.advance_seconds(day);
        admit(&f, &program, Admission::Roster).await;
        let before = counts(&f).await;
        join_new(&f, &program, newcomer("anna")).await.refused(403, "promoters.not_on_roster");
        for number in ["京-003", "", "京-00", "京-001%"] {
            let mut body = newcomer("anna");
            body["roster_number"] = json!(number);
            join_new(&f, &program, body).await.refused(403, "promoters.not_on_roster");
        }
        // A code does not stand in for the number, and is not used up in vain.
        let body = json!({ "display_name": "庚", "invite_code": code, "roster_number": "京-003" });
        join(&f, &program, &f.person().await, body).await.refused(403, "promoters.not_on_roster");
        assert_eq!(counts(&f).await[1..], before[1..]);
        let body = json!({ "display_name": "庚", "roster_number": " 京-001 " });
        let who = f.person().await;
        join(&f, &program, &who, body.clone()).await.ok();
        join(&f, &program, &who, json!({ "display_name": "庚", "roster_number": "京-002" })).await
            .refused(409, "promoters.already_joined");
        join(&f, &program, &f.person().await, body).await.refused(403, "promoters.not_on_roster");
        // The number that was tried by somebody who is in already is still free.
        join(&f, &program, &f.person().await, json!({ "display_name": "辛", "roster_number": "京-002" })).await.ok();
    }

    async fn codes_that_do_not_admit_leave_nothing_behind(f: Fixture) {
        let program = admitting(&f, "p", Admission::Invite).await;
        let other = admitting(&f, "q", Admission::Invite).await;
        let owner = f.owner().await;
        let (inviter, inviting) = f.signed_promoter(&program, "王芳", None).await;
        let (_, elsewhere) = f.signed_promoter(&other, "别处", None).await;
        let good = invite(&f, &program, &inviting, json!({ "quota": 5, "days": 3 })).await;
        let foreign = invite(&f, &other, &elsewhere, json!({})).await;
        let once = invite(&f, &program, &owner, json!({ "owner": true, "quota": 1, "days": 1 })).await;
        join(&f, &program, &f.person().await, json!({ "display_name": "甲", "invite_code": once })).await.ok();
        let before = counts(&f).await;

        let with = |code: &str| {
            let mut body = newcomer("anna");
            body["invite_code"] = json!(code);
            body
        };
        // Unknown, foreign and malformed read the same: nobody learns which codes exist.
        let mut unknown = BTreeSet::new();
        let nul = format!("{}\u{0}", &good[..7]);
        for code in ["ABCDEFGH", "0OIL1000", &foreign, "短", &nul, &good[..7], &format!("{good}2"), &"A".repeat(500)] {
            let refusal = join_new(&f, &program, with(code)).await.refused(404, "promoters.code_unknown");
            unknown.insert(refusal["detail"].as_str().unwrap().to_owned());
        }
        assert_eq!(unknown.len(), 1, "{unknown:?}");
        join_new(&f, &program, with(&once)).await.refused(409, "promoters.code_used_up");

        // A code lives to the moment, not beyond.
        f.clock.advance_seconds(3 * 86_400 - 1);
        join_new(&f, &program, with(&once)).await.refused(410, "promoters.code_expired");
        suspend(&f, &program, &owner, inviter.id).await;
        join_new(&f, &program, with(&good)).await.refused(403, "promoters.inviter_suspended");
        f.clock.advance_seconds(1);
        join_new(&f, &program, with(&good)).await.refused(410, "promoters.code_expired");
        f.clock.advance_seconds(-1);
        assert_eq!(counts(&f).await, before);
        f.post(&format!("/programs/p/promoters/{}/reinstate", inviter.id), &owner, json!({ "reason": "误会" })).await.ok();
        let who = f.person().await;
        let joined = join(&f, &program, &who, json!({ "display_name": "乙", "invite_code": good })).await.ok();
        assert_eq!(joined["inviter"], "王芳");
        let promoter = find(&f, &program, &joined["promoter"]).await;
        assert_eq!(promoter.inviter, Some(inviter.id));

        // Nobody joins twice, by whichever code, their own included; and the inviter stays.
        let own = invite(&f, &program, &who, json!({})).await;
        for code in [&own, &good] {
            join(&f, &program, &who, json!({ "display_name": "丙", "invite_code": code })).await
                .refused(409, "promoters.already_joined");
        }
        assert_eq!(find(&f, &program, &joined["promoter"]).await, promoter);
    }

    async fn a_quota_holds_when_many_join_at_once(f: Fixture) {
        let program = admitting(&f, "p", Admission::Invite).await;
        let (inviter, inviting) = f.signed_promoter(&program, "王芳", None).await;
        let code = invite(&f, &program, &inviting, json!({ "quota": 3 })).await;
        let mut requests = Vec::new();
        for n in 0..12 {
            let body = json!({ "display_name": format!("人{n}"), "invite_code": code });
            requests.push((join_path(&program), f.person().await, body));
        }
        let f = Arc::new(f);
        made_but(&together(&f, requests).await, 3, 409, "promoters.code_used_up");
        assert_eq!(counts(&f).await[1..], [4, 3, 3]);
        let codes = f.get("/programs/p/invite-codes", &inviting).await.ok();
        assert_eq!((&codes["items"][0]["used"], &codes["items"][0]["quota"]), (&json!(3), &json!(3)));
        let team = f.get(&format!("/programs/p/promoters/{}/team", inviter.id), &inviting).await.ok();
        assert_eq!(team["heads"], 3);
    }

    async fn one_person_joins_once_however_often_at_once(f: Fixture) {
        let program = admitting(&f, "p", Admission::Invite).await;
        let code = invite(&f, &program, &f.owner().await, json!({ "owner": true })).await;
        let who = f.person().await;
        let body = json!({ "display_name": "甲", "invite_code": code });
        let f = Arc::new(f);
        let replies = together(&f, vec![(join_path(&program), who, body); 8]).await;
        made_but(&replies, 1, 409, "promoters.already_joined");
        assert_eq!(counts(&f).await[1..], [1, 0, 1]);
    }

    async fn a_roster_number_admits_one_of_many_at_once(f: Fixture) {
        let program = admitting(&f, "p", Admission::Roster).await;
        on_roster(&f, &program, "007").await;
        let mut requests = Vec::new();
        for n in 0..10 {
            let body = json!({ "display_name": format!("人{n}"), "roster_number": "007" });
            requests.push((join_path(&program), f.person().await, body));
        }
        let f = Arc::new(f);
        let replies = together(&f, requests).await;
        made_but(&replies, 1, 403, "promoters.not_on_roster");
        let winner = replies.iter().find(|r| r.status == 201).unwrap().json["person"].clone();
        let roster = f.get("/programs/p/roster", &f.owner().await).await.ok();
        assert_eq!(roster["items"][0]["used_by"], winner);
    }

    async fn drafts_are_unknown_and_closed_programs_take_nobody(f: Fixture) {
        let mut program = f.program("p").await;
        let who = f.person().await;
        let body = json!({ "display_name": "甲" });
        f.post("/programs/none/join", &who, body.clone()).await.refused(404, "programs.unknown");
        change(&f, &mut program, |p| p.state = ProgramState::Draft).await;
        let draft = join(&f, &program, &who, body.clone()).await.refused(404, "programs.unknown");
        let none = f.post("/programs/x/join", &who, body.clone()).await.refused(404, "programs.unknown");
        assert_eq!(draft["detail"].as_str().unwrap().replace('p', "x"), none["detail"].as_str().unwrap().replace('p', "x"));
        join_new(&f, &program, newcomer("anna")).await.refused(404, "programs.unknown");
        change(&f, &mut program, |p| p.state = ProgramState::Closed).await;
        join(&f, &program, &who, body.clone()).await.refused(409, "promoters.closed");
        assert_eq!(counts(&f).await, [1, 0, 0, 0]);
        // A former code leads to the program, as printed on posters.
        change(&f, &mut program, |p| (p.state, p.code) = (ProgramState::Live, "renamed".to_owned())).await;
        let joined = f.post("/programs/p/join", &who, body).await.ok();
        assert_eq!(joined["program"], program.id.to_string());
    }

    async fn one_person_is_a_promoter_of_two_programs(f: Fixture) {
        let (first, second) = (f.program("p").await, f.program("q").await);
        let (inviter, inviting) = f.signed_promoter(&second, "李雷", None).await;
        let code = invite(&f, &second, &inviting, json!({})).await;
        let who = f.person().await;
        let one = join(&f, &first, &who, json!({ "display_name": "甲" })).await.ok();
        let two = join(&f, &second, &who, json!({ "display_name": "乙", "invite_code": code })).await;
        assert!(two.headers.get(header::SET_COOKIE).is_none(), "the session stays as it is");
        let two = two.ok();
        assert_eq!(one["person"], two["person"]);
        assert_ne!(one["promoter"], two["promoter"]);
        let (one, two) = (find(&f, &first, &one["promoter"]).await, find(&f, &second, &two["promoter"]).await);
        assert_eq!((one.inviter, two.inviter), (None, Some(inviter.id)));
        assert_ne!(one.number, two.number);
        for (program, name) in [(&first, "甲"), (&second, "乙")] {
            let me = f.get(&format!("/programs/{}/promoters/me", program.code), &who).await.ok();
            assert_eq!(me["display_name"], name);
        }
    }

    /// The inviter exists before: whatever people do, the lines above anybody end, and nobody is moved.
    async fn inviters_never_form_a_circle(f: Fixture) {
        let program = f.program("p").await;
        let mut random = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
        let mut draw = |below: usize| {
            use rand::Rng;
            random.next_u32() as usize % below
        };
        let mut joined: Vec<(Promoter, Signed, String)> = Vec::new();
        let mut above: Vec<Option<usize>> = Vec::new();
        for n in 0..30 {
            f.clock.advance_seconds(1);
            let chosen = Some(draw(joined.len() + 1)).filter(|i| *i < joined.len());
            let mut body = json!({ "display_name": format!("人{n}") });
            if let Some(i) = chosen {
                body["invite_code"] = json!(joined[i].2);
            }
            let who = f.person().await;
            let made = join(&f, &program, &who, body).await.ok();
            let promoter = find(&f, &program, &made["promoter"]).await;
            let code = invite(&f, &program, &who, json!({})).await;
            joined.push((promoter, who, code));
            above.push(chosen);
            // Somebody who is in tries to get under somebody else.
            let (who, under) = (draw(joined.len()), draw(joined.len()));
            let body = json!({ "display_name": "x", "invite_code": joined[under].2 });
            join(&f, &program, &joined[who].1, body).await.refused(409, "promoters.already_joined");
        }
        for (n, (promoter, signed, _)) in joined.iter().enumerate() {
            let now = find(&f, &program, &json!(promoter.id)).await;
            assert_eq!(now.inviter, above[n].map(|i| joined[i].0.id));
            let mut at = now;
            let mut steps = 0;
            while let Some(inviter) = at.inviter {
                let next = find(&f, &program, &json!(inviter)).await;
                assert!(next.joined_at < at.joined_at);
                (at, steps) = (next, steps + 1);
                assert!(steps < 30, "a circle");
            }
            let team = f.get(&format!("/programs/p/promoters/{}/team", promoter.id), signed).await.ok();
            assert_eq!(team["heads"], above.iter().filter(|a| **a == Some(n)).count());
        }
    }
}

on_both_engines! {
    async fn invite_codes_say_their_inviter(f: Fixture) {
        let mut program = f.program("p").await;
        let (owner, reader) = (f.owner().await, f.staff(Some(program.id), Role::ReadOnly).await);
        let (promoter, signed) = f.signed_promoter(&program, "王芳", None).await;
        let (_, other) = f.signed_promoter(&program, "李雷", None).await;
        let path = "/programs/p/invite-codes";
        let own = f.post(path, &signed, json!({})).await.ok();
        assert_eq!(keys(&own), ["code", "url", "inviter", "inviter_name", "quota", "used", "expires_at", "created_at"]);
        let code: InviteCode = own["code"].as_str().unwrap().parse().unwrap();
        assert_eq!((code.bucket(), own["inviter"].clone()), (promoter.id.bucket(), json!(promoter.id)));
        assert_eq!(own["inviter_name"], "王芳");
        assert_eq!(own["url"], format!("http://127.0.0.1:8080/i/{code}"));
        assert_eq!((&own["quota"], &own["used"], &own["expires_at"]), (&json!(50), &json!(0), &json!("2027-01-31T02:00:00Z")));

        change(&f, &mut program, |p| p.public_url = "https://p.example".to_owned()).await;
        f.clock.advance_seconds(1);
        let named = f.post(path, &owner, json!({ "promoter": promoter.id, "quota": 1000, "days": 365 })).await.ok();
        assert_eq!((&named["inviter"], &named["quota"]), (&json!(promoter.id), &json!(1000)));
        assert!(named["url"].as_str().unwrap().starts_with("https://p.example/i/"), "{named}");
        f.clock.advance_seconds(1);
        let platform = f.post(path, &owner, json!({ "owner": true, "quota": 1, "days": 1 })).await.ok();
        let code: InviteCode = platform["code"].as_str().unwrap().parse().unwrap();
        assert_eq!((code.bucket(), &platform["inviter"]), (program.id.bucket(), &Value::Null));

        f.post(path, &owner, json!({})).await.refused(400, "promoters.name_one");
        f.post(path, &owner, json!({ "owner": true, "promoter": promoter.id })).await.refused(422, "request.fields");
        f.post(path, &signed, json!({ "owner": true })).await.refused(404, "programs.unknown");
        f.post(path, &other, json!({ "promoter": promoter.id })).await.refused(404, "promoters.unknown");
        f.post(path, &reader, json!({ "promoter": promoter.id })).await.refused(403, "rights.missing");
        f.post(path, &reader, json!({ "owner": true })).await.refused(403, "rights.missing");
        for (field, value) in [("quota", 0), ("quota", 1001), ("days", 0), ("days", 366)] {
            let refusal = f.post(path, &signed, json!({ field: value })).await.refused(422, "request.fields");
            assert_eq!(refusal["fields"][0]["field"], field);
        }

        // Staff see all, newest first; a promoter their own.
        let code = |made: &Value| made["code"].as_str().unwrap().to_owned();
        let all = f.get(path, &reader).await.ok();
        assert_eq!(texts(&all, "code"), [code(&platform), code(&named), code(&own)]);
        let of = |id: PromoterId| format!("{path}?promoter={id}");
        assert_eq!(texts(&f.get(&of(promoter.id), &owner).await.ok(), "code"), [code(&named), code(&own)]);
        assert_eq!(texts(&f.get(path, &signed).await.ok(), "code"), [code(&named), code(&own)]);
        assert_eq!(texts(&f.get(path, &other).await.ok(), "code"), Vec::<String>::new());
        f.get(&of(promoter.id), &other).await.refused(404, "promoters.unknown");
        // Pages meet without a gap, also where codes are of one moment.
        let mut wanted = texts(&all, "code");
        for _ in 0..4 {
            wanted.push(invite(&f, &program, &owner, json!({ "owner": true })).await);
        }
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = f.get(&format!("{path}?limit=2{after}"), &owner).await.ok();
            let codes = texts(&page, "code");
            assert!(codes.len() <= 2);
            seen.extend(codes);
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen.len(), 7);
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), wanted.into_iter().collect());
        f.get(&format!("{path}?after=zz"), &owner).await.refused(422, "request.fields");

        // What staff made for others is in the log; a promoter's own code is no deed of staff.
        let audit = f.get("/programs/p/audit?action=invite_code.add", &owner).await.ok();
        assert_eq!(audit["items"].as_array().unwrap().len(), 6);
        assert!(!audit.to_string().contains(&code(&own)));
    }

    async fn promoters_are_listed_for_staff(f: Fixture) {
        let program = f.program("p").await;
        let other = f.program("q").await;
        let staff = f.staff(Some(program.id), Role::ReadOnly).await;
        let owner = f.owner().await;
        let root = f.promoter(&program, "王芳", None).await;
        let mut made = vec![root.clone()];
        for name in ["快递小哥张三", "Anna 100%", "anna_b", "张三丰", "李雷!"] {
            // Two of one moment each: the id decides.
            if made.len() % 2 == 0 {
                f.clock.advance_seconds(1);
            }
            made.push(f.promoter(&program, name, Some(root.id).filter(|_| name.contains("张三"))).await);
        }
        f.promoter(&other, "张三别处", None).await;
        suspend(&f, &program, &owner, made[4].id).await;
        let mut sorted: Vec<_> = made.iter().map(|p| (p.joined_at, p.id.raw(), p.display_name.clone())).collect();
        sorted.sort();
        sorted.reverse();
        let wanted: Vec<String> = sorted.into_iter().map(|s| s.2).collect();

        let all = f.get("/programs/p/promoters", &staff).await.ok();
        assert_eq!(texts(&all, "display_name"), wanted);
        assert_eq!(all["next"], Value::Null);
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = f.get(&format!("/programs/p/promoters?limit=4{after}"), &staff).await.ok();
            seen.extend(texts(&page, "display_name"));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen, wanted);

        let search = async |query: &str| -> Vec<String> {
            let page = f.get(&format!("/programs/p/promoters?{query}"), &staff).await.ok();
            let mut names = texts(&page, "display_name");
            names.sort();
            names
        };
        // 张三; one character; %, _ and ! are letters like others; both engines disregard case.
        assert_eq!(search("q=%E5%BC%A0%E4%B8%89").await, ["张三丰", "快递小哥张三"]);
        assert_eq!(search("q=%E9%9B%B7").await, ["李雷!"]);
        assert_eq!(search("q=%25").await, ["Anna 100%"]);
        assert_eq!(search("q=_").await, ["anna_b"]);
        assert_eq!(search("q=!").await, ["李雷!"]);
        assert_eq!(search("q=aNNA").await, ["Anna 100%", "anna_b"]);
        assert_eq!(search("q=nobody").await, Vec::<String>::new());
        assert_eq!(search("q=%20").await.len(), 6);
        assert_eq!(search("state=suspended").await, ["张三丰"]);
        assert_eq!(search("state=active").await.len(), 5);
        assert_eq!(search(&format!("inviter={}", root.id)).await, ["张三丰", "快递小哥张三"]);
        assert_eq!(search(&format!("inviter={}&state=active&q=%E5%BC%A0", root.id)).await, ["快递小哥张三"]);
        assert_eq!(search(&format!("inviter={}", made[1].id)).await, Vec::<String>::new());
        f.get("/programs/p/promoters?state=asleep", &staff).await.refused(422, "request.fields");
        f.get("/programs/p/promoters?after=zz", &staff).await.refused(422, "request.fields");
        f.get("/programs/p/promoters?inviter=zz", &staff).await.refused(400, "request.query");

        let item = all["items"].as_array().unwrap().iter().find(|i| i["display_name"] == "张三丰").unwrap();
        assert_eq!((&item["inviter"], &item["inviter_name"], &item["state"]), (
            &json!(root.id), &json!("王芳"), &json!("suspended"),
        ));
        let mut names = f.ctx.db.read().await.unwrap();
        for row in names.all("SELECT name FROM sign_in_name LIMIT 100", vec![]).await.unwrap() {
            assert!(!all.to_string().contains(&row.text("name").unwrap()));
        }
    }

    async fn standing_is_dated_and_audited(f: Fixture) {
        let program = f.program("p").await;
        let operations = f.staff(Some(program.id), Role::Operations).await;
        let (reader, owner) = (f.staff(Some(program.id), Role::ReadOnly).await, f.owner().await);
        let (promoter, signed) = f.signed_promoter(&program, "王芳", None).await;
        let community = make_community(&f, &program, &signed, "群").await.ok();
        let path = |what: &str| format!("/programs/p/promoters/{}{what}", promoter.id);
        let reason = json!({ "reason": " 刷单，待查 " });

        f.post(&path("/suspend"), &reader, reason.clone()).await.refused(403, "rights.missing");
        f.post(&path("/suspend"), &signed, reason.clone()).await.refused(404, "programs.unknown");
        f.post(&path("/suspend"), &operations, json!({ "reason": " " })).await.refused(422, "request.fields");
        f.post(&path("/reinstate"), &operations, reason.clone()).await.refused(409, "promoters.same_standing");
        f.clock.advance_seconds(60);
        let body = f.post(&path("/suspend"), &operations, reason.clone()).await.ok();
        assert_eq!((&body["state"], &body["reason"]), (&json!("suspended"), &json!("刷单，待查")));
        f.post(&path("/suspend"), &operations, reason.clone()).await.refused(409, "promoters.same_standing");
        // They are told why, and start nothing new; what they have stays.
        let me = f.get("/programs/p/promoters/me", &signed).await.ok();
        assert_eq!((&me["state"], &me["reason"]), (&json!("suspended"), &json!("刷单，待查")));
        make_community(&f, &program, &signed, "又一群").await.refused(403, "promoters.suspended");
        f.post("/programs/p/communities", &operations, json!({ "promoter": promoter.id, "name": "群" })).await
            .refused(403, "promoters.suspended");
        f.post("/programs/p/invite-codes", &signed, json!({})).await.refused(403, "promoters.suspended");
        f.get(&format!("/programs/p/communities/{}", community["community"].as_str().unwrap()), &signed).await.ok();

        // In force from that moment, not before.
        let at = async |seconds: i64| {
            let mut read = f.ctx.db.read().await.unwrap();
            let at = promoter.joined_at.plus_seconds(seconds);
            promoters::store::standing_at(&mut read, promoter.id, at).await.unwrap().suspended
        };
        assert_eq!((at(0).await, at(59).await, at(60).await, at(600).await), (false, false, true, true));
        f.clock.advance_seconds(60);
        let body = f.post(&path("/reinstate"), &operations, json!({ "reason": "查清" })).await.ok();
        assert_eq!((&body["state"], body.get("reason")), (&json!("active"), None));
        assert_eq!((at(59).await, at(60).await, at(119).await, at(120).await), (false, true, true, false));
        make_community(&f, &program, &signed, "又一群").await.ok();
        // Within one moment the last word counts.
        f.post(&path("/suspend"), &operations, reason).await.ok();
        f.post(&path("/reinstate"), &operations, json!({ "reason": "误会" })).await.ok();
        assert!(!at(120).await);

        let audit = f.get("/programs/p/audit", &owner).await.ok();
        let actions = texts(&audit, "action");
        assert_eq!(actions, ["promoter.reinstate", "promoter.suspend", "promoter.reinstate", "promoter.suspend"]);
        let first = &audit["items"][3];
        assert_eq!((&first["subject"], &first["person"], &first["detail"]["reason"]), (
            &json!(promoter.id), &json!(operations.person), &json!("刷单，待查"),
        ));
    }

    async fn lesson_15_a_team_is_heads_only(f: Fixture) {
        let program = f.program("p").await;
        let (owner, root) = (f.owner().await, f.signed_promoter(&program, "王芳", None).await);
        let (child, child_signed) = f.signed_promoter(&program, "张三", Some(root.0.id)).await;
        f.promoter(&program, "孙", Some(child.id)).await;
        f.clock.advance_seconds(29 * 86_400);
        let second = f.promoter(&program, "李四", Some(root.0.id)).await;
        let path = |p: &Promoter| format!("/programs/p/promoters/{}/team", p.id);
        // The first level only, and no names: people below are counted.
        let team_of = |heads: i64, recent: i64| {
            json!({ "heads": heads, "joined_30_days": recent, "inviter_fen_month": 0, "inviter_fen_total": 0 })
        };
        let team = team_of(2, 2);
        assert_eq!(f.get(&path(&root.0), &root.1).await.ok(), team);
        assert_eq!(f.get(&path(&root.0), &owner).await.ok(), team);
        assert_eq!(f.get(&path(&child), &child_signed).await.ok(), team_of(1, 1));
        assert_eq!(f.get(&path(&second), &owner).await.ok(), team_of(0, 0));
        // Neither upwards nor downwards is anybody else's team to be seen.
        f.get(&path(&child), &root.1).await.refused(404, "promoters.unknown");
        f.get(&path(&root.0), &child_signed).await.refused(404, "promoters.unknown");
        f.clock.advance_seconds(86_400 + 1);
        let team = team_of(2, 1);
        assert_eq!(f.get(&path(&root.0), &f.owner().await).await.ok(), team);
    }

    async fn a_program_is_closed_to_everybody_elses_people(f: Fixture) {
        let (program, other) = (f.program("p").await, f.program("q").await);
        let (promoter, signed) = f.signed_promoter(&program, "王芳", None).await;
        let (foreign, foreign_signed) = f.signed_promoter(&other, "别处", None).await;
        let (neighbour, neighbour_signed) = f.signed_promoter(&program, "邻居", Some(promoter.id)).await;
        let community = make_community(&f, &program, &signed, "群").await.ok()["community"].as_str().unwrap().to_owned();
        let elsewhere = make_community(&f, &other, &foreign_signed, "群").await.ok()["community"].clone();
        let (id, named) = (promoter.id, json!({ "promoter": promoter.id }));
        let all = [
            (Method::GET, "/promoters".to_owned(), Value::Null),
            (Method::GET, "/promoters/me".to_owned(), Value::Null),
            (Method::GET, format!("/promoters/{id}"), Value::Null),
            (Method::GET, format!("/promoters/{id}/team"), Value::Null),
            (Method::POST, format!("/promoters/{id}/suspend"), json!({ "reason": "x" })),
            (Method::POST, format!("/promoters/{id}/reinstate"), json!({ "reason": "x" })),
            (Method::GET, "/invite-codes".to_owned(), Value::Null),
            (Method::GET, format!("/invite-codes?promoter={id}"), Value::Null),
            (Method::POST, "/invite-codes".to_owned(), named.clone()),
            (Method::POST, "/invite-codes".to_owned(), json!({ "owner": true })),
            (Method::POST, "/invite-codes".to_owned(), json!({ "quota": 0 })),
            (Method::GET, "/communities".to_owned(), Value::Null),
            (Method::GET, format!("/communities?promoter={id}"), Value::Null),
            (Method::POST, "/communities".to_owned(), json!({ "promoter": id, "name": "群" })),
            (Method::GET, format!("/communities/{community}"), Value::Null),
            (Method::PATCH, format!("/communities/{community}"), json!({ "version": 1, "name": "x" })),
            (Method::POST, format!("/communities/{community}/close"), json!({})),
        ];
        let strangers = [
            f.person().await,
            f.staff(Some(other.id), Role::Owner).await,
            foreign_signed.clone(),
        ];
        for (method, path, body) in &all {
            let body = Some(body.clone()).filter(|b| !b.is_null());
            let path = format!("/api/v1/programs/p{path}");
            for who in &strangers {
                let reply = f.send(method.clone(), &path, Some(who), body.clone()).await;
                assert_eq!((reply.status, &reply.json["code"]), (404, &json!("programs.unknown")), "{method} {path}");
                // As if it did not exist, also where its id is not what was asked for.
                assert!(!reply.text.contains(&program.id.to_string()), "{method} {path} {}", reply.text);
            }
            f.send(method.clone(), &path, None, body).await.refused(401, "session.required");
        }

        // A promoter sees neither their inviter, nor whom they invited, nor anybody's communities.
        for (me, them) in [(&neighbour_signed, promoter.id), (&signed, neighbour.id)] {
            f.get(&format!("/programs/p/promoters/{them}"), me).await.refused(404, "promoters.unknown");
            f.get("/programs/p/promoters", me).await.refused(404, "programs.unknown");
        }
        let body = json!({ "promoter": id, "name": "群" });
        f.post("/programs/p/communities", &neighbour_signed, body).await.refused(404, "promoters.unknown");
        let path = format!("/programs/p/communities/{community}");
        f.get(&path, &neighbour_signed).await.refused(404, "communities.unknown");
        f.patch(&path, &neighbour_signed, json!({ "version": 1 })).await.refused(404, "communities.unknown");
        f.post(&format!("{path}/close"), &neighbour_signed, json!({})).await.refused(404, "communities.unknown");
        f.get(&format!("/programs/p/communities?promoter={id}"), &neighbour_signed).await.refused(404, "promoters.unknown");
        assert_eq!(texts(&f.get("/programs/p/communities", &neighbour_signed).await.ok(), "name"), Vec::<String>::new());

        // One's own page names the inviter by what others see of them, nothing more.
        let own = f.get(&format!("/programs/p/promoters/{}", neighbour.id), &neighbour_signed).await.ok();
        assert_eq!(keys(&own), ["promoter", "display_name", "inviter_name", "joined_at", "state", "level"]);
        assert_eq!(own["inviter_name"], "王芳");
        assert_eq!(f.get("/programs/p/promoters/me", &neighbour_signed).await.ok(), own);

        // Staff of everything, at the wrong program: what belongs to another is not there.
        let owner = f.owner().await;
        f.get(&format!("/programs/p/promoters/{}", foreign.id), &owner).await.refused(404, "promoters.unknown");
        f.get(&format!("/programs/p/promoters/{}/team", foreign.id), &owner).await.refused(404, "promoters.unknown");
        f.post(&format!("/programs/p/promoters/{}/suspend", foreign.id), &owner, json!({ "reason": "x" })).await
            .refused(404, "promoters.unknown");
        f.post("/programs/p/invite-codes", &owner, json!({ "promoter": foreign.id })).await
            .refused(404, "promoters.unknown");
        let path = format!("/programs/p/communities/{}", elsewhere.as_str().unwrap());
        f.get(&path, &owner).await.refused(404, "communities.unknown");
        f.post(&format!("{path}/close"), &owner, json!({})).await.refused(404, "communities.unknown");
        f.get("/programs/p/promoters/me", &owner).await.refused(404, "promoters.unknown");
    }
}

on_both_engines! {
    async fn ten_of_fifty_communities_made_at_once(f: Fixture) {
        let program = f.program("p").await;
        let (promoter, signed) = f.signed_promoter(&program, "王芳", None).await;
        let f = Arc::new(f);
        let requests = (0..50)
            .map(|n| ("/programs/p/communities".to_owned(), signed.clone(), json!({ "name": format!("群{n}") })))
            .collect();
        made_but(&together(&f, requests).await, 10, 409, "communities.limit");
        // What was refused took no place in share codes.
        let mut read = f.ctx.db.read().await.unwrap();
        for ordinal in 2..=12 {
            let found = communities::store::by_ordinal(&mut read, promoter.id, ordinal).await.unwrap();
            assert_eq!(found.is_some(), ordinal < 12, "{ordinal}");
        }
    }

    async fn ten_communities_of_a_person_over_two_programs_at_once(f: Fixture) {
        let (first, second) = (f.program("p").await, f.program("q").await);
        let (_, signed) = f.signed_promoter(&first, "王芳", None).await;
        f.promoter_of(&second, signed.person, "王芳", None).await;
        let f = Arc::new(f);
        let requests = (0..50)
            .map(|n| {
                let program = if n % 2 == 0 { "p" } else { "q" };
                (format!("/programs/{program}/communities"), signed.clone(), json!({ "name": format!("群{n}") }))
            })
            .collect();
        made_but(&together(&f, requests).await, 10, 409, "communities.limit");
        // Somebody else's limit is their own.
        let (_, other) = f.signed_promoter(&first, "李雷", None).await;
        make_community(&f, &first, &other, "群").await.ok();
    }

    /// Limits differ by program and change: what counts is how many a person keeps, not which places they hold.
    async fn the_limit_is_that_of_the_program_where_one_is_made(f: Fixture) {
        let (wide, mut narrow) = (f.program("p").await, f.program("q").await);
        change(&f, &mut narrow, |p| p.community_limit = 4).await;
        let mut third = f.program("r").await;
        change(&f, &mut third, |p| p.community_limit = 4).await;
        let (_, signed) = f.signed_promoter(&wide, "王芳", None).await;
        f.promoter_of(&narrow, signed.person, "王芳", None).await;
        f.promoter_of(&third, signed.person, "王芳", None).await;
        let mut made = Vec::new();
        for n in 0..6 {
            let body = make_community(&f, &wide, &signed, &format!("群{n}")).await.ok();
            made.push(body["community"].as_str().unwrap().to_owned());
        }
        make_community(&f, &narrow, &signed, "x").await.refused(409, "communities.limit");
        // Five are left, the lowest place is free: still more than four.
        f.post(&format!("/programs/p/communities/{}/close", made[0]), &signed, json!({})).await.ok();
        let refusal = make_community(&f, &narrow, &signed, "x").await.refused(409, "communities.limit");
        assert!(refusal["detail"].as_str().unwrap().contains("at most 4"), "{refusal}");
        for id in &made[1..4] {
            f.post(&format!("/programs/p/communities/{id}/close"), &signed, json!({})).await.ok();
        }
        // Two are kept, in the places of the fifth and sixth: two more are free, also for many at once.
        let f = Arc::new(f);
        let requests = (0..16)
            .map(|n| {
                let program = if n % 2 == 0 { "q" } else { "r" };
                (format!("/programs/{program}/communities"), signed.clone(), json!({ "name": "y" }))
            })
            .collect();
        made_but(&together(&f, requests).await, 2, 409, "communities.limit");
        make_community(&f, &wide, &signed, "z").await.ok();
        change(&f, &mut narrow, |p| p.community_limit = 0).await;
        let (_, other) = f.signed_promoter(&narrow, "李雷", None).await;
        make_community(&f, &narrow, &other, "x").await.refused(409, "communities.limit");
    }

    /// Of two programs with narrow limits: whoever comes second counts what the first has made meanwhile.
    async fn slots_of_a_person_are_taken_one_after_the_other(f: Fixture) {
        let signed = f.person().await;
        let person = signed.person;
        let take = async |tx: &mut Tx, limit: i64| {
            let community = f.ctx.ids.next(person.bucket());
            communities::store::take_slot(tx, person, limit, community).await.unwrap()
        };
        // One is kept, in a place above the narrow limit.
        let sql = "INSERT INTO community_slot (bucket, person_id, slot, community_id) VALUES ($1, $2, 5, 1)";
        write(&f, sql, args![person.bucket(), person]).await;
        let mut first = f.ctx.db.begin().await.unwrap();
        assert_eq!(take(&mut first, 2).await, Some(0));
        let second = async {
            let mut tx = f.ctx.db.begin().await.unwrap();
            let taken = take(&mut tx, 2).await;
            tx.commit().await.unwrap();
            taken
        };
        let commit = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            first.commit().await.unwrap();
        };
        let (second, ()) = tokio::join!(second, commit);
        assert_eq!(second, None);
        // A wider limit leaves room; the place is the lowest.
        let mut tx = f.ctx.db.begin().await.unwrap();
        assert_eq!((take(&mut tx, 3).await, take(&mut tx, 3).await), (Some(1), None));
    }

    async fn closing_frees_the_slot_but_not_the_ordinal(f: Fixture) {
        let mut program = f.program("p").await;
        change(&f, &mut program, |p| p.community_limit = 2).await;
        let (promoter, signed) = f.signed_promoter(&program, "王芳", None).await;
        let (_, other) = f.signed_promoter(&program, "李雷", None).await;
        let mut made: Vec<CommunityId> = Vec::new();
        for n in 0..5 {
            let body = make_community(&f, &program, &signed, &format!("群{n}")).await.ok();
            made.push(body["community"].as_str().unwrap().parse().unwrap());
            if n == 0 {
                continue;
            }
            make_community(&f, &program, &signed, "x").await.refused(409, "communities.limit");
            // Paused ones count.
            let path = format!("/programs/p/communities/{}", made[n - 1]);
            let paused = f.patch(&path, &signed, json!({ "version": 1, "state": "paused" })).await.ok();
            assert_eq!((&paused["state"], &paused["version"]), (&json!("paused"), &json!(2)));
            make_community(&f, &program, &signed, "x").await.refused(409, "communities.limit");
            let closed = f.post(&format!("{path}/close"), &signed, json!({})).await.ok();
            assert_eq!(closed["state"], "closed");
            f.post(&format!("{path}/close"), &signed, json!({})).await.refused(409, "communities.closed");
            f.patch(&path, &signed, json!({ "version": 3, "state": "active" })).await.refused(409, "communities.closed");
        }
        let mut read = f.ctx.db.read().await.unwrap();
        for (n, id) in made.iter().enumerate() {
            let found = communities::store::by_ordinal(&mut read, promoter.id, n as u16 + 2).await.unwrap().unwrap();
            assert_eq!((found.id, found.state == "closed"), (*id, n < 4));
        }
        let slots = read.all("SELECT slot FROM community_slot ORDER BY slot LIMIT 100", vec![]).await.unwrap();
        assert_eq!(slots.len(), 1);
        drop(read);

        // 1,022 in a lifetime: 1023 is the last place.
        let sql = "UPDATE promoter SET next_community = 1023 WHERE bucket = $1 AND id = $2";
        write(&f, sql, args![promoter.id.bucket(), promoter.id]).await;
        let last = make_community(&f, &program, &signed, "最后").await.ok();
        let found = communities::store::by_ordinal(&mut f.ctx.db.read().await.unwrap(), promoter.id, 1023).await.unwrap();
        assert_eq!(found.unwrap().id.to_string(), last["community"].as_str().unwrap());
        f.post(&format!("/programs/p/communities/{}/close", last["community"].as_str().unwrap()), &signed, json!({}))
            .await
            .ok();
        make_community(&f, &program, &signed, "x").await.refused(409, "communities.ordinals_used_up");
        make_community(&f, &program, &other, "x").await.ok();
    }

    async fn closing_and_making_at_once_keeps_the_limit(f: Fixture) {
        let program = f.program("p").await;
        let (_, signed) = f.signed_promoter(&program, "王芳", None).await;
        let mut requests = Vec::new();
        for n in 0..10 {
            let body = make_community(&f, &program, &signed, &format!("群{n}")).await.ok();
            let id = body["community"].as_str().unwrap().to_owned();
            for _ in 0..2 {
                requests.push((format!("/programs/p/communities/{id}/close"), signed.clone(), json!({})));
            }
            requests.push(("/programs/p/communities".to_owned(), signed.clone(), json!({ "name": format!("新{n}") })));
        }
        let f = Arc::new(f);
        let replies = together(&f, requests).await;
        let mut closed = 0;
        for reply in replies.iter().filter(|r| r.status != 201) {
            match reply.json["code"].as_str() {
                None => closed += 1,
                Some("communities.closed" | "request.version" | "communities.limit") => {}
                Some(_) => panic!("{}", reply.text),
            }
        }
        assert_eq!(closed, 10, "each is closed once");
        let kept = f.get("/programs/p/communities", &signed).await.ok()["items"].as_array().unwrap().len();
        assert_eq!(kept, replies.iter().filter(|r| r.status == 201).count());
        for _ in kept..10 {
            make_community(&f, &program, &signed, "x").await.ok();
        }
        make_community(&f, &program, &signed, "x").await.refused(409, "communities.limit");
    }

    async fn communities_are_described_listed_and_changed(f: Fixture) {
        let program = f.program("p").await;
        let (operations, reader) =
            (f.staff(Some(program.id), Role::Operations).await, f.staff(Some(program.id), Role::ReadOnly).await);
        let (promoter, signed) = f.signed_promoter(&program, "王芳", None).await;
        let path = "/programs/p/communities";
        let plain = f.post(path, &signed, json!({ "name": " 小区群 " })).await.ok();
        assert_eq!(keys(&plain), [
            "community", "promoter", "promoter_name", "name", "kind", "city", "member_count", "state", "created_at",
            "version",
        ]);
        assert_eq!((&plain["name"], &plain["kind"], &plain["city"], &plain["member_count"], &plain["state"]), (
            &json!("小区群"), &json!("information"), &json!(""), &json!(0), &json!("active"),
        ));
        f.clock.advance_seconds(1);
        let full = json!({
            "promoter": promoter.id, "name": "妈妈群", "kind": "chat", "city": "宿迁", "member_count": 120,
        });
        let full = f.post(path, &operations, full).await.ok();
        assert_eq!((&full["kind"], &full["city"], &full["member_count"]), (&json!("chat"), &json!("宿迁"), &json!(120)));
        let other = f.promoter(&program, "李雷", None).await;
        f.clock.advance_seconds(1);
        f.post(path, &operations, json!({ "promoter": other.id, "name": "别群", "city": "宿迁" })).await.ok();

        f.post(path, &operations, json!({ "name": "群" })).await.refused(400, "promoters.name_one");
        f.post(path, &reader, json!({ "promoter": promoter.id, "name": "群" })).await.refused(403, "rights.missing");
        let wrong = json!({ "name": "", "kind": "", "city": "城".repeat(31), "member_count": -1 });
        let refusal = f.post(path, &signed, wrong).await.refused(422, "request.fields");
        assert_eq!(refusal["fields"].as_array().unwrap().len(), 4, "{refusal}");

        let list = async |who: &Signed, query: &str| texts(&f.get(&format!("{path}?{query}"), who).await.ok(), "name");
        assert_eq!(list(&reader, "").await, ["别群", "妈妈群", "小区群"]);
        assert_eq!(list(&signed, "").await, ["妈妈群", "小区群"]);
        assert_eq!(list(&reader, &format!("promoter={}", other.id)).await, ["别群"]);
        assert_eq!(list(&reader, "city=%E5%AE%BF%E8%BF%81").await, ["别群", "妈妈群"]);
        let first = f.get(&format!("{path}?limit=2"), &reader).await.ok();
        let next = first["next"].as_str().unwrap();
        assert_eq!(list(&reader, &format!("limit=2&after={next}")).await, ["小区群"]);
        f.get(&format!("{path}?state=asleep"), &reader).await.refused(422, "request.fields");
        f.get(&format!("{path}?after=zz"), &reader).await.refused(422, "request.fields");

        let own = format!("{path}/{}", plain["community"].as_str().unwrap());
        let change = json!({ "version": 1, "name": "新名", "city": "昆山", "member_count": 55, "state": "paused" });
        f.patch(&own, &reader, change.clone()).await.refused(403, "rights.missing");
        let changed = f.patch(&own, &signed, change.clone()).await.ok();
        assert_eq!((&changed["name"], &changed["kind"], &changed["version"]), (
            &json!("新名"), &json!("information"), &json!(2),
        ));
        f.patch(&own, &signed, change).await.refused(409, "request.version");
        f.patch(&own, &signed, json!({ "version": 2, "state": "closed" })).await.refused(422, "request.fields");
        f.patch(&own, &signed, json!({ "version": 2, "member_count": 1_000_001 })).await.refused(422, "request.fields");
        assert_eq!(f.get(&own, &reader).await.ok(), changed);
        assert_eq!(list(&reader, "state=paused").await, ["新名"]);
        f.post(&format!("{own}/close"), &operations, json!({})).await.ok();
        assert_eq!(list(&reader, "").await, ["别群", "妈妈群"]);
        assert_eq!(list(&reader, "state=closed").await, ["新名"]);
        f.get(&format!("{path}/com_0000000000000"), &reader).await.refused(404, "communities.unknown");

        // What staff did is in the log; what a promoter does with their own is not.
        let audit = f.get("/programs/p/audit", &f.owner().await).await.ok();
        assert_eq!(texts(&audit, "action"), ["community.close", "community.add", "community.add"]);
    }
}

/// Each address has an allowance, however it asks.
#[tokio::test]
async fn joining_is_limited_per_address() {
    let Fixture { ctx, clock, database } = Fixture::new(Engine::Lite).await;
    let master = MasterKey::from_hex(&"5a".repeat(32)).unwrap();
    let limited = Ctx::new(Parts {
        db: ctx.db.clone(),
        clicks: ctx.clicks.clone(),
        clock: clock.clone(),
        ids: ctx.ids.clone(),
        codes: master.code_keys(),
        master,
        metrics: ctx.metrics.clone(),
        settings: ctx.settings.clone(),
        limits: Limits { join: RateLimit::per_minute(3), ..Limits::wide() },
        studio: ctx.studio.clone(),
        unions: Unions::default(),
        wechat: ctx.wechat.clone(),
        quick: app::links::Quick::default(),
        click_log: ctx.click_log.clone(),
    });
    let f = Fixture { ctx: limited, clock, database };
    let ask = async |from: &str| {
        let mut request = Request::post("/api/v1/programs/none/join")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(newcomer("anna").to_string()))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 4711)));
        f.raw(request).await
    };
    for _ in 0..3 {
        ask("10.0.0.1").await.refused(404, "programs.unknown");
    }
    ask("10.0.0.1").await.refused(429, "request.too_many");
    ask("10.0.0.2").await.refused(404, "programs.unknown");
}
