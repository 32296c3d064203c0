//! Facts that travel upward: written in the transaction of the change, handed on afterwards. Owns `outbox`.
//!
//! Each topic has one consumer, which takes a batch of one bucket and forgets it in the same transaction as what it
//! does with it: a fact takes effect exactly once, whatever is killed when.

use crate::args;
use crate::db::{Col, DbError, Tx};
use crate::ids::IdSource;
use kernel::{Bucket, Instant, OutboxId};

/// Facts of one batch at the most.
pub const BATCH_MAX: i64 = 50;

/// One thing that happened. The payload is JSON of the topic's own shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub bucket: Bucket,
    pub topic: &'static str,
    pub payload: String,
}

pub async fn say(tx: &mut Tx, ids: &IdSource, now: Instant, facts: Vec<Fact>) -> Result<(), DbError> {
    let rows = facts
        .into_iter()
        .map(|f| {
            let id: OutboxId = ids.next(f.bucket);
            args![f.bucket, id, f.topic, f.payload, now]
        })
        .collect();
    tx.bulk(
        "INSERT INTO outbox (bucket, id, topic, payload, at_us)",
        &[Col::Int, Col::Int, Col::Text, Col::Text, Col::Int],
        rows,
        "",
    )
    .await
    .map(|_| ())
}

/// Takes the oldest facts of a topic in a bucket, locked until the transaction ends.
pub async fn take(tx: &mut Tx, bucket: Bucket, topic: &str) -> Result<Vec<(OutboxId, String)>, DbError> {
    let rows = tx
        .all(
            "SELECT id, payload FROM outbox WHERE bucket = $1 AND topic = $2 ORDER BY id LIMIT $3
             /*pg: FOR UPDATE SKIP LOCKED */",
            args![bucket, topic, BATCH_MAX],
        )
        .await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.text("payload")?))).collect()
}

/// Forgets facts whose effect is in this transaction.
pub async fn done(tx: &mut Tx, bucket: Bucket, ids: &[OutboxId]) -> Result<(), DbError> {
    if ids.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = ids.iter().map(|id| id.raw().to_string()).collect();
    let sql = format!("DELETE FROM outbox WHERE bucket = {} AND id IN ({})", bucket.number(), list.join(","));
    tx.run_once(sql).await.map(|_| ())
}

/// Buckets that have facts of a topic waiting.
pub async fn waiting(tx: &mut Tx, topic: &str) -> Result<Vec<Bucket>, DbError> {
    // fan-out: the worker asks every bucket once per round.
    let rows = tx.all("SELECT DISTINCT bucket FROM outbox WHERE topic = $1 ORDER BY bucket", args![topic]).await?;
    rows.iter().map(|row| row.bucket("bucket")).collect()
}

/// Facts that wait, counted up to `at_most`.
pub async fn count(tx: &mut Tx, at_most: i64) -> Result<i64, DbError> {
    // fan-out: the page of health, a bounded count.
    let sql = "SELECT COUNT(*) AS n FROM (SELECT id FROM outbox LIMIT $1) AS waiting";
    tx.one(sql, args![at_most]).await?.map_or(Ok(0), |row| row.int("n"))
}
