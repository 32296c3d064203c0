//! The books as a file of an auditor's own program: beancount or hledger. `bean-check` and `hledger check --strict` accept
//! it: every transaction balances, and every account begins and ends in an assertion, in beancount with `~ 0` (without it a
//! fen too much would pass). A part, a month of some buckets, carries what was there before it, so that files stay small and
//! each can be checked without the others.

use super::store::account;
use accounting::{Account, Root};
use infra::args;
use infra::db::{DbError, Tx};
use kernel::{Bucket, Instant, LineId, Money, Month, TimeError, TransactionId, Zone};
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
    #[error(transparent)]
    Time(#[from] TimeError),
}

/// Whose language the file speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Beancount,
    Hledger,
}

/// Which part of the books: what was booked in a month (`None`: ever), in buckets from the first to the last.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub month: Option<Month>,
    pub first: Bucket,
    pub last: Bucket,
}

impl Part {
    pub fn whole() -> Part {
        let last = Bucket::all().last().unwrap_or(Bucket::ZERO);
        Part { month: None, first: Bucket::ZERO, last }
    }

    fn buckets(self) -> impl Iterator<Item = Bucket> {
        Bucket::all().filter(move |bucket| (self.first..=self.last).contains(bucket))
    }
}

type Sums = BTreeMap<Account, Money>;

/// All books in beancount's language.
pub async fn beancount(
    tx: &mut Tx,
    zone: &Zone,
    out: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64, ExportError> {
    export(tx, Format::Beancount, Part::whole(), zone, out).await
}

/// Writes what a snapshot sees of a part; how many transactions. Dates are those of booking, in `zone`.
pub async fn export(
    tx: &mut Tx,
    format: Format,
    part: Part,
    zone: &Zone,
    out: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64, ExportError> {
    // A page at a time: what is written here waits for its reader.
    let mut page = Vec::new();
    format.head(&mut page, zone)?;
    let (from, before) = match part.month {
        Some(month) => month.borders(zone)?,
        None => (Instant::from_micros(i64::MIN), Instant::from_micros(i64::MAX)),
    };
    let opening = match part.month {
        Some(_) => sums_before(tx, part, from).await?,
        None => Sums::new(),
    };
    let closing = match part.month {
        Some(_) => sums_before(tx, part, before).await?,
        // What the balances themselves say, not what their postings come to.
        None => {
            let rows = tx.all(sql!("accounts"), args![part.first, part.last]).await?;
            rows.iter().map(|row| Ok((account(row)?, row.money("balance_fen")?))).collect::<Result<_, DbError>>()?
        }
    };
    let span = tx.one(sql!("first_and_last"), args![part.first, part.last]).await?;
    let span =
        span.map(|row| Ok::<_, DbError>((row.opt_instant("first_us")?, row.opt_instant("last_us")?))).transpose()?;
    let Some((Some(first), Some(last))) = span.filter(|_| !closing.is_empty()) else {
        out.write_all(&page).await?;
        out.flush().await?;
        return Ok(0);
    };
    // The day before and the day after: a beancount balance is that of the beginning of its day.
    let (eve, begin, end) = match part.month {
        Some(_) => (day_of(from, -1, zone)?, from.local_date(zone), before.local_date(zone)),
        None => (first.local_date(zone), first.local_date(zone), day_of(last, 1, zone)?),
    };
    for account in closing.keys() {
        format.open(&mut page, &eve, *account)?;
    }
    writeln!(page)?;
    format.carry(&mut page, &eve, &begin, &opening)?;
    out.write_all(&page).await?;
    let mut count = 0;
    for bucket in part.buckets() {
        count += bucket_transactions(tx, format, bucket, (from, before), zone, out).await?;
    }
    page.clear();
    format.close(&mut page, &end, &closing)?;
    out.write_all(&page).await?;
    out.flush().await?;
    Ok(count)
}

/// Also where days of a zone are 23 or 25 hours long.
fn day_of(at: Instant, later: i64, zone: &Zone) -> Result<String, TimeError> {
    Ok(zone.day_start(zone.day(at)?.saturating_add(later))?.local_date(zone))
}

async fn sums_before(tx: &mut Tx, part: Part, before: Instant) -> Result<Sums, ExportError> {
    let mut sums = Sums::new();
    for bucket in part.buckets() {
        for row in tx.all(sql!("sums_before"), args![bucket, before]).await? {
            let sum = sums.entry(account(&row)?).or_insert(Money::ZERO);
            let more = sum.checked_add(row.money("balance_fen")?);
            *sum = more.map_err(|e| DbError::Shape(e.to_string()))?;
        }
    }
    Ok(sums)
}

async fn bucket_transactions(
    tx: &mut Tx,
    format: Format,
    bucket: Bucket,
    (from, before): (Instant, Instant),
    zone: &Zone,
    out: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64, ExportError> {
    let (mut after, mut count, mut text) = (0i64, 0, Vec::new());
    loop {
        let page = tx.all(sql!("booked_between"), args![bucket, after, PAGE, from, before]).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(count) };
        let (first, last) = (first.int("id")?, last.int("id")?);
        let mut legs: BTreeMap<i64, Vec<(Account, Money)>> = BTreeMap::new();
        for row in tx.all(sql!("legs_between"), args![bucket, first - 1, last]).await? {
            legs.entry(row.int("transaction_id")?).or_default().push((account(&row)?, row.money("amount_fen")?));
        }
        text.clear();
        for row in &page {
            let id: TransactionId = row.id("id")?;
            let line: LineId = row.id("line_id")?;
            let booked = row.instant("booked_us")?.local_date(zone);
            let event = row.instant("event_us")?.local(zone);
            format.transaction(&mut text, &booked, id, line, &row.text("reason")?, &event)?;
            for (account, amount) in legs.remove(&id.raw()).unwrap_or_default() {
                format.posting(&mut text, account, amount, "")?;
            }
            writeln!(text)?;
            count += 1;
        }
        out.write_all(&text).await?;
        after = last;
    }
}

impl Format {
    fn head(self, page: &mut Vec<u8>, zone: &Zone) -> std::io::Result<()> {
        writeln!(
            page,
            "; Daogou books. Dates are those of booking in {}; amounts in yuan, debit positive.",
            zone.name()
        )?;
        match self {
            Format::Beancount => {
                writeln!(page, "option \"title\" \"Daogou\"")?;
                writeln!(page, "option \"operating_currency\" \"CNY\"")?;
                writeln!(page, "option \"inferred_tolerance_default\" \"CNY:0\"\n")
            }
            Format::Hledger => writeln!(page, "commodity CNY 1000.00\n"),
        }
    }

    fn open(self, page: &mut Vec<u8>, day: &str, account: Account) -> std::io::Result<()> {
        match self {
            Format::Beancount => writeln!(page, "{day} open {} CNY", account_name(account)),
            Format::Hledger => writeln!(page, "account {}", account_name(account)),
        }
    }

    fn transaction(
        self,
        page: &mut Vec<u8>,
        day: &str,
        id: TransactionId,
        line: LineId,
        reason: &str,
        event: &str,
    ) -> std::io::Result<()> {
        match self {
            Format::Beancount => {
                writeln!(page, "{day} * \"{}\" ^{line}\n  id: \"{id}\"\n  event: \"{event}\"", reason.replace('"', "'"))
            }
            // `;` begins a comment there.
            Format::Hledger => {
                writeln!(page, "{day} * ({id}) {}\n    ; line:{line}, event:{event}", reason.replace(';', ","))
            }
        }
    }

    fn posting(self, page: &mut Vec<u8>, account: Account, amount: Money, assertion: &str) -> std::io::Result<()> {
        let name = account_name(account);
        match self {
            Format::Beancount => writeln!(page, "  {name:<60} {:>14} CNY", amount.yuan()),
            Format::Hledger => writeln!(page, "    {name:<60}  CNY {}{assertion}", amount.yuan()),
        }
    }

    /// What was there before, as one transaction, and that it is there when the part begins.
    fn carry(self, page: &mut Vec<u8>, eve: &str, begin: &str, opening: &Sums) -> std::io::Result<()> {
        let carried = || opening.iter().filter(|(_, sum)| **sum != Money::ZERO);
        if carried().next().is_none() {
            return Ok(());
        }
        match self {
            Format::Beancount => writeln!(page, "{eve} * \"carried forward\"")?,
            Format::Hledger => writeln!(page, "{eve} * carried forward")?,
        }
        for (account, sum) in carried() {
            self.posting(page, *account, *sum, &format!(" == CNY {}", sum.yuan()))?;
        }
        writeln!(page)?;
        match self {
            Format::Beancount => self.close(page, begin, opening)?,
            Format::Hledger => {}
        }
        writeln!(page)
    }

    /// What must be there at the beginning of a day.
    fn close(self, page: &mut Vec<u8>, day: &str, sums: &Sums) -> std::io::Result<()> {
        if self == Format::Hledger {
            writeln!(page, "{day} * balances")?;
        }
        for (account, sum) in sums {
            match self {
                Format::Beancount => {
                    writeln!(page, "{day} balance {} {} ~ 0 CNY", account_name(*account), sum.yuan())?;
                }
                Format::Hledger => {
                    self.posting(page, *account, Money::ZERO, &format!(" == CNY {}", sum.yuan()))?;
                }
            }
        }
        Ok(())
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
