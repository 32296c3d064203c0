mod grant;
mod list;
mod revoke;

pub use list::GrantBody;

use super::caller::{Caller, unknown_program};
use super::rights::Right;
use crate::ctx::Ctx;
use crate::programs;
use infra::http::Failure;
use kernel::{PersonId, Problem, ProblemCode, ProgramId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const LAST_OWNER: ProblemCode =
    ProblemCode::new("staff.last_owner", 409, "somebody must stay owner of all programs");

/// How a path or body names all programs; no program may have it as its code.
pub const ALL: &str = "all";

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new().routes(routes!(list::list, grant::grant)).routes(routes!(revoke::revoke))
}

/// The program named (`all`, id, code or former code), where the caller manages its staff.
async fn managed(ctx: &Ctx, caller: &Caller, named: &str) -> Result<Option<ProgramId>, Failure> {
    if named == ALL {
        caller.needs_everywhere(Right::ManageStaff)?;
        return Ok(None);
    }
    let program = programs::store::find_named(&mut ctx.db.read().await?, named).await?;
    let program = program.ok_or_else(|| unknown_program(named))?;
    if caller.role_in(program.id).is_empty() {
        return Err(unknown_program(named).into());
    }
    caller.needs(Right::ManageStaff, program.id)?;
    Ok(Some(program.id))
}

/// Refuses what would leave all programs without an owner. `owners` are locked.
fn keeps_an_owner(owners: &[PersonId], loses: PersonId) -> Result<(), Problem> {
    if owners == [loses] {
        return Err(Problem::new(LAST_OWNER, format!("{loses} is the last owner of all programs")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_owner_is_kept() {
        let [a, b] = [1, 2].map(PersonId::from_raw);
        assert!(keeps_an_owner(&[a], a).is_err());
        assert!(keeps_an_owner(&[a, b], a).is_ok());
        assert!(keeps_an_owner(&[a], b).is_ok());
    }
}
