//! The books as a beancount file, for an auditor of one's own choice. `bean-check` accepts it: every transaction
//! balances, and every account ends in an assertion with `~ 0` (without it a fen too much would pass).

use super::store::account;
use accounting::{Account, Root};
use infra::args;
use infra::db::{DbError, Tx};
use kernel::{Bucket, Instant, LineId, Money, TransactionId, Zone};
use std::collections::BTreeMap;
use std::io::Write;
use tokio::io::{AsyncWrite, AsyncWriteExt};

const PAGE: i64 = 1000;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the export cannot be written: {0}")]
    Write(#[from] std::io::Error),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Writes everything that a snapshot sees; how many transactions. Dates are those of booking, in `zone`.
pub async fn beancount(
    tx: &mut Tx,
    zone: &Zone,
    out: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64, ExportError> {
    // A page at a time: what is written here waits for its reader.
    let mut page = Vec::new();
    let span = tx.one(sql!("first_and_last"), vec![]).await?;
    let span =
        span.map(|row| Ok::<_, DbError>((row.opt_instant("first_us")?, row.opt_instant("last_us")?))).transpose()?;
    writeln!(page, "; Daogou books. Dates are those of booking in {}; amounts in yuan, debit positive.", zone.name())?;
    writeln!(page, "option \"title\" \"Daogou\"")?;
    writeln!(page, "option \"operating_currency\" \"CNY\"")?;
    writeln!(page, "option \"inferred_tolerance_default\" \"CNY:0\"\n")?;
    let Some((Some(first), Some(last))) = span else {
        out.write_all(&page).await?;
        out.flush().await?;
        return Ok(0);
    };
    let accounts = tx.all(sql!("accounts"), vec![]).await?;
    for row in &accounts {
        writeln!(page, "{} open {} CNY", first.local_date(zone), account_name(account(row)?))?;
    }
    writeln!(page)?;
    out.write_all(&page).await?;
    let mut count = 0;
    for bucket in Bucket::all() {
        count += bucket_transactions(tx, bucket, zone, out).await?;
    }
    // A beancount balance is that of the beginning of its day: the day after the last booking, also where days of a
    // zone are 25 hours long.
    let closing = last.plus_days(1).local_date(zone);
    let closing = if closing == last.local_date(zone) { last.plus_days(2).local_date(zone) } else { closing };
    page.clear();
    for row in &accounts {
        writeln!(page, "{closing} balance {} {} ~ 0 CNY", account_name(account(row)?), row.money("balance_fen")?)?;
    }
    out.write_all(&page).await?;
    out.flush().await?;
    Ok(count)
}

async fn bucket_transactions(
    tx: &mut Tx,
    bucket: Bucket,
    zone: &Zone,
    out: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64, ExportError> {
    let (mut after, mut count, mut text) = (0i64, 0, Vec::new());
    loop {
        let page = tx.all(sql!("page_of_bucket"), args![bucket, after, PAGE]).await?;
        let Some(last) = page.last() else { return Ok(count) };
        let last = last.int("id")?;
        let mut legs: BTreeMap<i64, Vec<(Account, Money)>> = BTreeMap::new();
        for row in tx.all(sql!("legs_between"), args![bucket, after, last]).await? {
            legs.entry(row.int("transaction_id")?).or_default().push((account(&row)?, row.money("amount_fen")?));
        }
        text.clear();
        for row in &page {
            let id: TransactionId = row.id("id")?;
            let line: LineId = row.id("line_id")?;
            let booked: Instant = row.instant("booked_us")?;
            writeln!(text, "{} * \"{}\" ^{line}", booked.local_date(zone), row.text("reason")?.replace('"', "'"))?;
            writeln!(text, "  id: \"{id}\"")?;
            writeln!(text, "  event: \"{}\"", row.instant("event_us")?.local(zone))?;
            for (account, amount) in legs.remove(&id.raw()).unwrap_or_default() {
                writeln!(text, "  {:<60} {:>14} CNY", account_name(account), amount.yuan())?;
            }
            writeln!(text)?;
            count += 1;
        }
        out.write_all(&text).await?;
        after = last;
    }
}

/// `person.waiting` of a promoter → `Liabilities:Person:PRM-0B7…:Waiting`.
fn account_name(account: Account) -> String {
    let root = match account.kind.root() {
        Root::Assets => "Assets",
        Root::Liabilities => "Liabilities",
        Root::Income => "Income",
    };
    let owner = match account.owner_text() {
        nobody if account.owner == 0 => capitalised(&nobody),
        id => id.to_uppercase().replace('_', "-"),
    };
    let mut words = account.kind.name().split('.').map(capitalised);
    let family = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    format!("{root}:{family}:{owner}:{}", rest.join(":"))
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
