//! Writes a page of reports: one home per line, newest report wins, attribution frozen.

use super::BATCH_MAX;
use super::attribution::{Claim, Known};
use super::model::{Attribution, Line, LineChange, Version};
use super::rules::{Seen, compare};
use super::store;
use crate::ctx::Ctx;
use crate::links;
use crate::programs::UnionAccount;
use connectors::unions::OrderRow;
use infra::db::{DbError, Tx};
use kernel::{Bucket, Instant, LineId, Money, PromoterId, Rate, ShareCode};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

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
    let stray =
        newest.values().filter(|(_, row)| row.tracking.is_none()).filter_map(|(_, row)| row.position.as_deref());
    let owners = links::store::promoters_of_positions(tx, account.id, stray.collect()).await?;
    let wanted = newest.values().map(|(_, row)| (row.row_key.as_str(), home(ctx, account, row, &owners)));
    let homes = store::claim_keys(tx, ctx, account.id, wanted.collect()).await?;
    let mut stored =
        store::find_all(tx, homes.values().filter(|home| !home.new).map(|home| home.line).collect()).await?;
    let mut recorded = Recorded::default();
    let (mut changes, mut raws, mut stamps) = (Vec::new(), Vec::new(), Vec::new());
    for (key, (version, row)) in newest {
        let Some(home) = homes.get(key) else {
            return Err(DbError::Shape(format!("order key {key} was claimed and is not there")));
        };
        let Some(before) = stored.remove(&home.line) else {
            let after = unattributed(account, row, version, home.bucket, home.line, ctx.now());
            changes.push(LineChange { before: None, after, reason: "reported" });
            raws.push(row.raw.as_str());
            continue;
        };
        match compare(&before.version, &version) {
            Seen::Newer => {
                let after = next_report(account, row, version, &before);
                changes.push(LineChange { before: Some(before), after, reason: "reported" });
                raws.push(&row.raw);
            }
            Seen::SameLater => {
                stamps.push((before.id, version));
                recorded.same += 1;
            }
            Seen::Older => recorded.same += 1,
        }
    }
    recorded.new = changes.iter().filter(|change| change.before.is_none()).count() as u64;
    recorded.changed = changes.len() as u64 - recorded.new;
    decide(tx, ctx, account, &mut changes).await?;
    store::stamp(tx, &stamps).await?;
    store::write(tx, &changes).await?;
    store::keep_raw(tx, changes.iter().map(|change| &change.after).zip(raws)).await?;
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

/// The bucket of the share code, without one of whose position it is, else that of the key.
fn home(ctx: &Ctx, account: &UnionAccount, row: &OrderRow, owners: &HashMap<String, PromoterId>) -> Bucket {
    let named = match (&row.tracking, &row.position) {
        (Some(code), _) => ShareCode::parse(code, &ctx.codes).ok().map(|code| code.bucket),
        (None, Some(position)) => owners.get(position).map(|promoter| promoter.bucket()),
        (None, None) => None,
    };
    named.unwrap_or_else(|| Bucket::of_key(account.id.raw(), &row.row_key))
}

/// The stored line with the new report, whose it was; `decide` says where that is to be found out anew.
fn next_report(account: &UnionAccount, row: &OrderRow, version: Version, before: &Line) -> Line {
    Line {
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
        ..unattributed(account, row, version, before.bucket, before.id, before.first_seen_at)
    }
}

/// Attribution of new lines, and of those of which the report's own facts about it changed. What a person decided stays
/// decided.
async fn decide(tx: &mut Tx, ctx: &Ctx, account: &UnionAccount, changes: &mut [LineChange]) -> Result<(), DbError> {
    let open: Vec<&mut Line> = changes.iter_mut().filter(|change| is_open(change)).map(|c| &mut c.after).collect();
    let known = Known::load(tx, ctx, account, &open.iter().map(|line| claim(line)).collect::<Vec<_>>()).await?;
    for line in open {
        let decided = known.attribute(ctx, &claim(line))?;
        store::freeze(line, decided);
    }
    Ok(())
}

fn claim(line: &Line) -> Claim<'_> {
    // The position counts only where no code came back.
    let position = if line.tracking.is_empty() { line.position.as_str() } else { "" };
    Claim { tracking: &line.tracking, position, ordered_at: line.ordered_at, categories: &line.categories }
}

fn is_open(change: &LineChange) -> bool {
    let Some(before) = &change.before else { return true };
    before.attribution != Attribution::ByHand && claim(before) != claim(&change.after)
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
