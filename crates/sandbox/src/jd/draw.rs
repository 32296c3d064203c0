//! Numbers drawn from a seed: the same on every machine and in every version (SplitMix64), which a library's generator
//! does not promise.

/// A stream of numbers that depends on its beginning only.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// Streams of different purposes or things do not resemble each other.
    pub(super) fn new(seed: u64, purpose: &str, of: i64) -> Draw {
        let mut draw = Draw(seed);
        for byte in purpose.bytes() {
            draw.0 = draw.0.rotate_left(7) ^ u64::from(byte);
            draw.0 = draw.next();
        }
        draw.0 ^= of.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        draw.0 = draw.next();
        draw
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included; `low` where the range is empty.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(0).unsigned_abs().saturating_add(1);
        low.saturating_add_unsigned(self.next() % width)
    }

    /// `letters` characters of `A-Z a-z 0-9`.
    pub(super) fn word(&mut self, letters: usize) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letter = |draw: &mut Draw| usize::try_from(draw.next() % 62).ok().and_then(|i| ALPHABET.get(i).copied());
        (0..letters).filter_map(|_| letter(self)).map(char::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_its_beginning_and_nothing_else() {
        let four = |seed, purpose, of| {
            let mut draw = Draw::new(seed, purpose, of);
            [draw.next(), draw.next(), draw.next(), draw.next()]
        };
        assert_eq!(four(1, "life", 7), four(1, "life", 7));
        for other in [four(2, "life", 7), four(1, "link", 7), four(1, "life", 8)] {
            assert_ne!(four(1, "life", 7), other);
        }
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_both_ends() {
        let mut draw = Draw::new(1, "range", 0);
        let drawn: std::collections::BTreeSet<i64> = (0..500).map(|_| draw.between(-2, 3)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2, 3]);
        assert_eq!((draw.between(5, 5), draw.between(5, 4)), (5, 5));
        assert_eq!(draw.word(7).len(), 7);
    }
}
