//! The chain over the books: per bucket, one link per batch. Whoever changes, removes or inserts a journal row without
//! writing the chain anew is found by `ledger verify`, which names the row; whoever writes the chain anew changes its head,
//! which `ledger seal` prints for keeping elsewhere.

use super::model::{DIGEST_BYTES, LedgerError, RowDigest};
use super::store;
use infra::args;
use infra::db::{Col, Db, DbError, Tx};
use kernel::{Bucket, TransactionId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// Two writers of one bucket meet at its head; each turn one of them gets on, so many turns are enough for any number of
/// processes that there are.
const TURNS_MAX: usize = 64;
const LINKS_PAGE: i64 = 500;
const ENTRY_BYTES: usize = 8 + DIGEST_BYTES;
const HASH_BYTES: usize = 32;

/// The newest link of a bucket; number 0 where nothing was ever booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub bucket: Bucket,
    pub n: i64,
    pub hash: Vec<u8>,
}

/// Adds one link to the chain of each bucket that something was booked in.
pub(super) async fn append(tx: &mut Tx, booked: Vec<(TransactionId, RowDigest)>) -> Result<(), LedgerError> {
    let mut open: BTreeMap<Bucket, Vec<(TransactionId, RowDigest)>> = BTreeMap::new();
    for (id, digest) in booked {
        open.entry(id.bucket()).or_default().push((id, digest));
    }
    let mut open: BTreeMap<Bucket, Vec<u8>> = open.into_iter().map(|(bucket, list)| (bucket, packed(list))).collect();
    for _ in 0..TURNS_MAX {
        if open.is_empty() {
            return Ok(());
        }
        let heads: HashMap<Bucket, Head> =
            heads(tx, open.keys().copied()).await?.into_iter().map(|head| (head.bucket, head)).collect();
        let rows = open.iter().map(|(bucket, digests)| {
            let (n, before) = heads.get(bucket).map_or((0, &[][..]), |head| (head.n, head.hash.as_slice()));
            args![*bucket, n + 1, digests.clone(), link_hash(*bucket, n + 1, before, digests)]
        });
        let rows = rows.collect();
        // Where another writer added this very link in the meantime, we waited for its commit, and find it there next turn.
        let added = tx
            .bulk_returning(
                "INSERT INTO ledger_link (bucket, n, digests, hash)",
                &[Col::Int, Col::Int, Col::Bytes, Col::Bytes],
                rows,
                "ON CONFLICT (bucket, n) DO NOTHING RETURNING bucket",
            )
            .await?;
        for row in &added {
            open.remove(&row.bucket("bucket")?);
        }
    }
    Err(LedgerError::Crowded)
}

fn packed(mut list: Vec<(TransactionId, RowDigest)>) -> Vec<u8> {
    list.sort_unstable();
    let mut digests = Vec::with_capacity(list.len() * ENTRY_BYTES);
    for (id, digest) in list {
        digests.extend_from_slice(&id.raw().to_be_bytes());
        digests.extend_from_slice(&digest);
    }
    digests
}

fn link_hash(bucket: Bucket, n: i64, before: &[u8], digests: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(bucket.number().to_be_bytes());
    hash.update(n.to_be_bytes());
    // The first link stands on nothing.
    let mut padded = [0; HASH_BYTES];
    for (to, from) in padded.iter_mut().zip(before) {
        *to = *from;
    }
    hash.update(padded);
    hash.update(digests);
    hash.finalize().to_vec()
}

/// Heads of the chains that have a link.
pub async fn heads(tx: &mut Tx, buckets: impl Iterator<Item = Bucket>) -> Result<Vec<Head>, DbError> {
    let rows = tx.all_of(sql!("heads"), buckets.map(|bucket| args![bucket]).collect()).await?;
    let mut heads: BTreeMap<Bucket, Head> = BTreeMap::new();
    for row in &rows {
        let head = Head { bucket: row.bucket("bucket")?, n: row.int("n")?, hash: row.bytes("hash")? };
        heads.insert(head.bucket, head);
    }
    Ok(heads.into_values().collect())
}

/// Gives the buckets whose transactions are older than the chains (migration 15) their first link.
pub(crate) async fn link_old(db: &Db) -> Result<(), LedgerError> {
    for bucket in Bucket::all() {
        if db.read().await?.one(sql!("unlinked"), args![bucket]).await?.is_none() {
            continue;
        }
        let mut tx = db.begin().await?;
        let mut after = 0;
        loop {
            let page = store::journal_page(&mut tx, bucket, after, LINKS_PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = last.raw();
            append(&mut tx, page).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// What a chain says of its bucket.
#[derive(Debug, Default)]
pub(super) struct Chained {
    /// Digest of each transaction that was ever booked.
    pub digests: HashMap<TransactionId, RowDigest>,
    pub links: u64,
    /// Links that do not follow from the one before, by number.
    pub broken: Vec<i64>,
}

/// Reads a whole chain and checks that each link follows from the one before.
pub(super) async fn read(tx: &mut Tx, bucket: Bucket) -> Result<Chained, DbError> {
    let (mut chained, mut before, mut last) = (Chained::default(), Vec::new(), 0);
    loop {
        let rows = tx.all(sql!("links_of_bucket"), args![bucket, last, LINKS_PAGE]).await?;
        if rows.is_empty() {
            return Ok(chained);
        }
        for row in &rows {
            let (n, digests, hash) = (row.int("n")?, row.bytes("digests")?, row.bytes("hash")?);
            if n != last + 1 || hash != link_hash(bucket, n, &before, &digests) || digests.len() % ENTRY_BYTES != 0 {
                chained.broken.push(n);
            }
            for entry in digests.chunks_exact(ENTRY_BYTES) {
                let (id, digest) = entry.split_at(8);
                let id = TransactionId::from_raw(i64::from_be_bytes(id.try_into().unwrap_or_default()));
                chained.digests.insert(id, digest.try_into().unwrap_or_default());
            }
            chained.links += 1;
            (before, last) = (hash, n);
        }
    }
}
