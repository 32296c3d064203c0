//! Requests to the API without a socket.

use crate::{Fixture, Signed};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Reply {
    /// The body of a good answer.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json
    }

    /// A refusal with this status and stable code; its body is returned.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json; charset=utf-8");
        self.json
    }

    pub fn location(&self) -> Option<&str> {
        self.headers.get(header::LOCATION).and_then(|v| v.to_str().ok())
    }
}

impl Fixture {
    /// `path` begins with `/`. With `signed` the cookie and the CSRF token are sent.
    pub async fn send(&self, method: Method, path: &str, signed: Option<&Signed>, body: Option<Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(signed) = signed {
            request = request.header(header::COOKIE, &signed.cookie).header("x-csrf-token", &signed.csrf);
        }
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()))
                .expect("a request"),
            None => request.body(Body::empty()).expect("a request"),
        };
        self.raw(request).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Reply {
        let response = app::router(self.ctx.clone()).oneshot(request).await.expect("the router never fails");
        let (status, headers): (StatusCode, _) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 24).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status: status.as_u16(), headers, text, json }
    }

    /// GET below `/api/v1`.
    pub async fn get(&self, path: &str, signed: &Signed) -> Reply {
        self.send(Method::GET, &format!("/api/v1{path}"), Some(signed), None).await
    }

    /// POST below `/api/v1`.
    pub async fn post(&self, path: &str, signed: &Signed, body: Value) -> Reply {
        self.send(Method::POST, &format!("/api/v1{path}"), Some(signed), Some(body)).await
    }

    /// PATCH below `/api/v1`.
    pub async fn patch(&self, path: &str, signed: &Signed, body: Value) -> Reply {
        self.send(Method::PATCH, &format!("/api/v1{path}"), Some(signed), Some(body)).await
    }

    /// DELETE below `/api/v1`.
    pub async fn delete(&self, path: &str, signed: &Signed) -> Reply {
        self.send(Method::DELETE, &format!("/api/v1{path}"), Some(signed), None).await
    }
}
