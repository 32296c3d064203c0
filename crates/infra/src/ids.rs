//! Makes ids. One source per process; its node number is held by a lease row, so two processes never share it.

use crate::Clock;
use kernel::{Bucket, Id, IdParts, Kind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const SEQUENCES: i64 = 1024;

/// Cloneable; clones share the sequence.
#[derive(Clone, Debug)]
pub struct IdSource {
    clock: Clock,
    node: u8,
    /// Milliseconds since 1970 × 1,024 + sequence of the last id: only ever rises, also when the clock goes back.
    last: Arc<AtomicI64>,
}

impl IdSource {
    /// `node` is 0 to 63.
    pub fn new(clock: Clock, node: u8) -> IdSource {
        IdSource { clock, node: node & 63, last: Arc::new(AtomicI64::new(0)) }
    }

    /// The next id in a bucket. More than 1,024 in a millisecond borrow from the next ones.
    pub fn next<K: Kind>(&self, bucket: Bucket) -> Id<K> {
        let now = self.clock.now().millis().saturating_mul(SEQUENCES);
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
    use kernel::{Instant, LineId};

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
}
