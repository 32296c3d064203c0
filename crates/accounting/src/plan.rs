//! Which plan line decides, and what it gives whom.

use crate::split::{Terms, TermsError};
use kernel::{Instant, PlanLineId, PromoterId, Rate};

/// A rung of the promoter ladder, from 0. (Not a payment level: of those there are two, see [`Payees`].)
pub type Level = i64;

/// What a plan line is about. Declared from the most to the least particular: the first that matches decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Campaign(String),
    /// A category id of the union, of any depth; the deepest that matches decides.
    Category(i64),
    Level(Level),
    Program,
}

/// One line of a program's commission plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLine {
    pub id: PlanLineId,
    pub scope: Scope,
    /// For orders through a shared link.
    pub shared: Terms,
    /// Direct part of a promoter's own purchase; there is no inviter part then.
    pub self_purchase: Rate,
    /// In force for orders placed in `[from, until)`.
    pub from: Instant,
    pub until: Option<Instant>,
}

/// Bounds on the inviter part, per program and per union: `Rate::ZERO` switches it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviterRule {
    pub at_most: Rate,
    /// Paid for orders placed within this many days of the promoter's joining; `None` without limit.
    pub days: Option<i64>,
}

/// What is known about an order line when its plan line is chosen; all of it as of the order time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFacts {
    pub ordered_at: Instant,
    pub campaign: Option<String>,
    /// From the top; the last is the deepest.
    pub categories: Vec<i64>,
    pub level: Level,
    pub self_purchase: bool,
    pub joined_at: Instant,
}

/// Somebody who is paid for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payee {
    pub promoter: PromoterId,
    /// Suspended when the order was placed: the share is kept apart until a person decides.
    pub held: bool,
}

/// Who is paid for one line besides the platform: nobody, one, or one and the inviter. There is no third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payees {
    Nobody,
    Direct(Payee),
    WithInviter { direct: Payee, inviter: Payee },
}

/// Frozen with the line at order time: who is paid, and which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deal {
    payees: Payees,
    terms: Terms,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("a promoter cannot be the inviter of their own order ({0})")]
    OwnInviter(PromoterId),
    #[error("no plan line was in force at {}", .0.rfc3339())]
    NoLine(Instant),
    #[error(transparent)]
    Terms(#[from] TermsError),
}

impl Deal {
    /// A line that nobody can be paid for.
    pub const NOBODY: Deal = Deal { payees: Payees::Nobody, terms: Terms::NOTHING };

    /// What has no payee goes to the platform: the terms are cut down to the payees that there are.
    pub fn try_new(payees: Payees, terms: Terms) -> Result<Deal, PlanError> {
        let terms = match payees {
            Payees::Nobody => Terms::NOTHING,
            Payees::Direct(_) => terms.without_inviter(),
            Payees::WithInviter { direct, inviter } if direct.promoter == inviter.promoter => {
                return Err(PlanError::OwnInviter(direct.promoter));
            }
            Payees::WithInviter { .. } => terms,
        };
        Ok(Deal { payees, terms })
    }

    pub fn payees(&self) -> Payees {
        self.payees
    }

    pub fn terms(&self) -> Terms {
        self.terms
    }

    pub fn direct(&self) -> Option<Payee> {
        match self.payees {
            Payees::Nobody => None,
            Payees::Direct(direct) | Payees::WithInviter { direct, .. } => Some(direct),
        }
    }

    pub fn inviter(&self) -> Option<Payee> {
        match self.payees {
            Payees::WithInviter { inviter, .. } => Some(inviter),
            Payees::Nobody | Payees::Direct(_) => None,
        }
    }
}

/// The one plan line that decides: campaign, else deepest category, else level, else program. Among equals the one that
/// came into force last, then the larger id. Lines never add up.
pub fn deciding_line<'a>(lines: &'a [PlanLine], facts: &LineFacts) -> Option<&'a PlanLine> {
    let in_force =
        |line: &&PlanLine| line.from <= facts.ordered_at && line.until.is_none_or(|until| facts.ordered_at < until);
    let rank = |line: &PlanLine| match &line.scope {
        Scope::Campaign(code) => (facts.campaign.as_ref() == Some(code)).then_some(usize::MAX),
        Scope::Category(id) => facts.categories.iter().rposition(|c| c == id).map(|depth| depth + 2),
        Scope::Level(level) => (*level == facts.level).then_some(1),
        Scope::Program => Some(0),
    };
    lines
        .iter()
        .filter(in_force)
        .filter_map(|line| rank(line).map(|rank| (rank, line)))
        .max_by_key(|(rank, line)| (*rank, line.from, line.id))
        .map(|(_, line)| line)
}

/// The deal for a line: its terms by the plan line, bounded by the rules on the inviter part.
pub fn deal(
    line: &PlanLine,
    facts: &LineFacts,
    rules: &[InviterRule],
    direct: Payee,
    inviter: Option<Payee>,
) -> Result<Deal, PlanError> {
    if facts.self_purchase {
        return Deal::try_new(Payees::Direct(direct), Terms::try_new(line.self_purchase, Rate::ZERO)?);
    }
    let at_most = rules.iter().fold(Rate::ONE, |least, rule| {
        let over = rule.days.is_some_and(|days| facts.ordered_at >= facts.joined_at.plus_days(days));
        least.min(if over { Rate::ZERO } else { rule.at_most })
    });
    let terms = Terms::try_new(line.shared.direct(), line.shared.inviter().min(at_most))?;
    match inviter {
        Some(inviter) if terms.inviter() > Rate::ZERO => Deal::try_new(Payees::WithInviter { direct, inviter }, terms),
        _ => Deal::try_new(Payees::Direct(direct), terms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(ppm: i64) -> Rate {
        Rate::try_from_ppm(ppm).unwrap()
    }

    fn line(id: i64, scope: Scope, direct: i64, from: i64, until: Option<i64>) -> PlanLine {
        PlanLine {
            id: PlanLineId::from_raw(id),
            scope,
            shared: Terms::try_new(rate(direct), rate(100_000)).unwrap(),
            self_purchase: rate(800_000),
            from: Instant::from_micros(from),
            until: until.map(Instant::from_micros),
        }
    }

    fn facts(at: i64) -> LineFacts {
        LineFacts {
            ordered_at: Instant::from_micros(at),
            campaign: None,
            categories: vec![1, 11, 111],
            level: 2,
            self_purchase: false,
            joined_at: Instant::from_micros(0),
        }
    }

    fn payee(id: i64) -> Payee {
        Payee { promoter: PromoterId::from_raw(id), held: false }
    }

    #[test]
    fn campaign_then_deepest_category_then_level_then_program() {
        let lines = [
            line(1, Scope::Program, 600_000, 0, None),
            line(2, Scope::Level(2), 610_000, 0, None),
            line(3, Scope::Category(1), 620_000, 0, None),
            line(4, Scope::Category(111), 630_000, 0, None),
            line(5, Scope::Campaign("11.11".into()), 640_000, 0, Some(50)),
        ];
        let decided = |facts: &LineFacts| deciding_line(&lines, facts).map(|l| l.id.raw());
        let mut order = LineFacts { campaign: Some("11.11".into()), ..facts(10) };
        assert_eq!(decided(&order), Some(5));
        order.ordered_at = Instant::from_micros(50);
        assert_eq!(decided(&order), Some(4), "the campaign is over at the first moment after it");
        order.categories = vec![1, 12];
        assert_eq!(decided(&order), Some(3));
        order.categories = vec![];
        assert_eq!(decided(&order), Some(2));
        order.level = 0;
        assert_eq!(decided(&order), Some(1));
        assert_eq!(deciding_line(&[], &order), None);
    }

    #[test]
    fn the_line_that_came_into_force_last_decides() {
        let lines = [line(9, Scope::Program, 600_000, 0, None), line(1, Scope::Program, 500_000, 100, None)];
        assert_eq!(deciding_line(&lines, &facts(99)).unwrap().id.raw(), 9);
        assert_eq!(deciding_line(&lines, &facts(100)).unwrap().id.raw(), 1);
    }

    #[test]
    fn own_purchases_have_their_own_rate_and_no_inviter() {
        let order = LineFacts { self_purchase: true, ..facts(1) };
        let deal = deal(&line(1, Scope::Program, 600_000, 0, None), &order, &[], payee(1), Some(payee(2))).unwrap();
        assert_eq!(deal.terms().direct(), rate(800_000));
        assert_eq!(deal.inviter(), None);
    }

    #[test]
    fn the_inviter_part_can_be_off_capped_and_limited_in_time() {
        let plan = line(1, Scope::Program, 600_000, 0, None);
        let part = |rules: &[InviterRule], at: Instant| {
            let order = LineFacts { ordered_at: at, ..facts(0) };
            deal(&plan, &order, rules, payee(1), Some(payee(2))).unwrap().terms().inviter().ppm()
        };
        let rule = |ppm, days| InviterRule { at_most: rate(ppm), days };
        let early = Instant::from_micros(0);
        assert_eq!(part(&[], early), 100_000);
        assert_eq!(part(&[rule(50_000, None)], early), 50_000);
        assert_eq!(part(&[rule(1_000_000, None), rule(0, None)], early), 0);
        assert_eq!(part(&[rule(1_000_000, Some(30))], early.plus_days(30).plus_seconds(-1)), 100_000);
        assert_eq!(part(&[rule(1_000_000, Some(30))], early.plus_days(30)), 0);
    }

    #[test]
    fn nobody_is_their_own_inviter() {
        let plan = line(1, Scope::Program, 600_000, 0, None);
        assert_eq!(
            deal(&plan, &facts(0), &[], payee(1), Some(payee(1))),
            Err(PlanError::OwnInviter(PromoterId::from_raw(1)))
        );
    }

    #[test]
    fn without_an_inviter_their_part_is_the_platforms() {
        let deal = deal(&line(1, Scope::Program, 600_000, 0, None), &facts(0), &[], payee(1), None).unwrap();
        assert_eq!((deal.terms().direct().ppm(), deal.terms().inviter().ppm()), (600_000, 0));
    }
}
