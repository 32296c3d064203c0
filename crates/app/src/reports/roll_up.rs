//! Moves facts into the roll-ups; safe to run twice and side by side.

use super::cities;
use super::store::{self, DayTotal, Sums};
use crate::commission::{ORDER_CHANGED, OrderChanged};
use crate::ctx::Ctx;
use crate::{communities, programs};
use infra::db::{DbError, Tx};
use infra::outbox;
use kernel::{Bucket, CommunityId, Instant, ProgramId, Zone};
use std::collections::{BTreeMap, HashMap};

/// Batches of one bucket in one run at the most; the rest is the next run's.
const BATCHES_MAX: u32 = 100;
/// Sizes of programs are counted again after this time.
const SIZES_SECONDS: i64 = 300;
/// Minutes are kept this long.
const MINUTES_KEPT: i64 = 2 * 24 * 60;

/// Takes all waiting facts; how many.
pub async fn roll_up(ctx: &Ctx) -> Result<u64, DbError> {
    let buckets = outbox::waiting(&mut ctx.db.read().await?, ORDER_CHANGED).await?;
    let mut zones = HashMap::new();
    let mut taken = 0;
    for bucket in buckets {
        for _ in 0..BATCHES_MAX {
            let batch = one_batch(ctx, bucket, &mut zones).await?;
            taken += batch as u64;
            if batch == 0 {
                break;
            }
        }
    }
    count_sizes(ctx).await?;
    Ok(taken)
}

/// What one batch adds, by the keys of the tables.
#[derive(Default)]
pub(super) struct Moved {
    /// (program, day)
    pub days: BTreeMap<(i64, i64), DayTotal>,
    /// (program, minute)
    pub minutes: BTreeMap<(i64, i64), Sums>,
    /// (program, day, union account, item key) and the title.
    pub products: BTreeMap<(i64, i64, i64, String), (String, Sums)>,
    /// (program, day, promoter)
    pub promoters: BTreeMap<(i64, i64, i64), Sums>,
    /// (program, day, tier)
    pub cities: BTreeMap<(i64, i64, &'static str), Sums>,
}

async fn one_batch(ctx: &Ctx, bucket: Bucket, zones: &mut HashMap<i64, Zone>) -> Result<usize, DbError> {
    let mut tx = ctx.db.begin().await?;
    let facts = outbox::take(&mut tx, bucket, ORDER_CHANGED).await?;
    let mut moved = Moved::default();
    let mut tiers: HashMap<i64, &'static str> = HashMap::new();
    let oldest_minute = ctx.now().seconds() / 60 - MINUTES_KEPT;
    let mut changes = Vec::new();
    for (id, payload) in &facts {
        changes.extend(read(payload).map_err(|e| DbError::Shape(format!("fact {id}: {e}")))?);
    }
    for fact in changes {
        let zone = zone_of(&mut tx, fact.program, zones).await?;
        let ordered = Instant::from_micros(fact.ordered_us);
        let day = zone.day(ordered).map_err(|e| DbError::Shape(e.to_string()))?;
        let tier = match tiers.get(&fact.community) {
            Some(tier) => tier,
            None => {
                let tier = tier_of(&mut tx, &fact).await?;
                tiers.insert(fact.community, tier);
                tier
            }
        };
        let sums = Sums { lines: fact.lines, gmv_fen: fact.sale_fen, fee_fen: fact.fee_fen };
        moved.days.entry((fact.program, day)).or_default().add(&fact)?;
        moved.cities.entry((fact.program, day, tier)).or_default().add(&sums)?;
        let minute = ordered.seconds() / 60;
        if minute >= oldest_minute {
            moved.minutes.entry((fact.program, minute)).or_default().add(&sums)?;
        }
        if fact.promoter != 0 {
            moved.promoters.entry((fact.program, day, fact.promoter)).or_default().add(&sums)?;
        }
        if !fact.item_key.is_empty() {
            let key = (fact.program, day, fact.account, fact.item_key);
            moved.products.entry(key).or_insert_with(|| (fact.title, Sums::default())).1.add(&sums)?;
        }
    }
    store::add(&mut tx, bucket, &moved).await?;
    store::purge_minutes(&mut tx, bucket, oldest_minute).await?;
    let ids: Vec<_> = facts.iter().map(|(id, _)| *id).collect();
    outbox::done(&mut tx, bucket, &ids).await?;
    tx.commit().await?;
    Ok(facts.len())
}

/// A list; one alone where an older program said it.
fn read(payload: &str) -> serde_json::Result<Vec<OrderChanged>> {
    if payload.starts_with('[') { serde_json::from_str(payload) } else { Ok(vec![serde_json::from_str(payload)?]) }
}

/// By the city of the community whose link was opened.
async fn tier_of(tx: &mut Tx, fact: &OrderChanged) -> Result<&'static str, DbError> {
    if fact.community == 0 || fact.program == 0 {
        return Ok(cities::UNKNOWN);
    }
    let program = ProgramId::from_raw(fact.program);
    let community = communities::store::find(tx, program, CommunityId::from_raw(fact.community)).await?;
    Ok(community.map_or(cities::UNKNOWN, |c| cities::tier(&c.city)))
}

/// Days are those of the program; of nobody's lines, China's.
async fn zone_of(tx: &mut Tx, program: i64, zones: &mut HashMap<i64, Zone>) -> Result<Zone, DbError> {
    if let Some(zone) = zones.get(&program) {
        return Ok(zone.clone());
    }
    let zone = match program {
        0 => Zone::china(),
        id => programs::store::find(tx, ProgramId::from_raw(id)).await?.map_or_else(Zone::china, |p| p.zone),
    };
    zones.insert(program, zone.clone());
    Ok(zone)
}

/// Counts promoters, communities and reach of each program whose figures are old.
async fn count_sizes(ctx: &Ctx) -> Result<(), DbError> {
    let now = ctx.now();
    let all = programs::store::all(&mut ctx.db.read().await?).await?;
    for program in all {
        let mut read = ctx.db.read().await?;
        let known = store::size(&mut read, program.id).await?;
        let fresh = |at: Instant| now >= at && now.seconds() - at.seconds() < SIZES_SECONDS;
        if known.is_some_and(|size| fresh(size.counted_at)) {
            continue;
        }
        let size = store::count_size(&mut read, program.id, now).await?;
        drop(read);
        let mut tx = ctx.db.begin().await?;
        store::put_size(&mut tx, program.id, &size).await?;
        tx.commit().await?;
    }
    Ok(())
}
