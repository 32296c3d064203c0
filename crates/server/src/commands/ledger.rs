//! `daogou ledger verify` and `export`.

use super::{Common, with};
use crate::failure::Failure;
use crate::show::{Progress, Tell, table};
use app::commission::VerifyReport;
use app::{Ctx, commission, ledger};
use clap::{Args, Subcommand, ValueEnum};
use kernel::Zone;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum What {
    /// Recompute everything from the union's own rows; any difference is listed and ends with exit code 1
    Verify,
    /// Write the books for an auditor's own program
    Export(Export),
}

#[derive(Args)]
pub struct Export {
    #[arg(long, value_enum, default_value = "beancount")]
    format: Format,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Whose days the dates are
    #[arg(long, value_name = "ZONE", default_value = "Asia/Shanghai")]
    zone: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Beancount,
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    match what {
        What::Verify => with(common, async |ctx, tell| verify(ctx, tell).await.and_then(judge)).await,
        What::Export(export) => {
            let Format::Beancount = export.format;
            let zone = Zone::named(&export.zone).map_err(|e| Failure::usage(format!("--zone: {e}")))?;
            with(common, async |ctx, tell| write(ctx, tell, &export, &zone).await).await
        }
    }
}

/// Verifies with a progress bar and tells what was found.
pub async fn verify(ctx: &Ctx, tell: Tell) -> Result<VerifyReport, Failure> {
    let mut progress = Progress::new(tell, "verify", 64);
    let mut done = 0;
    let report = commission::verify(ctx, |_, so_far| {
        done += 1;
        let found = json!({ "lines": so_far.lines, "differences": so_far.differences });
        progress.to(done, &format!("{} lines, {} differences", so_far.lines, so_far.differences), &found);
    })
    .await
    .map_err(Failure::failed)?;
    progress.done(&format!(
        "{} order lines, {} transactions, {} postings, {} balances: {} differences",
        report.lines, report.looked.transactions, report.looked.postings, report.looked.accounts, report.differences
    ));
    tell.json(&json!({
        "done": true, "lines": report.lines, "transactions": report.looked.transactions,
        "postings": report.looked.postings, "balances": report.looked.accounts, "differences": report.differences,
        "findings": report.findings.iter()
            .map(|f| json!({ "rule": f.rule, "subject": f.subject, "detail": f.detail })).collect::<Vec<_>>(),
    }));
    if !report.findings.is_empty() {
        let rows = report.findings.iter();
        let rows = rows.map(|f| vec![f.rule.to_owned(), f.subject.clone(), f.detail.clone()]).collect();
        tell.line(table(&["rule", "subject", "difference"], &[], rows));
    }
    Ok(report)
}

fn judge(report: VerifyReport) -> Result<(), Failure> {
    match report.differences {
        0 => Ok(()),
        n => Err(Failure::failed(format!("the ledger has {n} differences"))),
    }
}

async fn write(ctx: &Ctx, tell: Tell, export: &Export, zone: &Zone) -> Result<(), Failure> {
    let mut tx = ctx.db.snapshot().await?;
    let Some(path) = &export.out else {
        let counted = ledger::beancount(&mut tx, zone, &mut tokio::io::stdout()).await;
        return counted.map(|_| ()).map_err(Failure::failed);
    };
    // Whole or not at all: a half-written file would look like smaller books.
    let unfinished = path.with_extension("unfinished");
    let mut file = tokio::fs::File::create(&unfinished)
        .await
        .map_err(|e| Failure::usage(format!("{} cannot be written: {e}", unfinished.display())))?;
    let count = ledger::beancount(&mut tx, zone, &mut file).await.map_err(Failure::failed)?;
    file.sync_all().await?;
    std::fs::rename(&unfinished, path)?;
    tell.line(format!("{count} transactions written to {}", path.display()));
    tell.json(&json!({ "transactions": count, "file": path.display().to_string() }));
    Ok(())
}
