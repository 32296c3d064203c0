//! GET /programs/{program}/ledger/transactions: newest first.

use crate::ctx::Ctx;
use crate::ledger::store::{self, Booked, Filter};
use crate::staff::{InProgram, Input, Right};
use accounting::AccountKind;
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use kernel::{Cursor, LineId, PAGE_DEFAULT, PAGE_MAX, Problem, ProblemCode, TransactionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub const BAD_CURSOR: ProblemCode = ProblemCode::new("ledger.cursor", 400, "not a cursor that a list returned");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Rows, at most 100.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// One order line.
    order: Option<String>,
    /// Exactly as listed: `order paid` …
    reason: Option<String>,
    /// With a leg in this account: `person.waiting` …
    account: Option<String>,
    /// When it was booked: from, and before (RFC 3339).
    from: Option<String>,
    to: Option<String>,
}

impl Query {
    /// What the query asks for; all that is wrong with it is named at once.
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        let mut input = Input::default();
        let mut filter = Filter::default();
        if let Some(order) = &self.order {
            filter.line = order.parse().map_err(|_| input.wrong("order", "is not the id of an order line")).ok();
        }
        filter.reason = self.reason.as_deref().map(|text| input.text("reason", text, 1, 100));
        if let Some(name) = &self.account {
            filter.account = AccountKind::from_name(name);
            if filter.account.is_none() {
                input.wrong("account", "is none of the accounts");
            }
        }
        filter.from = self.from.as_deref().map(|text| input.moment("from", text));
        filter.to = self.to.as_deref().map(|text| input.moment("to", text));
        input.done()?;
        Ok(filter)
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionBody {
    #[schema(value_type = String)]
    pub id: TransactionId,
    #[schema(value_type = String)]
    pub order: LineId,
    /// Counts the transactions of the order, from 1.
    pub n: i64,
    pub booked_at: String,
    pub event_at: String,
    pub reason: String,
    /// Debit positive, credit negative; they sum to zero.
    pub legs: Vec<LegBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LegBody {
    pub account: String,
    pub owner: String,
    pub amount_fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionPage {
    pub items: Vec<TransactionBody>,
    /// Narrowed by reason or account a page may be short before the last.
    pub next: Option<String>,
}

impl From<&Booked> for TransactionBody {
    fn from(booked: &Booked) -> TransactionBody {
        let leg = |(account, amount): &(accounting::Account, kernel::Money)| LegBody {
            account: account.kind.name().to_owned(),
            owner: account.owner_text(),
            amount_fen: amount.fen(),
        };
        TransactionBody {
            id: booked.id,
            order: booked.line,
            n: booked.n,
            booked_at: booked.booked_at.rfc3339(),
            event_at: booked.event_at.rfc3339(),
            reason: booked.reason.clone(),
            legs: booked.legs.iter().map(leg).collect(),
        }
    }
}

/// Transactions of a program.
#[utoipa::path(get, path = "/programs/{program}/ledger/transactions", tag = "ledger",
    params(("program" = String, Path), Query),
    responses((status = 200, body = TransactionPage), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn transactions(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
) -> Result<Json<TransactionPage>, Failure> {
    cx.needs(Right::ReadLedger)?;
    let bad = || Problem::new(BAD_CURSOR, "`after` is not a cursor that a list returned");
    let after = query.after.as_deref().map(|text| text.parse::<Cursor>().map_err(|_| bad())).transpose()?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let filter = query.filter()?;
    let (list, next) = store::of_program(&mut ctx.db.read().await?, cx.program.id, &filter, after, limit).await?;
    let items = list.iter().map(TransactionBody::from).collect();
    Ok(Json(TransactionPage { items, next: next.map(|next| next.to_string()) }))
}
