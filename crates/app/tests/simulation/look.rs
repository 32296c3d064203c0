//! What stands in the database, read by statements of the simulation's own.

use super::union::Shop;
use super::world::World;
use infra::args;
use infra::db::Tx;
use kernel::{Bucket, LineId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use testkit::model::Balances;

/// Transaction, n, leg, account, owner, fen.
type Row = (i64, i64, i64, String, i64, i64);

const HOMES: &str = "WITH wanted (bucket, account, row_key) AS \
    (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS TEXT)) /*more*/) \
    SELECT k.union_account_id, k.row_key, k.line_bucket, k.line_id FROM wanted w JOIN order_key k \
    ON k.bucket = w.bucket AND k.union_account_id = w.account AND k.row_key = w.row_key";

const JOURNAL: &str = "WITH wanted (bucket, line) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/) \
    SELECT t.line_id, t.id, t.n, p.seq, p.account, p.owner, p.amount_fen, p.line_id AS posted_for \
    FROM wanted w JOIN ledger_transaction t ON t.bucket = w.bucket AND t.line_id = w.line \
    LEFT JOIN ledger_posting p ON p.bucket = t.bucket AND p.transaction_id = t.id";

const BALANCES: &str = "WITH wanted (owner) AS (VALUES (CAST($1 AS BIGINT)) /*more*/) \
    SELECT b.bucket, b.account, b.owner, b.balance_fen, b.postings FROM wanted w \
    JOIN ledger_balance b ON b.owner = w.owner";

const UNASSIGNED: &str = "WITH wanted (bucket) AS (VALUES (CAST($1 AS BIGINT)) /*more*/) \
    SELECT b.bucket, b.account, b.balance_fen FROM wanted w JOIN ledger_balance b ON b.bucket = w.bucket \
    AND b.account IN ('platform.waiting', 'platform.confirmed', 'platform.income.cps') AND b.owner = 0";

/// Where keys have their lines; those without one are left out.
pub async fn homes(
    read: &mut Tx,
    lines: &[usize],
    shop: &Shop,
    world: &World,
) -> Result<HashMap<usize, (Bucket, LineId)>, String> {
    let account = |line: &usize| world.accounts[shop.sold[*line].account].id;
    let key = |line: &usize| {
        let key = shop.sold[*line].key.as_str();
        args![Bucket::of_key(account(line).raw(), key), account(line), key]
    };
    let rows = read.all_of(HOMES, lines.iter().map(key).collect()).await.map_err(|e| e.to_string())?;
    let mut homes = HashMap::new();
    for row in &rows {
        let (owner, key) = (row.int("union_account_id").unwrap(), row.text("row_key").unwrap());
        let line = lines.iter().find(|line| account(line).raw() == owner && shop.sold[**line].key == key);
        homes.insert(*line.unwrap(), (row.bucket("line_bucket").unwrap(), row.id("line_id").unwrap()));
    }
    Ok(homes)
}

/// The journal of lines, transactions without postings included (leg 0).
pub async fn journals(read: &mut Tx, lines: Vec<LineId>) -> Result<HashMap<LineId, Vec<Row>>, String> {
    let keys = lines.into_iter().map(|id| args![id.bucket(), id]).collect();
    let mut journals: HashMap<LineId, BTreeSet<Row>> = HashMap::new();
    for row in read.all_of(JOURNAL, keys).await.map_err(|e| e.to_string())? {
        let line: LineId = row.id("line_id").unwrap();
        let (id, n) = (row.int("id").unwrap(), row.int("n").unwrap());
        let leg = match row.opt_int("seq").unwrap() {
            None => (id, n, 0, String::new(), 0, 0),
            Some(seq) => {
                if row.int("posted_for").unwrap() != line.raw() {
                    return Err(format!("a leg of {line} names another line"));
                }
                let (owner, fen) = (row.int("owner").unwrap(), row.int("amount_fen").unwrap());
                (id, n, seq, row.text("account").unwrap(), owner, fen)
            }
        };
        journals.entry(line).or_default().insert(leg);
    }
    Ok(journals.into_iter().map(|(line, rows)| (line, rows.into_iter().collect())).collect())
}

pub fn transactions(journal: &[Row]) -> usize {
    journal.iter().map(|row| row.0).collect::<BTreeSet<_>>().len()
}

/// Each transaction has legs and sums to zero, they are numbered from 1, what was there is there still, and all of them
/// together are the target.
pub fn journal(line: usize, was: &[Row], now: &[Row], target: &Balances) -> Result<(), String> {
    if now.len() < was.len() || now[..was.len()] != *was {
        return Err(format!("line {line}: journal rows were changed or removed: {was:?}, now {now:?}"));
    }
    let mut sums: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    let mut posted: BTreeMap<(String, i64), i64> = BTreeMap::new();
    let mut people: BTreeSet<i64> = BTreeSet::new();
    for (id, n, leg, account, owner, fen) in now {
        if *leg == 0 {
            return Err(format!("line {line}: transaction {n} has no legs"));
        }
        *sums.entry((*n, *id)).or_default() += fen;
        *posted.entry((account.clone(), *owner)).or_default() += fen;
    }
    if let Some(((n, _), sum)) = sums.iter().find(|(_, sum)| **sum != 0) {
        return Err(format!("line {line}: transaction {n} sums to {sum}"));
    }
    let numbers: Vec<i64> = sums.keys().map(|(n, _)| *n).collect();
    if !numbers.iter().copied().eq(1..=i64::try_from(numbers.len()).unwrap()) {
        return Err(format!("line {line}: its transactions are numbered {numbers:?}"));
    }
    posted.retain(|_, fen| *fen != 0);
    people.extend(posted.keys().filter(|(account, _)| account.starts_with("person.")).map(|(_, owner)| *owner));
    if people.len() > 2 {
        return Err(format!("line {line} pays {} people", people.len()));
    }
    let target: BTreeMap<(String, i64), i64> =
        target.iter().map(|((account, owner), fen)| (((*account).to_owned(), *owner), *fen)).collect();
    if posted != target {
        return Err(format!("line {line}: posted\n  {posted:?}, the model says\n  {target:?}"));
    }
    Ok(())
}

/// Partial balances of these owners with the number of their postings.
pub async fn balances(read: &mut Tx, owners: &[i64]) -> Result<BTreeMap<(Bucket, String, i64), (i64, i64)>, String> {
    let rows = read.all_of(BALANCES, owners.iter().map(|o| args![*o]).collect()).await.map_err(|e| e.to_string())?;
    let balance = |row: &infra::db::Row| {
        let key = (row.bucket("bucket").unwrap(), row.text("account").unwrap(), row.int("owner").unwrap());
        (key, (row.int("balance_fen").unwrap(), row.int("postings").unwrap()))
    };
    Ok(rows.iter().map(balance).collect())
}

/// Balances of lines of nobody in these buckets.
pub async fn unassigned(read: &mut Tx, buckets: &BTreeSet<Bucket>) -> Result<BTreeMap<(Bucket, String), i64>, String> {
    let keys = buckets.iter().map(|b| args![*b]).collect();
    let rows = read.all_of(UNASSIGNED, keys).await.map_err(|e| e.to_string())?;
    let balance = |row: &infra::db::Row| {
        ((row.bucket("bucket").unwrap(), row.text("account").unwrap()), row.int("balance_fen").unwrap())
    };
    Ok(rows.iter().map(balance).collect())
}
