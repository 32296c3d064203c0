//! The built front ends, served from this program: the console below `/console/`, the app below `/app/{program}/`.
//!
//! Files come embedded (in debug builds from disk), each with its brotli twin where the build made one. Names below
//! `assets/` carry a hash and never change; everything else is asked for again, cheaply, by its ETag. Addresses that are
//! no file are the face's own: they get its page.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{DOCTYPE, html};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/console/dist"]
#[allow_missing = true]
struct Console;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/app/dist/build/h5"]
#[allow_missing = true]
struct App;

/// Scripts and everything else from here; pictures may also be data that the page itself made.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     connect-src 'self'; font-src 'self' data:; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

pub fn routes() -> Router {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(|headers: HeaderMap| async move { console("", &headers) }))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { console(&path, &headers) }),
        )
        .route("/app", get(|| async { Redirect::permanent("/app/") }))
        .route("/app/", get(|headers: HeaderMap| async move { app("", &headers) }))
        .route("/app/{*path}", get(|Path(path): Path<String>, headers: HeaderMap| async move { app(&path, &headers) }))
}

fn console(path: &str, headers: &HeaderMap) -> Response {
    face::<Console>("web/console", path, headers)
}

/// The first part of the path is a program's code, unless it is one of the build's own folders.
fn app(path: &str, headers: &HeaderMap) -> Response {
    face::<App>("web/app", path, headers)
}

fn face<F: RustEmbed>(folder: &str, path: &str, headers: &HeaderMap) -> Response {
    if !path.is_empty()
        && let Some(file) = F::get(path)
    {
        return answer::<F>(path, &file, headers);
    }
    // A file that is not there is not a page: a browser that asks for an old script must not be given HTML.
    if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    }
    match F::get("index.html") {
        Some(page) => answer::<F>("index.html", &page, headers),
        None => missing(folder),
    }
}

fn answer<F: RustEmbed>(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", infra::secrets::hex(&file.metadata.sha256_hash()[..16]));
    let cache = if path.contains("assets/") { FOR_EVER } else { ASK_AGAIN };
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    let known = asked.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Ok(value) = HeaderValue::from_str(&content_type(file)) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    if takes_brotli(asked)
        && let Some(small) = F::get(&format!("{path}.br"))
    {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        return (headers, small.data).into_response();
    }
    (headers, file.data.clone()).into_response()
}

fn content_type(file: &EmbeddedFile) -> String {
    let mime = file.metadata.mimetype();
    let text = mime.starts_with("text/") || mime.ends_with("javascript") || mime.ends_with("json");
    if text { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| {
        let (name, quality) = part.split_once(';').unwrap_or((part, ""));
        name.trim() == "br" && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

/// `cargo build` alone makes a program without faces; it says so and how to get them.
fn missing(folder: &str) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head { meta charset="utf-8"; title { "Daogou 导购" } }
            body {
                h1 { "界面还没有构建" }
                p { "这个程序里没有 " code { (folder) } "。请在源码目录运行 " code { "make web" } "，然后重新构建。" }
                p { "This program was built without " code { (folder) } ". Run " code { "make web" } " in the sources and build again." }
            }
        }
    };
    let headers = [(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"))];
    (StatusCode::NOT_FOUND, headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn brotli_is_sent_to_whoever_takes_it() {
        let accepts = |value| takes_brotli(&asked(header::ACCEPT_ENCODING, value));
        assert!(accepts("gzip, deflate, br, zstd") && accepts("br;q=0.5"));
        assert!(!accepts("gzip") && !accepts("br;q=0") && !accepts("brotli") && !takes_brotli(&HeaderMap::new()));
    }

    #[test]
    fn a_file_that_is_not_there_is_no_page() {
        for path in ["assets/index-old.js", "fenxiang/logo.png", "../Cargo.toml"] {
            assert_eq!(console(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    /// Only where the faces have been built: `make test` builds them first.
    #[test]
    fn pages_and_assets_are_told_apart() {
        let Some(page) = Console::get("index.html") else {
            assert_eq!(console("orders", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
            return;
        };
        let fresh = console("orders/ord_1", &HeaderMap::new());
        assert_eq!(fresh.status(), StatusCode::OK);
        assert_eq!(fresh.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(fresh.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(fresh.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
        let etag = fresh.headers()[header::ETAG].clone();
        let again = console("", &HeaderMap::from_iter([(header::IF_NONE_MATCH, etag)]));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let text = String::from_utf8_lossy(&page.data).into_owned();
        let script = text.split('"').find_map(|part| part.strip_prefix("/console/").filter(|p| p.ends_with(".js")));
        let script = console(script.expect("the page names its script"), &HeaderMap::new());
        assert_eq!(script.headers()[header::CACHE_CONTROL], FOR_EVER);
    }
}
