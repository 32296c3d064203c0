//! GET /programs/{program}/ledger/transactions/export: the list as a file, one row per leg.

use super::transactions::Query;
use crate::ctx::Ctx;
use crate::ledger::store;
use crate::staff::{InProgram, Right};
use axum::extract::State;
use axum::response::Response;
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;

/// All that the list shows with these filters, newest first; debit positive, credit negative.
#[utoipa::path(get, path = "/programs/{program}/ledger/transactions/export", tag = "ledger",
    operation_id = "export_transactions", params(("program" = String, Path), Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, cx: InProgram, Params(query): Params<Query>) -> Result<Response, Failure> {
    cx.needs(Right::ReadLedger)?;
    let filter = query.filter()?;
    let zone = &cx.program.zone;
    let (booked, event) = (in_zone("记账时间", zone), in_zone("发生时间", zone));
    let header = ["交易", "订单行", "序号", &booked, &event, "事由", "科目", "所属", "金额(元)"];
    csv("transactions", &header, (ctx, cx.program, filter), |(ctx, program, filter), after| async move {
        let (found, next) = store::of_program(&mut ctx.db.read().await?, program.id, &filter, after, CSV_ROWS).await?;
        let rows = found.iter().flat_map(|t| t.legs.iter().map(move |leg| (t, leg))).map(|(t, (account, amount))| {
            row![
                t.id.to_string(),
                t.line.to_string(),
                t.n,
                Cell::time(t.booked_at, &program.zone),
                Cell::time(t.event_at, &program.zone),
                &*t.reason,
                account.kind.name(),
                account.owner_text(),
                *amount
            ]
        });
        Ok((rows.collect(), next))
    })
    .await
}
