//! Staff: who operates which program, with which rights; and the caller of every request.
//!
//! Owns `operator_grant`. Roles are granted for one program or for all. A program that somebody has nothing to do with
//! does not exist for them: 404, not 403. All programs together never lose their last owner.
//! Bounds: 500 grants of one person, 1,000 grants of one program or of all (the statements' LIMITs).

mod caller;
mod input;
mod rights;
mod routes;
pub mod store;

pub(crate) use caller::csrf_of;
pub use caller::{
    CSRF_HEADER, Caller, InProgram, NO_RIGHT, SESSION_COOKIE, SIGNED_OUT, UNKNOWN_PROGRAM, Via, public_program,
    unknown_program,
};
pub use input::{INVALID, Input, PAST, Paging, STALE, begins, stale};
pub use rights::{Right, Role};
pub use routes::{ALL, GrantBody, routes};
