//! Pure decisions about reports.

use super::model::Version;

/// What a report means for the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It replaces the stored report.
    Newer,
    /// The same content, seen again later: only the stamp rises, so that a report between the two stays older.
    SameLater,
    /// Nothing to do.
    Older,
}

/// An equal version with other content counts as higher when fetched later; the same content again changes nothing.
pub fn compare(stored: &Version, seen: &Version) -> Seen {
    let later = (seen.modified_at, seen.fetched_at) > (stored.modified_at, stored.fetched_at);
    if seen.content == stored.content {
        return if later { Seen::SameLater } else { Seen::Older };
    }
    if seen > stored { Seen::Newer } else { Seen::Older }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Instant;
    use proptest::prelude::*;

    fn version(modified: i64, fetched: i64, content: u8) -> Version {
        Version {
            modified_at: Instant::from_micros(modified),
            fetched_at: Instant::from_micros(fetched),
            content: vec![content],
        }
    }

    #[test]
    fn later_modification_wins_then_later_fetch() {
        assert_eq!(compare(&version(1, 9, 1), &version(2, 1, 2)), Seen::Newer);
        assert_eq!(compare(&version(2, 1, 2), &version(1, 9, 1)), Seen::Older);
        assert_eq!(compare(&version(1, 1, 1), &version(1, 2, 2)), Seen::Newer);
        assert_eq!(compare(&version(1, 1, 1), &version(1, 2, 1)), Seen::SameLater);
        assert_eq!(compare(&version(1, 1, 1), &version(1, 1, 1)), Seen::Older);
    }

    proptest! {
        /// Whatever the order and the repetition, the report that stays is the same.
        #[test]
        fn any_order_keeps_the_same_report(
            mut reports in proptest::collection::vec((0i64..3, 0i64..4, 0u8..3), 1..8),
            seed in any::<u64>(),
        ) {
            // Content carries the time of modification, as a union's row does.
            for report in &mut reports {
                report.2 += u8::try_from(report.0).unwrap() * 10;
            }
            let keep = |list: &[(i64, i64, u8)]| {
                let mut stored: Option<Version> = None;
                for (modified, fetched, content) in list {
                    let seen = version(*modified, *fetched, *content);
                    stored = Some(match stored {
                        None => seen,
                        Some(stored) => match compare(&stored, &seen) {
                            Seen::Newer | Seen::SameLater => seen,
                            Seen::Older => stored,
                        },
                    });
                }
                stored.unwrap()
            };
            let first = keep(&reports);
            let mut shuffled = reports.clone();
            let mut state = seed;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            shuffled.extend(reports.iter().copied().take(2));
            prop_assert_eq!(keep(&shuffled), first);
        }
    }
}
