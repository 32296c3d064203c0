//! Statements of this slice.

use super::model::{NewPromoter, Promoter, Standing};
use infra::args;
use infra::db::{DbError, Row, Tx};
use infra::ids::IdSource;
use kernel::{Bucket, Instant, PersonId, ProgramId, PromoterId, TokenId};

fn promoter(row: &Row) -> Result<Promoter, DbError> {
    Ok(Promoter {
        id: row.id("id")?,
        program: row.id("program_id")?,
        person: row.id("person_id")?,
        number: u32::try_from(row.int("number")?).map_err(|_| DbError::Shape("promoter number".into()))?,
        display_name: row.text("display_name")?,
        inviter: row.opt_id("inviter_id")?,
        joined_at: row.instant("joined_at_us")?,
    })
}

pub async fn find(tx: &mut Tx, program: ProgramId, id: PromoterId) -> Result<Option<Promoter>, DbError> {
    tx.one(sql!("find"), args![id.bucket(), id, program]).await?.as_ref().map(promoter).transpose()
}

/// By id alone, for the books, which stand above programs.
pub async fn find_any(tx: &mut Tx, id: PromoterId) -> Result<Option<Promoter>, DbError> {
    tx.one(sql!("find_any"), args![id.bucket(), id]).await?.as_ref().map(promoter).transpose()
}

/// By the number in a share code.
pub async fn by_number(tx: &mut Tx, bucket: Bucket, number: u32) -> Result<Option<Promoter>, DbError> {
    tx.one(sql!("by_number"), args![bucket, number]).await?.as_ref().map(promoter).transpose()
}

pub async fn by_person(tx: &mut Tx, program: ProgramId, person: PersonId) -> Result<Option<Promoter>, DbError> {
    tx.one(sql!("by_person"), args![person.bucket(), program, person]).await?.as_ref().map(promoter).transpose()
}

/// Standing in force at a time; before the first entry: active, level 0.
pub async fn standing_at(tx: &mut Tx, id: PromoterId, at: Instant) -> Result<Standing, DbError> {
    let row = tx.one(sql!("standing_at"), args![id.bucket(), id, at]).await?;
    let Some(row) = row else { return Ok(Standing::default()) };
    Ok(Standing { suspended: row.text("state")? == "suspended", level: row.int("level")? })
}

/// Adds an entry to the standing, in force from `now`.
pub async fn set_standing(
    tx: &mut Tx,
    ids: &IdSource,
    now: Instant,
    id: PromoterId,
    standing: Standing,
    reason: &str,
    by: PersonId,
) -> Result<(), DbError> {
    let entry: TokenId = ids.next(id.bucket());
    let state = if standing.suspended { "suspended" } else { "active" };
    tx.run(sql!("set_standing"), args![id.bucket(), id, now, entry, state, standing.level, reason, by])
        .await
        .map(|_| ())
}

/// Makes a promoter with the next number of the bucket. `None`: the person is a promoter of this program already.
pub async fn create(tx: &mut Tx, ids: &IdSource, now: Instant, new: &NewPromoter) -> Result<Option<Promoter>, DbError> {
    let bucket = new.person.bucket();
    if by_person(tx, new.program, new.person).await?.is_some() {
        return Ok(None);
    }
    let number = tx.one(sql!("next_number"), args![bucket]).await?;
    let number = number.ok_or_else(|| DbError::Shape("no promoter number".into()))?.int("next")? - 1;
    let id: PromoterId = ids.next(bucket);
    let made = tx
        .run(
            sql!("create"),
            args![
                bucket,
                id,
                new.program,
                new.person,
                number,
                &new.display_name,
                new.inviter,
                new.invite_code.clone(),
                now
            ],
        )
        .await?;
    if made == 0 {
        return Ok(None);
    }
    if let Some(inviter) = new.inviter {
        tx.run(sql!("invited"), args![inviter.bucket(), inviter, id, new.program, now]).await?;
    }
    find(tx, new.program, id).await
}
