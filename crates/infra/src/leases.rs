//! Leases: named things that one process holds at a time, until a moment. Owns `lease`.
//!
//! A process that dies loses its leases by time alone; one that was paused finds out when it renews.

use crate::args;
use crate::db::{Db, DbError, Tx};
use kernel::Instant;

/// Node numbers are leased for this long and renewed at a third of it.
pub const NODE_LEASE_SECONDS: i64 = 600;

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

/// Gives a lease back early.
pub async fn release(db: &Db, name: &str, holder: &str) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    tx.run("DELETE FROM lease WHERE name = $1 AND holder = $2", args![name, holder]).await?;
    tx.commit().await
}

/// A node number for the ids of this process, or `None` if all are held.
pub async fn take_node(db: &Db, holder: &str, now: Instant) -> Result<Option<u8>, DbError> {
    for node in 0..NODES {
        if take(db, &node_name(node), holder, now, NODE_LEASE_SECONDS).await? {
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
