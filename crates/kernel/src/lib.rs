//! The words everybody shares. Pure: no IO, no clock, no randomness.
//!
//! Money is integer fen, rates are parts per million, times are microseconds UTC. Every conversion that can lose
//! something names its rounding or refuses.

mod bucket;
mod code;
mod id;
mod money;
mod page;
mod problem;
mod rate;
mod state;
mod time;

pub use bucket::{BUCKETS, Bucket};
pub use code::{CodeKey, CodeKeys, Forged, INVITE_ALPHABET, InviteCode, SELF_COMMUNITY, ShareCode};
pub use id::{
    CommunityId, Id, IdError, IdParts, JobId, Kind, LegalEntityId, LineId, OutboxId, PersonId, PlanLineId, ProgramId,
    PromoterId, TokenId, TransactionId, UnionAccountId, VerifyRunId,
};
pub use money::{Money, MoneyError};
pub use page::{Cursor, NotACursor, PAGE_DEFAULT, PAGE_MAX};
pub use problem::{FieldProblem, Problem, ProblemCode};
pub use rate::{Rate, RateError};
pub use state::LineState;
pub use time::{Instant, Month, TimeError, Zone};
