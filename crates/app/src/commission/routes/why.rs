//! GET /programs/{program}/orders/{order}/why and /orders/{order}/why: whose it is, why this amount, line by line.

use crate::commission::assign::UNKNOWN_ORDER;
use crate::commission::why::{Why, why};
use crate::ctx::Ctx;
use crate::ledger::TransactionBody;
use crate::orders::{self, routes::OrderBody};
use crate::promoters;
use crate::staff::{Caller, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::{LineId, LineState, Problem};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct WhyBody {
    pub order: OrderBody,
    /// In words: why this promoter, or why nobody.
    pub whose: String,
    /// In words: why this amount.
    pub amount: String,
    /// The decision's own evidence: code, promoter number, plan line, level, standing. Staff only.
    #[schema(value_type = Option<Object>)]
    pub evidence: Option<serde_json::Value>,
    pub shares: SharesBody,
    /// The part settled in closed months.
    pub settled: SharesBody,
    pub postings: Vec<TransactionBody>,
    /// The union's reports, newest first.
    pub reports: Vec<ReportBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SharesBody {
    pub total_fen: i64,
    pub direct_fen: i64,
    pub inviter_fen: i64,
    pub platform_fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReportBody {
    pub modified_at: String,
    pub fetched_at: String,
}

fn amount_in_words(why: &Why) -> String {
    let line = &why.line;
    let basis = match line.state {
        LineState::Pending => format!("the union estimates its fee at {} yuan", line.estimated_fee),
        LineState::Confirmed => format!("the union confirmed its fee of {} yuan", line.actual_fee),
        LineState::Expected => "the order is not paid, so it is worth nothing yet".to_owned(),
        LineState::Superseded => "the union split this order; its parts carry the value".to_owned(),
        LineState::Invalid => format!("the union pays nothing for it (its code {})", line.raw_status),
        LineState::Unknown => {
            format!(
                "the union's code {} is not understood: nothing new is paid until somebody has looked",
                line.raw_status
            )
        }
    };
    let parts = format!(
        "{} yuan: {} direct ({}), {} inviter ({}), {} platform (the rest)",
        why.fee, why.shares.direct, line.direct, why.shares.inviter, line.inviter_rate, why.shares.platform
    );
    let held =
        if line.direct_held { "; the share is held: the promoter was suspended when the order was placed" } else { "" };
    let own = if line.self_purchase { "; bought for themself: its own rate, no inviter part" } else { "" };
    format!("{basis}; {parts}{own}{held}")
}

/// Why is this order mine (or nobody's), and why this amount.
#[utoipa::path(get, path = "/orders/{order}/why", tag = "orders", params(("order" = String, Path)),
    responses((status = 200, body = WhyBody), (status = 404, body = ProblemBody)))]
pub async fn why_order(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(order): PathOf<LineId>,
) -> Result<Json<WhyBody>, Failure> {
    let unknown = || Problem::new(UNKNOWN_ORDER, format!("there is no order {order}"));
    let mut read = ctx.db.read().await?;
    let why = why(&mut read, order).await?.ok_or_else(unknown)?;
    let staff = match why.line.program {
        Some(program) => caller.may(Right::Read, program),
        None => caller.needs_everywhere(Right::Read).is_ok(),
    };
    if !staff {
        // A promoter sees the lines that pay them directly; the inviter's view stays an aggregate.
        let mine = match (why.line.promoter, why.line.program) {
            (Some(promoter), Some(program)) => {
                promoters::store::by_person(&mut read, program, caller.person).await?.is_some_and(|p| p.id == promoter)
            }
            _ => false,
        };
        if !mine {
            return Err(unknown().into());
        }
    }
    let shares = |total: kernel::Money, s: accounting::Shares| SharesBody {
        total_fen: total.fen(),
        direct_fen: s.direct.fen(),
        inviter_fen: s.inviter.fen(),
        platform_fen: s.platform.fen(),
    };
    Ok(Json(WhyBody {
        order: OrderBody::load(&mut read, &why.line, staff).await?,
        whose: why.line.attribution.sentence().to_owned(),
        amount: amount_in_words(&why),
        evidence: staff.then(|| orders::evidence(&why.line, &ctx.codes)),
        shares: shares(why.fee, why.shares),
        settled: shares(why.line.settled, why.settled_shares),
        postings: why.transactions.iter().map(TransactionBody::from).collect(),
        reports: why
            .reports
            .iter()
            .map(|(m, f)| ReportBody { modified_at: m.rfc3339(), fetched_at: f.rfc3339() })
            .collect(),
    }))
}
