//! POST /staff: gives somebody a role; makes the person where the name is new.

use super::list::StaffBody;
use super::{ALL, keeps_an_owner, managed};
use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::persons::{self, rules, session};
use crate::staff::store::{self, Grant};
use crate::staff::{Caller, Input, Role, stale};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::db::{DbError, Tx};
use infra::http::{Body, Failure, ProblemBody};
use infra::password;
use kernel::{PersonId, ProgramId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct NewGrant {
    /// Sign-in name.
    pub name: String,
    /// For a person who is new; else the sign-in name is shown.
    pub display_name: Option<String>,
    /// Id or code of a program, or `all`.
    pub program: String,
    /// `owner`, `operations`, `finance` or `read_only`; replaces a role that the person has there.
    pub role: String,
}

#[derive(Serialize, ToSchema)]
pub struct Granted {
    #[serde(flatten)]
    pub staff: StaffBody,
    /// For a person who is new. Shown only now.
    pub first_password: Option<String>,
}

/// A person to be made: password and its hash.
struct Fresh {
    password: String,
    hash: String,
}

#[utoipa::path(post, path = "/staff", tag = "staff", operation_id = "grant_role", request_body = NewGrant,
    responses((status = 201, body = Granted), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn grant(
    State(ctx): State<Ctx>,
    caller: Caller,
    Body(request): Body<NewGrant>,
) -> Result<(StatusCode, Json<Granted>), Failure> {
    let program = managed(&ctx, &caller, &request.program).await?;
    let mut input = Input::default();
    let name = input.take("name", rules::sign_in_name(&request.name));
    let shown = input.text("display_name", request.display_name.as_deref().unwrap_or(&name), 1, 60);
    let role = Role::from_word(&request.role).unwrap_or(Role::ReadOnly);
    if role.word() != request.role {
        input.wrong("role", "must be owner, operations, finance or read_only");
    }
    input.done()?;
    let absent = persons::store::find_by_name(&mut ctx.db.read().await?, &name).await?.is_none();
    let fresh = if absent { Some(fresh().await?) } else { None };
    let mut tx = ctx.db.begin().await?;
    let (person, first_password) = person(&ctx, &mut tx, &name, &shown, fresh).await?;
    let person = person.ok_or_else(|| stale("the person"))?;
    if program.is_none() && role != Role::Owner {
        keeps_an_owner(&store::owners_of_all(&mut tx).await?, person)?;
    }
    let before = store::find(&mut tx, person, program).await?;
    let grant = Grant { person, program, role, by: caller.person, at: ctx.now() };
    store::grant(&mut tx, person, program, role, grant.by, grant.at).await?;
    note(&ctx, &mut tx, &grant, before, first_password.is_some()).await?;
    let display_name = persons::store::find(&mut tx, person).await?.map_or(shown, |p| p.display_name);
    tx.commit().await?;
    let staff = StaffBody::new(&grant, display_name);
    Ok((StatusCode::CREATED, Json(Granted { staff, first_password })))
}

async fn fresh() -> Result<Fresh, Failure> {
    let password = rules::one_time_password(session::random_bytes());
    let hash = password::hash(&password).await.map_err(Failure::broken)?;
    Ok(Fresh { password, hash })
}

/// The person of a name, made if need be, and the password of whoever was made.
async fn person(
    ctx: &Ctx,
    tx: &mut Tx,
    name: &str,
    shown: &str,
    fresh: Option<Fresh>,
) -> Result<(Option<PersonId>, Option<String>), DbError> {
    if let Some(fresh) = fresh
        && let Some(made) = persons::store::create(tx, &ctx.ids, ctx.now(), name, shown, &fresh.hash).await?
    {
        return Ok((Some(made), Some(fresh.password)));
    }
    // Known all along, or made by somebody else in the meantime.
    Ok((persons::store::find_by_name(tx, name).await?.map(|p| p.id), None))
}

async fn note(ctx: &Ctx, tx: &mut Tx, grant: &Grant, before: Option<Role>, made: bool) -> Result<(), DbError> {
    let detail = json!({
        "program": grant.program.map_or_else(|| ALL.to_owned(), |p: ProgramId| p.to_string()),
        "role": grant.role.word(),
        "before": before.map(Role::word),
        "person_made": made,
    });
    let subject = grant.person.to_string();
    let deed = Deed { by: grant.by, program: grant.program, action: "staff.grant", subject, detail };
    audit::note(tx, &ctx.ids, grant.at, deed).await
}
