//! Joining a program: free, with at most one inviter, who is fixed here.

use super::model::{NewPromoter, Promoter};
use super::store;
use crate::ctx::Ctx;
use crate::persons;
use crate::programs::{self, Admission, Program};
use infra::db::{DbError, Tx};
use infra::http::Failure;
use kernel::{InviteCode, PersonId, Problem, ProblemCode, PromoterId};

pub const CODE_NEEDED: ProblemCode = ProblemCode::new("promoters.code_needed", 403, "an invite code is needed");
pub const CODE_UNKNOWN: ProblemCode = ProblemCode::new("promoters.code_unknown", 404, "no such invite code");
pub const CODE_EXPIRED: ProblemCode = ProblemCode::new("promoters.code_expired", 410, "the invite code is over");
pub const CODE_USED_UP: ProblemCode = ProblemCode::new("promoters.code_used_up", 409, "the invite code is used up");
pub const INVITER_SUSPENDED: ProblemCode =
    ProblemCode::new("promoters.inviter_suspended", 403, "the inviter is suspended");
pub const NOT_ON_ROSTER: ProblemCode = ProblemCode::new("promoters.not_on_roster", 403, "not on the roster");
pub const ALREADY_JOINED: ProblemCode = ProblemCode::new("promoters.already_joined", 409, "joined already");
pub const NAME_TAKEN: ProblemCode = ProblemCode::new("persons.name_taken", 409, "the sign-in name is taken");

/// Who joins.
pub enum Joiner {
    Known(PersonId),
    /// Made in the same transaction. The hash comes from outside: it takes long.
    New {
        name: String,
        password_hash: String,
    },
    /// Made in the same transaction; signs in by WeChat alone.
    Nameless,
}

/// What they bring.
#[derive(Clone, Debug, Default)]
pub struct Ticket {
    pub invite_code: Option<String>,
    pub roster_number: Option<String>,
}

/// Joins by the admission mode in force now. Rows are taken in one order (name, code, number, promoter), so that two
/// who join at once cannot wait for each other.
pub async fn join(
    ctx: &Ctx,
    tx: &mut Tx,
    program: &Program,
    joiner: Joiner,
    display_name: &str,
    ticket: &Ticket,
) -> Result<Promoter, Failure> {
    let now = ctx.now();
    let admission = programs::store::admission_at(tx, program.id, now).await?;
    let person = match joiner {
        Joiner::Known(person) => person,
        Joiner::New { name, password_hash } => {
            let made = persons::store::create(tx, &ctx.ids, now, &name, display_name, &password_hash).await?;
            made.ok_or_else(|| Problem::new(NAME_TAKEN, "choose another sign-in name, or sign in first"))?
        }
        Joiner::Nameless => persons::store::create_nameless(tx, &ctx.ids, now, display_name).await?,
    };
    if store::by_person(tx, program.id, person).await?.is_some() {
        return Err(already(program).into());
    }
    let inviter = match (&ticket.invite_code, admission) {
        (Some(text), _) => invited_by(ctx, tx, program, text).await?,
        (None, Admission::Invite) => {
            return Err(Problem::new(CODE_NEEDED, "ask whoever told you of it for their invite code").into());
        }
        (None, _) => None,
    };
    if admission == Admission::Roster {
        let number = ticket.roster_number.as_deref().unwrap_or_default();
        if !programs::store::use_roster_number(tx, program.id, number, person).await? {
            return Err(
                Problem::new(NOT_ON_ROSTER, "the number is not on the roster, or somebody joined with it").into()
            );
        }
    }
    let new = NewPromoter {
        program: program.id,
        person,
        display_name: display_name.to_owned(),
        inviter,
        invite_code: ticket
            .invite_code
            .as_deref()
            .and_then(|text| text.parse::<InviteCode>().ok())
            .map(|c| c.as_str().to_owned()),
    };
    Ok(store::create(tx, &ctx.ids, now, &new).await?.ok_or_else(|| already(program))?)
}

fn already(program: &Program) -> Problem {
    Problem::new(ALREADY_JOINED, format!("you are a promoter of {} already", program.name))
}

/// Uses a code; its inviter, if it carries one.
async fn invited_by(ctx: &Ctx, tx: &mut Tx, program: &Program, text: &str) -> Result<Option<PromoterId>, Failure> {
    // Malformed, unknown and another program's read the same: codes are not to be guessed.
    let unknown = || Problem::new(CODE_UNKNOWN, "check the eight characters");
    let code: InviteCode = text.parse().map_err(|_| unknown())?;
    let invite = store::find_code(tx, program.id, &code).await?.ok_or_else(unknown)?;
    let now = ctx.now();
    if invite.expires_at <= now {
        return Err(Problem::new(CODE_EXPIRED, "ask for a new one").into());
    }
    if let Some(inviter) = invite.inviter
        && store::standing_at(tx, inviter, now).await?.suspended
    {
        return Err(Problem::new(INVITER_SUSPENDED, "ask somebody else for a code").into());
    }
    if !store::use_code(tx, program.id, &code, now).await? {
        return Err(Problem::new(CODE_USED_UP, "ask for a new one").into());
    }
    Ok(invite.inviter)
}

/// Draws codes until one lies in the wanted bucket and was never drawn before: about 64 draws.
pub async fn draw_code(
    tx: &mut Tx,
    program: &Program,
    mut invite: super::model::Invite,
    by: PersonId,
) -> Result<super::model::Invite, DbError> {
    const DRAWS_MAX: u32 = 20_000;
    let bucket = invite.inviter.map_or(program.id.bucket(), PromoterId::bucket);
    let mut random = persons::session::random_bytes();
    for _ in 0..DRAWS_MAX {
        // 248 is the largest multiple of 31 in a byte: what is above would favour some characters.
        let mut digit = || random.find(|byte| *byte < 248).map_or(0, |byte| byte % 31);
        let code = InviteCode::from_digits(std::array::from_fn(|_| digit()));
        if code.bucket() == bucket && store::add_code(tx, program.id, &code, &invite, by).await? {
            code.as_str().clone_into(&mut invite.code);
            return Ok(invite);
        }
    }
    Err(DbError::Shape("no free invite code was drawn".into()))
}
