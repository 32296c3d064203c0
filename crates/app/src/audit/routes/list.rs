//! GET /audit (deeds above programs) and GET /programs/{program}/audit: who changed what, newest first; and both as files.

use crate::audit::AuditId;
use crate::audit::store::{self, Entry, Filter};
use crate::ctx::Ctx;
use crate::persons;
use crate::staff::{Caller, InProgram, Input, Paging, Right};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;
use kernel::{PAGE_DEFAULT, PAGE_MAX, PersonId, Problem, ProgramId, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct EntryBody {
    #[schema(value_type = String)]
    pub id: AuditId,
    pub at: String,
    /// Null: above programs.
    #[schema(value_type = Option<String>)]
    pub program: Option<ProgramId>,
    #[schema(value_type = String)]
    pub person: PersonId,
    pub person_name: Option<String>,
    /// Slice and verb: `plan.add`, `staff.grant`.
    pub action: String,
    /// Id of the thing.
    pub subject: String,
    /// What changed and why.
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl EntryBody {
    fn new(e: &Entry, person_name: Option<String>) -> EntryBody {
        EntryBody {
            id: e.id,
            at: e.at.rfc3339(),
            program: e.program,
            person: e.person,
            person_name,
            action: e.action.clone(),
            subject: e.subject.clone(),
            detail: serde_json::from_str(&e.detail).unwrap_or(Value::Null),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    pub items: Vec<EntryBody>,
    /// Send it as `after` for the next page; null on the last. A narrowed page may be short before the last.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// What the action begins with: `plan`, `plan.add`.
    pub action: Option<String>,
    /// Id of whoever acted.
    pub person: Option<String>,
    /// Id of the thing.
    pub subject: Option<String>,
    /// Done at or after, RFC 3339.
    pub from: Option<String>,
    /// Done before.
    pub to: Option<String>,
}

#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit", params(Query, Paging),
    responses((status = 200, body = AuditPage), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn above(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<AuditPage>, Failure> {
    caller.needs_everywhere(Right::ManageStaff)?;
    page(&ctx, None, &query, &paging).await
}

#[utoipa::path(get, path = "/programs/{program}/audit", tag = "audit", operation_id = "list_program_audit",
    params(("program" = String, Path), Query, Paging),
    responses((status = 200, body = AuditPage), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn in_program(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<AuditPage>, Failure> {
    cx.needs(Right::ManageStaff)?;
    page(&ctx, Some(cx.program.id), &query, &paging).await
}

/// All that the list shows with these filters; times are China's.
#[utoipa::path(get, path = "/audit/export", tag = "audit", operation_id = "export_audit", params(Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 403, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn export_above(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Response, Failure> {
    caller.needs_everywhere(Right::ManageStaff)?;
    file(ctx, None, Zone::china(), &query).await
}

/// All that the list shows with these filters.
#[utoipa::path(get, path = "/programs/{program}/audit/export", tag = "audit", operation_id = "export_program_audit",
    params(("program" = String, Path), Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn export_in_program(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Response, Failure> {
    cx.needs(Right::ManageStaff)?;
    file(ctx, Some(cx.program.id), cx.program.zone, &query).await
}

async fn page(
    ctx: &Ctx,
    program: Option<ProgramId>,
    query: &Query,
    paging: &Paging,
) -> Result<Json<AuditPage>, Failure> {
    let mut input = Input::default();
    let limit = paging.limit.unwrap_or(PAGE_DEFAULT);
    input.range("limit", limit.into(), 1, PAGE_MAX.into());
    let filter = filter(program, query, input)?;
    let mut read = ctx.db.read().await?;
    let (entries, next) = store::list(&mut read, &filter, paging.cursor()?, limit).await?;
    let names = persons::store::names(&mut read, entries.iter().map(|e| e.person).collect()).await?;
    let items = entries.iter().map(|e| EntryBody::new(e, names.get(&e.person).cloned())).collect();
    Ok(Json(AuditPage { items, next: next.map(|c| c.to_string()) }))
}

async fn file(ctx: Ctx, program: Option<ProgramId>, zone: Zone, query: &Query) -> Result<Response, Failure> {
    let filter = filter(program, query, Input::default())?;
    let at = in_zone("时间", &zone);
    let header = ["编号", &at, "操作人", "操作人名称", "动作", "对象", "详情"];
    csv("audit", &header, (ctx, filter, zone), |(ctx, filter, zone), after| async move {
        let mut read = ctx.db.read().await?;
        let (entries, next) = store::list(&mut read, &filter, after, CSV_ROWS).await?;
        let names = persons::store::names(&mut read, entries.iter().map(|e| e.person).collect()).await?;
        let rows = entries.iter().map(|e| {
            row![
                e.id.to_string(),
                Cell::time(e.at, &zone),
                e.person.to_string(),
                Cell::maybe(names.get(&e.person).map(String::as_str)),
                &*e.action,
                &*e.subject,
                &*e.detail
            ]
        });
        Ok((rows.collect(), next))
    })
    .await
}

fn filter(program: Option<ProgramId>, query: &Query, mut input: Input) -> Result<Filter, Problem> {
    let action = query.action.as_deref().map(|a| input.text("action", a, 1, 60));
    let subject = query.subject.as_deref().map(|s| input.text("subject", s, 1, 100));
    let person = query.person.as_deref().and_then(|p| match p.parse() {
        Ok(id) => Some(id),
        Err(e) => {
            input.wrong("person", format!("{e}"));
            None
        }
    });
    let from = input.maybe_moment("from", query.from.as_deref());
    let to = input.maybe_moment("to", query.to.as_deref());
    input.done()?;
    Ok(Filter { program, action, person, subject, from, to })
}
