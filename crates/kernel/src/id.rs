//! Ids: 41 bits of milliseconds since 2024-01-01 UTC · 6 bucket · 6 node · 10 sequence, in a positive `i64`.
//!
//! In JSON and URLs an id is its prefix and 13 characters of base32 (`ord_0b7…`), so that no JavaScript number ever
//! rounds it and a promoter's id is never taken for an order's.

use crate::{Bucket, Instant};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

/// 2024-01-01T00:00:00Z in milliseconds since 1970.
const EPOCH_MS: i64 = 1_704_067_200_000;
/// Crockford's alphabet in lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LEN: usize = 13;

/// What a kind of thing calls its ids. The registry below is append-only: a prefix is never reused.
pub trait Kind: 'static {
    const PREFIX: &'static str;
}

pub struct Id<K>(i64, PhantomData<fn() -> K>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("`{0}` is not an id; expected `{1}` and 13 characters of base32")]
    Malformed(String, &'static str),
}

/// What an id is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdParts {
    pub at_ms: i64,
    pub bucket: Bucket,
    /// 0 to 63, held by a lease.
    pub node: u8,
    /// 0 to 1023 within a millisecond, bucket and node.
    pub sequence: u16,
}

impl IdParts {
    /// `None` outside 2024 to 2093 or where a part is too wide.
    pub fn pack(self) -> Option<i64> {
        let ms = self.at_ms - EPOCH_MS;
        if !(0..1 << 41).contains(&ms) || self.node > 63 || self.sequence > 1023 {
            return None;
        }
        Some(ms << 22 | i64::from(self.bucket.number()) << 16 | i64::from(self.node) << 10 | i64::from(self.sequence))
    }

    pub fn unpack(raw: i64) -> IdParts {
        IdParts {
            at_ms: (raw >> 22) + EPOCH_MS,
            bucket: Bucket::from_low_bits((raw >> 16) as u64),
            node: ((raw >> 10) & 63) as u8,
            sequence: (raw & 1023) as u16,
        }
    }
}

impl<K: Kind> Id<K> {
    pub const fn from_raw(raw: i64) -> Self {
        Id(raw, PhantomData)
    }

    pub const fn raw(self) -> i64 {
        self.0
    }

    pub fn bucket(self) -> Bucket {
        IdParts::unpack(self.0).bucket
    }

    pub fn made_at(self) -> Instant {
        Instant::from_micros(IdParts::unpack(self.0).at_ms.saturating_mul(1000))
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = self.0 as u64;
        let mut text = [0u8; TEXT_LEN];
        for (at, slot) in text.iter_mut().enumerate() {
            *slot = ALPHABET[((raw >> (5 * (TEXT_LEN - 1 - at))) & 31) as usize];
        }
        write!(f, "{}_{}", K::PREFIX, std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let malformed = || IdError::Malformed(text.chars().take(40).collect(), K::PREFIX);
        let digits = text.strip_prefix(K::PREFIX).and_then(|t| t.strip_prefix('_')).ok_or_else(malformed)?;
        if digits.len() != TEXT_LEN {
            return Err(malformed());
        }
        let mut raw: u128 = 0;
        for byte in digits.bytes() {
            let digit = ALPHABET.iter().position(|c| *c == byte).ok_or_else(malformed)?;
            raw = raw << 5 | digit as u128;
        }
        i64::try_from(raw).map(Id::from_raw).map_err(|_| malformed())
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<K: Kind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $alias:ident, $marker:ident, $prefix:literal;)*) => {$(
        #[doc(hidden)]
        pub struct $marker;
        impl Kind for $marker {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$marker>;
    )*};
}

ids! {
    /// A program (tenant).
    ProgramId, ProgramKind, "prg";
    /// One human.
    PersonId, PersonKind, "per";
    /// A person in one program.
    PromoterId, PromoterKind, "prm";
    CommunityId, CommunityKind, "com";
    LegalEntityId, LegalEntityKind, "ent";
    UnionAccountId, UnionAccountKind, "una";
    /// One line of a commission plan.
    PlanLineId, PlanLineKind, "pln";
    /// One product of one order, as the union reports it.
    LineId, LineKind, "ord";
    /// A ledger transaction.
    TransactionId, TransactionKind, "txn";
    JobId, JobKind, "job";
    OutboxId, OutboxKind, "out";
    /// A session or an API token (never the secret itself).
    TokenId, TokenKind, "tok";
    /// A verification of the books that somebody asked for.
    VerifyRunId, VerifyRunKind, "vrf";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_promoter_id_is_not_an_order_id() {
        let id = PromoterId::from_raw(1234567890123);
        let text = id.to_string();
        assert_eq!(text.parse::<PromoterId>(), Ok(id));
        assert!(text.parse::<LineId>().is_err());
        for bad in ["prm_", "prm_zzzzzzzzzzzzz", "prm_0000000000i00", "prm_00000000000000", "每_0000000000000"] {
            assert!(bad.parse::<PromoterId>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parts_survive(ms in EPOCH_MS..EPOCH_MS + (1 << 41), bucket in 0u64..64, node in 0u8..64, sequence in 0u16..1024) {
            let parts = IdParts { at_ms: ms, bucket: Bucket::from_low_bits(bucket), node, sequence };
            let raw = parts.pack().unwrap();
            prop_assert!(raw >= 0);
            prop_assert_eq!(IdParts::unpack(raw), parts);
            let id = LineId::from_raw(raw);
            prop_assert_eq!(id.to_string().parse::<LineId>(), Ok(id));
        }

        #[test]
        fn later_ids_are_larger(ms in EPOCH_MS..EPOCH_MS + (1 << 40), a in 0u64..64, b in 0u64..64) {
            let early = IdParts { at_ms: ms, bucket: Bucket::from_low_bits(a), node: 63, sequence: 1023 };
            let late = IdParts { at_ms: ms + 1, bucket: Bucket::from_low_bits(b), node: 0, sequence: 0 };
            prop_assert!(early.pack() < late.pack());
            prop_assert!(LineId::from_raw(early.pack().unwrap()).to_string() < LineId::from_raw(late.pack().unwrap()).to_string());
        }
    }
}
