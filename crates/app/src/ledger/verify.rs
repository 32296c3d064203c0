//! The ledger checks itself: nothing here trusts a stored sum.

use super::model::content_hash;
use super::store::account;
use accounting::Account;
use infra::args;
use infra::db::{DbError, Tx};
use kernel::{Bucket, Money, TransactionId};
use std::collections::BTreeMap;

const PAGE: i64 = 1000;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `unbalanced`, `balance`, `orphan`, `content`, `target`, `report`, `settled`.
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
}

/// Checks one bucket inside a snapshot: transactions balance, balances are the sums of their postings, nothing is
/// orphaned, and every transaction has the content that its hash names.
pub async fn verify_bucket(tx: &mut Tx, bucket: Bucket) -> Result<(Vec<Finding>, Looked), DbError> {
    let mut findings = Vec::new();
    let mut looked = Looked::default();
    for row in tx.all(sql!("unbalanced"), args![bucket]).await? {
        let id: TransactionId = row.id("transaction_id")?;
        let detail = format!("its legs sum to {} fen", row.int("sum_fen")?);
        findings.push(Finding { rule: "unbalanced", subject: id.to_string(), detail });
    }
    for row in tx.all(sql!("orphan_postings"), args![bucket]).await? {
        let id: TransactionId = row.id("id")?;
        let detail = "a transaction without postings, or postings without their transaction".to_owned();
        findings.push(Finding { rule: "orphan", subject: id.to_string(), detail });
    }
    check_balances(tx, bucket, &mut findings, &mut looked).await?;
    check_contents(tx, bucket, &mut findings, &mut looked).await?;
    Ok((findings, looked))
}

async fn check_balances(
    tx: &mut Tx,
    bucket: Bucket,
    findings: &mut Vec<Finding>,
    looked: &mut Looked,
) -> Result<(), DbError> {
    let mut expected: BTreeMap<Account, (i64, i64)> = BTreeMap::new();
    for row in tx.all(sql!("account_sums"), args![bucket]).await? {
        expected.insert(account(&row)?, (row.int("balance_fen")?, row.int("postings")?));
    }
    looked.accounts += expected.len() as u64;
    for row in tx.all(sql!("account_balances"), args![bucket]).await? {
        let account = account(&row)?;
        let has = (row.int("balance_fen")?, row.int("postings")?);
        let must = expected.remove(&account).unwrap_or_default();
        if has != must {
            findings.push(difference(bucket, account, has, must));
        }
    }
    findings.extend(expected.into_iter().map(|(account, must)| difference(bucket, account, (0, 0), must)));
    Ok(())
}

fn difference(bucket: Bucket, account: Account, has: (i64, i64), must: (i64, i64)) -> Finding {
    Finding {
        rule: "balance",
        subject: format!("{} of {} in bucket {}", account.kind.name(), account.owner, bucket.number()),
        detail: format!("has {} fen in {} postings, the postings say {} in {}", has.0, has.1, must.0, must.1),
    }
}

async fn check_contents(
    tx: &mut Tx,
    bucket: Bucket,
    findings: &mut Vec<Finding>,
    looked: &mut Looked,
) -> Result<(), DbError> {
    let mut after = 0i64;
    loop {
        let page = tx.all(sql!("page_of_bucket"), args![bucket, after, PAGE]).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(()) };
        let (first, last) = (first.int("id")?, last.int("id")?);
        let mut legs: BTreeMap<i64, Vec<(Account, Money)>> = BTreeMap::new();
        for row in tx.all(sql!("legs_between"), args![bucket, first, last]).await? {
            looked.postings += 1;
            legs.entry(row.int("transaction_id")?).or_default().push((account(&row)?, row.money("amount_fen")?));
        }
        for row in &page {
            looked.transactions += 1;
            let id = row.int("id")?;
            if content_hash(legs.remove(&id).unwrap_or_default()) != row.bytes("content_hash")? {
                let subject = TransactionId::from_raw(id).to_string();
                let detail = "its legs are not those it was booked with".to_owned();
                findings.push(Finding { rule: "content", subject, detail });
            }
        }
        after = last;
    }
}
