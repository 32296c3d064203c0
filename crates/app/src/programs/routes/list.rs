//! GET /programs: those the caller is staff of. POST /programs: a new one, always a draft.

use super::view::{ProgramBody, ProgramFields, brief};
use super::{CODE_TAKEN, PLAN_REFUSED, TOO_MANY, note};
use crate::ctx::Ctx;
use crate::programs::presets::{self, Preset};
use crate::programs::store::{self, PROGRAMS_MAX};
use crate::programs::{Admission, Program, ProgramState, rules, rules_document, wechat};
use crate::staff::{Caller, INVALID, Right};
use accounting::{PlanLine, Scope, Terms};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{PersonId, Problem, Rate, Zone};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct ProgramList {
    pub items: Vec<ProgramBody>,
    /// Always null: at most 200 programs.
    pub next: Option<String>,
}

#[utoipa::path(get, path = "/programs", tag = "programs", operation_id = "list_programs",
    responses((status = 200, body = ProgramList), (status = 401, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<ProgramList>, Failure> {
    let all = store::all(&mut ctx.db.read().await?).await?;
    let mut items = Vec::new();
    for program in all.iter().filter(|p| caller.may(Right::Read, p.id)) {
        items.push(ProgramBody::load(&ctx, program).await?);
    }
    Ok(Json(ProgramList { items, next: None }))
}

#[derive(Deserialize, ToSchema)]
pub struct NewProgram {
    /// Code of a preset to begin with; without it a blank draft by invite code.
    pub preset: Option<String>,
    #[serde(flatten)]
    pub fields: ProgramFields,
}

#[utoipa::path(post, path = "/programs", tag = "programs", operation_id = "create_program", request_body = NewProgram,
    responses((status = 201, body = ProgramBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Body(new): Body<NewProgram>,
) -> Result<(StatusCode, Json<ProgramBody>), Failure> {
    caller.needs_everywhere(Right::ManagePrograms)?;
    let program = draft(&ctx, new.preset.as_deref(), &new.fields, caller.person).await?;
    Ok((StatusCode::CREATED, Json(ProgramBody::load(&ctx, &program).await?)))
}

/// Makes a draft, with the preset's admission and the default plan in force from now.
pub async fn draft(ctx: &Ctx, preset: Option<&str>, fields: &ProgramFields, by: PersonId) -> Result<Program, Failure> {
    let preset: Option<&Preset> = match preset {
        Some(code) => Some(presets::find(code).ok_or_else(|| {
            Problem::new(INVALID, "correct the named fields").field("preset", "is none of those that are shipped")
        })?),
        None => None,
    };
    if fields.code.is_none() && preset.is_none() {
        return Err(Problem::new(INVALID, "correct the named fields").field("code", "is missing").into());
    }
    let text = |of: fn(&Preset) -> &'static str, blank: &str| preset.map_or(blank, of).to_owned();
    let code = fields.code.clone().unwrap_or_else(|| text(|p| p.code, ""));
    let mut program = Program {
        id: ctx.ids.next(ctx.ids.draw_bucket()),
        name: text(|p| p.name, &code),
        code,
        audience: text(|p| p.audience, ""),
        state: ProgramState::Draft,
        zone: Zone::named(rules::TIME_ZONE).map_err(Failure::broken)?,
        community_limit: rules::COMMUNITY_LIMIT,
        public_url: String::new(),
        theme_colour: text(|p| p.theme_colour, "#e1251b"),
        theme_accent: String::new(),
        logo: String::new(),
        wechat_appid: String::new(),
        official_appid: String::new(),
        catalog_scope: text(|p| p.catalog_scope, r#"{"categories":[]}"#),
        version: 1,
    };
    fields.apply(&mut program, ctx.settings.demo)?;
    let now = ctx.now();
    let rate = |ppm| Rate::try_from_ppm(ppm).map_err(Failure::broken);
    let line = PlanLine {
        id: ctx.ids.next(program.id.bucket()),
        scope: Scope::Program,
        shared: Terms::try_new(rate(rules::DIRECT_PPM)?, rate(rules::INVITER_PPM)?)
            .map_err(|e| Problem::new(PLAN_REFUSED, e.to_string()))?,
        self_purchase: rate(rules::SELF_PPM)?,
        from: now,
        until: None,
    };
    let mut tx = ctx.db.begin().await?;
    if store::all(&mut tx).await?.len() >= PROGRAMS_MAX {
        return Err(Problem::new(TOO_MANY, format!("there are {PROGRAMS_MAX} programs already")).into());
    }
    if !store::insert(&mut tx, &program, now).await? {
        return Err(Problem::new(CODE_TAKEN, format!("another program has or had the code {}", program.code)).into());
    }
    store::put_wechat_secrets(&mut tx, program.id, wechat::sealed(ctx, program.id, fields)?).await?;
    let admission = preset.map_or(Admission::Invite, |p| p.admission);
    store::add_admission(&mut tx, program.id, now, admission, by).await?;
    store::add_plan_line(&mut tx, program.id, &line, by, now).await?;
    rules_document::publish(&mut tx, program.id, rules_document::SHIPPED, by, now).await?;
    let detail = json!({ "program": brief(&program), "preset": preset.map(|p| p.code), "admission": admission.word() });
    note(ctx, &mut tx, by, Some(program.id), "program.create", program.id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(program)
}
