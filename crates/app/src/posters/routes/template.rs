//! GET, PUT and DELETE /programs/{program}/poster-templates/{kind}: a program's own posters.

use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::posters::store;
use crate::staff::{InProgram, Right};
use ::posters::{BYTES_MAX, Kind};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, PathOf, ProblemBody};
use kernel::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::ToSchema;

pub const UNKNOWN_KIND: ProblemCode = ProblemCode::new("posters.unknown_kind", 404, "there is no such poster");
pub const REFUSED: ProblemCode = ProblemCode::new("posters.template_refused", 422, "the template cannot be used");
pub const NONE: ProblemCode = ProblemCode::new("posters.no_template", 404, "the program has no such template");

/// Many times what our own take.
const DRAWN_WITHIN: Duration = Duration::from_secs(3);

#[derive(Serialize, ToSchema)]
pub struct TemplateBody {
    /// `product` or `recruit`.
    pub kind: &'static str,
    /// Whether it is the program's own; else the one that is part of the platform.
    pub own: bool,
    pub svg: String,
    /// Names that may stand between `{{` and `}}`; besides them `qr` and `photo` with a place.
    pub values: Vec<&'static str>,
    /// Of the program's own.
    pub changed_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewTemplate {
    /// An SVG of 750×1334, at most 64 KB, that refers to nothing outside itself.
    pub svg: String,
}

fn kind(word: &str) -> Result<Kind, Problem> {
    Kind::from_word(word).ok_or_else(|| Problem::new(UNKNOWN_KIND, "there are product and recruit"))
}

fn body(kind: Kind, own: Option<store::OwnTemplate>) -> TemplateBody {
    TemplateBody {
        kind: kind.word(),
        own: own.is_some(),
        changed_at: own.as_ref().map(|own| own.at.rfc3339()),
        svg: own.map_or_else(|| kind.svg().to_owned(), |own| own.svg),
        values: kind.values().to_vec(),
    }
}

/// The template in force; to begin one's own with.
#[utoipa::path(get, path = "/programs/{program}/poster-templates/{kind}", tag = "posters",
    operation_id = "poster_template",
    params(("program" = String, Path), ("kind" = String, Path, description = "product or recruit")),
    responses((status = 200, body = TemplateBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, String)>,
) -> Result<Json<TemplateBody>, Failure> {
    cx.needs(Right::ManagePrograms)?;
    let kind = kind(&path.1)?;
    Ok(Json(body(kind, store::template(&mut ctx.db.read().await?, cx.program.id, kind).await?)))
}

/// Read, checked and drawn once before it is taken.
#[utoipa::path(put, path = "/programs/{program}/poster-templates/{kind}", tag = "posters",
    operation_id = "put_poster_template",
    params(("program" = String, Path), ("kind" = String, Path, description = "product or recruit")),
    request_body = NewTemplate,
    responses((status = 200, body = TemplateBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn put(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, String)>,
    Body(new): Body<NewTemplate>,
) -> Result<Json<TemplateBody>, Failure> {
    cx.needs(Right::ManagePrograms)?;
    let kind = kind(&path.1)?;
    let refused = |words: String| Failure::from(Problem::new(REFUSED, words.clone()).field("svg", words));
    if new.svg.len() > BYTES_MAX || new.svg.contains('\0') {
        return Err(refused(format!("it must be text of at most {BYTES_MAX} bytes")));
    }
    let svg = new.svg.clone();
    let tried = ctx.studio.work(move || kind.read(&svg).and_then(|template| template.render(&kind.sample(), None)));
    match tokio::time::timeout(DRAWN_WITHIN, tried).await {
        Ok(drawn) => drawn?.map_err(|error| refused(error.to_string()))?,
        Err(_) => return Err(refused(format!("drawing it takes longer than {} seconds", DRAWN_WITHIN.as_secs()))),
    };
    let (now, by) = (ctx.now(), cx.caller.person);
    let mut tx = ctx.db.begin().await?;
    store::put(&mut tx, cx.program.id, kind, &new.svg, by, now).await?;
    let detail = json!({ "kind": kind.word(), "bytes": new.svg.len() });
    note(&ctx, &mut tx, &cx, "program.poster_template", detail).await?;
    tx.commit().await?;
    Ok(Json(body(kind, Some(store::OwnTemplate { svg: new.svg, at: now }))))
}

/// Back to the one that is part of the platform.
#[utoipa::path(delete, path = "/programs/{program}/poster-templates/{kind}", tag = "posters",
    operation_id = "remove_poster_template",
    params(("program" = String, Path), ("kind" = String, Path, description = "product or recruit")),
    responses((status = 204, description = "removed"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn remove(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, String)>,
) -> Result<StatusCode, Failure> {
    cx.needs(Right::ManagePrograms)?;
    let kind = kind(&path.1)?;
    let mut tx = ctx.db.begin().await?;
    if !store::remove(&mut tx, cx.program.id, kind).await? {
        return Err(Problem::new(NONE, "the platform's own is in force").into());
    }
    note(&ctx, &mut tx, &cx, "program.poster_template_removed", json!({ "kind": kind.word() })).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn note(
    ctx: &Ctx,
    tx: &mut infra::db::Tx,
    cx: &InProgram,
    action: &str,
    detail: serde_json::Value,
) -> Result<(), infra::db::DbError> {
    let (by, program, subject) = (cx.caller.person, Some(cx.program.id), cx.program.id.to_string());
    audit::note(tx, &ctx.ids, ctx.now(), Deed { by, program, action, subject, detail }).await
}
