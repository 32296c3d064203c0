//! GET and POST /me/tokens, DELETE /me/tokens/{token}: one's own API tokens. The secret is shown once.

use super::needs_browser;
use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::persons::session::{self, TOKEN_DAYS_MAX, TOKENS_MAX};
use crate::persons::{Session, SessionKind, store};
use crate::staff::{Caller, Input};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, PathOf, ProblemBody};
use kernel::{Instant, Problem, ProblemCode, TokenId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub const UNKNOWN_TOKEN: ProblemCode = ProblemCode::new("tokens.unknown", 404, "no such token");
pub const TOO_MANY_TOKENS: ProblemCode = ProblemCode::new("tokens.too_many", 409, "too many tokens");
const SCOPES: [&str; 2] = ["read", "write"];

#[derive(Serialize, ToSchema)]
pub struct TokenBody {
    #[schema(value_type = String)]
    pub id: TokenId,
    pub name: String,
    /// `read`, `write`.
    pub scopes: Vec<String>,
    pub created_at: String,
    pub expires_at: String,
}

impl From<&Session> for TokenBody {
    fn from(s: &Session) -> TokenBody {
        TokenBody {
            id: s.id,
            name: s.name.clone(),
            scopes: s.scopes.clone(),
            created_at: s.created_at.rfc3339(),
            expires_at: s.expires_at.rfc3339(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct TokenList {
    pub items: Vec<TokenBody>,
    /// Always null: at most 50 tokens.
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewToken {
    pub name: String,
    /// `read`, `write` or both.
    pub scopes: Vec<String>,
    /// At most a year from now.
    pub expires_at: String,
}

#[derive(Serialize, ToSchema)]
pub struct MadeToken {
    #[serde(flatten)]
    pub token: TokenBody,
    /// Send it as `Authorization: Bearer …`. Shown only now.
    pub secret: String,
}

#[utoipa::path(get, path = "/me/tokens", tag = "persons", operation_id = "list_tokens",
    responses((status = 200, body = TokenList), (status = 401, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<TokenList>, Failure> {
    let tokens = store::tokens_of(&mut ctx.db.read().await?, caller.person).await?;
    Ok(Json(TokenList { items: tokens.iter().map(TokenBody::from).collect(), next: None }))
}

#[utoipa::path(post, path = "/me/tokens", tag = "persons", operation_id = "create_token", request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Body(request): Body<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Failure> {
    needs_browser(&caller)?;
    let (name, scopes, until) = checked(&request, ctx.now())?;
    let mut tx = ctx.db.begin().await?;
    store::lock(&mut tx, caller.person).await?;
    store::end_expired(&mut tx, caller.person, ctx.now()).await?;
    if store::tokens_of(&mut tx, caller.person).await?.len() >= TOKENS_MAX {
        return Err(Problem::new(TOO_MANY_TOKENS, format!("you have {TOKENS_MAX} tokens; revoke one first")).into());
    }
    let made = session::open(&ctx, &mut tx, caller.person, SessionKind::Api, &name, scopes, until).await?;
    let detail = json!({ "name": name, "scopes": made.session.scopes, "expires_at": until.rfc3339() });
    let subject = made.session.id.to_string();
    let deed = Deed { by: caller.person, program: None, action: "token.create", subject, detail };
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(MadeToken { token: (&made.session).into(), secret: made.token })))
}

fn checked(request: &NewToken, now: Instant) -> Result<(String, Vec<String>, Instant), Problem> {
    let mut input = Input::default();
    let name = input.text("name", &request.name, 1, 60);
    let scopes: Vec<String> =
        SCOPES.iter().filter(|s| request.scopes.iter().any(|r| r == *s)).map(|s| (*s).to_owned()).collect();
    if scopes.is_empty() || request.scopes.iter().any(|s| !SCOPES.contains(&s.as_str())) {
        input.wrong("scopes", "must be `read`, `write` or both");
    }
    let until = input.moment("expires_at", &request.expires_at);
    if until <= now || until > now.plus_days(TOKEN_DAYS_MAX) {
        input.wrong("expires_at", format!("must lie within the next {TOKEN_DAYS_MAX} days"));
    }
    input.done()?;
    Ok((name, scopes, until))
}

#[utoipa::path(delete, path = "/me/tokens/{token}", tag = "persons", operation_id = "revoke_token",
    params(("token" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn revoke(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(token): PathOf<TokenId>,
) -> Result<StatusCode, Failure> {
    let mut tx = ctx.db.begin().await?;
    let known = store::tokens_of(&mut tx, caller.person).await?.iter().any(|t| t.id == token);
    if !known || !store::end_session(&mut tx, caller.person, token).await? {
        return Err(Problem::new(UNKNOWN_TOKEN, format!("you have no token {token}")).into());
    }
    let subject = token.to_string();
    let deed = Deed { by: caller.person, program: None, action: "token.revoke", subject, detail: json!({}) };
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
