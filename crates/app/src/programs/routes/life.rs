//! POST /programs/{program}/open and /close.

use super::{WRONG_STATE, note};
use crate::ctx::Ctx;
use crate::programs::{Program, ProgramBody, ProgramState, store};
use crate::staff::{InProgram, Input, Right, stale};
use axum::Json;
use axum::extract::State;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{PersonId, Problem};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Makes a draft live: people may join.
#[utoipa::path(post, path = "/programs/{program}/open", tag = "programs", operation_id = "open_program",
    params(("program" = String, Path)),
    responses((status = 200, body = ProgramBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn open(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<ProgramBody>, Failure> {
    cx.needs(Right::ManagePrograms)?;
    let program = turn(&ctx, cx.program, ProgramState::Draft, ProgramState::Live, "", cx.caller.person).await?;
    Ok(Json(ProgramBody::load(&ctx, &program).await?))
}

#[derive(Deserialize, ToSchema)]
pub struct Close {
    /// Kept in the audit log.
    pub reason: String,
}

/// Closes a live program: nobody joins, links lead nowhere; orders and books go on.
#[utoipa::path(post, path = "/programs/{program}/close", tag = "programs", operation_id = "close_program",
    params(("program" = String, Path)), request_body = Close,
    responses((status = 200, body = ProgramBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn close(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(close): Body<Close>,
) -> Result<Json<ProgramBody>, Failure> {
    cx.needs(Right::ManagePrograms)?;
    let mut input = Input::default();
    let reason = input.text("reason", &close.reason, 1, 500);
    input.done()?;
    let program = turn(&ctx, cx.program, ProgramState::Live, ProgramState::Closed, &reason, cx.caller.person).await?;
    Ok(Json(ProgramBody::load(&ctx, &program).await?))
}

/// Turns a program from one state into the next.
pub async fn turn(
    ctx: &Ctx,
    mut program: Program,
    from: ProgramState,
    to: ProgramState,
    reason: &str,
    by: PersonId,
) -> Result<Program, Failure> {
    if program.state != from {
        let detail = format!("the program is {}, not {}", program.state.word(), from.word());
        return Err(Problem::new(WRONG_STATE, detail).into());
    }
    program.state = to;
    let mut tx = ctx.db.begin().await?;
    let code = program.code.clone();
    if !store::update(&mut tx, &program, &code, ctx.now()).await? {
        return Err(stale("the program").into());
    }
    let action = if to == ProgramState::Live { "program.open" } else { "program.close" };
    note(ctx, &mut tx, by, Some(program.id), action, program.id.to_string(), json!({ "reason": reason })).await?;
    tx.commit().await?;
    program.version += 1;
    Ok(program)
}
