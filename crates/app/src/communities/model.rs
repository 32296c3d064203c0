use kernel::{CommunityId, Instant, PersonId, ProgramId, PromoterId};

/// States; those but `closed` count against a person's limit.
pub const ACTIVE: &str = "active";
pub const PAUSED: &str = "paused";
pub const FROZEN: &str = "frozen";
pub const CLOSED: &str = "closed";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Community {
    pub id: CommunityId,
    pub program: ProgramId,
    pub promoter: PromoterId,
    pub person: PersonId,
    /// Place in the promoter's share codes.
    pub ordinal: u16,
    pub name: String,
    pub kind: String,
    pub city: String,
    pub member_count: i64,
    /// active, paused, frozen, closed.
    pub state: String,
    pub created_at: Instant,
    pub version: i64,
}
