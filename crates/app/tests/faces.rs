//! What the faces begin with: themes, rules documents and their receipts, public pages, sessions that live in a token.

use app::staff::Role;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use testkit::{Fixture, Reply, on_both_engines};

/// A stranger's call, with more headers.
async fn anybody(f: &Fixture, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
    let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    request = request.header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    f.raw(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn look(f: &Fixture, path: &str) -> Reply {
    anybody(f, Method::GET, path, &[], Value::Null).await
}

fn fields(problem: &Value) -> Vec<&str> {
    problem["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn a_theme_is_public_and_its_secret_is_not(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("nuts").await;
        let logo = "data:image/png;base64,iVBORw0KGgo=";
        let theme = json!({
            "version": program.version, "theme_colour": "#1677ff", "theme_accent": "#ff8800", "logo": logo,
            "wechat_appid": "wx0123456789abcdef", "wechat_secret": "0123456789abcdef0123456789abcdef",
        });
        let changed = f.patch("/programs/nuts", &owner, theme).await;
        assert!(!changed.text.contains("0123456789abcdef0123"), "{}", changed.text);
        let public = look(&f, "/public/programs/nuts").await;
        assert!(!public.text.contains("0123456789abcdef0123") && !public.text.contains("secret"));
        let public = public.ok();
        for (name, value) in [("theme_colour", "#1677ff"), ("theme_accent", "#ff8800"), ("logo", logo),
            ("wechat_appid", "wx0123456789abcdef"), ("admission", "open"), ("state", "live")] {
            assert_eq!(public[name], value, "{name}");
        }
        // What is left out stays, also the secret; an empty logo takes it away.
        let version = f.get("/programs/nuts", &owner).await.ok()["version"].clone();
        f.patch("/programs/nuts", &owner, json!({ "version": version, "logo": "" })).await.ok();
        assert_eq!(look(&f, "/public/programs/nuts").await.ok()["logo"], "");
        let sealed = "SELECT COUNT(*) AS n FROM program WHERE wechat_secret IS NOT NULL";
        let row = f.ctx.db.read().await.unwrap().one(sealed, vec![]).await.unwrap().unwrap();
        assert_eq!(row.int("n").unwrap(), 1);
        let log = f.get("/programs/nuts/audit", &owner).await;
        assert!(!log.text.contains("0123456789abcdef0123") && !log.text.contains("iVBOR"), "{}", log.text);
    }

    async fn a_theme_that_is_none_is_refused(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("nuts").await;
        let long = format!("data:image/png;base64,{}", "A".repeat(48 * 1024));
        for logo in ["data:image/svg+xml;base64,PHN2Zz4=", "https://x.example/a.png", "data:image/png;base64,", "data:image/png;base64,<x>", &long] {
            let wrong = json!({ "version": program.version, "logo": logo });
            let problem = f.patch("/programs/nuts", &owner, wrong).await.refused(422, "request.fields");
            assert_eq!(fields(&problem), ["logo"]);
        }
        let wrong = json!({ "version": program.version, "theme_colour": "red", "theme_accent": "url(x)",
            "wechat_appid": "wx1", "wechat_secret": "short" });
        let problem = f.patch("/programs/nuts", &owner, wrong).await.refused(422, "request.fields");
        assert_eq!(fields(&problem), ["theme_colour", "theme_accent", "wechat_appid", "wechat_secret"]);
    }

    async fn rules_are_versions_and_receipts_are_kept(f: Fixture) {
        let owner = f.owner().await;
        f.post("/programs", &owner, json!({ "preset": "fenxiang" })).await.ok();
        look(&f, "/public/programs/fenxiang").await.refused(404, "programs.unknown");
        f.post("/programs/fenxiang/open", &owner, json!({})).await.ok();
        let shipped = look(&f, "/public/programs/fenxiang").await.ok()["rules"].clone();
        assert_eq!(shipped["version"], 1);
        assert!(shipped["text"].as_str().unwrap().contains("加入免费"));

        f.post("/programs/fenxiang/rules", &owner, json!({ "text": " \n " })).await.refused(422, "request.fields");
        f.post("/programs/fenxiang/rules", &owner, json!({ "text": "x".repeat(20_001) })).await.refused(422, "request.fields");
        let next = f.post("/programs/fenxiang/rules", &owner, json!({ "text": "第二版\r\n新的一条" })).await.ok();
        assert_eq!((&next["version"], &next["text"]), (&json!(2), &json!("第二版\n新的一条")));

        // Whoever read the first version is shown the second before anything is made.
        let code = f.post("/programs/fenxiang/invite-codes", &owner, json!({ "owner": true })).await.ok();
        let mut join = json!({ "name": "13800001111", "password": "correct horse", "display_name": "王小美",
            "invite_code": code["code"], "rules_version": 1 });
        anybody(&f, Method::POST, "/programs/fenxiang/join", &[], join.clone()).await.refused(409, "rules.changed");
        let codes = f.get("/programs/fenxiang/invite-codes", &owner).await.ok();
        assert_eq!(codes["items"][0]["used"], 0, "nothing was half-written");
        join["rules_version"] = json!(2);
        let token = [("x-session", "token")];
        let joined = anybody(&f, Method::POST, "/programs/fenxiang/join", &token, join).await;
        assert!(joined.headers.get(header::SET_COOKIE).is_none(), "a mini program keeps a token, not a cookie");
        let bearer = format!("Bearer {}", joined.ok()["session_token"].as_str().unwrap());
        let signed = [("authorization", bearer.as_str())];
        let rules = anybody(&f, Method::GET, "/programs/fenxiang/rules", &signed, Value::Null).await.ok();
        assert_eq!((&rules["version"], &rules["read_version"]), (&json!(2), &json!(2)));

        f.clock.advance_seconds(60);
        f.post("/programs/fenxiang/rules", &owner, json!({ "text": "第三版" })).await.ok();
        let receipt = |version: i64| json!({ "version": version });
        let path = "/programs/fenxiang/rules/receipt";
        anybody(&f, Method::POST, path, &signed, receipt(2)).await.refused(409, "rules.changed");
        assert_eq!(anybody(&f, Method::POST, path, &signed, receipt(3)).await.status, 204);
        let rules = anybody(&f, Method::GET, "/programs/fenxiang/rules", &signed, Value::Null).await.ok();
        let first_read = rules["read_at"].clone();
        f.clock.advance_seconds(60);
        assert_eq!(anybody(&f, Method::POST, path, &signed, receipt(3)).await.status, 204, "twice is once");
        let rules = anybody(&f, Method::GET, "/programs/fenxiang/rules", &signed, Value::Null).await.ok();
        assert_eq!((&rules["read_version"], &rules["read_at"]), (&json!(3), &first_read));
        // Promoters do not publish.
        anybody(&f, Method::POST, "/programs/fenxiang/rules", &signed, json!({ "text": "我的" })).await.refused(404, "programs.unknown");
    }

    async fn a_token_session_is_no_cookie_and_ends(f: Fixture) {
        f.person_named("alice", "Alice", "correct horse").await;
        let sign = json!({ "name": "alice", "password": "correct horse" });
        let reply = anybody(&f, Method::POST, "/session", &[("x-session", "token")], sign.clone()).await;
        assert!(reply.headers.get(header::SET_COOKIE).is_none());
        let body = reply.ok();
        assert!(body.get("csrf").is_none());
        let token = body["session_token"].as_str().unwrap().to_owned();
        let bearer = format!("Bearer {token}");
        let signed = [("authorization", bearer.as_str())];
        assert_eq!(anybody(&f, Method::GET, "/me", &signed, Value::Null).await.ok()["person"]["display_name"], "Alice");
        let cookie = format!("daogou_session={token}");
        anybody(&f, Method::GET, "/me", &[("cookie", &cookie)], Value::Null).await.refused(401, "session.required");
        assert_eq!(anybody(&f, Method::DELETE, "/session", &signed, Value::Null).await.status, 204);
        anybody(&f, Method::GET, "/me", &signed, Value::Null).await.refused(401, "session.required");
        // Without the header: a cookie, and its token is no bearer token.
        let reply = anybody(&f, Method::POST, "/session", &[], sign).await;
        let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(reply.ok().get("session_token").is_none());
        let inside = cookie.split(['=', ';']).nth(1).unwrap();
        let bearer = format!("Bearer {inside}");
        anybody(&f, Method::GET, "/me", &[("authorization", &bearer)], Value::Null).await.refused(401, "session.required");
    }

    async fn an_invite_code_says_whether_it_is_good(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("nuts").await;
        let other = f.program("other").await;
        let (inviter, signed) = f.signed_promoter(&program, "王小美", None).await;
        let why = async |code: &str| look(&f, &format!("/public/programs/nuts/invites/{code}")).await.ok();
        let made = f.post("/programs/nuts/invite-codes", &signed, json!({ "quota": 1, "days": 1 })).await.ok();
        let code = made["code"].as_str().unwrap();
        assert_eq!(why(code).await, json!({ "usable": true, "inviter_name": "王小美", "why": null }));
        let refused = |word: &str| json!({ "usable": false, "inviter_name": null, "why": word });
        for wrong in ["ABCDEFGH", "x", "%3Cscript%3E", "O0O0O0O0"] {
            assert_eq!(why(wrong).await, refused("unknown"), "{wrong}");
        }
        // A code is good in its own program only.
        let elsewhere = look(&f, &format!("/public/programs/{}/invites/{code}", other.code)).await.ok();
        assert_eq!(elsewhere, refused("unknown"));
        let path = format!("/programs/nuts/promoters/{}/suspend", inviter.id);
        f.post(&path, &owner, json!({ "reason": "核查中" })).await.ok();
        assert_eq!(why(code).await, refused("suspended"));
        f.clock.advance_seconds(1);
        f.post(&format!("/programs/nuts/promoters/{}/reinstate", inviter.id), &owner, json!({ "reason": "查清了" })).await.ok();
        f.clock.advance_seconds(1);
        let join = json!({ "name": "bob-123", "password": "correct horse", "display_name": "小王", "invite_code": code });
        anybody(&f, Method::POST, "/programs/nuts/join", &[], join).await.ok();
        assert_eq!(why(code).await, refused("used_up"));
        let day = f.post("/programs/nuts/invite-codes", &signed, json!({ "days": 1 })).await.ok();
        f.clock.advance_seconds(86_401);
        assert_eq!(why(day["code"].as_str().unwrap()).await, refused("expired"));
    }

    async fn one_person_sees_their_programs(f: Fixture) {
        let (a, b) = (f.program("aaa").await, f.program("bbb").await);
        f.program("ccc").await;
        let (_, signed) = f.signed_promoter(&a, "甲", None).await;
        f.promoter_of(&b, signed.person, "乙", None).await;
        let own = f.get("/me/promoters", &signed).await.ok();
        let brief: Vec<_> = own["items"].as_array().unwrap().iter().map(|p| (p["program"].clone(), p["display_name"].clone())).collect();
        assert_eq!(brief, [(json!("aaa"), json!("甲")), (json!("bbb"), json!("乙"))]);
        let staff = f.staff(None, Role::Owner).await;
        assert_eq!(f.get("/me/promoters", &staff).await.ok()["items"], json!([]));
    }
}
