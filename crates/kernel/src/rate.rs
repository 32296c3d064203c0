use crate::money::{Money, decimal};
use std::fmt;

/// A share or rate in parts per million, 0 to 1,000,000 (percent × 10,000, per mille × 1,000, basis points × 100).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u32);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    #[error("{0} ppm is not between 0 and 1,000,000")]
    OutOfRange(i64),
    #[error("`{0}` is not a percentage between 0 and 100")]
    NotAPercentage(String),
}

impl Rate {
    pub const ZERO: Rate = Rate(0);
    pub const ONE: Rate = Rate(1_000_000);

    pub fn try_from_ppm(ppm: i64) -> Result<Rate, RateError> {
        u32::try_from(ppm).ok().filter(|p| *p <= 1_000_000).map(Rate).ok_or(RateError::OutOfRange(ppm))
    }

    pub const fn ppm(self) -> i64 {
        self.0 as i64
    }

    /// Percent as decimal text (`1.8` → 18,000 ppm), half up at the fifth decimal place.
    pub fn from_percent_text(text: &str) -> Result<Rate, RateError> {
        decimal(text, 4)
            .and_then(|ppm| i64::try_from(ppm).ok())
            .and_then(|ppm| Rate::try_from_ppm(ppm).ok())
            .ok_or_else(|| RateError::NotAPercentage(text.chars().take(40).collect()))
    }

    /// This part of an amount, truncated toward zero; the product is taken in 128 bits.
    /// The result is never larger in size than the amount, so it always fits.
    pub fn part_of(self, amount: Money) -> Money {
        let part = i128::from(amount.fen()) * i128::from(self.0) / 1_000_000;
        Money::from_fen(i64::try_from(part).unwrap_or(amount.fen()))
    }

    /// `18000` → `1.8`: percent without trailing zeros.
    pub fn percent(self) -> String {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_text_becomes_ppm() {
        for (text, ppm) in [("1.8", 18_000), ("0.05", 500), ("100", 1_000_000), ("90.0", 900_000), ("0.00005", 1)] {
            assert_eq!(Rate::from_percent_text(text), Ok(Rate(ppm)), "{text}");
        }
        for text in ["-1", "100.1", "", "x"] {
            assert!(Rate::from_percent_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_are_cut_toward_zero_on_both_sides() {
        let rate = Rate(600_000);
        assert_eq!(rate.part_of(Money::from_fen(654)), Money::from_fen(392));
        assert_eq!(rate.part_of(Money::from_fen(-654)), Money::from_fen(-392));
        assert_eq!(Rate::ONE.part_of(Money::from_fen(i64::MIN)), Money::from_fen(i64::MIN));
    }

    #[test]
    fn percent_reads_as_people_write_it() {
        assert_eq!(Rate(18_000).percent(), "1.8");
        assert_eq!(Rate(600_000).percent(), "60");
        assert_eq!(Rate(0).percent(), "0");
    }
}
