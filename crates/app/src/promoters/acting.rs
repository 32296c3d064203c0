//! Who acts as which promoter: a promoter for themself, staff for anyone they name.

use super::model::Promoter;
use super::store;
use crate::staff::{InProgram, Right};
use infra::db::Tx;
use infra::http::Failure;
use kernel::{Instant, Problem, ProblemCode, PromoterId};

pub const UNKNOWN_PROMOTER: ProblemCode = ProblemCode::new("promoters.unknown", 404, "no such promoter");
pub const NAME_ONE: ProblemCode = ProblemCode::new("promoters.name_one", 400, "name the promoter");
pub const SUSPENDED: ProblemCode = ProblemCode::new("promoters.suspended", 403, "the promoter is suspended");

fn unknown(id: PromoterId) -> Problem {
    Problem::new(UNKNOWN_PROMOTER, format!("there is no promoter {id} in this program"))
}

/// The promoter whose things are read: staff with `Read` may name anyone, a promoter is themself.
pub async fn readable(tx: &mut Tx, cx: &InProgram, wanted: PromoterId) -> Result<Promoter, Failure> {
    if cx.may(Right::Read) {
        return Ok(store::find(tx, cx.program.id, wanted).await?.ok_or_else(|| unknown(wanted))?);
    }
    let own = acting(tx, cx, Some(wanted)).await?;
    Ok(own)
}

/// Who the caller is in this program.
pub async fn own(tx: &mut Tx, cx: &InProgram) -> Result<Promoter, Failure> {
    if let Some(own) = store::by_person(tx, cx.program.id, cx.caller.person).await? {
        return Ok(own);
    }
    // Staff are told that they are no promoter; strangers, that there is no such program.
    cx.needs(Right::Read)?;
    Err(Problem::new(UNKNOWN_PROMOTER, "you are no promoter of this program").into())
}

/// The promoter on whose behalf the caller acts. Staff with `ManagePromoters` must name one; a promoter acts for
/// themself, and whoever is neither is told that the program does not exist.
pub async fn acting(tx: &mut Tx, cx: &InProgram, wanted: Option<PromoterId>) -> Result<Promoter, Failure> {
    let own = store::by_person(tx, cx.program.id, cx.caller.person).await?;
    if let Some(own) = own
        && wanted.is_none_or(|id| id == own.id)
    {
        return Ok(own);
    }
    if !cx.may(Right::ManagePromoters) {
        return Err(match wanted {
            Some(id) if store::by_person(tx, cx.program.id, cx.caller.person).await?.is_some() => unknown(id).into(),
            _ => {
                cx.needs(Right::ManagePromoters)?;
                Problem::new(UNKNOWN_PROMOTER, "you are no promoter of this program").into()
            }
        });
    }
    let id = wanted.ok_or_else(|| {
        Problem::new(NAME_ONE, "staff name the promoter they act for").field("promoter", "is missing")
    })?;
    Ok(store::find(tx, cx.program.id, id).await?.ok_or_else(|| unknown(id))?)
}

/// As [`acting`], for somebody who is not suspended.
pub async fn acting_active(
    tx: &mut Tx,
    cx: &InProgram,
    wanted: Option<PromoterId>,
    now: Instant,
) -> Result<Promoter, Failure> {
    let promoter = acting(tx, cx, wanted).await?;
    if store::standing_at(tx, promoter.id, now).await?.suspended {
        return Err(Problem::new(SUSPENDED, format!("promoter {} is suspended", promoter.id)).into());
    }
    Ok(promoter)
}
