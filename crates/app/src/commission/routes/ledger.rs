//! GET /programs/{program}/promoters/{promoter}/ledger: what was booked for one person, posting by posting.

use crate::ctx::Ctx;
use crate::ledger;
use crate::orders::{self, Line};
use crate::promoters;
use crate::staff::{InProgram, Paging, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, PathOf, ProblemBody};
use kernel::{Cursor, LineId, PromoterId, TransactionId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct PostingBody {
    #[schema(value_type = String)]
    pub transaction: TransactionId,
    /// Null where the reader is only the inviter of the promoter whose order it is.
    #[schema(value_type = Option<String>)]
    pub order: Option<LineId>,
    /// Counts the transactions of the order, from 1.
    pub n: i64,
    /// `person.waiting`, `person.confirmed`, `person.payable` or `person.held`.
    pub account: String,
    /// What is owed: more is positive.
    pub amount_fen: i64,
    pub reason: String,
    pub booked_at: String,
    pub event_at: String,
    /// Null as `order` is.
    pub title: Option<String>,
    /// `direct` or `inviter`.
    pub role: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PostingPage {
    /// Newest first.
    pub items: Vec<PostingBody>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

/// Whether somebody was paid for a line as the one whose order it is, now or before it was assigned by hand. Of whom
/// nothing is known is taken for the inviter, who sees less.
fn is_direct(line: &Line, promoter: PromoterId) -> bool {
    if line.promoter == Some(promoter) {
        return true;
    }
    let name = promoter.to_string();
    let evidence: serde_json::Value = serde_json::from_str(&line.evidence).unwrap_or_default();
    let mut before = evidence.get("before");
    while let Some(was) = before {
        if was.get("promoter").and_then(serde_json::Value::as_str) == Some(&name) {
            return true;
        }
        before = was.get("evidence").and_then(|e| e.get("before"));
    }
    false
}

/// Postings of a promoter: by themself, or by staff.
#[utoipa::path(get, path = "/programs/{program}/promoters/{promoter}/ledger", tag = "promoters",
    operation_id = "promoter_ledger", params(("program" = String, Path), ("promoter" = String, Path), Paging),
    responses((status = 200, body = PostingPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn postings(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf((_program, promoter)): PathOf<(String, PromoterId)>,
    Params(paging): Params<Paging>,
) -> Result<Json<PostingPage>, Failure> {
    let mut read = ctx.db.read().await?;
    let promoter = promoters::readable(&mut read, &cx, promoter).await?.id;
    let (staff, limit) = (cx.may(Right::Read), paging.limit());
    let found = ledger::store::of_person(&mut read, promoter.raw(), paging.cursor()?, limit).await?;
    let last = found.last().filter(|_| found.len() as u64 == u64::from(limit));
    let next = last.map(|p| Cursor { sort: p.transaction.raw(), id: p.seq }.to_string());
    let lines = orders::store::find_all(&mut read, found.iter().map(|p| p.line).collect()).await?;
    let mut items = Vec::with_capacity(found.len());
    for posting in found {
        let line = lines.get(&posting.line);
        let direct = line.is_some_and(|line| is_direct(line, promoter));
        let shown = direct || staff;
        items.push(PostingBody {
            transaction: posting.transaction,
            order: shown.then_some(posting.line),
            n: posting.n,
            account: posting.account.kind.name().to_owned(),
            amount_fen: posting.amount.checked_neg().map_err(Failure::broken)?.fen(),
            reason: posting.reason,
            booked_at: posting.booked_at.rfc3339(),
            event_at: posting.event_at.rfc3339(),
            title: line.filter(|_| shown).map(|line| line.title.clone()),
            role: if direct { "direct" } else { "inviter" },
        });
    }
    Ok(Json(PostingPage { items, next }))
}
