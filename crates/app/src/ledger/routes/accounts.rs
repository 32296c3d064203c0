//! GET /programs/{program}/ledger/accounts and GET /ledger/export: balances, and the whole books for an auditor.

use crate::ctx::Ctx;
use crate::ledger::{self, store};
use crate::staff::{Caller, InProgram, Right};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use infra::http::{Failure, ProblemBody};
use kernel::Zone;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct AccountBody {
    /// `platform.waiting`, `platform.income.cps` …
    pub account: String,
    /// Debit positive, credit negative.
    pub balance_fen: i64,
    pub postings: i64,
}

/// The platform's own accounts of a program. What is owed to each promoter: their earnings.
#[utoipa::path(get, path = "/programs/{program}/ledger/accounts", tag = "ledger", params(("program" = String, Path)),
    responses((status = 200, body = [AccountBody]), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn accounts(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<Vec<AccountBody>>, Failure> {
    cx.needs(Right::ReadLedger)?;
    let balances = store::balances(&mut ctx.db.read().await?, &[cx.program.id.raw()]).await?;
    let body = balances.into_iter().map(|(account, balance, postings)| AccountBody {
        account: account.kind.name().to_owned(),
        balance_fen: balance.fen(),
        postings,
    });
    Ok(Json(body.collect()))
}

/// All books as a beancount file; large ones are better exported on the command line.
#[utoipa::path(get, path = "/ledger/export", tag = "ledger",
    responses((status = 200, content_type = "text/plain", body = String), (status = 403, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, caller: Caller) -> Result<Response, Failure> {
    caller.needs_everywhere(Right::ReadLedger)?;
    let mut tx = ctx.db.snapshot().await?;
    let mut out = Vec::new();
    ledger::beancount(&mut tx, &Zone::china(), &mut out).await.map_err(Failure::broken)?;
    let mut response = out.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let name = HeaderValue::from_static("attachment; filename=\"daogou.beancount\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
