//! GET /public/programs/{program}/invites/{code}: whether a code is good, before somebody fills in a form.

use crate::ctx::Ctx;
use crate::promoters::store;
use crate::staff::public_program;
use axum::Json;
use axum::extract::State;
use infra::http::{ClientAddress, Failure, PathOf, ProblemBody};
use kernel::InviteCode;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct PublicInvite {
    pub usable: bool,
    /// Null where the code carries no inviter, or is not usable.
    pub inviter_name: Option<String>,
    /// `unknown`, `expired`, `used_up` or `suspended` (the inviter); null where it is usable.
    pub why: Option<&'static str>,
}

#[utoipa::path(get, path = "/public/programs/{program}/invites/{code}", tag = "public", operation_id = "public_invite",
    params(("program" = String, Path), ("code" = String, Path)),
    responses((status = 200, body = PublicInvite), (status = 404, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn invite(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf((named, text)): PathOf<(String, String)>,
) -> Result<Json<PublicInvite>, Failure> {
    // As narrow as joining: codes are not to be guessed.
    ctx.limits.join.check(format!("invite/{}", address.0))?;
    let mut read = ctx.db.read().await?;
    let program = public_program(&mut read, &named).await?;
    let found = match text.parse::<InviteCode>() {
        Ok(code) => store::find_code(&mut read, program.id, &code).await?,
        Err(_) => None,
    };
    let refused = |why| Json(PublicInvite { usable: false, inviter_name: None, why: Some(why) });
    let Some(invite) = found else { return Ok(refused("unknown")) };
    let now = ctx.now();
    if invite.expires_at <= now {
        return Ok(refused("expired"));
    }
    if invite.used >= invite.quota {
        return Ok(refused("used_up"));
    }
    let mut inviter_name = None;
    if let Some(inviter) = invite.inviter {
        if store::standing_at(&mut read, inviter, now).await?.suspended {
            return Ok(refused("suspended"));
        }
        inviter_name = store::find(&mut read, program.id, inviter).await?.map(|p| p.display_name);
    }
    Ok(Json(PublicInvite { usable: true, inviter_name, why: None }))
}
