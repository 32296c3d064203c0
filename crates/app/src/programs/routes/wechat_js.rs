//! GET /public/programs/{program}/wechat-js: what a page inside WeChat needs for `wx.config`.

use crate::ctx::Ctx;
use crate::programs::{Program, ProgramState, store, wechat};
use crate::staff::unknown_program;
use axum::Json;
use axum::extract::State;
use connectors::wechat::js_signature;
use infra::http::{ClientAddress, Failure, Params, PathOf, ProblemBody};
use infra::secrets;
use kernel::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::{IntoParams, ToSchema};

pub const FOREIGN_PAGE: ProblemCode = ProblemCode::new("wechat.foreign_page", 422, "the page is not one of ours");
/// Characters of a page's address at the most.
const ADDRESS_MAX: usize = 2000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// The page's own address, as the browser has it; what follows `#` does not matter.
    url: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WechatJs {
    pub app_id: String,
    /// Seconds since 1970.
    pub timestamp: i64,
    pub nonce_str: String,
    pub signature: String,
}

#[utoipa::path(get, path = "/public/programs/{program}/wechat-js", tag = "public", operation_id = "wechat_js",
    params(("program" = String, Path, description = "code or former code"), Query),
    responses((status = 200, body = WechatJs),
        (status = 404, body = ProblemBody, description = "no such program, or it has no official account"),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 502, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn sign(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(named): PathOf<String>,
    Params(query): Params<Query>,
) -> Result<Json<WechatJs>, Failure> {
    ctx.limits.links.check(format!("public/{}", address.0))?;
    let program = store::find_named(&mut ctx.db.read().await?, &named).await?;
    let program = program.filter(|p| p.state != ProgramState::Draft).ok_or_else(|| unknown_program(&named))?;
    let key = wechat::official_account_of(&ctx, &program).await?;
    let page = own_page(&ctx, &program, &query.url)?;
    let ticket = ctx.wechat.js_ticket(&key).await.map_err(|error| wechat::refused(&error))?;
    let (timestamp, nonce_str) = (ctx.now().seconds(), secrets::hex(&secrets::random::<8>()));
    let signature = js_signature(&ticket, &nonce_str, timestamp, page);
    Ok(Json(WechatJs { app_id: key.appid, timestamp, nonce_str, signature }))
}

/// The address without what follows `#`, where it is a page of this program: nobody else's page is signed.
fn own_page<'a>(ctx: &Ctx, program: &Program, text: &'a str) -> Result<&'a str, Problem> {
    let page = text.split('#').next().unwrap_or_default();
    let ours = [program.public_url.as_str(), ctx.settings.public_url.as_str()];
    let asked = Url::parse(page).ok().filter(|_| page.len() <= ADDRESS_MAX && !page.chars().any(char::is_control));
    let is_ours = asked.is_some_and(|asked| {
        ours.iter().filter_map(|own| Url::parse(own).ok()).any(|own| own.origin() == asked.origin())
    });
    let why = "must be the address of a page of this program";
    if is_ours { Ok(page) } else { Err(Problem::new(FOREIGN_PAGE, why).field("url", why)) }
}
