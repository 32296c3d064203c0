use crate::secrets;
use crate::telemetry::Metrics;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use std::time::{Duration, Instant};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// Bodies of requests; the largest honest one is a plan with a few hundred lines.
const BODY_MAX: usize = 1 << 20;
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request being answered; empty outside one.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// Wraps all routes: request id, one log line per request, metrics, headers, limits.
pub fn shell(router: Router, metrics: Metrics) -> Router {
    router
        .layer(CatchPanicLayer::new())
        .layer(RequestBodyLimitLayer::new(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(middleware::from_fn(headers))
        .layer(middleware::from_fn(move |request, next| observe(metrics.clone(), request, next)))
}

async fn observe(metrics: Metrics, request: Request, next: Next) -> Response {
    let id = secrets::hex(&secrets::random::<8>());
    let method = request.method().clone();
    // The pattern, never the path: codes and ids do not belong into logs' fields or metric labels.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |p| p.as_str().to_owned());
    let started = Instant::now();
    let mut response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    let elapsed = started.elapsed();
    let status = response.status().as_u16().to_string();
    metrics.requests.with_label_values(&[method.as_str(), route.as_str(), status.as_str()]).inc();
    metrics.request_seconds.with_label_values(&[route.as_str()]).observe(elapsed.as_secs_f64());
    tracing::info!(
        request_id = %id, method = %method, route = %route, status = %status,
        elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), "answered"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page that needs more says so itself.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
