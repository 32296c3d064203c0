use kernel::{Money, MoneyError, Rate};

/// What a plan line gives to people; the rest is the platform's. Direct and inviter part never exceed the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    direct: Rate,
    inviter: Rate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("direct {direct_ppm} ppm and inviter {inviter_ppm} ppm are more than the whole (1,000,000 ppm)")]
pub struct TermsError {
    pub direct_ppm: i64,
    pub inviter_ppm: i64,
}

impl Terms {
    /// Everything to the platform: a line of nobody.
    pub const NOTHING: Terms = Terms { direct: Rate::ZERO, inviter: Rate::ZERO };

    pub fn try_new(direct: Rate, inviter: Rate) -> Result<Terms, TermsError> {
        if direct.ppm() + inviter.ppm() > Rate::ONE.ppm() {
            return Err(TermsError { direct_ppm: direct.ppm(), inviter_ppm: inviter.ppm() });
        }
        Ok(Terms { direct, inviter })
    }

    pub fn direct(self) -> Rate {
        self.direct
    }

    pub fn inviter(self) -> Rate {
        self.inviter
    }

    pub fn without_inviter(self) -> Terms {
        Terms { inviter: Rate::ZERO, ..self }
    }
}

/// The parts of one amount. `direct + inviter + platform` is the amount, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    pub direct: Money,
    pub inviter: Money,
    pub platform: Money,
}

/// People's parts truncated toward zero, the remainder to the platform. Apply it to the cumulative fee of a line,
/// never to a difference: rounding each difference on its own drifts.
pub fn split(amount: Money, terms: Terms) -> Result<Shares, MoneyError> {
    let direct = terms.direct.part_of(amount);
    let inviter = terms.inviter.part_of(amount);
    let platform = amount.checked_sub(direct)?.checked_sub(inviter)?;
    Ok(Shares { direct, inviter, platform })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(direct: i64, inviter: i64) -> Terms {
        Terms::try_new(Rate::try_from_ppm(direct).unwrap(), Rate::try_from_ppm(inviter).unwrap()).unwrap()
    }

    #[test]
    fn sixty_ten_thirty_of_six_fifty_four() {
        let shares = split(Money::from_fen(654), terms(600_000, 100_000)).unwrap();
        assert_eq!(
            shares,
            Shares { direct: Money::from_fen(392), inviter: Money::from_fen(65), platform: Money::from_fen(197) }
        );
    }

    #[test]
    fn more_than_the_whole_is_refused() {
        let half = Rate::try_from_ppm(500_001).unwrap();
        assert!(Terms::try_new(half, half).is_err());
        assert!(Terms::try_new(Rate::ONE, Rate::ZERO).is_ok());
    }

    proptest! {
        #[test]
        fn parts_add_up_and_nobody_gets_more_than_there_is(
            fen in any::<i64>(), direct in 0i64..=1_000_000, rest in 0i64..=1_000_000,
        ) {
            let terms = terms(direct, rest.min(1_000_000 - direct));
            let shares = split(Money::from_fen(fen), terms).unwrap();
            let sum = i128::from(shares.direct.fen()) + i128::from(shares.inviter.fen()) + i128::from(shares.platform.fen());
            prop_assert_eq!(sum, i128::from(fen));
            for part in [shares.direct, shares.inviter, shares.platform] {
                prop_assert!(part.fen().signum() * fen.signum() >= 0, "a part has the other sign");
                prop_assert!(part.fen().unsigned_abs() <= fen.unsigned_abs());
            }
        }

        #[test]
        fn a_larger_fee_never_pays_less(fen in 0i64..1 << 40, more in 0i64..1 << 40, direct in 0i64..=900_000) {
            let terms = terms(direct, 100_000);
            let small = split(Money::from_fen(fen), terms).unwrap();
            let large = split(Money::from_fen(fen + more), terms).unwrap();
            prop_assert!(large.direct >= small.direct && large.inviter >= small.inviter);
        }
    }
}
