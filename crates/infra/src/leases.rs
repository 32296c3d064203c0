//! Leases: named things that one process holds at a time, until a moment. Owns `lease`.
//!
//! A process that dies loses its leases by time alone; one that was paused finds out when it renews.

use crate::Clock;
use crate::args;
use crate::db::{Db, DbError, Tx};
use kernel::Instant;

/// Machines whose clocks differ from the database's by more than this part of a lease are refused: a lease must not look
/// over to one machine while another still holds it.
const SKEW_PART: i64 = 10;

/// Node numbers are below this.
pub const NODES: u8 = 64;

/// Takes or renews a lease; `false` while somebody else holds it.
pub async fn take(db: &Db, name: &str, holder: &str, now: Instant, seconds: i64) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    let taken = tx
        .one(
            "INSERT INTO lease (name, holder, until_us) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_us = excluded.until_us
             WHERE lease.holder = excluded.holder OR lease.until_us < $4
             RETURNING holder",
            args![name, holder, now.plus_seconds(seconds), now],
        )
        .await?;
    tx.commit().await?;
    Ok(taken.is_some())
}

/// Gives a lease back early: whoever's clock is past `free_from` may take it.
pub async fn release(db: &Db, name: &str, holder: &str, free_from: Instant) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let sql = "UPDATE lease SET until_us = $3 WHERE name = $1 AND holder = $2";
    tx.run(sql, args![name, holder, free_from]).await?;
    tx.commit().await
}

/// A node number for the ids of this process, or `None` if all are held.
pub async fn take_node(db: &Db, holder: &str, now: Instant, seconds: i64) -> Result<Option<u8>, DbError> {
    for node in 0..NODES {
        if take(db, &node_name(node), holder, now, seconds).await? {
            return Ok(Some(node));
        }
    }
    Ok(None)
}

/// Node numbers that are held, with their holders: the processes that run, or ended without giving theirs back.
pub async fn nodes(tx: &mut Tx, now: Instant) -> Result<Vec<(String, Instant)>, DbError> {
    let sql = "SELECT holder, until_us FROM lease WHERE name LIKE 'node/%' AND until_us >= $1 ORDER BY name";
    let rows = tx.all(sql, args![now]).await?;
    rows.iter().map(|row| Ok((row.text("holder")?, row.instant("until_us")?))).collect()
}

pub fn node_name(node: u8) -> String {
    format!("node/{node}")
}

/// Seconds by which a clock is ahead of the database's (negative: behind). `None`: SQLite has no other clock than ours.
/// Never more than it surely is: the question takes time, too.
pub async fn ahead_seconds(db: &Db, clock: &Clock) -> Result<Option<i64>, DbError> {
    let before = clock.now();
    let Some(theirs) = db.now().await? else { return Ok(None) };
    let after = clock.now();
    let ahead = before.micros().saturating_sub(theirs.micros()).max(0);
    let behind = theirs.micros().saturating_sub(after.micros()).max(0);
    Ok(Some(ahead.saturating_sub(behind) / 1_000_000))
}

/// Whether leases of this length still keep two processes apart. An error says by how much the clocks differ.
pub fn check_skew(ahead_seconds: i64, lease_seconds: i64) -> Result<(), String> {
    if ahead_seconds.abs() <= lease_seconds / SKEW_PART {
        return Ok(());
    }
    let way = if ahead_seconds > 0 { "ahead of" } else { "behind" };
    Err(format!(
        "this machine's clock is {} seconds {way} the database's; at most {} are allowed: set both by NTP",
        ahead_seconds.abs(),
        lease_seconds / SKEW_PART
    ))
}
