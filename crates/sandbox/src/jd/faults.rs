//! What goes wrong at the gateway when it is told to: each fault by name, with how often. Drawn from a seed of their own
//! and the number of the call, so that the same calls meet the same faults.
//!
//! None of them loses anything for good. A refused or lost call may be repeated; a late row is shown by a later query of
//! its window ([`LATE_QUERIES_MAX`]); what is disguised says the same. `GET /sandbox/rows` tells the truth meanwhile.

use super::draw::Draw;
use super::gateway::Refusal;
use super::orders::{Shown, Window};
use kernel::Rate;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Calls that a burst refuses at the most, the first included.
const BURST_MAX: i64 = 4;
/// Queries of its window in which a late row is missing, at the most.
pub const LATE_QUERIES_MAX: i64 = 2;
const ROWS_ONLY: &str = "order.row.query";

/// One way in which the gateway may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A burst of calls is refused with 429.
    RateLimit,
    /// A burst of order queries is refused with 2002408.
    Degraded,
    /// The answer is made, and sent only after the time in the configuration.
    Hang,
    /// The answer is made, and the connection breaks in the middle of it.
    Drop,
    /// An order row stands in the answer twice, maybe on two pages.
    Repeat,
    /// The rows of a window come in any sequence, the same one for all its pages.
    Shuffle,
    /// A change of a row is missing from the first queries of its window.
    Late,
    /// A row has fields that nobody documented.
    UnknownFields,
    /// Numbers of a row are written as text.
    Strings,
    /// An order comes without `subUnionId`, for good: the account is not white-listed for it.
    NoSubUnion,
}

impl Fault {
    pub const ALL: [Fault; 10] = [
        Fault::RateLimit,
        Fault::Degraded,
        Fault::Hang,
        Fault::Drop,
        Fault::Repeat,
        Fault::Shuffle,
        Fault::Late,
        Fault::UnknownFields,
        Fault::Strings,
        Fault::NoSubUnion,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Fault::RateLimit => "rate_limit",
            Fault::Degraded => "degraded",
            Fault::Hang => "hang",
            Fault::Drop => "drop",
            Fault::Repeat => "repeat",
            Fault::Shuffle => "shuffle",
            Fault::Late => "late",
            Fault::UnknownFields => "unknown_fields",
            Fault::Strings => "strings",
            Fault::NoSubUnion => "no_sub_union",
        }
    }

    /// Where only its name is given, in parts per million: of calls, of windows or of rows.
    const fn usual(self) -> i64 {
        match self {
            Fault::RateLimit | Fault::Degraded | Fault::Drop => 20_000,
            Fault::Hang => 1_000,
            Fault::Repeat | Fault::Late => 50_000,
            Fault::Shuffle => 500_000,
            Fault::UnknownFields | Fault::Strings => 100_000,
            Fault::NoSubUnion => 200_000,
        }
    }
}

/// How often each fault happens: `rate_limit=5,late=2.5`, in percent; a name alone for its usual share, `all` for all of
/// them, `none`. Of a fault named twice the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<Fault, Rate>);

/// What is not a list of faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    #[error("`{0}` is no fault; there are all, none, {words}", words = Fault::ALL.map(Fault::word).join(", "))]
    Unknown(String),
    #[error("`{0}` must be 0 to 100 percent, as in late=2.5")]
    Share(String),
}

impl Faults {
    fn of(&self, fault: Fault) -> Rate {
        self.0.get(&fault).copied().unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Faults, FaultsError> {
        let mut faults = Faults::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let short = || part.chars().take(40).collect::<String>();
            let (name, share) = part.split_once('=').map_or((part, None), |(name, share)| (name, Some(share)));
            let share = share.map(Rate::from_percent_text).transpose().map_err(|_| FaultsError::Share(short()))?;
            let named: Vec<Fault> = match name {
                "none" if share.is_none() => {
                    faults.0.clear();
                    continue;
                }
                "all" => Fault::ALL.to_vec(),
                name => Fault::ALL.into_iter().filter(|fault| fault.word() == name).collect(),
            };
            if named.is_empty() {
                return Err(FaultsError::Unknown(short()));
            }
            for fault in named {
                let usual = || Rate::try_from_ppm(fault.usual()).unwrap_or_default();
                match share.unwrap_or_else(usual) {
                    Rate::ZERO => faults.0.remove(&fault),
                    share => faults.0.insert(fault, share),
                };
            }
        }
        Ok(faults)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let parts: Vec<String> =
            self.0.iter().map(|(fault, share)| format!("{}={}", fault.word(), share.percent())).collect();
        f.write_str(&parts.join(","))
    }
}

/// What one call meets.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Of this run, from 1.
    pub call: i64,
    /// Instead of what the method would answer.
    pub refused: Option<Refusal>,
    pub hang: bool,
    pub drop: bool,
}

/// The faults at work.
#[derive(Debug)]
pub(super) struct Mischief {
    seed: u64,
    now: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    faults: Faults,
    calls: i64,
    /// Calls that the bursts under way still refuse.
    rate_limited: i64,
    degraded: i64,
    /// Queries of its window that a change of a row has been in, by row and second of the change.
    asked: HashMap<(String, i64), i64>,
    met: BTreeMap<&'static str, u64>,
}

impl State {
    fn count(&mut self, fault: Fault) {
        *self.met.entry(fault.word()).or_default() += 1;
    }
}

impl Mischief {
    pub(super) fn new(seed: u64, faults: Faults) -> Mischief {
        Mischief { seed, now: Mutex::new(State { faults, ..State::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> Faults {
        self.state().faults.clone()
    }

    /// Other faults from now on; bursts under way end.
    pub(super) fn set(&self, faults: Faults) {
        let mut state = self.state();
        (state.rate_limited, state.degraded) = (0, 0);
        state.faults = faults;
    }

    /// How often each fault has happened since the start.
    pub(super) fn met(&self) -> BTreeMap<&'static str, u64> {
        self.state().met.clone()
    }

    fn draw(&self, fault: Fault, of: i64) -> Draw {
        Draw::new(self.seed, fault.word(), of)
    }

    /// A call begins.
    pub(super) fn meet(&self, method: &str) -> Met {
        let mut state = self.state();
        state.calls += 1;
        let call = state.calls;
        let drawn = |state: &State, fault: Fault| chosen(state.faults.of(fault), &mut self.draw(fault, call));
        let length = |fault: Fault| self.draw(fault, -call).between(1, BURST_MAX);
        if state.rate_limited == 0 && drawn(&state, Fault::RateLimit) {
            state.rate_limited = length(Fault::RateLimit);
        }
        let rows = method.ends_with(ROWS_ONLY);
        if rows && state.degraded == 0 && drawn(&state, Fault::Degraded) {
            state.degraded = length(Fault::Degraded);
        }
        let mut met = Met { call, ..Met::default() };
        if state.rate_limited > 0 {
            state.rate_limited -= 1;
            state.count(Fault::RateLimit);
            met.refused = Some(Refusal::new(429, "调用过于频繁，请稍后再试"));
        } else if rows && state.degraded > 0 {
            state.degraded -= 1;
            state.count(Fault::Degraded);
            met.refused = Some(Refusal::new(2_002_408, "服务降级，请稍后再试"));
        }
        met.hang = drawn(&state, Fault::Hang);
        met.drop = !met.hang && drawn(&state, Fault::Drop);
        for (fault, happens) in [(Fault::Hang, met.hang), (Fault::Drop, met.drop)] {
            if happens {
                state.count(fault);
            }
        }
        met
    }

    /// The rows of a window as a page of it is cut from them: without the late ones, some twice, in any sequence. All
    /// pages of a window are cut from the same list.
    pub(super) fn arrange<'a>(&self, rows: Vec<Shown<'a>>, window: Window, first_page: bool) -> Vec<Shown<'a>> {
        let mut state = self.state();
        if state.faults.is_empty() {
            return rows;
        }
        let mut list: Vec<Shown<'a>> = Vec::with_capacity(rows.len());
        for row in rows {
            let number = row.track.row_id.parse::<i64>().unwrap_or(row.track.order_no);
            let of = number ^ row.changed_at.seconds().rotate_left(32);
            if self.is_late(&mut state, &row, of, first_page) {
                state.count(Fault::Late);
                continue;
            }
            list.push(row);
            if chosen(state.faults.of(Fault::Repeat), &mut self.draw(Fault::Repeat, of)) {
                state.count(Fault::Repeat);
                list.push(row);
            }
        }
        let mut draw = self.draw(Fault::Shuffle, window.from.wrapping_mul(31) ^ window.to);
        if chosen(state.faults.of(Fault::Shuffle), &mut draw) && list.len() > 1 {
            state.count(Fault::Shuffle);
            for at in (1..list.len()).rev() {
                let other = draw.between(0, i64::try_from(at).unwrap_or(0));
                list.swap(at, usize::try_from(other).unwrap_or(0));
            }
        }
        list
    }

    fn is_late(&self, state: &mut State, row: &Shown<'_>, of: i64, first_page: bool) -> bool {
        let mut draw = self.draw(Fault::Late, of);
        if !chosen(state.faults.of(Fault::Late), &mut draw) {
            return false;
        }
        let missing = draw.between(1, LATE_QUERIES_MAX);
        let asked = state.asked.entry((row.track.row_id.clone(), row.changed_at.seconds())).or_default();
        // Later pages show what the first one showed.
        *asked += i64::from(first_page);
        *asked <= missing
    }

    /// A row in other words: undocumented fields, numbers as text. It says the same.
    pub(super) fn disguise(&self, row: &mut Map<String, Value>, call: i64, place: usize) {
        let mut state = self.state();
        let of = call.wrapping_mul(100_003).wrapping_add(i64::try_from(place).unwrap_or(0));
        let mut draw = self.draw(Fault::UnknownFields, of);
        if chosen(state.faults.of(Fault::UnknownFields), &mut draw) {
            state.count(Fault::UnknownFields);
            let values =
                [json!(draw.between(-9, 9)), json!(null), json!("新字段"), json!([1, "2"]), json!({"validCode": 3})];
            let value = values[usize::try_from(draw.between(0, 4)).unwrap_or(0)].clone();
            row.insert(format!("x{}", draw.word(6)), value);
        }
        let mut draw = self.draw(Fault::Strings, of);
        if chosen(state.faults.of(Fault::Strings), &mut draw) {
            state.count(Fault::Strings);
            for value in row.values_mut().filter(|value| value.is_number()) {
                if draw.between(0, 1) == 0 {
                    *value = Value::from(value.to_string());
                }
            }
        }
    }

    /// Whether an order comes without `subUnionId`.
    pub(super) fn hides_sub_union(&self, order: i64) -> bool {
        let share = self.state().faults.of(Fault::NoSubUnion);
        chosen(share, &mut self.draw(Fault::NoSubUnion, order))
    }
}

fn chosen(share: Rate, draw: &mut Draw) -> bool {
    share != Rate::ZERO && draw.between(0, 999_999) < share.ppm()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_with_their_share() {
        let read = |text: &str| text.parse::<Faults>().map(|f| f.to_string());
        assert_eq!(read("none").as_deref(), Ok("none"));
        assert_eq!(read("").as_deref(), Ok("none"));
        assert_eq!(read("late").as_deref(), Ok("late=5"));
        assert_eq!(read("hang=0.25, drop=100").as_deref(), Ok("hang=0.25,drop=100"));
        let all = read("all").unwrap();
        assert_eq!(all.split(',').count(), Fault::ALL.len(), "{all}");
        assert_eq!(read("all=3,all=0,repeat=7").as_deref(), Ok("repeat=7"));
        assert_eq!(read("all,none,strings=1").as_deref(), Ok("strings=1"));
        assert_eq!(read(&all).unwrap(), all);
        for bad in ["lightning", "late=", "late=x", "late=-1", "late=101", "none=3"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_calls_meet_the_same_faults() {
        let run = |seed| {
            let mischief = Mischief::new(seed, "all=20".parse().unwrap());
            let calls: Vec<(Option<u32>, bool, bool)> = (0..200)
                .map(|_| mischief.meet("jd.union.open.order.row.query"))
                .map(|met| (met.refused.map(|r| r.code), met.hang, met.drop))
                .collect();
            calls
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        for code in [429, 2_002_408] {
            assert!(run(7).iter().any(|(refused, _, _)| *refused == Some(code)));
        }
        assert!(run(7).iter().any(|(refused, hang, drop)| refused.is_none() && !hang && !drop));
    }

    #[test]
    fn degradation_is_of_order_rows_alone_and_bursts_end() {
        let mischief = Mischief::new(1, "degraded=100".parse().unwrap());
        assert!(mischief.meet("jd.union.open.goods.query").refused.is_none());
        assert!(mischief.meet("jd.union.open.order.row.query").refused.is_some());
        mischief.set(Faults::default());
        assert!(mischief.meet("jd.union.open.order.row.query").refused.is_none());
        assert_eq!(mischief.met().get("degraded"), Some(&1));
    }
}
