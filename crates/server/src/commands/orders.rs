//! `daogou orders pull`: fetches order changes now, also of a chosen span. `daogou orders sweep`: the last weeks again.

use super::{Common, unions, with};
use crate::failure::Failure;
use crate::show::{Progress, table};
use app::commission::{self, PullReport};
use clap::{Args, Subcommand};
use kernel::Instant;
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// Fetch, record and book order changes of all union accounts, or of one
    Pull(Pull),
    /// Go on with the slow sweep of recent weeks to the end of its round: what the union showed too late is found
    Sweep(Sweep),
}

#[derive(Args)]
pub struct Sweep {
    /// Id or name of one union account [default: all active ones]
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

#[derive(Args)]
pub struct Pull {
    /// From when changes are asked for, as in 2026-11-02T02:00:00Z [default: the watermark, with overlap]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until when [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Id or name of one union account [default: all active ones]
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

fn moment(name: &str, text: Option<&str>) -> Result<Option<Instant>, Failure> {
    text.map(Instant::parse_rfc3339)
        .transpose()
        .map_err(|_| Failure::usage(format!("{name} must be a date and time as in 2026-11-02T02:00:00Z")))
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    let pull = match what {
        What::Pull(pull) => pull,
        What::Sweep(sweep) => return run_sweep(common, sweep).await,
    };
    let from = moment("--from", pull.from.as_deref())?;
    let to = moment("--to", pull.to.as_deref())?;
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(Failure::usage("--from must be earlier than --to"));
    }
    with(common, async |ctx, tell| {
        let mut rows = Vec::new();
        for account in unions::chosen(ctx, pull.account.as_deref()).await? {
            let mut progress = Progress::new(tell, "orders", 0);
            let mut so_far = 0;
            let pulled = commission::pull_orders(ctx, account.id, from, to, |step| {
                so_far += step.rows;
                let until = step.complete_until.map(Instant::rfc3339);
                progress.to(
                    u64::from(step.page),
                    &format!("pages, {so_far} rows, up to {}", until.as_deref().unwrap_or("…")),
                    &json!({ "rows": step.rows, "new": step.new, "changed": step.changed,
                             "transactions": step.transactions, "complete_until": until }),
                );
            })
            .await;
            let report = pulled.map_err(|e| Failure::failed(format!("union account {}: {e}", account.name)))?;
            progress.done(&format!("{} pulled", account.name));
            tell.json(&json!({ "account": account.id, "done": true, "pages": report.pages, "rows": report.rows,
                               "new": report.new, "changed": report.changed, "transactions": report.transactions }));
            rows.push(row(&account.name, &report));
        }
        app::reports::roll_up(ctx).await?;
        tell.line(table(&["account", "pages", "rows", "new", "changed", "transactions"], &[1, 2, 3, 4, 5], rows));
        Ok(())
    })
    .await
}

async fn run_sweep(common: &Common, sweep: Sweep) -> Result<(), Failure> {
    with(common, async |ctx, tell| {
        let mut rows = Vec::new();
        for account in unions::chosen(ctx, sweep.account.as_deref()).await? {
            let mut progress = Progress::new(tell, "sweep", 0);
            let mut so_far = 0;
            let swept = commission::sweep_orders(ctx, account.id, u32::MAX, |step| {
                so_far += step.rows;
                progress.to(
                    u64::from(step.page),
                    &format!("pages, {so_far} rows"),
                    &json!({ "rows": step.rows, "new": step.new, "changed": step.changed,
                             "transactions": step.transactions }),
                );
            })
            .await;
            let report = swept.map_err(|e| Failure::failed(format!("union account {}: {e}", account.name)))?;
            if report.spared {
                progress.done("half of today's calls are used; the rest of the round is tomorrow's");
            } else {
                progress.done(&format!("{} swept", account.name));
            }
            let read = &report.read;
            tell.json(&json!({ "account": account.id, "done": report.finished, "pages": read.pages, "rows": read.rows,
                               "new": read.new, "changed": read.changed, "transactions": read.transactions }));
            rows.push(row(&account.name, read));
        }
        app::reports::roll_up(ctx).await?;
        tell.line(table(&["account", "pages", "rows", "new", "changed", "transactions"], &[1, 2, 3, 4, 5], rows));
        Ok(())
    })
    .await
}

fn row(name: &str, report: &PullReport) -> Vec<String> {
    let PullReport { pages, rows, new, changed, transactions } = report;
    [
        name.to_owned(),
        pages.to_string(),
        rows.to_string(),
        new.to_string(),
        changed.to_string(),
        transactions.to_string(),
    ]
    .to_vec()
}
