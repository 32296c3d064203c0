//! A track: one row of the union through time. Computed once, when the order is placed.

use super::super::draw::Draw;
use super::{Life, Line, Order, fee};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz;
use kernel::{Instant, Money};

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;
/// Day of the month on which JD settles.
const SETTLEMENT_DAY: i8 = 20;

/// One row of the union. Versions have different whole seconds, in order; there is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jd) struct Track {
    /// Unique among all rows.
    pub row_id: String,
    pub order_no: i64,
    /// 0 unless this row came from a split.
    pub parent_no: i64,
    pub placed: i64,
    /// Index into the lines of the order as it was placed.
    pub line: usize,
    /// Of this row; less than the line's where a split divided it.
    pub quantity: i64,
    pub mobile: bool,
    pub plus: bool,
    /// `unionTag` marks presale orders.
    pub presale: bool,
    pub versions: Vec<(Instant, Version)>,
}

impl Track {
    /// What is shown at a moment; `None` before the row exists.
    pub(in crate::jd) fn at(&self, at: Instant) -> Option<usize> {
        self.versions.partition_point(|(since, _)| *since <= at).checked_sub(1)
    }
}

/// Base and fee, by estimate or in fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::jd) struct Worth {
    pub base: Money,
    pub fee: Money,
}

/// What changes in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::jd) struct Version {
    pub code: i64,
    pub estimate: Worth,
    pub actual: Worth,
    pub returned: i64,
    pub frozen: i64,
    /// Paid back for a lower price later (价保); already taken off the base.
    pub price_protection: Money,
    pub finished_at: Option<Instant>,
    /// Settlement day.
    pub pay_on: Option<Date>,
    pub balances: Vec<(Date, Money)>,
    pub shipped: bool,
}

/// The life of an order and the stream from which the rest of it is drawn.
fn begin(order: &Order, seed: u64) -> (Life, Draw) {
    let mut draw = Draw::new(seed, "life", order.number);
    (order.life.drawn(&mut draw), draw)
}

pub(super) fn life(order: &Order, seed: u64) -> Life {
    begin(order, seed).0
}

/// All rows that an order will ever have: its lines, then the children of a split.
pub(super) fn tracks(order: &Order, seed: u64) -> Vec<Track> {
    let (life, mut draw) = begin(order, seed);
    let mobile = draw.between(0, 9) > 0;
    let plus = draw.between(0, 3) == 0;
    let times = Times::drawn(order.ordered_at, &mut draw);
    // Of several lines one meets with the mishap; the others live on without it.
    let hit = draw.between(0, i64::try_from(order.lines.len()).unwrap_or(1) - 1);
    let track = |order_no: i64, parent_no, index: usize, place: usize, quantity, versions| Track {
        row_id: format!("{order_no}{:07}", place + 1),
        order_no,
        parent_no,
        placed: order.number,
        line: index,
        quantity,
        mobile,
        plus,
        presale: life == Life::Deposit,
        versions,
    };
    let mut tracks = Vec::new();
    for (index, line) in order.lines.iter().enumerate() {
        let worth = Worth { base: line.base(), fee: fee(line.base(), line.rate()) };
        let is_hit = i64::try_from(index).is_ok_and(|i| i == hit);
        let life = match life {
            Life::PartialReturnBeforeFinish
            | Life::PartialReturnAfterFinish
            | Life::RefundAfterSettlement
            | Life::LateCorrection
                if !is_hit =>
            {
                Life::Finished
            }
            life => life,
        };
        let piece = Piece { line, quantity: line.quantity, worth };
        tracks.push(track(order.number, 0, index, index, line.quantity, versions(life, &piece, &times, &mut draw)));
    }
    if matches!(life, Life::SplitParentFirst | Life::SplitChildrenFirst) {
        let mut child_no = order.number;
        for (index, piece) in pieces_of_split(order) {
            child_no += 1;
            let appears = times.split_from(life, &mut draw);
            let times = Times { placed: appears, ..Times::drawn(order.ordered_at, &mut draw) };
            let versions = versions(Life::Finished, &piece, &times, &mut draw);
            tracks.push(track(child_no, order.number, index, 0, piece.quantity, versions));
        }
    }
    tracks
}

/// Every line becomes an order of its own; the pieces of a line that stands alone are divided between two. What the
/// children are worth adds up to the line.
fn pieces_of_split(order: &Order) -> Vec<(usize, Piece<'_>)> {
    let mut pieces = Vec::new();
    for (index, line) in order.lines.iter().enumerate() {
        let whole = Worth { base: line.base(), fee: fee(line.base(), line.rate()) };
        let first = if order.lines.len() == 1 { line.quantity / 2 } else { 0 };
        let base = Money::from_fen(share(whole.base.fen(), first, line.quantity));
        let part = Worth { base, fee: fee(base, line.rate()) };
        if first > 0 {
            pieces.push((index, Piece { line, quantity: first, worth: part }));
        }
        let rest = Worth {
            base: Money::from_fen(whole.base.fen() - part.base.fen()),
            fee: Money::from_fen(whole.fee.fen() - part.fee.fen()),
        };
        pieces.push((index, Piece { line, quantity: line.quantity - first, worth: rest }));
    }
    pieces
}

/// `fen × part / whole`, rounded down.
fn share(fen: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 { 0 } else { i64::try_from(i128::from(fen) * i128::from(part) / i128::from(whole)).unwrap_or(0) }
}

/// When things happen to an order, whatever its life.
#[derive(Clone, Debug)]
struct Times {
    placed: Instant,
    /// Rest of a presale price.
    paid: Instant,
    split: Instant,
    /// Cancelled, or found to be against the rules.
    stopped: Instant,
    after_sale: Instant,
    returned: Instant,
    finished: Instant,
    late_after_sale: Instant,
    late_returned: Instant,
}

impl Times {
    fn drawn(placed: Instant, draw: &mut Draw) -> Times {
        let mut after = |from: Instant, low: i64, high: i64| from.plus_seconds(draw.between(low, high));
        let after_sale = after(placed, 2 * DAY, 4 * DAY);
        let finished = after(placed, 7 * DAY, 12 * DAY);
        let late_after_sale = after(finished, DAY / 2, DAY);
        Times {
            placed,
            paid: after(placed, 2 * DAY, 4 * DAY),
            split: after(placed, 20 * 60, 2 * HOUR),
            stopped: after(placed, 5 * 60, DAY),
            after_sale,
            returned: after(after_sale, DAY / 2, 2 * DAY),
            finished,
            late_after_sale,
            late_returned: after(late_after_sale, HOUR, DAY),
        }
    }

    /// When a child of the split appears: the order itself becomes 2 at `split`.
    fn split_from(&self, life: Life, draw: &mut Draw) -> Instant {
        let minutes = draw.between(60, 10 * 60);
        self.split.plus_seconds(if life == Life::SplitParentFirst { minutes } else { -minutes })
    }
}

/// The part of a line that a row stands for.
struct Piece<'a> {
    line: &'a Line,
    quantity: i64,
    worth: Worth,
}

impl Piece<'_> {
    fn lowered(&self, base: i64) -> Worth {
        let base = Money::from_fen(base);
        Worth { base, fee: fee(base, self.line.rate()).min(self.worth.fee) }
    }
}

fn versions(life: Life, piece: &Piece<'_>, times: &Times, draw: &mut Draw) -> Vec<(Instant, Version)> {
    let mut life_of = Writer::new(times.placed, piece.worth);
    match life {
        Life::Unpaid => life_of.first(15),
        Life::Deposit => {
            life_of.first(24);
            life_of.then(times.paid, |v| v.code = 16);
            life_of.finish(times.finished);
        }
        _ => life_of.first(16),
    }
    match life {
        Life::Usual | Life::Unpaid | Life::Paid | Life::Deposit => {}
        Life::Finished => life_of.finish(times.finished),
        Life::PartialReturnBeforeFinish | Life::FullReturnBeforeFinish => {
            let back = Back::drawn(piece, life == Life::FullReturnBeforeFinish, draw);
            life_of.freeze(times.after_sale, &back);
            life_of.then(times.returned, |v| {
                back.write(v);
                v.estimate = back.rest;
            });
            life_of.finish(times.finished);
        }
        Life::PartialReturnAfterFinish | Life::FullReturnAfterFinish => {
            let back = Back::drawn(piece, life == Life::FullReturnAfterFinish, draw);
            life_of.finish(times.finished);
            // At most two days after the receipt; the settlement is twenty at least.
            life_of.freeze(times.late_after_sale, &back);
            life_of.correct(times.late_returned, |v| back.write(v), back.rest);
        }
        Life::SplitParentFirst | Life::SplitChildrenFirst => life_of.then(times.split, |v| v.code = 2),
        Life::Cancelled => life_of.then(times.stopped, |v| {
            v.code = 3;
            v.estimate = Worth::default();
        }),
        Life::Violation(code) => life_of.then(times.stopped, |v| {
            v.code = code;
            v.estimate.fee = Money::ZERO;
        }),
        Life::UnknownCode99 => life_of.then(times.stopped, |v| v.code = 99),
        Life::RefundAfterSettlement => {
            let back = Back::drawn(piece, piece.quantity == 1, draw);
            life_of.finish(times.finished);
            let settled = life_of.settled_at(times.finished);
            let sale = settled.plus_seconds(draw.between(DAY, 5 * DAY));
            life_of.freeze(sale, &back);
            life_of.correct(sale.plus_seconds(draw.between(HOUR, 2 * DAY)), |v| back.write(v), back.rest);
        }
        Life::LateCorrection => {
            life_of.finish(times.finished);
            let at = times.finished.plus_seconds(draw.between(20 * DAY, 35 * DAY));
            life_of.correct(at, |_| {}, corrected(piece.worth, draw));
        }
    }
    life_of.versions
}

/// The union counts again: some percent less, or (one time in four) more. Never the same fee, unless there is none.
fn corrected(was: Worth, draw: &mut Draw) -> Worth {
    let less = draw.between(0, 3) > 0;
    let percent = draw.between(5, 15);
    let step = |fen: i64| {
        let by = share(fen, percent, 100).max(i64::from(fen > 0));
        Money::from_fen(if less { fen - by } else { fen + by })
    };
    Worth { base: step(was.base.fen()), fee: step(was.fee.fen()) }
}

/// What goes back, and what is left of the row's worth.
struct Back {
    pieces: i64,
    price_protection: Money,
    rest: Worth,
}

impl Back {
    /// Of a single piece, *some of it* is a part of its price (价保): no piece goes back.
    fn drawn(piece: &Piece<'_>, all: bool, draw: &mut Draw) -> Back {
        let base = piece.worth.base.fen();
        if all {
            return Back { pieces: piece.quantity, price_protection: Money::ZERO, rest: Worth::default() };
        }
        if piece.quantity < 2 {
            let paid_back = share(base, draw.between(10, 40), 100);
            let rest = piece.lowered(base - paid_back);
            return Back { pieces: 0, price_protection: Money::from_fen(paid_back), rest };
        }
        let pieces = draw.between(1, piece.quantity - 1);
        let rest = piece.lowered(share(base, piece.quantity - pieces, piece.quantity));
        Back { pieces, price_protection: Money::ZERO, rest }
    }

    fn write(&self, version: &mut Version) {
        version.frozen = 0;
        version.returned = self.pieces;
        version.price_protection = self.price_protection;
        version.shipped = true;
    }
}

/// Writes a life version by version.
struct Writer {
    versions: Vec<(Instant, Version)>,
    placed: Instant,
    worth: Worth,
}

impl Writer {
    fn new(placed: Instant, worth: Worth) -> Writer {
        Writer { versions: Vec::with_capacity(4), placed, worth }
    }

    fn first(&mut self, code: i64) {
        self.versions.push((self.placed, Version { code, estimate: self.worth, ..Version::default() }));
    }

    /// The version before with a change. A later version never has an earlier time.
    fn then(&mut self, at: Instant, change: impl FnOnce(&mut Version)) {
        let Some((since, version)) = self.versions.last() else { return };
        let (at, mut version) = (at.max(since.plus_seconds(1)), version.clone());
        change(&mut version);
        self.versions.push((at, version));
    }

    fn freeze(&mut self, at: Instant, back: &Back) {
        if back.pieces > 0 {
            self.then(at, |v| {
                v.frozen = back.pieces;
                v.shipped = true;
            });
        }
    }

    /// Receipt confirmed: the estimate becomes fact. JD writes the change a second after it happened.
    fn finish(&mut self, at: Instant) {
        self.then(at.plus_seconds(1), |v| {
            v.code = 17;
            v.shipped = true;
            v.finished_at = Some(at);
            v.actual = v.estimate;
            v.pay_on = settlement_after(at);
            if let (Some(day), false) = (v.pay_on, v.actual.fee.is_zero()) {
                v.balances.push((day, v.actual.fee));
            }
        });
    }

    fn settled_at(&self, finished: Instant) -> Instant {
        let day = self.versions.last().and_then(|(_, v)| v.pay_on);
        day.and_then(midnight).unwrap_or_else(|| finished.plus_days(30))
    }

    /// Another actual fee. What is not settled yet is settled differently; what is, by an entry on the next date.
    fn correct(&mut self, at: Instant, change: impl FnOnce(&mut Version), actual: Worth) {
        self.then(at, |v| {
            change(v);
            let difference = actual.fee.fen() - v.actual.fee.fen();
            v.actual = actual;
            if difference == 0 {
                return;
            }
            let open = v.pay_on.filter(|day| midnight(*day).is_some_and(|settled| at < settled));
            match (open, next_settlement(at)) {
                (Some(day), _) => {
                    v.balances.retain(|(date, _)| *date != day);
                    if !actual.fee.is_zero() {
                        v.balances.push((day, actual.fee));
                    }
                }
                (None, Some(day)) => {
                    v.pay_on = Some(day);
                    v.balances.push((day, Money::from_fen(difference)));
                }
                (None, None) => {}
            }
        });
    }
}

fn china_date(at: Instant) -> Option<Date> {
    let at = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
    Some(tz::TimeZone::fixed(tz::offset(8)).to_datetime(at).date())
}

/// First moment of a day in China.
fn midnight(day: Date) -> Option<Instant> {
    let at = tz::TimeZone::fixed(tz::offset(8)).to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    Some(Instant::from_micros(at.as_microsecond()))
}

fn settlement_day(of: Date) -> Option<Date> {
    of.with().day(SETTLEMENT_DAY).build().ok()
}

/// The settlement day of the month after this moment's.
fn settlement_after(at: Instant) -> Option<Date> {
    settlement_day(china_date(at)?.first_of_month().checked_add(1.month()).ok()?)
}

/// The first settlement day after this moment's day.
fn next_settlement(at: Instant) -> Option<Date> {
    let date = china_date(at)?;
    if date.day() < SETTLEMENT_DAY { settlement_day(date) } else { settlement_after(at) }
}
