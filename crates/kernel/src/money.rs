use std::fmt;

/// An amount in fen (1/100 yuan), signed. There is no `+`: sums are checked, so an overflow is an error and never
/// another amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("the amount does not fit into 64 bits of fen")]
    Overflow,
    #[error("`{0}` is not a decimal amount of yuan")]
    NotAnAmount(String),
}

impl Money {
    pub const ZERO: Money = Money(0);

    pub const fn from_fen(fen: i64) -> Money {
        Money(fen)
    }

    pub const fn fen(self) -> i64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.0.checked_add(other.0).map(Money).ok_or(MoneyError::Overflow)
    }

    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.0.checked_sub(other.0).map(Money).ok_or(MoneyError::Overflow)
    }

    pub fn checked_neg(self) -> Result<Money, MoneyError> {
        self.0.checked_neg().map(Money).ok_or(MoneyError::Overflow)
    }

    pub fn checked_sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
        amounts.into_iter().try_fold(Money::ZERO, Money::checked_add)
    }

    /// Decimal text of yuan, as unions write it (`6.54`, `-3.9`, `1e2`, ` 12 `), to fen, half away from zero at the
    /// third decimal place. The text is read digit by digit; no floating-point number is involved.
    pub fn from_yuan_text(text: &str) -> Result<Money, MoneyError> {
        decimal(text, 2)
            .and_then(|fen| i64::try_from(fen).ok())
            .map(Money)
            .ok_or_else(|| MoneyError::NotAnAmount(shortened(text)))
    }

    /// `-1234` → `-12.34`: yuan with two places, no grouping; the form of exports and of JSON views.
    pub fn yuan(self) -> String {
        let fen = self.0.unsigned_abs();
        format!("{}{}.{:02}", if self.0 < 0 { "-" } else { "" }, fen / 100, fen % 100)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.yuan())
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Reads decimal text and multiplies it by ten to the power of `places`, half away from zero. `None` if the text is no
/// finite decimal or the result is too large for 18 digits. Exponents are accepted because JSON numbers may carry them.
pub(crate) fn decimal(text: &str, places: i32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], digits[at + 1..].parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if mantissa.len() > 40 || !(-40..=40).contains(&exponent) {
        return None;
    }
    // `point` = how many of the digits stand before the decimal point after scaling.
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if !all.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let point = i32::try_from(whole.len()).ok()? + exponent + places;
    let mut value: i128 = 0;
    for at in 0..point {
        let digit = usize::try_from(at).ok().and_then(|at| all.get(at)).map_or(0, |d| d - b'0');
        value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
        if value > 999_999_999_999_999_999 {
            return None;
        }
    }
    let next = usize::try_from(point).ok().and_then(|at| all.get(at));
    if next.is_some_and(|d| *d >= b'5') {
        value += 1;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn yuan_text_becomes_fen_half_up() {
        for (text, fen) in [
            ("6.54", 654),
            ("6.545", 655),
            ("6.5449", 654),
            ("-3.9", -390),
            ("-0.005", -1),
            ("0", 0),
            (".5", 50),
            ("5.", 500),
            ("1e2", 10_000),
            ("1.5E-2", 2),
            ("+7", 700),
            (" 12 ", 1200),
            ("0.29", 29), // 0.29 × 100 is 28.999… as a double
            ("0.0049999999999999999999", 0),
        ] {
            assert_eq!(Money::from_yuan_text(text), Ok(Money(fen)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in
            ["", "-", ".", "--", "1,5", "NaN", "inf", "1e99", "12元", "0x10", "99999999999999999999", "1e", "1.2.3"]
        {
            assert!(Money::from_yuan_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sums_refuse_to_wrap() {
        assert_eq!(Money(i64::MAX).checked_add(Money(1)), Err(MoneyError::Overflow));
        assert_eq!(Money(i64::MIN).checked_neg(), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn text_and_fen_round_trip(fen in -99_999_999_999_999_999i64..99_999_999_999_999_999) {
            prop_assert_eq!(Money::from_yuan_text(&Money(fen).yuan()), Ok(Money(fen)));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,30}") {
            let _ = Money::from_yuan_text(&text);
        }
    }
}
