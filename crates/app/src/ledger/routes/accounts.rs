//! GET /programs/{program}/ledger/accounts: balances.

use crate::ctx::Ctx;
use crate::ledger::store;
use crate::staff::{InProgram, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformAccountBody {
    /// `platform.waiting`, `platform.income.cps` …
    pub account: String,
    /// Debit positive, credit negative.
    pub balance_fen: i64,
    pub postings: i64,
}

/// The platform's own accounts of a program. What is owed to each promoter: their earnings.
#[utoipa::path(get, path = "/programs/{program}/ledger/accounts", tag = "ledger", params(("program" = String, Path)),
    responses((status = 200, body = [PlatformAccountBody]), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn accounts(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<Vec<PlatformAccountBody>>, Failure> {
    cx.needs(Right::ReadLedger)?;
    let balances = store::balances(&mut ctx.db.read().await?, &[cx.program.id.raw()]).await?;
    let body = balances.into_iter().map(|(account, balance, postings)| PlatformAccountBody {
        account: account.kind.name().to_owned(),
        balance_fen: balance.fen(),
        postings,
    });
    Ok(Json(body.collect()))
}
