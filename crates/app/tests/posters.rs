//! Pictures from our own host, posters, invitations, and a program's own templates.

use app::catalog::Product;
use app::programs::Program;
use app::promoters::Promoter;
use app::staff::Role;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::get;
use kernel::{ShareCode, UnionAccountId};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Fixture, Signed, coupon, goods, on_both_engines};
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn picture(&self) -> image::GrayImage {
        assert_eq!((self.status, self.header("content-type")), (StatusCode::OK, "image/jpeg"), "{}", self.text());
        image::load_from_memory_with_format(&self.bytes, image::ImageFormat::Jpeg).unwrap().into_luma8()
    }

    /// What the code on a poster says.
    fn code(&self) -> String {
        let picture = self.picture();
        let (width, height) = picture.dimensions();
        assert_eq!((width, height), (750, 1334));
        let format = Some(rxing::BarcodeFormat::QR_CODE);
        rxing::helpers::detect_in_luma(picture.into_raw(), width, height, format).unwrap().getText().to_owned()
    }

    /// A notice in Chinese.
    fn leads_nowhere(&self, status: u16, words: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert!(self.header("content-type").starts_with("text/html") && self.text().contains(words), "{}", self.text());
        assert_eq!(self.header("cache-control"), "no-store");
    }
}

async fn ask(f: &Fixture, path: &str, more: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let response = app::router(f.ctx.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, bytes: to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec() }
}

fn jpeg() -> Vec<u8> {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='900' height='900'><rect width='900' height='900' fill='#08f'/></svg>";
    posters::drawn(svg, 900).unwrap().jpeg().unwrap()
}

/// Somebody's server with pictures; counts what is asked of it.
async fn pictures() -> (String, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    async fn blue(State(asked): State<Arc<AtomicU32>>) -> ([(header::HeaderName, &'static str); 1], Vec<u8>) {
        asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        ([(header::CONTENT_TYPE, "image/jpeg")], jpeg())
    }
    async fn svg() -> ([(header::HeaderName, &'static str); 1], &'static str) {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400' width='400' height='400'/>";
        ([(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], svg)
    }
    async fn none(State(asked): State<Arc<AtomicU32>>) -> StatusCode {
        asked.fetch_add(1, Ordering::SeqCst);
        StatusCode::NOT_FOUND
    }
    let router = Router::new()
        .route("/blue.jpg", get(blue))
        .route("/drawn.svg", get(svg))
        .route("/liar.jpg", get(|| async { ([(header::CONTENT_TYPE, "image/jpeg")], "<html>") }))
        .fallback(none)
        .with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, asked)
}

struct Stage {
    program: Program,
    account: UnionAccountId,
    promoter: Promoter,
    signed: Signed,
    base: String,
    asked: Arc<AtomicU32>,
}

impl Stage {
    async fn new(f: &Fixture) -> Stage {
        let program = f.program("p").await;
        let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
        let (promoter, signed) = f.signed_promoter(&program, "小美🍓</text>", None).await;
        let (base, asked) = pictures().await;
        Stage { program, account, promoter, signed, base, asked }
    }

    async fn product(&self, f: &Fixture, key: &str, picture: &str) -> Product {
        let mut offer = goods(key, "新疆阿克苏苹果🍎5斤装 <b>&", 9900);
        offer.image_url = Some(format!("{}{picture}", self.base)).filter(|_| !picture.is_empty());
        offer.promo_price = kernel::Money::from_fen(7990);
        offer.coupons = vec![coupon(2000, 5000)];
        f.offer(self.account, &offer).await
    }

    fn code(&self, f: &Fixture, product: &Product) -> String {
        let (bucket, promoter) = (self.promoter.id.bucket(), self.promoter.number);
        ShareCode { bucket, promoter, community: 0, product: product.number }.text(&f.ctx.codes).unwrap()
    }

    async fn invite(&self, f: &Fixture, body: serde_json::Value) -> String {
        let made = f.post("/programs/p/invite-codes", &self.signed, body).await;
        made.ok()["code"].as_str().unwrap().to_owned()
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

on_both_engines! {
    async fn pictures_come_from_our_own_host_in_three_sizes(f: Fixture) {
        let s = Stage::new(&f).await;
        let product = s.product(&f, "a", "/blue.jpg").await;
        let path = format!("/pic/{}", product.number);
        // Many at once cost the other server one request.
        let all = futures_util::future::join_all((0..12).map(|n| {
            let path = format!("{path}?w={}", [200, 400, 800][n % 3]);
            let f = &f;
            async move { ask(f, &path, &[]).await.picture().width() }
        }));
        assert_eq!(all.await, [200, 400, 800].repeat(4));
        assert_eq!(s.asked(), 1);
        let usual = ask(&f, &path, &[]).await;
        assert_eq!((usual.picture().width(), s.asked()), (400, 1));
        assert_eq!(usual.header("cache-control"), "public, max-age=86400");
        let again = ask(&f, &path, &[("if-none-match", usual.header("etag"))]).await;
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        for wrong in ["300", "0", "4000"] {
            assert_eq!(ask(&f, &format!("{path}?w={wrong}"), &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(ask(&f, &format!("{path}?w=x"), &[]).await.status, StatusCode::BAD_REQUEST);
    }

    async fn what_cannot_be_had_is_a_404_and_is_not_asked_for_at_once_again(f: Fixture) {
        let s = Stage::new(&f).await;
        for (key, picture) in [("a", "/none.jpg"), ("b", "/liar.jpg"), ("c", "")] {
            let product = s.product(&f, key, picture).await;
            for _ in 0..3 {
                let reply = ask(&f, &format!("/pic/{}", product.number), &[]).await;
                assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (404, "public, max-age=60"), "{picture}");
                assert!(reply.text().contains("pictures.none"));
            }
        }
        assert_eq!(s.asked(), 1);
        for path in ["/pic/1", "/pic/x", "/pic/-1", "/pic/99999999999999999999", "/pic/%00"] {
            assert_eq!(ask(&f, path, &[]).await.status.as_u16(), 404, "{path}");
        }
        let drawn = s.product(&f, "d", "/drawn.svg").await;
        assert_eq!(ask(&f, &format!("/pic/{}?w=800", drawn.number), &[]).await.picture().width(), 800);
    }

    async fn outside_the_demo_nothing_of_this_machine_is_shown(f: Fixture) {
        let s = Stage::new(&f).await;
        let product = s.product(&f, "a", "/blue.jpg").await;
        let settings = app::Settings { demo: false, ..f.ctx.settings.clone() };
        let f = f.restarted(settings, app::ctx::Limits::wide());
        assert_eq!(ask(&f, &format!("/pic/{}", product.number), &[]).await.status.as_u16(), 404);
        assert_eq!(s.asked(), 0);
        // The poster is there all the same.
        let poster = ask(&f, &format!("/p/{}/poster.jpg", s.code(&f, &product)), &[]).await;
        assert!(poster.code().ends_with(&s.code(&f, &product)));
        assert_eq!(poster.header("cache-control"), "public, max-age=60");
    }

    async fn a_poster_leads_to_the_page_of_its_code(f: Fixture) {
        let s = Stage::new(&f).await;
        let product = s.product(&f, "a", "/blue.jpg").await;
        let code = s.code(&f, &product);
        let path = format!("/p/{code}/poster.jpg");
        let poster = ask(&f, &path, &[("host", "evil.example")]).await;
        assert_eq!(poster.code(), format!("http://127.0.0.1:8080/p/{code}"));
        let middle = poster.picture().get_pixel(375, 400).0[0];
        assert!((90..140).contains(&middle), "the photo is there: {middle}");
        assert_eq!(poster.header("cache-control"), "public, max-age=300");
        let same = ask(&f, &path, &[("if-none-match", poster.header("etag"))]).await;
        assert_eq!(same.status, StatusCode::NOT_MODIFIED);
        // Another price is another poster.
        let mut offer = goods("a", "新疆阿克苏苹果", 8800);
        offer.image_url = Some(format!("{}/blue.jpg", s.base));
        f.offer(s.account, &offer).await;
        let other = ask(&f, &path, &[("if-none-match", poster.header("etag"))]).await;
        assert_eq!(other.status, StatusCode::OK);
        assert_ne!(other.header("etag"), poster.header("etag"));
        assert_eq!(s.asked(), 1);
        ask(&f, "/p/00000000000000000000/poster.jpg", &[]).await.leads_nowhere(404, "链接无效");
        let owner = f.owner().await;
        let suspend = format!("/programs/p/promoters/{}/suspend", s.promoter.id);
        assert_eq!(f.post(&suspend, &owner, json!({ "reason": "刷单" })).await.status / 100, 2);
        ask(&f, &path, &[]).await.leads_nowhere(404, "停用");
    }

    async fn an_invitation_leads_to_joining(f: Fixture) {
        let s = Stage::new(&f).await;
        let code = s.invite(&f, json!({ "quota": 1, "days": 2 })).await;
        let joining = format!("http://127.0.0.1:8080/app/p/#/pages/join/index?code={code}");
        for path in [format!("/i/{code}"), format!("/i/{}", code.to_lowercase()), format!("/join/p?code={code}")] {
            let reply = ask(&f, &path, &[("host", "evil.example"), ("x-forwarded-host", "evil.example")]).await;
            assert_eq!((reply.status, reply.header("location")), (StatusCode::FOUND, joining.as_str()), "{path}");
        }
        let bare = ask(&f, "/join/p", &[]).await;
        assert_eq!(bare.header("location"), "http://127.0.0.1:8080/app/p/#/pages/join/index");
        ask(&f, "/join/nowhere", &[]).await.leads_nowhere(404, "不存在");
        let poster = ask(&f, &format!("/i/{code}/poster.jpg"), &[]).await;
        assert_eq!(poster.code(), format!("http://127.0.0.1:8080/i/{code}"));
        let same = ask(&f, &format!("/i/{code}/poster.jpg"), &[("if-none-match", poster.header("etag"))]).await;
        assert_eq!(same.status, StatusCode::NOT_MODIFIED);
        for bad in ["22222222", "x", "%00", "%ff%fe", "1' OR 1=1"] {
            let bad = bad.replace(' ', "%20");
            ask(&f, &format!("/i/{bad}/poster.jpg"), &[]).await;
            let reply = ask(&f, &format!("/i/{bad}"), &[]).await;
            assert_eq!(reply.status.as_u16(), 404, "{bad}");
        }
        ask(&f, "/i/22222222", &[]).await.leads_nowhere(404, "邀请码无效");
        f.clock.advance_seconds(2 * 86_400);
        ask(&f, &format!("/i/{code}"), &[]).await.leads_nowhere(410, "过期");
        ask(&f, &format!("/i/{code}/poster.jpg"), &[]).await.leads_nowhere(410, "过期");
    }

    async fn an_invitation_of_a_suspended_promoter_ends(f: Fixture) {
        let s = Stage::new(&f).await;
        let code = s.invite(&f, json!({})).await;
        let owner = f.owner().await;
        f.post(&format!("/programs/p/promoters/{}/suspend", s.promoter.id), &owner, json!({ "reason": "x" })).await;
        ask(&f, &format!("/i/{code}"), &[]).await.leads_nowhere(404, "停用");
    }

    async fn a_program_draws_its_own_posters(f: Fixture) {
        let s = Stage::new(&f).await;
        let owner = f.owner().await;
        let product = s.product(&f, "a", "/blue.jpg").await;
        let path = "/programs/p/poster-templates/product";
        let ours = f.get(path, &owner).await.ok();
        assert_eq!((&ours["own"], &ours["changed_at"]), (&json!(false), &json!(null)));
        assert!(ours["values"].as_array().unwrap().contains(&json!("price")));
        let put = async |svg: &str| f.send(axum::http::Method::PUT, &format!("/api/v1{path}"), Some(&owner), Some(json!({ "svg": svg }))).await;
        let svg = |inside: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' width='750' height='1334' viewBox='0 0 750 1334'>{inside}</svg>");
        for bad in [
            String::new(),
            "<svg".to_owned(),
            svg("<script>alert(1)</script>"),
            svg("<image href='file:///etc/passwd'/>"),
            svg("<image href='https://example.org/x.png'/>"),
            svg("{{earnings}}"),
            svg(&"<g/>".repeat(20_000)),
            svg("<text>\u{0}</text>"),
        ] {
            let problem = put(&bad).await.refused(422, "posters.template_refused");
            assert_eq!(problem["fields"][0]["field"], "svg");
        }
        assert_eq!(f.get(path, &owner).await.ok()["own"], json!(false));
        let own = svg("<rect width='750' height='1334' fill='#fff'/><path d='{{qr x=225 y=500 size=300}}'/><text x='9' y='99' font-size='40'>{{title}}</text>");
        assert_eq!(put(&own).await.ok()["own"], json!(true));
        assert_eq!(f.get(path, &owner).await.ok()["svg"], json!(own));
        let poster = ask(&f, &format!("/p/{}/poster.jpg", s.code(&f, &product)), &[]).await;
        assert!(poster.code().ends_with(&s.code(&f, &product)));
        assert_eq!((poster.picture().get_pixel(5, 1300).0, s.asked()), ([255], 0), "drawn with the program's own, without a photo");
        let api = format!("/api/v1{path}");
        for role in [Role::Operations, Role::Finance, Role::ReadOnly] {
            let staff = f.staff(Some(s.program.id), role).await;
            for method in ["GET", "PUT", "DELETE"] {
                f.send(method.parse().unwrap(), &api, Some(&staff), Some(json!({ "svg": own }))).await.refused(403, "rights.missing");
            }
        }
        f.get("/programs/p/poster-templates/wall", &owner).await.refused(404, "posters.unknown_kind");
        assert_eq!(f.delete(path, &owner).await.status, 204);
        f.delete(path, &owner).await.refused(404, "posters.no_template");
        let log = f.get("/programs/p/audit", &owner).await.ok();
        let actions: Vec<&str> = log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["program.poster_template_removed", "program.poster_template"]);
    }
}
