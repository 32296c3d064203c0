use crate::ctx::Ctx;
use crate::ledger::{self, Entry, LedgerError, Posted};
use crate::orders::{Line, LineChange};
use accounting::{Transaction, difference, target};
use infra::db::{DbError, Tx};
use infra::outbox::{self, Fact};
use kernel::{CommunityId, Money, ProgramId, PromoterId};
use serde::{Deserialize, Serialize};

/// Topic of the fact below; consumed by reports.
pub const ORDER_CHANGED: &str = "order.changed";

/// A line changed what counts in reports: amounts before and after, in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderChanged {
    /// Raw program id; 0: unassigned.
    pub program: i64,
    pub ordered_us: i64,
    /// Counted lines: +1, 0 or −1.
    pub lines: i64,
    pub sale_fen: i64,
    pub fee_fen: i64,
    pub direct_fen: i64,
    pub inviter_fen: i64,
    pub platform_fen: i64,
    /// Confirmed lines: +1, 0 or −1.
    #[serde(default)]
    pub confirmed: i64,
    /// Raw ids; 0: nobody, none.
    #[serde(default)]
    pub promoter: i64,
    #[serde(default)]
    pub community: i64,
    #[serde(default)]
    pub account: i64,
    #[serde(default)]
    pub item_key: String,
    #[serde(default)]
    pub title: String,
}

/// Brings the books of these lines to their targets, inside the transaction that changed them. How many transactions were
/// booked. Lines are distinct and their rows locked.
pub async fn book(tx: &mut Tx, ctx: &Ctx, changes: &[LineChange]) -> Result<usize, LedgerError> {
    let mut entries = Vec::new();
    let mut facts = Vec::new();
    for change in changes {
        let line = &change.after;
        let posted = match change.before {
            // Nothing can stand in the books of a line that was not there.
            None => Posted::default(),
            Some(_) => ledger::store::posted(tx, line.bucket, line.id).await?,
        };
        let legs = difference(&target(&line.books())?, &posted.balances)?;
        let transaction = Transaction::try_new(legs).map_err(|e| DbError::Shape(format!("line {}: {e}", line.id)))?;
        if let Some(transaction) = transaction {
            entries.push(Entry {
                bucket: line.bucket,
                line: line.id,
                n: posted.last_n + 1,
                program: line.program,
                event_at: line.version.modified_at,
                reason: reason(change),
                transaction,
            });
        }
        facts.extend(changed(change)?);
    }
    let booked = ledger::store::post(tx, &ctx.ids, ctx.now(), &entries).await?;
    super::store::move_earned(tx, changes).await?;
    outbox::say(tx, &ctx.ids, ctx.now(), facts).await?;
    ctx.metrics.ledger_transactions.inc_by(booked as u64);
    Ok(booked)
}

/// What the books say a transaction is for.
fn reason(change: &LineChange) -> &'static str {
    match (change.reason, change.after.state) {
        ("reported", kernel::LineState::Pending) => "order paid",
        ("reported", kernel::LineState::Confirmed) => "order confirmed or corrected",
        ("reported", kernel::LineState::Superseded) => "order split by the union",
        ("reported", kernel::LineState::Invalid) => "order invalid",
        ("reported", kernel::LineState::Unknown) => "order in an unknown state",
        ("reported", kernel::LineState::Expected) => "order not paid",
        (reason, _) => reason,
    }
}

/// What one version of a line counts for.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    lines: i64,
    confirmed: i64,
    sale: Money,
    fee: Money,
    direct: Money,
    inviter: Money,
    platform: Money,
}

/// Nothing where there was no line.
fn counted(line: Option<&Line>) -> Result<Counted, LedgerError> {
    let Some(line) = line else { return Ok(Counted::default()) };
    let fee = line.fee();
    let shares = line.shares()?;
    let confirmed = line.state == kernel::LineState::Confirmed;
    Ok(Counted {
        lines: i64::from(confirmed || line.state == kernel::LineState::Pending),
        confirmed: i64::from(confirmed),
        sale: line.sale(),
        fee,
        direct: shares.direct,
        inviter: shares.inviter,
        platform: shares.platform,
    })
}

/// One fact, or two where the line moved: to another program, promoter, community or time.
fn changed(change: &LineChange) -> Result<Vec<Fact>, LedgerError> {
    let after = &change.after;
    let new = counted(Some(after))?;
    let old = counted(change.before.as_ref())?;
    let place = |line: &Line| (line.program, line.ordered_at, line.promoter, line.community);
    let mut facts = Vec::new();
    match &change.before {
        Some(before) if place(before) != place(after) => {
            facts.extend(fact(before, counted(None)?, old)?);
            facts.extend(fact(after, new, counted(None)?)?);
        }
        _ => facts.extend(fact(after, new, old)?),
    }
    Ok(facts)
}

fn fact(line: &Line, new: Counted, old: Counted) -> Result<Option<Fact>, LedgerError> {
    let delta = OrderChanged {
        program: line.program.map_or(0, ProgramId::raw),
        ordered_us: line.ordered_at.micros(),
        lines: new.lines - old.lines,
        sale_fen: new.sale.checked_sub(old.sale)?.fen(),
        fee_fen: new.fee.checked_sub(old.fee)?.fen(),
        direct_fen: new.direct.checked_sub(old.direct)?.fen(),
        inviter_fen: new.inviter.checked_sub(old.inviter)?.fen(),
        platform_fen: new.platform.checked_sub(old.platform)?.fen(),
        confirmed: new.confirmed - old.confirmed,
        promoter: line.promoter.map_or(0, PromoterId::raw),
        community: line.community.map_or(0, CommunityId::raw),
        account: line.union_account.raw(),
        item_key: line.item_key.clone(),
        title: line.title.clone(),
    };
    let nothing = delta.lines == 0
        && delta.confirmed == 0
        && [delta.sale_fen, delta.fee_fen, delta.direct_fen, delta.inviter_fen, delta.platform_fen]
            .iter()
            .all(|f| *f == 0);
    if nothing {
        return Ok(None);
    }
    let payload = serde_json::to_string(&delta).map_err(|e| DbError::Shape(e.to_string()))?;
    Ok(Some(Fact { bucket: line.bucket, topic: ORDER_CHANGED, payload }))
}
