//! Statements of this slice.

use super::feed::Feed;
use super::history::Point;
use super::model::{Product, ProductState};
use super::rules;
use crate::programs::LINKS_EPOCH;
use connectors::unions::Category;
use infra::args;
use infra::db::{Arg, Col, DbError, Row, Tx};
use infra::epoch;
use kernel::{Bucket, Cursor, Instant, Money, Rate, UnionAccountId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows of one transaction at the most.
pub const PAGE_ROWS_MAX: usize = 500;
/// Words of a search; the parameters of the statement.
pub const TERMS_MAX: usize = 6;
/// Feeds of an account in a list.
pub const FEEDS_MAX: u32 = 200;
/// Numbers have 36 bits, six of which are the bucket.
const SEQUENCE_MAX: i64 = (1 << 30) - 1;

pub(crate) fn product(row: &Row) -> Result<Product, DbError> {
    let state = row.text("state")?;
    Ok(Product {
        number: u64::try_from(row.int("number")?).map_err(|_| DbError::Shape("product number".into()))?,
        union_account: row.id("union_account_id")?,
        item_key: row.text("item_key")?,
        sku_key: row.opt_text("sku_key")?,
        title: row.text("title")?,
        brand: row.text("brand")?,
        shop: row.text("shop")?,
        self_run: row.flag("self_run")?,
        categories: [row.int("category1")?, row.int("category2")?, row.int("category3")?],
        category_name: row.text("category_name")?,
        image_url: row.opt_text("image_url")?,
        material_url: row.text("material_url")?,
        list_price: row.money("list_fen")?,
        promo_price: row.money("promo_fen")?,
        coupon: row.money("coupon_fen")?,
        coupon_threshold: row.money("coupon_threshold_fen")?,
        coupon_link: row.opt_text("coupon_link")?,
        coupon_from: row.opt_instant("coupon_from_us")?,
        coupon_until: row.opt_instant("coupon_until_us")?,
        final_price: row.money("final_fen")?,
        rate: row.rate("rate_ppm")?,
        commission: row.money("commission_fen")?,
        sales_30_days: row.opt_int("sales_30_days")?,
        good_comments: row.opt_int("good_comments_ppm")?.and_then(|ppm| Rate::try_from_ppm(ppm).ok()),
        delivered_by_union: row.flag("delivered_by_union")?,
        in_stock: row.opt_int("in_stock")?.map(|n| n != 0),
        forbidden_surfaces: row.text("forbidden_surfaces")?.split_whitespace().filter_map(|n| n.parse().ok()).collect(),
        state: ProductState::from_word(&state).ok_or_else(|| DbError::Shape(format!("product state {state}")))?,
        first_seen: row.instant("first_seen_us")?,
        seen_at: row.instant("seen_at_us")?,
    })
}

/// By the number in a share code.
pub async fn by_number(tx: &mut Tx, number: u64) -> Result<Option<Product>, DbError> {
    let Ok(stored) = i64::try_from(number) else { return Ok(None) };
    let args = args![Bucket::from_low_bits(number), stored];
    tx.one(sql!("by_number"), args).await?.as_ref().map(product).transpose()
}

/// By the union's own key of the item.
pub async fn by_item(tx: &mut Tx, account: UnionAccountId, item_key: &str) -> Result<Option<Product>, DbError> {
    let args = args![Bucket::of_key(account.raw(), item_key), account, item_key];
    tx.one(sql!("by_item"), args).await?.as_ref().map(product).transpose()
}

/// Products by number.
pub async fn by_numbers(tx: &mut Tx, numbers: Vec<u64>) -> Result<HashMap<u64, Product>, DbError> {
    let numbers: BTreeSet<u64> = numbers.into_iter().collect();
    let key = |number: u64| args![Bucket::from_low_bits(number), i64::try_from(number).unwrap_or(-1)];
    let rows = tx.all_of(sql!("by_numbers"), numbers.into_iter().map(key).collect()).await?;
    rows.iter().map(|row| product(row).map(|p| (p.number, p))).collect()
}

/// Products by the union's own keys of the items.
pub async fn by_items(
    tx: &mut Tx,
    items: Vec<(UnionAccountId, String)>,
) -> Result<HashMap<(UnionAccountId, String), Product>, DbError> {
    let items: BTreeSet<(UnionAccountId, String)> = items.into_iter().collect();
    let key = |(account, key): (UnionAccountId, String)| args![Bucket::of_key(account.raw(), &key), account, key];
    let rows = tx.all_of(sql!("by_items"), items.into_iter().map(key).collect()).await?;
    rows.iter().map(|row| product(row).map(|p| ((p.union_account, p.item_key.clone()), p))).collect()
}

/// What writing a page did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Products that nobody had seen before.
    pub new: u64,
    /// Known ones of which anything but the time of sight changed.
    pub changed: u64,
}

/// Writes what an account showed: at most [`PAGE_ROWS_MAX`] products, each key once, their numbers and `first_seen` not
/// yet known. New keys get numbers; a row that was seen later than this one stays; a ban stays.
///
/// Locks are taken in the order counters, products, each by key: two writers of the same products wait, never block
/// each other for good.
pub async fn put(tx: &mut Tx, products: &[Product]) -> Result<Written, DbError> {
    let mut sorted: BTreeMap<(Bucket, String), Product> = BTreeMap::new();
    for product in products {
        let bucket = Bucket::of_key(product.union_account.raw(), &product.item_key);
        sorted.insert((bucket, product.item_key.clone()), Product { number: 0, ..product.clone() });
    }
    if sorted.len() > PAGE_ROWS_MAX {
        return Err(DbError::Shape(format!("{} products in one transaction", sorted.len())));
    }
    let mut changed = Vec::new();
    let mut unnumbered: BTreeMap<Bucket, i64> = BTreeMap::new();
    for ((bucket, key), product) in &mut sorted {
        match by_item(tx, product.union_account, key).await? {
            Some(before) => {
                if differs(&before, product) {
                    changed.push(before.number);
                }
                product.number = before.number;
            }
            None => *unnumbered.entry(*bucket).or_default() += 1,
        }
    }
    let mut free = take_numbers(tx, &unnumbered).await?;
    let mut fresh = Vec::new();
    for ((bucket, _), product) in sorted.iter_mut().filter(|(_, p)| p.number == 0) {
        let next = free.get_mut(bucket).ok_or_else(|| DbError::Shape("no product number".into()))?;
        product.number = number(*next, *bucket)?;
        *next += 1;
        fresh.push(product.number);
    }
    let rows = sorted.iter().map(|((bucket, _), product)| values(*bucket, product)).collect();
    let mut written = Written::default();
    let mut points = Vec::new();
    for row in tx.bulk_returning(INSERT, &TYPES, rows, UPSERT).await? {
        let key = (row.bucket("bucket")?, row.text("item_key")?);
        if let Some(product) = sorted.get(&key) {
            points.push((key.0, row.int("number")?, product));
        }
        let number = u64::try_from(row.int("number")?).unwrap_or_default();
        // Whoever lost the race for a key keeps the winner's number and its own is never used.
        written.new += u64::from(fresh.contains(&number));
        written.changed += u64::from(changed.contains(&number));
    }
    put_points(tx, points).await?;
    Ok(written)
}

/// Keeps what was on offer as the last of its day.
async fn put_points(tx: &mut Tx, points: Vec<(Bucket, i64, &Product)>) -> Result<(), DbError> {
    let mut rows = Vec::with_capacity(points.len());
    for (bucket, number, product) in points {
        let p = Point::of(product).map_err(|e| DbError::Shape(e.to_string()))?;
        rows.push(args![
            bucket,
            number,
            p.day,
            p.list_price,
            p.promo_price,
            p.coupon,
            p.final_price,
            p.rate,
            p.commission,
            p.sales_30_days
        ]);
    }
    tx.bulk(
        "INSERT INTO product_point (bucket, number, day, list_fen, promo_fen, coupon_fen, final_fen, rate_ppm, \
         commission_fen, sales_30_days)",
        &[Col::Int; 10],
        rows,
        "ON CONFLICT (bucket, number, day) DO UPDATE SET list_fen = excluded.list_fen, promo_fen = excluded.promo_fen, \
         coupon_fen = excluded.coupon_fen, final_fen = excluded.final_fen, rate_ppm = excluded.rate_ppm, \
         commission_fen = excluded.commission_fen, sales_30_days = excluded.sales_30_days",
    )
    .await
    .map(|_| ())
}

/// The days of a product from one on, oldest first.
pub async fn history(tx: &mut Tx, number: u64, from: i64) -> Result<Vec<Point>, DbError> {
    let stored = i64::try_from(number).unwrap_or(-1);
    let rows = tx.all(sql!("history"), args![Bucket::from_low_bits(number), stored, from]).await?;
    rows.iter()
        .map(|row| {
            Ok(Point {
                day: row.int("day")?,
                list_price: row.money("list_fen")?,
                promo_price: row.money("promo_fen")?,
                coupon: row.money("coupon_fen")?,
                final_price: row.money("final_fen")?,
                rate: row.rate("rate_ppm")?,
                commission: row.money("commission_fen")?,
                sales_30_days: row.opt_int("sales_30_days")?,
            })
        })
        .collect()
}

/// Days before one: at most `rows` of a bucket.
pub async fn purge_points(tx: &mut Tx, bucket: Bucket, before: i64, rows: i64) -> Result<u64, DbError> {
    tx.run(sql!("purge_points"), args![bucket, before, rows]).await
}

/// Whether the union shows anything else than it did.
fn differs(before: &Product, seen: &Product) -> bool {
    let state = if before.state == ProductState::Banned { ProductState::Banned } else { seen.state };
    let same = Product {
        number: before.number,
        first_seen: before.first_seen,
        seen_at: before.seen_at,
        state,
        ..seen.clone()
    };
    same != *before
}

/// The first of so many numbers in each bucket, before the bucket's bits. Taken numbers are never given again, also
/// where the products that they were taken for are not written in the end.
async fn take_numbers(tx: &mut Tx, wanted: &BTreeMap<Bucket, i64>) -> Result<BTreeMap<Bucket, i64>, DbError> {
    let rows = wanted.iter().map(|(bucket, count)| args![*bucket, "product", 1 + *count]).collect();
    let taken = tx
        .bulk_returning(
            "INSERT INTO counter (bucket, name, next)",
            &[Col::Int, Col::Text, Col::Int],
            rows,
            "ON CONFLICT (bucket, name) DO UPDATE SET next = counter.next + excluded.next - 1 RETURNING bucket, next",
        )
        .await?;
    let mut first = BTreeMap::new();
    for row in &taken {
        let bucket = row.bucket("bucket")?;
        first.insert(bucket, row.int("next")? - wanted.get(&bucket).copied().unwrap_or_default());
    }
    Ok(first)
}

fn number(sequence: i64, bucket: Bucket) -> Result<u64, DbError> {
    if !(1..=SEQUENCE_MAX).contains(&sequence) {
        return Err(DbError::Shape(format!("no product numbers are left in bucket {}", bucket.number())));
    }
    u64::try_from(sequence << 6 | i64::from(bucket.number())).map_err(|_| DbError::Shape("product number".into()))
}

/// Columns in the order of [`values`].
const INSERT: &str = "INSERT INTO product (bucket, number, union_account_id, item_key, sku_key, title, search_text, \
    brand, shop, self_run, category1, category2, category3, category_name, image_url, material_url, list_fen, \
    promo_fen, coupon_fen, coupon_threshold_fen, coupon_link, coupon_from_us, coupon_until_us, final_fen, rate_ppm, \
    commission_fen, sales_30_days, good_comments_ppm, delivered_by_union, in_stock, forbidden_surfaces, state, \
    first_seen_us, seen_at_us)";

const UPSERT: &str = "ON CONFLICT (bucket, union_account_id, item_key) DO UPDATE SET sku_key = excluded.sku_key, \
    title = excluded.title, search_text = excluded.search_text, brand = excluded.brand, shop = excluded.shop, \
    self_run = excluded.self_run, category1 = excluded.category1, category2 = excluded.category2, \
    category3 = excluded.category3, category_name = excluded.category_name, image_url = excluded.image_url, \
    material_url = excluded.material_url, list_fen = excluded.list_fen, promo_fen = excluded.promo_fen, \
    coupon_fen = excluded.coupon_fen, coupon_threshold_fen = excluded.coupon_threshold_fen, \
    coupon_link = excluded.coupon_link, coupon_from_us = excluded.coupon_from_us, \
    coupon_until_us = excluded.coupon_until_us, final_fen = excluded.final_fen, rate_ppm = excluded.rate_ppm, \
    commission_fen = excluded.commission_fen, sales_30_days = excluded.sales_30_days, \
    good_comments_ppm = excluded.good_comments_ppm, delivered_by_union = excluded.delivered_by_union, \
    in_stock = excluded.in_stock, forbidden_surfaces = excluded.forbidden_surfaces, \
    state = CASE WHEN product.state = 'banned' THEN 'banned' ELSE excluded.state END, \
    seen_at_us = excluded.seen_at_us \
    WHERE excluded.seen_at_us >= product.seen_at_us RETURNING bucket, item_key, number";

const TYPES: [Col; 34] = {
    use Col::{Int as I, Text as T};
    [
        I, I, I, T, T, T, T, //
        T, T, I, I, I, I, T, T, T, I, //
        I, I, I, T, I, I, I, I, //
        I, I, I, I, I, T, T, //
        I, I,
    ]
};

fn values(bucket: Bucket, p: &Product) -> Vec<Arg> {
    let surfaces: Vec<String> = p.forbidden_surfaces.iter().map(i64::to_string).collect();
    args![
        bucket,
        i64::try_from(p.number).unwrap_or(-1),
        p.union_account,
        &p.item_key,
        p.sku_key.clone(),
        &p.title,
        rules::search_text(p),
        &p.brand,
        &p.shop,
        p.self_run,
        p.categories[0],
        p.categories[1],
        p.categories[2],
        &p.category_name,
        p.image_url.clone(),
        &p.material_url,
        p.list_price,
        p.promo_price,
        p.coupon,
        p.coupon_threshold,
        p.coupon_link.clone(),
        p.coupon_from,
        p.coupon_until,
        p.final_price,
        p.rate,
        p.commission,
        p.sales_30_days,
        p.good_comments,
        p.delivered_by_union,
        p.in_stock.map(i64::from),
        surfaces.join(" "),
        p.state.word(),
        p.first_seen,
        p.seen_at,
    ]
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Seen,
    /// The price as it was when the product was seen.
    Final,
    Rate,
    Commission,
}

impl Sort {
    pub const ALL: [Sort; 4] = [Sort::Seen, Sort::Final, Sort::Rate, Sort::Commission];

    pub const fn word(self) -> &'static str {
        match self {
            Sort::Seen => "seen",
            Sort::Final => "final",
            Sort::Rate => "rate",
            Sort::Commission => "commission",
        }
    }

    pub fn from_word(word: &str) -> Option<Sort> {
        Sort::ALL.into_iter().find(|s| s.word() == word)
    }

    const fn column(self) -> &'static str {
        match self {
            Sort::Seen => "seen_at_us",
            Sort::Final => "final_fen",
            Sort::Rate => "rate_ppm",
            Sort::Commission => "commission_fen",
        }
    }

    fn value(self, product: &Product) -> i64 {
        match self {
            Sort::Seen => product.seen_at.micros(),
            Sort::Final => product.final_price.fen(),
            Sort::Rate => product.rate.ppm(),
            Sort::Commission => product.commission.fen(),
        }
    }
}

/// Which products, in which order.
#[derive(Clone, Debug)]
pub struct Query {
    /// Of [`rules::patterns`], at most [`TERMS_MAX`]; all must be contained.
    pub patterns: Vec<String>,
    /// Of any level.
    pub category: Option<i64>,
    /// Bounds on the final price of now, both included.
    pub price_from: Option<Money>,
    pub price_to: Option<Money>,
    pub rate_from: Option<Rate>,
    /// Only with a coupon that is not over.
    pub coupon: bool,
    pub self_run: Option<bool>,
    pub state: ProductState,
    pub sort: Sort,
    pub ascending: bool,
    pub after: Option<Cursor>,
    pub limit: u32,
}

impl Default for Query {
    fn default() -> Query {
        Query {
            patterns: Vec::new(),
            category: None,
            price_from: None,
            price_to: None,
            rate_from: None,
            coupon: false,
            self_run: None,
            state: ProductState::OnSale,
            sort: Sort::Seen,
            ascending: false,
            after: None,
            limit: kernel::PAGE_DEFAULT,
        }
    }
}

/// One page of several accounts' products and the cursor of the next page. Each account's page comes from its own index;
/// the pages are merged here.
pub async fn list(
    tx: &mut Tx,
    accounts: &[UnionAccountId],
    query: &Query,
    now: Instant,
) -> Result<(Vec<Product>, Option<Cursor>), DbError> {
    let one_more = Query { limit: query.limit.saturating_add(1), ..query.clone() };
    let mut found = Vec::new();
    for account in accounts {
        found.extend(list_for(tx, *account, &one_more, now).await?);
    }
    let key = |p: &Product| (query.sort.value(p), p.number);
    found.sort_by(|a, b| if query.ascending { key(a).cmp(&key(b)) } else { key(b).cmp(&key(a)) });
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| Cursor { sort: query.sort.value(last), id: i64::try_from(last.number).unwrap_or(i64::MAX) });
    Ok((found, next))
}

/// At most `query.limit` products of one account.
pub async fn list_for(
    tx: &mut Tx,
    account: UnionAccountId,
    query: &Query,
    now: Instant,
) -> Result<Vec<Product>, DbError> {
    if query.patterns.len() > TERMS_MAX {
        return Err(DbError::Shape(format!("{} words in a search", query.patterns.len())));
    }
    let edge = if query.ascending { i64::MIN } else { i64::MAX };
    let after = query.after.unwrap_or(Cursor { sort: edge, id: edge });
    let mut args = args![
        account,
        query.state.word(),
        after.sort,
        after.id,
        query.limit,
        query.category,
        query.price_from,
        query.price_to,
        query.rate_from,
        query.coupon,
        query.self_run.map(i64::from),
        now
    ];
    args.extend((0..TERMS_MAX).map(|at| Arg::from(query.patterns.get(at).cloned())));
    tx.all_built(list_text(query.sort, query.ascending), args).await?.iter().map(product).collect()
}

/// The one text of `list` in one of its eight orders; only our own words are put in.
pub fn list_text(sort: Sort, ascending: bool) -> String {
    let text = sql!("list").replace("/*sort*/seen_at_us", sort.column());
    match ascending {
        true => text.replace("/*past*/<", ">").replace("/*way*/DESC", "ASC"),
        false => text,
    }
}

/// All products of an account, in any state.
pub async fn count(tx: &mut Tx, account: UnionAccountId) -> Result<i64, DbError> {
    tx.one(sql!("count"), args![account]).await?.map_or(Ok(0), |row| row.int("n"))
}

/// What is on sale and was not seen for the longest time.
pub async fn oldest_seen(tx: &mut Tx, account: UnionAccountId, at_most: u32) -> Result<Vec<Product>, DbError> {
    tx.all(sql!("oldest_seen"), args![account, at_most]).await?.iter().map(product).collect()
}

/// Withdraws products that nobody has seen since they were read; how many.
pub async fn withdraw(tx: &mut Tx, products: &[Product]) -> Result<u64, DbError> {
    let bucket = |p: &Product| Bucket::from_low_bits(p.number);
    let mut sorted: Vec<&Product> = products.iter().collect();
    // The order of locks is that of `put`.
    sorted.sort_by(|a, b| (bucket(a), &a.item_key).cmp(&(bucket(b), &b.item_key)));
    let mut withdrawn = 0;
    for product in sorted {
        let args = args![bucket(product), i64::try_from(product.number).unwrap_or(-1), product.seen_at];
        withdrawn += tx.run(sql!("withdraw"), args).await?;
    }
    Ok(withdrawn)
}

/// Moves a product from the state that it was read in; false where somebody else was faster.
pub async fn move_state(tx: &mut Tx, product: &Product, to: ProductState) -> Result<bool, DbError> {
    let number = i64::try_from(product.number).unwrap_or(-1);
    let args = args![Bucket::from_low_bits(product.number), number, product.state.word(), to.word()];
    if tx.run(sql!("move_state"), args).await? != 1 {
        return Ok(false);
    }
    epoch::rise(tx, LINKS_EPOCH).await?;
    Ok(true)
}

/// How far the walk over a feed is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedProgress {
    pub feed: String,
    pub next_page: i64,
    pub started_at: Instant,
    /// `None`: the walk goes on at `next_page`.
    pub finished_at: Option<Instant>,
    /// Products in the pages read.
    pub seen: i64,
    pub last_error: Option<String>,
}

/// Feeds of an account, the one begun last first, at most [`FEEDS_MAX`].
pub async fn feeds(tx: &mut Tx, account: UnionAccountId) -> Result<Vec<FeedProgress>, DbError> {
    let rows = tx.all(sql!("feeds"), args![account, FEEDS_MAX]).await?;
    rows.iter()
        .map(|row| {
            Ok(FeedProgress {
                feed: row.text("feed")?,
                next_page: row.int("next_page")?,
                started_at: row.instant("started_at_us")?,
                finished_at: row.opt_instant("finished_at_us")?,
                seen: row.int("seen")?,
                last_error: row.opt_text("last_error")?,
            })
        })
        .collect()
}

/// The page at which a walk over a feed goes on.
pub async fn begin_feed(tx: &mut Tx, account: UnionAccountId, feed: &Feed, now: Instant) -> Result<u32, DbError> {
    let row = tx.one(sql!("begin_feed"), args![account, feed.to_string(), now]).await?;
    let page = row.ok_or_else(|| DbError::Shape("no feed".into()))?.int("next_page")?;
    u32::try_from(page).map_err(|_| DbError::Shape(format!("page {page} of a feed")))
}

/// Notes that a page was written; `finished` where it was the last. False where another sync has turned it already.
pub async fn turn_page(
    tx: &mut Tx,
    account: UnionAccountId,
    feed: &Feed,
    page: u32,
    seen: u64,
    finished: Option<Instant>,
) -> Result<bool, DbError> {
    let next = if finished.is_some() { 1 } else { i64::from(page) + 1 };
    let seen = i64::try_from(seen).unwrap_or(i64::MAX);
    let args = args![account, feed.to_string(), page, next, seen, finished];
    Ok(tx.run(sql!("turn_page"), args).await? == 1)
}

pub async fn note_feed_error(tx: &mut Tx, account: UnionAccountId, feed: &Feed, error: &str) -> Result<(), DbError> {
    tx.run(sql!("note_feed_error"), args![account, feed.to_string(), error]).await.map(|_| ())
}

/// Writes children of a category (0 for the top), at most [`PAGE_ROWS_MAX`] of them, each id once.
pub async fn put_categories(
    tx: &mut Tx,
    union_code: &str,
    grade: u8,
    parent: i64,
    rows: &[Category],
) -> Result<(), DbError> {
    let sorted: BTreeMap<i64, &str> = rows.iter().map(|c| (c.id, c.name.as_str())).collect();
    let rows = sorted.into_iter().map(|(id, name)| args![union_code, id, i64::from(grade), parent, name]).collect();
    tx.bulk(
        "INSERT INTO category (union_code, id, grade, parent_id, name)",
        &[Col::Text, Col::Int, Col::Int, Col::Int, Col::Text],
        rows,
        "ON CONFLICT (union_code, id) DO UPDATE SET grade = excluded.grade, parent_id = excluded.parent_id, \
         name = excluded.name",
    )
    .await
    .map(|_| ())
}
