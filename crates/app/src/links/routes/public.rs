//! GET /public/links/{code}, POST …/products/{product}, POST …/open: a consumer's way through the app, from one
//! recommendation to the union. Nobody is signed in here; a code says who recommends.

use crate::catalog::{self, ProductState, PublicProductDetail};
use crate::ctx::Ctx;
use crate::links::agents::Class;
use crate::links::convert;
use crate::links::found::{Found, Lost, find};
use crate::links::make::{self, PRODUCT_GONE, UNKNOWN_PRODUCT};
use crate::links::pages::note;
use crate::programs;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use connectors::unions::mini_program;
use infra::http::{ClientAddress, Failure, PathOf, ProblemBody};
use kernel::{Problem, ProblemCode, ShareCode};
use serde::Serialize;
use utoipa::ToSchema;

pub const NOWHERE: ProblemCode = ProblemCode::new("links.nowhere", 404, "this link does not exist");
pub const STOPPED: ProblemCode = ProblemCode::new("links.stopped", 404, "this recommender's links are not in use");

#[derive(Serialize, ToSchema)]
pub struct PublicLink {
    /// Code of the program.
    pub program: String,
    pub program_name: String,
    /// Who recommends.
    pub promoter_name: String,
    pub product: PublicProductDetail,
    /// Leads to the union.
    pub url: String,
    /// Our page with price steps.
    pub page: String,
}

#[derive(Serialize, ToSchema)]
pub struct OtherLink {
    pub code: String,
}

#[derive(Serialize, ToSchema)]
pub struct OpenedLink {
    /// The union's own address, for a browser.
    pub url: String,
    /// Where a mini program jumps instead; null where the union has none.
    pub mini_program: Option<MiniProgramTarget>,
}

#[derive(Serialize, ToSchema)]
pub struct MiniProgramTarget {
    pub app_id: String,
    pub path: String,
}

async fn looked_up(ctx: &Ctx, address: &ClientAddress, text: &str) -> Result<Result<Found, Box<Found>>, Failure> {
    ctx.limits.links.check(format!("link/{}", address.0))?;
    match find(ctx, text).await? {
        Ok(found) => Ok(Ok(found)),
        Err(Lost::Gone(found)) => Ok(Err(found)),
        Err(Lost::Unknown) => Err(Problem::new(NOWHERE, "ask the person who shared it for a new one").into()),
        Err(Lost::Suspended) => Err(Problem::new(STOPPED, "look at other recommendations of the group").into()),
    }
}

fn gone(title: &str) -> Failure {
    Problem::new(PRODUCT_GONE, format!("{title} is no longer on sale")).into()
}

/// What a link recommends and who does; counts no click.
#[utoipa::path(get, path = "/public/links/{code}", tag = "public", operation_id = "public_link",
    params(("code" = String, Path)),
    responses((status = 200, body = PublicLink), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 429, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(text): PathOf<String>,
) -> Result<Json<PublicLink>, Failure> {
    let found = looked_up(&ctx, &address, &text).await?.map_err(|found| gone(&found.product.title))?;
    let base = make::base(&ctx, &found.program);
    Ok(Json(PublicLink {
        product: PublicProductDetail::new(&found.product, ctx.now()),
        url: format!("{base}/s/{}", found.text),
        page: format!("{base}/p/{}", found.text),
        program: found.program.code,
        program_name: found.program.name,
        promoter_name: found.promoter.display_name,
    }))
}

/// The same recommender and community, another product: what a consumer found by searching on.
#[utoipa::path(post, path = "/public/links/{code}/products/{product}", tag = "public", operation_id = "public_other_link",
    params(("code" = String, Path), ("product" = String, Path)),
    responses((status = 200, body = OtherLink), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 429, body = ProblemBody)))]
pub async fn other(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf((text, number)): PathOf<(String, String)>,
) -> Result<Json<OtherLink>, Failure> {
    // A recommendation that has ended still says who recommends.
    let found = looked_up(&ctx, &address, &text).await?.unwrap_or_else(|gone| *gone);
    let named: String = number.chars().take(20).collect();
    let unknown = || Problem::new(UNKNOWN_PRODUCT, format!("there is no product {named}"));
    let number = number.parse::<u64>().map_err(|_| unknown())?;
    let mut read = ctx.db.read().await?;
    let product = catalog::store::by_number(&mut read, number).await?.ok_or_else(unknown)?;
    let accounts = programs::store::accounts_of_program(&mut read, found.program.id).await?;
    if !accounts.contains(&product.union_account) || product.state == ProductState::Banned {
        return Err(unknown().into());
    }
    if product.state != ProductState::OnSale {
        return Err(gone(&product.title));
    }
    let code = ShareCode { product: product.number, ..found.code };
    let code = code.text(&ctx.codes).ok_or_else(|| Failure::broken("a number does not fit into a share code"))?;
    Ok(Json(OtherLink { code }))
}

/// A consumer goes to the union: counts a click and returns the union's own link.
#[utoipa::path(post, path = "/public/links/{code}/open", tag = "public", operation_id = "open_public_link",
    params(("code" = String, Path)),
    responses((status = 200, body = OpenedLink), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 429, body = ProblemBody), (status = 502, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn open(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(text): PathOf<String>,
    headers: HeaderMap,
) -> Result<Json<OpenedLink>, Failure> {
    let found = looked_up(&ctx, &address, &text).await?.map_err(|found| gone(&found.product.title))?;
    let agent = headers.get("user-agent").map(|v| String::from_utf8_lossy(v.as_bytes()).to_lowercase());
    let class = crate::links::agents::classify(false, agent.as_deref(), false);
    note(&ctx, found.who(), class, "app", address.0, agent.as_deref());
    if class != Class::Human {
        return Err(Problem::new(NOWHERE, "only people are sent to the union").into());
    }
    let conversion = convert::target(&ctx, &found).await.map_err(make::refusal)?;
    let account = convert::account_of(&ctx, &found).await.map_err(make::refusal)?;
    let target = mini_program(&account.union_code, &conversion.url);
    let mini_program = target.map(|(app_id, path)| MiniProgramTarget { app_id: app_id.to_owned(), path });
    Ok(Json(OpenedLink { url: conversion.url, mini_program }))
}
