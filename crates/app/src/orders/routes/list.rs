//! GET /programs/{program}/orders and GET /union-accounts/{account}/unassigned: newest order first.

use super::view::OrderBody;
use crate::ctx::Ctx;
use crate::orders::Attribution;
use crate::orders::store::{self, Filter};
use crate::promoters;
use crate::staff::{Caller, InProgram, Paging, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, PathOf, ProblemBody};
use kernel::{CommunityId, Cursor, Instant, LineState, Problem, ProblemCode, PromoterId, UnionAccountId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub const BAD_FILTER: ProblemCode = ProblemCode::new("orders.filter", 400, "the filter is not as documented");
/// Characters of a text in a filter.
const TEXT_MAX: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// expected, pending, confirmed, superseded, invalid, unknown.
    state: Option<String>,
    /// A promoter sees their own.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
    /// The union's order number.
    order_no: Option<String>,
    /// Only what somebody should look at.
    review: Option<bool>,
    /// code, position, by_hand, no_code, forged, unknown_promoter, foreign_program, no_plan.
    attribution: Option<String>,
    #[param(value_type = Option<String>)]
    community: Option<CommunityId>,
    /// The union's own key of the item.
    item_key: Option<String>,
    /// Part of the title. A page then looks at the next 10,000 orders of `from` to `to` at the most: it may be short, or
    /// empty, and `next` goes on from there.
    q: Option<String>,
    /// Ordered at or after, RFC 3339.
    from: Option<String>,
    /// Ordered before.
    to: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    pub items: Vec<OrderBody>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

fn bad(field: &str, message: &str) -> Problem {
    Problem::new(BAD_FILTER, "the filter is wrong").field(field, message)
}

impl Query {
    pub(super) fn filter(self) -> Result<Filter, Problem> {
        if self.state.as_deref().is_some_and(|s| LineState::from_word(s).is_none()) {
            return Err(bad("state", "is none of the states of an order line"));
        }
        let how = self.attribution.as_deref().map(|word| {
            Attribution::from_word(word).ok_or_else(|| bad("attribution", "is none of the ways of attribution"))
        });
        let moment = |field: &str, text: Option<&str>| -> Result<Option<Instant>, Problem> {
            let wrong = || bad(field, "must be a date and time as in 2026-11-02T02:00:00Z");
            text.map(|text| Instant::parse_rfc3339(text).map_err(|_| wrong())).transpose()
        };
        let text = |field: &str, text: Option<String>| -> Result<Option<String>, Problem> {
            let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            match text {
                Some(text) if text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) => {
                    Err(bad(field, "must have at most 100 characters, and no control characters"))
                }
                text => Ok(text),
            }
        };
        Ok(Filter {
            state: self.state,
            promoter: self.promoter,
            order_no: text("order_no", self.order_no)?,
            review: self.review.unwrap_or(false),
            attribution: how.transpose()?,
            community: self.community,
            item_key: text("item_key", self.item_key)?,
            text: text("q", self.q)?,
            from: moment("from", self.from.as_deref())?,
            to: moment("to", self.to.as_deref())?,
        })
    }
}

fn cursor(paging: &Paging) -> Result<Option<Cursor>, Problem> {
    paging.cursor().map_err(|_| bad("after", "is not a cursor that a list returned"))
}

/// Orders of a program; a promoter sees their own, without the parts of others.
#[utoipa::path(get, path = "/programs/{program}/orders", tag = "orders",
    params(("program" = String, Path), Query, Paging),
    responses((status = 200, body = Page), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<Page>, Failure> {
    let mut filter = query.filter()?;
    let after = cursor(&paging)?;
    let mut read = ctx.db.read().await?;
    let staff = cx.may(Right::Read);
    if !staff {
        filter.promoter = Some(promoters::acting(&mut read, &cx, filter.promoter).await?.id);
    }
    let (lines, next) = store::list(&mut read, Some(cx.program.id), None, &filter, after, paging.limit()).await?;
    let items = OrderBody::load_all(&mut read, &lines, staff).await?;
    Ok(Json(Page { items, next: next.map(|c| c.to_string()) }))
}

/// Orders of a union account that no program can claim.
#[utoipa::path(get, path = "/union-accounts/{account}/unassigned", tag = "orders",
    params(("account" = String, Path), Query, Paging),
    responses((status = 200, body = Page), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn unassigned(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(account): PathOf<UnionAccountId>,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<Page>, Failure> {
    caller.needs_everywhere(Right::ManageOrders)?;
    let (filter, after) = (query.filter()?, cursor(&paging)?);
    let mut read = ctx.db.read().await?;
    let (lines, next) = store::list(&mut read, None, Some(account), &filter, after, paging.limit()).await?;
    let items = OrderBody::load_all(&mut read, &lines, true).await?;
    Ok(Json(Page { items, next: next.map(|c| c.to_string()) }))
}
