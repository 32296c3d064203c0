//! What needs a human, and nothing else.

use super::accounts::{self, AccountState};
use super::alarms::SEND;
use super::store::{self, RunState};
use super::{PULL_ORDERS, REFRESH_GOODS, SYNC_GOODS};
use crate::ctx::Ctx;
use crate::links::store as links;
use crate::orders::store as orders;
use crate::programs::{self, Program, ProgramState};
use crate::reports;
use crate::staff::{Caller, Right};
use accounting::Scope;
use infra::db::{DbError, Tx};
use infra::jobs::{self, JobState};
use kernel::Instant;

/// What is more than this many is shown as this many.
pub const COUNT_MAX: i64 = 1000;

/// A union may be away for a moment; what fails for longer needs somebody.
const FAILING_SECONDS: i64 = 600;
const LATE_SECONDS: i64 = 1800;
/// Recurring work that failed so often in a row will not heal by itself.
const FAILED_ATTEMPTS: i64 = 5;
/// Older order lines are settled or lost: nobody can claim them back from the union any more.
const ORDER_DAYS: i64 = 60;
const DROPPED_DAYS: i64 = 1;
const DRAFT_DAYS: i64 = 14;
const BUDGET_WARNS_PPM: u64 = 800_000;
const BUDGET_SPENT_PPM: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Info,
}

impl Severity {
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// One thing that needs somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: &'static str,
    pub severity: Severity,
    pub count: i64,
    pub since: Option<Instant>,
    /// Id of what it is about.
    pub subject: Option<String>,
    /// Code.
    pub program: Option<String>,
    /// What the machine said, or the name of the thing.
    pub detail: Option<String>,
    /// Where in the console it is dealt with.
    pub link: String,
}

impl Item {
    fn new(kind: &'static str, severity: Severity, link: impl Into<String>) -> Item {
        Item { kind, severity, count: 1, since: None, subject: None, program: None, detail: None, link: link.into() }
    }

    fn about(mut self, subject: impl ToString) -> Item {
        self.subject = Some(subject.to_string());
        self
    }

    fn of(mut self, program: &Program) -> Item {
        self.program = Some(program.code.clone());
        self
    }

    fn says(mut self, detail: impl Into<String>) -> Item {
        self.detail = Some(detail.into());
        self
    }

    fn since(mut self, since: Option<Instant>) -> Item {
        self.since = since;
        self
    }

    fn counted(mut self, count: i64) -> Item {
        self.count = count;
        self
    }
}

/// What the caller can do something about, the most urgent first. With `only`, what concerns that program.
pub async fn read(ctx: &Ctx, tx: &mut Tx, caller: &Caller, only: Option<&Program>) -> Result<Vec<Item>, DbError> {
    let now = ctx.now();
    let mut items = Vec::new();
    let everywhere = |right| caller.needs_everywhere(right).is_ok();
    let all_jobs = jobs::list(tx).await?;
    let accounts = accounts::all(tx, &all_jobs, now).await?;
    let concerned = |state: &&AccountState| only.is_none_or(|program| state.programs.contains(&program.id));
    if everywhere(Right::Operate) {
        accounts.iter().filter(concerned).for_each(|state| judge_account(state, now, &mut items));
        if only.is_none() {
            judge_jobs(&all_jobs, &mut items);
            items.extend(disk(ctx));
            items.extend(silence(ctx, tx, &accounts).await?);
        }
    }
    if everywhere(Right::ManageOrders) {
        for state in accounts.iter().filter(concerned) {
            let since = now.plus_days(-ORDER_DAYS);
            let (count, oldest) = orders::count_stray(tx, state.account.id, since, COUNT_MAX).await?;
            if count > 0 {
                let link = format!("/orders/unassigned?account={}", state.account.id);
                let item = Item::new("unassigned_orders", Severity::Warning, link).counted(count).since(oldest);
                items.push(item.about(state.account.id).says(&state.account.name));
            }
        }
    }
    if only.is_none() && everywhere(Right::ReadLedger) {
        items.extend(books(tx).await?);
    }
    for program in programs::store::all(tx).await? {
        if caller.may(Right::Read, program.id) && only.is_none_or(|wanted| wanted.id == program.id) {
            judge_program(tx, &program, &accounts, now, &mut items).await?;
        }
    }
    items.sort_by(|a, b| (a.severity, a.kind, &a.program).cmp(&(b.severity, b.kind, &b.program)));
    Ok(items)
}

/// What stops orders or money, whoever looks: of this the founder is told without looking.
pub async fn urgent(ctx: &Ctx, tx: &mut Tx) -> Result<Vec<Item>, DbError> {
    let now = ctx.now();
    let all_jobs = jobs::list(tx).await?;
    let accounts = accounts::all(tx, &all_jobs, now).await?;
    let mut items = Vec::new();
    accounts.iter().for_each(|state| judge_account(state, now, &mut items));
    // A message about messages that cannot be sent would not arrive either.
    let others: Vec<JobState> = all_jobs.into_iter().filter(|state| state.job.name != SEND).collect();
    judge_jobs(&others, &mut items);
    items.extend(disk(ctx));
    items.extend(silence(ctx, tx, &accounts).await?);
    items.extend(books(tx).await?);
    items.sort_by_key(|item| (item.severity, item.kind));
    Ok(items)
}

fn disk(ctx: &Ctx) -> Option<Item> {
    let low = ctx.db.free_bytes().filter(|free| *free < ctx.settings.disk_low_bytes);
    low.map(|free| Item::new("disk_low", Severity::Error, "/health").says(format!("{} MB", free >> 20)))
}

/// Nobody has ordered for long, where people did before.
async fn silence(ctx: &Ctx, tx: &mut Tx, accounts: &[AccountState]) -> Result<Option<Item>, DbError> {
    let hours = i64::from(ctx.settings.alarms.no_orders_hours);
    if hours == 0 || !accounts.iter().any(|state| state.account.active) {
        return Ok(None);
    }
    let newest = reports::store::newest_order(tx).await?;
    let silent = newest.filter(|at| at.plus_seconds(hours * 3600) <= ctx.now());
    Ok(silent.map(|at| {
        let since = Some(at).filter(|at| at.micros() > 0);
        Item::new("no_orders", Severity::Warning, "/orders").since(since)
    }))
}

async fn books(tx: &mut Tx) -> Result<Option<Item>, DbError> {
    let run = store::newest_run(tx, Some(RunState::Done)).await?.filter(|run| run.findings > 0);
    Ok(run.map(|run| {
        let item = Item::new("ledger_findings", Severity::Error, "/ledger/verify").about(run.id);
        item.counted(run.findings.min(COUNT_MAX)).since(run.finished_at)
    }))
}

/// What is wrong with an active account: pulls, goods, budget.
pub fn judge_account(state: &AccountState, now: Instant, items: &mut Vec<Item>) {
    let account = &state.account;
    if !account.active {
        return;
    }
    let item = |kind, severity| Item::new(kind, severity, format!("/health?account={}", account.id)).about(account.id);
    let ago = |at: Option<Instant>, seconds| at.is_none_or(|at| at.plus_seconds(seconds) <= now);
    match state.pull_error() {
        Some(error) if ago(state.pulled_at(), FAILING_SECONDS) => {
            let said = format!("{}: {error}", account.name);
            items.push(item("pull_failing", Severity::Error).since(state.pulled_at()).says(said));
        }
        _ if ago(state.watermark().or(Some(account.id.made_at())), LATE_SECONDS) => {
            items.push(item("pull_late", Severity::Warning).since(state.watermark()).says(&account.name));
        }
        _ => {}
    }
    if let Some((count, error)) = state.goods_error() {
        let said = format!("{}: {error}", account.name);
        items.push(item("goods_failing", Severity::Warning).counted(count).says(said));
    }
    if let Some(ppm) = state.budget_ppm().filter(|ppm| *ppm >= BUDGET_WARNS_PPM) {
        let severity = if ppm >= BUDGET_SPENT_PPM { Severity::Error } else { Severity::Warning };
        let said = format!("{}: {}/{}", account.name, state.used_today, account.daily_budget);
        items.push(item("budget_80", severity).says(said));
    }
}

/// Work that failed for good or keeps failing. Pulls and syncs are judged by their accounts.
pub fn judge_jobs(all: &[JobState], items: &mut Vec<Item>) {
    for state in all.iter().filter(|s| ![PULL_ORDERS, SYNC_GOODS, REFRESH_GOODS].contains(&s.job.name.as_str())) {
        let hopeless = state.job.attempts >= FAILED_ATTEMPTS && state.last_error.is_some();
        if state.state == "failed" || hopeless {
            let said = format!("{}: {}", state.job.name, state.last_error.as_deref().unwrap_or_default());
            let item = Item::new("job_failed", Severity::Error, "/jobs").about(state.job.id);
            items.push(item.since(state.last_ok).says(said));
        }
    }
}

async fn judge_program(
    tx: &mut Tx,
    program: &Program,
    accounts: &[AccountState],
    now: Instant,
    items: &mut Vec<Item>,
) -> Result<(), DbError> {
    let code = &program.code;
    let (count, oldest) = orders::count_to_review(tx, program.id, now.plus_days(-ORDER_DAYS), COUNT_MAX).await?;
    if count > 0 {
        let link = format!("/orders?program={code}&review=true");
        items.push(Item::new("orders_to_review", Severity::Warning, link).of(program).counted(count).since(oldest));
    }
    let item = |kind, severity, link: String| Item::new(kind, severity, link).of(program).about(program.id);
    match program.state {
        ProgramState::Live => {
            let since = now.plus_days(-DROPPED_DAYS);
            let (count, first) = links::count_dropped(tx, program.id, since, COUNT_MAX).await?;
            if count > 0 {
                let link = format!("/links?program={code}&coupon_dropped=true");
                items.push(item("coupon_dropped", Severity::Info, link).counted(count).since(first));
            }
            let plan = programs::store::plan_lines(tx, program.id).await?;
            let in_force = plan.iter().any(|line| {
                line.scope == Scope::Program && line.from <= now && line.until.is_none_or(|until| now < until)
            });
            if !in_force {
                items.push(item("program_without_plan", Severity::Error, format!("/programs/{code}/plan")));
            }
            if !accounts.iter().any(|state| state.account.active && state.programs.contains(&program.id)) {
                items.push(item("program_without_union", Severity::Error, "/union-accounts".to_owned()));
            }
        }
        ProgramState::Draft if program.id.made_at().plus_days(DRAFT_DAYS) <= now => {
            let made = Some(program.id.made_at());
            items.push(item("draft_old", Severity::Info, format!("/programs/{code}")).since(made));
        }
        ProgramState::Draft | ProgramState::Closed => {}
    }
    Ok(())
}
