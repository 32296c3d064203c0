//! Writes a page of reports: one home per line, newest report wins, attribution frozen.

use super::BATCH_MAX;
use super::attribution::{Claim, Known, attribute, by_position};
use super::model::{Attribution, Line, LineChange, Version};
use super::rules::{Seen, compare};
use super::store;
use crate::ctx::Ctx;
use crate::programs::UnionAccount;
use connectors::unions::OrderRow;
use infra::db::{DbError, Tx};
use kernel::{Bucket, Instant, LineId, Money, Rate, ShareCode};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a page did, for the log and the progress line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub new: u64,
    pub changed: u64,
    pub same: u64,
}

/// Records at most [`BATCH_MAX`] reports. Returns the lines that are new or changed, for the books.
pub async fn record(
    tx: &mut Tx,
    ctx: &Ctx,
    account: &UnionAccount,
    rows: &[OrderRow],
    fetched_at: Instant,
) -> Result<(Vec<LineChange>, Recorded), DbError> {
    if rows.len() > BATCH_MAX {
        return Err(DbError::Shape(format!("{} order rows in one batch; at most {BATCH_MAX}", rows.len())));
    }
    // The newest of each key, in key order: that is also the order of locks.
    let mut newest: BTreeMap<&str, (Version, &OrderRow)> = BTreeMap::new();
    for row in rows {
        let version = version_of(row, fetched_at);
        match newest.get(row.row_key.as_str()) {
            Some((stored, _)) if compare(stored, &version) != Seen::Newer => {}
            _ => {
                newest.insert(&row.row_key, (version, row));
            }
        }
    }
    let mut known = Known::default();
    let mut wanted = Vec::with_capacity(newest.len());
    for (_, row) in newest.values() {
        wanted.push((row.row_key.as_str(), home(tx, ctx, account, row, &mut known).await?));
    }
    let homes = store::claim_keys(tx, ctx, account.id, wanted).await?;
    let mut changes = Vec::new();
    let mut raws: Vec<(usize, &str)> = Vec::new();
    let mut recorded = Recorded::default();
    for (key, (version, row)) in newest {
        let Some(home) = homes.get(key) else {
            return Err(DbError::Shape(format!("order key {key} was claimed and is not there")));
        };
        let stored = if home.new { None } else { store::lock(tx, home.bucket, home.line).await? };
        match stored {
            None => {
                raws.push((changes.len(), &row.raw));
                let line = first_report(tx, ctx, account, row, version, home.bucket, home.line, &mut known).await?;
                changes.push(LineChange { before: None, after: line, reason: "reported" });
                recorded.new += 1;
            }
            Some(before) => match compare(&before.version, &version) {
                Seen::Newer => {
                    raws.push((changes.len(), &row.raw));
                    let after = next_report(tx, ctx, account, row, version, &before, &mut known).await?;
                    changes.push(LineChange { before: Some(before), after, reason: "reported" });
                    recorded.changed += 1;
                }
                Seen::SameLater => {
                    store::stamp(tx, &before, &version).await?;
                    recorded.same += 1;
                }
                Seen::Older => recorded.same += 1,
            },
        }
    }
    store::write(tx, &changes).await?;
    let raws = raws.iter().filter_map(|(at, raw)| changes.get(*at).map(|change| (&change.after, *raw)));
    store::keep_raw(tx, raws.collect()).await?;
    Ok((changes, recorded))
}

fn version_of(row: &OrderRow, fetched_at: Instant) -> Version {
    Version {
        // A row without its time of modification is as old as can be: any dated report replaces it.
        modified_at: row.modified_at.unwrap_or_default(),
        fetched_at,
        content: Sha256::digest(row.raw.as_bytes())[..16].to_vec(),
    }
}

/// The bucket of the share code, else of whose position it is, else that of the key.
async fn home(
    tx: &mut Tx,
    ctx: &Ctx,
    account: &UnionAccount,
    row: &OrderRow,
    known: &mut Known,
) -> Result<Bucket, DbError> {
    let promoter = match (row.tracking.as_deref(), row.position.as_deref()) {
        (Some(code), _) => ShareCode::parse(code, &ctx.codes).ok().map(|code| code.bucket),
        (None, Some(position)) => by_position(tx, account, position, known).await?.map(|promoter| promoter.id.bucket()),
        (None, None) => None,
    };
    Ok(promoter.unwrap_or_else(|| Bucket::of_key(account.id.raw(), &row.row_key)))
}

#[allow(clippy::too_many_arguments)] // what a first report needs; a struct would only move the list
async fn first_report(
    tx: &mut Tx,
    ctx: &Ctx,
    account: &UnionAccount,
    row: &OrderRow,
    version: Version,
    bucket: Bucket,
    id: LineId,
    known: &mut Known,
) -> Result<Line, DbError> {
    let mut line = unattributed(account, row, version, bucket, id, ctx.now());
    decide(tx, ctx, account, &mut line, known).await?;
    Ok(line)
}

/// The stored line with the new report; attribution again only where the report's own facts about it changed.
async fn next_report(
    tx: &mut Tx,
    ctx: &Ctx,
    account: &UnionAccount,
    row: &OrderRow,
    version: Version,
    before: &Line,
    known: &mut Known,
) -> Result<Line, DbError> {
    let fresh = unattributed(account, row, version, before.bucket, before.id, before.first_seen_at);
    let same_facts = fresh.tracking == before.tracking
        && (!fresh.tracking.is_empty() || fresh.position == before.position)
        && fresh.ordered_at == before.ordered_at
        && fresh.categories == before.categories;
    let mut line = Line {
        settled: before.settled,
        program: before.program,
        attribution: before.attribution,
        evidence: before.evidence.clone(),
        promoter: before.promoter,
        inviter: before.inviter,
        community: before.community,
        self_purchase: before.self_purchase,
        plan_line: before.plan_line,
        direct: before.direct,
        inviter_rate: before.inviter_rate,
        direct_held: before.direct_held,
        inviter_held: before.inviter_held,
        assigned_by: before.assigned_by,
        ..fresh
    };
    // What a person decided stays decided.
    if !same_facts && before.attribution != Attribution::ByHand {
        decide(tx, ctx, account, &mut line, known).await?;
    }
    Ok(line)
}

async fn decide(
    tx: &mut Tx,
    ctx: &Ctx,
    account: &UnionAccount,
    line: &mut Line,
    known: &mut Known,
) -> Result<(), DbError> {
    let categories = line.categories.clone();
    let (tracking, position) = (line.tracking.clone(), line.position.clone());
    let claim =
        Claim { tracking: &tracking, position: &position, ordered_at: line.ordered_at, categories: &categories };
    let decided = attribute(tx, ctx, account, &claim, known).await?;
    store::freeze(line, &decided);
    Ok(())
}

fn unattributed(
    account: &UnionAccount,
    row: &OrderRow,
    version: Version,
    bucket: Bucket,
    id: LineId,
    first_seen_at: Instant,
) -> Line {
    Line {
        id,
        bucket,
        program: None,
        union_account: account.id,
        row_key: row.row_key.clone(),
        order_no: row.order_no.clone(),
        parent_no: row.parent_no.clone(),
        // A row that could not be read in full keeps its order time at the first sight's beginning of time.
        ordered_at: row.ordered_at.unwrap_or_default(),
        version,
        state: row.state,
        raw_status: row.raw_status.clone(),
        needs_review: row.needs_review,
        defects: row.defects.join("; "),
        finished_at: row.finished_at,
        item_key: row.item_key.clone(),
        sku_key: row.sku_key.clone(),
        title: row.title.clone(),
        quantity: row.quantity,
        returned: row.returned,
        unit_price: row.unit_price,
        estimated_base: row.estimated_base,
        estimated_fee: row.estimated_fee,
        actual_base: row.actual_base,
        actual_fee: row.actual_fee,
        commission_rate: row.commission_rate,
        categories: row.categories.iter().copied().filter(|c| *c != 0).take(3).collect(),
        tracking: row.tracking.clone().unwrap_or_default(),
        position: row.position.clone().unwrap_or_default(),
        settle_on: row.settle_on.clone().unwrap_or_default(),
        settled: Money::ZERO,
        attribution: Attribution::NoCode,
        evidence: String::new(),
        promoter: None,
        inviter: None,
        community: None,
        self_purchase: false,
        plan_line: None,
        direct: Rate::ZERO,
        inviter_rate: Rate::ZERO,
        direct_held: false,
        inviter_held: false,
        assigned_by: None,
        first_seen_at,
    }
}
