//! A program's apps at WeChat: its mini program, where people sign in, and its official account, inside which its pages
//! are opened.

use super::ProgramFields;
use super::model::Program;
use super::store::{self, WechatSecrets};
use crate::ctx::Ctx;
use connectors::wechat::{AppKey, WechatError, WechatErrorClass};
use infra::http::Failure;
use kernel::{Problem, ProblemCode, ProgramId};

pub const NOT_CONFIGURED: ProblemCode =
    ProblemCode::new("wechat.not_configured", 404, "the program has no such app at wechat");
pub const CODE_REFUSED: ProblemCode = ProblemCode::new("wechat.code_refused", 401, "wechat does not take the code");
pub const RISKY: ProblemCode = ProblemCode::new("wechat.risky", 403, "wechat takes this user for a risk");
pub const TOO_OFTEN: ProblemCode = ProblemCode::new("wechat.too_often", 429, "wechat is asked too often");
pub const REFUSED: ProblemCode = ProblemCode::new("wechat.refused", 502, "wechat refuses the program's app");
pub const UNAVAILABLE: ProblemCode = ProblemCode::new("wechat.unavailable", 503, "wechat does not answer");

/// What the sealed secrets are bound to.
pub(super) fn mini_program(id: ProgramId) -> String {
    format!("program/{id}/wechat")
}

pub(super) fn official_account(id: ProgramId) -> String {
    format!("program/{id}/official")
}

/// The secrets among what was sent, sealed.
pub(super) fn sealed(ctx: &Ctx, id: ProgramId, fields: &ProgramFields) -> Result<WechatSecrets, Failure> {
    let seal = |secret: &Option<String>, binding: String| {
        let sealed = secret.as_deref().map(|secret| ctx.master.seal(&binding, secret.as_bytes()));
        sealed.transpose().map_err(Failure::broken)
    };
    Ok(WechatSecrets {
        mini_program: seal(&fields.wechat_secret, mini_program(id))?,
        official_account: seal(&fields.official_secret, official_account(id))?,
    })
}

/// Appid and secret of the program's mini program.
pub async fn mini_program_of(ctx: &Ctx, program: &Program) -> Result<AppKey, Failure> {
    let secrets = store::wechat_secrets(&mut ctx.db.read().await?, program.id).await?;
    opened(ctx, &program.wechat_appid, secrets.mini_program, &mini_program(program.id))
}

/// Appid and secret of the program's official account.
pub async fn official_account_of(ctx: &Ctx, program: &Program) -> Result<AppKey, Failure> {
    let secrets = store::wechat_secrets(&mut ctx.db.read().await?, program.id).await?;
    opened(ctx, &program.official_appid, secrets.official_account, &official_account(program.id))
}

fn opened(ctx: &Ctx, appid: &str, sealed: Option<Vec<u8>>, binding: &str) -> Result<AppKey, Failure> {
    let Some(sealed) = sealed.filter(|_| !appid.is_empty()) else {
        return Err(Problem::new(NOT_CONFIGURED, "its appid and secret have not been entered").into());
    };
    let secret = ctx.master.open(binding, &sealed).map_err(Failure::broken)?;
    Ok(AppKey::new(appid, String::from_utf8(secret).map_err(Failure::broken)?))
}

/// What somebody is told when WeChat says no. WeChat's own code goes along.
pub fn refused(error: &WechatError) -> Failure {
    tracing::warn!(call = error.call, class = error.class.word(), code = %error.code, "wechat refused");
    let code = match error.class {
        WechatErrorClass::Code => CODE_REFUSED,
        WechatErrorClass::Risky => RISKY,
        WechatErrorClass::TooOften => TOO_OFTEN,
        WechatErrorClass::App | WechatErrorClass::Token | WechatErrorClass::Unknown => REFUSED,
        WechatErrorClass::Passing => UNAVAILABLE,
    };
    Problem::new(code, format!("{} ({})", error.message, error.code)).into()
}
