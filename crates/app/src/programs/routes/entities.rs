//! GET and POST /legal-entities: who receives from unions and pays people. They stand above programs.

use super::{TOO_MANY_ACCOUNTS, note};
use crate::ctx::Ctx;
use crate::programs::store::{self, ACCOUNTS_MAX};
use crate::staff::{Caller, Input, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{LegalEntityId, Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub const NAME_TAKEN: ProblemCode = ProblemCode::new("legal_entities.name_taken", 409, "the name is taken");

#[derive(Serialize, ToSchema)]
pub struct LegalEntityBody {
    #[schema(value_type = String)]
    pub legal_entity: LegalEntityId,
    pub name: String,
    /// Unified social credit code, or empty.
    pub registration: String,
}

#[derive(Serialize, ToSchema)]
pub struct LegalEntityList {
    pub items: Vec<LegalEntityBody>,
    /// Always null: at most 200.
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewLegalEntity {
    pub name: String,
    #[serde(default)]
    pub registration: String,
}

#[utoipa::path(get, path = "/legal-entities", tag = "union accounts", operation_id = "list_legal_entities",
    responses((status = 200, body = LegalEntityList), (status = 403, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<LegalEntityList>, Failure> {
    caller.needs_everywhere(Right::Read)?;
    let found = store::legal_entities(&mut ctx.db.read().await?).await?;
    let items = found
        .into_iter()
        .map(|e| LegalEntityBody { legal_entity: e.id, name: e.name, registration: e.registration })
        .collect();
    Ok(Json(LegalEntityList { items, next: None }))
}

#[utoipa::path(post, path = "/legal-entities", tag = "union accounts", operation_id = "add_legal_entity",
    request_body = NewLegalEntity,
    responses((status = 201, body = LegalEntityBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    caller: Caller,
    Body(new): Body<NewLegalEntity>,
) -> Result<(StatusCode, Json<LegalEntityBody>), Failure> {
    caller.needs_everywhere(Right::ManagePrograms)?;
    let mut input = Input::default();
    let name = input.text("name", &new.name, 1, 80);
    let registration = input.text("registration", &new.registration, 0, 40);
    input.done()?;
    let id: LegalEntityId = ctx.ids.next(ctx.ids.draw_bucket());
    let mut tx = ctx.db.begin().await?;
    if store::legal_entities(&mut tx).await?.len() >= ACCOUNTS_MAX {
        return Err(Problem::new(TOO_MANY_ACCOUNTS, format!("there are {ACCOUNTS_MAX} already")).into());
    }
    if !store::add_legal_entity(&mut tx, id, &name, &registration, ctx.now()).await? {
        return Err(Problem::new(NAME_TAKEN, format!("there is a legal entity {name} already")).into());
    }
    let detail = json!({ "name": name, "registration": registration });
    note(&ctx, &mut tx, caller.person, None, "legal_entity.add", id.to_string(), detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(LegalEntityBody { legal_entity: id, name, registration })))
}
