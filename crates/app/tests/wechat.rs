//! Signing in by WeChat and signing pages for it, through the API against the stand-in, on both engines.

use app::ctx::{Limits, Settings};
use axum::body::Body;
use axum::http::{Method, Request, header};
use connectors::wechat::js_signature;
use infra::args;
use infra::http::RateLimit;
use kernel::PersonId;
use sandbox::wechat::Wechat;
use serde_json::{Value, json};
use testkit::{Fixture, Reply, Signed, on_both_engines};

const MINI: &str = "wx00000000000000a1";
const OTHER: &str = "wx00000000000000b2";
const OFFICIAL: &str = "wx00000000000000c3";
const SECRET: &str = "a secret of sixteen and more";
const PASSWORD: &str = "correct horse 9";

/// Two live programs with a mini program each, the first with an official account.
struct Stage {
    f: Fixture,
    wechat: Wechat,
    owner: Signed,
}

impl Stage {
    async fn new(f: Fixture) -> Stage {
        let apps = [MINI, OTHER, OFFICIAL].map(|appid| (appid.to_owned(), SECRET.to_owned()));
        let wechat = Wechat::new(f.clock.clone(), apps);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = wechat.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let f = f.with_wechat(&base);
        let owner = f.owner().await;
        let stage = Stage { f, wechat, owner };
        for (code, appid) in [("ours", MINI), ("theirs", OTHER)] {
            stage.f.program(code).await;
            stage.change(code, json!({ "wechat_appid": appid, "wechat_secret": SECRET })).await;
        }
        stage.change("ours", json!({ "official_appid": OFFICIAL, "official_secret": SECRET })).await;
        stage
    }

    async fn change(&self, program: &str, mut fields: Value) -> Value {
        let path = format!("/programs/{program}");
        fields["version"] = self.f.get(&path, &self.owner).await.ok()["version"].clone();
        self.f.patch(&path, &self.owner, fields).await.ok()
    }

    /// As a mini program sends it.
    async fn send(&self, path: &str, body: Value) -> Reply {
        let request = Request::post(format!("/api/v1{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-session", "token");
        self.f.raw(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn sign_in(&self, program: &str, code: &str) -> Reply {
        self.send("/session/wechat", json!({ "program": program, "code": code })).await
    }

    fn code(&self, appid: &str, user: &str) -> String {
        self.wechat.code(appid, user).unwrap().0
    }

    /// The ticket of a user whom we do not know yet.
    async fn ticket(&self, program: &str, appid: &str, user: &str) -> String {
        let answer = self.sign_in(program, &self.code(appid, user)).await.ok();
        assert_eq!(answer["state"], "unbound", "{answer}");
        answer["ticket"].as_str().unwrap().to_owned()
    }

    async fn me(&self, token: &Value) -> Reply {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let request = Request::get("/api/v1/me").header(header::AUTHORIZATION, bearer).body(Body::empty()).unwrap();
        self.f.raw(request).await
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.f.ctx.db.read().await.unwrap().one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap()
    }
}

on_both_engines! {
    async fn somebody_new_joins_by_wechat_and_signs_in_again(f: Fixture) {
        let s = Stage::new(f).await;
        let ticket = s.ticket("ours", MINI, "anna").await;
        let join = json!({ "display_name": "安娜", "wechat_ticket": ticket });
        let reply = s.send("/programs/ours/join", join.clone()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        assert!(!reply.headers.contains_key(header::SET_COOKIE));
        let joined = reply.ok();
        let person: PersonId = joined["person"].as_str().unwrap().parse().unwrap();
        assert_eq!(s.me(&joined["session_token"]).await.ok()["person"]["display_name"], "安娜");

        // The ticket has done its work.
        s.send("/programs/ours/join", join).await.refused(409, "wechat.bound");
        let again = s.sign_in("ours", &s.code(MINI, "anna")).await.ok();
        assert_eq!((&again["state"], &again["person"]["id"]), (&json!("signed_in"), &json!(person)));
        assert_eq!(again["csrf"], Value::Null);
        assert_eq!(again["expires_at"], s.f.ctx.now().plus_days(30).rfc3339());
        s.me(&again["session_token"]).await.ok();

        // There is no name and no password by which they could sign in.
        assert_eq!(s.count("SELECT COUNT(*) AS n FROM person WHERE password_hash = ''").await, 1);
        let names = s.count("SELECT COUNT(*) AS n FROM sign_in_name").await;
        assert_eq!(names, 1, "only the owner's");
        for name in ["安娜", "anna", ""] {
            s.send("/session", json!({ "name": name, "password": "" })).await.refused(401, "session.wrong");
        }
        // A browser's session of theirs cannot set a password either: it would have to know the old one.
        let browser = s.f.send(Method::POST, "/api/v1/session/wechat", None,
            Some(json!({ "program": "ours", "code": s.code(MINI, "anna") }))).await;
        let cookie = browser.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let signed = Signed { person, cookie, csrf: browser.json["csrf"].as_str().unwrap().to_owned() };
        for current in ["", "none"] {
            let new = json!({ "current": current, "new": "another horse 9" });
            s.f.post("/me/password", &signed, new).await.refused(403, "persons.wrong_password");
        }
    }

    async fn a_known_person_binds_wechat_at_sign_in(f: Fixture) {
        let s = Stage::new(f).await;
        let person = s.f.person_named("anna", "安娜", PASSWORD).await;
        let ticket = s.ticket("ours", MINI, "anna").await;
        let wrong = json!({ "name": "anna", "password": "wrong horse 99", "wechat_ticket": ticket });
        s.send("/session", wrong).await.refused(401, "session.wrong");
        assert_eq!(s.count("SELECT COUNT(*) AS n FROM wechat_identity").await, 0);
        let bind = json!({ "name": "anna", "password": PASSWORD, "wechat_ticket": ticket });
        s.send("/session", bind.clone()).await.ok();
        assert_eq!(s.sign_in("ours", &s.code(MINI, "anna")).await.ok()["person"]["id"], json!(person));
        // Binding what is bound changes nothing; to another person it is refused.
        s.send("/session", bind).await.ok();
        s.f.person_named("berta", "贝塔", PASSWORD).await;
        let theft = json!({ "name": "berta", "password": PASSWORD, "wechat_ticket": ticket });
        s.send("/session", theft).await.refused(409, "wechat.bound");
        assert_eq!(s.count("SELECT COUNT(*) AS n FROM wechat_identity").await, 1);
        let log = s.f.get("/audit?action=person.wechat", &s.owner).await.ok();
        let log = log["items"].as_array().unwrap();
        assert_eq!((log.len(), &log[0]["person"]), (1, &json!(person)));
        assert_eq!(log[0]["detail"], json!({ "appid": MINI }), "an openid is nobody's business");

        let mut tx = s.f.ctx.db.begin().await.unwrap();
        let lock = "UPDATE person SET state = 'locked' WHERE bucket = $1 AND id = $2";
        tx.run(lock, args![person.bucket(), person]).await.unwrap();
        tx.commit().await.unwrap();
        s.sign_in("ours", &s.code(MINI, "anna")).await.refused(401, "session.wrong");
    }

    async fn signed_in_or_with_a_name_one_joins_and_binds_at_once(f: Fixture) {
        let s = Stage::new(f).await;
        let ticket = s.ticket("ours", MINI, "anna").await;
        let body = json!({ "name": "anna", "password": PASSWORD, "display_name": "安娜", "wechat_ticket": ticket });
        let joined = s.send("/programs/ours/join", body).await.ok();
        s.send("/session", json!({ "name": "anna", "password": PASSWORD })).await.ok();
        assert_eq!(s.sign_in("ours", &s.code(MINI, "anna")).await.ok()["person"]["id"], joined["person"]);
        // A second program has an app of its own; the same person joins it.
        let (ticket, known) = (s.ticket("theirs", OTHER, "anna").await, s.f.person().await);
        let body = json!({ "display_name": "安娜", "wechat_ticket": ticket });
        let second = s.f.post("/programs/theirs/join", &known, body).await.ok();
        assert_eq!(second["person"], json!(known.person));
        assert_eq!(s.sign_in("theirs", &s.code(OTHER, "anna")).await.ok()["person"]["id"], json!(known.person));
    }

    async fn codes_and_tickets_that_are_not_good_are_refused(f: Fixture) {
        let s = Stage::new(f).await;
        let code = s.code(MINI, "anna");
        s.sign_in("ours", &code).await.ok();
        let used = s.sign_in("ours", &code).await.refused(401, "wechat.code_refused");
        assert!(used["detail"].as_str().unwrap().ends_with("(40163)"), "{used}");
        s.sign_in("ours", "nonsense").await.refused(401, "wechat.code_refused");
        s.sign_in("ours", "").await.refused(422, "request.fields");
        let old = s.code(MINI, "anna");
        s.f.clock.advance_seconds(300);
        s.sign_in("ours", &old).await.refused(401, "wechat.code_refused");

        let ticket = s.ticket("ours", MINI, "anna").await;
        let mut forged = ticket.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == '0' { '1' } else { '0' });
        let sealed = s.f.ctx.master.seal("another purpose", b"{}").unwrap();
        let foreign = format!("dgw_{}", infra::secrets::hex(&sealed));
        s.f.person_named("anna", "安娜", PASSWORD).await;
        for bad in [forged.as_str(), foreign.as_str(), "", "dgw_", "dgw_00", "dgs_0123", &"x".repeat(5000)] {
            let body = json!({ "name": "anna", "password": PASSWORD, "wechat_ticket": bad });
            s.send("/session", body).await.refused(401, "wechat.ticket");
            let join = json!({ "display_name": "安娜", "wechat_ticket": bad });
            let reply = s.send("/programs/ours/join", join).await;
            // Forms send what was left empty: then it is as if there were none.
            if bad.is_empty() { reply.refused(422, "request.fields") } else { reply.refused(401, "wechat.ticket") };
        }
        s.f.clock.advance_seconds(600);
        s.send("/programs/ours/join", json!({ "display_name": "安娜", "wechat_ticket": ticket })).await.refused(401, "wechat.ticket");
        assert_eq!(s.count("SELECT COUNT(*) AS n FROM wechat_identity").await, 0);
    }

    async fn apps_and_programs_are_kept_apart(f: Fixture) {
        let s = Stage::new(f).await;
        // A code of another program's app is none here.
        s.sign_in("ours", &s.code(OTHER, "anna")).await.refused(401, "wechat.code_refused");
        let theirs = s.ticket("theirs", OTHER, "anna").await;
        let join = json!({ "display_name": "安娜", "wechat_ticket": theirs });
        s.send("/programs/ours/join", join.clone()).await.refused(401, "wechat.ticket");
        s.send("/programs/theirs/join", join).await.ok();
        // The same user of another app is somebody else until they say so.
        s.ticket("ours", MINI, "anna").await;

        s.sign_in("nowhere", &s.code(MINI, "anna")).await.refused(404, "programs.unknown");
        s.f.program("plain").await;
        s.sign_in("plain", &s.code(MINI, "anna")).await.refused(404, "wechat.not_configured");
        s.f.post("/programs", &s.owner, json!({ "code": "draft", "wechat_appid": MINI, "wechat_secret": SECRET })).await.ok();
        s.sign_in("draft", &s.code(MINI, "anna")).await.refused(404, "programs.unknown");
        s.f.post("/programs/draft/open", &s.owner, json!({})).await.ok();
        s.ticket("draft", MINI, "anna").await;
    }

    async fn the_programs_secret_must_be_right_and_is_never_shown(f: Fixture) {
        let s = Stage::new(f).await;
        s.change("ours", json!({ "wechat_secret": "another secret, as long" })).await;
        let wrong = s.sign_in("ours", &s.code(MINI, "anna")).await.refused(502, "wechat.refused");
        assert!(wrong["detail"].as_str().unwrap().ends_with("(40125)"), "{wrong}");
        let changed = s.change("ours", json!({ "wechat_secret": SECRET, "name": "改名" })).await;
        s.ticket("ours", MINI, "anna").await;
        for text in [changed.to_string(), s.f.get("/programs/ours/audit", &s.owner).await.text] {
            assert!(!text.contains(SECRET) && text.contains("改名"), "{text}");
        }
        s.f.patch("/programs/ours", &s.owner, json!({ "version": 1, "official_secret": "short", "official_appid": "wx1" }))
            .await
            .refused(422, "request.fields");
        let shown = s.f.get("/programs/ours", &s.owner).await.ok();
        assert_eq!((&shown["wechat_appid"], &shown["official_appid"]), (&json!(MINI), &json!(OFFICIAL)));
        assert_eq!(shown["official_secret"], Value::Null);
        // In the database it is sealed, bound to its program and its purpose.
        let mut read = s.f.ctx.db.read().await.unwrap();
        let rows = read.all("SELECT id, wechat_secret, official_secret FROM program ORDER BY code", vec![]).await.unwrap();
        assert_ne!(rows[0].bytes("wechat_secret").unwrap(), rows[0].bytes("official_secret").unwrap());
        for row in &rows {
            let sealed = row.bytes("wechat_secret").unwrap();
            assert!(!String::from_utf8_lossy(&sealed).contains(SECRET));
        }
    }

    async fn no_session_key_is_kept_and_sessions_of_a_phone_do_not_pile_up(f: Fixture) {
        let s = Stage::new(f).await;
        let ticket = s.ticket("ours", MINI, "anna").await;
        s.send("/programs/ours/join", json!({ "display_name": "安娜", "wechat_ticket": ticket })).await.ok();
        let mut tokens = Vec::new();
        for _ in 0..7 {
            s.f.clock.advance_seconds(60);
            let reply = s.sign_in("ours", &s.code(MINI, "anna")).await;
            assert!(!reply.text.contains("session_key"), "{}", reply.text);
            tokens.push(reply.ok()["session_token"].clone());
        }
        let alive = s.count("SELECT COUNT(*) AS n FROM session WHERE kind = 'api'").await;
        assert_eq!(alive, 5);
        s.me(&tokens[1]).await.refused(401, "session.required");
        s.me(&tokens[2]).await.ok();
    }

    async fn two_who_join_with_one_ticket_are_one(f: Fixture) {
        let s = Stage::new(f).await;
        let ticket = s.ticket("ours", MINI, "anna").await;
        let join = json!({ "display_name": "安娜", "wechat_ticket": ticket });
        let (a, b) = tokio::join!(s.send("/programs/ours/join", join.clone()), s.send("/programs/ours/join", join.clone()));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", a.text, b.text);
        assert_eq!(s.count("SELECT COUNT(*) AS n FROM person WHERE password_hash = ''").await, 1);
    }

    async fn pages_of_the_program_are_signed_and_no_others(f: Fixture) {
        let s = Stage::new(f).await;
        s.change("ours", json!({ "public_url": "https://go.example" })).await;
        let ask = async |program: &str, url: &str| {
            let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("url", url).finish();
            s.f.send(Method::GET, &format!("/api/v1/public/programs/{program}/wechat-js?{query}"), None, None).await
        };
        for (asked, signed) in [
            ("https://go.example/app/ours/?from=a b#/pages/join", "https://go.example/app/ours/?from=a b"),
            ("http://127.0.0.1:8080/p/x", "http://127.0.0.1:8080/p/x"),
        ] {
            let js = ask("ours", asked).await.ok();
            assert_eq!((&js["app_id"], &js["timestamp"]), (&json!(OFFICIAL), &json!(s.f.ctx.now().seconds())));
            let nonce = js["nonce_str"].as_str().unwrap();
            // The ticket as the stand-in gives it to anybody who has the app's secret.
            let ticket = s.f.ctx.wechat.js_ticket(&connectors::wechat::AppKey::new(OFFICIAL, SECRET)).await.unwrap();
            assert_eq!(js["signature"], js_signature(&ticket, nonce, s.f.ctx.now().seconds(), signed));
        }
        assert_eq!(s.wechat.tally()["getticket"], 1, "the ticket is kept");
        for foreign in ["https://evil.example/", "https://go.example.evil.example/", "http://go.example/", "https://go.example:444/",
            "javascript:alert(1)", "/app/ours/", "", "https://go.example/\u{0}"] {
            let problem = ask("ours", foreign).await.refused(422, "wechat.foreign_page");
            assert_eq!(problem["fields"][0]["field"], "url");
        }
        ask("theirs", "http://127.0.0.1:8080/").await.refused(404, "wechat.not_configured");
        ask("nowhere", "http://127.0.0.1:8080/").await.refused(404, "programs.unknown");
    }

    async fn signing_in_is_limited_and_wechat_may_be_away(f: Fixture) {
        let s = Stage::new(f).await;
        let code = s.code(MINI, "anna");
        let away = s.f.with_wechat("http://127.0.0.1:1");
        let body = json!({ "program": "ours", "code": code });
        let send = async |f: &Fixture| f.send(Method::POST, "/api/v1/session/wechat", None, Some(body.clone())).await;
        let problem = send(&away).await.refused(503, "wechat.unavailable");
        assert!(!problem.to_string().contains(SECRET) && !problem.to_string().contains("127.0.0.1"), "{problem}");
        let settings = Settings { demo: true, ..away.ctx.settings.clone() };
        let limits = Limits { sign_in: RateLimit::per_minute(2), ..Limits::wide() };
        let narrow = away.restarted(settings, limits);
        for _ in 0..2 {
            send(&narrow).await.refused(503, "wechat.unavailable");
        }
        send(&narrow).await.refused(429, "request.too_many");
    }
}
