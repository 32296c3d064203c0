//! Staff: who operates which program, with which rights; and the caller of every request.
//!
//! Owns `operator_grant`. Roles are granted for one program or for all. A program that somebody has nothing to do with
//! does not exist for them: 404, not 403.

mod caller;
mod rights;
mod routes;
pub mod store;

pub(crate) use caller::csrf_of;
pub use caller::{CSRF_HEADER, Caller, InProgram, SESSION_COOKIE, UNKNOWN_PROGRAM, Via};
pub use rights::{Right, Role};
pub use routes::routes;
