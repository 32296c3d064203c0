use accounting::{Deal, LineBooks, Payee, Payees, Shares, Terms, split};
use kernel::{
    Bucket, CommunityId, Instant, LineId, LineState, Money, MoneyError, PersonId, PlanLineId, ProgramId, PromoterId,
    Rate, UnionAccountId,
};

/// Which report is newer: modified by the union, then fetched by us, then (for one answer that holds a row twice) its
/// content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub modified_at: Instant,
    pub fetched_at: Instant,
    pub content: Vec<u8>,
}

/// How a line came to its promoter, or why to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// By the share code that came back with the order.
    Code,
    /// By the position of the link, where no code came back.
    Position,
    /// By a person, with a reason.
    ByHand,
    /// The union sent no code back.
    NoCode,
    /// The code was not issued here.
    Forged,
    /// The code is ours, its promoter is not known.
    UnknownPromoter,
    /// The promoter's program is not served by this union account.
    ForeignProgram,
    /// No plan line was in force at the order time.
    NoPlan,
}

impl Attribution {
    pub const ALL: [Attribution; 8] = [
        Attribution::Code,
        Attribution::Position,
        Attribution::ByHand,
        Attribution::NoCode,
        Attribution::Forged,
        Attribution::UnknownPromoter,
        Attribution::ForeignProgram,
        Attribution::NoPlan,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Attribution::Code => "code",
            Attribution::Position => "position",
            Attribution::ByHand => "by_hand",
            Attribution::NoCode => "no_code",
            Attribution::Forged => "forged",
            Attribution::UnknownPromoter => "unknown_promoter",
            Attribution::ForeignProgram => "foreign_program",
            Attribution::NoPlan => "no_plan",
        }
    }

    pub fn from_word(word: &str) -> Option<Attribution> {
        Attribution::ALL.into_iter().find(|a| a.word() == word)
    }

    /// The sentence of the *why* page.
    pub const fn sentence(self) -> &'static str {
        match self {
            Attribution::Code => "the share code in the order names this promoter",
            Attribution::Position => "the union sent no share code back; the position in the order is this promoter's",
            Attribution::ByHand => "assigned by hand",
            Attribution::NoCode => "the union sent no share code back with this order",
            Attribution::Forged => "the code in the order was not issued here",
            Attribution::UnknownPromoter => "the code in the order names nobody",
            Attribution::ForeignProgram => "the promoter's program is not served by the union account of this order",
            Attribution::NoPlan => "the program had no commission plan in force when the order was placed",
        }
    }
}

/// One order line: its latest report, whose it is, and the deal frozen at order time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: LineId,
    pub bucket: Bucket,
    pub program: Option<ProgramId>,
    pub union_account: UnionAccountId,
    pub row_key: String,
    pub order_no: String,
    pub parent_no: Option<String>,
    pub version: Version,
    pub state: LineState,
    pub raw_status: String,
    pub needs_review: bool,
    pub defects: String,
    pub ordered_at: Instant,
    pub finished_at: Option<Instant>,
    pub item_key: String,
    pub sku_key: Option<String>,
    pub title: String,
    pub quantity: i64,
    pub returned: i64,
    pub unit_price: Money,
    pub estimated_base: Money,
    pub estimated_fee: Money,
    pub actual_base: Money,
    pub actual_fee: Money,
    pub commission_rate: Option<Rate>,
    /// From the top; zeros left out.
    pub categories: Vec<i64>,
    pub tracking: String,
    pub position: String,
    pub settle_on: String,
    /// S: settled in closed months.
    pub settled: Money,
    pub attribution: Attribution,
    /// JSON.
    pub evidence: String,
    pub promoter: Option<PromoterId>,
    pub inviter: Option<PromoterId>,
    pub community: Option<CommunityId>,
    pub self_purchase: bool,
    pub plan_line: Option<PlanLineId>,
    pub direct: Rate,
    pub inviter_rate: Rate,
    pub direct_held: bool,
    pub inviter_held: bool,
    pub assigned_by: Option<PersonId>,
    pub first_seen_at: Instant,
}

/// The deal that a line's columns make; see [`Line::deal`].
pub(super) fn deal(
    promoter: Option<PromoterId>,
    direct_held: bool,
    inviter: Option<PromoterId>,
    inviter_held: bool,
    (direct_rate, inviter_rate): (Rate, Rate),
) -> Deal {
    let Some(promoter) = promoter else { return Deal::NOBODY };
    let direct = Payee { promoter, held: direct_held };
    let payees = match inviter {
        Some(inviter) => Payees::WithInviter { direct, inviter: Payee { promoter: inviter, held: inviter_held } },
        None => Payees::Direct(direct),
    };
    let terms = Terms::try_new(direct_rate, inviter_rate).ok();
    terms.and_then(|terms| Deal::try_new(payees, terms).ok()).unwrap_or(Deal::NOBODY)
}

impl Line {
    /// The frozen deal. Columns that do not make one (an inviter without a promoter) are refused by the schema, so what
    /// cannot be built here is a line of nobody.
    pub fn deal(&self) -> Deal {
        let rates = (self.direct, self.inviter_rate);
        deal(self.promoter, self.direct_held, self.inviter, self.inviter_held, rates)
    }

    /// What the books of this line depend on.
    pub fn books(&self) -> LineBooks {
        LineBooks {
            state: self.state,
            estimated_fee: self.estimated_fee,
            actual_fee: self.actual_fee,
            settled: self.settled,
            deal: self.deal(),
            union_account: self.union_account,
            program: self.program,
        }
    }

    /// F of docs/books.md §1.
    pub fn fee(&self) -> Money {
        accounting::fee_of_record(self.state, self.estimated_fee, self.actual_fee, self.settled)
    }

    /// The parts of F under the frozen deal.
    pub fn shares(&self) -> Result<Shares, MoneyError> {
        split(self.fee(), self.deal().terms())
    }

    /// What was bought for, as far as it counts: zero for what is not or no longer a sale.
    pub fn sale(&self) -> Money {
        match self.state {
            LineState::Pending => self.estimated_base,
            LineState::Confirmed => self.actual_base,
            _ => Money::ZERO,
        }
    }
}

/// A line before and after a report or a decision; `before` is `None` for a new line.
#[derive(Clone, Debug)]
pub struct LineChange {
    pub before: Option<Line>,
    pub after: Line,
    /// What brought the change: `reported`, `assigned`, `settled`.
    pub reason: &'static str,
}
