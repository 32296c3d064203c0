//! Statements of this slice.

use crate::ledger::LedgerError;
use crate::orders::{Line, LineChange};
use infra::args;
use infra::db::{Col, DbError, Tx};
use kernel::{Bucket, Instant, Money, PromoterId};
use std::collections::BTreeMap;

const QUARTER_SECONDS: i64 = 900;

fn quarter(at: Instant) -> i64 {
    at.seconds().div_euclid(QUARTER_SECONDS)
}

/// Shares by role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    pub direct: Money,
    pub inviter: Money,
}

/// What a promoter earned by orders placed in `[from, to)`, whole quarters of an hour: shares of the fees of record, held
/// ones included.
pub async fn earned(tx: &mut Tx, promoter: PromoterId, from: Instant, to: Instant) -> Result<Earned, DbError> {
    let row = tx.one(sql!("earned"), args![promoter, quarter(from), quarter(to)]).await?;
    let Some(row) = row else { return Ok(Earned::default()) };
    Ok(Earned { direct: row.money("direct_fen")?, inviter: row.money("inviter_fen")? })
}

/// Moves what everybody earned by these changes, in key order: two batches wait, never block each other.
pub(super) async fn move_earned(tx: &mut Tx, changes: &[LineChange]) -> Result<(), LedgerError> {
    let mut moved: BTreeMap<(Bucket, PromoterId, i64), Earned> = BTreeMap::new();
    for change in changes {
        if let Some(before) = &change.before {
            add(&mut moved, before, Money::checked_sub)?;
        }
        add(&mut moved, &change.after, Money::checked_add)?;
    }
    moved.retain(|_, earned| *earned != Earned::default());
    let rows = moved
        .iter()
        .map(|((bucket, promoter, quarter), e)| args![*bucket, *promoter, *quarter, e.direct, e.inviter])
        .collect();
    tx.bulk(
        "INSERT INTO earning (bucket, promoter_id, quarter, direct_fen, inviter_fen)",
        &[Col::Int; 5],
        rows,
        "ON CONFLICT (bucket, promoter_id, quarter) DO UPDATE SET direct_fen = earning.direct_fen + excluded.direct_fen, \
         inviter_fen = earning.inviter_fen + excluded.inviter_fen",
    )
    .await?;
    Ok(())
}

type Sum = fn(Money, Money) -> Result<Money, kernel::MoneyError>;

fn add(moved: &mut BTreeMap<(Bucket, PromoterId, i64), Earned>, line: &Line, sum: Sum) -> Result<(), LedgerError> {
    let shares = line.shares()?;
    let at = quarter(line.ordered_at);
    if let Some(promoter) = line.promoter {
        let earned = moved.entry((line.bucket, promoter, at)).or_default();
        earned.direct = sum(earned.direct, shares.direct)?;
    }
    if let Some(inviter) = line.inviter {
        let earned = moved.entry((line.bucket, inviter, at)).or_default();
        earned.inviter = sum(earned.inviter, shares.inviter)?;
    }
    Ok(())
}
