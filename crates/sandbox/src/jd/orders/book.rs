//! All orders with their tracks, and the windows over them.

use super::track::{Track, Version, tracks};
use super::{FIRST_NUMBER, Line, NUMBERS_PER_ORDER, Order};
use kernel::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Orders in the sequence in which they were placed. Grows only.
#[derive(Debug, Default)]
pub(in crate::jd) struct Book {
    seed: u64,
    orders: BTreeMap<i64, Order>,
    tracks: Vec<Track>,
    /// `(second, track)` of every version, with its index; of a track's versions only the latest counts at a moment.
    by_change: BTreeMap<(i64, usize), usize>,
    by_order: BTreeSet<(i64, usize)>,
    by_finish: BTreeSet<(i64, usize)>,
    /// Tracks by the number under which the union shows them.
    by_number: BTreeMap<i64, Vec<usize>>,
}

/// By which time a window is cut; the number is `type` of `order.row.query`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jd) enum By {
    Ordered,
    Finished,
    Changed,
}

/// Seconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jd) struct Window {
    pub by: By,
    pub from: i64,
    pub to: i64,
}

/// An order without its number.
pub(in crate::jd) struct OrderIn {
    pub ordered_at: Instant,
    pub lines: Vec<Line>,
    pub sub_union_id: String,
    pub position_id: i64,
    pub life: super::Life,
}

/// A row as it is shown at a moment.
#[derive(Clone, Copy)]
pub(in crate::jd) struct Shown<'a> {
    pub order: &'a Order,
    pub track: &'a Track,
    pub line: &'a Line,
    pub changed_at: Instant,
    pub version: &'a Version,
}

impl Book {
    pub(in crate::jd) fn new(seed: u64) -> Book {
        Book { seed, ..Book::default() }
    }

    /// Gives the order its number.
    pub(in crate::jd) fn place(&mut self, order: OrderIn) -> i64 {
        let number = self.orders.last_key_value().map_or(FIRST_NUMBER, |(last, _)| *last) + NUMBERS_PER_ORDER;
        let OrderIn { ordered_at, lines, sub_union_id, position_id, life } = order;
        let ordered_at = Instant::from_micros(0).plus_seconds(ordered_at.seconds());
        self.enter(Order { number, ordered_at, lines, sub_union_id, position_id, life });
        number
    }

    /// An order that has its number already (from the state file).
    pub(in crate::jd) fn enter(&mut self, order: Order) {
        for track in tracks(&order, self.seed) {
            let at = self.tracks.len();
            for (index, (since, version)) in track.versions.iter().enumerate() {
                self.by_change.insert((since.seconds(), at), index);
                if let Some(finished) = version.finished_at {
                    self.by_finish.insert((finished.seconds(), at));
                }
            }
            self.by_order.insert((order.ordered_at.seconds(), at));
            self.by_number.entry(track.order_no).or_default().push(at);
            self.tracks.push(track);
        }
        self.orders.insert(order.number, order);
    }

    pub(in crate::jd) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    pub(in crate::jd) fn order(&self, number: i64) -> Option<&Order> {
        self.orders.get(&number)
    }

    /// Orders with a number above `after`.
    pub(in crate::jd) fn orders_after(&self, after: i64) -> impl Iterator<Item = &Order> {
        self.orders.range(after.saturating_add(1)..).map(|(_, order)| order)
    }

    pub(in crate::jd) fn count(&self) -> (usize, usize) {
        (self.orders.len(), self.tracks.len())
    }

    /// The life that an order has: of a usual one, the one that was drawn.
    pub(in crate::jd) fn life(&self, order: &Order) -> super::Life {
        super::track::life(order, self.seed)
    }

    fn shown(&self, at: usize, now: Instant) -> Option<Shown<'_>> {
        let track = self.tracks.get(at)?;
        let order = self.orders.get(&track.placed)?;
        let line = order.lines.get(track.line)?;
        let (changed_at, version) = track.versions.get(track.at(now)?)?;
        Some(Shown { order, track, line, changed_at: *changed_at, version })
    }

    /// Every row that exists at a moment, in the sequence of their orders.
    pub(in crate::jd) fn rows(&self, now: Instant) -> impl Iterator<Item = Shown<'_>> {
        (0..self.tracks.len()).filter_map(move |at| self.shown(at, now))
    }

    /// Rows under one order number.
    pub(in crate::jd) fn rows_of(&self, number: i64, now: Instant) -> Vec<Shown<'_>> {
        let tracks = self.by_number.get(&number).map(Vec::as_slice).unwrap_or_default();
        tracks.iter().filter_map(|at| self.shown(*at, now)).collect()
    }

    /// Rows of an order and of its children.
    pub(in crate::jd) fn rows_with_children(&self, number: i64, now: Instant) -> Vec<Shown<'_>> {
        let family = self.by_number.range(number..number.saturating_add(NUMBERS_PER_ORDER));
        family.flat_map(|(_, tracks)| tracks).filter_map(|at| self.shown(*at, now)).collect()
    }

    /// Rows of a window as they are shown at a moment, of orders placed no earlier than `oldest`; in the sequence of the
    /// time in question. A row that has changed since is in the window of its latest change only.
    pub(in crate::jd) fn window(&self, window: Window, oldest: Instant, now: Instant) -> Vec<Shown<'_>> {
        if window.from > window.to {
            return Vec::new();
        }
        let range = (window.from, 0)..=(window.to, usize::MAX);
        let shown = |at: usize| self.shown(at, now).filter(|row| row.order.ordered_at >= oldest);
        match window.by {
            By::Ordered => self.by_order.range(range).filter_map(|(_, at)| shown(*at)).collect(),
            By::Finished => {
                let rows = self.by_finish.range(range).filter_map(|(_, at)| shown(*at));
                rows.filter(|row| row.version.finished_at.is_some()).collect()
            }
            By::Changed => {
                let latest = |at: usize, index: usize| self.tracks.get(at).and_then(|t| t.at(now)) == Some(index);
                let changes = self.by_change.range(range).filter(|((_, at), index)| latest(*at, **index));
                changes.filter_map(|((_, at), _)| shown(*at)).collect()
            }
        }
    }
}
