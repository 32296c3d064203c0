//! Statements of this slice.

use super::attribution::Attributed;
use super::model::{self, Attribution, Line, LineChange, Version};
use super::raw::{Packer, Unpacker};
use crate::ctx::Ctx;
use accounting::Deal;
use infra::args;
use infra::db::{Arg, Col, Conditions, DbError, Row, Tx, containing, look};
use kernel::{
    Bucket, CommunityId, Cursor, Instant, LineId, LineState, Money, ProgramId, PromoterId, Rate, UnionAccountId,
};
use std::collections::{BTreeSet, HashMap};

/// Where a line lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    pub bucket: Bucket,
    pub line: LineId,
    /// This call made it.
    pub new: bool,
}

/// Gives every key its one home, for ever; `wanted` is in key order. Each key's row stays locked until the transaction
/// ends: that is the lock of its line.
pub async fn claim_keys(
    tx: &mut Tx,
    ctx: &Ctx,
    account: UnionAccountId,
    wanted: Vec<(&str, Bucket)>,
) -> Result<HashMap<String, Home>, DbError> {
    const HEAD: &str = "INSERT INTO order_key (bucket, union_account_id, row_key, line_bucket, line_id)";
    const TYPES: [Col; 5] = [Col::Int, Col::Int, Col::Text, Col::Int, Col::Int];
    const KEY: &str = "ON CONFLICT (bucket, union_account_id, row_key) DO NOTHING";
    // The change that changes nothing locks a row that was there, and has it returned.
    const LOCK: &str = "ON CONFLICT (bucket, union_account_id, row_key) DO UPDATE SET line_bucket = order_key.line_bucket \
         RETURNING row_key, line_bucket, line_id";
    let mut homes: HashMap<String, Home> = HashMap::with_capacity(wanted.len());
    let mut rows = Vec::with_capacity(wanted.len());
    for (key, bucket) in wanted {
        let line: LineId = ctx.ids.next(bucket);
        rows.push(args![Bucket::of_key(account.raw(), key), account, key, bucket, line]);
        homes.insert(key.to_owned(), Home { bucket, line, new: true });
    }
    if tx.bulk(HEAD, &TYPES, rows.clone(), KEY).await? == homes.len() as u64 {
        return Ok(homes);
    }
    for row in &tx.bulk_returning(HEAD, &TYPES, rows, LOCK).await? {
        let (key, bucket, line) = (row.text("row_key")?, row.bucket("line_bucket")?, row.id("line_id")?);
        let new = homes.get(&key).is_some_and(|home| home.line == line);
        homes.insert(key, Home { bucket, line, new });
    }
    Ok(homes)
}

/// The line, locked (by its key's row) until the transaction ends.
pub async fn lock(tx: &mut Tx, id: LineId) -> Result<Option<Line>, DbError> {
    let Some(line) = find(tx, id).await? else { return Ok(None) };
    let key = args![Bucket::of_key(line.union_account.raw(), &line.row_key), line.union_account, &line.row_key];
    tx.one(sql!("lock_key"), key).await?;
    find(tx, id).await
}

pub async fn find(tx: &mut Tx, id: LineId) -> Result<Option<Line>, DbError> {
    tx.one(sql!("find"), args![id.bucket(), id]).await?.as_ref().map(line).transpose()
}

/// Lines by id.
pub async fn find_all(tx: &mut Tx, ids: Vec<LineId>) -> Result<HashMap<LineId, Line>, DbError> {
    let ids: BTreeSet<LineId> = ids.into_iter().collect();
    let rows = tx.all_of(sql!("find_all"), ids.into_iter().map(|id| args![id.bucket(), id]).collect()).await?;
    rows.iter().map(|row| line(row).map(|line| (line.id, line))).collect()
}

pub(crate) fn line(row: &Row) -> Result<Line, DbError> {
    let attribution = row.text("attribution")?;
    let categories = [row.int("category1")?, row.int("category2")?, row.int("category3")?];
    Ok(Line {
        id: row.id("id")?,
        bucket: row.bucket("bucket")?,
        program: program(row.int("program_id")?),
        union_account: row.id("union_account_id")?,
        row_key: row.text("row_key")?,
        order_no: row.text("order_no")?,
        parent_no: row.opt_text("parent_no")?,
        version: Version {
            modified_at: row.instant("modified_us")?,
            fetched_at: row.instant("fetched_us")?,
            content: row.bytes("content_hash")?,
        },
        state: row.state("state")?,
        raw_status: row.text("raw_status")?,
        needs_review: row.flag("needs_review")?,
        defects: row.text("defects")?,
        ordered_at: row.instant("ordered_us")?,
        finished_at: row.opt_instant("finished_us")?,
        item_key: row.text("item_key")?,
        sku_key: row.opt_text("sku_key")?,
        title: row.text("title")?,
        quantity: row.int("quantity")?,
        returned: row.int("returned")?,
        unit_price: row.money("unit_price_fen")?,
        estimated_base: row.money("estimated_base_fen")?,
        estimated_fee: row.money("estimated_fee_fen")?,
        actual_base: row.money("actual_base_fen")?,
        actual_fee: row.money("actual_fee_fen")?,
        commission_rate: row.opt_int("commission_rate_ppm")?.and_then(|ppm| Rate::try_from_ppm(ppm).ok()),
        categories: categories.into_iter().filter(|c| *c != 0).collect(),
        tracking: row.text("tracking")?,
        position: row.text("position")?,
        settle_on: row.text("settle_on")?,
        settled: row.money("settled_fen")?,
        attribution: Attribution::from_word(&attribution)
            .ok_or_else(|| DbError::Shape(format!("attribution `{attribution}`")))?,
        evidence: row.text("evidence")?,
        promoter: row.opt_id("promoter_id")?,
        inviter: row.opt_id("inviter_id")?,
        community: row.opt_id("community_id")?,
        self_purchase: row.flag("self_purchase")?,
        plan_line: row.opt_id("plan_line_id")?,
        direct: row.rate("direct_ppm")?,
        inviter_rate: row.rate("inviter_ppm")?,
        direct_held: row.flag("direct_held")?,
        inviter_held: row.flag("inviter_held")?,
        assigned_by: row.opt_id("assigned_by")?,
        first_seen_at: row.instant("first_seen_us")?,
    })
}

fn program(raw: i64) -> Option<ProgramId> {
    (raw != 0).then(|| ProgramId::from_raw(raw))
}

/// Columns in the order of [`values`].
const INSERT: &str = "INSERT INTO order_line (bucket, id, program_id, union_account_id, row_key, order_no, parent_no, \
    modified_us, fetched_us, content_hash, state, raw_status, needs_review, defects, ordered_us, finished_us, item_key, \
    sku_key, title, quantity, returned, unit_price_fen, estimated_base_fen, estimated_fee_fen, actual_base_fen, \
    actual_fee_fen, commission_rate_ppm, category1, category2, category3, tracking, position, settle_on, settled_fen, \
    attribution, evidence, promoter_id, inviter_id, community_id, self_purchase, plan_line_id, direct_ppm, inviter_ppm, \
    direct_held, inviter_held, assigned_by, first_seen_us, version)";

const TYPES: [Col; 48] = {
    use Col::{Bytes as B, Int as I, Text as T};
    [
        I, I, I, I, T, T, T, //
        I, I, B, T, T, I, T, I, I, T, //
        T, T, I, I, I, I, I, I, //
        I, I, I, I, I, T, T, T, I, //
        T, T, I, I, I, I, I, I, I, //
        I, I, I, I, I,
    ]
};

fn values(line: &Line) -> Vec<Arg> {
    let category = |at: usize| line.categories.get(at).copied().unwrap_or(0);
    args![
        line.bucket,
        line.id,
        line.program.map_or(0, ProgramId::raw),
        line.union_account,
        &line.row_key,
        &line.order_no,
        line.parent_no.clone(),
        line.version.modified_at,
        line.version.fetched_at,
        line.version.content.clone(),
        line.state,
        &line.raw_status,
        line.needs_review,
        &line.defects,
        line.ordered_at,
        line.finished_at,
        &line.item_key,
        line.sku_key.clone(),
        &line.title,
        line.quantity,
        line.returned,
        line.unit_price,
        line.estimated_base,
        line.estimated_fee,
        line.actual_base,
        line.actual_fee,
        line.commission_rate,
        category(0),
        category(1),
        category(2),
        &line.tracking,
        &line.position,
        &line.settle_on,
        line.settled,
        line.attribution.word(),
        &line.evidence,
        line.promoter,
        line.inviter,
        line.community,
        line.self_purchase,
        line.plan_line,
        line.direct,
        line.inviter_rate,
        line.direct_held,
        line.inviter_held,
        line.assigned_by,
        line.first_seen_at,
        1i64,
    ]
}

/// Of a line that was there: everything that a report may change in the lists that it stands in, and nothing else. Most
/// reports change no more, and an index of what stays need not be touched.
const REPORTED: &str = "ON CONFLICT (bucket, id) DO UPDATE SET parent_no = excluded.parent_no, \
    modified_us = excluded.modified_us, fetched_us = excluded.fetched_us, content_hash = excluded.content_hash, \
    state = excluded.state, raw_status = excluded.raw_status, needs_review = excluded.needs_review, \
    defects = excluded.defects, finished_us = excluded.finished_us, sku_key = excluded.sku_key, \
    title = excluded.title, quantity = excluded.quantity, returned = excluded.returned, \
    unit_price_fen = excluded.unit_price_fen, estimated_base_fen = excluded.estimated_base_fen, \
    estimated_fee_fen = excluded.estimated_fee_fen, actual_base_fen = excluded.actual_base_fen, \
    actual_fee_fen = excluded.actual_fee_fen, commission_rate_ppm = excluded.commission_rate_ppm, \
    position = excluded.position, settle_on = excluded.settle_on, version = order_line.version + 1";

/// The rest, where the line moved.
const MOVED: &str = "ON CONFLICT (bucket, id) DO UPDATE SET program_id = excluded.program_id, \
    order_no = excluded.order_no, ordered_us = excluded.ordered_us, item_key = excluded.item_key, \
    category1 = excluded.category1, category2 = excluded.category2, category3 = excluded.category3, \
    tracking = excluded.tracking, attribution = excluded.attribution, evidence = excluded.evidence, \
    promoter_id = excluded.promoter_id, inviter_id = excluded.inviter_id, community_id = excluded.community_id, \
    self_purchase = excluded.self_purchase, plan_line_id = excluded.plan_line_id, direct_ppm = excluded.direct_ppm, \
    inviter_ppm = excluded.inviter_ppm, direct_held = excluded.direct_held, inviter_held = excluded.inviter_held, \
    assigned_by = excluded.assigned_by";

/// What a report leaves as it was, nearly always.
fn has_moved(change: &LineChange) -> bool {
    let Some(before) = &change.before else { return false };
    let after = &change.after;
    // `before` with everything of `after` that REPORTED writes is `after`, or something else changed.
    let reported = Line {
        parent_no: after.parent_no.clone(),
        version: after.version.clone(),
        state: after.state,
        raw_status: after.raw_status.clone(),
        needs_review: after.needs_review,
        defects: after.defects.clone(),
        finished_at: after.finished_at,
        sku_key: after.sku_key.clone(),
        title: after.title.clone(),
        quantity: after.quantity,
        returned: after.returned,
        unit_price: after.unit_price,
        estimated_base: after.estimated_base,
        estimated_fee: after.estimated_fee,
        actual_base: after.actual_base,
        actual_fee: after.actual_fee,
        commission_rate: after.commission_rate,
        position: after.position.clone(),
        settle_on: after.settle_on.clone(),
        ..before.clone()
    };
    reported != *after
}

/// New lines and changed ones, which are locked.
pub async fn write(tx: &mut Tx, changes: &[LineChange]) -> Result<(), DbError> {
    let (new, known): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.before.is_none());
    let rows = |list: &[&LineChange]| list.iter().map(|change| values(&change.after)).collect();
    tx.bulk(INSERT, &TYPES, rows(&new), "").await?;
    tx.bulk(INSERT, &TYPES, rows(&known), REPORTED).await?;
    let moved: Vec<_> = known.into_iter().filter(|change| has_moved(change)).collect();
    tx.bulk(INSERT, &TYPES, rows(&moved), MOVED).await?;
    Ok(())
}

/// The same content, seen again later.
pub async fn stamp(tx: &mut Tx, seen: &[(LineId, Version)]) -> Result<(), DbError> {
    let keys = seen.iter().map(|(id, v)| args![id.bucket(), *id, v.modified_at, v.fetched_at]).collect();
    tx.all_of(sql!("stamp"), keys).await.map(|_| ())
}

/// Keeps accepted reports as they came.
pub async fn keep_raw<'a>(tx: &mut Tx, raws: impl Iterator<Item = (&'a Line, &'a str)>) -> Result<(), DbError> {
    let mut packer = Packer::try_new()?;
    let mut rows = Vec::new();
    for (line, raw) in raws {
        rows.push(args![line.bucket, line.id, line.version.modified_at, line.version.fetched_at, packer.pack(raw)?]);
    }
    tx.bulk(
        "INSERT INTO order_raw (bucket, line_id, modified_us, fetched_us, raw)",
        &[Col::Int, Col::Int, Col::Int, Col::Int, Col::Bytes],
        rows,
        "ON CONFLICT (bucket, line_id, modified_us, fetched_us) DO UPDATE SET raw = excluded.raw",
    )
    .await
    .map(|_| ())
}

/// The accepted reports of a line, newest first, at most 100: (modified, fetched, text).
pub async fn raws(tx: &mut Tx, id: LineId) -> Result<Vec<(Instant, Instant, String)>, DbError> {
    let rows = tx.all(sql!("raws"), args![id.bucket(), id]).await?;
    let mut unpacker = Unpacker::try_new()?;
    rows.iter()
        .map(|row| Ok((row.instant("modified_us")?, row.instant("fetched_us")?, unpacker.unpack(&row.bytes("raw")?)?)))
        .collect()
}

/// What the books of a line depend on, with its newest report as it came (packed), for verification.
#[derive(Clone, Debug)]
pub struct Booked {
    pub id: LineId,
    pub program: Option<ProgramId>,
    pub union_account: UnionAccountId,
    pub state: LineState,
    pub estimated_fee: Money,
    pub actual_fee: Money,
    pub settled: Money,
    pub promoter: Option<PromoterId>,
    pub inviter: Option<PromoterId>,
    pub deal: Deal,
    pub raw: Option<Vec<u8>>,
}

/// One page of a bucket's lines, in the order of ids.
pub async fn books_of_bucket(tx: &mut Tx, bucket: Bucket, after: i64, limit: i64) -> Result<Vec<Booked>, DbError> {
    let rows = tx.all(sql!("books_of_bucket"), args![bucket, after, limit]).await?;
    rows.iter()
        .map(|row| {
            let (promoter, inviter) = (row.opt_id("promoter_id")?, row.opt_id("inviter_id")?);
            let rates = (row.rate("direct_ppm")?, row.rate("inviter_ppm")?);
            Ok(Booked {
                id: row.id("id")?,
                program: program(row.int("program_id")?),
                union_account: row.id("union_account_id")?,
                state: row.state("state")?,
                estimated_fee: row.money("estimated_fee_fen")?,
                actual_fee: row.money("actual_fee_fen")?,
                settled: row.money("settled_fen")?,
                promoter,
                inviter,
                deal: model::deal(promoter, row.flag("direct_held")?, inviter, row.flag("inviter_held")?, rates),
                raw: row.opt_bytes("raw")?,
            })
        })
        .collect()
}

/// Puts a decision into the line.
pub fn freeze(line: &mut Line, decided: Attributed) {
    line.attribution = decided.how;
    line.evidence = decided.evidence;
    line.program = decided.program;
    line.community = decided.community;
    line.self_purchase = decided.self_purchase;
    line.plan_line = decided.plan_line;
    line.promoter = decided.deal.direct().map(|p| p.promoter);
    line.direct_held = decided.deal.direct().is_some_and(|p| p.held);
    line.inviter = decided.deal.inviter().map(|p| p.promoter);
    line.inviter_held = decided.deal.inviter().is_some_and(|p| p.held);
    line.direct = decided.deal.terms().direct();
    line.inviter_rate = decided.deal.terms().inviter();
}

/// Adds an entry of a closed month to S, once per entry key; `false` if it was there already.
pub async fn add_settled(
    tx: &mut Tx,
    line: &Line,
    entry_key: &str,
    amount: Money,
    now: Instant,
) -> Result<bool, DbError> {
    let added = tx.run(sql!("add_settled_entry"), args![line.bucket, line.id, entry_key, amount, now]).await?;
    if added == 1 {
        tx.run(sql!("add_settled"), args![line.bucket, line.id, amount]).await?;
    }
    Ok(added == 1)
}

/// The amount of an entry that is there.
pub async fn settled_entry(tx: &mut Tx, line: &Line, entry_key: &str) -> Result<Option<Money>, DbError> {
    let row = tx.one(sql!("settled_entry"), args![line.bucket, line.id, entry_key]).await?;
    row.map(|row| row.money("amount_fen")).transpose()
}

/// Filters of the orders list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<String>,
    pub promoter: Option<PromoterId>,
    pub order_no: Option<String>,
    pub review: bool,
    pub attribution: Option<Attribution>,
    pub community: Option<CommunityId>,
    /// The union's own key of the item.
    pub item_key: Option<String>,
    /// Part of the title, in whichever case.
    pub text: Option<String>,
    /// Ordered in `[from, to)`.
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

/// Newest order first, one page of one program (`None`: the unassigned inbox of `account`), and where the next begins.
/// Every filter has its index but the title: with that, a page looks at no more than [`infra::db::LOOK_MAX`] lines, so
/// that it may be short and still not be the last.
pub async fn list(
    tx: &mut Tx,
    program: Option<ProgramId>,
    account: Option<UnionAccountId>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<Line>, Option<Cursor>), DbError> {
    let after = Cursor::newest(after, filter.to);
    let from = filter.from.unwrap_or_default();
    let program = program.map_or(0, ProgramId::raw);
    let mut filters = Conditions::after(args![program, after.sort, after.id, from, limit]);
    filters.maybe("union_account_id = ?", account);
    filters.maybe("state = ?", filter.state.as_ref());
    filters.maybe("promoter_id = ?", filter.promoter);
    filters.maybe("order_no = ?", filter.order_no.as_ref());
    filters.maybe("community_id = ?", filter.community);
    filters.maybe("item_key = ?", filter.item_key.as_ref());
    match filter.attribution {
        // Said twice so that the index of what is not the rule can serve it.
        Some(how) if how != Attribution::Code => {
            filters.and("attribution = ? AND attribution <> 'code'", args![how.word()]);
        }
        how => filters.maybe("attribution = ?", how.map(Attribution::word)),
    }
    if filter.review {
        filters.and("needs_review = 1", vec![]);
    }
    let mut end = None;
    if let Some(text) = &filter.text {
        end = look(tx, sql!("list_look"), 5, &filters).await?;
        if let Some(end) = end {
            filters.and("(ordered_us, id) >= (?, ?)", args![end.sort, end.id]);
        }
        filters.and("LOWER(title /*pg: COLLATE \"C\" */) LIKE ? ESCAPE '!'", args![containing(text)]);
    }
    let (text, args) = filters.within(sql!("list"));
    let lines: Vec<Line> = tx.all_built(text, args).await?.iter().map(line).collect::<Result<_, _>>()?;
    let last = lines.last().filter(|_| lines.len() as u64 == u64::from(limit));
    let next = last.map(|l| Cursor { sort: l.ordered_at.micros(), id: l.id.raw() }).or(end);
    Ok((lines, next))
}

/// Lines of a bucket in the order of their ids, for verification.
pub async fn page_of_bucket(tx: &mut Tx, bucket: Bucket, after: i64, rows: i64) -> Result<Vec<Line>, DbError> {
    tx.all(sql!("page_of_bucket"), args![bucket, after, rows]).await?.iter().map(line).collect()
}

/// S of the lines of a bucket by their entries, for verification: (line, sum).
pub async fn settled_sums(tx: &mut Tx, bucket: Bucket) -> Result<HashMap<LineId, Money>, DbError> {
    let rows = tx.all(sql!("settled_sums"), args![bucket]).await?;
    rows.iter().map(|row| Ok((row.id("line_id")?, row.money("amount_fen")?))).collect()
}

/// How far an account's orders have been pulled completely.
pub async fn watermark(tx: &mut Tx, account: UnionAccountId) -> Result<Option<Instant>, DbError> {
    tx.one(sql!("watermark"), args![account]).await?.map(|row| row.instant("watermark_us")).transpose()
}

/// How the pulls of an account are going.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFeed {
    pub account: UnionAccountId,
    pub watermark: Instant,
    pub pulled_at: Option<Instant>,
    /// Of the newest pull, where it failed.
    pub last_error: Option<String>,
}

/// Of every account that was ever pulled; at most 200.
pub async fn feeds(tx: &mut Tx) -> Result<Vec<OrderFeed>, DbError> {
    let rows = tx.all(sql!("feeds"), vec![]).await?;
    rows.iter()
        .map(|row| {
            Ok(OrderFeed {
                account: row.id("union_account_id")?,
                watermark: row.instant("watermark_us")?,
                pulled_at: row.opt_instant("pulled_at_us")?,
                last_error: row.opt_text("last_error")?,
            })
        })
        .collect()
}

/// The round of the slow sweep that is under way, or was last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Where it goes on (the union's cursor); `None` when it is over.
    pub walk: Option<String>,
    pub begun_at: Instant,
    /// Rounds finished.
    pub rounds: i64,
    pub finished_at: Option<Instant>,
}

pub async fn sweep(tx: &mut Tx, account: UnionAccountId) -> Result<Option<Sweep>, DbError> {
    let row = tx.one(sql!("sweep"), args![account]).await?;
    row.map(|row| {
        Ok(Sweep {
            walk: row.opt_text("walk")?,
            begun_at: row.instant("begun_at_us")?,
            rounds: row.int("rounds")?,
            finished_at: row.opt_instant("finished_at_us")?,
        })
    })
    .transpose()
}

pub async fn put_sweep(tx: &mut Tx, account: UnionAccountId, sweep: &Sweep) -> Result<(), DbError> {
    let args = args![account, sweep.walk.clone(), sweep.begun_at, sweep.rounds, sweep.finished_at];
    tx.run(sql!("put_sweep"), args).await.map(|_| ())
}

/// Lines ordered since a moment that somebody should look at, counted up to `at_most`, and when the oldest was ordered.
pub async fn count_to_review(
    tx: &mut Tx,
    program: ProgramId,
    since: Instant,
    at_most: i64,
) -> Result<(i64, Option<Instant>), DbError> {
    counted(tx.one(sql!("count_to_review"), args![program, since, at_most]).await?)
}

/// As [`count_to_review`]: lines that are worth something and that no program can claim.
pub async fn count_stray(
    tx: &mut Tx,
    account: UnionAccountId,
    since: Instant,
    at_most: i64,
) -> Result<(i64, Option<Instant>), DbError> {
    counted(tx.one(sql!("count_stray"), args![account, since, at_most]).await?)
}

fn counted(row: Option<Row>) -> Result<(i64, Option<Instant>), DbError> {
    row.map_or(Ok((0, None)), |row| Ok((row.int("n")?, row.opt_instant("since_us")?)))
}

/// Raises the watermark; it never falls.
pub async fn raise_watermark(tx: &mut Tx, account: UnionAccountId, to: Instant, now: Instant) -> Result<(), DbError> {
    tx.run(sql!("raise_watermark"), args![account, to, now]).await.map(|_| ())
}

pub async fn note_pull_error(tx: &mut Tx, account: UnionAccountId, error: &str) -> Result<(), DbError> {
    let error: String = error.chars().take(500).collect();
    tx.run(sql!("note_pull_error"), args![account, error]).await.map(|_| ())
}
