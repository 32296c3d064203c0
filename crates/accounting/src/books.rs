//! What the books must say about one order line (docs/books.md §1, §4, §5).

use crate::plan::{Deal, Payee};
use crate::split::{Shares, split};
use kernel::{LineState, Money, MoneyError, ProgramId, PromoterId, UnionAccountId};
use std::collections::BTreeMap;

/// Where an account stands in a balance sheet or an income statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Assets,
    Liabilities,
    Income,
}

/// The accounts of docs/books.md §4. Who owns one is said beside each: the `owner` of an [`Account`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// Fees of pending lines; owner: union account.
    UnionEstimated,
    /// Confirmed, not settled; may be negative: the union will deduct. Owner: union account.
    UnionConfirmed,
    /// Settled by statement, money not yet received; owner: union account.
    UnionDue,
    /// Shares of people by state; owner: promoter.
    PersonWaiting,
    PersonConfirmed,
    PersonPayable,
    /// Shares of promoters suspended at order time, in any state; owner: promoter.
    PersonHeld,
    /// Our part before settlement, no income yet; owner: program (0: lines of nobody, *unassigned*).
    PlatformWaiting,
    PlatformConfirmed,
    /// Our part of settled fees; owner: program (0: *unassigned*).
    PlatformIncomeCps,
}

impl AccountKind {
    pub const ALL: [AccountKind; 10] = [
        AccountKind::UnionEstimated,
        AccountKind::UnionConfirmed,
        AccountKind::UnionDue,
        AccountKind::PersonWaiting,
        AccountKind::PersonConfirmed,
        AccountKind::PersonPayable,
        AccountKind::PersonHeld,
        AccountKind::PlatformWaiting,
        AccountKind::PlatformConfirmed,
        AccountKind::PlatformIncomeCps,
    ];

    /// The name stored, shown and exported.
    pub const fn name(self) -> &'static str {
        match self {
            AccountKind::UnionEstimated => "union.estimated",
            AccountKind::UnionConfirmed => "union.confirmed",
            AccountKind::UnionDue => "union.due",
            AccountKind::PersonWaiting => "person.waiting",
            AccountKind::PersonConfirmed => "person.confirmed",
            AccountKind::PersonPayable => "person.payable",
            AccountKind::PersonHeld => "person.held",
            AccountKind::PlatformWaiting => "platform.waiting",
            AccountKind::PlatformConfirmed => "platform.confirmed",
            AccountKind::PlatformIncomeCps => "platform.income.cps",
        }
    }

    pub fn from_name(name: &str) -> Option<AccountKind> {
        AccountKind::ALL.into_iter().find(|k| k.name() == name)
    }

    pub const fn root(self) -> Root {
        match self {
            AccountKind::UnionEstimated | AccountKind::UnionConfirmed | AccountKind::UnionDue => Root::Assets,
            AccountKind::PlatformIncomeCps => Root::Income,
            _ => Root::Liabilities,
        }
    }
}

/// One account; its balance is the sum of one partial balance per bucket. The order is the order of locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    pub kind: AccountKind,
    /// Raw id of the union account, promoter or program, by [`AccountKind`].
    pub owner: i64,
}

impl Account {
    /// The owner's id as people read it; `unassigned` for the platform's part of lines of nobody.
    pub fn owner_text(self) -> String {
        match self.kind {
            AccountKind::UnionEstimated | AccountKind::UnionConfirmed | AccountKind::UnionDue => {
                UnionAccountId::from_raw(self.owner).to_string()
            }
            AccountKind::PersonWaiting
            | AccountKind::PersonConfirmed
            | AccountKind::PersonPayable
            | AccountKind::PersonHeld => PromoterId::from_raw(self.owner).to_string(),
            _ if self.owner == 0 => "unassigned".to_owned(),
            _ => ProgramId::from_raw(self.owner).to_string(),
        }
    }
}

/// Signed amounts per account, debit positive, that sum to zero and hold no zero: one ledger transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    legs: Vec<(Account, Money)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnbalancedLegs {
    #[error("the legs sum to {0} fen, not to zero")]
    Sum(i128),
}

impl Transaction {
    /// `None` where nothing moves.
    pub fn try_new(legs: BTreeMap<Account, Money>) -> Result<Option<Transaction>, UnbalancedLegs> {
        let sum: i128 = legs.values().map(|m| i128::from(m.fen())).sum();
        if sum != 0 {
            return Err(UnbalancedLegs::Sum(sum));
        }
        let legs: Vec<_> = legs.into_iter().filter(|(_, amount)| !amount.is_zero()).collect();
        Ok((!legs.is_empty()).then_some(Transaction { legs }))
    }

    /// In the order of accounts.
    pub fn legs(&self) -> &[(Account, Money)] {
        &self.legs
    }
}

/// What the books of one line depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineBooks {
    pub state: LineState,
    pub estimated_fee: Money,
    pub actual_fee: Money,
    /// S: the part settled in closed months.
    pub settled: Money,
    pub deal: Deal,
    pub union_account: UnionAccountId,
    /// `None` for a line of nobody.
    pub program: Option<ProgramId>,
}

/// F: what a line is worth by its latest report.
pub fn fee_of_record(state: LineState, estimated_fee: Money, actual_fee: Money, settled: Money) -> Money {
    match state {
        LineState::Pending => estimated_fee,
        LineState::Confirmed => actual_fee,
        // Nothing new is paid, and nothing that was settled is taken back, until a person has looked.
        LineState::Unknown => settled,
        LineState::Expected | LineState::Superseded | LineState::Invalid => Money::ZERO,
    }
}

/// The closing balances that this line must have, per account. Sums to zero; accounts with zero are left out.
pub fn target(line: &LineBooks) -> Result<BTreeMap<Account, Money>, MoneyError> {
    let fee = fee_of_record(line.state, line.estimated_fee, line.actual_fee, line.settled);
    let whole = split(fee, line.deal.terms())?;
    let settled = split(line.settled, line.deal.terms())?;
    let open = Shares {
        direct: whole.direct.checked_sub(settled.direct)?,
        inviter: whole.inviter.checked_sub(settled.inviter)?,
        platform: whole.platform.checked_sub(settled.platform)?,
    };
    let mut books = Books::default();
    let (union, person, platform) = match line.state {
        LineState::Pending => (AccountKind::UnionEstimated, AccountKind::PersonWaiting, AccountKind::PlatformWaiting),
        _ => (AccountKind::UnionConfirmed, AccountKind::PersonConfirmed, AccountKind::PlatformConfirmed),
    };
    books.debit(union, line.union_account.raw(), fee.checked_sub(line.settled)?)?;
    books.credit_shares(line, open, person, platform)?;
    books.debit(AccountKind::UnionDue, line.union_account.raw(), line.settled)?;
    books.credit_shares(line, settled, AccountKind::PersonPayable, AccountKind::PlatformIncomeCps)?;
    books.0.retain(|_, amount| !amount.is_zero());
    Ok(books.0)
}

/// Target minus what is posted: the transaction that brings the books to the target, or `None` if they are there.
/// Because it is a difference to the target, repeats and reordered reports end in the same books.
pub fn difference(
    target: &BTreeMap<Account, Money>,
    posted: &BTreeMap<Account, Money>,
) -> Result<BTreeMap<Account, Money>, MoneyError> {
    let mut legs = target.clone();
    for (account, amount) in posted {
        let leg = legs.entry(*account).or_default();
        *leg = leg.checked_sub(*amount)?;
    }
    legs.retain(|_, amount| !amount.is_zero());
    Ok(legs)
}

#[derive(Default)]
struct Books(BTreeMap<Account, Money>);

impl Books {
    fn debit(&mut self, kind: AccountKind, owner: i64, amount: Money) -> Result<(), MoneyError> {
        let balance = self.0.entry(Account { kind, owner }).or_default();
        *balance = balance.checked_add(amount)?;
        Ok(())
    }

    fn credit_shares(
        &mut self,
        line: &LineBooks,
        shares: Shares,
        person: AccountKind,
        platform: AccountKind,
    ) -> Result<(), MoneyError> {
        for (payee, share) in [(line.deal.direct(), shares.direct), (line.deal.inviter(), shares.inviter)] {
            if let Some(Payee { promoter, held }) = payee {
                let kind = if held { AccountKind::PersonHeld } else { person };
                self.debit(kind, promoter.raw(), share.checked_neg()?)?;
            }
        }
        let program = line.program.map_or(0, ProgramId::raw);
        self.debit(platform, program, shares.platform.checked_neg()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Payees;
    use crate::split::Terms;
    use kernel::Rate;
    use proptest::prelude::*;

    fn rate(ppm: i64) -> Rate {
        Rate::try_from_ppm(ppm).unwrap()
    }

    fn worked_deal(held: bool) -> Deal {
        let payee = |id, held| Payee { promoter: PromoterId::from_raw(id), held };
        Deal::try_new(
            Payees::WithInviter { direct: payee(1, held), inviter: payee(2, false) },
            Terms::try_new(rate(600_000), rate(100_000)).unwrap(),
        )
        .unwrap()
    }

    fn line(state: LineState, estimated: i64, actual: i64, settled: i64) -> LineBooks {
        LineBooks {
            state,
            estimated_fee: Money::from_fen(estimated),
            actual_fee: Money::from_fen(actual),
            settled: Money::from_fen(settled),
            deal: worked_deal(false),
            union_account: UnionAccountId::from_raw(9),
            program: Some(ProgramId::from_raw(5)),
        }
    }

    fn books(line: &LineBooks) -> Vec<(&'static str, i64, i64)> {
        target(line).unwrap().into_iter().map(|(a, m)| (a.kind.name(), a.owner, m.fen())).collect()
    }

    #[test]
    fn the_worked_line() {
        assert_eq!(
            books(&line(LineState::Pending, 654, 0, 0)),
            [
                ("union.estimated", 9, 654),
                ("person.waiting", 1, -392),
                ("person.waiting", 2, -65),
                ("platform.waiting", 5, -197)
            ]
        );
        assert_eq!(
            books(&line(LineState::Confirmed, 654, 652, 0)),
            [
                ("union.confirmed", 9, 652),
                ("person.confirmed", 1, -391),
                ("person.confirmed", 2, -65),
                ("platform.confirmed", 5, -196)
            ]
        );
        assert_eq!(
            books(&line(LineState::Confirmed, 654, 652, 652)),
            [
                ("union.due", 9, 652),
                ("person.payable", 1, -391),
                ("person.payable", 2, -65),
                ("platform.income.cps", 5, -196)
            ]
        );
        assert_eq!(
            books(&line(LineState::Confirmed, 654, 261, 652)),
            [
                ("union.confirmed", 9, -391),
                ("union.due", 9, 652),
                ("person.confirmed", 1, 235),
                ("person.confirmed", 2, 39),
                ("person.payable", 1, -391),
                ("person.payable", 2, -65),
                ("platform.confirmed", 5, 117),
                ("platform.income.cps", 5, -196),
            ]
        );
        assert_eq!(
            books(&line(LineState::Confirmed, 654, 261, 261)),
            [
                ("union.due", 9, 261),
                ("person.payable", 1, -156),
                ("person.payable", 2, -26),
                ("platform.income.cps", 5, -79)
            ]
        );
    }

    #[test]
    fn what_is_worth_nothing_has_no_books() {
        for state in [LineState::Expected, LineState::Superseded, LineState::Invalid, LineState::Unknown] {
            assert_eq!(books(&line(state, 654, 652, 0)), []);
        }
    }

    #[test]
    fn an_unknown_code_neither_pays_nor_takes_back() {
        assert_eq!(books(&line(LineState::Unknown, 0, 0, 652)), books(&line(LineState::Confirmed, 654, 652, 652)));
    }

    #[test]
    fn a_settled_line_that_is_reported_pending_again_is_not_counted_twice() {
        let books = books(&line(LineState::Pending, 654, 0, 652));
        assert_eq!(books[0], ("union.estimated", 9, 2));
        assert_eq!(books[1], ("union.due", 9, 652));
    }

    #[test]
    fn the_share_of_a_suspended_promoter_is_held_in_every_state() {
        let mut line = line(LineState::Pending, 654, 652, 0);
        line.deal = worked_deal(true);
        assert_eq!(books(&line)[2], ("person.held", 1, -392));
        line.state = LineState::Confirmed;
        assert_eq!(books(&line)[2], ("person.held", 1, -391));
        line.settled = Money::from_fen(652);
        assert!(books(&line).contains(&("person.held", 1, -391)));
    }

    #[test]
    fn a_line_of_nobody_is_all_the_platforms_and_shown_apart() {
        let mut line = line(LineState::Pending, 654, 0, 0);
        line.deal = Deal::NOBODY;
        line.program = None;
        assert_eq!(books(&line), [("union.estimated", 9, 654), ("platform.waiting", 0, -654)]);
    }

    #[test]
    fn unbalanced_legs_are_no_transaction() {
        let account = Account { kind: AccountKind::UnionDue, owner: 1 };
        let legs = BTreeMap::from([(account, Money::from_fen(1))]);
        assert_eq!(Transaction::try_new(legs), Err(UnbalancedLegs::Sum(1)));
        assert_eq!(Transaction::try_new(BTreeMap::new()), Ok(None));
    }

    fn any_line() -> impl Strategy<Value = LineBooks> {
        let fen = -1_000_000i64..10_000_000;
        let people = (0i64..3, 0i64..=600_000, 0i64..=400_000, any::<[bool; 2]>());
        (0usize..6, fen.clone(), fen.clone(), fen, people).prop_map(|(state, e, a, s, (who, d, i, held))| {
            let payee = |id, held| Payee { promoter: PromoterId::from_raw(id), held };
            let payees = match who {
                0 => Payees::Nobody,
                1 => Payees::Direct(payee(1, held[0])),
                _ => Payees::WithInviter { direct: payee(1, held[0]), inviter: payee(2, held[1]) },
            };
            LineBooks {
                state: LineState::ALL[state],
                estimated_fee: Money::from_fen(e),
                actual_fee: Money::from_fen(a),
                settled: Money::from_fen(s),
                deal: Deal::try_new(payees, Terms::try_new(rate(d), rate(i)).unwrap()).unwrap(),
                union_account: UnionAccountId::from_raw(9),
                program: (who != 0).then_some(ProgramId::from_raw(5)),
            }
        })
    }

    proptest! {
        #[test]
        fn targets_balance_and_name_at_most_two_people(line in any_line()) {
            let books = target(&line).unwrap();
            prop_assert_eq!(books.values().map(|m| m.fen()).sum::<i64>(), 0);
            let people: std::collections::BTreeSet<_> = books.keys()
                .filter(|a| a.kind.name().starts_with("person.")).map(|a| a.owner).collect();
            prop_assert!(people.len() <= 2);
            // What the union owes by the books is what the line is worth.
            let union: i64 = books.iter().filter(|(a, _)| a.kind.root() == Root::Assets).map(|(_, m)| m.fen()).sum();
            prop_assert_eq!(union, fee_of_record(line.state, line.estimated_fee, line.actual_fee, line.settled).fen());
        }

        /// Whatever was reported before, in whatever order and how often: the books end at the last target.
        #[test]
        fn any_history_ends_in_the_books_of_the_last_report(history in proptest::collection::vec(any_line(), 0..12), last in any_line()) {
            let mut posted: BTreeMap<Account, Money> = BTreeMap::new();
            for line in history.iter().chain([&last, &last]) {
                let legs = difference(&target(line).unwrap(), &posted).unwrap();
                if let Some(transaction) = Transaction::try_new(legs).unwrap() {
                    for (account, amount) in transaction.legs() {
                        let balance = posted.entry(*account).or_default();
                        *balance = balance.checked_add(*amount).unwrap();
                    }
                }
            }
            posted.retain(|_, m| !m.is_zero());
            prop_assert_eq!(&posted, &target(&last).unwrap());
            prop_assert!(difference(&target(&last).unwrap(), &posted).unwrap().is_empty());
        }
    }
}
