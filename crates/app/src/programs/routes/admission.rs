//! GET and POST /programs/{program}/admission: who may join, by date.

use super::{DATE_TAKEN, note};
use crate::ctx::Ctx;
use crate::programs::store::{self, DatedAdmission};
use crate::programs::{Admission, model::ADMISSION_WORDS};
use crate::staff::{InProgram, Input, Right, begins};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{PersonId, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct AdmissionBody {
    /// `open`, `invite` or `roster`.
    pub mode: &'static str,
    pub from: String,
    #[schema(value_type = String)]
    pub by: PersonId,
}

impl From<&DatedAdmission> for AdmissionBody {
    fn from(dated: &DatedAdmission) -> AdmissionBody {
        AdmissionBody { mode: dated.mode.word(), from: dated.from.rfc3339(), by: dated.by }
    }
}

#[derive(Serialize, ToSchema)]
pub struct AdmissionList {
    /// Newest first.
    pub items: Vec<AdmissionBody>,
    /// Always null: the newest 200.
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewAdmission {
    /// `open`, `invite` or `roster`.
    pub mode: String,
    /// RFC 3339, not in the past; without it from now.
    pub from: Option<String>,
}

#[utoipa::path(get, path = "/programs/{program}/admission", tag = "programs", operation_id = "list_admission",
    params(("program" = String, Path)),
    responses((status = 200, body = AdmissionList), (status = 404, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<AdmissionList>, Failure> {
    cx.needs(Right::Read)?;
    let dated = store::admissions(&mut ctx.db.read().await?, cx.program.id).await?;
    Ok(Json(AdmissionList { items: dated.iter().map(AdmissionBody::from).collect(), next: None }))
}

#[utoipa::path(post, path = "/programs/{program}/admission", tag = "programs", operation_id = "add_admission",
    params(("program" = String, Path)), request_body = NewAdmission,
    responses((status = 201, body = AdmissionBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(new): Body<NewAdmission>,
) -> Result<(StatusCode, Json<AdmissionBody>), Failure> {
    cx.needs(Right::ManagePrograms)?;
    let mut input = Input::default();
    let mode = Admission::from_word(&new.mode).unwrap_or(Admission::Roster);
    if mode.word() != new.mode {
        input.wrong("mode", ADMISSION_WORDS);
    }
    input.done()?;
    let dated = DatedAdmission { from: begins("from", new.from.as_deref(), ctx.now())?, mode, by: cx.caller.person };
    let mut tx = ctx.db.begin().await?;
    if !store::add_admission(&mut tx, cx.program.id, dated.from, mode, dated.by).await? {
        return Err(Problem::new(DATE_TAKEN, "choose another moment").into());
    }
    let detail = json!({ "mode": mode.word(), "from": dated.from.rfc3339() });
    note(&ctx, &mut tx, dated.by, Some(cx.program.id), "program.admission", cx.program.id.to_string(), detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(AdmissionBody::from(&dated))))
}
