//! `daogou ledger verify`, `seal` and `export`.

use super::{Common, with};
use crate::failure::Failure;
use crate::show::{Progress, Tell, table};
use app::commission::VerifyReport;
use app::{Ctx, commission, ledger};
use clap::{Args, Subcommand, ValueEnum};
use kernel::{BUCKETS, Bucket, Month, Zone};
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum What {
    /// Recompute everything from the union's own rows; any difference is listed and ends with exit code 1
    Verify,
    /// Print the head of each chain and one seal over all: kept elsewhere, they show later whether the past was rewritten
    Seal,
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
    /// Only what was booked in this month, as in 2026-11, with what was there before it carried forward
    #[arg(long, value_name = "YYYY-MM", value_parser = Month::parse)]
    month: Option<Month>,
    /// Only these buckets, as in 0-15: the books of a part of the lines, which balance by themselves
    #[arg(long, value_name = "FIRST-LAST", value_parser = buckets)]
    buckets: Option<(Bucket, Bucket)>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Beancount,
    Hledger,
}

fn buckets(text: &str) -> Result<(Bucket, Bucket), String> {
    let number = |text: &str| text.parse::<i16>().ok().filter(|n| (0..BUCKETS).contains(n));
    let parts = text.split_once('-').and_then(|(first, last)| number(first).zip(number(last)));
    let (first, last) = parts.filter(|(first, last)| first <= last).ok_or("must be FIRST-LAST within 0-63")?;
    let bucket = |n: i16| Bucket::from_low_bits(n.unsigned_abs().into());
    Ok((bucket(first), bucket(last)))
}

impl Export {
    fn format(&self) -> ledger::Format {
        match self.format {
            Format::Beancount => ledger::Format::Beancount,
            Format::Hledger => ledger::Format::Hledger,
        }
    }

    fn part(&self) -> ledger::Part {
        let whole = ledger::Part::whole();
        let (first, last) = self.buckets.unwrap_or((whole.first, whole.last));
        ledger::Part { month: self.month, first, last }
    }
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    match what {
        What::Verify => with(common, async |ctx, tell| verify(ctx, tell).await.and_then(judge)).await,
        What::Seal => with(common, seal).await,
        What::Export(export) => {
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

/// Heads and the seal over them: SHA-256 of (bucket, number, hash) of each, in the order of buckets.
async fn seal(ctx: &Ctx, tell: Tell) -> Result<(), Failure> {
    let mut tx = ctx.db.snapshot().await?;
    let heads = ledger::heads(&mut tx).await?;
    let at = ctx.now().rfc3339();
    let seal = ledger::seal(&heads);
    let hex = infra::secrets::hex;
    let rows = heads.iter().map(|h| vec![h.bucket.number().to_string(), h.n.to_string(), hex(&h.hash)]).collect();
    tell.line(table(&["bucket", "links", "head"], &[0, 1], rows));
    tell.line(format!("{} chains at {at}, sealed {}", heads.len(), hex(&seal)));
    tell.json(&json!({
        "at": at, "seal": hex(&seal),
        "heads": heads.iter()
            .map(|h| json!({ "bucket": h.bucket.number(), "links": h.n, "hash": hex(&h.hash) })).collect::<Vec<_>>(),
    }));
    Ok(())
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
        let counted = ledger::export(&mut tx, export.format(), export.part(), zone, &mut tokio::io::stdout()).await;
        return counted.map(|_| ()).map_err(Failure::failed);
    };
    // Whole or not at all: a half-written file would look like smaller books.
    let unfinished = path.with_extension("unfinished");
    let mut file = tokio::fs::File::create(&unfinished)
        .await
        .map_err(|e| Failure::usage(format!("{} cannot be written: {e}", unfinished.display())))?;
    let count = ledger::export(&mut tx, export.format(), export.part(), zone, &mut file).await;
    let count = count.map_err(Failure::failed)?;
    file.sync_all().await?;
    std::fs::rename(&unfinished, path)?;
    tell.line(format!("{count} transactions written to {}", path.display()));
    tell.json(&json!({ "transactions": count, "file": path.display().to_string() }));
    Ok(())
}
