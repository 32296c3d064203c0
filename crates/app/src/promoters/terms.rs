//! What a promoter earns by the plan: everything that it depends on at one moment, looked up once.

use super::model::{Promoter, Standing};
use super::store;
use crate::programs::{self, DatedInviterRule, rules_in_force};
use accounting::{Deal, InviterRule, LineFacts, Payee, PlanError, PlanLine, deal, deciding_line};
use infra::db::{DbError, Tx};
use kernel::{Instant, ProgramId, PromoterId};
use std::collections::{BTreeSet, HashMap};

/// A promoter at one moment, for goods of one union: standing, inviter and the rules on the inviter part.
#[derive(Clone, Debug)]
pub struct Footing {
    pub promoter: Promoter,
    pub at: Instant,
    pub standing: Standing,
    pub inviter: Option<Payee>,
    rules: Vec<InviterRule>,
}

/// Everything dated that footings are made of, for a set of promoters, looked up in a few statements.
#[derive(Debug, Default)]
pub struct Footings {
    /// Oldest first.
    standings: HashMap<PromoterId, Vec<(Instant, Standing)>>,
    rules: HashMap<ProgramId, Vec<DatedInviterRule>>,
    union_code: String,
}

impl Footings {
    pub async fn load(tx: &mut Tx, union_code: &str, promoters: &[&Promoter]) -> Result<Footings, DbError> {
        let people: BTreeSet<PromoterId> = promoters.iter().flat_map(|p| [Some(p.id), p.inviter]).flatten().collect();
        let standings = store::standings(tx, people).await?;
        let mut rules = HashMap::new();
        for program in promoters.iter().map(|p| p.program).collect::<BTreeSet<_>>() {
            rules.insert(program, programs::store::all_inviter_rules(tx, program).await?);
        }
        Ok(Footings { standings, rules, union_code: union_code.to_owned() })
    }

    /// Before the first entry: active, level 0.
    fn standing(&self, promoter: PromoterId, at: Instant) -> Standing {
        let entries = self.standings.get(&promoter).map(Vec::as_slice).unwrap_or_default();
        entries.iter().rev().find(|(from, _)| *from <= at).map_or_else(Standing::default, |(_, standing)| *standing)
    }

    /// Where one of the promoters stood at a time.
    pub fn at(&self, promoter: &Promoter, at: Instant) -> Footing {
        let dated = self.rules.get(&promoter.program).map(Vec::as_slice).unwrap_or_default();
        Footing {
            promoter: promoter.clone(),
            at,
            standing: self.standing(promoter.id, at),
            inviter: promoter.inviter.map(|id| Payee { promoter: id, held: self.standing(id, at).suspended }),
            rules: rules_in_force(dated, &self.union_code, at),
        }
    }
}

/// Looks up where a promoter stood at a time.
pub async fn footing(tx: &mut Tx, promoter: &Promoter, union_code: &str, at: Instant) -> Result<Footing, DbError> {
    Ok(Footings::load(tx, union_code, &[promoter]).await?.at(promoter, at))
}

impl Footing {
    /// The plan line that decides for an item of these categories, and the deal by it. `None`: no line is in force.
    pub fn deal<'a>(
        &self,
        plan: &'a [PlanLine],
        categories: &[i64],
        self_purchase: bool,
    ) -> Result<Option<(&'a PlanLine, Deal)>, PlanError> {
        let facts = LineFacts {
            ordered_at: self.at,
            campaign: None,
            categories: categories.to_vec(),
            level: self.standing.level,
            self_purchase,
            joined_at: self.promoter.joined_at,
        };
        let Some(line) = deciding_line(plan, &facts) else { return Ok(None) };
        let direct = Payee { promoter: self.promoter.id, held: self.standing.suspended };
        Ok(Some((line, deal(line, &facts, &self.rules, direct, self.inviter)?)))
    }
}
