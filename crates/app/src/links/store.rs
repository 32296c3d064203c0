//! Statements of this slice.

use connectors::unions::Position;
use infra::args;
use infra::db::{Col, Conditions, DbError, Row, Tx, look};
use kernel::{Bucket, Cursor, Instant, ProgramId, PromoterId, UnionAccountId};
use std::collections::{BTreeSet, HashMap};

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

/// What a code says, by which lists find its conversions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Says {
    pub promoter: PromoterId,
    pub product: u64,
    /// Ordinal: 0 none, 1 own purchase.
    pub community: u16,
}

pub async fn put_conversion(
    tx: &mut Tx,
    key: &Key<'_>,
    says: Says,
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
        conversion.renew_at,
        says.promoter,
        i64::try_from(says.product).unwrap_or(-1),
        i64::from(says.community)
    ];
    tx.run(sql!("put_conversion"), args).await.map(|_| ())
}

/// The position that a promoter's links of an account carry.
pub async fn position_of(tx: &mut Tx, account: UnionAccountId, promoter: PromoterId) -> Result<Option<i64>, DbError> {
    tx.one(sql!("position_of"), args![account, promoter]).await?.map(|row| row.int("position_id")).transpose()
}

/// Gives a promoter a free position; `None` where there is none.
pub async fn take_position(
    tx: &mut Tx,
    account: UnionAccountId,
    promoter: PromoterId,
    now: Instant,
) -> Result<Option<i64>, DbError> {
    let row = tx.one(sql!("take_position"), args![account, promoter, now]).await?;
    row.map(|row| row.int("position_id")).transpose()
}

/// Positions that nobody has yet; how many of them are new.
pub async fn add_positions(
    tx: &mut Tx,
    account: UnionAccountId,
    positions: &[Position],
    now: Instant,
) -> Result<u64, DbError> {
    let rows = positions.iter().map(|position| args![account, position.id, &position.name, now]).collect();
    let head = "INSERT INTO promoter_position (union_account_id, position_id, name, made_at_us)";
    let tail = "ON CONFLICT (union_account_id, position_id) DO NOTHING";
    tx.bulk(head, &[Col::Int, Col::Int, Col::Text, Col::Int], rows, tail).await
}

/// Whose links carry these positions; those of nobody are absent. No statement where there are none.
pub async fn promoters_of_positions(
    tx: &mut Tx,
    account: UnionAccountId,
    positions: BTreeSet<&str>,
) -> Result<HashMap<String, PromoterId>, DbError> {
    let numbers = positions.into_iter().filter_map(|position| position.parse::<i64>().ok());
    let rows = tx.all_of(sql!("promoters_of_positions"), numbers.map(|n| args![account, n]).collect()).await?;
    rows.iter().map(|row| Ok((row.int("position_id")?.to_string(), row.id("promoter_id")?))).collect()
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

/// Which clicks a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of [`super::Class`], or [`FILTERED`].
    pub class: Option<String>,
    pub promoter: Option<PromoterId>,
    pub product: Option<i64>,
    /// Ordinal, as in the share code.
    pub community: Option<i64>,
    /// Of `[from, to)`.
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

/// Every class but `human`.
pub const FILTERED: &str = "filtered";

/// Newest first, from the click log, and where the next page begins. Promoter and product have indexes; with the other
/// filters a page looks at no more than [`infra::db::LOOK_MAX`] rows, so that it may be short and still not be the last.
pub async fn clicks(
    clicks: &mut Tx,
    program: ProgramId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<ClickRow>, Option<Cursor>), DbError> {
    let after = Cursor::newest(after, filter.to);
    let from = filter.from.unwrap_or_default();
    let mut filters = Conditions::after(args![program, after.sort, after.id, from, i64::from(limit)]);
    if let Some(promoter) = filter.promoter {
        filters.and("bucket = ? AND promoter_id = ?", args![promoter.bucket(), promoter]);
    }
    filters.maybe("product_number = ?", filter.product);
    let mut end = None;
    if filter.class.is_some() || filter.community.is_some() {
        end = look(clicks, sql!("clicks_look"), 5, &filters).await?;
        if let Some(end) = end {
            filters.and("(at_us, id) >= (?, ?)", args![end.sort, end.id]);
        }
    }
    match filter.class.as_deref() {
        Some(FILTERED) => filters.and("class <> 'human'", vec![]),
        class => filters.maybe("class = ?", class),
    }
    filters.maybe("community = ?", filter.community);
    let (text, args) = filters.within(sql!("clicks"));
    let rows = clicks.all_built(text, args).await?;
    let rows: Vec<ClickRow> = rows.iter().map(click_row).collect::<Result<_, _>>()?;
    let last = rows.last().filter(|_| rows.len() as u64 == u64::from(limit));
    let next = last.map(|row| Cursor { sort: row.at.micros(), id: row.id }).or(end);
    Ok((rows, next))
}

fn click_row(row: &Row) -> Result<ClickRow, DbError> {
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
}

/// Clicks of each class in `[from, to)`, whole quarters of an hour, from the click log.
pub async fn click_counts(
    clicks: &mut Tx,
    program: ProgramId,
    promoter: Option<PromoterId>,
    from: Instant,
    to: Instant,
) -> Result<Vec<(String, i64)>, DbError> {
    let rows = match promoter {
        None => {
            let quarter = |at: Instant| at.seconds().div_euclid(900);
            clicks.all(sql!("click_counts"), args![program.bucket(), program, quarter(from), quarter(to)]).await?
        }
        Some(promoter) => {
            let args = args![promoter.bucket(), promoter, program, from, to];
            clicks.all(sql!("promoter_click_counts"), args).await?
        }
    };
    rows.iter().map(|row| Ok((row.text("class")?, row.int("n")?))).collect()
}

/// A code with the union's link behind it, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    pub code: String,
    pub coupon: String,
    pub says: Says,
    pub coupon_dropped: Option<String>,
    pub converted_at: Instant,
    pub renew_at: Instant,
}

/// Which conversions a list shows.
#[derive(Clone, Debug, Default)]
pub struct LinkFilter {
    pub promoter: Option<PromoterId>,
    /// Its promoter and its place in their share codes.
    pub community: Option<(PromoterId, u16)>,
    pub product: Option<i64>,
    /// Whether the union's link lacks the coupon.
    pub coupon_dropped: Option<bool>,
    /// Converted in `[from, to)`.
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

/// Where a page of links ends: moment, code and coupon of its last row. Codes are texts, so it is no [`Cursor`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkCursor(pub Instant, pub String, pub String);

impl std::fmt::Display for LinkCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.0.micros(), self.1, self.2)
    }
}

impl std::str::FromStr for LinkCursor {
    type Err = kernel::NotACursor;
    fn from_str(text: &str) -> Result<LinkCursor, kernel::NotACursor> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().filter(|p| p.bytes().all(|b| b.is_ascii_alphanumeric()));
        let (at, code, coupon) = (part(), part(), part());
        let at = at.and_then(|at| at.parse().ok()).ok_or(kernel::NotACursor)?;
        let text = |part: Option<&str>| part.map(str::to_owned).ok_or(kernel::NotACursor);
        Ok(LinkCursor(Instant::from_micros(at), text(code)?, text(coupon)?))
    }
}

/// Converted last first, and where the next page begins.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    filter: &LinkFilter,
    after: Option<&LinkCursor>,
    limit: u32,
) -> Result<(Vec<Converted>, Option<LinkCursor>), DbError> {
    let edge = LinkCursor(filter.to.unwrap_or(Instant::from_micros(i64::MAX)), String::new(), String::new());
    let LinkCursor(at, code, coupon) = after.filter(|after| after.0 < edge.0).unwrap_or(&edge);
    let mut filters = Conditions::after(args![program, *at, code, coupon, i64::from(limit)]);
    if let Some(promoter) = filter.promoter {
        filters.and("bucket = ? AND promoter_id = ?", args![promoter.bucket(), promoter]);
    }
    if let Some((promoter, ordinal)) = filter.community {
        let args = args![promoter.bucket(), promoter, i64::from(ordinal)];
        filters.and("bucket = ? AND promoter_id = ? AND community = ?", args);
    }
    filters.maybe("product_number = ?", filter.product);
    match filter.coupon_dropped {
        Some(true) => filters.and("coupon_dropped IS NOT NULL", vec![]),
        Some(false) => filters.and("coupon_dropped IS NULL", vec![]),
        None => {}
    }
    filters.maybe("converted_at_us >= ?", filter.from);
    let (text, args) = filters.within(sql!("list"));
    let rows: Vec<Converted> = tx.all_built(text, args).await?.iter().map(converted).collect::<Result<_, DbError>>()?;
    let last = rows.last().filter(|_| rows.len() as u64 == u64::from(limit));
    let next = last.map(|l| LinkCursor(l.converted_at, l.code.clone(), l.coupon.clone()));
    Ok((rows, next))
}

fn converted(row: &Row) -> Result<Converted, DbError> {
    let number = |column: &str| u64::try_from(row.int(column)?).map_err(|_| DbError::Shape(column.to_owned()));
    let says = Says {
        promoter: row.id("promoter_id")?,
        product: number("product_number")?,
        community: u16::try_from(number("community")?).map_err(|_| DbError::Shape("community ordinal".into()))?,
    };
    Ok(Converted {
        code: row.text("code")?,
        coupon: row.text("coupon_key")?,
        says,
        coupon_dropped: row.opt_text("coupon_dropped")?,
        converted_at: row.instant("converted_at_us")?,
        renew_at: row.instant("renew_at_us")?,
    })
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
