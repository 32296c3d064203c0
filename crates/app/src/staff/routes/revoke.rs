//! DELETE /staff/{person}/{program}: takes a role away; effective with the next request.

use super::{keeps_an_owner, managed};
use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::staff::{Caller, store};
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::{PersonId, Problem, ProblemCode};
use serde_json::json;

pub const UNKNOWN_GRANT: ProblemCode = ProblemCode::new("staff.unknown", 404, "no such role");

#[utoipa::path(delete, path = "/staff/{person}/{program}", tag = "staff", operation_id = "revoke_role",
    params(("person" = String, Path), ("program" = String, Path, description = "id, code or `all`")),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
pub async fn revoke(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf((person, named)): PathOf<(PersonId, String)>,
) -> Result<StatusCode, Failure> {
    let program = managed(&ctx, &caller, &named).await?;
    let mut tx = ctx.db.begin().await?;
    if program.is_none() {
        keeps_an_owner(&store::owners_of_all(&mut tx).await?, person)?;
    }
    let role = store::revoke(&mut tx, person, program)
        .await?
        .ok_or_else(|| Problem::new(UNKNOWN_GRANT, format!("{person} has no role for {named}")))?;
    let detail = json!({ "program": named, "role": role.word() });
    let deed = Deed { by: caller.person, program, action: "staff.revoke", subject: person.to_string(), detail };
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
