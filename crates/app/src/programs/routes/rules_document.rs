//! GET and POST /programs/{program}/rules, POST …/rules/receipt: what promoters read before they push.

use super::{TOO_MANY, note};
use crate::ctx::Ctx;
use crate::programs::rules_document::{self, TEXT_MAX, VERSIONS_MAX};
use crate::staff::{InProgram, Input, Right, stale};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub const CHANGED: ProblemCode = ProblemCode::new("rules.changed", 409, "the rules have changed");

#[derive(Serialize, ToSchema)]
pub struct RulesBody {
    /// From 1; 0 where there are none.
    pub version: i64,
    pub text: String,
    /// The newest version that the caller has read.
    pub read_version: Option<i64>,
    pub read_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewRules {
    /// 1 to 20,000 characters.
    pub text: String,
}

#[derive(Deserialize, ToSchema)]
pub struct Receipt {
    /// The version that was shown.
    pub version: i64,
}

/// The rules in force and what the caller has read of them.
#[utoipa::path(get, path = "/programs/{program}/rules", tag = "programs", operation_id = "rules",
    params(("program" = String, Path)),
    responses((status = 200, body = RulesBody), (status = 404, body = ProblemBody)))]
pub async fn view(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<RulesBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let document = rules_document::newest(&mut read, cx.program.id).await?;
    let receipt = rules_document::read_by(&mut read, cx.program.id, cx.caller.person).await?;
    let (version, text) = document.map_or((0, String::new()), |d| (d.version, d.text));
    Ok(Json(RulesBody {
        version,
        text,
        read_version: receipt.map(|(version, _)| version),
        read_at: receipt.map(|(_, at)| at.rfc3339()),
    }))
}

/// Publishes the next version: everybody is asked to read it.
#[utoipa::path(post, path = "/programs/{program}/rules", tag = "programs", operation_id = "publish_rules",
    params(("program" = String, Path)), request_body = NewRules,
    responses((status = 201, body = RulesBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn publish(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(new): Body<NewRules>,
) -> Result<(StatusCode, Json<RulesBody>), Failure> {
    cx.needs(Right::ManagePrograms)?;
    let mut input = Input::default();
    // Lines are kept; every other control character is not text.
    let text = new.text.trim().replace("\r\n", "\n");
    let length = text.chars().count();
    if length == 0 || length > TEXT_MAX || text.chars().any(|c| c.is_control() && c != '\n') {
        input.wrong("text", format!("must have 1 to {TEXT_MAX} characters"));
    }
    input.done()?;
    let mut tx = ctx.db.begin().await?;
    let made = rules_document::publish(&mut tx, cx.program.id, &text, cx.caller.person, ctx.now()).await?;
    let version = made.ok_or_else(|| stale("the rules"))?;
    if version > VERSIONS_MAX {
        return Err(Problem::new(TOO_MANY, format!("there are {VERSIONS_MAX} versions already")).into());
    }
    let detail = json!({ "version": version, "characters": length });
    let subject = cx.program.id.to_string();
    note(&ctx, &mut tx, cx.caller.person, Some(cx.program.id), "program.rules", subject, detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(RulesBody { version, text, read_version: None, read_at: None })))
}

/// The caller has read the version in force.
#[utoipa::path(post, path = "/programs/{program}/rules/receipt", tag = "programs", operation_id = "rules_receipt",
    params(("program" = String, Path)), request_body = Receipt,
    responses((status = 204, description = "noted"), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn receipt(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(receipt): Body<Receipt>,
) -> Result<StatusCode, Failure> {
    let mut tx = ctx.db.begin().await?;
    let newest = rules_document::newest(&mut tx, cx.program.id).await?.map_or(0, |d| d.version);
    if receipt.version != newest || newest == 0 {
        return Err(Problem::new(CHANGED, format!("version {newest} is in force: read that one")).into());
    }
    rules_document::note_read(&mut tx, cx.program.id, cx.caller.person, newest, ctx.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
