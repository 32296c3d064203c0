//! Makes ids. One source per process; its node number is held by a lease row, so two processes never share it: a process
//! that was paused for longer than the lease makes no id any more.

use crate::Clock;
use kernel::{Bucket, Id, IdParts, Instant, Kind};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

const SEQUENCES: i64 = 1024;

/// Cloneable; clones share the sequence.
#[derive(Clone, Debug)]
pub struct IdSource {
    clock: Clock,
    node: u8,
    /// Milliseconds since 1970 × 1,024 + sequence of the last id: only ever rises, also when the clock goes back.
    last: Arc<AtomicI64>,
    lease: Option<NodeLease>,
}

/// Until when a node number is ours. Cloneable; clones share it.
#[derive(Clone, Debug)]
pub struct NodeLease(Arc<Mutex<Until>>);

/// Both clocks: the steady one stands still while a machine sleeps, the other one may be set back.
#[derive(Clone, Copy, Debug)]
struct Until {
    steady: std::time::Instant,
    wall: SystemTime,
}

impl Until {
    /// A tenth is kept back, so that clocks may differ a little and what was drawn last has been used.
    fn after(seconds: i64) -> Until {
        let held = Duration::from_secs(u64::try_from(seconds).unwrap_or(0)) * 9 / 10;
        Until { steady: std::time::Instant::now() + held, wall: SystemTime::now() + held }
    }
}

impl NodeLease {
    /// Say this before the lease is asked for: what the asking takes must not lengthen it.
    pub fn begin(seconds: i64) -> NodeLease {
        NodeLease(Arc::new(Mutex::new(Until::after(seconds))))
    }

    /// It was renewed, by a question that was asked when `begun` was made.
    pub fn renewed(&self, begun: &NodeLease) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = begun.until();
    }

    pub fn holds(&self) -> bool {
        let until = self.until();
        std::time::Instant::now() < until.steady && SystemTime::now() < until.wall
    }

    fn until(&self) -> Until {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IdSource {
    /// `node` is 0 to 63.
    pub fn new(clock: Clock, node: u8) -> IdSource {
        IdSource { clock, node: node & 63, last: Arc::new(AtomicI64::new(0)), lease: None }
    }

    /// Bound to the lease of its node number.
    pub fn leased(clock: Clock, node: u8, lease: NodeLease) -> IdSource {
        IdSource { lease: Some(lease), ..IdSource::new(clock, node) }
    }

    /// The millisecond after the last id: from then on another process may have the node number.
    pub fn free_from(&self) -> Instant {
        let last = self.last.load(Ordering::SeqCst) / SEQUENCES;
        self.clock.now().max(Instant::from_millis(last.saturating_add(1)))
    }

    /// The next id in a bucket. More than 1,024 in a millisecond borrow from the next ones.
    ///
    /// # Panics
    /// Once the lease of the node number has run out: the process was paused, another one may make the same ids, and this
    /// one is about to end. What was under way is undone with its transaction.
    pub fn next<K: Kind>(&self, bucket: Bucket) -> Id<K> {
        let now = self.clock.now().millis().saturating_mul(SEQUENCES);
        // Once in a millisecond is often enough, and costs nothing where many ids are made.
        if now > self.last.load(Ordering::Relaxed) {
            let holds = self.lease.as_ref().is_none_or(NodeLease::holds);
            assert!(holds, "the lease of node number {} has run out; this process must end", self.node);
        }
        let previous = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(now.max(last + 1)))
            .unwrap_or_else(|unchanged| unchanged);
        let this = now.max(previous + 1);
        let parts = IdParts {
            at_ms: this / SEQUENCES,
            bucket,
            node: self.node,
            // Below 1,024 by the remainder.
            sequence: u16::try_from(this % SEQUENCES).unwrap_or_default(),
        };
        // `pack` fails only outside 2024 to 2093; a clock that far off is put to the nearest end.
        let first = IdParts { at_ms: 1_704_067_200_000, ..parts };
        Id::from_raw(parts.pack().or_else(|| first.pack()).unwrap_or_default())
    }

    /// A bucket for something new, drawn at random.
    pub fn draw_bucket(&self) -> Bucket {
        Bucket::from_low_bits(rand::random::<u64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::LineId;

    #[test]
    fn ids_rise_without_repeats_also_when_the_clock_stands_or_goes_back() {
        let clock = Clock::held_at(Instant::from_millis(1_790_000_000_000));
        let ids = IdSource::new(clock.clone(), 3);
        let bucket = Bucket::from_low_bits(9);
        let mut made: Vec<LineId> = (0..3000).map(|_| ids.next(bucket)).collect();
        clock.set(Instant::from_millis(1_780_000_000_000));
        made.push(ids.next(bucket));
        assert!(made.windows(2).all(|w| w[0] < w[1]));
        assert!(made.iter().all(|id| id.bucket() == bucket));
    }

    #[test]
    fn no_id_is_made_once_the_lease_has_run_out() {
        let lease = NodeLease::begin(600);
        let ids = IdSource::leased(Clock::system(), 3, lease.clone());
        let bucket = Bucket::from_low_bits(9);
        let first: LineId = ids.next(bucket);
        lease.renewed(&NodeLease::begin(0));
        std::thread::sleep(Duration::from_millis(2));
        let refused = std::panic::catch_unwind(|| -> LineId { ids.next(bucket) });
        assert!(refused.is_err());
        lease.renewed(&NodeLease::begin(600));
        let next: LineId = ids.next(bucket);
        assert!(next > first);
    }

    #[test]
    fn a_node_number_is_free_after_the_last_id_also_of_a_burst() {
        let clock = Clock::held_at(Instant::from_millis(1_790_000_000_000));
        let ids = IdSource::new(clock.clone(), 3);
        let mut last: LineId = ids.next(Bucket::ZERO);
        for _ in 0..5000 {
            last = ids.next(Bucket::ZERO);
        }
        let free = ids.free_from();
        assert!(free > clock.now());
        // Whoever has it from then on makes later ids.
        clock.set(free);
        let next: LineId = IdSource::new(clock, 3).next(Bucket::ZERO);
        assert!(next > last);
    }
}
