//! The chain over the books: per bucket, one link per batch. Whoever changes, removes or inserts a journal row without
//! writing the chain anew is found by `ledger verify`, which names the row; whoever writes the chain anew changes its head,
//! which `ledger seal` prints for keeping elsewhere.

use super::model::{DIGEST_BYTES, LedgerError, RowDigest};
use super::store;
use infra::args;
use infra::db::{Col, Db, DbError, Row, Tx};
use kernel::{Bucket, TransactionId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

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
    const HEAD: &str = "INSERT INTO ledger_head (bucket, n, hash)";
    const HEAD_TYPES: [Col; 3] = [Col::Int, Col::Int, Col::Bytes];
    let mut by_bucket: BTreeMap<Bucket, Vec<(TransactionId, RowDigest)>> = BTreeMap::new();
    for (id, digest) in booked {
        by_bucket.entry(id.bucket()).or_default().push((id, digest));
    }
    // Heads are locked in the order of buckets, so that writers wait for each other and never in a circle. The change that
    // changes nothing locks a row that is there, and has it returned.
    let first = by_bucket.keys().map(|bucket| args![*bucket, 0i64, Vec::<u8>::new()]).collect();
    let locked = "ON CONFLICT (bucket) DO UPDATE SET n = ledger_head.n RETURNING bucket, n, hash";
    let heads = tx.bulk_returning(HEAD, &HEAD_TYPES, first, locked).await?;
    let heads: HashMap<Bucket, Head> =
        heads.iter().map(|row| head(row).map(|head| (head.bucket, head))).collect::<Result<_, _>>()?;
    let (mut links, mut newest) = (Vec::new(), Vec::new());
    for (bucket, list) in by_bucket {
        let before = heads.get(&bucket).ok_or_else(|| DbError::Shape("a head was locked and is not there".into()))?;
        let (n, digests) = (before.n + 1, packed(list));
        let hash = link_hash(bucket, n, &before.hash, &digests);
        links.push(args![bucket, n, digests, hash.clone()]);
        newest.push(args![bucket, n, hash]);
    }
    let types = [Col::Int, Col::Int, Col::Bytes, Col::Bytes];
    tx.bulk("INSERT INTO ledger_link (bucket, n, digests, hash)", &types, links, "").await?;
    let moved = "ON CONFLICT (bucket) DO UPDATE SET n = excluded.n, hash = excluded.hash";
    tx.bulk(HEAD, &HEAD_TYPES, newest, moved).await?;
    Ok(())
}

fn head(row: &Row) -> Result<Head, DbError> {
    Ok(Head { bucket: row.bucket("bucket")?, n: row.int("n")?, hash: row.bytes("hash")? })
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

/// Heads of the chains that have a link, in the order of buckets.
pub async fn heads(tx: &mut Tx) -> Result<Vec<Head>, DbError> {
    tx.all(sql!("heads"), vec![]).await?.iter().map(head).collect()
}

/// One hash over all heads.
pub fn seal(heads: &[Head]) -> [u8; HASH_BYTES] {
    let mut hash = Sha256::new();
    for head in heads {
        hash.update(head.bucket.number().to_be_bytes());
        hash.update(head.n.to_be_bytes());
        hash.update(&head.hash);
    }
    hash.finalize().into()
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
    /// The head is not its last link: links were taken off its end.
    pub headless: bool,
    /// Links that do not follow from the one before, by number.
    pub broken: Vec<i64>,
}

/// Reads a whole chain and checks that each link follows from the one before, and that the head is its end.
pub(super) async fn read(tx: &mut Tx, bucket: Bucket) -> Result<Chained, DbError> {
    let (mut chained, mut before, mut last) = (Chained::default(), Vec::new(), 0);
    loop {
        let rows = tx.all(sql!("links_of_bucket"), args![bucket, last, LINKS_PAGE]).await?;
        if rows.is_empty() {
            let head = tx.one(sql!("head_of_bucket"), args![bucket]).await?.map(|row| head(&row)).transpose()?;
            chained.headless = head.map_or((0, Vec::new()), |head| (head.n, head.hash)) != (last, before);
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
