//! The ledger checks itself: nothing here trusts a stored sum.

use super::chain;
use super::model::{LedgerError, RowDigest, digest};
use super::store::{account, facts};
use accounting::Account;
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{Bucket, LineId, Money, TransactionId};
use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;

const PAGE: i64 = 2000;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `unbalanced`, `balance`, `orphan`, `content`, `removed`, `inserted`, `chain`, `target`, `report`, `settled`, `deal`.
    pub rule: &'static str,
    pub subject: String,
    pub detail: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.rule, self.subject, self.detail)
    }
}

/// What was looked at, for the closing line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    pub transactions: u64,
    pub postings: u64,
    pub accounts: u64,
    pub links: u64,
}

/// What a bucket's journal says.
#[derive(Debug, Default)]
pub struct Journal {
    pub findings: Vec<Finding>,
    pub looked: Looked,
    /// What each line has in the books.
    pub posted: HashMap<LineId, BTreeMap<Account, Money>>,
}

impl Journal {
    fn find(&mut self, rule: &'static str, subject: impl ToString, detail: impl Into<String>) {
        self.findings.push(Finding { rule, subject: subject.to_string(), detail: detail.into() });
    }
}

/// Reads one bucket inside a snapshot, once: transactions balance, balances are the sums of their postings, nothing is
/// orphaned, and every transaction is as the chain has it, none more and none less.
pub async fn verify_bucket(tx: &mut Tx, bucket: Bucket) -> Result<Journal, LedgerError> {
    let mut journal = Journal::default();
    let mut chained = chain::read(tx, bucket).await?;
    journal.looked.links = chained.links;
    for n in std::mem::take(&mut chained.broken) {
        let detail = "the link does not follow from the one before";
        journal.find("chain", format!("link {n} of bucket {}", bucket.number()), detail);
    }
    if chained.headless {
        let detail = "its head is not its last link: links were taken off";
        journal.find("chain", format!("the chain of bucket {}", bucket.number()), detail);
    }
    let mut sums: BTreeMap<Account, (Money, i64)> = BTreeMap::new();
    let mut after = i64::MIN;
    loop {
        let page = tx.all(sql!("page_of_bucket"), args![bucket, after, PAGE]).await?;
        let until = page.last().map_or(Ok(i64::MAX), |last| last.int("id"))?;
        let legs = tx.all(sql!("legs_between"), args![bucket, after, until]).await?;
        let mut legs = legs.iter().peekable();
        for row in &page {
            let id: TransactionId = row.id("id")?;
            orphans(&mut legs, id, &mut journal)?;
            let own = take_legs(&mut legs, id)?;
            journal.looked.transactions += 1;
            journal.looked.postings += own.len() as u64;
            verify_transaction(row, id, &own, &mut chained.digests, &mut journal)?;
            let posted = journal.posted.entry(row.id("line_id")?).or_default();
            for (account, amount) in own {
                let sum = sums.entry(account).or_default();
                *sum = (sum.0.checked_add(amount)?, sum.1 + 1);
                let on_line = posted.entry(account).or_default();
                *on_line = on_line.checked_add(amount)?;
            }
        }
        orphans(&mut legs, TransactionId::from_raw(i64::MAX), &mut journal)?;
        if page.is_empty() {
            break;
        }
        after = until;
    }
    let mut removed: Vec<TransactionId> = chained.digests.into_keys().collect();
    removed.sort_unstable();
    for id in removed {
        journal.find("removed", id, "it was booked, says the chain, and is not there");
    }
    verify_balances(tx, bucket, sums, &mut journal).await?;
    for posted in journal.posted.values_mut() {
        posted.retain(|_, amount| !amount.is_zero());
    }
    Ok(journal)
}

/// Postings before the transaction that comes next belong to none.
fn orphans<'a>(
    legs: &mut Peekable<impl Iterator<Item = &'a Row>>,
    next: TransactionId,
    journal: &mut Journal,
) -> Result<(), DbError> {
    let mut last = None;
    while let Some(row) = legs.peek() {
        let of: TransactionId = row.id("transaction_id")?;
        if of >= next {
            break;
        }
        if last != Some(of) {
            journal.find("orphan", of, "postings without their transaction");
        }
        last = Some(of);
        legs.next();
    }
    Ok(())
}

fn take_legs<'a>(
    legs: &mut Peekable<impl Iterator<Item = &'a Row>>,
    id: TransactionId,
) -> Result<Vec<(Account, Money)>, DbError> {
    let mut own = Vec::with_capacity(4);
    while let Some(row) = legs.peek() {
        let of: TransactionId = row.id("transaction_id")?;
        if of != id {
            break;
        }
        own.push((account(row)?, row.money("amount_fen")?));
        legs.next();
    }
    Ok(own)
}

fn verify_transaction(
    row: &Row,
    id: TransactionId,
    legs: &[(Account, Money)],
    chained: &mut HashMap<TransactionId, RowDigest>,
    journal: &mut Journal,
) -> Result<(), LedgerError> {
    if legs.is_empty() {
        journal.find("orphan", id, "a transaction without postings");
    }
    let sum = Money::checked_sum(legs.iter().map(|(_, amount)| *amount))?;
    if !sum.is_zero() {
        journal.find("unbalanced", id, format!("its legs sum to {} fen", sum.fen()));
    }
    let reason = row.text("reason")?;
    let facts = facts(row, &reason)?;
    match chained.remove(&id) {
        None => journal.find("inserted", id, "the chain does not know it: it was not booked by this program"),
        Some(kept) if kept != digest(id, &facts, legs) => {
            journal.find("content", id, "the row or its legs are not those it was booked with");
        }
        Some(_) => {}
    }
    Ok(())
}

async fn verify_balances(
    tx: &mut Tx,
    bucket: Bucket,
    mut sums: BTreeMap<Account, (Money, i64)>,
    journal: &mut Journal,
) -> Result<(), DbError> {
    journal.looked.accounts += sums.len() as u64;
    for row in tx.all(sql!("account_balances"), args![bucket]).await? {
        let account = account(&row)?;
        let has = (row.money("balance_fen")?, row.int("postings")?);
        let must = sums.remove(&account).unwrap_or_default();
        if has != must {
            difference(bucket, account, has, must, journal);
        }
    }
    for (account, must) in sums {
        difference(bucket, account, (Money::ZERO, 0), must, journal);
    }
    Ok(())
}

fn difference(bucket: Bucket, account: Account, has: (Money, i64), must: (Money, i64), journal: &mut Journal) {
    let subject = format!("{} of {} in bucket {}", account.kind.name(), account.owner, bucket.number());
    let (has_fen, must_fen) = (has.0.fen(), must.0.fen());
    let detail = format!("has {has_fen} fen in {} postings, the postings say {must_fen} in {}", has.1, must.1);
    journal.find("balance", subject, detail);
}
