//! Signing in, sessions, tokens and roles through the API, on both engines.

use app::ctx::{Limits, Settings};
use app::staff::Role;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use kernel::{PersonId, ProgramId};
use serde_json::{Value, json};
use std::net::SocketAddr;
use testkit::{Fixture, Reply, Signed, on_both_engines};

const PASSWORD: &str = "correct horse 9";

async fn sign_in(f: &Fixture, name: &str, password: &str) -> Reply {
    f.send(Method::POST, "/api/v1/session", None, Some(json!({ "name": name, "password": password }))).await
}

/// From an address of one's own.
async fn sign_in_from(f: &Fixture, address: &str, name: &str, password: &str) -> Reply {
    let peer: SocketAddr = format!("{address}:40000").parse().unwrap();
    let request = Request::post("/api/v1/session")
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ConnectInfo(peer))
        .body(Body::from(json!({ "name": name, "password": password }).to_string()))
        .unwrap();
    f.raw(request).await
}

/// The `name=value` that a browser would send back.
fn cookie(reply: &Reply) -> String {
    let set = reply.headers[header::SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// A browser that signed in with name and password.
async fn browser(f: &Fixture, person: PersonId, name: &str) -> Signed {
    let reply = sign_in(f, name, PASSWORD).await;
    let cookie = cookie(&reply);
    Signed { person, cookie, csrf: reply.ok()["csrf"].as_str().unwrap().to_owned() }
}

async fn with_header(
    f: &Fixture,
    method: Method,
    path: &str,
    name: header::HeaderName,
    value: &str,
    body: Value,
) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(name, value)
        .header(header::CONTENT_TYPE, "application/json");
    f.raw(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn with_token(f: &Fixture, method: Method, path: &str, token: &str, body: Value) -> Reply {
    with_header(f, method, path, header::AUTHORIZATION, &format!("Bearer {token}"), body).await
}

/// Makes an API token that lives for some days: id and secret.
async fn token(f: &Fixture, signed: &Signed, scopes: &[&str], days: i64) -> (String, String) {
    let expires_at = f.ctx.now().plus_days(days).rfc3339();
    let made =
        f.post("/me/tokens", signed, json!({ "name": "对账", "scopes": scopes, "expires_at": expires_at })).await;
    assert_eq!(made.status, 201);
    let made = made.ok();
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

/// What the log says, newest first: action and subject.
async fn audit(f: &Fixture, owner: &Signed, program: Option<ProgramId>) -> Vec<(String, String)> {
    let path = program.map_or("/audit".to_owned(), |p| format!("/programs/{p}/audit"));
    let page = f.get(&path, owner).await.ok();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(|e| (text(e, "action"), text(e, "subject"))).collect()
}

/// Every row of the log as it is stored.
async fn whole_log(f: &Fixture) -> String {
    let mut read = f.ctx.db.read().await.unwrap();
    let rows = read.all("SELECT action, subject, detail FROM audit_entry ORDER BY at_us, id", vec![]).await.unwrap();
    let text = |row: &infra::db::Row, column| row.text(column).unwrap();
    rows.iter().map(|r| format!("{} {} {}\n", text(r, "action"), text(r, "subject"), text(r, "detail"))).collect()
}

async fn lock_person(f: &Fixture, person: PersonId) {
    let mut tx = f.ctx.db.begin().await.unwrap();
    let changed = tx
        .run("UPDATE person SET state = 'locked' WHERE bucket = $1 AND id = $2", infra::args![person.bucket(), person])
        .await
        .unwrap();
    assert_eq!(changed, 1);
    tx.commit().await.unwrap();
}

/// The allowance grows again by one in six seconds: a busy machine may get a try or two more.
async fn soon_too_many(f: &Fixture, address: &str, name: &str) {
    for _ in 0..8 {
        let reply = sign_in_from(f, address, name, "wrong").await;
        if reply.status == 429 {
            reply.refused(429, "request.too_many");
            return;
        }
        reply.refused(401, "session.wrong");
    }
    panic!("{name} from {address} may try for ever");
}

on_both_engines! {
    async fn a_good_sign_in_opens_a_session_that_sign_out_ends(f: Fixture) {
        let person = f.person_named("anna@shop.example", "安娜", PASSWORD).await;
        let reply = sign_in(&f, " Anna@Shop.example ", PASSWORD).await;
        let set = reply.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(set.starts_with("daogou_session=dgs_"), "{set}");
        for flag in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"] {
            assert!(set.split("; ").any(|part| part == flag), "{flag} is missing: {set}");
        }
        assert!(!set.contains("Secure"), "a browser would not send it back over plain http");
        let signed = Signed { person, cookie: cookie(&reply), csrf: reply.json["csrf"].as_str().unwrap().to_owned() };
        let body = reply.ok();
        assert_eq!(body["person"], json!({ "id": person, "display_name": "安娜" }));
        assert_eq!(body["grants"], json!([]));
        assert_eq!(body["expires_at"], f.ctx.now().plus_days(30).rfc3339());

        let me = f.get("/me", &signed).await.ok();
        assert_eq!((&me["person"], &me["csrf"]), (&body["person"], &body["csrf"]));

        let gone = f.delete("/session", &signed).await;
        assert_eq!(gone.status, 204);
        assert!(gone.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
        f.get("/me", &signed).await.refused(401, "session.required");
    }

    async fn over_https_the_cookie_is_for_https_only(f: Fixture) {
        let settings = Settings { public_url: "https://go.example".into(), demo: false, ..f.ctx.settings.clone() };
        let f = f.restarted(settings, Limits::wide());
        f.person_named("anna", "安娜", PASSWORD).await;
        let reply = sign_in(&f, "anna", PASSWORD).await;
        assert!(reply.headers[header::SET_COOKIE].to_str().unwrap().contains("; Secure;"));
    }

    /// Nobody learns from the answer which names exist.
    async fn every_failed_sign_in_is_answered_alike(f: Fixture) {
        f.person_named("anna", "安娜", PASSWORD).await;
        let locked = f.person_named("berta", "贝塔", PASSWORD).await;
        lock_person(&f, locked).await;
        let mut answers = Vec::new();
        for (name, password) in [
            ("anna", "wrong horse 99"),
            ("nobody", PASSWORD),
            ("berta", PASSWORD),
            ("没有这个人", PASSWORD),
            ("", ""),
            ("an\u{0}na", PASSWORD),
            ("anna", ""),
            ("anna", &"x".repeat(100_000)),
        ] {
            let reply = sign_in(&f, name, password).await;
            assert!(reply.headers.get(header::SET_COOKIE).is_none());
            let mut body = reply.refused(401, "session.wrong");
            body["instance"].take();
            answers.push(body);
        }
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    }

    async fn a_locked_persons_session_and_tokens_stop(f: Fixture) {
        let person = f.person_named("anna", "安娜", PASSWORD).await;
        let signed = browser(&f, person, "anna").await;
        let (_, secret) = token(&f, &signed, &["read"], 10).await;
        lock_person(&f, person).await;
        f.get("/me", &signed).await.refused(401, "session.required");
        with_token(&f, Method::GET, "/me", &secret, json!({})).await.refused(401, "session.required");
    }

    async fn guessing_is_limited_by_address_and_by_name(f: Fixture) {
        let settings = f.ctx.settings.clone();
        let f = f.restarted(settings, Limits::usual());
        f.person_named("anna", "安娜", PASSWORD).await;
        for n in 0..10 {
            sign_in_from(&f, "198.51.100.1", &format!("name{n}"), "wrong").await.refused(401, "session.wrong");
        }
        soon_too_many(&f, "198.51.100.1", "anna").await;
        // The name is still free for others, until it has been tried ten times itself.
        for n in 0..10 {
            sign_in_from(&f, &format!("198.51.100.1{n}"), "ANNA ", "wrong").await.refused(401, "session.wrong");
        }
        soon_too_many(&f, "198.51.100.99", "anna").await;
        sign_in_from(&f, "198.51.100.199", "berta", PASSWORD).await.refused(401, "session.wrong");
    }

    async fn a_change_needs_the_csrf_token_of_its_own_session(f: Fixture) {
        let (signed, other) = (f.owner().await, f.owner().await);
        let body = json!({ "code": "pets" });
        let bare = with_header(&f, Method::POST, "/programs", header::COOKIE, &signed.cookie, body.clone()).await;
        bare.refused(403, "session.csrf");
        for wrong in ["", "0", &other.csrf] {
            let forged = Signed { csrf: wrong.to_owned(), ..signed.clone() };
            f.post("/programs", &forged, body.clone()).await.refused(403, "session.csrf");
            f.delete("/session", &forged).await.refused(403, "session.csrf");
            assert_eq!(f.get("/programs", &forged).await.ok()["items"], json!([]), "reading needs none");
        }
        assert_eq!(f.post("/programs", &signed, body).await.status, 201);
    }

    async fn a_session_ends_after_thirty_days(f: Fixture) {
        let signed = f.person().await;
        f.clock.advance_seconds(30 * 86_400 - 1);
        f.get("/me", &signed).await.ok();
        f.clock.advance_seconds(1);
        f.get("/me", &signed).await.refused(401, "session.required");
    }

    async fn nonsense_is_no_session(f: Fixture) {
        for cookie in ["daogou_session=", "daogou_session=dgs_99x", "daogou_session=dgs_07", "other=1", "daogou_session"] {
            let signed = Signed { cookie: cookie.to_owned(), ..f.person().await };
            f.get("/me", &signed).await.refused(401, "session.required");
        }
        f.send(Method::GET, "/api/v1/me", None, None).await.refused(401, "session.required");
        with_token(&f, Method::GET, "/me", "dgt_0712345", json!({})).await.refused(401, "session.required");
    }

    async fn a_new_password_ends_the_other_browsers(f: Fixture) {
        let person = f.person_named("anna", "安娜", PASSWORD).await;
        let (here, there) = (browser(&f, person, "anna").await, browser(&f, person, "anna").await);
        let stranger = f.person().await;
        let (_, secret) = token(&f, &here, &["read"], 10).await;
        let new = "完全不同的新密码一二";
        let change = |current: &str, new: &str| json!({ "current": current, "new": new });
        f.post("/me/password", &here, change("wrong horse 99", new)).await.refused(403, "persons.wrong_password");
        f.post("/me/password", &here, change(PASSWORD, "short")).await.refused(422, "request.fields");
        f.get("/me", &there).await.ok();

        assert_eq!(f.post("/me/password", &here, change(PASSWORD, new)).await.status, 204);
        f.get("/me", &here).await.ok();
        f.get("/me", &there).await.refused(401, "session.required");
        f.get("/me", &stranger).await.ok();
        with_token(&f, Method::GET, "/me", &secret, json!({})).await.ok();
        sign_in(&f, "anna", PASSWORD).await.refused(401, "session.wrong");
        sign_in(&f, "anna", new).await.ok();
        let log = whole_log(&f).await;
        assert!(log.contains(&format!("person.password {person}")), "{log}");
        assert!(!log.contains(PASSWORD) && !log.contains(new) && !log.contains("argon2"), "{log}");
    }

    async fn a_token_can_do_what_its_scopes_say_until_it_expires(f: Fixture) {
        let owner = f.owner().await;
        let (_, reads) = token(&f, &owner, &["read"], 10).await;
        let (_, writes) = token(&f, &owner, &["write"], 10).await;
        let (_, both) = token(&f, &owner, &["write", "read"], 365).await;
        let new = |code: &str| json!({ "code": code });
        with_token(&f, Method::GET, "/programs", &reads, json!({})).await.ok();
        with_token(&f, Method::POST, "/programs", &reads, new("aa")).await.refused(403, "rights.scope");
        with_token(&f, Method::GET, "/programs", &writes, json!({})).await.refused(403, "rights.scope");
        assert_eq!(with_token(&f, Method::POST, "/programs", &writes, new("bb")).await.status, 201);
        assert_eq!(with_token(&f, Method::POST, "/programs", &both, new("cc")).await.status, 201);
        let me = with_token(&f, Method::GET, "/me", &both, json!({})).await.ok();
        assert_eq!(me["csrf"], Value::Null);

        f.clock.advance_seconds(10 * 86_400);
        with_token(&f, Method::GET, "/programs", &reads, json!({})).await.refused(401, "session.required");
        with_token(&f, Method::GET, "/programs", &both, json!({})).await.ok();
    }

    async fn a_token_is_no_cookie_and_a_cookie_no_token(f: Fixture) {
        let owner = f.owner().await;
        let (_, secret) = token(&f, &owner, &["read", "write"], 10).await;
        let as_cookie = Signed { cookie: format!("daogou_session={secret}"), ..owner.clone() };
        f.get("/me", &as_cookie).await.refused(401, "session.required");
        let session = owner.cookie.split_once('=').unwrap().1;
        with_token(&f, Method::GET, "/me", session, json!({})).await.refused(401, "session.required");
    }

    async fn a_stolen_token_makes_no_further_ones(f: Fixture) {
        let owner = f.owner().await;
        let (_, secret) = token(&f, &owner, &["read", "write"], 10).await;
        let new = json!({ "name": "x", "scopes": ["read"], "expires_at": f.ctx.now().plus_days(1).rfc3339() });
        with_token(&f, Method::POST, "/me/tokens", &secret, new).await.refused(403, "session.browser_only");
        let change = json!({ "current": PASSWORD, "new": "another horse 9" });
        with_token(&f, Method::POST, "/me/password", &secret, change).await.refused(403, "session.browser_only");
    }

    async fn tokens_are_listed_without_secrets_and_revoked_by_their_owner(f: Fixture) {
        let (owner, other) = (f.owner().await, f.owner().await);
        let (id, secret) = token(&f, &owner, &["read"], 10).await;
        let list = f.get("/me/tokens", &owner).await;
        assert!(!list.text.contains(&secret));
        let list = list.ok();
        let expires_at = f.ctx.now().plus_days(10).rfc3339();
        let created_at = f.ctx.now().rfc3339();
        let expected = json!([{ "id": id, "name": "对账", "scopes": ["read"], "created_at": created_at, "expires_at": expires_at }]);
        assert_eq!(list, json!({ "items": expected, "next": null }));
        assert_eq!(f.get("/me/tokens", &other).await.ok()["items"], json!([]));

        f.delete(&format!("/me/tokens/{id}"), &other).await.refused(404, "tokens.unknown");
        with_token(&f, Method::GET, "/me", &secret, json!({})).await.ok();
        assert_eq!(f.delete(&format!("/me/tokens/{id}"), &owner).await.status, 204);
        with_token(&f, Method::GET, "/me", &secret, json!({})).await.refused(401, "session.required");
        f.delete(&format!("/me/tokens/{id}"), &owner).await.refused(404, "tokens.unknown");
        let expected = ["token.revoke", "token.create"].map(|action| (action.to_owned(), id.clone()));
        assert_eq!(audit(&f, &owner, None).await, expected);
        assert!(!whole_log(&f).await.contains(&secret));
    }

    async fn wrong_tokens_are_refused_field_by_field(f: Fixture) {
        let signed = f.person().await;
        let at = |days| f.ctx.now().plus_days(days).rfc3339();
        for (new, fields) in [
            (json!({ "name": " ", "scopes": ["read", "rule"], "expires_at": "soon" }), vec!["name", "scopes", "expires_at"]),
            (json!({ "name": "x", "scopes": [], "expires_at": at(1) }), vec!["scopes"]),
            (json!({ "name": "x", "scopes": ["read"], "expires_at": at(0) }), vec!["expires_at"]),
            (json!({ "name": "x", "scopes": ["read"], "expires_at": at(366) }), vec!["expires_at"]),
        ] {
            let problem = f.post("/me/tokens", &signed, new).await.refused(422, "request.fields");
            let mut named: Vec<&str> =
                problem["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect();
            named.dedup();
            assert_eq!(named, fields);
        }
        for _ in 0..50 {
            token(&f, &signed, &["read"], 1).await;
        }
        let new = json!({ "name": "x", "scopes": ["read"], "expires_at": at(1) });
        f.post("/me/tokens", &signed, new.clone()).await.refused(409, "tokens.too_many");
        f.clock.advance_seconds(86_400);
        let later = json!({ "name": "x", "scopes": ["read"], "expires_at": f.ctx.now().plus_days(1).rfc3339() });
        assert_eq!(f.post("/me/tokens", &signed, later).await.status, 201, "what is over makes room");
    }

    async fn a_grant_makes_a_person_who_can_sign_in_once_told(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("fenxiang").await;
        let grant = |role: &str| json!({ "name": "New.Staff", "display_name": "新同事", "program": "fenxiang", "role": role });
        let made = f.post("/staff", &owner, grant("operations")).await;
        assert_eq!(made.status, 201);
        let made = made.ok();
        let person: PersonId = made["person"].as_str().unwrap().parse().unwrap();
        assert_eq!((&made["program"], &made["role"]), (&json!(program.id), &json!("operations")));
        let first = made["first_password"].as_str().unwrap();
        let reply = sign_in(&f, "new.staff", first).await;
        let signed = Signed { person, cookie: cookie(&reply), csrf: reply.json["csrf"].as_str().unwrap().to_owned() };
        assert_eq!(reply.ok()["grants"], json!([{ "program": program.id, "role": "operations" }]));
        let own = format!("/programs/{}", program.id);
        f.get(&own, &signed).await.ok();
        f.get(&format!("{own}/ledger/accounts"), &signed).await.refused(403, "rights.missing");

        // The second grant replaces the first, makes nobody and shows no password.
        let again = f.post("/staff", &owner, grant("finance")).await.ok();
        assert_eq!((&again["person"], &again["first_password"]), (&json!(person), &Value::Null));
        f.get(&format!("{own}/ledger/accounts"), &signed).await.ok();
        let staff = f.get("/staff?program=fenxiang", &owner).await.ok();
        assert_eq!(staff["items"].as_array().unwrap().len(), 1);
        assert_eq!(staff["items"][0]["display_name"], "新同事");

        assert_eq!(f.delete(&format!("/staff/{person}/{}", program.id), &owner).await.status, 204);
        f.get(&own, &signed).await.refused(404, "programs.unknown");
        f.delete(&format!("/staff/{person}/{}", program.id), &owner).await.refused(404, "staff.unknown");
        let actions: Vec<String> = audit(&f, &owner, Some(program.id)).await.into_iter().map(|(action, _)| action).collect();
        assert_eq!(actions, ["staff.revoke", "staff.grant", "staff.grant"]);
        assert!(!whole_log(&f).await.contains(first));
    }

    async fn staff_manage_only_where_they_own(f: Fixture) {
        let (a, b) = (f.program("aaa").await, f.program("bbb").await);
        let owner_of_a = f.staff(Some(a.id), Role::Owner).await;
        let grant = |program: &str, role: &str| json!({ "name": "somebody", "program": program, "role": role });
        assert_eq!(f.post("/staff", &owner_of_a, grant("aaa", "read_only")).await.status, 201);
        f.post("/staff", &owner_of_a, grant("all", "read_only")).await.refused(403, "rights.missing");
        f.post("/staff", &owner_of_a, grant("bbb", "read_only")).await.refused(404, "programs.unknown");
        f.post("/staff", &owner_of_a, grant(&b.id.to_string(), "owner")).await.refused(404, "programs.unknown");
        f.post("/staff", &owner_of_a, grant("ccc", "read_only")).await.refused(404, "programs.unknown");
        f.post("/staff", &owner_of_a, grant("aaa", "king")).await.refused(422, "request.fields");
        f.get("/staff", &owner_of_a).await.refused(403, "rights.missing");
        f.get("/staff?program=bbb", &owner_of_a).await.refused(404, "programs.unknown");
        let listed = f.get("/staff?program=aaa", &owner_of_a).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        for role in [Role::Operations, Role::Finance, Role::ReadOnly] {
            let staff = f.staff(Some(a.id), role).await;
            f.post("/staff", &staff, grant("aaa", "owner")).await.refused(403, "rights.missing");
            f.get("/staff?program=aaa", &staff).await.refused(403, "rights.missing");
            f.get("/programs/aaa/audit", &staff).await.refused(403, "rights.missing");
            f.delete(&format!("/staff/{}/aaa", owner_of_a.person), &staff).await.refused(403, "rights.missing");
        }
        f.get("/audit", &owner_of_a).await.refused(403, "rights.missing");
        f.get("/programs/bbb/audit", &owner_of_a).await.refused(404, "programs.unknown");
    }

    async fn all_programs_keep_an_owner(f: Fixture) {
        let name = "the-first";
        let person = f.person_named(name, "老板", PASSWORD).await;
        let mut tx = f.ctx.db.begin().await.unwrap();
        app::staff::store::grant(&mut tx, person, None, Role::Owner, person, f.ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
        let first = browser(&f, person, name).await;
        let itself = format!("/staff/{person}/all");
        f.delete(&itself, &first).await.refused(409, "staff.last_owner");
        let demoted = json!({ "name": name, "program": "all", "role": "read_only" });
        f.post("/staff", &first, demoted.clone()).await.refused(409, "staff.last_owner");
        // An owner of one program is none of all.
        let program = f.program("aaa").await;
        f.staff(Some(program.id), Role::Owner).await;
        f.delete(&itself, &first).await.refused(409, "staff.last_owner");

        let second = f.owner().await;
        assert_eq!(f.post("/staff", &first, demoted).await.status, 201);
        f.delete(&format!("/staff/{}/all", second.person), &second).await.refused(409, "staff.last_owner");
    }

    async fn two_owners_cannot_remove_each_other_at_once(f: Fixture) {
        for _ in 0..5 {
            let (a, b) = (f.owner().await, f.owner().await);
            let others = f.get("/staff?program=all", &a).await.ok();
            for grant in others["items"].as_array().unwrap() {
                let person = grant["person"].as_str().unwrap();
                if person != a.person.to_string() && person != b.person.to_string() {
                    f.delete(&format!("/staff/{person}/all"), &a).await;
                }
            }
            let (of_a, of_b) = (format!("/staff/{}/all", a.person), format!("/staff/{}/all", b.person));
            let (one, two) = tokio::join!(f.delete(&of_b, &a), f.delete(&of_a, &b));
            let done = [&one, &two].iter().filter(|r| r.status == 204).count();
            assert_eq!(done, 1, "{} {}", one.text, two.text);
        }
    }

    async fn the_log_pages_newest_first_and_filters(f: Fixture) {
        let owner = f.owner().await;
        for n in 0..7 {
            f.clock.advance_seconds(1);
            let entity = json!({ "name": format!("主体 {n}") });
            assert_eq!(f.post("/legal-entities", &owner, entity).await.status, 201);
        }
        f.clock.advance_seconds(1);
        token(&f, &owner, &["read"], 1).await;
        let (mut names, mut after) = (Vec::new(), String::new());
        loop {
            let page = f.get(&format!("/audit?action=legal_entity.add&limit=3{after}"), &owner).await.ok();
            names.extend(page["items"].as_array().unwrap().iter().map(|e| e["detail"]["name"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(names, (0..7).rev().map(|n| format!("主体 {n}")).collect::<Vec<_>>());
        let entry = &f.get("/audit?limit=1", &owner).await.ok()["items"][0];
        assert_eq!((&entry["action"], &entry["person"], &entry["program"]), (&json!("token.create"), &json!(owner.person), &Value::Null));
        assert_eq!(entry["at"], f.ctx.now().rfc3339());
        let nobody = f.person().await.person;
        assert_eq!(f.get(&format!("/audit?person={nobody}"), &owner).await.ok()["items"], json!([]));
        f.get("/audit?after=x&limit=1000", &owner).await.refused(422, "request.fields");
    }

    /// Somebody's sign-in name may be their telephone number: it is theirs, not for others to read.
    async fn sign_in_names_stay_with_their_owners(f: Fixture) {
        let (owner, name) = (f.owner().await, "+8613800138000");
        let program = f.program("fenxiang").await;
        let person = f.person_named(name, "安娜", PASSWORD).await;
        let grant = json!({ "name": name, "program": "fenxiang", "role": "operations" });
        let mut answers = vec![f.post("/staff", &owner, grant).await];
        let anna = browser(&f, person, name).await;
        let join = json!({ "display_name": "安娜推手" });
        answers.push(f.post("/programs/fenxiang/join", &anna, join).await);
        let member = f.person().await;
        answers.push(f.post("/programs/fenxiang/join", &member, json!({ "display_name": "小李" })).await);
        answers.push(sign_in(&f, name, "wrong horse 99").await);
        answers.push(sign_in(&f, name, PASSWORD).await);
        for path in ["/staff", "/staff?program=fenxiang", "/audit", "/programs/fenxiang/audit", "/programs/fenxiang/promoters"] {
            answers.push(f.get(path, &owner).await);
        }
        answers.push(f.get("/me", &anna).await);
        answers.push(f.get("/programs/fenxiang/promoters/me", &anna).await);
        for reply in &answers {
            assert!(!reply.text.contains("13800138000"), "{}", reply.text);
        }
        assert!(answers[1].status == 201 && answers[2].status == 201, "{} {}", answers[1].text, answers[2].text);
        assert!(!whole_log(&f).await.contains("13800138000"));
        assert_eq!(program.code, "fenxiang");
    }
}
