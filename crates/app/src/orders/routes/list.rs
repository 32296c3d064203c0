//! GET /programs/{program}/orders and GET /union-accounts/{account}/unassigned: newest order first.

use super::view::OrderBody;
use crate::ctx::Ctx;
use crate::orders::Line;
use crate::orders::store::{self, Filter};
use crate::promoters;
use crate::staff::{Caller, InProgram, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, PathOf, ProblemBody};
use kernel::{Cursor, LineState, PAGE_DEFAULT, PAGE_MAX, Problem, ProblemCode, PromoterId, UnionAccountId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub const BAD_FILTER: ProblemCode = ProblemCode::new("orders.filter", 400, "the filter is not as documented");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Rows, at most 100.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// expected, pending, confirmed, superseded, invalid, unknown.
    state: Option<String>,
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
    /// The union's order number.
    order_no: Option<String>,
    /// Only what somebody should look at.
    review: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    pub items: Vec<OrderBody>,
    /// Where the next page begins; absent on the last.
    pub next: Option<String>,
}

impl Query {
    fn filter(&self) -> Result<Filter, Problem> {
        let bad = |field: &str, message: &str| Problem::new(BAD_FILTER, "the filter is wrong").field(field, message);
        if self.state.as_deref().is_some_and(|s| LineState::from_word(s).is_none()) {
            return Err(bad("state", "is none of the states of an order line"));
        }
        Ok(Filter {
            state: self.state.clone(),
            promoter: self.promoter,
            order_no: self.order_no.clone(),
            review: self.review.unwrap_or(false),
        })
    }

    fn after(&self) -> Result<Option<Cursor>, Problem> {
        let bad =
            || Problem::new(BAD_FILTER, "the filter is wrong").field("after", "is not a cursor that a list returned");
        self.after.as_deref().map(|text| text.parse().map_err(|_| bad())).transpose()
    }

    fn limit(&self) -> u32 {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }
}

fn page(lines: &[Line], limit: u32) -> Page {
    let full = lines.len() as u64 == u64::from(limit);
    let next =
        lines.last().filter(|_| full).map(|l| Cursor { sort: l.ordered_at.micros(), id: l.id.raw() }.to_string());
    Page { items: lines.iter().map(OrderBody::from).collect(), next }
}

/// Orders of a program; a promoter sees their own.
#[utoipa::path(get, path = "/programs/{program}/orders", tag = "orders",
    params(("program" = String, Path), Query),
    responses((status = 200, body = Page), (status = 404, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, cx: InProgram, Params(query): Params<Query>) -> Result<Json<Page>, Failure> {
    let mut filter = query.filter()?;
    let mut read = ctx.db.read().await?;
    if !cx.may(Right::Read) {
        filter.promoter = Some(promoters::acting(&mut read, &cx, filter.promoter).await?.id);
    }
    let limit = query.limit();
    let lines = store::list(&mut read, Some(cx.program.id), None, &filter, query.after()?, limit).await?;
    Ok(Json(page(&lines, limit)))
}

/// Orders of a union account that no program can claim.
#[utoipa::path(get, path = "/union-accounts/{account}/unassigned", tag = "orders",
    params(("account" = String, Path), Query),
    responses((status = 200, body = Page), (status = 403, body = ProblemBody)))]
pub async fn unassigned(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(account): PathOf<UnionAccountId>,
    Params(query): Params<Query>,
) -> Result<Json<Page>, Failure> {
    caller.needs_everywhere(Right::ManageOrders)?;
    let limit = query.limit();
    let mut read = ctx.db.read().await?;
    let lines = store::list(&mut read, None, Some(account), &query.filter()?, query.after()?, limit).await?;
    Ok(Json(page(&lines, limit)))
}
