//! One port for everything: API, its reference page, pages, health; and a port of its own for metrics.

use crate::failure::Failure;
use crate::{faces, overview};
use app::Ctx;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use infra::db::DbError;
use infra::http::{Failure as Refusal, TrustedProxies, shell};
use kernel::{Problem, ProblemCode};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use utoipa_swagger_ui::SwaggerUi;

const NOTHING_HERE: ProblemCode = ProblemCode::new("request.path", 404, "there is nothing at this address");
const WRONG_METHOD: ProblemCode = ProblemCode::new("request.method", 405, "not with this method");
const NOT_READY: ProblemCode = ProblemCode::new("server.not_ready", 503, "not ready");

/// The reference page is the only one with a script, which comes from here.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Everything that is reached from outside.
pub fn router(ctx: &Ctx, trusted_proxies: &[IpAddr]) -> Router {
    let docs = Router::<()>::from(SwaggerUi::new("/api/docs").url("/api/openapi.json", app::open_api()))
        .layer(middleware::from_fn(docs_policy));
    let own = Router::new()
        .route("/", get(overview::page))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(ctx.clone());
    let all = app::router(ctx.clone())
        .merge(docs)
        .merge(own)
        .merge(faces::routes())
        .fallback(|| async { Refusal::from(Problem::new(NOTHING_HERE, "see /api/docs for what there is")) })
        .method_not_allowed_fallback(|| async {
            Refusal::from(Problem::new(WRONG_METHOD, "see /api/docs for what there is"))
        })
        .layer(Extension(TrustedProxies(Arc::new(trusted_proxies.to_vec()))));
    // What is compressed already, and pictures, are left as they are.
    shell(all.layer(CompressionLayer::new()), ctx.metrics.clone())
}

async fn docs_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    response
}

/// Ready when the database answers with a schema that this program knows.
async fn ready(State(ctx): State<Ctx>) -> Result<&'static str, Refusal> {
    let not = |why: String| Refusal::from(Problem::new(NOT_READY, why));
    let checked: Result<usize, DbError> = async {
        ctx.db.ping().await?;
        ctx.clicks.ping().await?;
        ctx.db.refuse_newer(app::migrations::MAIN_LIST, app::migrations::MAIN).await?;
        ctx.db.pending(app::migrations::MAIN_LIST, app::migrations::MAIN).await
    }
    .await;
    match checked {
        Ok(0) => Ok("ready\n"),
        Ok(n) => Err(not(format!("{n} migrations have not been applied"))),
        Err(error @ DbError::NewerSchema { .. }) => Err(not(error.to_string())),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            Err(not("the database does not answer".to_owned()))
        }
    }
}

/// Binds, or says who may be in the way.
pub async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| {
        Failure::usage(format!("{address} cannot be listened on ({e}); change `{key}` or end what uses it"))
    })
}

/// Serves until told to stop; requests under way are finished.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> Result<(), Failure> {
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .map_err(Failure::failed)
}

/// `/metrics` for Prometheus; nothing else is there.
pub fn metrics_router(ctx: &Ctx) -> Router {
    let metrics = ctx.metrics.clone();
    Router::new().route(
        "/metrics",
        get(move || {
            let text = metrics.text();
            async move {
                match text {
                    Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
                    Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(error.to_string())).into_response(),
                }
            }
        }),
    )
}
