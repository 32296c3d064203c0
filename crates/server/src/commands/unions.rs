//! `daogou unions`: union accounts. The secret comes from the environment or standard input, never from an argument.

use super::{Common, with};
use crate::failure::Failure;
use crate::show::table;
use app::Ctx;
use app::programs::{self, UnionAccount};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// All union accounts (made in the console or with POST /api/v1/union-accounts)
    List,
    /// Ask the union something small, to see that key, secret and gateway are right
    Test {
        /// Id or name
        account: String,
    },
}

/// One account by id or name, or all active ones. None at all is an error that says what to do.
pub async fn chosen(ctx: &Ctx, named: Option<&str>) -> Result<Vec<UnionAccount>, Failure> {
    let all = programs::store::accounts(&mut ctx.db.read().await?).await?;
    let found: Vec<UnionAccount> = match named {
        Some(name) => all.into_iter().filter(|a| a.name == name || a.id.to_string() == name).collect(),
        None => all.into_iter().filter(|a| a.active).collect(),
    };
    match (found.is_empty(), named) {
        (false, _) => Ok(found),
        (true, Some(name)) => Err(Failure::usage(format!("there is no union account {name}; see `daogou unions list`"))),
        (true, None) => Err(Failure::usage("there is no active union account; add one with POST /api/v1/union-accounts")),
    }
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    with(common, async |ctx, tell| match what {
        What::List => {
            let accounts = programs::store::accounts(&mut ctx.db.read().await?).await?;
            let mut rows = Vec::new();
            for a in &accounts {
                let state = if a.active { "active" } else { "paused" };
                tell.json(&json!({ "account": a.id, "name": a.name, "union": a.union_code, "state": state,
                                   "gateway": a.gateway_url }));
                rows.push(vec![
                    a.id.to_string(),
                    a.name.clone(),
                    a.union_code.clone(),
                    state.to_owned(),
                    a.gateway_url.clone(),
                ]);
            }
            tell.line(table(&["account", "name", "union", "state", "gateway"], &[], rows));
            Ok(())
        }
        What::Test { account } => {
            for found in chosen(ctx, Some(&account)).await? {
                let (_, union) = ctx.unions.connect(ctx, found.id).await?;
                let answer = union.categories(None, 0).await;
                programs::note_budget(ctx, found.id, &*union).await?;
                let categories = answer.map_err(Failure::failed)?;
                tell.line(format!("{}: the union answers ({} top categories)", found.name, categories.len()));
                tell.json(&json!({ "account": found.id, "ok": true, "categories": categories.len() }));
            }
            Ok(())
        }
    })
    .await
}
