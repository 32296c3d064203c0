//! Assigning a line by hand: the same books, under the plan of the order time.

use super::book::book;
use crate::ctx::Ctx;
use crate::orders::{self, Attribution, Known, Line, LineChange};
use crate::programs::UnionAccount;
use crate::promoters::Promoter;
use infra::db::Tx;
use infra::http::Failure;
use kernel::{LineId, PersonId, Problem, ProblemCode};
use serde_json::json;

pub const UNKNOWN_ORDER: ProblemCode = ProblemCode::new("orders.unknown", 404, "no such order");
pub const NOT_SERVED: ProblemCode =
    ProblemCode::new("orders.account_not_serving", 409, "the order's union account does not serve this program");
pub const NO_PLAN: ProblemCode =
    ProblemCode::new("orders.no_plan", 409, "no commission plan was in force when the order was placed");

/// Gives a line to a promoter, whoever had it. The difference posts in the line's own bucket. Audited by the caller.
pub async fn assign(
    tx: &mut Tx,
    ctx: &Ctx,
    account: &UnionAccount,
    id: LineId,
    promoter: &Promoter,
    by: PersonId,
    reason: &str,
) -> Result<Line, Failure> {
    let before = orders::store::lock(tx, id).await?;
    let before = before.ok_or_else(|| Problem::new(UNKNOWN_ORDER, format!("there is no order {id}")))?;
    let known = Known::of(tx, account, &[promoter]).await?;
    if !known.serves(promoter.program) {
        return Err(Problem::new(
            NOT_SERVED,
            format!("account {} does not serve the promoter's program", account.name),
        )
        .into());
    }
    let decided = known.deal(promoter, before.ordered_at, &before.categories, before.self_purchase)?;
    if decided.how == Attribution::NoPlan {
        return Err(Problem::new(NO_PLAN, format!("program {} had no plan then", promoter.program)).into());
    }
    let mut after = before.clone();
    let evidence: serde_json::Value = serde_json::from_str(&decided.evidence).unwrap_or_default();
    orders::store::freeze(&mut after, decided);
    after.attribution = Attribution::ByHand;
    after.assigned_by = Some(by);
    after.community = None;
    let earlier: serde_json::Value = serde_json::from_str(&before.evidence).unwrap_or_default();
    after.evidence = json!({
        "by": by, "at": ctx.now().rfc3339(), "reason": reason, "decided": evidence,
        "before": { "how": before.attribution.word(), "promoter": before.promoter, "evidence": earlier },
    })
    .to_string();
    let change = [LineChange { before: Some(before), after: after.clone(), reason: "assigned" }];
    orders::store::write(tx, &change).await?;
    book(tx, ctx, &change).await.map_err(Failure::broken)?;
    Ok(after)
}
