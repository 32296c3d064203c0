//! GET /ledger/export: the whole books for an auditor, as they are read; in memory are a page and the
//! list of accounts.

use crate::ctx::Ctx;
use crate::ledger;
use crate::staff::{Caller, Right};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use infra::http::{Failure, ProblemBody};
use kernel::Zone;
use std::io;
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// Bytes between the reader of the database and the client.
const BETWEEN: usize = 256 * 1024;
/// A client that reads more slowly does not keep the snapshot open for ever.
const WITHIN: Duration = Duration::from_secs(3600);

/// All books as a beancount file, streamed. If it cannot be written to its end, the connection breaks off: a file that
/// arrived whole is whole.
#[utoipa::path(get, path = "/ledger/export", tag = "ledger",
    responses((status = 200, content_type = "text/plain", body = String), (status = 403, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, caller: Caller) -> Result<Response, Failure> {
    caller.needs_everywhere(Right::ReadLedger)?;
    let mut tx = ctx.db.snapshot().await?;
    let (mut out, read) = tokio::io::duplex(BETWEEN);
    let writing = tokio::spawn(async move {
        match tokio::time::timeout(WITHIN, ledger::beancount(&mut tx, &Zone::china(), &mut out)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the client read too slowly".to_owned()),
        }
    });
    // The end of the text is believed only once its writer says so.
    let end = stream::once(async move {
        let outcome = writing.await.map_err(|error| error.to_string()).and_then(|done| done);
        outcome.map(|()| Vec::new().into()).map_err(|error| {
            tracing::warn!(error, "an export broke off");
            io::Error::other("the export broke off")
        })
    });
    let mut response = Body::from_stream(ReaderStream::new(read).chain(end)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let name = HeaderValue::from_static("attachment; filename=\"daogou.beancount\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
