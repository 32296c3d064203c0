//! The only place that reads the machine's clock. Everything else is handed a time, or a [`Clock`].

use kernel::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock, or one that a test or the demo moves by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// `None`: the machine's clock.
    held: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub fn system() -> Clock {
        Clock { held: None }
    }

    /// A clock that stands still at this moment until it is moved. Its clones move with it.
    pub fn held_at(at: Instant) -> Clock {
        Clock { held: Some(Arc::new(AtomicI64::new(at.micros()))) }
    }

    pub fn now(&self) -> Instant {
        match &self.held {
            Some(held) => match held.load(Ordering::SeqCst) {
                RELEASED => machine_now(),
                at => Instant::from_micros(at),
            },
            None => machine_now(),
        }
    }

    /// Moves a held clock. The machine's clock is not ours to move: nothing happens.
    pub fn set(&self, at: Instant) {
        if let Some(held) = &self.held {
            held.store(at.micros(), Ordering::SeqCst);
        }
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.set(self.now().plus_seconds(seconds));
    }

    /// Lets a held clock, and all its clones, follow the machine's from now on.
    pub fn release(&self) {
        if let Some(held) = &self.held {
            held.store(RELEASED, Ordering::SeqCst);
        }
    }

    pub fn is_held(&self) -> bool {
        self.held.as_ref().is_some_and(|h| h.load(Ordering::SeqCst) != RELEASED)
    }
}

const RELEASED: i64 = i64::MIN;

fn machine_now() -> Instant {
    // A clock before 1970 reads as 1970: nothing is signed or booked right then, and `doctor` says so.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_moves_only_by_hand_until_released() {
        let clock = Clock::held_at(Instant::from_micros(5));
        let other = clock.clone();
        other.advance_seconds(1);
        assert_eq!(clock.now(), Instant::from_micros(1_000_005));
        other.release();
        assert!(clock.now() > Instant::from_micros(1_700_000_000_000_000));
        assert!(!clock.is_held());
    }
}
