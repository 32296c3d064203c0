use crate::ctx::Ctx;
use crate::ledger::{self, Entry, LedgerError};
use crate::orders::{Line, LineChange};
use accounting::{Transaction, difference, target};
use infra::db::{DbError, Tx};
use infra::outbox::{self, Fact};
use kernel::{Bucket, CommunityId, Money, ProgramId, PromoterId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Topic of the fact below; consumed by reports.
pub const ORDER_CHANGED: &str = "order.changed";

/// Changes in one fact at the most.
const FACTS_MAX: usize = 50;

/// A fact is a list of these: a line changed what counts in reports: amounts before and after, in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderChanged {
    /// Raw program id; 0: unassigned.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub program: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ordered_us: i64,
    /// Counted lines: +1, 0 or −1.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lines: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sale_fen: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_fen: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub direct_fen: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub inviter_fen: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub platform_fen: i64,
    /// Confirmed lines: +1, 0 or −1.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub confirmed: i64,
    /// Raw ids; 0: nobody, none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub promoter: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub community: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub account: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub item_key: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's shape
fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// Brings the books of these lines to their targets, inside the transaction that changed them. How many transactions were
/// booked. Lines are distinct and their rows locked.
pub async fn book(tx: &mut Tx, ctx: &Ctx, changes: &[LineChange]) -> Result<usize, LedgerError> {
    // Nothing can stand in the books of a line that was not there.
    let known = changes.iter().filter(|change| change.before.is_some()).map(|change| change.after.id);
    let mut all_posted = ledger::store::posted(tx, known.collect()).await?;
    let mut entries = Vec::new();
    let mut facts: BTreeMap<Bucket, Vec<OrderChanged>> = BTreeMap::new();
    for change in changes {
        let line = &change.after;
        let posted = all_posted.remove(&line.id).unwrap_or_default();
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
        changed(change, &mut facts)?;
    }
    let booked = ledger::store::post(tx, &ctx.ids, ctx.now(), &entries).await?;
    super::store::move_earned(tx, changes).await?;
    outbox::say(tx, &ctx.ids, ctx.now(), said(facts)?).await?;
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
fn changed(change: &LineChange, facts: &mut BTreeMap<Bucket, Vec<OrderChanged>>) -> Result<(), LedgerError> {
    let after = &change.after;
    let new = counted(Some(after))?;
    let old = counted(change.before.as_ref())?;
    let place = |line: &Line| (line.program, line.ordered_at, line.promoter, line.community);
    let of_bucket = facts.entry(after.bucket).or_default();
    match &change.before {
        Some(before) if place(before) != place(after) => {
            of_bucket.extend(fact(before, counted(None)?, old)?);
            of_bucket.extend(fact(after, new, counted(None)?)?);
        }
        _ => of_bucket.extend(fact(after, new, old)?),
    }
    Ok(())
}

/// Facts of one bucket travel together, [`FACTS_MAX`] in one row of the outbox.
fn said(facts: BTreeMap<Bucket, Vec<OrderChanged>>) -> Result<Vec<Fact>, LedgerError> {
    let mut said = Vec::new();
    for (bucket, list) in facts {
        for part in list.chunks(FACTS_MAX) {
            let payload = serde_json::to_string(part).map_err(|e| DbError::Shape(e.to_string()))?;
            said.push(Fact { bucket, topic: ORDER_CHANGED, payload });
        }
    }
    Ok(said)
}

fn fact(line: &Line, new: Counted, old: Counted) -> Result<Option<OrderChanged>, LedgerError> {
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
    Ok((!nothing).then_some(delta))
}
