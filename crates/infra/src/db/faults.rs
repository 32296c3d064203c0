//! What a database may do to us between any two statements, for tests. Nothing happens in a task that [`with`] has not
//! armed: the hooks in `Db` and `Tx` then cost one look at a thread's own variable.

use super::DbError;
use sqlx::error::{DatabaseError, ErrorKind};
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::Notify;

/// What happens at one point: the beginning of a transaction, a statement, or the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not done, and we are told so: the connection is lost.
    Refused,
    /// It is not done because two writers met.
    Conflict,
    /// It is done, and we are told that it failed: a time-out after success.
    AnswerLost,
    /// The process ends before it.
    DeathBefore,
    /// The process ends after it, and nobody learns of it.
    DeathAfter,
}

impl Fault {
    pub const ALL: [Fault; 5] =
        [Fault::Refused, Fault::Conflict, Fault::AnswerLost, Fault::DeathBefore, Fault::DeathAfter];
}

/// How a piece of work ended under a fault.
#[derive(Debug)]
pub struct Ran<T> {
    /// `None`: the process died in it, and what it had not committed is gone.
    pub outcome: Option<T>,
    /// Points that it passed; a fault at a later one never came.
    pub points: u32,
    pub struck: bool,
}

struct Armed {
    passed: AtomicU32,
    at: u32,
    fault: Fault,
    struck: AtomicBool,
    death: Notify,
}

tokio::task_local! {
    static ARMED: Arc<Armed>;
}

/// Runs `work` with a fault at its `at`-th point, counted from 0; it strikes once.
pub async fn with<T>(fault: Fault, at: u32, work: impl Future<Output = T>) -> Ran<T> {
    let armed =
        Arc::new(Armed { passed: AtomicU32::new(0), at, fault, struck: AtomicBool::new(false), death: Notify::new() });
    let outcome = tokio::select! {
        biased;
        done = ARMED.scope(armed.clone(), work) => Some(done),
        () = armed.death.notified() => None,
    };
    Ran { outcome, points: armed.passed.load(Ordering::SeqCst), struck: armed.struck.load(Ordering::SeqCst) }
}

/// The fault that strikes at this point, if one does.
fn struck() -> Option<(Fault, Arc<Armed>)> {
    ARMED
        .try_with(|armed| {
            let here = armed.passed.fetch_add(1, Ordering::SeqCst) == armed.at;
            here.then(|| {
                armed.struck.store(true, Ordering::SeqCst);
                (armed.fault, armed.clone())
            })
        })
        .ok()
        .flatten()
}

/// Does one thing that the database may spoil.
pub(super) async fn point<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let Some((fault, armed)) = struck() else { return work.await };
    match fault {
        Fault::Refused => return Err(lost("before it was done")),
        Fault::Conflict => return Err(sqlx::Error::Database(Box::new(TwoWritersMet))),
        Fault::DeathBefore => {}
        Fault::AnswerLost => {
            work.await?;
            return Err(lost("after it was done"));
        }
        Fault::DeathAfter => {
            work.await?;
        }
    }
    armed.death.notify_one();
    std::future::pending().await
}

fn lost(when: &str) -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::ConnectionReset, format!("made by a test: lost {when}")))
}

/// Looks to [`DbError::is_conflict`] like PostgreSQL's serialization_failure.
#[derive(Debug)]
struct TwoWritersMet;

impl fmt::Display for TwoWritersMet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("made by a test: two writers met")
    }
}

impl std::error::Error for TwoWritersMet {}

impl DatabaseError for TwoWritersMet {
    fn message(&self) -> &str {
        "made by a test: two writers met"
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("40001"))
    }
    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl DbError {
    /// Made by [`with`].
    pub fn is_made(&self) -> bool {
        matches!(self, DbError::Driver(error) if error.to_string().contains("made by a test"))
    }
}
