/// How many buckets there are. Fixed for ever: it is part of ids, codes and keys.
pub const BUCKETS: i16 = 64;

/// The home of a row, 0 to 63: leads every key of the tables that grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(u8);

impl Bucket {
    pub const ZERO: Bucket = Bucket(0);

    pub fn all() -> impl Iterator<Item = Bucket> {
        (0..64u8).map(Bucket)
    }

    /// The lowest six bits of a number.
    pub const fn from_low_bits(n: u64) -> Bucket {
        Bucket((n & 63) as u8)
    }

    pub const fn number(self) -> i16 {
        self.0 as i16
    }

    /// Bucket of a natural key: `h(scope, key) % 64`.
    ///
    /// `h` is FNV-1a over the eight big-endian bytes of `scope` followed by the bytes of `key`, finished with the
    /// 64-bit mixer of MurmurHash3 (FNV alone leaves the low bits weak). Written down here because stored rows depend
    /// on it: never change it, never use the database's hash.
    pub fn of_key(scope: i64, key: &str) -> Bucket {
        Bucket::from_low_bits(Bucket::hash(scope, key))
    }

    /// The 64-bit hash behind [`Bucket::of_key`].
    pub fn hash(scope: i64, key: &str) -> u64 {
        let mut h: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in scope.to_be_bytes().iter().chain(key.as_bytes()) {
            h ^= u64::from(*byte);
            h = h.wrapping_mul(0x0100_0000_01b3);
        }
        h ^= h >> 33;
        h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
        h ^= h >> 33;
        h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        h ^ (h >> 33)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        // Values computed once and stored; a change here would orphan every stored row.
        assert_eq!(Bucket::of_key(0, "").number(), HASH_EMPTY);
        assert_eq!(Bucket::of_key(7, "2800000000000000011").number(), HASH_ROW);
    }
    const HASH_EMPTY: i16 = 30;
    const HASH_ROW: i16 = 49;

    #[test]
    fn keys_spread_over_all_buckets() {
        let mut seen = [0u32; 64];
        for n in 0..6400 {
            seen[usize::from(Bucket::of_key(1, &format!("28000000000000{n:05}")).0)] += 1;
        }
        assert!(seen.iter().all(|n| (60..=150).contains(n)), "{seen:?}");
    }
}
