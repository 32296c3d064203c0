//! GET, POST and DELETE /programs/{program}/roster: numbers that may join, each once.

use super::note;
use crate::ctx::Ctx;
use crate::persons;
use crate::programs::store;
use crate::staff::{InProgram, Input, Paging, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use infra::http::{Body, CSV_ROWS, Cell, Failure, Params, PathOf, ProblemBody, csv};
use infra::row;
use kernel::{PersonId, Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

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
    params(("program" = String, Path), Paging),
    responses((status = 200, body = RosterPage), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(paging): Params<Paging>,
) -> Result<Json<RosterPage>, Failure> {
    cx.needs(Right::Read)?;
    let limit = paging.limit();
    let after = paging.after.unwrap_or_default().replace('\0', "");
    let rows = store::roster(&mut ctx.db.read().await?, cx.program.id, &after, limit).await?;
    let next = rows.last().filter(|_| rows.len() as u64 == u64::from(limit)).map(|r| r.number.clone());
    let items = rows.into_iter().map(|r| RosterBody { number: r.number, note: r.note, used_by: r.used_by }).collect();
    Ok(Json(RosterPage { items, next }))
}

/// All numbers as a file.
#[utoipa::path(get, path = "/programs/{program}/roster/export", tag = "programs", operation_id = "export_roster",
    params(("program" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, cx: InProgram) -> Result<Response, Failure> {
    cx.needs(Right::Read)?;
    let header = ["编号", "备注", "使用人", "使用人名称"];
    csv("roster", &header, (ctx, cx.program.id), |(ctx, program), after: Option<String>| async move {
        let mut read = ctx.db.read().await?;
        let found = store::roster(&mut read, program, &after.unwrap_or_default(), CSV_ROWS).await?;
        let names = persons::store::names(&mut read, found.iter().filter_map(|r| r.used_by).collect()).await?;
        let rows = found.iter().map(|r| {
            let name = r.used_by.and_then(|id| names.get(&id));
            row![
                &*r.number,
                &*r.note,
                Cell::maybe(r.used_by.map(|id| id.to_string())),
                Cell::maybe(name.map(String::as_str))
            ]
        });
        let next = found.last().filter(|_| found.len() as u64 == u64::from(CSV_ROWS)).map(|r| r.number.clone());
        Ok((rows.collect(), next))
    })
    .await
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
