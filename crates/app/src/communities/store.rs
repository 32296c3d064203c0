//! Statements of this slice.

use super::model::{CLOSED, Community};
use crate::persons;
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{CommunityId, Cursor, PersonId, ProgramId, PromoterId};
use std::collections::BTreeSet;

fn community(row: &Row) -> Result<Community, DbError> {
    Ok(Community {
        id: row.id("id")?,
        program: row.id("program_id")?,
        promoter: row.id("promoter_id")?,
        person: row.id("person_id")?,
        ordinal: u16::try_from(row.int("ordinal")?).map_err(|_| DbError::Shape("community ordinal".into()))?,
        name: row.text("name")?,
        kind: row.text("kind")?,
        city: row.text("city")?,
        member_count: row.int("member_count")?,
        state: row.text("state")?,
        created_at: row.instant("created_at_us")?,
        version: row.int("version")?,
    })
}

pub async fn find(tx: &mut Tx, program: ProgramId, id: CommunityId) -> Result<Option<Community>, DbError> {
    tx.one(sql!("find"), args![id.bucket(), id, program]).await?.as_ref().map(community).transpose()
}

/// By its place in a promoter's share codes.
pub async fn by_ordinal(tx: &mut Tx, promoter: PromoterId, ordinal: u16) -> Result<Option<Community>, DbError> {
    let args = args![promoter.bucket(), promoter, i64::from(ordinal)];
    tx.one(sql!("by_ordinal"), args).await?.as_ref().map(community).transpose()
}

/// Takes the lowest free slot of a person who keeps fewer communities than the limit; `None` where they keep as many.
/// Slots are taken one after the other, because limits differ by program: who holds the places above a narrow limit has
/// used it up too. The slot's key stays the last word: two never hold the same one.
pub async fn take_slot(
    tx: &mut Tx,
    person: PersonId,
    limit: i64,
    community: CommunityId,
) -> Result<Option<i64>, DbError> {
    persons::store::lock(tx, person).await?;
    let rows = tx.all(sql!("slots"), args![person.bucket(), person]).await?;
    let taken: BTreeSet<i64> = rows.iter().map(|row| row.int("slot")).collect::<Result<_, _>>()?;
    if taken.len() as i64 >= limit {
        return Ok(None);
    }
    for slot in (0..limit).filter(|slot| !taken.contains(slot)) {
        if tx.one(sql!("take_slot"), args![person.bucket(), person, slot, community]).await?.is_some() {
            return Ok(Some(slot));
        }
    }
    Ok(None)
}

pub async fn insert(tx: &mut Tx, community: &Community, slot: i64) -> Result<(), DbError> {
    let args = args![
        community.id.bucket(),
        community.id,
        community.program,
        community.promoter,
        community.person,
        i64::from(community.ordinal),
        slot,
        &community.name,
        &community.kind,
        &community.city,
        community.member_count,
        community.created_at
    ];
    tx.run(sql!("insert"), args).await.map(|_| ())
}

/// Writes over the version that was loaded; false where somebody was faster. A closed one gives its slot back.
pub async fn update(tx: &mut Tx, community: &Community) -> Result<bool, DbError> {
    let bucket = community.id.bucket();
    let args = args![
        bucket,
        community.id,
        community.program,
        community.version,
        &community.name,
        &community.kind,
        &community.city,
        community.member_count,
        &community.state
    ];
    if tx.one(sql!("update"), args).await?.is_none() {
        return Ok(false);
    }
    if community.state == CLOSED {
        tx.run(sql!("free_slot"), args![bucket, community.person, community.id]).await?;
    }
    Ok(true)
}

/// Which communities a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub promoter: Option<PromoterId>,
    /// Without it: all but the closed ones.
    pub state: Option<String>,
    pub city: Option<String>,
}

/// Newest first.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Community>, DbError> {
    let after = after.unwrap_or(Cursor { sort: i64::MAX, id: i64::MAX });
    let args = args![
        program,
        filter.promoter,
        filter.state.clone(),
        filter.city.clone(),
        after.sort,
        after.id,
        i64::from(limit)
    ];
    tx.all(sql!("list"), args).await?.iter().map(community).collect()
}
