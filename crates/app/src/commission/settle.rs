//! Settling a part of a line: what closing a month does, line by line.

use super::book::book;
use crate::ctx::Ctx;
use crate::ledger::LedgerError;
use crate::orders::{self, LineChange};
use infra::db::{DbError, Tx};
use kernel::{LineId, Money};

/// Adds a statement entry (negative for a clawback) to the settled part S of a line and books the difference. The same
/// entry key again changes nothing, `false` then; with another amount it is refused.
pub async fn settle_line(
    tx: &mut Tx,
    ctx: &Ctx,
    id: LineId,
    entry_key: &str,
    amount: Money,
) -> Result<bool, LedgerError> {
    let before = orders::store::lock(tx, id).await?;
    let before = before.ok_or_else(|| DbError::Shape(format!("there is no order line {id}")))?;
    if !orders::store::add_settled(tx, &before, entry_key, amount, ctx.now()).await? {
        let known = orders::store::settled_entry(tx, &before, entry_key).await?;
        return if known == Some(amount) {
            Ok(false)
        } else {
            Err(LedgerError::EntryConflict { line: id, entry: entry_key.to_owned() })
        };
    }
    let mut after = before.clone();
    after.settled = after.settled.checked_add(amount)?;
    book(tx, ctx, &[LineChange { before: Some(before), after, reason: "settled" }]).await?;
    Ok(true)
}
