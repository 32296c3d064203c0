//! The lives an order can have, by name.

use super::super::draw::Draw;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What becomes of an order. Words in JSON are in snake_case; a violation carries its code: `violation:27`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Life {
    /// One of the others, drawn from the seed and the order number with realistic shares.
    #[default]
    Usual,
    /// 15 for good.
    Unpaid,
    /// 16 for good.
    Paid,
    /// Presale: 24, then 16 with the rest of the price, then 17.
    Deposit,
    /// 16, 17.
    Finished,
    /// 16, some of it in after-sale, 16 with a lower estimate, 17 with that.
    PartialReturnBeforeFinish,
    /// 16, all of it in after-sale, 16 with nothing, 17 with nothing.
    FullReturnBeforeFinish,
    /// 16, 17, some of it in after-sale, 17 with a lower actual fee, all before the settlement day.
    PartialReturnAfterFinish,
    /// 16, 17, all of it in after-sale, 17 with nothing, all before the settlement day.
    FullReturnAfterFinish,
    /// 16, 2; then the children 16, 17.
    SplitParentFirst,
    /// 16; the children 16, 17; the order itself becomes 2 some minutes after they appear.
    SplitChildrenFirst,
    /// 16, 3.
    Cancelled,
    /// 16, this code.
    Violation(i64),
    /// 16, 99: a code that no table has.
    UnknownCode99,
    /// 16, 17; after the settlement day 17 with a lower actual fee, the rest as a negative entry of `balanceExt`.
    RefundAfterSettlement,
    /// 16, 17; weeks later 17 with another actual fee, although nothing was returned.
    LateCorrection,
}

/// Not a life's word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a life of an order")]
pub struct LifeError(String);

/// All lives that are a word and nothing more.
const WORDS: [(Life, &str); 15] = [
    (Life::Usual, "usual"),
    (Life::Unpaid, "unpaid"),
    (Life::Paid, "paid"),
    (Life::Deposit, "deposit"),
    (Life::Finished, "finished"),
    (Life::PartialReturnBeforeFinish, "partial_return_before_finish"),
    (Life::FullReturnBeforeFinish, "full_return_before_finish"),
    (Life::PartialReturnAfterFinish, "partial_return_after_finish"),
    (Life::FullReturnAfterFinish, "full_return_after_finish"),
    (Life::SplitParentFirst, "split_parent_first"),
    (Life::SplitChildrenFirst, "split_children_first"),
    (Life::Cancelled, "cancelled"),
    (Life::UnknownCode99, "unknown_code99"),
    (Life::RefundAfterSettlement, "refund_after_settlement"),
    (Life::LateCorrection, "late_correction"),
];

/// Of a thousand usual orders.
const SHARES: [(u16, Life); 14] = [
    (720, Life::Finished),
    (45, Life::Unpaid),
    (50, Life::Cancelled),
    (25, Life::Deposit),
    (20, Life::PartialReturnBeforeFinish),
    (40, Life::FullReturnBeforeFinish),
    (15, Life::PartialReturnAfterFinish),
    (20, Life::FullReturnAfterFinish),
    (20, Life::SplitParentFirst),
    (10, Life::SplitChildrenFirst),
    (10, Life::RefundAfterSettlement),
    (10, Life::LateCorrection),
    (8, Life::Violation(30)),
    (7, Life::Violation(27)),
];

impl Life {
    /// The life that a usual order has; any other is itself.
    pub(super) fn drawn(self, draw: &mut Draw) -> Life {
        if self != Life::Usual {
            return self;
        }
        let mut left = draw.between(0, SHARES.iter().map(|(share, _)| i64::from(*share)).sum::<i64>() - 1);
        for (share, life) in SHARES {
            left -= i64::from(share);
            if left < 0 {
                return life;
            }
        }
        Life::Finished
    }
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Life::Violation(code) => write!(f, "violation:{code}"),
            life => f.write_str(WORDS.iter().find(|(l, _)| l == life).map_or("", |(_, word)| *word)),
        }
    }
}

impl FromStr for Life {
    type Err = LifeError;

    fn from_str(text: &str) -> Result<Life, LifeError> {
        let word = WORDS.iter().find(|(_, word)| *word == text).map(|(life, _)| *life);
        let code = || text.strip_prefix("violation:")?.parse().ok().map(Life::Violation);
        word.or_else(code).ok_or_else(|| LifeError(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Life {
    type Error = LifeError;

    fn try_from(text: String) -> Result<Life, LifeError> {
        text.parse()
    }
}

impl From<Life> for String {
    fn from(life: Life) -> String {
        life.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_went() {
        for (life, word) in WORDS {
            assert_eq!((life.to_string().as_str(), word.parse()), (word, Ok(life)));
        }
        assert_eq!("violation:-1".parse(), Ok(Life::Violation(-1)));
        assert_eq!(Life::Violation(15).to_string(), "violation:15");
        for bad in ["", "Paid", "violation", "violation:", "violation:x", "violation:1 "] {
            assert!(bad.parse::<Life>().is_err(), "{bad}");
        }
    }

    #[test]
    fn usual_orders_are_drawn_with_their_shares() {
        assert_eq!(SHARES.iter().map(|(share, _)| share).sum::<u16>(), 1000);
        let drawn: Vec<Life> = (0..4000).map(|n| Life::Usual.drawn(&mut Draw::new(1, "life", n))).collect();
        let share = |life| drawn.iter().filter(|l| **l == life).count();
        assert!((2700..3060).contains(&share(Life::Finished)), "{}", share(Life::Finished));
        assert!((130..240).contains(&share(Life::Unpaid)), "{}", share(Life::Unpaid));
        assert!(SHARES.iter().all(|(_, life)| share(*life) > 0));
        assert_eq!(share(Life::Usual) + share(Life::Paid) + share(Life::UnknownCode99), 0);
    }
}
