//! `daogou sync goods`: fetches goods from the unions' channels and searches.

use super::{Common, unions, with};
use crate::failure::Failure;
use crate::show::{Progress, Tell, table};
use app::catalog::{self, Feed, SyncLimits};
use app::programs::UnionAccount;
use app::Ctx;
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// Fetch goods of channels (channel:22) and searches (search:抽纸); goes on where it stopped
    Goods(Goods),
}

#[derive(Args)]
pub struct Goods {
    /// Id or name of one union account [default: all active ones]
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// channel:NUMBER or search:WORDS; may be repeated [default: the union's usual channels]
    #[arg(long, value_name = "FEED")]
    feed: Vec<String>,
    /// Pages of each feed at the most
    #[arg(long, default_value_t = 50)]
    pages: u32,
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    let What::Goods(goods) = what;
    let feeds = feeds(&goods.feed)?;
    with(common, async |ctx, tell| {
        for account in unions::chosen(ctx, goods.account.as_deref()).await? {
            sync_account(ctx, tell, &account, feeds.clone(), goods.pages).await?;
        }
        Ok(())
    })
    .await
}

fn feeds(named: &[String]) -> Result<Vec<Feed>, Failure> {
    if named.is_empty() {
        return Ok(Feed::defaults());
    }
    let read = named.iter().map(|text| {
        text.parse::<Feed>()
            .map_err(|_| Failure::usage(format!("--feed {text}: must be as channel:22 or search:抽纸")))
    });
    read.collect()
}

/// All feeds of one account, with a bar, and a table of what each brought.
pub async fn sync_account(
    ctx: &Ctx,
    tell: Tell,
    account: &UnionAccount,
    feeds: Vec<Feed>,
    pages: u32,
) -> Result<(), Failure> {
    catalog::sync_categories(ctx, account.id).await.map_err(Failure::failed)?;
    let mut progress = Progress::new(tell, "goods", 0);
    let mut seen = 0;
    let limits = SyncLimits { pages_max: pages };
    let mut per_feed: Vec<(String, [u64; 3])> = Vec::new();
    let report = catalog::sync(ctx, account.id, feeds, limits, |step| {
        seen += step.seen;
        let feed = step.feed.to_string();
        let sums = [step.seen, step.new, step.changed];
        match per_feed.iter_mut().find(|(name, _)| *name == feed) {
            Some((_, known)) => known.iter_mut().zip(sums).for_each(|(a, b)| *a += b),
            None => per_feed.push((feed.clone(), sums)),
        }
        let line = json!({ "feed": feed, "page": step.page, "seen": step.seen, "new": step.new, "changed": step.changed });
        progress.to(seen, &format!("{feed} page {}", step.page), &line);
    })
    .await
    .map_err(|e| Failure::failed(format!("union account {}: {e}", account.name)))?;
    let on_sale = catalog::store::count(&mut ctx.db.read().await?, account.id).await?;
    progress.done(&format!("{}: {} seen, {} new, {} changed; {on_sale} in the catalog", account.name, report.seen, report.new, report.changed));
    tell.json(&json!({ "account": account.id, "done": true, "seen": report.seen, "new": report.new,
                       "changed": report.changed, "in_catalog": on_sale }));
    let rows = per_feed.into_iter().map(|(feed, [seen, new, changed])| {
        vec![feed, seen.to_string(), new.to_string(), changed.to_string()]
    });
    tell.line(table(&["feed", "seen", "new", "changed"], &[1, 2, 3], rows.collect()));
    Ok(())
}
