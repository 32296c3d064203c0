//! POST /session signs in, DELETE /session signs out.

use super::me::PersonBody;
use crate::ctx::Ctx;
use crate::persons::session::{Keeps, Opened, SESSION_DAYS};
use crate::persons::wechat::Identity;
use crate::persons::{Person, rules, session, store};
use crate::staff::{self, Caller, GrantBody, SESSION_COOKIE};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use infra::db::{DbError, Tx};
use infra::http::{Body, ClientAddress, Failure, ProblemBody};
use infra::password;
use kernel::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub const WRONG: ProblemCode = ProblemCode::new("session.wrong", 401, "name or password is wrong");

#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    /// Sign-in name; capital letters do not matter.
    pub name: String,
    pub password: String,
    /// From `POST /session/wechat`: from now on this WeChat user is the person who signs in.
    pub wechat_ticket: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    pub person: PersonBody,
    pub grants: Vec<GrantBody>,
    /// With a cookie: send it back in `x-csrf-token` with every change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
    /// Instead of the cookie, where `x-session: token` was asked for: send it as a bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    pub expires_at: String,
}

type WithCookie<T> = ([(HeaderName, String); 1], T);

#[utoipa::path(post, path = "/session", tag = "persons", operation_id = "sign_in", request_body = SignIn,
    responses((status = 200, body = SignedIn, description = "and the session cookie"),
        (status = 401, body = ProblemBody), (status = 409, body = ProblemBody, description = "the WeChat user is another's"),
        (status = 429, body = ProblemBody)))]
pub async fn sign_in(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    asked: HeaderMap,
    Body(request): Body<SignIn>,
) -> Result<(HeaderMap, Json<SignedIn>), Failure> {
    ctx.limits.sign_in.check(format!("sign-in/address/{}", address.0))?;
    let identity = request.wechat_ticket.as_deref().map(|ticket| Identity::of_ticket(&ctx, ticket)).transpose()?;
    let name = rules::sign_in_name(&request.name).ok();
    let mut known = None;
    if let Some(name) = &name {
        ctx.limits.sign_in.check(format!("sign-in/name/{name}"))?;
        known = store::find_by_name(&mut ctx.db.read().await?, name).await?;
    }
    // Also for a name that does not exist, so that the time taken does not tell.
    let hash = known.as_ref().map(|p| p.password_hash.as_str());
    let fits = request.password.len() <= password::PASSWORD_MAX_BYTES
        && password::verify(&request.password, hash).await.map_err(Failure::broken)?;
    let wrong = || Problem::new(WRONG, "no active person has this name and password");
    let person = known.filter(|p| fits && p.active).ok_or_else(wrong)?;
    let mut tx = ctx.db.begin().await?;
    // The password may have changed while it was checked.
    store::lock(&mut tx, person.id).await?;
    let now_known = store::find(&mut tx, person.id).await?;
    let person = now_known.filter(|p| p.active && p.password_hash == person.password_hash).ok_or_else(wrong)?;
    if let Some(identity) = identity {
        identity.bind(&ctx, &mut tx, person.id).await?;
    }
    let (opened, signed_in) = welcome(&ctx, &mut tx, &person, Keeps::asked(&asked)).await?;
    tx.commit().await?;
    Ok((kept(&ctx, &opened)?, Json(signed_in)))
}

/// Opens the session of somebody who has proved who they are; their row is locked.
pub(super) async fn welcome(
    ctx: &Ctx,
    tx: &mut Tx,
    person: &Person,
    keeps: Keeps,
) -> Result<(Opened, SignedIn), DbError> {
    store::end_expired(tx, person.id, ctx.now()).await?;
    let opened = session::sign_in(ctx, tx, person.id, keeps).await?;
    let grants = GrantBody::all(&staff::store::grants_of(tx, person.id).await?);
    let (csrf, session_token) = opened.secrets();
    let expires_at = opened.session.expires_at.rfc3339();
    Ok((opened, SignedIn { person: person.into(), grants, csrf, session_token, expires_at }))
}

#[utoipa::path(delete, path = "/session", tag = "persons", operation_id = "sign_out",
    responses((status = 204, description = "the session or token that came with the request is over"),
        (status = 401, body = ProblemBody)))]
pub async fn sign_out(State(ctx): State<Ctx>, caller: Caller) -> Result<WithCookie<StatusCode>, Failure> {
    let mut tx = ctx.db.begin().await?;
    store::end_session(&mut tx, caller.person, caller.session).await?;
    tx.commit().await?;
    let gone = format!("{SESSION_COOKIE}=; {}; Max-Age=0", attributes(&ctx));
    Ok(([(header::SET_COOKIE, gone)], StatusCode::NO_CONTENT))
}

/// The headers with which a session just opened reaches its client: the cookie, or none for a token.
pub fn kept(ctx: &Ctx, opened: &Opened) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    if !opened.is_token() {
        let cookie = format!("{}; {}; Max-Age={}", opened.cookie(), attributes(ctx), SESSION_DAYS * 86_400);
        headers.insert(header::SET_COOKIE, HeaderValue::from_str(&cookie).map_err(Failure::broken)?);
    }
    Ok(headers)
}

fn attributes(ctx: &Ctx) -> &'static str {
    if ctx.settings.public_url.starts_with("https://") {
        "Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}
