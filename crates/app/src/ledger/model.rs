use accounting::{Account, Transaction};
use infra::db::DbError;
use kernel::{Bucket, Instant, LineId, Money, ProgramId, TransactionId};
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

/// What a transaction's row says beside its id and legs.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Raw id; 0: of nobody.
    pub program: i64,
    pub line: LineId,
    pub n: i64,
    pub booked_at: Instant,
    pub event_at: Instant,
    pub reason: &'a str,
}

pub const DIGEST_BYTES: usize = 16;
pub type RowDigest = [u8; DIGEST_BYTES];

/// Over the whole row and its legs in their order: whatever is changed in the database afterwards, it is another.
pub fn digest(id: TransactionId, facts: &Facts<'_>, legs: &[(Account, Money)]) -> RowDigest {
    let mut hash = Sha256::new();
    let numbers =
        [id.raw(), facts.program, facts.line.raw(), facts.n, facts.booked_at.micros(), facts.event_at.micros()];
    for number in numbers {
        hash.update(number.to_be_bytes());
    }
    hash.update(facts.reason.as_bytes());
    hash.update([0]);
    for (account, amount) in legs {
        hash.update(account.kind.name().as_bytes());
        hash.update([0]);
        hash.update(account.owner.to_be_bytes());
        hash.update(CURRENCY.as_bytes());
        hash.update(amount.fen().to_be_bytes());
    }
    let mut short = [0; DIGEST_BYTES];
    short.copy_from_slice(&hash.finalize()[..DIGEST_BYTES]);
    short
}
