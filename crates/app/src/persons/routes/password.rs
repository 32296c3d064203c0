//! POST /me/password: a new password; other browsers are signed out. API tokens stay: they are revoked one by one.

use super::needs_browser;
use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::persons::{rules, store};
use crate::staff::{Caller, Input, SIGNED_OUT, stale};
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use infra::password;
use kernel::{Problem, ProblemCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

pub const WRONG_PASSWORD: ProblemCode = ProblemCode::new("persons.wrong_password", 403, "the password is wrong");

#[derive(Deserialize, ToSchema)]
pub struct ChangePassword {
    pub current: String,
    /// At least 10 characters, at most 200 bytes.
    pub new: String,
}

#[utoipa::path(post, path = "/me/password", tag = "persons", operation_id = "change_password",
    request_body = ChangePassword, responses((status = 204), (status = 403, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn change(
    State(ctx): State<Ctx>,
    caller: Caller,
    Body(request): Body<ChangePassword>,
) -> Result<StatusCode, Failure> {
    needs_browser(&caller)?;
    let mut input = Input::default();
    input.take("new", rules::password(&request.new));
    input.done()?;
    ctx.limits.sign_in.check(format!("password/{}", caller.person))?;
    let person = store::find(&mut ctx.db.read().await?, caller.person).await?;
    let person = person.ok_or_else(|| Problem::new(SIGNED_OUT, "the person is gone"))?;
    let fits = request.current.len() <= password::PASSWORD_MAX_BYTES
        && password::verify(&request.current, Some(&person.password_hash)).await.map_err(Failure::broken)?;
    if !fits {
        return Err(Problem::new(WRONG_PASSWORD, "the current password does not fit").into());
    }
    let hash = password::hash(&request.new).await.map_err(Failure::broken)?;
    let mut tx = ctx.db.begin().await?;
    if !store::set_password(&mut tx, person.id, &hash, &person.password_hash).await? {
        return Err(stale("the password").into());
    }
    let ended = store::end_other_sessions(&mut tx, person.id, caller.session).await?;
    let detail = json!({ "sessions_ended": ended });
    let subject = person.id.to_string();
    let deed = Deed { by: caller.person, program: None, action: "person.password", subject, detail };
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
