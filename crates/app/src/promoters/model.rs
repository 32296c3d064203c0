use kernel::{Instant, PersonId, ProgramId, PromoterId};

/// A person in one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promoter {
    pub id: PromoterId,
    pub program: ProgramId,
    pub person: PersonId,
    /// Dense within the bucket; part of share codes.
    pub number: u32,
    pub display_name: String,
    pub inviter: Option<PromoterId>,
    pub joined_at: Instant,
}

/// What was in force at some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub suspended: bool,
    /// Rung of the ladder, from 0.
    pub level: i64,
}

/// Somebody about to join.
#[derive(Clone, Debug)]
pub struct NewPromoter {
    pub program: ProgramId,
    pub person: PersonId,
    pub display_name: String,
    pub inviter: Option<PromoterId>,
    pub invite_code: Option<String>,
}

/// An invite code as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    pub code: String,
    /// `None`: the platform's own code, which carries no inviter.
    pub inviter: Option<PromoterId>,
    /// How many may join with it, and how many have.
    pub quota: i64,
    pub used: i64,
    pub expires_at: Instant,
    pub created_at: Instant,
}
