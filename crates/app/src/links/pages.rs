//! Pages without sign-in: `/s/{code}` redirects, `/p/{code}` shows.

use super::agents::{Class, classify, family};
use super::clicks::Click;
use super::convert::ConvertError;
use super::found::{Found, Lost, find};
use super::{landing, make, quick};
use crate::ctx::Ctx;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use infra::db::DbError;
use infra::http::ClientAddress;
use kernel::{ProgramId, PromoterId, ShareCode};
use maud::Markup;
use std::net::IpAddr;

/// Seconds after which a union that failed may be asked again.
const RETRY_AFTER: &str = "5";

/// A kept answer would hide the next click, and a suspension.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

pub fn pages() -> Router<Ctx> {
    Router::new()
        .route("/s/{code}", get(redirect))
        .route("/p/{code}", get(show))
        .route("/p/share.js", get(share_script))
}

fn answer(status: StatusCode, page: Markup) -> Response {
    let mut response = (status, page).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    response
}

/// A page that says why there is nothing.
pub fn notice(status: StatusCode, title: &str, words: &str) -> Response {
    answer(status, landing::notice(title, words, None))
}

fn later(status: StatusCode, title: &str, words: &str, retry: &str) -> Response {
    let mut response = answer(status, landing::notice(title, words, Some(retry)));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    response
}

/// The code's meaning, or the page that says why there is none; within the allowance of the address.
pub async fn looked_up(ctx: &Ctx, address: IpAddr, text: &str, surface: &str) -> Result<Found, Response> {
    if ctx.limits.links.check(format!("link/{address}")).is_err() {
        return Err(too_fast(text, surface));
    }
    meaning(ctx, text, surface).await
}

async fn meaning(ctx: &Ctx, text: &str, surface: &str) -> Result<Found, Response> {
    match find(ctx, text).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(Lost::Unknown)) => Err(answer(
            StatusCode::NOT_FOUND,
            landing::notice("链接无效", "这个链接不存在，请向分享的人要一个新的。", None),
        )),
        Ok(Err(Lost::Suspended)) => {
            Err(answer(StatusCode::NOT_FOUND, landing::notice("链接已停用", "这个推荐人的链接暂时不能使用。", None)))
        }
        Ok(Err(Lost::Gone(found))) => {
            let words = format!("「{}」已下架，看看群里的其他推荐吧。", found.product.title);
            Err(answer(StatusCode::GONE, landing::notice("商品已下架", &words, None)))
        }
        Err(error) => Err(broken(&error, text, surface)),
    }
}

fn broken(error: &DbError, text: &str, surface: &str) -> Response {
    tracing::warn!(error = %error, "a link could not be looked up");
    let own = format!("/{surface}/{text}");
    later(StatusCode::SERVICE_UNAVAILABLE, "暂时打不开", "我们这边出了点问题，请稍后再试。", &own)
}

fn too_fast(text: &str, surface: &str) -> Response {
    later(StatusCode::TOO_MANY_REQUESTS, "打开得太快了", "请稍等一会儿再试。", &format!("/{surface}/{text}"))
}

fn to(location: HeaderValue) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location), (header::CACHE_CONTROL, NO_STORE)]).into_response()
}

/// Notes the opening, off the request path.
pub(super) fn note(
    ctx: &Ctx,
    (program, promoter, code): (ProgramId, PromoterId, ShareCode),
    class: Class,
    surface: &'static str,
    address: IpAddr,
    agent: Option<&str>,
) {
    let now = ctx.now();
    ctx.click_log.note(Click {
        at: now,
        program,
        promoter,
        community: code.community,
        product: code.product,
        class,
        surface,
        address_hash: ctx.click_log.address_hash(&ctx.master, address, now),
        agent: family(agent),
    });
}

/// What stands where a code should; a text that is none (bytes outside UTF-8) is a code that nobody issued.
fn code_in(path: Result<Path<String>, PathRejection>) -> String {
    path.map(|Path(text)| text).unwrap_or_default()
}

fn class_of(method: &Method, headers: &HeaderMap) -> (Class, Option<String>) {
    // Some phones put their Chinese name into the agent as it is: no reason to take the person for a robot.
    let text = |name: &str| headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).to_lowercase());
    let purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
    let prefetch = purposes.iter().filter_map(|n| text(n)).any(|v| v.contains("prefetch") || v.contains("preview"));
    let agent = text("user-agent");
    (classify(method == Method::HEAD, agent.as_deref(), prefetch), agent)
}

async fn redirect(
    State(ctx): State<Ctx>,
    ClientAddress(address): ClientAddress,
    method: Method,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let text = code_in(path);
    if ctx.limits.links.check(format!("link/{address}")).is_err() {
        return too_fast(&text, "s");
    }
    let (class, agent) = class_of(&method, &headers);
    if class == Class::Human
        && let Ok(Some(target)) = ctx.quick.find(&ctx, &text).await
    {
        note(&ctx, (target.program, target.promoter, target.code), class, "redirect", address, agent.as_deref());
        return to(target.location);
    }
    // Before the look: what is done after it makes the answer old.
    let epoch = match ctx.quick.epoch(&ctx, &text).await {
        Ok(epoch) => epoch,
        Err(error) => return broken(&error, &text, "s"),
    };
    let found = match meaning(&ctx, &text, "s").await {
        Ok(found) => found,
        Err(page) => return page,
    };
    note(&ctx, found.who(), class, "redirect", address, agent.as_deref());
    if class != Class::Human {
        return card(&ctx, &found, agent.as_deref());
    }
    let own = format!("/s/{text}");
    match quick::target(&ctx, epoch, &found).await {
        Ok(location) => to(location),
        Err(ConvertError::Refused(words)) => {
            tracing::info!(product = found.product.number, words, "the union refused an item");
            answer(
                StatusCode::GONE,
                landing::notice("商品不再推广", "商城不再推广这件商品，看看群里的其他推荐吧。", None),
            )
        }
        Err(ConvertError::BudgetSpent) => {
            later(StatusCode::SERVICE_UNAVAILABLE, "今天太火爆了", "今天的转链额度用完了，请稍后再试。", &own)
        }
        Err(ConvertError::Host(words)) => {
            tracing::error!(product = found.product.number, words, "a link was refused");
            later(StatusCode::BAD_GATEWAY, "暂时去不了", "商城给的链接不对，请稍后再试。", &own)
        }
        Err(ConvertError::Union(error)) => {
            tracing::warn!(error = %error, "a link could not be converted");
            later(StatusCode::SERVICE_UNAVAILABLE, "商城没有回应", "商城暂时没有回应，请再试一次。", &own)
        }
        Err(ConvertError::Late(words)) => {
            tracing::warn!(words, "a link could not be converted in time");
            later(StatusCode::SERVICE_UNAVAILABLE, "人太多了", "现在打开的人太多，请再试一次。", &own)
        }
        Err(ConvertError::Failed(error)) => {
            tracing::error!(error = %error, "a link could not be converted");
            later(StatusCode::SERVICE_UNAVAILABLE, "暂时打不开", "我们这边出了点问题，请稍后再试。", &own)
        }
    }
}

async fn show(
    State(ctx): State<Ctx>,
    ClientAddress(address): ClientAddress,
    method: Method,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let text = code_in(path);
    let found = match looked_up(&ctx, address, &text, "p").await {
        Ok(found) => found,
        Err(page) => return page,
    };
    let (class, agent) = class_of(&method, &headers);
    note(&ctx, found.who(), class, "page", address, agent.as_deref());
    card(&ctx, &found, agent.as_deref())
}

/// The landing page; a robot that asked for the redirect gets it too, and no call of the union is spent.
fn card(ctx: &Ctx, found: &Found, agent: Option<&str>) -> Response {
    let base = make::base(ctx, &found.program);
    let signed = family(agent) == "wechat" && !found.program.official_appid.is_empty();
    let (link, own) = (format!("/s/{}", found.text), format!("{base}/p/{}", found.text));
    let mut response = answer(StatusCode::OK, landing::page(found, &link, &own, signed, ctx.now()));
    if signed {
        let policy = HeaderValue::from_static(landing::POLICY_IN_WECHAT);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

async fn share_script() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, landing::SHARE_SCRIPT).into_response()
}
