//! GET /public/programs/{program}: what anybody may know of a program; its faces take their name and colours from here.

use crate::ctx::Ctx;
use crate::programs::{rules_document, store};
use crate::staff::public_program;
use axum::Json;
use axum::extract::State;
use infra::http::{ClientAddress, Failure, PathOf, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct PublicProgram {
    pub code: String,
    pub name: String,
    pub audience: String,
    /// `live` or `closed`; drafts are not shown.
    pub state: &'static str,
    /// How people join now: `open`, `invite` or `roster`.
    pub admission: &'static str,
    pub theme_colour: String,
    /// Empty: derived from the theme colour.
    pub theme_accent: String,
    /// A data URL, or empty.
    pub logo: String,
    pub community_limit: i64,
    pub time_zone: String,
    pub wechat_appid: Option<String>,
    /// What is read before joining; null where there are none.
    pub rules: Option<PublicRules>,
}

#[derive(Serialize, ToSchema)]
pub struct PublicRules {
    pub version: i64,
    pub text: String,
}

#[utoipa::path(get, path = "/public/programs/{program}", tag = "public", operation_id = "public_program",
    params(("program" = String, Path, description = "code or former code")),
    responses((status = 200, body = PublicProgram), (status = 404, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn program(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(named): PathOf<String>,
) -> Result<Json<PublicProgram>, Failure> {
    ctx.limits.links.check(format!("public/{}", address.0))?;
    let mut read = ctx.db.read().await?;
    let program = public_program(&mut read, &named).await?;
    let admission = store::admission_at(&mut read, program.id, ctx.now()).await?;
    let rules = rules_document::newest(&mut read, program.id).await?;
    Ok(Json(PublicProgram {
        code: program.code,
        name: program.name,
        audience: program.audience,
        state: program.state.word(),
        admission: admission.word(),
        theme_colour: program.theme_colour,
        theme_accent: program.theme_accent,
        logo: program.logo,
        community_limit: program.community_limit,
        time_zone: program.zone.name().to_owned(),
        wechat_appid: Some(program.wechat_appid).filter(|id| !id.is_empty()),
        rules: rules.map(|d| PublicRules { version: d.version, text: d.text }),
    }))
}
