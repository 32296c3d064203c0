//! Statements of this slice.

use super::model::{Invite, NewPromoter, Promoter, Standing};
use crate::programs;
use infra::args;
use infra::db::{DbError, Row, Tx, containing};
use infra::epoch;
use infra::ids::IdSource;
use kernel::{Bucket, Cursor, Instant, InviteCode, PersonId, ProgramId, PromoterId, TokenId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// Names of promoters of whichever program.
pub async fn names(tx: &mut Tx, ids: Vec<PromoterId>) -> Result<HashMap<PromoterId, String>, DbError> {
    let ids: BTreeSet<PromoterId> = ids.into_iter().collect();
    let rows = tx.all_of(sql!("names"), ids.into_iter().map(|id| args![id.bucket(), id]).collect()).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.text("display_name")?))).collect()
}

/// Everything that one person is, over all programs.
pub async fn all_of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Promoter>, DbError> {
    tx.all(sql!("all_of_person"), args![person.bucket(), person]).await?.iter().map(promoter).collect()
}

pub async fn by_ids(tx: &mut Tx, ids: BTreeSet<PromoterId>) -> Result<HashMap<PromoterId, Promoter>, DbError> {
    let rows = tx.all_of(sql!("by_ids"), ids.into_iter().map(|id| args![id.bucket(), id]).collect()).await?;
    rows.iter().map(|row| promoter(row).map(|p| (p.id, p))).collect()
}

/// By the numbers in share codes.
pub async fn by_numbers(
    tx: &mut Tx,
    numbers: BTreeSet<(Bucket, u32)>,
) -> Result<HashMap<(Bucket, u32), Promoter>, DbError> {
    let keys = numbers.into_iter().map(|(bucket, number)| args![bucket, number]).collect();
    let rows = tx.all_of(sql!("by_numbers"), keys).await?;
    rows.iter().map(|row| promoter(row).map(|p| ((p.id.bucket(), p.number), p))).collect()
}

/// Every entry of their standings, oldest first. Each is a person's deed with a reason: there are few.
pub async fn standings(
    tx: &mut Tx,
    ids: BTreeSet<PromoterId>,
) -> Result<HashMap<PromoterId, Vec<(Instant, Standing)>>, DbError> {
    let rows = tx.all_of(sql!("standings"), ids.into_iter().map(|id| args![id.bucket(), id]).collect()).await?;
    let mut found: HashMap<PromoterId, BTreeMap<(Instant, i64), Standing>> = HashMap::new();
    for row in &rows {
        let standing = Standing { suspended: row.text("state")? == "suspended", level: row.int("level")? };
        found.entry(row.id("promoter_id")?).or_default().insert((row.instant("from_us")?, row.int("id")?), standing);
    }
    Ok(found.into_iter().map(|(id, list)| (id, list.into_iter().map(|((from, _), s)| (from, s)).collect())).collect())
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
    tx.run(sql!("set_standing"), args![id.bucket(), id, now, entry, state, standing.level, reason, by]).await?;
    epoch::rise(tx, programs::LINKS_EPOCH).await
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

/// Which promoters a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `active` or `suspended`.
    pub state: Option<String>,
    pub inviter: Option<PromoterId>,
    /// Part of the display name, in whichever case.
    pub text: Option<String>,
    pub level: Option<i64>,
    /// Joined in `[from, to)`.
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

/// Newest first, with the standing at `now`.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    now: Instant,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<(Promoter, Standing)>, DbError> {
    let after = Cursor::newest(after, filter.to);
    let args = args![
        program,
        now,
        filter.state.clone(),
        filter.inviter,
        filter.text.as_deref().map(containing),
        after.sort,
        after.id,
        i64::from(limit),
        filter.level,
        filter.from.unwrap_or_default()
    ];
    let rows = tx.all(sql!("list"), args).await?;
    rows.iter()
        .map(|row| {
            let standing = Standing { suspended: row.text("state")? == "suspended", level: row.int("level")? };
            Ok((promoter(row)?, standing))
        })
        .collect()
}

/// Head-counts of somebody's first level: all, and those since a moment.
pub async fn team(tx: &mut Tx, of: &Promoter, since: Instant) -> Result<(i64, i64), DbError> {
    let row = tx.one(sql!("team"), args![of.id.bucket(), of.id, of.program, since]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int("heads")?, row.int("recent")?)))
}

/// Why the standing is what it is; empty where nobody ever changed it.
pub async fn last_reason(tx: &mut Tx, id: PromoterId, now: Instant) -> Result<String, DbError> {
    tx.one(sql!("last_reason"), args![id.bucket(), id, now]).await?.map_or(Ok(String::new()), |row| row.text("reason"))
}

fn invite(row: &Row) -> Result<Invite, DbError> {
    Ok(Invite {
        code: row.text("code")?,
        inviter: row.opt_id("inviter_id")?,
        quota: row.int("quota")?,
        used: row.int("used")?,
        expires_at: row.instant("expires_at_us")?,
        created_at: row.instant("created_at_us")?,
    })
}

/// False where this very code was drawn before.
pub async fn add_code(
    tx: &mut Tx,
    program: ProgramId,
    code: &InviteCode,
    invite: &Invite,
    by: PersonId,
) -> Result<bool, DbError> {
    let args = args![
        code.bucket(),
        code.as_str(),
        program,
        invite.inviter,
        invite.quota,
        invite.expires_at,
        invite.created_at,
        by
    ];
    Ok(tx.one(sql!("add_code"), args).await?.is_some())
}

/// A code of this program.
pub async fn find_code(tx: &mut Tx, program: ProgramId, code: &InviteCode) -> Result<Option<Invite>, DbError> {
    tx.one(sql!("find_code"), args![code.bucket(), code.as_str(), program]).await?.as_ref().map(invite).transpose()
}

/// A code, and the program that it is of.
pub async fn find_code_anywhere(tx: &mut Tx, code: &InviteCode) -> Result<Option<(ProgramId, Invite)>, DbError> {
    let row = tx.one(sql!("find_code_anywhere"), args![code.bucket(), code.as_str()]).await?;
    row.map(|row| Ok((row.id("program_id")?, invite(&row)?))).transpose()
}

/// Counts one more joining; false where the quota is used up or the code is over.
pub async fn use_code(tx: &mut Tx, program: ProgramId, code: &InviteCode, now: Instant) -> Result<bool, DbError> {
    Ok(tx.run(sql!("use_code"), args![code.bucket(), code.as_str(), program, now]).await? == 1)
}

/// Newest first: of one inviter, or all of a program; those after a moment and code of the list.
pub async fn codes(
    tx: &mut Tx,
    program: ProgramId,
    inviter: Option<PromoterId>,
    after: Option<(Instant, InviteCode)>,
    limit: u32,
) -> Result<Vec<Invite>, DbError> {
    let (at, code) = after.map_or((i64::MAX, String::new()), |(at, code)| (at.micros(), code.as_str().to_owned()));
    tx.all(sql!("codes"), args![program, inviter, at, code, i64::from(limit)]).await?.iter().map(invite).collect()
}

/// The next place for a community in a promoter's share codes; `None` when all are used up.
pub async fn take_ordinal(tx: &mut Tx, id: PromoterId) -> Result<Option<u16>, DbError> {
    let row = tx.one(sql!("take_ordinal"), args![id.bucket(), id]).await?;
    row.map(|row| u16::try_from(row.int("ordinal")?).map_err(|_| DbError::Shape("community ordinal".into())))
        .transpose()
}
