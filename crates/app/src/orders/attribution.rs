//! Whose an order line is: by the code in the row, where none came back by the position of the link, else nobody's. Every
//! decision keeps its evidence.

use super::model::Attribution;
use crate::communities;
use crate::ctx::Ctx;
use crate::links;
use crate::programs::{self, UnionAccount};
use crate::promoters::{self, Footings, Promoter};
use accounting::{Deal, PlanLine};
use infra::db::{DbError, Tx};
use kernel::{Bucket, CommunityId, Instant, PlanLineId, ProgramId, PromoterId, SELF_COMMUNITY, ShareCode};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// The facts of a report that attribution depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    pub tracking: &'a str,
    /// Where there is no code.
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

/// What was seen and looked up. What is absent was not there: kept with millions of lines, it says no more than it must.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Evidence<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promoter_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_ordinal: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promoter: Option<PromoterId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<ProgramId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community: Option<CommunityId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    suspended: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_line: Option<PlanLineId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inviter: Option<PromoterId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inviter_suspended: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    self_purchase: bool,
}

impl Attributed {
    fn nobody(how: Attribution, evidence: Evidence<'_>) -> Result<Attributed, DbError> {
        Ok(Attributed {
            how,
            program: None,
            deal: Deal::NOBODY,
            plan_line: None,
            community: None,
            self_purchase: false,
            evidence: text(&evidence)?,
        })
    }
}

fn text(evidence: &Evidence<'_>) -> Result<String, DbError> {
    serde_json::to_string(evidence).map_err(|e| DbError::Shape(e.to_string()))
}

/// The promoters whose links carry the positions of claims without a code.
async fn by_position(
    tx: &mut Tx,
    account: &UnionAccount,
    claims: &[Claim<'_>],
) -> Result<HashMap<String, Promoter>, DbError> {
    let positions = claims.iter().filter(|claim| claim.tracking.is_empty()).map(|claim| claim.position);
    let owners = links::store::promoters_of_positions(tx, account.id, positions.collect()).await?;
    let promoters = promoters::store::by_ids(tx, owners.values().copied().collect()).await?;
    let known = owners.into_iter().filter_map(|(position, id)| Some((position, promoters.get(&id)?.clone())));
    Ok(known.collect())
}

/// Everything that the claims of a page depend on, looked up in a few statements, however many promoters they name.
#[derive(Default)]
pub struct Known {
    programs_of_account: Vec<ProgramId>,
    plans: HashMap<ProgramId, Vec<PlanLine>>,
    by_number: HashMap<(Bucket, u32), Promoter>,
    by_position: HashMap<String, Promoter>,
    footings: Footings,
    communities: HashMap<(PromoterId, u16), CommunityId>,
}

impl Known {
    pub async fn load(tx: &mut Tx, ctx: &Ctx, account: &UnionAccount, claims: &[Claim<'_>]) -> Result<Known, DbError> {
        let codes: Vec<ShareCode> =
            claims.iter().filter_map(|claim| ShareCode::parse(claim.tracking, &ctx.codes).ok()).collect();
        let by_position = by_position(tx, account, claims).await?;
        if codes.is_empty() && by_position.is_empty() {
            return Ok(Known::default());
        }
        let numbers = codes.iter().map(|code| (code.bucket, code.promoter)).collect();
        let by_number = promoters::store::by_numbers(tx, numbers).await?;
        let named: Vec<&Promoter> = by_number.values().chain(by_position.values()).collect();
        let known = Known::of(tx, account, &named).await?;
        let ordinals: BTreeSet<(PromoterId, u16)> = codes
            .iter()
            .filter(|code| code.community > SELF_COMMUNITY)
            .filter_map(|code| by_number.get(&(code.bucket, code.promoter)).map(|p| (p.id, code.community)))
            .collect();
        let communities = communities::store::by_ordinals(tx, ordinals).await?;
        Ok(Known { by_number, by_position, communities, ..known })
    }

    /// What deals with these promoters depend on.
    pub async fn of(tx: &mut Tx, account: &UnionAccount, promoters: &[&Promoter]) -> Result<Known, DbError> {
        let mut plans = HashMap::new();
        for program in promoters.iter().map(|p| p.program).collect::<BTreeSet<_>>() {
            plans.insert(program, programs::store::plan_lines(tx, program).await?);
        }
        Ok(Known {
            programs_of_account: programs::store::programs_of_account(tx, account.id).await?,
            plans,
            footings: Footings::load(tx, &account.union_code, promoters).await?,
            ..Known::default()
        })
    }

    pub fn serves(&self, program: ProgramId) -> bool {
        self.programs_of_account.contains(&program)
    }

    /// Decides by the code in the row.
    pub fn attribute(&self, ctx: &Ctx, claim: &Claim<'_>) -> Result<Attributed, DbError> {
        if claim.tracking.is_empty() {
            return self.attribute_by_position(claim);
        }
        let Ok(code) = ShareCode::parse(claim.tracking, &ctx.codes) else {
            let seen = Evidence { code: Some(claim.tracking), ..Evidence::default() };
            return Attributed::nobody(Attribution::Forged, seen);
        };
        let seen = Evidence {
            code: Some(claim.tracking),
            bucket: Some(code.bucket.number()),
            promoter_number: Some(code.promoter),
            community_ordinal: (code.community > 0).then_some(code.community),
            product_number: Some(code.product),
            ..Evidence::default()
        };
        let Some(promoter) = self.by_number.get(&(code.bucket, code.promoter)) else {
            return Attributed::nobody(Attribution::UnknownPromoter, seen);
        };
        let seen = Evidence { promoter: Some(promoter.id), program: Some(promoter.program), ..seen };
        if !self.serves(promoter.program) {
            return Attributed::nobody(Attribution::ForeignProgram, seen);
        }
        let community = self.communities.get(&(promoter.id, code.community)).copied();
        let seen = Evidence { community, ..seen };
        let decided = self.deal_with(promoter, claim.ordered_at, claim.categories, code.is_self_purchase(), seen)?;
        Ok(Attributed { community, ..decided })
    }

    /// A position says who, and nothing of community or own purchase.
    fn attribute_by_position(&self, claim: &Claim<'_>) -> Result<Attributed, DbError> {
        let seen = Evidence { position: Some(claim.position).filter(|p| !p.is_empty()), ..Evidence::default() };
        let Some(promoter) = self.by_position.get(claim.position) else {
            return Attributed::nobody(Attribution::NoCode, seen);
        };
        let seen = Evidence { promoter: Some(promoter.id), program: Some(promoter.program), ..seen };
        if !self.serves(promoter.program) {
            return Attributed::nobody(Attribution::ForeignProgram, seen);
        }
        let decided = self.deal_with(promoter, claim.ordered_at, claim.categories, false, seen)?;
        let how = if decided.how == Attribution::Code { Attribution::Position } else { decided.how };
        Ok(Attributed { how, ..decided })
    }

    /// The deal of a promoter for an order placed at a time: plan line, level, standing and inviter, all as of then.
    pub fn deal(
        &self,
        promoter: &Promoter,
        ordered_at: Instant,
        categories: &[i64],
        self_purchase: bool,
    ) -> Result<Attributed, DbError> {
        self.deal_with(promoter, ordered_at, categories, self_purchase, Evidence::default())
    }

    fn deal_with(
        &self,
        promoter: &Promoter,
        ordered_at: Instant,
        categories: &[i64],
        self_purchase: bool,
        seen: Evidence<'_>,
    ) -> Result<Attributed, DbError> {
        let plan = self.plans.get(&promoter.program).map(Vec::as_slice).unwrap_or_default();
        let footing = self.footings.at(promoter, ordered_at);
        let standing = footing.standing;
        let decided = footing.deal(plan, categories, self_purchase);
        let decided = decided.map_err(|e| DbError::Shape(format!("plan of program {}: {e}", promoter.program)))?;
        let seen = Evidence { promoter: Some(promoter.id), level: Some(standing.level), ..seen };
        let Some((line, deal)) = decided else {
            let nobody = Attributed::nobody(Attribution::NoPlan, seen)?;
            return Ok(Attributed { program: Some(promoter.program), ..nobody });
        };
        let scope = format!("{:?}", line.scope);
        let evidence = text(&Evidence {
            suspended: standing.suspended,
            plan_line: Some(line.id),
            plan_scope: Some(&scope),
            inviter: promoter.inviter,
            inviter_suspended: footing.inviter.is_some_and(|inviter| inviter.held),
            self_purchase,
            ..seen
        })?;
        Ok(Attributed {
            how: Attribution::Code,
            program: Some(promoter.program),
            deal,
            plan_line: Some(line.id),
            community: None,
            self_purchase,
            evidence,
        })
    }
}
