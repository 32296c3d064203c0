//! Whose an order line is: by the code in the row, where none came back by the position of the link, else nobody's. Every
//! decision keeps its evidence.

use super::model::{Attribution, Line};
use crate::communities;
use crate::ctx::Ctx;
use crate::links;
use crate::programs::{self, UnionAccount};
use crate::promoters::{self, Footings, Promoter};
use accounting::{Deal, PlanLine};
use infra::db::{DbError, Tx};
use kernel::{Bucket, CodeKeys, CommunityId, Instant, PlanLineId, ProgramId, PromoterId, SELF_COMMUNITY, ShareCode};
use serde::Serialize;
use serde_json::{Map, Value, json};
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

/// What was seen and looked up. Kept with millions of lines, it says only what cannot be read from the line's own columns
/// ([`evidence`] puts both together): what is absent is there, or was as usual.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Evidence<'a> {
    /// Only where the line is not theirs after all.
    #[serde(skip_serializing_if = "Option::is_none")]
    promoter: Option<PromoterId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<ProgramId>,
    #[serde(skip_serializing_if = "is_zero")]
    level: i64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    suspended: bool,
    /// Absent: [`USUAL_SCOPE`].
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_scope: Option<&'a str>,
    /// Only where they have no part.
    #[serde(skip_serializing_if = "Option::is_none")]
    inviter: Option<PromoterId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inviter_suspended: bool,
}

const USUAL_SCOPE: &str = "Program";

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's shape
fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// The whole evidence of a line's attribution, as people read it: code and what it says, promoter, program, community,
/// plan line, level, standing, inviter.
pub fn evidence(line: &Line, keys: &CodeKeys) -> serde_json::Value {
    let stored: Map<String, Value> = serde_json::from_str(&line.evidence).unwrap_or_default();
    let mut all = Map::new();
    if line.attribution != Attribution::ByHand {
        all.extend(code_evidence(&line.tracking, keys));
    }
    let paid = [Attribution::Code, Attribution::Position].contains(&line.attribution);
    let decided = paid || line.attribution == Attribution::NoPlan;
    let mut say = |key: &str, value: Value| {
        if !value.is_null() {
            all.insert(key.to_owned(), value);
        }
    };
    if line.attribution != Attribution::ByHand && line.tracking.is_empty() && !line.position.is_empty() {
        say("position", json!(line.position));
    }
    if decided {
        say("promoter", json!(line.promoter));
        say("program", json!(line.program));
        say("community", json!(line.community));
        say("level", json!(0));
    }
    if paid {
        say("plan_line", json!(line.plan_line));
        say("plan_scope", json!(USUAL_SCOPE));
        say("inviter", json!(line.inviter));
        say("self_purchase", json!(line.self_purchase.then_some(true)));
    }
    all.extend(stored);
    // What stood there before a person decided was found by the same code.
    if let Some(before) =
        all.get_mut("before").and_then(|before| before.get_mut("evidence")).and_then(Value::as_object_mut)
    {
        for (key, value) in code_evidence(&line.tracking, keys) {
            before.entry(key).or_insert(value);
        }
    }
    Value::Object(all)
}

/// What a code says by itself.
fn code_evidence(tracking: &str, keys: &CodeKeys) -> Map<String, Value> {
    let mut said = Map::new();
    if tracking.is_empty() {
        return said;
    }
    said.insert("code".to_owned(), json!(tracking));
    if let Ok(code) = ShareCode::parse(tracking, keys) {
        said.insert("bucket".to_owned(), json!(code.bucket.number()));
        said.insert("promoter_number".to_owned(), json!(code.promoter));
        said.insert("community_ordinal".to_owned(), json!(code.community));
        said.insert("product_number".to_owned(), json!(code.product));
    }
    said
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
        let nothing = Evidence::default();
        if claim.tracking.is_empty() {
            return self.attribute_by_position(claim);
        }
        let Ok(code) = ShareCode::parse(claim.tracking, &ctx.codes) else {
            return Attributed::nobody(Attribution::Forged, nothing);
        };
        let Some(promoter) = self.by_number.get(&(code.bucket, code.promoter)) else {
            return Attributed::nobody(Attribution::UnknownPromoter, nothing);
        };
        if !self.serves(promoter.program) {
            let seen = Evidence { promoter: Some(promoter.id), program: Some(promoter.program), ..nothing };
            return Attributed::nobody(Attribution::ForeignProgram, seen);
        }
        let community = self.communities.get(&(promoter.id, code.community)).copied();
        let decided = self.deal(promoter, claim.ordered_at, claim.categories, code.is_self_purchase())?;
        Ok(Attributed { community, ..decided })
    }

    /// A position says who, and nothing of community or own purchase.
    fn attribute_by_position(&self, claim: &Claim<'_>) -> Result<Attributed, DbError> {
        let Some(promoter) = self.by_position.get(claim.position) else {
            return Attributed::nobody(Attribution::NoCode, Evidence::default());
        };
        if !self.serves(promoter.program) {
            let (promoter, program) = (Some(promoter.id), Some(promoter.program));
            return Attributed::nobody(
                Attribution::ForeignProgram,
                Evidence { promoter, program, ..Evidence::default() },
            );
        }
        let decided = self.deal(promoter, claim.ordered_at, claim.categories, false)?;
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
        let plan = self.plans.get(&promoter.program).map(Vec::as_slice).unwrap_or_default();
        let footing = self.footings.at(promoter, ordered_at);
        let standing = footing.standing;
        let decided = footing.deal(plan, categories, self_purchase);
        let decided = decided.map_err(|e| DbError::Shape(format!("plan of program {}: {e}", promoter.program)))?;
        let seen = Evidence { level: standing.level, suspended: standing.suspended, ..Evidence::default() };
        let Some((line, deal)) = decided else {
            let seen = Evidence { promoter: Some(promoter.id), ..seen };
            let nobody = Attributed::nobody(Attribution::NoPlan, seen)?;
            return Ok(Attributed { program: Some(promoter.program), ..nobody });
        };
        let scope = format!("{:?}", line.scope);
        let evidence = text(&Evidence {
            plan_scope: (scope != USUAL_SCOPE).then_some(scope.as_str()),
            inviter: promoter.inviter.filter(|_| deal.inviter().is_none()),
            inviter_suspended: footing.inviter.is_some_and(|inviter| inviter.held),
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
