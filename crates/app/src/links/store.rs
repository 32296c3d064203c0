//! Statements of this slice.

use infra::args;
use infra::db::{DbError, Tx};
use kernel::{Bucket, Cursor, Instant, ProgramId, PromoterId, UnionAccountId};

/// A union's link for a share code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    pub url: String,
    /// Why the union's link carries no coupon although there is one.
    pub coupon_dropped: Option<String>,
    pub renew_at: Instant,
}

/// What a conversion is kept under.
pub struct Key<'a> {
    pub bucket: Bucket,
    pub code: &'a str,
    pub coupon: &'a str,
    pub program: ProgramId,
}

pub async fn conversion(tx: &mut Tx, key: &Key<'_>) -> Result<Option<Conversion>, DbError> {
    let row = tx.one(sql!("conversion"), args![key.bucket, key.code, key.coupon, key.program]).await?;
    row.map(|row| {
        Ok(Conversion {
            url: row.text("url")?,
            coupon_dropped: row.opt_text("coupon_dropped")?,
            renew_at: row.instant("renew_at_us")?,
        })
    })
    .transpose()
}

pub async fn put_conversion(
    tx: &mut Tx,
    key: &Key<'_>,
    account: UnionAccountId,
    conversion: &Conversion,
    now: Instant,
) -> Result<(), DbError> {
    let args = args![
        key.bucket,
        key.code,
        key.coupon,
        key.program,
        account,
        &conversion.url,
        conversion.coupon_dropped.clone(),
        now,
        conversion.renew_at
    ];
    tx.run(sql!("put_conversion"), args).await.map(|_| ())
}

/// Links to be renewed before a moment, which nobody did: at most `rows` of a bucket.
pub async fn purge_conversions(tx: &mut Tx, bucket: Bucket, before: Instant, rows: i64) -> Result<u64, DbError> {
    tx.run(sql!("purge_conversions"), args![bucket, before, rows]).await
}

/// From the click log: at most `rows` of a bucket.
pub async fn purge_clicks(clicks: &mut Tx, bucket: Bucket, before: Instant, rows: i64) -> Result<u64, DbError> {
    clicks.run(sql!("purge_clicks"), args![bucket, before, rows]).await
}

/// From the click log: counts before a minute and before a quarter of an hour. A day's run removes a day's rows.
pub async fn purge_click_counts(clicks: &mut Tx, bucket: Bucket, minute: i64, quarter: i64) -> Result<(), DbError> {
    clicks.run(sql!("purge_click_minutes"), args![bucket, minute]).await?;
    clicks.run(sql!("purge_click_quarters"), args![bucket, quarter]).await.map(|_| ())
}

/// Clicks in `[from, to)` by a table's own unit of time: (time, human, others), oldest first.
/// `program` `None`: all programs together.
pub async fn clicks_by_minute(
    clicks: &mut Tx,
    program: Option<ProgramId>,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let rows = match program {
        Some(program) => clicks.all(sql!("click_minutes"), args![program.bucket(), program, from, to]).await?,
        None => clicks.all(sql!("all_click_minutes"), args![from, to]).await?,
    };
    rows.iter().map(|row| Ok((row.int("at")?, row.int("human")?, row.int("others")?))).collect()
}

/// As [`clicks_by_minute`], by quarters of an hour.
pub async fn clicks_by_quarter(
    clicks: &mut Tx,
    program: Option<ProgramId>,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let rows = match program {
        Some(program) => clicks.all(sql!("click_quarters"), args![program.bucket(), program, from, to]).await?,
        None => clicks.all(sql!("all_click_quarters"), args![from, to]).await?,
    };
    rows.iter().map(|row| Ok((row.int("at")?, row.int("human")?, row.int("others")?))).collect()
}

/// Human clicks of each program (raw id) in quarters `[from, to)`.
pub async fn clicks_by_program(clicks: &mut Tx, from: i64, to: i64) -> Result<Vec<(i64, i64)>, DbError> {
    let rows = clicks.all(sql!("program_clicks"), args![from, to]).await?;
    rows.iter().map(|row| Ok((row.int("program_id")?, row.int("n")?))).collect()
}

/// One row of the click log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickRow {
    pub id: i64,
    pub at: Instant,
    pub promoter: PromoterId,
    pub community: i64,
    pub product: i64,
    pub class: String,
    pub surface: String,
    pub agent: String,
}

/// Which clicks a list shows, of `[from, to)`.
#[derive(Clone, Debug)]
pub struct Filter {
    pub class: Option<String>,
    pub promoter: Option<PromoterId>,
    pub from: Instant,
    pub to: Instant,
}

/// Newest first, from the click log.
pub async fn clicks(
    clicks: &mut Tx,
    program: ProgramId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<ClickRow>, DbError> {
    let after = after.unwrap_or(Cursor { sort: i64::MAX, id: i64::MAX });
    let args = args![
        program,
        filter.class.clone(),
        filter.promoter,
        filter.from,
        filter.to,
        after.sort,
        after.id,
        i64::from(limit)
    ];
    let rows = clicks.all(sql!("clicks"), args).await?;
    rows.iter()
        .map(|row| {
            Ok(ClickRow {
                id: row.int("id")?,
                at: row.instant("at_us")?,
                promoter: row.id("promoter_id")?,
                community: row.int("community")?,
                product: row.int("product_number")?,
                class: row.text("class")?,
                surface: row.text("surface")?,
                agent: row.text("agent")?,
            })
        })
        .collect()
}

/// Clicks of each class in `[from, to)`, from the click log.
pub async fn click_counts(
    clicks: &mut Tx,
    program: ProgramId,
    from: Instant,
    to: Instant,
) -> Result<Vec<(String, i64)>, DbError> {
    let rows = clicks.all(sql!("click_counts"), args![program, from, to]).await?;
    rows.iter().map(|row| Ok((row.text("class")?, row.int("n")?))).collect()
}

/// Links converted since a moment without the coupon that was asked for, counted up to `at_most`, and when the first was.
pub async fn count_dropped(
    tx: &mut Tx,
    program: ProgramId,
    since: Instant,
    at_most: i64,
) -> Result<(i64, Option<Instant>), DbError> {
    let row = tx.one(sql!("count_dropped"), args![program, since, at_most]).await?;
    row.map_or(Ok((0, None)), |row| Ok((row.int("n")?, row.opt_instant("since_us")?)))
}
