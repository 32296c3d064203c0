//! `daogou doctor`: everything that one person has to keep an eye on, in one table. Changes nothing.
//!
//! What the console's inbox judges is judged by the inbox's own code.

mod outside;

use super::Common;
use crate::backup;
use crate::config::Config;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::installation::{databases, pending};
use crate::show::table;
use app::operations::accounts::{self, AccountState};
use app::operations::store::RunState;
use app::operations::{inbox, store as operations};
use infra::db::{Db, Durability, Tx};
use infra::jobs::{self, JobState};
use infra::leases::{self, NODES};
use infra::secrets::MasterKey;
use infra::{Clock, files, installation};
use kernel::Instant;
use serde_json::json;

/// Clocks further apart than this make leases and dates doubtful …
const SKEW_WARNS_SECONDS: i64 = 5;
/// … and than this, wrong: unions refuse signatures, two workers take one job.
const SKEW_FAILS_SECONDS: i64 = 60;
/// A certificate should have been renewed before so many days are left.
const CERTIFICATE_WARNS_DAYS: i64 = 21;
const CERTIFICATE_FAILS_DAYS: i64 = 3;
const VERIFY_WARNS_HOURS: i64 = 48;
const BACKUP_WARNS_HOURS: i64 = 48;
const BACKUP_FAILS_HOURS: i64 = 24 * 7;
/// Work that should have begun so long ago shows that nobody works.
const OVERDUE_SECONDS: i64 = 600;
const NODES_WARN: usize = 48;
const UNTOLD_DAYS: i64 = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Warn,
    Fail,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

struct Finding {
    check: &'static str,
    /// Which one, where there are several.
    subject: String,
    state: State,
    says: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &'static str, subject: &str, state: State, says: impl Into<String>) {
        let says = says.into().split_whitespace().collect::<Vec<_>>().join(" ");
        self.0.push(Finding { check, subject: subject.to_owned(), state, says });
    }

    fn count(&self, state: State) -> usize {
        self.0.iter().filter(|finding| finding.state == state).count()
    }
}

pub async fn run(common: &Common) -> Result<(), Failure> {
    let config = common.load_quietly()?;
    let mut found = Findings::default();
    let master = key(&config, &mut found);
    match opened(&config).await {
        Ok((db, clicks)) => {
            installed(&config, &db, &clicks, master.as_ref(), &mut found).await;
            db.close().await;
            clicks.close().await;
        }
        Err(failure) => found.add("database", "", State::Fail, failure.to_string()),
    }
    alarms(common, &config, &mut found);
    certificate(&config, &mut found).await;
    tell(common, &found)
}

fn tell(common: &Common, found: &Findings) -> Result<(), Failure> {
    let tell = common.tell();
    for finding in &found.0 {
        tell.json(&json!({ "check": finding.check, "subject": finding.subject, "state": finding.state.word(),
                           "says": finding.says }));
    }
    let rows = found.0.iter();
    let rows = rows.map(|f| vec![f.state.word().to_owned(), f.check.to_owned(), f.subject.clone(), f.says.clone()]);
    tell.line(table(&["", "check", "of", "says"], &[], rows.collect()));
    let [ok, warn, fail] = [State::Ok, State::Warn, State::Fail].map(|state| found.count(state));
    tell.json(&json!({ "done": true, "ok": ok, "warn": warn, "fail": fail }));
    match fail {
        0 => Ok(()),
        n => Err(Failure::failed(format!("{n} checks fail; docs/operations.md says what to do"))),
    }
}

/// The master key and whether it is safe. Reading it refuses a file that others may read.
fn key(config: &Config, found: &mut Findings) -> Option<MasterKey> {
    match config.master_key() {
        Ok(master) => {
            let place = match std::env::var_os("DAOGOU_MASTER_KEY") {
                Some(_) => "DAOGOU_MASTER_KEY".to_owned(),
                None => format!("{}, readable by its owner only", config.master_key_path().display()),
            };
            let generation = master.generation();
            found.add(
                "master key",
                "",
                State::Ok,
                format!("{place}; generation {generation}; is a copy kept elsewhere?"),
            );
            Some(master)
        }
        Err(failure) => {
            found.add("master key", "", State::Fail, failure.to_string());
            None
        }
    }
}

/// The databases of the configuration, which must be there already.
async fn opened(config: &Config) -> Result<(Db, Db), Failure> {
    for path in config.sqlite_files().iter().flatten() {
        if !path.is_file() {
            return Err(Failure::usage(format!(
                "there is no {}; `daogou init` or `daogou restore` makes it",
                path.display()
            )));
        }
    }
    databases(config, Durability::Full).await
}

async fn installed(config: &Config, db: &Db, clicks: &Db, master: Option<&MasterKey>, found: &mut Findings) {
    let now = Clock::system().now();
    match pending(db, clicks).await.map_err(Failure::from) {
        Ok(0) => found.add("database", "", State::Ok, "answers; the schema is up to date"),
        Ok(n) => found.add("database", "", State::Fail, format!("{n} migrations are missing; run `daogou migrate`")),
        Err(failure) => found.add("database", "", State::Fail, failure.to_string()),
    }
    disks(config, found);
    // What is read below is of this program's schema only.
    if found.0.iter().any(|f| f.check == "database" && f.state == State::Fail) {
        return;
    }
    if let Err(failure) = looked(config, db, master, now, found).await {
        found.add("database", "", State::Fail, failure.to_string());
    }
}

fn disks(config: &Config, found: &mut Findings) {
    let low = u64::from(config.alarms.disk_mb) << 20;
    for path in config.sqlite_files().iter().flatten() {
        let Some(free) = files::free_bytes(path) else { continue };
        let state = match free {
            free if free < low => State::Fail,
            free if free < low.saturating_mul(2) => State::Warn,
            _ => State::Ok,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        found.add("disk", &name, state, format!("{} MB free; less than {} MB is an alarm", free >> 20, low >> 20));
    }
    if config.sqlite_files().is_none() {
        found.add("disk", "", State::Ok, "PostgreSQL's disk is watched where it runs");
    }
}

/// All that is read from a database that fits.
async fn looked(
    config: &Config,
    db: &Db,
    master: Option<&MasterKey>,
    now: Instant,
    found: &mut Findings,
) -> Result<(), Failure> {
    let identity = Identity::read(db).await?;
    if let (Some(identity), Some(master)) = (&identity, master) {
        match identity.why_not(master) {
            Some(why) => found.add("installation", "", State::Fail, why),
            None => found.add("installation", "", State::Ok, identity.id.clone()),
        }
    }
    clock(config, db, found).await?;
    let mut read = db.read().await?;
    let all_jobs = jobs::list(&mut read).await?;
    let states = accounts::all(&mut read, &all_jobs, now).await?;
    unions(&states, now, found).await;
    work(&all_jobs, now, found);
    nodes(&mut read, now, found).await?;
    verified(&mut read, now, found).await?;
    backed_up(config, &mut read, now, found).await?;
    untold(&mut read, now, found).await
}

fn skew(seconds: i64) -> State {
    match seconds.abs() {
        s if s >= SKEW_FAILS_SECONDS => State::Fail,
        s if s >= SKEW_WARNS_SECONDS => State::Warn,
        _ => State::Ok,
    }
}

fn apart(seconds: i64) -> String {
    match seconds {
        0 => "the same as here".to_owned(),
        s if s > 0 => format!("{s} s ahead of this machine; look at NTP on both"),
        s => format!("{} s behind this machine; look at NTP on both", -s),
    }
}

async fn clock(config: &Config, db: &Db, found: &mut Findings) -> Result<(), Failure> {
    if let Some(ahead) = leases::ahead_seconds(db, &Clock::system()).await? {
        match leases::check_skew(ahead, config.lease_seconds()) {
            Err(why) => found.add("clock", "database", State::Fail, why),
            Ok(()) => found.add("clock", "database", skew(ahead), apart(-ahead)),
        }
    }
    Ok(())
}

/// Each account: whether its gateway answers (and what time it is there), its pulls and its budget.
async fn unions(states: &[AccountState], now: Instant, found: &mut Findings) {
    let active = || states.iter().filter(|state| state.account.active);
    if active().next().is_none() {
        found.add("union", "", State::Warn, "there is no active union account: no orders will come");
    }
    for state in active() {
        let name = &state.account.name;
        match outside::date(&state.account.gateway_url).await {
            Ok(there) => {
                found.add("union", name, State::Ok, "the gateway answers");
                if let Some(seconds) = there {
                    found.add("clock", name, skew(seconds), apart(seconds));
                }
            }
            Err(why) => found.add("union", name, State::Fail, format!("the gateway does not answer: {why}")),
        }
        let mut items = Vec::new();
        inbox::judge_account(state, now, &mut items);
        let judged = |kinds: &[&str]| items.iter().find(|item| kinds.contains(&item.kind));
        match judged(&["pull_failing", "pull_late"]) {
            Some(item) if item.kind == "pull_failing" => {
                found.add("pull", name, State::Fail, item.detail.clone().unwrap_or_default());
            }
            Some(_) => found.add("pull", name, State::Warn, format!("orders are late: pulled up to {}", mark(state))),
            None => found.add("pull", name, State::Ok, format!("pulled up to {}", mark(state))),
        }
        let used = format!("{} of {} calls today", state.used_today, state.account.daily_budget);
        match judged(&["budget_80"]) {
            Some(item) if item.severity == inbox::Severity::Error => found.add("budget", name, State::Fail, used),
            Some(_) => found.add("budget", name, State::Warn, used),
            None => found.add("budget", name, State::Ok, used),
        }
    }
}

fn mark(state: &AccountState) -> String {
    state.watermark().map_or_else(|| "never".to_owned(), Instant::rfc3339)
}

fn work(all: &[JobState], now: Instant, found: &mut Findings) {
    let mut items = Vec::new();
    inbox::judge_jobs(all, &mut items);
    for item in &items {
        found.add("job", "", State::Fail, item.detail.clone().unwrap_or_default());
    }
    let overdue =
        all.iter().filter(|j| j.state == "ready" && j.job.run_at.plus_seconds(OVERDUE_SECONDS) <= now).count();
    match (all.len(), overdue) {
        (0, _) => found.add("worker", "", State::Warn, "nobody has worked yet; start `daogou serve`"),
        (_, 0) => found.add("worker", "", State::Ok, format!("{} jobs, none overdue", all.len())),
        (_, n) => found.add("worker", "", State::Warn, format!("{n} jobs are overdue; does `serve` or `worker` run?")),
    }
}

async fn nodes(read: &mut Tx, now: Instant, found: &mut Findings) -> Result<(), Failure> {
    let held = leases::nodes(read, now).await?.len();
    let state = match held {
        n if n >= usize::from(NODES) => State::Fail,
        n if n >= NODES_WARN => State::Warn,
        _ => State::Ok,
    };
    found.add("nodes", "", state, format!("{held} of {NODES} node numbers are held"));
    Ok(())
}

fn hours(since: Instant, now: Instant) -> i64 {
    (now.seconds() - since.seconds()) / 3600
}

async fn verified(read: &mut Tx, now: Instant, found: &mut Findings) -> Result<(), Failure> {
    match operations::newest_run(read, Some(RunState::Done)).await? {
        None => found.add("verify", "", State::Warn, "the books were never verified; the worker does it every night"),
        Some(run) => {
            let at = run.finished_at.unwrap_or(now);
            let (state, says) = match (run.findings, hours(at, now)) {
                (0, age) if age >= VERIFY_WARNS_HOURS => {
                    (State::Warn, format!("{age} hours ago; does the worker run?"))
                }
                (0, age) => (State::Ok, format!("{} lines without a difference, {age} hours ago", run.lines)),
                (n, _) => {
                    (State::Fail, format!("{n} differences found at {}; see `daogou ledger verify`", at.rfc3339()))
                }
            };
            found.add("verify", "", state, says);
        }
    }
    Ok(())
}

async fn backed_up(config: &Config, read: &mut Tx, now: Instant, found: &mut Findings) -> Result<(), Failure> {
    if config.sqlite_files().is_none() {
        found.add("backup", "", State::Ok, "pg_dump's is not seen from here; does it run (docs/operations.md)?");
        return Ok(());
    }
    let last = installation::said(read, backup::LAST).await?.and_then(|at| at.parse().ok()).map(Instant::from_micros);
    match last.map(|at| hours(at, now)) {
        None => found.add("backup", "", State::Warn, "there was never one; see `daogou backup --help`"),
        Some(age) if age >= BACKUP_FAILS_HOURS => {
            found.add("backup", "", State::Fail, format!("the last one is {} days old", age / 24));
        }
        Some(age) if age >= BACKUP_WARNS_HOURS => {
            found.add("backup", "", State::Warn, format!("the last one is {age} hours old"));
        }
        Some(age) => found.add("backup", "", State::Ok, format!("{age} hours ago")),
    }
    Ok(())
}

fn alarms(common: &Common, config: &Config, found: &mut Findings) {
    match config.channels(common.demo) {
        Err(failure) => found.add("alarms", "", State::Fail, failure.to_string()),
        Ok(channels) => match channels.names() {
            names if names.is_empty() => {
                found.add("alarms", "", State::Warn, "nobody is told: set alarms.wecom_webhook or alarms.mail_server");
            }
            names => {
                found.add("alarms", "", State::Ok, format!("by {}; try `daogou alarms test`", names.join(" and ")))
            }
        },
    }
}

async fn untold(read: &mut Tx, now: Instant, found: &mut Findings) -> Result<(), Failure> {
    let (given_up, waiting, error) = operations::untold_notices(read, now.plus_days(-UNTOLD_DAYS)).await?;
    let error = error.unwrap_or_default();
    if given_up > 0 {
        found.add("alarms", "unsent", State::Fail, format!("{given_up} were given up: {error}"));
    } else if waiting > 0 {
        found.add("alarms", "unsent", State::Warn, format!("{waiting} wait to be sent again: {error}"));
    }
    Ok(())
}

async fn certificate(config: &Config, found: &mut Findings) {
    let Ok(url) = url::Url::parse(&config.public_url) else { return };
    if url.scheme() != "https" {
        let here =
            url.host_str().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]");
        let state = if here { State::Ok } else { State::Warn };
        found.add("certificate", "", state, format!("none: people come by {}", config.public_url));
        return;
    }
    match outside::certificate_days(&url).await {
        Ok(days) => {
            let state = match days {
                days if days < CERTIFICATE_FAILS_DAYS => State::Fail,
                days if days < CERTIFICATE_WARNS_DAYS => State::Warn,
                _ => State::Ok,
            };
            found.add("certificate", "", state, format!("{} days left", days));
        }
        Err(why) => found.add("certificate", "", State::Fail, format!("{}: {why}", config.public_url)),
    }
}
