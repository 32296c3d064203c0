//! Share codes and invite codes.
//!
//! A **share code** is 20 base62 characters holding 118 bits, most significant first: version 2 | bucket 6 |
//! promoter number 22 | community ordinal 10 | product number 36 | key id 2 | keyed check 40. It is the whole link:
//! nothing is stored for it, and it is the tracking token the union sends back with the order. The check is the first
//! 40 bits of HMAC-SHA256 over the 78 bits before it, so that a guessed code is refused without a look at the database.
//!
//! An **invite code** is 8 characters of an alphabet of 31 without look-alikes; its value mod 64 is its bucket.

use crate::Bucket;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;

/// Community ordinal of the *buy for myself* link; 0 means no community, real communities start at 2.
pub const SELF_COMMUNITY: u16 = 1;

const VERSION: u128 = 0;
const LEN: usize = 20;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits 2 to 9 and letters without I, L and O.
pub const INVITE_ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const INVITE_LEN: usize = 8;

/// What a share code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShareCode {
    pub bucket: Bucket,
    /// Dense number of the promoter within its bucket, below 2²².
    pub promoter: u32,
    /// 0 none, 1 *buy for myself*, else the community's ordinal with this promoter, below 2¹⁰.
    pub community: u16,
    /// Number of the product, below 2³⁶.
    pub product: u64,
}

/// The text is not a code that this installation ever issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code that was issued here")]
pub struct Forged;

/// One secret that signs codes. `id` is 0 to 3 and is part of the code, so old keys verify for ever. Where there have
/// been more than four, several share an id and each is tried.
#[derive(Clone)]
pub struct CodeKey {
    pub id: u8,
    pub secret: [u8; 32],
}

/// The key that signs, and all that verify.
#[derive(Clone)]
pub struct CodeKeys {
    signing: CodeKey,
    older: Vec<CodeKey>,
}

impl fmt::Debug for CodeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKeys(..)")
    }
}

impl CodeKeys {
    pub fn new(signing: CodeKey, older: Vec<CodeKey>) -> CodeKeys {
        CodeKeys { signing, older }
    }

    fn with_id(&self, id: u8) -> impl Iterator<Item = &CodeKey> {
        std::iter::once(&self.signing).chain(&self.older).filter(move |k| k.id == id)
    }
}

impl ShareCode {
    /// `None` where a part is too wide for the code.
    pub fn text(self, keys: &CodeKeys) -> Option<String> {
        if self.promoter >= 1 << 22 || self.community >= 1 << 10 || self.product >= 1 << 36 || keys.signing.id > 3 {
            return None;
        }
        let mut head = VERSION;
        head = head << 6 | self.bucket.number() as u128;
        head = head << 22 | u128::from(self.promoter);
        head = head << 10 | u128::from(self.community);
        head = head << 36 | u128::from(self.product);
        head = head << 2 | u128::from(keys.signing.id);
        let mut value = head << 40 | u128::from(check(head, &keys.signing));
        let mut text = [b'0'; LEN];
        for slot in text.iter_mut().rev() {
            *slot = BASE62[(value % 62) as usize];
            value /= 62;
        }
        String::from_utf8(text.to_vec()).ok()
    }

    pub fn parse(text: &str, keys: &CodeKeys) -> Result<ShareCode, Forged> {
        if text.len() != LEN {
            return Err(Forged);
        }
        let mut value: u128 = 0;
        for byte in text.bytes() {
            let digit = BASE62.iter().position(|c| *c == byte).ok_or(Forged)?;
            value = value.checked_mul(62).and_then(|v| v.checked_add(digit as u128)).ok_or(Forged)?;
        }
        if value >> 118 != 0 || value >> 116 != VERSION {
            return Err(Forged);
        }
        let head = value >> 40;
        let said = (value & ((1 << 40) - 1)) as u64;
        if !keys.with_id((head & 3) as u8).any(|key| check(head, key) == said) {
            return Err(Forged);
        }
        Ok(ShareCode {
            product: (head >> 2 & ((1 << 36) - 1)) as u64,
            community: (head >> 38 & 1023) as u16,
            promoter: (head >> 48 & ((1 << 22) - 1)) as u32,
            bucket: Bucket::from_low_bits((head >> 70) as u64),
        })
    }

    pub fn is_self_purchase(self) -> bool {
        self.community == SELF_COMMUNITY
    }
}

fn check(head: u128, key: &CodeKey) -> u64 {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key.secret) else { return 0 };
    mac.update(&head.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    digest.iter().take(5).fold(0, |n, byte| n << 8 | u64::from(*byte))
}

/// A well-formed invite code; whether it exists is the database's to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InviteCode(String);

impl InviteCode {
    /// A code from eight random digits of base 31 (0 to 30 each). Draw again until [`InviteCode::bucket`] is the one
    /// wanted.
    pub fn from_digits(digits: [u8; INVITE_LEN]) -> InviteCode {
        InviteCode(digits.iter().map(|d| char::from(INVITE_ALPHABET[usize::from(*d) % 31])).collect())
    }

    pub fn bucket(&self) -> Bucket {
        let value = self
            .0
            .bytes()
            .fold(0u64, |n, byte| n * 31 + INVITE_ALPHABET.iter().position(|c| *c == byte).unwrap_or_default() as u64);
        Bucket::from_low_bits(value)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InviteCode {
    type Err = Forged;
    /// Accepts lower case, spaces and hyphens, as people type.
    fn from_str(text: &str) -> Result<InviteCode, Forged> {
        let text: String =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        if text.len() == INVITE_LEN && text.bytes().all(|b| INVITE_ALPHABET.contains(&b)) {
            Ok(InviteCode(text))
        } else {
            Err(Forged)
        }
    }
}

impl fmt::Display for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> CodeKeys {
        CodeKeys::new(CodeKey { id: 1, secret: [7; 32] }, vec![CodeKey { id: 0, secret: [3; 32] }])
    }

    #[test]
    fn the_layout_never_changes() {
        let code = ShareCode { bucket: Bucket::from_low_bits(5), promoter: 1, community: 2, product: 3 };
        assert_eq!(code.text(&keys()).as_deref(), Some(LAYOUT));
    }
    const LAYOUT: &str = "0ZPtFvzfdjK2SkxL4i4M";

    #[test]
    fn codes_of_an_older_key_still_verify_and_of_a_foreign_key_do_not() {
        let code = ShareCode { bucket: Bucket::ZERO, promoter: 9, community: 0, product: 77 };
        let old = code.text(&CodeKeys::new(CodeKey { id: 0, secret: [3; 32] }, vec![])).unwrap();
        assert_eq!(ShareCode::parse(&old, &keys()), Ok(code));
        let foreign = code.text(&CodeKeys::new(CodeKey { id: 0, secret: [4; 32] }, vec![])).unwrap();
        assert_eq!(ShareCode::parse(&foreign, &keys()), Err(Forged));
    }

    #[test]
    fn invite_codes_read_as_people_type_them() {
        let code = InviteCode::from_digits([0, 1, 2, 3, 4, 5, 6, 30]);
        assert_eq!(" 2345-678z ".parse::<InviteCode>().unwrap(), code);
        for bad in ["", "2345678", "23456780", "2345678I", "２３４５６７８９"] {
            assert!(bad.parse::<InviteCode>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_code_says_what_it_was_made_of(bucket in 0u64..64, promoter in 0u32..1 << 22, community in 0u16..1 << 10, product in 0u64..1 << 36) {
            let code = ShareCode { bucket: Bucket::from_low_bits(bucket), promoter, community, product };
            let text = code.text(&keys()).unwrap();
            prop_assert_eq!(text.len(), 20);
            prop_assert_eq!(ShareCode::parse(&text, &keys()), Ok(code));
        }

        #[test]
        fn one_changed_character_is_refused(promoter in 0u32..1 << 22, at in 0usize..20, to in 0usize..62) {
            let code = ShareCode { bucket: Bucket::ZERO, promoter, community: 0, product: 1 };
            let text = code.text(&keys()).unwrap();
            let mut changed = text.clone().into_bytes();
            changed[at] = BASE62[to];
            let changed = String::from_utf8(changed).unwrap();
            if changed != text {
                prop_assert_eq!(ShareCode::parse(&changed, &keys()), Err(Forged));
            }
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,25}") {
            let _ = ShareCode::parse(&text, &keys());
            let _ = text.parse::<InviteCode>();
        }
    }
}
