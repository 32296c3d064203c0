//! POST /orders/{order}/assign: gives a line to a promoter by hand, with a reason.

use crate::audit::{self, Deed};
use crate::commission::assign::{UNKNOWN_ORDER, assign};
use crate::ctx::Ctx;
use crate::orders::routes::OrderBody;
use crate::orders::store;
use crate::promoters;
use crate::staff::{Caller, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Body, Failure, PathOf, ProblemBody};
use kernel::{LineId, Problem, ProblemCode, PromoterId};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

pub const UNKNOWN_PROMOTER: ProblemCode = ProblemCode::new("orders.assign_promoter", 404, "no such promoter");
pub const NO_REASON: ProblemCode = ProblemCode::new("orders.assign_reason", 400, "a reason is needed");

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    #[schema(value_type = String)]
    promoter: PromoterId,
    /// Why; shown to the promoter and kept in the audit log. 3 to 500 characters.
    reason: String,
}

/// Assigns an order to a promoter; the books follow under the plan of the order time.
#[utoipa::path(post, path = "/orders/{order}/assign", tag = "orders", params(("order" = String, Path)),
    request_body = Assignment,
    responses((status = 200, body = OrderBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn assign_order(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(order): PathOf<LineId>,
    Body(request): Body<Assignment>,
) -> Result<Json<OrderBody>, Failure> {
    let reason = request.reason.trim().to_owned();
    if !(3..=500).contains(&reason.chars().count()) {
        let problem = Problem::new(NO_REASON, "say why the order is assigned").field("reason", "3 to 500 characters");
        return Err(problem.into());
    }
    let unknown = || Problem::new(UNKNOWN_ORDER, format!("there is no order {order}"));
    let nobody = || Problem::new(UNKNOWN_PROMOTER, format!("there is no promoter {}", request.promoter));
    let (line, promoter) = {
        let mut read = ctx.db.read().await?;
        let line = store::find(&mut read, order).await?.ok_or_else(unknown)?;
        let promoter = promoters::store::find_any(&mut read, request.promoter).await?.ok_or_else(nobody)?;
        (line, promoter)
    };
    // Both ends: an order may be taken from a program only by its own staff, and given only to one's own promoters.
    match line.program {
        Some(program) => caller.needs(Right::ManageOrders, program).map_err(|_| unknown())?,
        None => caller.needs_everywhere(Right::ManageOrders)?,
    }
    caller.needs(Right::ManageOrders, promoter.program).map_err(|_| nobody())?;
    let (account, _) = ctx.unions.connect(&ctx, line.union_account).await?;
    let mut tx = ctx.db.begin().await?;
    let after = assign(&mut tx, &ctx, &account, order, &promoter, caller.person, &reason).await?;
    let detail = json!({ "promoter": promoter.id, "reason": reason, "before": line.promoter });
    let deed =
        Deed { by: caller.person, program: after.program, action: "order.assign", subject: order.to_string(), detail };
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    let body = OrderBody::load(&mut tx, &after, true).await?;
    tx.commit().await?;
    Ok(Json(body))
}
