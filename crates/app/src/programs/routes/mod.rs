mod accounts;
mod admission;
mod entities;
mod inviter_rules;
mod life;
mod list;
mod plan;
mod presets;
mod public;
mod roster;
pub mod rules_document;
mod test_account;
mod view;
mod wechat_js;

pub use accounts::AccountBody;
pub use life::turn;
pub use list::draft;
pub use view::{ProgramBody, ProgramFields};

use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use infra::db::{DbError, Tx};
use kernel::{PersonId, ProblemCode, ProgramId};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const CODE_TAKEN: ProblemCode = ProblemCode::new("programs.code_taken", 409, "the code is taken");
pub const PLAN_REFUSED: ProblemCode = ProblemCode::new("programs.plan_refused", 422, "the plan would pay too much");
pub const TOO_MANY: ProblemCode = ProblemCode::new("programs.too_many", 409, "no more of these are kept");
pub const DATE_TAKEN: ProblemCode = ProblemCode::new("programs.date_taken", 409, "another rule begins at that moment");
pub const WRONG_STATE: ProblemCode = ProblemCode::new("programs.state", 409, "not in this state");
pub const TOO_MANY_ACCOUNTS: ProblemCode =
    ProblemCode::new("union_accounts.too_many", 409, "no more of these are kept");
pub const NAME_TAKEN: ProblemCode = ProblemCode::new("union_accounts.name_taken", 409, "the name is taken");

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(presets::presets))
        .routes(routes!(list::list, list::create))
        .routes(routes!(view::view, view::change))
        .routes(routes!(life::open))
        .routes(routes!(life::close))
        .routes(routes!(admission::list, admission::add))
        .routes(routes!(plan::list, plan::add))
        .routes(routes!(inviter_rules::list, inviter_rules::add))
        .routes(routes!(public::program))
        .routes(routes!(wechat_js::sign))
        .routes(routes!(rules_document::view, rules_document::publish))
        .routes(routes!(rules_document::receipt))
        .routes(routes!(roster::list, roster::add))
        .routes(routes!(roster::export))
        .routes(routes!(roster::remove))
        .routes(routes!(entities::list, entities::add))
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::view, accounts::change))
        .routes(routes!(accounts::serve_program))
        .routes(routes!(test_account::test))
}

/// Notes a change of a program in the audit log.
async fn note(
    ctx: &Ctx,
    tx: &mut Tx,
    by: PersonId,
    program: Option<ProgramId>,
    action: &str,
    subject: String,
    detail: Value,
) -> Result<(), DbError> {
    audit::note(tx, &ctx.ids, ctx.now(), Deed { by, program, action, subject, detail }).await
}
