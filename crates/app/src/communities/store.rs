//! Statements of this slice.

use super::model::Community;
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{CommunityId, ProgramId, PromoterId};

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
