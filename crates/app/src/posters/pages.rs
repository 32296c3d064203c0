//! Addresses without sign-in: `/pic/{product}`, the two posters, and `/i/{invite}`, to which the recruit poster leads.

use super::invite::{self, join_address};
use super::studio::{LARGE, key};
use super::{product, store};
use crate::catalog::{self, ProductState};
use crate::ctx::Ctx;
use crate::links::{self, base};
use crate::programs::{self, Program, ProgramState};
use crate::staff::Input;
use ::posters::{Kind, Template, Values};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use infra::http::{ClientAddress, Failure, Params, PathOf};
use infra::secrets;
use kernel::{Problem, ProblemCode};
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub const NO_PICTURE: ProblemCode = ProblemCode::new("pictures.none", 404, "there is no such picture");

const WIDTHS: [u32; 3] = [200, 400, LARGE];
/// A picture's address changes with the picture.
const PICTURE_FOR: &str = "public, max-age=86400";
/// Prices change; a suspension must not be outlived by long.
const POSTER_FOR: &str = "public, max-age=300";
/// What is missing may be there soon.
const SHORTLY: &str = "public, max-age=60";
/// Changes with what our own drawing code makes of the same words.
const DRAWN_BY: &str = "posters 1";

pub fn pages() -> Router<Ctx> {
    Router::new()
        .route("/pic/{product}", get(picture))
        .route("/p/{code}/poster.jpg", get(product_poster))
        .route("/i/{invite}/poster.jpg", get(recruit_poster))
        .route("/i/{invite}", get(invitation))
        .route("/join/{program}", get(join))
}

/// Whether the caller has it already.
fn known(headers: &HeaderMap, tag: &str) -> bool {
    let sent = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    sent.flat_map(|list| list.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*")
}

fn tagged(tag: &str, kept_for: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept_for));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers
}

fn jpeg(mut headers: HeaderMap, bytes: Vec<u8>) -> Response {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    (headers, bytes).into_response()
}

#[derive(Deserialize)]
struct Size {
    w: Option<u32>,
}

/// `GET /pic/{product}?w=200|400|800`
async fn picture(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(number): PathOf<String>,
    Params(size): Params<Size>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    ctx.limits.links.check(format!("picture/{}", address.0))?;
    let width = size.w.unwrap_or(400);
    if !WIDTHS.contains(&width) {
        let mut input = Input::default();
        input.wrong("w", "must be 200, 400 or 800");
        input.done()?;
    }
    match found_picture(&ctx, &number, width, &headers).await? {
        Some(picture) => Ok(picture),
        None => {
            let none = Failure::from(Problem::new(NO_PICTURE, format!("product {number} has no picture")));
            let mut response = none.into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(SHORTLY));
            Ok(response)
        }
    }
}

async fn found_picture(ctx: &Ctx, number: &str, width: u32, headers: &HeaderMap) -> Result<Option<Response>, Failure> {
    let Ok(number) = number.parse() else { return Ok(None) };
    let product = catalog::store::by_number(&mut ctx.db.read().await?, number).await?;
    let Some(product) = product.filter(|p| p.state != ProductState::Banned) else { return Ok(None) };
    let Some(address) = product.image_url else { return Ok(None) };
    let tag = format!("\"{}-{width}\"", key(&address));
    let reply = tagged(&tag, PICTURE_FOR);
    if known(headers, &tag) {
        return Ok(Some((StatusCode::NOT_MODIFIED, reply).into_response()));
    }
    let picture = ctx.studio.picture(&address, width).await?;
    Ok(picture.map(|bytes| jpeg(reply, bytes)))
}

/// A program's own template where it has one that can still be read, or ours.
async fn template(ctx: &Ctx, program: &Program, kind: Kind) -> Result<(Template, String), Failure> {
    let own = store::template(&mut ctx.db.read().await?, program.id, kind).await?;
    if let Some(own) = own {
        match Template::parse(&own.svg, kind.values()) {
            Ok(template) => return Ok((template, own.svg)),
            Err(error) => tracing::warn!(program = %program.id, error = %error, "a program's poster cannot be read"),
        }
    }
    Ok((kind.template().clone(), kind.svg().to_owned()))
}

/// Everything that a poster is made of.
fn tag(svg: &str, values: &Values, photo: &str) -> String {
    let mut hash = Sha256::new();
    let parts = values.iter().flat_map(|(name, value)| [*name, value.as_str()]);
    for part in [DRAWN_BY, svg, photo].into_iter().chain(parts) {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    format!("\"{}\"", secrets::hex(&hash.finalize()[..16]))
}

/// `GET /p/{code}/poster.jpg`
async fn product_poster(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(text): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    ctx.limits.posters.check(format!("poster/{}", address.0))?;
    let found = match links::looked_up(&ctx, address.0, &text, "p").await {
        Ok(found) => found,
        Err(page) => return Ok(page),
    };
    let (template, svg) = template(&ctx, &found.program, Kind::Product).await?;
    let photo = match (&found.product.image_url, template.photo_size()) {
        (Some(address), Some(size)) => ctx.studio.photo(address, size).await?,
        _ => None,
    };
    let base = base(&ctx, &found.program);
    let values = product::words(&found, base, photo.is_some(), ctx.now()).values();
    let picture = found.product.image_url.as_deref().filter(|_| photo.is_some()).map(key).unwrap_or_default();
    let tag = tag(&svg, &values, &picture);
    let missing = found.product.image_url.is_some() && photo.is_none();
    let reply = tagged(&tag, if missing { SHORTLY } else { POSTER_FOR });
    if known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, reply).into_response());
    }
    Ok(jpeg(reply, ctx.studio.poster(template, values, photo).await?))
}

/// `GET /i/{invite}/poster.jpg`
async fn recruit_poster(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(text): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    ctx.limits.posters.check(format!("poster/{}", address.0))?;
    let invited = match invite::looked_up(&ctx, &text).await {
        Ok(invited) => invited,
        Err(page) => return Ok(page),
    };
    let (template, svg) = template(&ctx, &invited.program, Kind::Recruit).await?;
    let values = invite::words(&invited, base(&ctx, &invited.program)).values();
    let tag = tag(&svg, &values, "");
    let reply = tagged(&tag, POSTER_FOR);
    if known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, reply).into_response());
    }
    Ok(jpeg(reply, ctx.studio.poster(template, values, None).await?))
}

/// An address of ours; not kept, because the code may end.
fn to(address: &str) -> Result<Response, Failure> {
    let location = HeaderValue::from_str(address).map_err(Failure::broken)?;
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// `GET /i/{invite}`
async fn invitation(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(text): PathOf<String>,
) -> Result<Response, Failure> {
    ctx.limits.posters.check(format!("invitation/{}", address.0))?;
    match invite::looked_up(&ctx, &text).await {
        Ok(found) => to(&join_address(base(&ctx, &found.program), &found.program, Some(&found.invite.code))),
        Err(page) => Ok(page),
    }
}

#[derive(Deserialize)]
struct Joining {
    code: Option<String>,
}

/// `GET /join/{program}?code=…`: as invitations were once written, and where a program without codes is joined.
async fn join(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(named): PathOf<String>,
    Params(joining): Params<Joining>,
) -> Result<Response, Failure> {
    if let Some(code) = joining.code {
        return invitation(State(ctx), address, PathOf(code)).await;
    }
    ctx.limits.posters.check(format!("invitation/{}", address.0))?;
    let program = programs::store::find_named(&mut ctx.db.read().await?, &named).await?;
    match program.filter(|p| p.state == ProgramState::Live) {
        Some(program) => to(&join_address(base(&ctx, &program), &program, None)),
        None => Ok(links::notice(StatusCode::NOT_FOUND, "链接无效", "这个项目不存在，或者还没有开放。")),
    }
}
