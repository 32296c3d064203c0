//! What a promoter earns by the plan: everything that it depends on at one moment, looked up once.

use super::model::{Promoter, Standing};
use super::store;
use crate::programs;
use accounting::{Deal, InviterRule, LineFacts, Payee, PlanError, PlanLine, deal, deciding_line};
use infra::db::{DbError, Tx};
use kernel::Instant;

/// A promoter at one moment, for goods of one union: standing, inviter and the rules on the inviter part.
#[derive(Clone, Debug)]
pub struct Footing {
    pub promoter: Promoter,
    pub at: Instant,
    pub standing: Standing,
    pub inviter: Option<Payee>,
    rules: Vec<InviterRule>,
}

/// Looks up where a promoter stood at a time.
pub async fn footing(tx: &mut Tx, promoter: &Promoter, union_code: &str, at: Instant) -> Result<Footing, DbError> {
    let standing = store::standing_at(tx, promoter.id, at).await?;
    let rules = programs::store::inviter_rules(tx, promoter.program, union_code, at).await?;
    let inviter = match promoter.inviter {
        Some(id) => Some(Payee { promoter: id, held: store::standing_at(tx, id, at).await?.suspended }),
        None => None,
    };
    Ok(Footing { promoter: promoter.clone(), at, standing, inviter, rules })
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
