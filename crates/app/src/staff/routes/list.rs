//! GET /staff: who has which role where.

use super::managed;
use crate::ctx::Ctx;
use crate::persons;
use crate::staff::store::{self, Grant};
use crate::staff::{Caller, Right, Role};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use kernel::{PersonId, ProgramId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A role in one program or in all.
#[derive(Serialize, ToSchema)]
pub struct GrantBody {
    /// Null: all programs.
    #[schema(value_type = Option<String>)]
    pub program: Option<ProgramId>,
    /// `owner`, `operations`, `finance` or `read_only`.
    pub role: String,
}

impl GrantBody {
    pub fn all(grants: &[(Option<ProgramId>, Role)]) -> Vec<GrantBody> {
        grants.iter().map(|(program, role)| GrantBody { program: *program, role: role.word().to_owned() }).collect()
    }
}

#[derive(Serialize, ToSchema)]
pub struct StaffBody {
    #[schema(value_type = String)]
    pub person: PersonId,
    pub display_name: String,
    #[serde(flatten)]
    pub grant: GrantBody,
    #[schema(value_type = String)]
    pub granted_by: PersonId,
    pub granted_at: String,
}

#[derive(Serialize, ToSchema)]
pub struct StaffList {
    pub items: Vec<StaffBody>,
    /// Always null: at most 1,000 grants.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Id or code of a program, or `all` for those with a role in all programs. Without it: everybody.
    pub program: Option<String>,
}

#[utoipa::path(get, path = "/staff", tag = "staff", operation_id = "list_staff", params(Filter),
    responses((status = 200, body = StaffList), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(filter): Params<Filter>,
) -> Result<Json<StaffList>, Failure> {
    let grants = match &filter.program {
        Some(named) => {
            let program = managed(&ctx, &caller, named).await?;
            store::of_program(&mut ctx.db.read().await?, program).await?
        }
        None => {
            caller.needs_everywhere(Right::ManageStaff)?;
            store::everybody(&mut ctx.db.read().await?).await?
        }
    };
    let mut read = ctx.db.read().await?;
    let mut items = Vec::with_capacity(grants.len());
    for grant in &grants {
        let person = persons::store::find(&mut read, grant.person).await?;
        items.push(StaffBody::new(grant, person.map_or_else(String::new, |p| p.display_name)));
    }
    Ok(Json(StaffList { items, next: None }))
}

impl StaffBody {
    pub fn new(grant: &Grant, display_name: String) -> StaffBody {
        StaffBody {
            person: grant.person,
            display_name,
            grant: GrantBody { program: grant.program, role: grant.role.word().to_owned() },
            granted_by: grant.by,
            granted_at: grant.at.rfc3339(),
        }
    }
}
