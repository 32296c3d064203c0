//! POST /session/wechat: signs in by the code that `wx.login` gave to a program's mini program.

use super::session::{SignedIn, kept, welcome};
use crate::ctx::Ctx;
use crate::persons::session::Keeps;
use crate::persons::store;
use crate::persons::wechat::Identity;
use crate::programs::{self, ProgramState, wechat};
use crate::staff::{Input, unknown_program};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use infra::http::{Body, ClientAddress, Failure, ProblemBody};
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct WechatSignIn {
    /// Code or id of the program whose mini program it is.
    pub program: String,
    /// As `wx.login` gave it: good once, for five minutes.
    pub code: String,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WechatAnswer {
    SignedIn(SignedIn),
    /// WeChat knows the user, we do not yet: join, or sign in once by name, with this ticket.
    Unbound {
        ticket: String,
        expires_at: String,
    },
}

#[utoipa::path(post, path = "/session/wechat", tag = "persons", operation_id = "sign_in_by_wechat",
    request_body = WechatSignIn,
    responses((status = 200, body = WechatAnswer), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "no such program, or it has no mini program"),
        (status = 429, body = ProblemBody), (status = 502, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn sign_in(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    asked: HeaderMap,
    Body(request): Body<WechatSignIn>,
) -> Result<(HeaderMap, Json<WechatAnswer>), Failure> {
    ctx.limits.sign_in.check(format!("sign-in/address/{}", address.0))?;
    let mut input = Input::default();
    let code = input.text("code", &request.code, 1, 128);
    input.done()?;
    let program = programs::store::find_named(&mut ctx.db.read().await?, &request.program).await?;
    let program = program.filter(|p| p.state != ProgramState::Draft);
    let program = program.ok_or_else(|| unknown_program(&request.program))?;
    let key = wechat::mini_program_of(&ctx, &program).await?;
    let openid = ctx.wechat.openid(&key, &code).await.map_err(|error| wechat::refused(&error))?;
    let identity = Identity { appid: key.appid, openid };
    let bound = store::person_of_identity(&mut ctx.db.read().await?, &identity).await?;
    let Some(person) = bound else {
        let (ticket, until) = identity.ticket(&ctx)?;
        return Ok((HeaderMap::new(), Json(WechatAnswer::Unbound { ticket, expires_at: until.rfc3339() })));
    };
    let mut tx = ctx.db.begin().await?;
    store::lock(&mut tx, person).await?;
    let person = store::find(&mut tx, person).await?.filter(|p| p.active);
    let person = person.ok_or_else(|| Problem::new(super::session::WRONG, "the person is locked"))?;
    let (opened, signed_in) = welcome(&ctx, &mut tx, &person, Keeps::asked(&asked)).await?;
    tx.commit().await?;
    Ok((kept(&ctx, &opened)?, Json(WechatAnswer::SignedIn(signed_in))))
}
