//! What an invite code leads to, and what its poster says.

use crate::ctx::Ctx;
use crate::links;
use crate::programs::{self, Program, ProgramState};
use crate::promoters::{self, Promoter, model::Invite};
use ::posters::{Recruit, Theme};
use axum::http::StatusCode;
use axum::response::Response;
use infra::db::DbError;
use kernel::InviteCode;

/// A code that somebody can join with now.
pub struct Invited {
    pub program: Program,
    pub invite: Invite,
    /// `None`: the platform's own code.
    pub inviter: Option<Promoter>,
}

/// Why there is nothing to join with.
enum Lost {
    Unknown,
    Expired,
    UsedUp,
    Suspended,
}

/// What a code means, or the page that says why it means nothing.
pub async fn looked_up(ctx: &Ctx, text: &str) -> Result<Invited, Response> {
    let (status, title, words) = match find(ctx, text).await {
        Ok(Ok(invited)) => return Ok(invited),
        Ok(Err(Lost::Unknown)) => (StatusCode::NOT_FOUND, "邀请码无效", "这个邀请码不存在，请向邀请你的人要一个新的。"),
        Ok(Err(Lost::Expired)) => (StatusCode::GONE, "邀请已过期", "这个邀请码已经过期，请向邀请你的人要一个新的。"),
        Ok(Err(Lost::UsedUp)) => {
            (StatusCode::GONE, "名额已用完", "这个邀请码的名额已经用完，请向邀请你的人要一个新的。")
        }
        Ok(Err(Lost::Suspended)) => (StatusCode::NOT_FOUND, "邀请已停用", "这个邀请码暂时不能使用。"),
        Err(error) => {
            tracing::warn!(error = %error, "an invite code could not be looked up");
            (StatusCode::SERVICE_UNAVAILABLE, "暂时打不开", "我们这边出了点问题，请稍后再试。")
        }
    };
    Err(links::notice(status, title, words))
}

async fn find(ctx: &Ctx, text: &str) -> Result<Result<Invited, Lost>, DbError> {
    let Ok(code) = text.parse::<InviteCode>() else { return Ok(Err(Lost::Unknown)) };
    let mut read = ctx.db.read().await?;
    let Some((program, invite)) = promoters::store::find_code_anywhere(&mut read, &code).await? else {
        return Ok(Err(Lost::Unknown));
    };
    let program = programs::store::find(&mut read, program).await?;
    let Some(program) = program.filter(|p| p.state == ProgramState::Live) else { return Ok(Err(Lost::Unknown)) };
    let now = ctx.now();
    if invite.expires_at <= now {
        return Ok(Err(Lost::Expired));
    }
    if invite.used >= invite.quota {
        return Ok(Err(Lost::UsedUp));
    }
    let mut inviter = None;
    if let Some(id) = invite.inviter {
        if promoters::store::standing_at(&mut read, id, now).await?.suspended {
            return Ok(Err(Lost::Suspended));
        }
        inviter = promoters::store::find(&mut read, program.id, id).await?;
    }
    Ok(Ok(Invited { program, invite, inviter }))
}

/// Where people join a program, in its app; with the code already filled in.
pub fn join_address(base: &str, program: &Program, code: Option<&str>) -> String {
    let page = format!("{base}/app/{}/#/pages/join/index", program.code);
    code.map_or_else(|| page.clone(), |code| format!("{page}?code={code}"))
}

pub fn words(invited: &Invited, base: &str) -> Recruit {
    let program = &invited.program;
    // The last whole day.
    let until = links::moment(invited.invite.expires_at, &program.zone);
    Recruit {
        program: program.name.clone(),
        logo: program.logo.clone(),
        theme: Theme::new(&program.theme_colour, &program.theme_accent),
        audience: program.audience.clone(),
        inviter: invited.inviter.as_ref().map(|p| p.display_name.clone()),
        code: invited.invite.code.clone(),
        until: until.split(' ').next().unwrap_or_default().to_owned(),
        address: format!("{base}/i/{}", invited.invite.code),
    }
}
