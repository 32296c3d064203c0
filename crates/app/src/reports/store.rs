use crate::commission::OrderChanged;
use infra::args;
use infra::db::{Col, DbError, Tx};
use kernel::{Bucket, ProgramId};
use std::collections::BTreeMap;

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
        Ok(())
    }
}

/// Adds deltas in the order of (program, day).
pub(super) async fn add(tx: &mut Tx, bucket: Bucket, totals: &BTreeMap<(i64, i64), DayTotal>) -> Result<(), DbError> {
    let rows = totals.iter().map(|((program, day), t)| {
        args![bucket, *program, *day, t.lines, t.gmv_fen, t.fee_fen, t.direct_fen, t.inviter_fen, t.platform_fen]
    });
    tx.bulk(
        "INSERT INTO day_total (bucket, program_id, day, lines, gmv_fen, fee_fen, direct_fen, inviter_fen, platform_fen)",
        &[Col::Int; 9],
        rows.collect(),
        "ON CONFLICT (bucket, program_id, day) DO UPDATE SET lines = day_total.lines + excluded.lines, \
         gmv_fen = day_total.gmv_fen + excluded.gmv_fen, fee_fen = day_total.fee_fen + excluded.fee_fen, \
         direct_fen = day_total.direct_fen + excluded.direct_fen, \
         inviter_fen = day_total.inviter_fen + excluded.inviter_fen, \
         platform_fen = day_total.platform_fen + excluded.platform_fen",
    )
    .await
    .map(|_| ())
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

fn day_total(row: &infra::db::Row) -> Result<DayTotal, DbError> {
    Ok(DayTotal {
        day: row.int("day")?,
        lines: row.int("lines")?,
        gmv_fen: row.int("gmv_fen")?,
        fee_fen: row.int("fee_fen")?,
        direct_fen: row.int("direct_fen")?,
        inviter_fen: row.int("inviter_fen")?,
        platform_fen: row.int("platform_fen")?,
    })
}
