//! GET, POST and DELETE /programs/{program}/roster: numbers that may join, each once.

use super::note;
use crate::ctx::Ctx;
use crate::programs::store;
use crate::staff::{InProgram, Input, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, Params, PathOf, ProblemBody};
use kernel::{PAGE_DEFAULT, PAGE_MAX, PersonId, Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

pub const UNKNOWN_NUMBER: ProblemCode = ProblemCode::new("programs.roster_unknown", 404, "not on the roster");
pub const NUMBER_USED: ProblemCode = ProblemCode::new("programs.roster_used", 409, "somebody joined with the number");

/// Numbers of one request.
const AT_ONCE: usize = 1000;

#[derive(Serialize, ToSchema)]
pub struct RosterBody {
    pub number: String,
    pub note: String,
    /// Who joined with it.
    #[schema(value_type = Option<String>)]
    pub used_by: Option<PersonId>,
}

#[derive(Serialize, ToSchema)]
pub struct RosterPage {
    pub items: Vec<RosterBody>,
    /// The last number; send it as `after`.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Rows, at most 100.
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Deserialize, Serialize, ToSchema)]
pub struct NewNumber {
    pub number: String,
    #[serde(default)]
    pub note: String,
}

#[derive(Deserialize, ToSchema)]
pub struct NewNumbers {
    /// At most 1,000.
    pub items: Vec<NewNumber>,
}

#[derive(Serialize, ToSchema)]
pub struct Added {
    pub added: usize,
    /// On the roster already.
    pub known: usize,
}

#[utoipa::path(get, path = "/programs/{program}/roster", tag = "programs", operation_id = "list_roster",
    params(("program" = String, Path), Query),
    responses((status = 200, body = RosterPage), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Json<RosterPage>, Failure> {
    cx.needs(Right::Read)?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let after = query.after.unwrap_or_default().replace('\0', "");
    let rows = store::roster(&mut ctx.db.read().await?, cx.program.id, &after, limit).await?;
    let next = rows.last().filter(|_| rows.len() as u64 == u64::from(limit)).map(|r| r.number.clone());
    let items = rows.into_iter().map(|r| RosterBody { number: r.number, note: r.note, used_by: r.used_by }).collect();
    Ok(Json(RosterPage { items, next }))
}

#[utoipa::path(post, path = "/programs/{program}/roster", tag = "programs", operation_id = "add_roster",
    params(("program" = String, Path)), request_body = NewNumbers,
    responses((status = 201, body = Added), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(new): Body<NewNumbers>,
) -> Result<(StatusCode, Json<Added>), Failure> {
    cx.needs(Right::ManagePrograms)?;
    let mut input = Input::default();
    if new.items.is_empty() || new.items.len() > AT_ONCE {
        input.wrong("items", format!("must be 1 to {AT_ONCE}"));
    }
    let mut numbers: Vec<(String, String)> = new
        .items
        .iter()
        .take(AT_ONCE)
        .enumerate()
        .map(|(at, item)| {
            (
                input.text(&format!("items[{at}].number"), &item.number, 1, 40),
                input.text(&format!("items[{at}].note"), &item.note, 0, 100),
            )
        })
        .collect();
    input.done()?;
    // In one order, so that two imports at once cannot wait for each other; of a number sent twice the first note stays.
    numbers.sort_by(|a, b| a.0.cmp(&b.0));
    let mut added = 0;
    let mut tx = ctx.db.begin().await?;
    for (number, about) in &numbers {
        added += usize::from(store::add_roster_number(&mut tx, cx.program.id, number, about).await?);
    }
    let detail = json!({ "sent": numbers.len(), "added": added });
    let subject = cx.program.id.to_string();
    note(&ctx, &mut tx, cx.caller.person, Some(cx.program.id), "roster.add", subject, detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(Added { added, known: numbers.len() - added })))
}

#[utoipa::path(delete, path = "/programs/{program}/roster/{number}", tag = "programs", operation_id = "remove_roster",
    params(("program" = String, Path), ("number" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn remove(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(path): PathOf<(String, String)>,
) -> Result<StatusCode, Failure> {
    cx.needs(Right::ManagePrograms)?;
    let mut input = Input::default();
    let number = input.text("number", &path.1, 1, 40);
    input.done()?;
    let mut tx = ctx.db.begin().await?;
    if !store::remove_roster_number(&mut tx, cx.program.id, &number).await? {
        let problem = match store::on_roster(&mut tx, cx.program.id, &number).await? {
            true => Problem::new(NUMBER_USED, "somebody joined with it; suspend the promoter instead"),
            false => Problem::new(UNKNOWN_NUMBER, format!("{number} is not on the roster")),
        };
        return Err(problem.into());
    }
    let subject = cx.program.id.to_string();
    let detail = json!({ "number": number });
    note(&ctx, &mut tx, cx.caller.person, Some(cx.program.id), "roster.remove", subject, detail).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
