//! Moves facts into the daily roll-ups; safe to run twice and side by side.

use super::store::{self, DayTotal};
use crate::commission::{ORDER_CHANGED, OrderChanged};
use crate::ctx::Ctx;
use crate::programs;
use infra::db::{DbError, Tx};
use infra::outbox;
use kernel::{Bucket, Instant, ProgramId, Zone};
use std::collections::{BTreeMap, HashMap};

/// Batches of one bucket in one run at the most; the rest is the next run's.
const BATCHES_MAX: u32 = 100;

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
    Ok(taken)
}

async fn one_batch(ctx: &Ctx, bucket: Bucket, zones: &mut HashMap<i64, Zone>) -> Result<usize, DbError> {
    let mut tx = ctx.db.begin().await?;
    let facts = outbox::take(&mut tx, bucket, ORDER_CHANGED).await?;
    let mut totals: BTreeMap<(i64, i64), DayTotal> = BTreeMap::new();
    for (id, payload) in &facts {
        let fact: OrderChanged =
            serde_json::from_str(payload).map_err(|e| DbError::Shape(format!("fact {id}: {e}")))?;
        let zone = zone_of(&mut tx, fact.program, zones).await?;
        let day = zone.day(Instant::from_micros(fact.ordered_us)).map_err(|e| DbError::Shape(e.to_string()))?;
        totals.entry((fact.program, day)).or_default().add(&fact)?;
    }
    store::add(&mut tx, bucket, &totals).await?;
    let ids: Vec<_> = facts.iter().map(|(id, _)| *id).collect();
    outbox::done(&mut tx, bucket, &ids).await?;
    tx.commit().await?;
    Ok(facts.len())
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
