//! A number in the database that rises with every deed that cached answers depend on. Owns `epoch`.
//!
//! A process that keeps answers keeps the number with them and asks for it at most once a second, so what another process
//! did takes effect within [`LOOK_EVERY`]; what this one did, with the next answer.

use crate::args;
use crate::db::{Db, DbError, Tx};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Deeds of this process, so that it need not wait for its next look.
static OWN: AtomicU64 = AtomicU64::new(0);

/// Says that something changed, in the transaction of the change.
pub async fn rise(tx: &mut Tx, name: &'static str) -> Result<(), DbError> {
    let sql = "INSERT INTO epoch (name, n) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET n = epoch.n + 1";
    tx.run(sql, args![name]).await?;
    tx.after_commit(|| {
        OWN.fetch_add(1, Ordering::Release);
    });
    Ok(())
}

/// The newest number that this process knows of.
#[derive(Debug)]
pub struct Epoch {
    name: &'static str,
    started: Instant,
    n: AtomicI64,
    /// Milliseconds from `started` to the next look.
    look_at: AtomicU64,
    own: AtomicU64,
}

impl Epoch {
    pub fn new(name: &'static str) -> Epoch {
        let (n, look_at, own) = (AtomicI64::new(-1), AtomicU64::new(0), AtomicU64::new(0));
        Epoch { name, started: Instant::now(), n, look_at, own }
    }

    pub async fn current(&self, db: &Db) -> Result<i64, DbError> {
        let own = OWN.load(Ordering::Acquire);
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if own == self.own.load(Ordering::Acquire) && now < self.look_at.load(Ordering::Acquire) {
            return Ok(self.n.load(Ordering::Acquire));
        }
        let row = db.read().await?.one("SELECT n FROM epoch WHERE name = $1", args![self.name]).await?;
        let n = row.map_or(Ok(0), |row| row.int("n"))?;
        // Two looks may end in either order; the number only rises.
        self.n.fetch_max(n, Ordering::AcqRel);
        self.own.fetch_max(own, Ordering::AcqRel);
        let next = now.saturating_add(u64::try_from(LOOK_EVERY.as_millis()).unwrap_or(u64::MAX));
        self.look_at.fetch_max(next, Ordering::AcqRel);
        Ok(self.n.load(Ordering::Acquire))
    }
}
