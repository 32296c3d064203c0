//! Statements of this slice.

use super::alarms::NoticeId;
use crate::commission::VerifyReport;
use crate::ledger;
use accounting::AccountKind;
use infra::args;
use infra::db::{Col, DbError, Row, Tx};
use kernel::{Bucket, Instant, Money, PersonId, ProgramId, VerifyRunId};

/// Findings of a run that are kept; the statement's LIMIT.
pub const FINDINGS_KEPT: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    Waiting,
    Running,
    Done,
    Failed,
}

impl RunState {
    pub const fn word(self) -> &'static str {
        match self {
            RunState::Waiting => "waiting",
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Failed => "failed",
        }
    }

    fn from_word(word: &str) -> Option<RunState> {
        [RunState::Waiting, RunState::Running, RunState::Done, RunState::Failed].into_iter().find(|s| s.word() == word)
    }
}

/// A verification, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: VerifyRunId,
    pub state: RunState,
    pub started_at: Option<Instant>,
    pub finished_at: Option<Instant>,
    pub buckets_done: i64,
    pub transactions: i64,
    pub postings: i64,
    pub accounts: i64,
    pub lines: i64,
    /// All of them; the first [`FINDINGS_KEPT`] are kept.
    pub findings: i64,
    /// Why it failed.
    pub error: Option<String>,
}

/// A finding as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub rule: String,
    pub subject: String,
    pub detail: String,
}

/// False where another run is under way.
pub async fn ask_run(tx: &mut Tx, id: VerifyRunId, by: PersonId, now: Instant) -> Result<bool, DbError> {
    Ok(tx.one(sql!("ask_run"), args![id, by, now]).await?.is_some())
}

pub async fn run_under_way(tx: &mut Tx) -> Result<Option<VerifyRunId>, DbError> {
    tx.one(sql!("run_under_way"), vec![]).await?.map(|row| row.id("id")).transpose()
}

/// The newest run, or the newest in a state.
pub async fn newest_run(tx: &mut Tx, state: Option<RunState>) -> Result<Option<Run>, DbError> {
    tx.one(sql!("newest_run"), args![state.map(RunState::word)]).await?.as_ref().map(run).transpose()
}

fn run(row: &Row) -> Result<Run, DbError> {
    let word = row.text("state")?;
    Ok(Run {
        id: row.id("id")?,
        state: RunState::from_word(&word).ok_or_else(|| DbError::Shape(format!("state {word} of a run")))?,
        started_at: row.opt_instant("started_at_us")?,
        finished_at: row.opt_instant("finished_at_us")?,
        buckets_done: row.int("buckets_done")?,
        transactions: row.int("transactions")?,
        postings: row.int("postings")?,
        accounts: row.int("accounts")?,
        lines: row.int("lines")?,
        findings: row.int("findings")?,
        error: row.opt_text("error")?,
    })
}

/// The bucket with which it goes on; `None` where it is done, unknown, or another run is under way.
pub async fn begin_run(tx: &mut Tx, id: VerifyRunId, now: Instant) -> Result<Option<i64>, DbError> {
    tx.one(sql!("begin_run"), args![id, now]).await?.map(|row| row.int("buckets_done")).transpose()
}

/// Notes that the next bucket is verified, with what was found in it; false where another worker was there first.
pub async fn advance_run(tx: &mut Tx, id: VerifyRunId, bucket: Bucket, found: &VerifyReport) -> Result<bool, DbError> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let new = number(found.differences);
    let looked = [found.looked.transactions, found.looked.postings, found.looked.accounts, found.lines].map(number);
    let [transactions, postings, accounts, lines] = looked;
    let args = args![id, bucket, transactions, postings, accounts, lines, new];
    let Some(row) = tx.one(sql!("advance_run"), args).await? else { return Ok(false) };
    let before = row.int("findings")? - new;
    let room = FINDINGS_KEPT.saturating_sub(usize::try_from(before).unwrap_or(usize::MAX));
    let rows = (before..).zip(found.findings.iter().take(room));
    let rows = rows.map(|(n, f)| args![id, n, f.rule, &f.subject, &f.detail]).collect();
    tx.bulk(
        "INSERT INTO verify_finding (run_id, n, rule, subject, detail)",
        &[Col::Int, Col::Int, Col::Text, Col::Text, Col::Text],
        rows,
        "",
    )
    .await?;
    Ok(true)
}

pub async fn end_run(
    tx: &mut Tx,
    id: VerifyRunId,
    state: RunState,
    now: Instant,
    error: Option<&str>,
) -> Result<(), DbError> {
    tx.run(sql!("end_run"), args![id, state.word(), now, error]).await.map(|_| ())
}

/// In the order in which they were found.
pub async fn findings(tx: &mut Tx, id: VerifyRunId) -> Result<Vec<Kept>, DbError> {
    let rows = tx.all(sql!("findings"), args![id]).await?;
    rows.iter()
        .map(|row| Ok(Kept { rule: row.text("rule")?, subject: row.text("subject")?, detail: row.text("detail")? }))
        .collect()
}

/// Balances of a program's own accounts and of its promoters', summed over owners and buckets.
pub async fn program_balances(tx: &mut Tx, program: ProgramId) -> Result<Vec<(AccountKind, Money, i64)>, DbError> {
    tx.all(sql!("program_balances"), args![program]).await?.iter().map(ledger::store::summed).collect()
}

/// An alarm that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub kind: String,
    pub subject: String,
    pub severity: String,
    pub detail: String,
    pub raised_at: Instant,
    pub told_at: Instant,
    /// Not seen any more since then.
    pub absent_since: Option<Instant>,
}

pub async fn standing_alarms(tx: &mut Tx) -> Result<Vec<Standing>, DbError> {
    let rows = tx.all(sql!("standing_alarms"), vec![]).await?;
    rows.iter()
        .map(|row| {
            Ok(Standing {
                kind: row.text("kind")?,
                subject: row.text("subject")?,
                severity: row.text("severity")?,
                detail: row.text("detail")?,
                raised_at: row.instant("raised_at_us")?,
                told_at: row.instant("told_at_us")?,
                absent_since: row.opt_instant("absent_since_us")?,
            })
        })
        .collect()
}

/// Makes it, or notes what has changed.
pub async fn put_alarm(tx: &mut Tx, alarm: &Standing) -> Result<(), DbError> {
    let Standing { kind, subject, severity, detail, raised_at, told_at, absent_since } = alarm;
    let args = args![kind, subject, severity, detail, *raised_at, *told_at, *absent_since];
    tx.run(sql!("put_alarm"), args).await.map(|_| ())
}

pub async fn end_alarm(tx: &mut Tx, kind: &str, subject: &str) -> Result<(), DbError> {
    tx.run(sql!("end_alarm"), args![kind, subject]).await.map(|_| ())
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: NoticeId,
    pub channel: String,
    pub text: String,
    pub at: Instant,
    pub attempts: i64,
}

pub async fn add_notice(tx: &mut Tx, id: NoticeId, channel: &str, text: &str, now: Instant) -> Result<(), DbError> {
    tx.run(sql!("add_notice"), args![id, channel, text, now]).await.map(|_| ())
}

/// The oldest of a channel, as many as a message may hold.
pub async fn waiting_notices(tx: &mut Tx, channel: &str) -> Result<Vec<Notice>, DbError> {
    let rows = tx.all(sql!("waiting_notices"), args![channel]).await?;
    rows.iter()
        .map(|row| {
            Ok(Notice {
                id: row.id("id")?,
                channel: row.text("channel")?,
                text: row.text("text")?,
                at: row.instant("at_us")?,
                attempts: row.int("attempts")?,
            })
        })
        .collect()
}

pub async fn remove_notice(tx: &mut Tx, id: NoticeId) -> Result<(), DbError> {
    tx.run(sql!("remove_notice"), args![id]).await.map(|_| ())
}

pub async fn note_attempt(tx: &mut Tx, id: NoticeId, given_up: bool, error: &str) -> Result<(), DbError> {
    tx.run(sql!("note_attempt"), args![id, i64::from(given_up), error]).await.map(|_| ())
}

pub async fn purge_notices(tx: &mut Tx, before: Instant) -> Result<(), DbError> {
    tx.run(sql!("purge_notices"), args![before]).await.map(|_| ())
}

/// What is not told: given up since then, tried and still waiting, and what a channel said.
pub async fn untold_notices(tx: &mut Tx, since: Instant) -> Result<(i64, i64, Option<String>), DbError> {
    let Some(row) = tx.one(sql!("untold_notices"), args![since]).await? else { return Ok((0, 0, None)) };
    Ok((row.int("given_up")?, row.int("waiting")?, row.opt_text("last_error")?))
}
