//! GET and POST /programs/{program}/plan-lines: the commission plan. A line is never changed: a later one takes over.

use super::{PLAN_REFUSED, TOO_MANY, note};
use crate::ctx::Ctx;
use crate::programs::model::{scope_from, scope_words};
use crate::programs::store::{self, PLAN_LINES_MAX};
use crate::staff::{InProgram, Input, Right, begins};
use accounting::{PlanLine, Scope, Terms};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{Instant, PlanLineId, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct PlanLineBody {
    #[schema(value_type = String)]
    pub plan_line: PlanLineId,
    /// `campaign`, `category`, `level` or `program`.
    pub scope: &'static str,
    /// Campaign code, category id or level; empty for the program's own line.
    pub scope_value: String,
    pub direct_ppm: i64,
    pub inviter_ppm: i64,
    /// Direct part of a promoter's own purchase; there is no inviter part then.
    pub self_ppm: i64,
    /// For orders placed in `[from, until)`.
    pub from: String,
    pub until: Option<String>,
}

impl From<&PlanLine> for PlanLineBody {
    fn from(line: &PlanLine) -> PlanLineBody {
        let (scope, scope_value) = scope_words(&line.scope);
        PlanLineBody {
            plan_line: line.id,
            scope,
            scope_value,
            direct_ppm: line.shared.direct().ppm(),
            inviter_ppm: line.shared.inviter().ppm(),
            self_ppm: line.self_purchase.ppm(),
            from: line.from.rfc3339(),
            until: line.until.map(Instant::rfc3339),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Plan {
    /// All lines, also those that are over, by the moment they begin.
    pub items: Vec<PlanLineBody>,
    /// Always null: at most 1,000 lines.
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewPlanLine {
    /// `campaign`, `category`, `level` or `program`.
    pub scope: String,
    /// Campaign code, category id or level; left out for the program's own line.
    #[serde(default)]
    pub scope_value: String,
    pub direct_ppm: i64,
    pub inviter_ppm: i64,
    pub self_ppm: i64,
    /// RFC 3339, not in the past; without it from now.
    pub from: Option<String>,
    pub until: Option<String>,
}

#[utoipa::path(get, path = "/programs/{program}/plan-lines", tag = "programs", operation_id = "list_plan_lines",
    params(("program" = String, Path)),
    responses((status = 200, body = Plan), (status = 404, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<Plan>, Failure> {
    cx.needs(Right::Read)?;
    let lines = store::plan_lines(&mut ctx.db.read().await?, cx.program.id).await?;
    Ok(Json(Plan { items: lines.iter().map(PlanLineBody::from).collect(), next: None }))
}

#[utoipa::path(post, path = "/programs/{program}/plan-lines", tag = "programs", operation_id = "add_plan_line",
    params(("program" = String, Path)), request_body = NewPlanLine,
    responses((status = 201, body = PlanLineBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(new): Body<NewPlanLine>,
) -> Result<(StatusCode, Json<PlanLineBody>), Failure> {
    cx.needs(Right::ManagePrograms)?;
    let line = read(&ctx, &cx, &new)?;
    let mut tx = ctx.db.begin().await?;
    store::lock(&mut tx, cx.program.id).await?;
    if store::plan_count(&mut tx, cx.program.id).await? >= PLAN_LINES_MAX as i64 {
        return Err(Problem::new(TOO_MANY, format!("a plan keeps {PLAN_LINES_MAX} lines")).into());
    }
    store::add_plan_line(&mut tx, cx.program.id, &line, cx.caller.person, ctx.now()).await?;
    let body = PlanLineBody::from(&line);
    let detail = json!(body);
    note(&ctx, &mut tx, cx.caller.person, Some(cx.program.id), "plan.add", line.id.to_string(), detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(body)))
}

fn read(ctx: &Ctx, cx: &InProgram, new: &NewPlanLine) -> Result<PlanLine, Problem> {
    let mut input = Input::default();
    let value = input.text("scope_value", &new.scope_value, 0, 60);
    let scope = scope_from(&new.scope, &value).unwrap_or_else(|| {
        input.wrong("scope", "must be program, or campaign, category or level with a fitting scope_value");
        Scope::Program
    });
    let direct = input.rate("direct_ppm", new.direct_ppm);
    let inviter = input.rate("inviter_ppm", new.inviter_ppm);
    let self_purchase = input.rate("self_ppm", new.self_ppm);
    let until = new.until.as_deref().map(|text| input.moment("until", text));
    input.done()?;
    let from = begins("from", new.from.as_deref(), ctx.now())?;
    if until.is_some_and(|until| until <= from) {
        let mut input = Input::default();
        input.wrong("until", "must be later than from");
        input.done()?;
    }
    let shared = Terms::try_new(direct, inviter).map_err(|e| {
        Problem::new(PLAN_REFUSED, e.to_string()).field("inviter_ppm", "direct and inviter exceed 1,000,000 together")
    })?;
    Ok(PlanLine { id: ctx.ids.next(cx.program.id.bucket()), scope, shared, self_purchase, from, until })
}
