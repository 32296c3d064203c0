//! Statements of this slice.

use super::model::{CLOSED, Community};
use crate::persons;
use infra::args;
use infra::db::{Conditions, DbError, Row, Tx, containing};
use kernel::{CommunityId, Cursor, PersonId, ProgramId, PromoterId, SELF_COMMUNITY};
use std::collections::{BTreeSet, HashMap};

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

/// By their places in promoters' share codes.
pub async fn by_ordinals(
    tx: &mut Tx,
    ordinals: BTreeSet<(PromoterId, u16)>,
) -> Result<HashMap<(PromoterId, u16), CommunityId>, DbError> {
    let keys = ordinals.into_iter().map(|(promoter, n)| args![promoter.bucket(), promoter, i64::from(n)]).collect();
    let rows = tx.all_of(sql!("by_ordinals"), keys).await?;
    rows.iter()
        .map(|row| {
            let ordinal = u16::try_from(row.int("ordinal")?).map_err(|_| DbError::Shape("ordinal".into()))?;
            Ok(((row.id("promoter_id")?, ordinal), row.id("id")?))
        })
        .collect()
}

/// Slots that a person's communities hold, over all programs.
pub async fn slots(tx: &mut Tx, person: PersonId) -> Result<BTreeSet<i64>, DbError> {
    tx.all(sql!("slots"), args![person.bucket(), person]).await?.iter().map(|row| row.int("slot")).collect()
}

/// Names of communities, each in its program.
pub async fn names(tx: &mut Tx, ids: Vec<(ProgramId, CommunityId)>) -> Result<HashMap<CommunityId, String>, DbError> {
    let ids: BTreeSet<(ProgramId, CommunityId)> = ids.into_iter().collect();
    let keys = ids.into_iter().map(|(program, id)| args![id.bucket(), id, program]).collect();
    let rows = tx.all_of(sql!("names"), keys).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.text("name")?))).collect()
}

/// Communities of a program by promoter and place in share codes; places that are none (0 and 1) are left out.
pub async fn at_ordinals(
    tx: &mut Tx,
    program: ProgramId,
    places: Vec<(PromoterId, u16)>,
) -> Result<HashMap<(PromoterId, u16), Community>, DbError> {
    let places: BTreeSet<(PromoterId, u16)> = places.into_iter().filter(|(_, o)| *o > SELF_COMMUNITY).collect();
    let keys = places.into_iter().map(|(promoter, ordinal)| args![promoter.bucket(), promoter, i64::from(ordinal)]);
    let mut found = HashMap::new();
    for row in tx.all_of(sql!("at_ordinals"), keys.collect()).await? {
        let community = community(&row)?;
        if community.program == program {
            found.insert((community.promoter, community.ordinal), community);
        }
    }
    Ok(found)
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
    let taken = slots(tx, person).await?;
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
    pub kind: Option<String>,
    /// Part of the name, in whichever case.
    pub text: Option<String>,
}

/// Newest first.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Community>, DbError> {
    let after = Cursor::newest(after, None);
    let mut filters = Conditions::after(args![program, after.sort, after.id, i64::from(limit)]);
    if let Some(promoter) = filter.promoter {
        filters.and("bucket = ? AND promoter_id = ?", args![promoter.bucket(), promoter]);
    }
    match &filter.state {
        Some(state) => filters.and("state = ?", args![state]),
        None => filters.and("state <> 'closed'", vec![]),
    }
    filters.maybe("city = ?", filter.city.as_ref());
    filters.maybe("kind = ?", filter.kind.as_ref());
    filters.maybe("LOWER(name /*pg: COLLATE \"C\" */) LIKE ? ESCAPE '!'", filter.text.as_deref().map(containing));
    let (text, args) = filters.within(sql!("list"));
    tx.all_built(text, args).await?.iter().map(community).collect()
}
