//! Statements of this slice.

use super::rights::Role;
use infra::args;
use infra::db::{DbError, Tx};
use kernel::{Instant, PersonId, ProgramId};

/// Gives a person a role in one program, or (`None`) in all; a role that they had there is replaced.
pub async fn grant(
    tx: &mut Tx,
    person: PersonId,
    program: Option<ProgramId>,
    role: Role,
    by: PersonId,
    now: Instant,
) -> Result<(), DbError> {
    let program = program.map_or(0, ProgramId::raw);
    tx.run(sql!("grant"), args![person, program, role.word(), by, now]).await.map(|_| ())
}
