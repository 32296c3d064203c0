//! GET /me/promoters: in which programs the caller is a promoter.

use crate::ctx::Ctx;
use crate::programs;
use crate::promoters::store;
use crate::staff::Caller;
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, ProblemBody};
use kernel::PromoterId;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct OwnPromoter {
    /// Its code.
    pub program: String,
    pub program_name: String,
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    pub display_name: String,
    /// `active` or `suspended`.
    pub state: &'static str,
    pub theme_colour: String,
}

#[derive(Serialize, ToSchema)]
pub struct OwnPromoters {
    /// Oldest first.
    pub items: Vec<OwnPromoter>,
    /// Always null: at most one of each program.
    pub next: Option<String>,
}

#[utoipa::path(get, path = "/me/promoters", tag = "promoters", operation_id = "own_promoters",
    responses((status = 200, body = OwnPromoters), (status = 401, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<OwnPromoters>, Failure> {
    let mut read = ctx.db.read().await?;
    let mut items = Vec::new();
    for promoter in store::all_of_person(&mut read, caller.person).await? {
        let Some(program) = programs::store::find(&mut read, promoter.program).await? else { continue };
        let standing = store::standing_at(&mut read, promoter.id, ctx.now()).await?;
        items.push(OwnPromoter {
            program: program.code,
            program_name: program.name,
            promoter: promoter.id,
            display_name: promoter.display_name,
            state: if standing.suspended { "suspended" } else { "active" },
            theme_colour: program.theme_colour,
        });
    }
    Ok(Json(OwnPromoters { items, next: None }))
}
