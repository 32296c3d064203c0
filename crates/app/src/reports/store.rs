use super::roll_up::Moved;
use crate::commission::OrderChanged;
use infra::args;
use infra::db::{Col, DbError, Tx};
use kernel::{Bucket, Instant, ProgramId, PromoterId, UnionAccountId};

/// Sums of one program and day of order; amounts in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayTotal {
    /// Day as counted by `Zone::day`.
    pub day: i64,
    pub lines: i64,
    pub gmv_fen: i64,
    pub fee_fen: i64,
    pub direct_fen: i64,
    pub inviter_fen: i64,
    pub platform_fen: i64,
    /// Lines that the union confirmed.
    pub confirmed: i64,
}

impl DayTotal {
    pub(super) fn add(&mut self, fact: &OrderChanged) -> Result<(), DbError> {
        let sum = |a: i64, b: i64| a.checked_add(b).ok_or_else(|| DbError::Shape("a daily total overflows".into()));
        self.lines = sum(self.lines, fact.lines)?;
        self.gmv_fen = sum(self.gmv_fen, fact.sale_fen)?;
        self.fee_fen = sum(self.fee_fen, fact.fee_fen)?;
        self.direct_fen = sum(self.direct_fen, fact.direct_fen)?;
        self.inviter_fen = sum(self.inviter_fen, fact.inviter_fen)?;
        self.platform_fen = sum(self.platform_fen, fact.platform_fen)?;
        self.confirmed = sum(self.confirmed, fact.confirmed)?;
        Ok(())
    }
}

/// Sums of one place in a roll-up; amounts in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub lines: i64,
    pub gmv_fen: i64,
    pub fee_fen: i64,
}

impl Sums {
    pub(super) fn add(&mut self, other: &Sums) -> Result<(), DbError> {
        let sum = |a: i64, b: i64| a.checked_add(b).ok_or_else(|| DbError::Shape("a total overflows".into()));
        self.lines = sum(self.lines, other.lines)?;
        self.gmv_fen = sum(self.gmv_fen, other.gmv_fen)?;
        self.fee_fen = sum(self.fee_fen, other.fee_fen)?;
        Ok(())
    }
}

/// Adds deltas, table by table, each in the order of its key.
pub(super) async fn add(tx: &mut Tx, bucket: Bucket, moved: &Moved) -> Result<(), DbError> {
    use Col::{Int as I, Text as T};
    let days = moved.days.iter().map(|((program, day), t)| {
        args![
            bucket,
            *program,
            *day,
            t.lines,
            t.gmv_fen,
            t.fee_fen,
            t.direct_fen,
            t.inviter_fen,
            t.platform_fen,
            t.confirmed
        ]
    });
    tx.bulk(
        "INSERT INTO day_total (bucket, program_id, day, lines, gmv_fen, fee_fen, direct_fen, inviter_fen, platform_fen, confirmed)",
        &[I; 10],
        days.collect(),
        "ON CONFLICT (bucket, program_id, day) DO UPDATE SET lines = day_total.lines + excluded.lines, \
         gmv_fen = day_total.gmv_fen + excluded.gmv_fen, fee_fen = day_total.fee_fen + excluded.fee_fen, \
         direct_fen = day_total.direct_fen + excluded.direct_fen, \
         inviter_fen = day_total.inviter_fen + excluded.inviter_fen, \
         platform_fen = day_total.platform_fen + excluded.platform_fen, \
         confirmed = day_total.confirmed + excluded.confirmed",
    )
    .await?;
    let minutes =
        moved.minutes.iter().map(|((program, minute), t)| args![bucket, *program, *minute, t.lines, t.gmv_fen]);
    tx.bulk(
        "INSERT INTO minute_total (bucket, program_id, minute, lines, gmv_fen)",
        &[I; 5],
        minutes.collect(),
        "ON CONFLICT (bucket, program_id, minute) DO UPDATE SET lines = minute_total.lines + excluded.lines, \
         gmv_fen = minute_total.gmv_fen + excluded.gmv_fen",
    )
    .await?;
    let products = moved.products.iter().map(|((program, day, account, key), (title, t))| {
        args![bucket, *program, *day, *account, key, title, t.lines, t.gmv_fen, t.fee_fen]
    });
    tx.bulk(
        "INSERT INTO product_total (bucket, program_id, day, union_account_id, item_key, title, lines, gmv_fen, fee_fen)",
        &[I, I, I, I, T, T, I, I, I],
        products.collect(),
        "ON CONFLICT (bucket, program_id, day, union_account_id, item_key) DO UPDATE SET title = excluded.title, \
         lines = product_total.lines + excluded.lines, gmv_fen = product_total.gmv_fen + excluded.gmv_fen, \
         fee_fen = product_total.fee_fen + excluded.fee_fen",
    )
    .await?;
    let promoters = moved
        .promoters
        .iter()
        .map(|((program, day, promoter), t)| args![bucket, *program, *day, *promoter, t.lines, t.gmv_fen, t.fee_fen]);
    tx.bulk(
        "INSERT INTO promoter_total (bucket, program_id, day, promoter_id, lines, gmv_fen, fee_fen)",
        &[I; 7],
        promoters.collect(),
        "ON CONFLICT (bucket, program_id, day, promoter_id) DO UPDATE SET \
         lines = promoter_total.lines + excluded.lines, gmv_fen = promoter_total.gmv_fen + excluded.gmv_fen, \
         fee_fen = promoter_total.fee_fen + excluded.fee_fen",
    )
    .await?;
    let cities =
        moved.cities.iter().map(|((program, day, tier), t)| args![bucket, *program, *day, *tier, t.lines, t.gmv_fen]);
    tx.bulk(
        "INSERT INTO city_total (bucket, program_id, day, tier, lines, gmv_fen)",
        &[I, I, I, T, I, I],
        cities.collect(),
        "ON CONFLICT (bucket, program_id, day, tier) DO UPDATE SET lines = city_total.lines + excluded.lines, \
         gmv_fen = city_total.gmv_fen + excluded.gmv_fen",
    )
    .await
    .map(|_| ())
}

/// Forgets minutes from before one, a few at a time.
pub(super) async fn purge_minutes(tx: &mut Tx, bucket: Bucket, before: i64) -> Result<(), DbError> {
    tx.run(sql!("purge_minutes"), args![bucket, before]).await.map(|_| ())
}

/// How large a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub promoters: i64,
    /// Closed ones apart.
    pub communities: i64,
    /// Members of those communities, as stated.
    pub reach: i64,
    pub counted_at: Instant,
}

pub async fn size(tx: &mut Tx, program: ProgramId) -> Result<Option<Size>, DbError> {
    tx.one(sql!("size"), args![program]).await?.map(|row| size_of(&row)).transpose()
}

fn size_of(row: &infra::db::Row) -> Result<Size, DbError> {
    Ok(Size {
        promoters: row.int("promoters")?,
        communities: row.int("communities")?,
        reach: row.int("reach")?,
        counted_at: row.instant("counted_at_us")?,
    })
}

/// Counts: slow at size, so never while somebody waits for a page.
pub(super) async fn count_size(tx: &mut Tx, program: ProgramId, now: Instant) -> Result<Size, DbError> {
    let row = tx.one(sql!("count_size"), args![program, now]).await?;
    size_of(&row.ok_or_else(|| DbError::Shape("no counts".into()))?)
}

pub(super) async fn put_size(tx: &mut Tx, program: ProgramId, size: &Size) -> Result<(), DbError> {
    let args = args![program, size.promoters, size.communities, size.reach, size.counted_at];
    tx.run(sql!("put_size"), args).await.map(|_| ())
}

/// Days `[from, to]` of a program, oldest first; at most 400.
pub async fn days(tx: &mut Tx, program: ProgramId, from: i64, to: i64) -> Result<Vec<DayTotal>, DbError> {
    tx.all(sql!("days"), args![program, from, to]).await?.iter().map(day_total).collect()
}

/// Totals over all time per program, with the unassigned under program 0.
pub async fn totals(tx: &mut Tx) -> Result<Vec<(i64, DayTotal)>, DbError> {
    let rows = tx.all(sql!("totals"), vec![]).await?;
    rows.iter().map(|row| Ok((row.int("program_id")?, day_total(row)?))).collect()
}

/// How large an installation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Live ones.
    pub programs: i64,
    pub promoters: i64,
    /// Closed ones apart.
    pub communities: i64,
    /// On sale.
    pub products: i64,
}

pub async fn counts(tx: &mut Tx) -> Result<Counts, DbError> {
    let Some(row) = tx.one(sql!("counts"), vec![]).await? else { return Ok(Counts::default()) };
    Ok(Counts {
        programs: row.int("programs")?,
        promoters: row.int("promoters")?,
        communities: row.int("communities")?,
        products: row.int("products")?,
    })
}

/// Clicks by class, from the click log.
pub async fn clicks_by_class(clicks: &mut Tx) -> Result<Vec<(String, i64)>, DbError> {
    let rows = clicks.all(sql!("clicks_by_class"), vec![]).await?;
    rows.iter().map(|row| Ok((row.text("class")?, row.int("n")?))).collect()
}

/// Days `[from, to]` over all programs and the unassigned, oldest first.
pub async fn all_days(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<DayTotal>, DbError> {
    tx.all(sql!("all_days"), args![from, to]).await?.iter().map(day_total).collect()
}

/// Minutes `[from, to)`, oldest first: (minute, lines, GMV in fen). `None`: all programs and the unassigned.
pub async fn minutes(
    tx: &mut Tx,
    program: Option<ProgramId>,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let rows = match program {
        Some(program) => tx.all(sql!("minutes"), args![program, from, to]).await?,
        None => tx.all(sql!("all_minutes"), args![from, to]).await?,
    };
    rows.iter().map(|row| Ok((row.int("minute")?, row.int("lines")?, row.int("gmv_fen")?))).collect()
}

/// A product among the best of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopProduct {
    pub account: UnionAccountId,
    pub item_key: String,
    pub title: String,
    pub sums: Sums,
}

/// Best of days `[from, to]` by GMV, at most ten.
pub async fn top_products(
    tx: &mut Tx,
    program: Option<ProgramId>,
    from: i64,
    to: i64,
) -> Result<Vec<TopProduct>, DbError> {
    let rows = match program {
        Some(program) => tx.all(sql!("top_products"), args![program, from, to]).await?,
        None => tx.all(sql!("all_top_products"), args![from, to]).await?,
    };
    rows.iter()
        .map(|row| {
            Ok(TopProduct {
                account: row.id("union_account_id")?,
                item_key: row.text("item_key")?,
                title: row.text("title")?,
                sums: sums(row)?,
            })
        })
        .collect()
}

/// Best promoters of days `[from, to]` by GMV, at most ten.
pub async fn top_promoters(
    tx: &mut Tx,
    program: Option<ProgramId>,
    from: i64,
    to: i64,
) -> Result<Vec<(PromoterId, Sums)>, DbError> {
    let rows = match program {
        Some(program) => tx.all(sql!("top_promoters"), args![program, from, to]).await?,
        None => tx.all(sql!("all_top_promoters"), args![from, to]).await?,
    };
    rows.iter().map(|row| Ok((row.id("promoter_id")?, sums(row)?))).collect()
}

/// Days `[from, to]` by tier of city: (tier, lines, GMV in fen).
pub async fn cities(
    tx: &mut Tx,
    program: Option<ProgramId>,
    from: i64,
    to: i64,
) -> Result<Vec<(String, i64, i64)>, DbError> {
    let rows = match program {
        Some(program) => tx.all(sql!("cities"), args![program, from, to]).await?,
        None => tx.all(sql!("all_cities"), args![from, to]).await?,
    };
    rows.iter().map(|row| Ok((row.text("tier")?, row.int("lines")?, row.int("gmv_fen")?))).collect()
}

/// One day of each program (raw id; 0: the unassigned).
pub async fn programs_of_day(tx: &mut Tx, day: i64) -> Result<Vec<(i64, DayTotal)>, DbError> {
    let rows = tx.all(sql!("programs_of_day"), args![day]).await?;
    rows.iter().map(|row| Ok((row.int("program_id")?, day_total(row)?))).collect()
}

/// Who joined and what was made in `[from, to)`, by quarters of an hour since 1970: (quarter, promoters, communities).
pub async fn made(
    tx: &mut Tx,
    program: ProgramId,
    from: Instant,
    to: Instant,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let rows = tx.all(sql!("made"), args![program, from, to]).await?;
    rows.iter().map(|row| Ok((row.int("quarter")?, row.int("promoters")?, row.int("communities")?))).collect()
}

fn sums(row: &infra::db::Row) -> Result<Sums, DbError> {
    Ok(Sums { lines: row.int("lines")?, gmv_fen: row.int("gmv_fen")?, fee_fen: row.int("fee_fen")? })
}

fn day_total(row: &infra::db::Row) -> Result<DayTotal, DbError> {
    Ok(DayTotal {
        day: row.int("day")?,
        lines: row.int("lines")?,
        gmv_fen: row.int("gmv_fen")?,
        fee_fen: row.int("fee_fen")?,
        direct_fen: row.int("direct_fen")?,
        inviter_fen: row.int("inviter_fen")?,
        platform_fen: row.int("platform_fen")?,
        confirmed: row.int("confirmed")?,
    })
}

/// When somebody last ordered, to the minute; what is more than two days ago reads as the beginning of time. `None`: never.
pub async fn newest_order(tx: &mut Tx) -> Result<Option<Instant>, DbError> {
    if let Some(row) = tx.one(sql!("newest_minute"), vec![]).await?
        && let Some(minute) = row.opt_int("minute")?
    {
        return Ok(Some(Instant::from_micros(minute * 60_000_000)));
    }
    Ok(tx.one(sql!("any_day"), vec![]).await?.map(|_| Instant::from_micros(0)))
}
