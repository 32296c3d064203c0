//! Statements of this slice.

use super::chain;
use super::model::{CURRENCY, Entry, Facts, LedgerError, POST_MAX, Posted, RowDigest, digest};
use accounting::{Account, AccountKind};
use infra::args;
use infra::db::{Col, DbError, LOOK_MAX, Row, Tx};
use infra::ids::IdSource;
use kernel::{Bucket, Cursor, Instant, LineId, Money, ProgramId, TransactionId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What lines have in the books, each with the number of its last transaction. The caller holds the lines' locks.
pub async fn posted(tx: &mut Tx, lines: Vec<LineId>) -> Result<HashMap<LineId, Posted>, LedgerError> {
    let rows = tx.all_of(sql!("posted"), lines.into_iter().map(|id| args![id.bucket(), id]).collect()).await?;
    let mut found: HashMap<LineId, Posted> = HashMap::new();
    for row in &rows {
        let posted = found.entry(row.id("line_id")?).or_default();
        let balance = posted.balances.entry(account(row)?).or_default();
        *balance = balance.checked_add(row.money("amount_fen")?)?;
        posted.last_n = posted.last_n.max(row.int("n")?);
    }
    for posted in found.values_mut() {
        posted.balances.retain(|_, amount| !amount.is_zero());
    }
    Ok(found)
}

/// Books transactions. One that is booked already with the same content changes nothing; how many were new.
pub async fn post(tx: &mut Tx, ids: &IdSource, now: Instant, entries: &[Entry]) -> Result<usize, LedgerError> {
    if entries.len() > POST_MAX {
        return Err(LedgerError::TooMany(entries.len()));
    }
    let numbered: Vec<(TransactionId, &Entry)> = entries.iter().map(|e| (ids.next(e.bucket), e)).collect();
    let rows = numbered.iter().map(|(id, e)| {
        let program = e.program.map_or(0, ProgramId::raw);
        args![e.bucket, *id, program, e.line, e.n, now, e.event_at, e.reason]
    });
    let inserted = tx
        .bulk(
            "INSERT INTO ledger_transaction (bucket, id, program_id, line_id, n, booked_us, event_us, reason)",
            &[Col::Int, Col::Int, Col::Int, Col::Int, Col::Int, Col::Int, Col::Int, Col::Text],
            rows.collect(),
            "ON CONFLICT (bucket, line_id, n) DO NOTHING",
        )
        .await?;
    // Nearly always all of them are new, and their number says so.
    let new = if inserted == numbered.len() as u64 { numbered } else { without_booked(tx, numbered).await? };
    insert_postings(tx, &new).await?;
    add_to_balances(tx, &new).await?;
    let booked = new.iter().map(|(id, e)| {
        let facts = Facts {
            program: e.program.map_or(0, ProgramId::raw),
            line: e.line,
            n: e.n,
            booked_at: now,
            event_at: e.event_at,
            reason: e.reason,
        };
        (*id, digest(*id, &facts, e.transaction.legs()))
    });
    chain::append(tx, booked.collect()).await?;
    Ok(new.len())
}

/// Those that are in the books under the id they have now; of the others each must be there with the same content.
async fn without_booked<'a>(
    tx: &mut Tx,
    numbered: Vec<(TransactionId, &'a Entry)>,
) -> Result<Vec<(TransactionId, &'a Entry)>, LedgerError> {
    let keys = numbered.iter().map(|(id, _)| args![id.bucket(), *id]).collect();
    let found: HashSet<i64> =
        tx.all_of(sql!("booked"), keys).await?.iter().map(|row| row.int("id")).collect::<Result<_, _>>()?;
    let (new, known): (Vec<_>, Vec<_>) = numbered.into_iter().partition(|(id, _)| found.contains(&id.raw()));
    for (_, entry) in known {
        refuse_other_content(tx, entry).await?;
    }
    Ok(new)
}

async fn refuse_other_content(tx: &mut Tx, entry: &Entry) -> Result<(), LedgerError> {
    let rows = tx.all(sql!("legs_of_key"), args![entry.bucket, entry.line, entry.n]).await?;
    let booked: Vec<(Account, Money)> =
        rows.iter().map(|row| Ok((account(row)?, row.money("amount_fen")?))).collect::<Result<_, DbError>>()?;
    if booked == entry.transaction.legs() {
        Ok(())
    } else {
        Err(LedgerError::KeyConflict { line: entry.line, n: entry.n })
    }
}

async fn insert_postings(tx: &mut Tx, new: &[(TransactionId, &Entry)]) -> Result<(), DbError> {
    let mut rows = Vec::new();
    for (id, entry) in new {
        for (seq, (account, amount)) in (1i64..).zip(entry.transaction.legs()) {
            rows.push(args![entry.bucket, *id, seq, account.kind.name(), account.owner, CURRENCY, *amount]);
        }
    }
    tx.bulk(
        "INSERT INTO ledger_posting (bucket, transaction_id, seq, account, owner, currency, amount_fen)",
        &[Col::Int, Col::Int, Col::Int, Col::Text, Col::Int, Col::Text, Col::Int],
        rows,
        "",
    )
    .await
    .map(|_| ())
}

/// Deltas summed per account first, then applied in key order: two batches never wait for each other in a circle.
async fn add_to_balances(tx: &mut Tx, new: &[(TransactionId, &Entry)]) -> Result<(), LedgerError> {
    let mut deltas: BTreeMap<(Bucket, Account), (Money, i64)> = BTreeMap::new();
    for (_, entry) in new {
        for (account, amount) in entry.transaction.legs() {
            let delta = deltas.entry((entry.bucket, *account)).or_default();
            *delta = (delta.0.checked_add(*amount)?, delta.1 + 1);
        }
    }
    let rows = deltas.into_iter().map(|((bucket, account), (amount, postings))| {
        args![bucket, account.kind.name(), account.owner, CURRENCY, amount, postings]
    });
    tx.bulk(
        "INSERT INTO ledger_balance (bucket, account, owner, currency, balance_fen, postings)",
        &[Col::Int, Col::Text, Col::Int, Col::Text, Col::Int, Col::Int],
        rows.collect(),
        "ON CONFLICT (bucket, account, owner, currency) DO UPDATE SET \
         balance_fen = ledger_balance.balance_fen + excluded.balance_fen, \
         postings = ledger_balance.postings + excluded.postings",
    )
    .await?;
    Ok(())
}

pub(super) fn account(row: &Row) -> Result<Account, DbError> {
    Ok(Account { kind: kind(row)?, owner: row.int("owner")? })
}

fn kind(row: &Row) -> Result<AccountKind, DbError> {
    let name = row.text("account")?;
    AccountKind::from_name(&name).ok_or_else(|| DbError::Shape(format!("account `{name}`")))
}

/// Balances over all buckets, by account.
pub async fn balances(tx: &mut Tx, owners: &[i64]) -> Result<Vec<(Account, Money, i64)>, DbError> {
    let mut found = Vec::new();
    for owner in owners {
        let rows = tx.all(sql!("balances_of_owner"), args![*owner]).await?;
        for row in &rows {
            found.push((account(row)?, row.money("balance_fen")?, row.int("postings")?));
        }
    }
    Ok(found)
}

/// One posting on a person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPosting {
    pub transaction: TransactionId,
    pub seq: i64,
    pub line: LineId,
    pub account: Account,
    /// Debit positive.
    pub amount: Money,
    pub n: i64,
    pub reason: String,
    pub booked_at: Instant,
    pub event_at: Instant,
}

/// Postings on a person's own accounts, newest first.
pub async fn of_person(tx: &mut Tx, owner: i64, after: Option<Cursor>, limit: u32) -> Result<Vec<OwnPosting>, DbError> {
    let after = Cursor::newest(after, None);
    let rows = tx.all(sql!("of_person"), args![owner, after.sort, after.id, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(OwnPosting {
                transaction: row.id("transaction_id")?,
                seq: row.int("seq")?,
                line: row.id("line_id")?,
                account: account(row)?,
                amount: row.money("amount_fen")?,
                n: row.int("n")?,
                reason: row.text("reason")?,
                booked_at: row.instant("booked_us")?,
                event_at: row.instant("event_us")?,
            })
        })
        .collect()
}

/// Balances summed over owners and buckets: (account, fen, postings).
pub async fn balances_by_account(tx: &mut Tx) -> Result<Vec<(AccountKind, Money, i64)>, DbError> {
    tx.all(sql!("balances_by_account"), vec![]).await?.iter().map(summed).collect()
}

/// A row of `account`, `balance_fen`, `postings`.
pub(crate) fn summed(row: &Row) -> Result<(AccountKind, Money, i64), DbError> {
    Ok((kind(row)?, row.money("balance_fen")?, row.int("postings")?))
}

/// One page of accounts, in the order of their names and owners: all, or those of one kind.
pub async fn account_page(
    tx: &mut Tx,
    only: Option<AccountKind>,
    after: Option<Account>,
    limit: u32,
) -> Result<Vec<(Account, Money, i64)>, DbError> {
    // Names are latin letters and dots: `~` comes after all of them, the empty text before.
    let (first, last) = only.map_or(("", "~"), |kind| (kind.name(), kind.name()));
    let (name, owner) = after.map_or((first, i64::MIN), |account| (account.kind.name(), account.owner));
    let rows = tx.all(sql!("account_page"), args![name, owner, last, limit]).await?;
    rows.iter().map(|row| Ok((account(row)?, row.money("balance_fen")?, row.int("postings")?))).collect()
}

/// One transaction with its legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    pub id: TransactionId,
    pub line: LineId,
    pub n: i64,
    pub booked_at: Instant,
    pub event_at: Instant,
    pub reason: String,
    pub legs: Vec<(Account, Money)>,
}

fn booked(row: &Row) -> Result<Booked, DbError> {
    Ok(Booked {
        id: row.id("id")?,
        line: row.id("line_id")?,
        n: row.int("n")?,
        booked_at: row.instant("booked_us")?,
        event_at: row.instant("event_us")?,
        reason: row.text("reason")?,
        legs: Vec::new(),
    })
}

/// All transactions of a line, oldest first; at most 1,000.
pub async fn of_line(tx: &mut Tx, bucket: Bucket, line: LineId) -> Result<Vec<Booked>, DbError> {
    let rows = tx.all(sql!("of_line"), args![bucket, line]).await?;
    with_legs(tx, &rows).await
}

/// Filters of a list of transactions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub line: Option<LineId>,
    pub reason: Option<String>,
    /// With a leg in this account.
    pub account: Option<AccountKind>,
    /// When it was booked: from, and before.
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

/// Newest first, of one program, and where the next page begins. Narrowed by reason or account, a page looks at no more
/// than [`LOOK_MAX`] transactions, so that it may be short and still not be the last.
pub async fn of_program(
    tx: &mut Tx,
    program: ProgramId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<Booked>, Option<Cursor>), DbError> {
    let after = after.unwrap_or(Cursor { sort: i64::MAX, id: i64::MAX });
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = |list: &[Booked]| {
        let last = list.last().filter(|_| list.len() == size);
        last.map(|t| Cursor { sort: t.booked_at.micros(), id: t.id.raw() })
    };
    if let Some(line) = filter.line {
        // A line has a few transactions: they are read whole and sifted here.
        let rows = tx.all(sql!("of_program_line"), args![line.bucket(), line, program]).await?;
        let mut list = with_legs(tx, &rows).await?;
        list.retain(|t| filter.takes(t) && (t.booked_at.micros(), t.id.raw()) < (after.sort, after.id));
        list.sort_by_key(|t| std::cmp::Reverse((t.booked_at, t.id)));
        list.truncate(size);
        let next = next(&list);
        return Ok((list, next));
    }
    // One range of (time, id): what is booked from `from` and before `to`, after the cursor.
    let edge = |at: Instant| Cursor { sort: at.micros(), id: i64::MIN };
    let start = filter.to.map(edge).filter(|to| (to.sort, to.id) < (after.sort, after.id)).unwrap_or(after);
    let mut stop = filter.from.map_or(Cursor { sort: i64::MIN, id: i64::MIN }, edge);
    let mut end = None;
    if filter.reason.is_some() || filter.account.is_some() {
        let args = args![program, start.sort, start.id, stop.sort, stop.id, LOOK_MAX];
        let row = tx.one(sql!("of_program_look"), args).await?;
        end = row.map(|row| Ok::<_, DbError>(Cursor { sort: row.int("sort")?, id: row.int("id")? })).transpose()?;
        stop = end.unwrap_or(stop);
    }
    let args = args![
        program,
        start.sort,
        start.id,
        limit,
        filter.reason.clone(),
        filter.account.map(AccountKind::name),
        stop.sort,
        stop.id
    ];
    let rows = tx.all(sql!("of_program"), args).await?;
    let list = with_legs(tx, &rows).await?;
    let next = next(&list).or(end);
    Ok((list, next))
}

async fn with_legs(tx: &mut Tx, rows: &[Row]) -> Result<Vec<Booked>, DbError> {
    let mut list: Vec<Booked> = rows.iter().map(booked).collect::<Result<_, _>>()?;
    let keys = list.iter().map(|t| args![t.id.bucket(), t.id]).collect();
    let mut legs: HashMap<TransactionId, BTreeMap<i64, (Account, Money)>> = HashMap::new();
    for row in tx.all_of(sql!("legs"), keys).await? {
        let of = legs.entry(row.id("transaction_id")?).or_default();
        of.insert(row.int("seq")?, (account(&row)?, row.money("amount_fen")?));
    }
    for transaction in &mut list {
        transaction.legs = legs.remove(&transaction.id).unwrap_or_default().into_values().collect();
    }
    Ok(list)
}

impl Filter {
    /// As the statement of a whole program has it.
    fn takes(&self, t: &Booked) -> bool {
        self.reason.as_ref().is_none_or(|reason| *reason == t.reason)
            && self.account.is_none_or(|kind| t.legs.iter().any(|(account, _)| account.kind == kind))
            && self.from.is_none_or(|from| from <= t.booked_at)
            && self.to.is_none_or(|to| t.booked_at < to)
    }
}

/// One page of a bucket's transactions, each with the digest of its row as it stands.
pub(super) async fn journal_page(
    tx: &mut Tx,
    bucket: Bucket,
    after: i64,
    limit: i64,
) -> Result<Vec<(TransactionId, RowDigest)>, DbError> {
    let page = tx.all(sql!("page_of_bucket"), args![bucket, after, limit]).await?;
    let Some(last) = page.last() else { return Ok(Vec::new()) };
    let mut legs: HashMap<i64, Vec<(Account, Money)>> = HashMap::new();
    for row in tx.all(sql!("legs_between"), args![bucket, after, last.int("id")?]).await? {
        legs.entry(row.int("transaction_id")?).or_default().push((account(&row)?, row.money("amount_fen")?));
    }
    page.iter()
        .map(|row| {
            let id: TransactionId = row.id("id")?;
            let reason = row.text("reason")?;
            Ok((id, digest(id, &facts(row, &reason)?, &legs.remove(&id.raw()).unwrap_or_default())))
        })
        .collect()
}

/// Of a row of `page_of_bucket`.
pub(super) fn facts<'a>(row: &Row, reason: &'a str) -> Result<Facts<'a>, DbError> {
    Ok(Facts {
        program: row.int("program_id")?,
        line: row.id("line_id")?,
        n: row.int("n")?,
        booked_at: row.instant("booked_us")?,
        event_at: row.instant("event_us")?,
        reason,
    })
}
