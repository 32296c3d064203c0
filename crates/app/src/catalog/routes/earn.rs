//! What the caller would earn on one piece, for whoever reads goods as a promoter.

use crate::catalog::Product;
use crate::programs;
use crate::promoters::{self, Footing};
use crate::staff::InProgram;
use accounting::{PlanLine, split};
use infra::db::Tx;
use infra::http::Failure;
use kernel::{Instant, UnionAccountId};
use std::collections::HashMap;

/// By sharing, and by buying for oneself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earn {
    pub shared_fen: i64,
    pub self_fen: i64,
}

/// The plan in force, and where the caller stands for each account's union.
pub struct Earning {
    plan: Vec<PlanLine>,
    footings: HashMap<UnionAccountId, Footing>,
}

impl Earning {
    /// `None`: the caller is no promoter of the program.
    pub async fn load(
        tx: &mut Tx,
        cx: &InProgram,
        accounts: &[UnionAccountId],
        now: Instant,
    ) -> Result<Option<Earning>, Failure> {
        let own = promoters::store::by_person(tx, cx.program.id, cx.caller.person).await?;
        let Some(promoter) = own else { return Ok(None) };
        let plan = programs::store::plan_lines(tx, cx.program.id).await?;
        let mut footings = HashMap::new();
        for account in accounts {
            if let Some((known, _)) = programs::find_account(tx, *account).await? {
                let footing = promoters::footing(tx, &promoter, &known.union_code, now).await?;
                footings.insert(*account, footing);
            }
        }
        Ok(Some(Earning { plan, footings }))
    }

    /// Of the union's stated commission for one piece; nothing where no plan is in force.
    pub fn on(&self, product: &Product) -> Result<Earn, Failure> {
        let Some(footing) = self.footings.get(&product.union_account) else { return Ok(Earn::default()) };
        let categories: Vec<i64> = product.categories.into_iter().filter(|id| *id != 0).collect();
        let part = |self_purchase: bool| -> Result<i64, Failure> {
            match footing.deal(&self.plan, &categories, self_purchase).map_err(Failure::broken)? {
                Some((_, deal)) => Ok(split(product.commission, deal.terms()).map_err(Failure::broken)?.direct.fen()),
                None => Ok(0),
            }
        };
        Ok(Earn { shared_fen: part(false)?, self_fen: part(true)? })
    }
}
