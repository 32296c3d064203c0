//! The books by other means: docs/books.md §§1–5 once more, in plain integers, written from the page and not from the
//! product. Nothing here uses `accounting`; a test that compares the two can therefore find an error in either.
//!
//! [`settle`] takes the newest report of each line, whose it is and what was settled, and gives every closing balance.
//! [`deal`] says whose share is how large under the plan, level and standing of the order time.

use std::collections::BTreeMap;

/// Closing balances in fen, debit positive, without zeros; by account name and raw id of its owner.
pub type Balances = BTreeMap<(&'static str, i64), i64>;

/// Somebody's part of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelShare {
    pub promoter: i64,
    pub ppm: i64,
    /// Suspended when the order was placed.
    pub held: bool,
}

/// Who is paid for a line; nobody by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelDeal {
    /// Raw id; 0: a line that no program can claim.
    pub program: i64,
    pub direct: Option<ModelShare>,
    pub inviter: Option<ModelShare>,
}

/// One line of the union by its newest report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelLine {
    /// Raw id of the union account.
    pub account: i64,
    /// The union's `validCode`; `None` where the row could not be read in full.
    pub valid_code: Option<i64>,
    pub estimate_fen: i64,
    pub actual_fen: i64,
    pub deal: ModelDeal,
    /// S: the sum of its settled entries, each counted once.
    pub settled_fen: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worth {
    Pending,
    Confirmed,
    Nothing,
    Unclear,
}

/// §1. The codes that JD lists, one by one.
fn worth(valid_code: Option<i64>) -> Worth {
    match valid_code {
        Some(16) => Worth::Pending,
        Some(17 | 18) => Worth::Confirmed,
        Some(15 | 24 | 2) => Worth::Nothing,
        Some(3..=14) => Worth::Nothing,
        Some(19..=23 | 25..=31 | 34..=36) => Worth::Nothing,
        _ => Worth::Unclear,
    }
}

/// §3: the part of an amount, toward zero.
pub fn part(fen: i64, ppm: i64) -> i64 {
    let exact = i128::from(fen) * i128::from(ppm);
    let size = exact.unsigned_abs() / 1_000_000;
    let size = i64::try_from(size).expect("a part is not larger than the whole");
    if exact < 0 { -size } else { size }
}

/// §5: the closing balances of one line.
pub fn line_balances(line: &ModelLine) -> Balances {
    let fee = fee_of(line);
    let mut books = Balances::new();
    // Twice the same posting: the open part F − S (difference of two splits, never a split of the difference) and S.
    let pending = worth(line.valid_code) == Worth::Pending;
    let (union, person, platform) = if pending {
        ("union.estimated", "person.waiting", "platform.waiting")
    } else {
        ("union.confirmed", "person.confirmed", "platform.confirmed")
    };
    let people = [line.deal.direct, line.deal.inviter];
    let shares = |fen: i64| people.iter().flatten().map(move |share| part(fen, share.ppm)).sum::<i64>();
    let rest = |fen: i64| fen - shares(fen);
    let mut add = |account: &'static str, owner: i64, fen: i64| *books.entry((account, owner)).or_insert(0) += fen;
    let settled = line.settled_fen;
    add(union, line.account, fee - settled);
    add("union.due", line.account, settled);
    for share in people.into_iter().flatten() {
        let open = if share.held { "person.held" } else { person };
        let paid = if share.held { "person.held" } else { "person.payable" };
        add(open, share.promoter, -(part(fee, share.ppm) - part(settled, share.ppm)));
        add(paid, share.promoter, -part(settled, share.ppm));
    }
    add(platform, line.deal.program, -(rest(fee) - rest(settled)));
    add("platform.income.cps", line.deal.program, -rest(settled));
    books.retain(|_, fen| *fen != 0);
    books
}

/// §1: the fee of record.
pub fn fee_of(line: &ModelLine) -> i64 {
    match worth(line.valid_code) {
        Worth::Pending => line.estimate_fen,
        Worth::Confirmed => line.actual_fen,
        Worth::Nothing => 0,
        Worth::Unclear => line.settled_fen,
    }
}

/// The closing balances of all lines together.
pub fn settle<'a>(lines: impl IntoIterator<Item = &'a ModelLine>) -> Balances {
    let mut all = Balances::new();
    for line in lines {
        add(&mut all, &line_balances(line));
    }
    all.retain(|_, fen| *fen != 0);
    all
}

/// Adds balances to others; may leave zeros.
pub fn add(all: &mut Balances, more: &Balances) {
    for (account, fen) in more {
        *all.entry(*account).or_insert(0) += fen;
    }
}

/// What a plan line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelScope {
    Category(i64),
    Level(i64),
    Program,
}

/// A line of a program's plan, in force for orders placed in `[from_us, until_us)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelTerms {
    pub scope: ModelScope,
    pub direct_ppm: i64,
    pub inviter_ppm: i64,
    pub self_ppm: i64,
    pub from_us: i64,
    pub until_us: Option<i64>,
}

/// A promoter with everything that was ever decided about their standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPromoter {
    pub id: i64,
    pub program: i64,
    pub inviter: Option<i64>,
    /// (from when, level, suspended), oldest first.
    pub standings: Vec<(i64, i64, bool)>,
}

impl ModelPromoter {
    fn standing(&self, at_us: i64) -> (i64, bool) {
        let then = self.standings.iter().rev().find(|(from, ..)| *from <= at_us);
        then.map_or((0, false), |(_, level, suspended)| (*level, *suspended))
    }
}

/// What is known about an order beside its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelOrder<'a> {
    pub ordered_us: i64,
    /// From the top.
    pub categories: &'a [i64],
    pub self_purchase: bool,
}

/// §3: the deal of a promoter for an order, by what was in force when it was placed. `None`: no plan line was.
/// `plan` is the program's, oldest first.
pub fn deal(
    plan: &[ModelTerms],
    promoter: &ModelPromoter,
    inviter: Option<&ModelPromoter>,
    order: &ModelOrder<'_>,
) -> Option<ModelDeal> {
    let (level, held) = promoter.standing(order.ordered_us);
    let in_force: Vec<&ModelTerms> = plan
        .iter()
        .filter(|t| t.from_us <= order.ordered_us && t.until_us.is_none_or(|until| order.ordered_us < until))
        .collect();
    // Deepest category first, then the level, then the program; of several the youngest.
    let mut wanted: Vec<ModelScope> = order.categories.iter().rev().map(|id| ModelScope::Category(*id)).collect();
    wanted.push(ModelScope::Level(level));
    wanted.push(ModelScope::Program);
    let newest_of = |scope: ModelScope| in_force.iter().rev().find(|t| t.scope == scope);
    let terms = wanted.into_iter().find_map(newest_of)?;
    let direct = |ppm| Some(ModelShare { promoter: promoter.id, ppm, held });
    if order.self_purchase {
        return Some(ModelDeal { program: promoter.program, direct: direct(terms.self_ppm), inviter: None });
    }
    let inviter = inviter.filter(|_| terms.inviter_ppm > 0).map(|inviter| ModelShare {
        promoter: inviter.id,
        ppm: terms.inviter_ppm,
        held: inviter.standing(order.ordered_us).1,
    });
    Some(ModelDeal { program: promoter.program, direct: direct(terms.direct_ppm), inviter })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked(valid_code: i64, actual_fen: i64, settled_fen: i64) -> Vec<(&'static str, i64, i64)> {
        let share = |promoter, ppm| Some(ModelShare { promoter, ppm, held: false });
        let deal = ModelDeal { program: 5, direct: share(1, 600_000), inviter: share(2, 100_000) };
        let line =
            ModelLine { account: 9, valid_code: Some(valid_code), estimate_fen: 654, actual_fen, deal, settled_fen };
        line_balances(&line).into_iter().map(|((account, owner), fen)| (account, owner, fen)).collect()
    }

    /// docs/books.md §6, figure by figure.
    #[test]
    fn the_worked_line_of_the_page() {
        assert_eq!(
            worked(16, 0, 0),
            [
                ("person.waiting", 1, -392),
                ("person.waiting", 2, -65),
                ("platform.waiting", 5, -197),
                ("union.estimated", 9, 654)
            ]
        );
        assert_eq!(
            worked(17, 652, 652),
            [
                ("person.payable", 1, -391),
                ("person.payable", 2, -65),
                ("platform.income.cps", 5, -196),
                ("union.due", 9, 652)
            ]
        );
        assert_eq!(
            worked(17, 261, 652),
            [
                ("person.confirmed", 1, 235),
                ("person.confirmed", 2, 39),
                ("person.payable", 1, -391),
                ("person.payable", 2, -65),
                ("platform.confirmed", 5, 117),
                ("platform.income.cps", 5, -196),
                ("union.confirmed", 9, -391),
                ("union.due", 9, 652),
            ]
        );
        assert_eq!(worked(3, 652, 0), []);
        assert_eq!(worked(99, 0, 652), worked(17, 652, 652));
    }

    #[test]
    fn the_plan_of_the_order_time_decides() {
        let terms = |scope, direct_ppm, from_us, until_us| ModelTerms {
            scope,
            direct_ppm,
            inviter_ppm: 100_000,
            self_ppm: 700_000,
            from_us,
            until_us,
        };
        let plan = [
            terms(ModelScope::Program, 500_000, 0, Some(10)),
            terms(ModelScope::Program, 600_000, 10, None),
            terms(ModelScope::Level(2), 650_000, 0, None),
            terms(ModelScope::Category(7), 300_000, 20, None),
        ];
        let upper = ModelPromoter { id: 1, program: 5, inviter: None, standings: vec![(0, 0, false), (15, 0, true)] };
        let lower =
            ModelPromoter { id: 2, program: 5, inviter: Some(1), standings: vec![(0, 0, false), (12, 2, false)] };
        let shares = |ordered_us, categories: &[i64], self_purchase| {
            let deal = deal(&plan, &lower, Some(&upper), &ModelOrder { ordered_us, categories, self_purchase });
            let deal = deal.expect("a line in force");
            (deal.direct.map(|s| s.ppm), deal.inviter.map(|s| (s.ppm, s.held)))
        };
        assert_eq!(shares(9, &[7], false), (Some(500_000), Some((100_000, false))));
        assert_eq!(shares(10, &[7], false), (Some(600_000), Some((100_000, false))));
        assert_eq!(shares(12, &[8], false), (Some(650_000), Some((100_000, false))));
        assert_eq!(shares(20, &[8, 7], false), (Some(300_000), Some((100_000, true))));
        assert_eq!(shares(20, &[8, 7], true), (Some(700_000), None));
        let nothing = ModelOrder { ordered_us: -1, categories: &[], self_purchase: false };
        assert_eq!(deal(&plan, &lower, Some(&upper), &nothing), None);
    }
}
