//! GET /audit (deeds above programs) and GET /programs/{program}/audit: who changed what, newest first.

use crate::audit::AuditId;
use crate::audit::store::{self, Entry, Query};
use crate::ctx::Ctx;
use crate::staff::{Caller, InProgram, Input, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use kernel::{Cursor, PAGE_DEFAULT, PAGE_MAX, PersonId, Problem, ProgramId};
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
    /// Slice and verb: `plan.add`, `staff.grant`.
    pub action: String,
    /// Id of the thing.
    pub subject: String,
    /// What changed and why.
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl From<&Entry> for EntryBody {
    fn from(e: &Entry) -> EntryBody {
        EntryBody {
            id: e.id,
            at: e.at.rfc3339(),
            program: e.program,
            person: e.person,
            action: e.action.clone(),
            subject: e.subject.clone(),
            detail: serde_json::from_str(&e.detail).unwrap_or(Value::Null),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    pub items: Vec<EntryBody>,
    /// Send it as `after` for the next page; null on the last.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    pub action: Option<String>,
    /// Id of whoever acted.
    pub person: Option<String>,
    /// 1 to 100, usually 50.
    pub limit: Option<u32>,
    pub after: Option<String>,
}

#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit", params(Filter),
    responses((status = 200, body = AuditPage), (status = 403, body = ProblemBody)))]
pub async fn above(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(filter): Params<Filter>,
) -> Result<Json<AuditPage>, Failure> {
    caller.needs_everywhere(Right::ManageStaff)?;
    page(&ctx, None, &filter).await
}

#[utoipa::path(get, path = "/programs/{program}/audit", tag = "audit", operation_id = "list_program_audit",
    params(("program" = String, Path), Filter),
    responses((status = 200, body = AuditPage), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn in_program(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(filter): Params<Filter>,
) -> Result<Json<AuditPage>, Failure> {
    cx.needs(Right::ManageStaff)?;
    page(&ctx, Some(cx.program.id), &filter).await
}

async fn page(ctx: &Ctx, program: Option<ProgramId>, filter: &Filter) -> Result<Json<AuditPage>, Failure> {
    let query = query(program, filter)?;
    let limit = query.limit;
    let mut entries =
        store::list(&mut ctx.db.read().await?, &Query { limit: limit.saturating_add(1), ..query }).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let last = entries.last().filter(|_| more);
    let next = last.map(|e| Cursor { sort: e.at.micros(), id: e.id.raw() }.to_string());
    Ok(Json(AuditPage { items: entries.iter().map(EntryBody::from).collect(), next }))
}

fn query(program: Option<ProgramId>, filter: &Filter) -> Result<Query, Problem> {
    let mut input = Input::default();
    let action = filter.action.as_deref().map(|a| input.text("action", a, 1, 60));
    let limit = filter.limit.unwrap_or(PAGE_DEFAULT);
    input.range("limit", limit.into(), 1, PAGE_MAX.into());
    let person = filter.person.as_deref().and_then(|p| match p.parse() {
        Ok(id) => Some(id),
        Err(e) => {
            input.wrong("person", format!("{e}"));
            None
        }
    });
    let after = filter.after.as_deref().and_then(|a| match a.parse() {
        Ok(cursor) => Some(cursor),
        Err(_) => {
            input.wrong("after", "must be the `next` of a page");
            None
        }
    });
    input.done()?;
    Ok(Query { program, action, person, after, limit })
}
