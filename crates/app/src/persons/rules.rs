//! Names, passwords and tokens: what is well-formed.

use super::model::SessionKind;
use infra::password::{PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS};
use kernel::Bucket;

pub const NAME_MIN: usize = 3;
pub const NAME_MAX: usize = 64;
/// Random characters of a token: 40 of 62 are 238 bits.
const TOKEN_CHARS: usize = 40;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A sign-in name as it is stored: trimmed and lower case. Telephone numbers and mail addresses are fine.
pub fn sign_in_name(text: &str) -> Result<String, String> {
    let name = text.trim().to_lowercase();
    let length = name.chars().count();
    if !(NAME_MIN..=NAME_MAX).contains(&length) {
        return Err(format!("must have {NAME_MIN} to {NAME_MAX} characters"));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-+@".contains(c)) {
        return Err("may have latin letters, digits and . _ - + @ only".to_owned());
    }
    Ok(name)
}

/// Where a name is kept.
pub fn bucket_of_name(name: &str) -> Bucket {
    Bucket::of_key(0, name)
}

pub fn password(text: &str) -> Result<(), String> {
    if text.chars().count() < PASSWORD_MIN_CHARS {
        return Err(format!("must have at least {PASSWORD_MIN_CHARS} characters"));
    }
    if text.len() > PASSWORD_MAX_BYTES {
        return Err(format!("must have at most {PASSWORD_MAX_BYTES} bytes"));
    }
    Ok(())
}

/// A token of its kind for a person of this bucket. `random` are bytes from the generator; each character takes the
/// first of them below 248, so that all 62 are equally likely.
pub fn token(kind: SessionKind, bucket: Bucket, random: impl Iterator<Item = u8>) -> String {
    let characters = random.filter(|b| *b < 248).take(TOKEN_CHARS).map(|b| char::from(BASE62[usize::from(b) % 62]));
    format!("{}_{:02}{}", kind.prefix(), bucket.number(), characters.collect::<String>())
}

/// A password that is shown once: 16 characters without look-alikes, 79 bits.
pub fn one_time_password(random: impl Iterator<Item = u8>) -> String {
    let alphabet = kernel::INVITE_ALPHABET;
    // 248 is a multiple of 31.
    random.filter(|b| *b < 248).take(16).map(|b| char::from(alphabet[usize::from(b) % 31])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_latin_and_digits() {
        assert_eq!(sign_in_name(" Anna.Li@Shop-1 ").as_deref(), Ok("anna.li@shop-1"));
        assert_eq!(sign_in_name("+8613800138000").as_deref(), Ok("+8613800138000"));
        for bad in ["", "ab", "有名字吗", "a b c", "a\u{0}bcd", &"x".repeat(65)] {
            assert!(sign_in_name(bad).is_err(), "{bad}");
        }
        // U+212A KELVIN SIGN lower-cases to a latin k: still one name, not two.
        assert_eq!(sign_in_name("mar\u{212a}").as_deref(), Ok("mark"));
    }

    #[test]
    fn tokens_say_their_bucket_and_are_long() {
        let text = token(SessionKind::Browser, Bucket::from_low_bits(7), (0u8..=255).cycle());
        assert!(text.starts_with("dgs_07"));
        assert_eq!(text.len(), 46);
        assert_eq!(token(SessionKind::Api, Bucket::ZERO, std::iter::repeat(0)), format!("dgt_00{}", "0".repeat(40)));
    }

    #[test]
    fn passwords_have_a_least_and_a_greatest_length() {
        assert!(password("123456789").is_err());
        assert!(password("十个字的密码也可以用").is_ok());
        assert!(password(&"x".repeat(201)).is_err());
        assert!(password(&one_time_password((0u8..=255).cycle())).is_ok());
    }
}
