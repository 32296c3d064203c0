//! GET /me: who is signed in, and as what.

use crate::ctx::Ctx;
use crate::persons::{Person, store};
use crate::staff::{Caller, GrantBody, SIGNED_OUT, Via};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, ProblemBody};
use kernel::{PersonId, Problem};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct PersonBody {
    #[schema(value_type = String)]
    pub id: PersonId,
    pub display_name: String,
}

impl From<&Person> for PersonBody {
    fn from(person: &Person) -> PersonBody {
        PersonBody { id: person.id, display_name: person.display_name.clone() }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Me {
    pub person: PersonBody,
    pub grants: Vec<GrantBody>,
    /// For browsers: send it back in `x-csrf-token` with every change.
    pub csrf: Option<String>,
}

#[utoipa::path(get, path = "/me", tag = "persons", operation_id = "me",
    responses((status = 200, body = Me), (status = 401, body = ProblemBody)))]
pub async fn me(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<Me>, Failure> {
    let mut read = ctx.db.read().await?;
    let person = store::find(&mut read, caller.person).await?;
    let person = person.ok_or_else(|| Problem::new(SIGNED_OUT, "the person is gone"))?;
    let csrf = (caller.via == Via::Browser).then(|| caller.csrf.clone());
    Ok(Json(Me { person: (&person).into(), grants: GrantBody::all(caller.grants()), csrf }))
}
