use accounting::{Account, Transaction};
use infra::db::DbError;
use kernel::{Bucket, Instant, LineId, Money, ProgramId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Transactions of one call at the most.
pub const POST_MAX: usize = 500;

pub const CURRENCY: &str = "CNY";

/// A transaction on its way into the books.
#[derive(Clone, Debug)]
pub struct Entry {
    pub bucket: Bucket,
    /// What it is about; its transactions are numbered from 1.
    pub line: LineId,
    pub n: i64,
    /// `None`: a line of nobody.
    pub program: Option<ProgramId>,
    /// When the thing happened, as reported; the ledger's month is that of booking.
    pub event_at: Instant,
    pub reason: &'static str,
    pub transaction: Transaction,
}

/// What a line has in the books so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    pub balances: BTreeMap<Account, Money>,
    /// Number of its last transaction.
    pub last_n: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("ledger.key_conflict: transaction {n} of line {line} is booked with other content")]
    KeyConflict { line: LineId, n: i64 },
    #[error("ledger.entry_conflict: entry {entry} of line {line} is settled with another amount")]
    EntryConflict { line: LineId, entry: String },
    #[error("{0} transactions in one call; at most {POST_MAX}")]
    TooMany(usize),
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Hash of the legs: what makes a repeated key the same or another transaction.
pub fn content_hash(legs: impl IntoIterator<Item = (Account, Money)>) -> Vec<u8> {
    let mut hash = Sha256::new();
    for (account, amount) in legs {
        hash.update(account.kind.name().as_bytes());
        hash.update([0]);
        hash.update(account.owner.to_be_bytes());
        hash.update(CURRENCY.as_bytes());
        hash.update(amount.fen().to_be_bytes());
    }
    hash.finalize()[..16].to_vec()
}
