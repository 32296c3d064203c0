//! Whose an order line is: by the code in the row, where none came back by the position of the link, else nobody's. Every
//! decision keeps its evidence.

use super::model::Attribution;
use crate::communities;
use crate::ctx::Ctx;
use crate::links;
use crate::programs::{self, UnionAccount};
use crate::promoters::{self, Promoter};
use accounting::{Deal, PlanLine};
use infra::db::{DbError, Tx};
use kernel::{Bucket, CommunityId, Instant, PlanLineId, ProgramId, PromoterId, ShareCode};
use serde_json::json;
use std::collections::HashMap;

/// The facts of a report that attribution depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    pub tracking: &'a str,
    pub position: &'a str,
    pub ordered_at: Instant,
    pub categories: &'a [i64],
}

/// A decision with its evidence.
#[derive(Clone, Debug)]
pub struct Attributed {
    pub how: Attribution,
    pub program: Option<ProgramId>,
    pub deal: Deal,
    pub plan_line: Option<PlanLineId>,
    pub community: Option<CommunityId>,
    pub self_purchase: bool,
    /// JSON: what was seen and looked up.
    pub evidence: String,
}

impl Attributed {
    fn nobody(how: Attribution, evidence: serde_json::Value) -> Attributed {
        Attributed {
            how,
            program: None,
            deal: Deal::NOBODY,
            plan_line: None,
            community: None,
            self_purchase: false,
            evidence: evidence.to_string(),
        }
    }
}

/// Looked up once per page: a page holds a few promoters and one or two programs.
#[derive(Default)]
pub struct Known {
    programs_of_account: Option<Vec<ProgramId>>,
    plans: HashMap<ProgramId, Vec<PlanLine>>,
    by_number: HashMap<(Bucket, u32), Option<Promoter>>,
    by_position: HashMap<String, Option<Promoter>>,
}

/// The promoter whose links of this account carry a position.
pub async fn by_position(
    tx: &mut Tx,
    account: &UnionAccount,
    position: &str,
    known: &mut Known,
) -> Result<Option<Promoter>, DbError> {
    if let Some(promoter) = known.by_position.get(position) {
        return Ok(promoter.clone());
    }
    let promoter = match position.parse() {
        Ok(number) => links::store::promoter_of_position(tx, account.id, number).await?,
        Err(_) => None,
    };
    let promoter = match promoter {
        Some(id) => promoters::store::find_any(tx, id).await?,
        None => None,
    };
    known.by_position.insert(position.to_owned(), promoter.clone());
    Ok(promoter)
}

/// A position says who, and nothing of community or own purchase.
async fn attribute_by_position(
    tx: &mut Tx,
    account: &UnionAccount,
    claim: &Claim<'_>,
    known: &mut Known,
) -> Result<Attributed, DbError> {
    let evidence = json!({ "code": null, "position": claim.position });
    let Some(promoter) = by_position(tx, account, claim.position, known).await? else {
        return Ok(Attributed::nobody(Attribution::NoCode, evidence));
    };
    let seen = json!({ "promoter": promoter.id, "program": promoter.program });
    if !serves(tx, account, &promoter, known).await? {
        return Ok(Attributed::nobody(Attribution::ForeignProgram, merged(evidence, seen)));
    }
    let mut decided = deal_for(tx, account, &promoter, claim.ordered_at, claim.categories, false, known).await?;
    if decided.how == Attribution::Code {
        decided.how = Attribution::Position;
    }
    let more = serde_json::from_str(&decided.evidence).unwrap_or_default();
    decided.evidence = merged(merged(evidence, seen), more).to_string();
    Ok(decided)
}

async fn serves(tx: &mut Tx, account: &UnionAccount, promoter: &Promoter, known: &mut Known) -> Result<bool, DbError> {
    if known.programs_of_account.is_none() {
        known.programs_of_account = Some(programs::store::programs_of_account(tx, account.id).await?);
    }
    Ok(known.programs_of_account.as_ref().is_some_and(|list| list.contains(&promoter.program)))
}

/// Decides by the code in the row.
pub async fn attribute(
    tx: &mut Tx,
    ctx: &Ctx,
    account: &UnionAccount,
    claim: &Claim<'_>,
    known: &mut Known,
) -> Result<Attributed, DbError> {
    if claim.tracking.is_empty() {
        return match claim.position {
            "" => Ok(Attributed::nobody(Attribution::NoCode, json!({ "code": null }))),
            _ => attribute_by_position(tx, account, claim, known).await,
        };
    }
    let Ok(code) = ShareCode::parse(claim.tracking, &ctx.codes) else {
        return Ok(Attributed::nobody(Attribution::Forged, json!({ "code": claim.tracking })));
    };
    let evidence = |more: serde_json::Value| {
        let mut all = json!({
            "code": claim.tracking, "promoter_number": code.promoter, "bucket": code.bucket.number(),
            "community_ordinal": code.community, "product_number": code.product,
        });
        if let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        all
    };
    let key = (code.bucket, code.promoter);
    if let std::collections::hash_map::Entry::Vacant(slot) = known.by_number.entry(key) {
        slot.insert(promoters::store::by_number(tx, code.bucket, code.promoter).await?);
    }
    let Some(promoter) = known.by_number.get(&key).cloned().flatten() else {
        return Ok(Attributed::nobody(Attribution::UnknownPromoter, evidence(json!({}))));
    };
    if !serves(tx, account, &promoter, known).await? {
        let seen = json!({ "promoter": promoter.id, "program": promoter.program });
        return Ok(Attributed::nobody(Attribution::ForeignProgram, evidence(seen)));
    }
    let community = match code.community {
        0 | kernel::SELF_COMMUNITY => None,
        ordinal => communities::store::by_ordinal(tx, promoter.id, ordinal).await?.map(|c| c.id),
    };
    let mut decided =
        deal_for(tx, account, &promoter, claim.ordered_at, claim.categories, code.is_self_purchase(), known).await?;
    decided.community = community;
    let seen = json!({ "promoter": promoter.id, "program": promoter.program, "community": community });
    let decided_evidence = serde_json::from_str(&decided.evidence).unwrap_or_default();
    decided.evidence = merged(evidence(seen), decided_evidence).to_string();
    Ok(decided)
}

fn merged(mut all: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    if let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    all
}

/// The deal of a promoter for an order placed at a time: plan line, level, standing and inviter, all as of then.
pub async fn deal_for(
    tx: &mut Tx,
    account: &UnionAccount,
    promoter: &Promoter,
    ordered_at: Instant,
    categories: &[i64],
    self_purchase: bool,
    known: &mut Known,
) -> Result<Attributed, DbError> {
    if let std::collections::hash_map::Entry::Vacant(slot) = known.plans.entry(promoter.program) {
        slot.insert(programs::store::plan_lines(tx, promoter.program).await?);
    }
    let plan = known.plans.get(&promoter.program).map(Vec::as_slice).unwrap_or_default();
    let footing = promoters::footing(tx, promoter, &account.union_code, ordered_at).await?;
    let standing = footing.standing;
    let decided = footing.deal(plan, categories, self_purchase);
    let decided = decided.map_err(|e| DbError::Shape(format!("plan of program {}: {e}", promoter.program)))?;
    let Some((line, deal)) = decided else {
        let seen = json!({ "promoter": promoter.id, "program": promoter.program, "level": standing.level });
        let nobody = Attributed::nobody(Attribution::NoPlan, seen);
        return Ok(Attributed { program: Some(promoter.program), ..nobody });
    };
    let evidence = json!({
        "level": standing.level, "suspended": standing.suspended, "plan_line": line.id,
        "plan_scope": format!("{:?}", line.scope), "inviter": promoter.inviter as Option<PromoterId>,
        "inviter_suspended": footing.inviter.map(|i| i.held), "self_purchase": self_purchase,
    });
    Ok(Attributed {
        how: Attribution::Code,
        program: Some(promoter.program),
        deal,
        plan_line: Some(line.id),
        community: None,
        self_purchase,
        evidence: evidence.to_string(),
    })
}
