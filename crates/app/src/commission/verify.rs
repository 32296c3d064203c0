//! `ledger verify`: recomputes everything from the rows as the union sent them.
//!
//! Per bucket, in one snapshot: the ledger's own rules (see `ledger::verify_bucket`), and for every line: what is posted
//! is the target of its latest report, which says what the union's raw row says; S is the sum of its settled entries; at most two people are paid, and they are
//! not the same.

use crate::ctx::Ctx;
use crate::ledger::{self, Finding, LedgerError, Looked};
use crate::orders::{self, Line};
use accounting::{difference, target};
use connectors::unions::jd;
use infra::db::{DbError, Tx};
use kernel::{Bucket, LineId, Money};
use std::collections::HashMap;

const PAGE: i64 = 500;
/// Findings that are listed; more are only counted.
pub const FINDINGS_MAX: usize = 200;

#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    pub lines: u64,
    pub looked: Looked,
    pub findings: Vec<Finding>,
    /// All differences, also those beyond [`FINDINGS_MAX`].
    pub differences: u64,
}

/// Verifies all buckets; `progress` is told after each.
pub async fn verify(
    ctx: &Ctx,
    mut progress: impl FnMut(Bucket, &VerifyReport) + Send,
) -> Result<VerifyReport, LedgerError> {
    let mut report = VerifyReport::default();
    for bucket in Bucket::all() {
        verify_bucket(ctx, bucket, &mut report).await?;
        progress(bucket, &report);
    }
    Ok(report)
}

/// Verifies one bucket and adds what was found.
pub async fn verify_bucket(ctx: &Ctx, bucket: Bucket, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let mut tx = ctx.db.snapshot().await?;
    let (findings, looked) = ledger::verify_bucket(&mut tx, bucket).await?;
    report.looked.transactions += looked.transactions;
    report.looked.postings += looked.postings;
    report.looked.accounts += looked.accounts;
    for finding in findings {
        report.note(finding);
    }
    verify_lines(&mut tx, bucket, report).await
}

impl VerifyReport {
    fn note(&mut self, finding: Finding) {
        self.differences += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

async fn verify_lines(tx: &mut Tx, bucket: Bucket, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let settled = orders::store::settled_sums(tx, bucket).await?;
    let mut posted = ledger::store::posted_of_bucket(tx, bucket).await?;
    let mut after = 0i64;
    loop {
        let page = orders::store::page_of_bucket(tx, bucket, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.raw();
        for line in &page {
            report.lines += 1;
            verify_report(tx, line, report).await?;
            verify_line(line, &settled, posted.remove(&line.id).unwrap_or_default(), report)?;
        }
    }
    for line in posted.into_keys() {
        let detail = "postings of a line that is not there".to_owned();
        report.note(Finding { rule: "orphan", subject: line.to_string(), detail });
    }
    Ok(())
}

fn verify_line(
    line: &Line,
    settled: &HashMap<LineId, Money>,
    posted: std::collections::BTreeMap<accounting::Account, Money>,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    for (account, amount) in difference(&target(&line.books())?, &posted)? {
        let name = account.kind.name();
        let detail = format!("{name} of {}: {} fen are missing from the books", account.owner, amount.fen());
        report.note(Finding { rule: "target", subject: line.id.to_string(), detail });
    }
    let entries = settled.get(&line.id).copied().unwrap_or_default();
    if entries != line.settled {
        let detail = format!("settled {} fen, its entries say {}", line.settled.fen(), entries.fen());
        report.note(Finding { rule: "settled", subject: line.id.to_string(), detail });
    }
    let deal = line.deal();
    let (direct, inviter) = (deal.direct().map(|p| p.promoter), deal.inviter().map(|p| p.promoter));
    if (direct, inviter) != (line.promoter, line.inviter) {
        let detail = "its promoter and inviter do not make a deal".to_owned();
        report.note(Finding { rule: "deal", subject: line.id.to_string(), detail });
    }
    Ok(())
}

/// The stored columns of a line against its newest raw row, read again.
async fn verify_report(tx: &mut Tx, line: &Line, report: &mut VerifyReport) -> Result<(), DbError> {
    let newest = orders::store::newest_raw(tx, line.id).await?;
    let again = newest.as_deref().and_then(jd::read_order_row);
    let again = again.map(|row| (row.state, row.estimated_fee, row.actual_fee));
    let stored = (line.state, line.estimated_fee, line.actual_fee);
    if again != Some(stored) {
        let detail = format!("stored {stored:?}, the union's row says {again:?}");
        report.note(Finding { rule: "report", subject: line.id.to_string(), detail });
    }
    Ok(())
}
