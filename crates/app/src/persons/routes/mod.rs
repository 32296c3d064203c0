mod me;
mod password;
mod session;
mod tokens;
mod wechat;

pub use session::kept;

use crate::ctx::Ctx;
use crate::staff::{Caller, Via};
use kernel::{Problem, ProblemCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const BROWSER_ONLY: ProblemCode = ProblemCode::new("session.browser_only", 403, "only for a signed-in browser");

/// The endpoints of this slice, below `/api/v1`.
pub fn routes() -> OpenApiRouter<Ctx> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(wechat::sign_in))
        .routes(routes!(me::me))
        .routes(routes!(password::change))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
}

/// A token cannot make tokens or change the password: whoever steals one does not get more than it.
fn needs_browser(caller: &Caller) -> Result<(), Problem> {
    match caller.via {
        Via::Browser => Ok(()),
        Via::Token { .. } => Err(Problem::new(BROWSER_ONLY, "sign in with a browser to do this")),
    }
}
