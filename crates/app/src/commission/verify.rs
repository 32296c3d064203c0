//! `ledger verify`: recomputes everything from the rows as the union sent them.
//!
//! Per bucket, in one snapshot: the ledger's own rules (see `ledger::verify_bucket`), and for every line: what is posted
//! is the target of its latest report, which says what the union's raw row says; S is the sum of its settled entries; at
//! most two people are paid, and they are not the same.

use crate::ctx::Ctx;
use crate::ledger::{self, Finding, LedgerError, Looked};
use crate::orders::{self, Unpacker};
use accounting::{Account, LineBooks, difference, target};
use connectors::unions::jd;
use infra::db::{DbError, Tx};
use kernel::{Bucket, LineId, Money};
use std::collections::{BTreeMap, HashMap};
use tokio::task::JoinSet;

const PAGE: i64 = 1000;
/// Findings that are listed; more are only counted.
pub const FINDINGS_MAX: usize = 200;
/// Buckets at once, where there are as many processors.
const BUCKETS_MAX: usize = 4;

#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    pub lines: u64,
    pub looked: Looked,
    pub findings: Vec<Finding>,
    /// All differences, also those beyond [`FINDINGS_MAX`].
    pub differences: u64,
}

/// Verifies all buckets, a few side by side; `progress` is told after each.
pub async fn verify(
    ctx: &Ctx,
    mut progress: impl FnMut(Bucket, &VerifyReport) + Send,
) -> Result<VerifyReport, LedgerError> {
    let at_once = std::thread::available_parallelism().map_or(1, |n| n.get().min(BUCKETS_MAX));
    let (mut report, mut waiting, mut running) = (VerifyReport::default(), Bucket::all(), JoinSet::new());
    loop {
        while running.len() < at_once {
            let Some(bucket) = waiting.next() else { break };
            let ctx = ctx.clone();
            running.spawn(async move { verify_bucket(&ctx, bucket).await.map(|found| (bucket, found)) });
        }
        let Some(done) = running.join_next().await else { return Ok(report) };
        let (bucket, found) = done.map_err(|e| DbError::Shape(format!("a verification ended early: {e}")))??;
        report.add(found);
        progress(bucket, &report);
    }
}

/// Verifies one bucket.
pub async fn verify_bucket(ctx: &Ctx, bucket: Bucket) -> Result<VerifyReport, LedgerError> {
    let mut tx = ctx.db.snapshot().await?;
    let journal = ledger::verify_bucket(&mut tx, bucket).await?;
    let mut report = VerifyReport { looked: journal.looked, ..VerifyReport::default() };
    for finding in journal.findings {
        report.note(finding);
    }
    verify_lines(&mut tx, bucket, journal.posted, &mut report).await?;
    Ok(report)
}

impl VerifyReport {
    fn note(&mut self, finding: Finding) {
        self.differences += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    fn add(&mut self, found: VerifyReport) {
        self.lines += found.lines;
        self.looked.transactions += found.looked.transactions;
        self.looked.postings += found.looked.postings;
        self.looked.accounts += found.looked.accounts;
        self.looked.links += found.looked.links;
        self.differences += found.differences;
        let room = FINDINGS_MAX - self.findings.len();
        self.findings.extend(found.findings.into_iter().take(room));
    }
}

async fn verify_lines(
    tx: &mut Tx,
    bucket: Bucket,
    mut posted: HashMap<LineId, BTreeMap<Account, Money>>,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let settled = orders::store::settled_sums(tx, bucket).await?;
    let mut unpacker = Unpacker::try_new()?;
    let mut after = 0i64;
    loop {
        let page = orders::store::books_of_bucket(tx, bucket, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.raw();
        for line in &page {
            report.lines += 1;
            verify_report(line, &mut unpacker, report)?;
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
    line: &orders::store::Booked,
    settled: &HashMap<LineId, Money>,
    posted: BTreeMap<Account, Money>,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let books = LineBooks {
        state: line.state,
        estimated_fee: line.estimated_fee,
        actual_fee: line.actual_fee,
        settled: line.settled,
        deal: line.deal,
        union_account: line.union_account,
        program: line.program,
    };
    for (account, amount) in difference(&target(&books)?, &posted)? {
        let name = account.kind.name();
        let detail = format!("{name} of {}: {} fen are missing from the books", account.owner, amount.fen());
        report.note(Finding { rule: "target", subject: line.id.to_string(), detail });
    }
    let entries = settled.get(&line.id).copied().unwrap_or_default();
    if entries != line.settled {
        let detail = format!("settled {} fen, its entries say {}", line.settled.fen(), entries.fen());
        report.note(Finding { rule: "settled", subject: line.id.to_string(), detail });
    }
    let (direct, inviter) = (line.deal.direct().map(|p| p.promoter), line.deal.inviter().map(|p| p.promoter));
    if (direct, inviter) != (line.promoter, line.inviter) {
        let detail = "its promoter and inviter do not make a deal".to_owned();
        report.note(Finding { rule: "deal", subject: line.id.to_string(), detail });
    }
    Ok(())
}

/// The stored columns of a line against its newest raw row, read again.
fn verify_report(
    line: &orders::store::Booked,
    unpacker: &mut Unpacker,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let newest = line.raw.as_deref().map(|raw| unpacker.unpack(raw)).transpose()?;
    let again = newest.as_deref().and_then(jd::read_order_row);
    let again = again.map(|row| (row.state, row.estimated_fee, row.actual_fee));
    let stored = (line.state, line.estimated_fee, line.actual_fee);
    if again != Some(stored) {
        let detail = format!("stored {stored:?}, the union's row says {again:?}");
        report.note(Finding { rule: "report", subject: line.id.to_string(), detail });
    }
    Ok(())
}
