//! Income tax withheld from payments to persons. Rates, brackets and deductions are data with a first month
//! (`tax_tables.csv`); which method a legal entity uses from when is its own setting.

use kernel::{Money, MoneyError, Month, Rate};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaxMethod {
    /// Per payment; payments of one calendar month are one income.
    PerTime,
    /// Cumulative over the year; a platform that has registered, from 2025-10.
    Cumulative(GapRule),
}

/// What starts anew after a month without income. The announcement says so of the count of months only; for the sums
/// it is not settled, so the entity chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapRule {
    RestartCount,
    RestartAll,
}

/// From `over` (not included) to `up_to` (included); none is without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    over: Money,
    up_to: Option<Money>,
    rate: Rate,
    fixed: Money,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxTable {
    method: Name,
    from: Month,
    deductions: Vec<Step>,
    rates: Vec<Step>,
    monthly: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    PerTime,
    Cumulative,
}

impl TaxMethod {
    fn name(self) -> Name {
        match self {
            TaxMethod::PerTime => Name::PerTime,
            TaxMethod::Cumulative(_) => Name::Cumulative,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxTables(Vec<TaxTable>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tax table, line {line}: {reason}")]
pub struct TableError {
    pub line: usize,
    pub reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    #[error("no tax table of this method is in force in {0}")]
    NoTable(Month),
    #[error("a payment and its withheld tax are not negative, and no payment of the history is later than this one")]
    BadHistory,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// An earlier payment to the same person by the same payer under the same method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    pub month: Month,
    pub gross: Money,
    pub withheld: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    pub month: Month,
    pub gross: Money,
}

/// How a tax came about; enough to print it on a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withholding {
    /// Income of the period (month or year so far), this payment included.
    pub income: Money,
    /// Months in a row; 1 under [`TaxMethod::PerTime`].
    pub months: i64,
    pub due: Money,
    pub already: Money,
    /// `due - already`, never negative, never more than the payment.
    pub withheld: Money,
}

impl TaxTables {
    /// The tables this release was made with.
    pub fn built_in() -> Result<TaxTables, TableError> {
        TaxTables::parse(include_str!("tax_tables.csv"))
    }

    /// Refused as a whole: steps must join without gap or overlap from 0 to no end, and each `quick` must make the
    /// tax continuous at its border.
    pub fn parse(text: &str) -> Result<TaxTables, TableError> {
        let mut tables: Vec<(usize, TaxTable)> = Vec::new();
        for (index, row) in text.lines().enumerate().skip(1).filter(|(_, row)| !row.trim().is_empty()) {
            let line = index + 1;
            let bad = |reason| TableError { line, reason };
            let cells: Vec<&str> = row.split(',').map(str::trim).collect();
            let [method, from, what, over, up_to, percent, yuan] = cells[..] else {
                return Err(bad("seven columns are expected"));
            };
            let method = match method {
                "per_time" => Name::PerTime,
                "cumulative" => Name::Cumulative,
                _ => return Err(bad("the method is per_time or cumulative")),
            };
            let from = Month::parse(from).map_err(|_| bad("the first month is yyyy-mm"))?;
            let money = |text: &str| {
                Money::from_yuan_text(text)
                    .ok()
                    .filter(|amount| *amount >= Money::ZERO)
                    .ok_or_else(|| bad("an amount of yuan, not negative, is expected"))
            };
            let at = match tables.iter().position(|(_, t)| t.method == method && t.from == from) {
                Some(at) => at,
                None => {
                    let empty = TaxTable { method, from, deductions: Vec::new(), rates: Vec::new(), monthly: None };
                    tables.push((line, empty));
                    tables.len() - 1
                }
            };
            let (last, table) = &mut tables[at];
            *last = line;
            if what == "monthly" {
                if table.monthly.replace(money(yuan)?).is_some() {
                    return Err(bad("a table has one monthly deduction"));
                }
                continue;
            }
            let step = Step {
                over: money(over)?,
                up_to: if up_to.is_empty() { None } else { Some(money(up_to)?) },
                rate: Rate::from_percent_text(percent).map_err(|_| bad("a percentage is expected"))?,
                fixed: money(yuan)?,
            };
            let (steps, quick) = match what {
                "deduction" => (&mut table.deductions, false),
                "rate" => (&mut table.rates, true),
                _ => return Err(bad("deduction, rate or monthly is expected")),
            };
            follows(steps.last(), &step, quick).map_err(bad)?;
            steps.push(step);
        }
        for (line, table) in &tables {
            let open = |steps: &[Step]| steps.last().is_some_and(|step| step.up_to.is_none());
            if !open(&table.deductions) || !open(&table.rates) {
                return Err(TableError { line: *line, reason: "the last deduction and the last rate have no end" });
            }
        }
        if tables.is_empty() {
            return Err(TableError { line: 1, reason: "there is no table" });
        }
        Ok(TaxTables(tables.into_iter().map(|(_, table)| table).collect()))
    }

    pub fn in_force(&self, method: TaxMethod, month: Month) -> Result<&TaxTable, TaxError> {
        self.0
            .iter()
            .filter(|table| table.method == method.name() && table.from <= month)
            .max_by_key(|table| table.from)
            .ok_or(TaxError::NoTable(month))
    }
}

fn follows(before: Option<&Step>, step: &Step, quick: bool) -> Result<(), &'static str> {
    if step.up_to.is_some_and(|end| end <= step.over) {
        return Err("a step ends above its start");
    }
    match before {
        None if step.over != Money::ZERO => Err("the first step starts at 0"),
        None if quick && step.fixed != Money::ZERO => Err("the first rate has no quick deduction"),
        None => Ok(()),
        Some(before) if before.up_to != Some(step.over) => Err("a step starts where the one before ends"),
        Some(before) if quick => {
            let rise = i128::from(step.rate.ppm() - before.rate.ppm()) * i128::from(step.over.fen());
            let quick = i128::from(step.fixed.fen()) - i128::from(before.fixed.fen());
            if rise == quick * PPM { Ok(()) } else { Err("the quick deduction does not fit the rates") }
        }
        Some(_) => Ok(()),
    }
}

const PPM: i128 = 1_000_000;

impl TaxTable {
    /// Tax on an income, half up to the fen; the only rounding. The bracket is chosen by what is taxable, not by the
    /// income.
    fn tax(&self, income: Money, months: i64) -> Result<Money, MoneyError> {
        let gross = i128::from(income.fen());
        let Some(deduction) = step(&self.deductions, gross * PPM) else { return Ok(Money::ZERO) };
        let monthly = self.monthly.unwrap_or_default();
        let fixed = i128::from(deduction.fixed.fen()) + i128::from(monthly.fen()) * i128::from(months);
        // In fen × ppm, so that nothing is cut off before the end.
        let taxable = gross * (PPM - i128::from(deduction.rate.ppm())) - fixed * PPM;
        let Some(rate) = step(&self.rates, taxable) else { return Ok(Money::ZERO) };
        let exact = taxable * i128::from(rate.rate.ppm()) - i128::from(rate.fixed.fen()) * PPM * PPM;
        let fen = (exact + PPM * PPM / 2) / (PPM * PPM);
        i64::try_from(fen).map(Money::from_fen).map_err(|_| MoneyError::Overflow)
    }
}

fn step(steps: &[Step], amount: i128) -> Option<&Step> {
    steps.iter().find(|step| {
        amount > i128::from(step.over.fen()) * PPM && step.up_to.is_none_or(|end| amount <= i128::from(end.fen()) * PPM)
    })
}

/// What to withhold from this payment, given all earlier ones of the same person, payer and method, in any order.
pub fn due(tables: &TaxTables, method: TaxMethod, history: &[Paid], payment: Payment) -> Result<Withholding, TaxError> {
    let table = tables.in_force(method, payment.month)?;
    let sound = |paid: &Paid| paid.gross >= Money::ZERO && paid.withheld >= Money::ZERO && paid.month <= payment.month;
    if payment.gross < Money::ZERO || !history.iter().all(sound) {
        return Err(TaxError::BadHistory);
    }
    // The first month of the unbroken row of months with income that ends now, within the year.
    let mut row = payment.month;
    let mut earlier: Vec<Month> = history.iter().filter(|p| !p.gross.is_zero()).map(|p| p.month).collect();
    earlier.sort_unstable_by(|a, b| b.cmp(a));
    for month in earlier {
        if month.ordinal() + 1 == row.ordinal() && month.year() == row.year() {
            row = month;
        }
    }
    let counts = |month: Month| match method {
        TaxMethod::PerTime => month == payment.month,
        TaxMethod::Cumulative(GapRule::RestartCount) => month.year() == payment.month.year(),
        TaxMethod::Cumulative(GapRule::RestartAll) => month >= row,
    };
    let months = match method {
        TaxMethod::PerTime => 1,
        TaxMethod::Cumulative(_) => i64::from(payment.month.ordinal() - row.ordinal()) + 1,
    };
    let period: Vec<&Paid> = history.iter().filter(|paid| counts(paid.month)).collect();
    let income = Money::checked_sum(period.iter().map(|paid| paid.gross))?.checked_add(payment.gross)?;
    let already = Money::checked_sum(period.iter().map(|paid| paid.withheld))?;
    let due = table.tax(income, months)?;
    let withheld = due.checked_sub(already)?.max(Money::ZERO).min(payment.gross);
    Ok(Withholding { income, months, due, already, withheld })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: TaxMethod = TaxMethod::Cumulative(GapRule::RestartAll);
    const COUNT: TaxMethod = TaxMethod::Cumulative(GapRule::RestartCount);

    /// Withheld from each payment of (month, yuan), one after the other.
    fn played(method: TaxMethod, payments: &[(&str, &str)]) -> Vec<String> {
        let tables = TaxTables::built_in().unwrap();
        let mut history = Vec::new();
        for (month, yuan) in payments {
            let payment = Payment { month: Month::parse(month).unwrap(), gross: Money::from_yuan_text(yuan).unwrap() };
            let withheld = due(&tables, method, &history, payment).unwrap().withheld;
            history.push(Paid { month: payment.month, gross: payment.gross, withheld });
        }
        history.iter().map(|paid| paid.withheld.yuan()).collect()
    }

    fn months(method: TaxMethod, yuan: &[&str]) -> Vec<String> {
        let names = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"];
        played(method, &names.into_iter().zip(yuan.iter().copied()).collect::<Vec<_>>())
    }

    #[test]
    fn per_time_as_in_the_worked_table() {
        for (gross, tax) in [
            ("800.00", "0.00"),
            ("800.05", "0.01"),
            ("801.00", "0.20"),
            ("3000.00", "440.00"),
            ("4000.00", "640.00"),
            ("4000.01", "640.00"),
            ("10000.00", "1600.00"),
            ("25000.00", "4000.00"),
            ("30000.00", "5200.00"),
            ("60000.00", "12400.00"),
            ("62500.00", "13000.00"),
            ("80000.00", "18600.00"),
            ("100000.00", "25000.00"),
        ] {
            assert_eq!(played(TaxMethod::PerTime, &[("2025-09", gross)]), [tax], "{gross}");
        }
    }

    #[test]
    fn two_payments_of_a_month_are_one_income_and_the_next_month_another() {
        let payments = [("2025-08", "3000"), ("2025-08", "3000"), ("2025-09", "3000")];
        assert_eq!(played(TaxMethod::PerTime, &payments), ["440.00", "520.00", "440.00"]);
    }

    #[test]
    fn cumulative_as_in_the_worked_table() {
        assert_eq!(months(ALL, &["6250", "6250"]), ["0.00", "0.00"]);
        assert_eq!(months(ALL, &["10000", "10000"]), ["90.00", "90.00"]);
        assert_eq!(months(ALL, &["60000"]), ["1780.00"]);
        let six = ["330.00", "330.00", "330.00", "890.00", "1100.00", "1100.00"];
        assert_eq!(months(ALL, &["20000"; 6]), six);
        assert_eq!(months(ALL, &["30000", "3000", "3000"]), ["570.00", "0.00", "0.00"]);
        assert_eq!(months(ALL, &["9000", "12000", "5000", "40000"]), ["66.00", "138.00", "0.00", "780.00"]);
    }

    #[test]
    fn a_month_without_income_restarts_what_the_entity_chose() {
        let payments = [("2026-01", "8000"), ("2026-03", "8000")];
        assert_eq!(played(ALL, &payments), ["42.00", "42.00"]);
        assert_eq!(played(COUNT, &payments), ["42.00", "192.00"]);
    }

    #[test]
    fn a_new_year_restarts() {
        let payments = [("2025-12", "10000"), ("2026-01", "10000")];
        assert_eq!(played(ALL, &payments), ["90.00", "90.00"]);
        assert_eq!(played(COUNT, &payments), ["90.00", "90.00"]);
    }

    #[test]
    fn there_is_no_cumulative_table_before_october_2025() {
        let tables = TaxTables::built_in().unwrap();
        let september = Month::parse("2025-09").unwrap();
        assert_eq!(tables.in_force(ALL, september), Err(TaxError::NoTable(september)));
        assert!(tables.in_force(ALL, Month::parse("2025-10").unwrap()).is_ok());
    }

    #[test]
    fn a_table_with_a_gap_is_refused_with_its_line() {
        let good = include_str!("tax_tables.csv");
        for (from, to, line) in [
            ("rate,20000,50000,30", "rate,20001,50000,30", 5),
            ("rate,20000,50000,30", "rate,19999,50000,30", 5),
            ("30,2000", "30,2001", 5),
            ("rate,50000,,40", "rate,50000,90000,40", 6),
            ("cumulative,2025-10,monthly,,,,5000", "cumulative,2025-10,monthly,,,,-5000", 8),
            ("cumulative,2025-10,rate,0,", "cumulative,2025-10,rate,1,", 9),
            ("cumulative,2025-10,rate,0,", "cumulative,2025-10,monthly,,,,1\ncumulative,2025-10,rate,0,", 9),
        ] {
            assert!(good.contains(from));
            assert_eq!(TaxTables::parse(&good.replacen(from, to, 1)).unwrap_err().line, line, "{to}");
        }
    }

    proptest! {
        #[test]
        fn what_is_withheld_over_a_month_does_not_depend_on_how_it_is_cut(
            parts in proptest::collection::vec(1i64..5_000_000, 1..8),
        ) {
            let tables = TaxTables::built_in().unwrap();
            let month = Month::parse("2026-04").unwrap();
            for method in [TaxMethod::PerTime, ALL, COUNT] {
                let mut history = Vec::new();
                for part in &parts {
                    let payment = Payment { month, gross: Money::from_fen(*part) };
                    let withheld = due(&tables, method, &history, payment).unwrap().withheld;
                    prop_assert!(withheld >= Money::ZERO && withheld <= payment.gross);
                    history.push(Paid { month, gross: payment.gross, withheld });
                }
                let whole = Payment { month, gross: Money::from_fen(parts.iter().sum()) };
                let once = due(&tables, method, &[], whole).unwrap().withheld;
                prop_assert_eq!(Money::checked_sum(history.iter().map(|paid| paid.withheld)).unwrap(), once);
            }
        }

        #[test]
        fn more_income_is_never_less_tax(fen in 0i64..1 << 40, more in 0i64..1 << 30) {
            let tables = TaxTables::built_in().unwrap();
            let month = Month::parse("2026-04").unwrap();
            for method in [TaxMethod::PerTime, ALL] {
                let tax = |fen| due(&tables, method, &[], Payment { month, gross: Money::from_fen(fen) }).unwrap().due;
                prop_assert!(tax(fen) <= tax(fen + more));
            }
        }
    }
}
