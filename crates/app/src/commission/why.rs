//! Why is this order mine (or nobody's), and why this amount: the whole answer, from what is stored.

use crate::ledger::{self, store::Booked};
use crate::orders::{self, Line};
use accounting::{Shares, split};
use infra::db::{DbError, Tx};
use kernel::{Instant, LineId, Money};

#[derive(Clone, Debug)]
pub struct Why {
    pub line: Line,
    /// F, and its parts under the frozen deal.
    pub fee: Money,
    pub shares: Shares,
    /// S, and its parts.
    pub settled_shares: Shares,
    pub transactions: Vec<Booked>,
    /// When each accepted report was made by the union and fetched by us, newest first.
    pub reports: Vec<(Instant, Instant)>,
}

pub async fn why(tx: &mut Tx, id: LineId) -> Result<Option<Why>, DbError> {
    let Some(line) = orders::store::find(tx, id).await? else { return Ok(None) };
    let overflow = |e: kernel::MoneyError| DbError::Shape(format!("line {id}: {e}"));
    let fee = line.fee();
    let shares = line.shares().map_err(overflow)?;
    let settled_shares = split(line.settled, line.deal().terms()).map_err(overflow)?;
    let transactions = ledger::store::of_line(tx, line.bucket, id).await?;
    let reports = orders::store::raws(tx, id).await?.into_iter().map(|(m, f, _)| (m, f)).collect();
    Ok(Some(Why { line, fee, shares, settled_shares, transactions, reports }))
}
