//! `daogou communities`: list and add.

use super::{Common, programs, promoters, with};
use crate::failure::Failure;
use crate::show::table;
use app::audit::{self, Deed};
use app::communities::store::{self, Filter};
use app::communities::{NewCommunity, make};
use clap::{Args, Subcommand};
use kernel::{PAGE_MAX, PromoterId};
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// The newest communities of a program
    List {
        /// Code or id of the program
        #[arg(long)]
        program: String,
        #[arg(long)]
        promoter: Option<PromoterId>,
    },
    /// A community of a promoter
    Add(Add),
}

#[derive(Args)]
pub struct Add {
    /// Code or id of the program
    #[arg(long)]
    program: String,
    /// Who keeps it
    #[arg(long)]
    promoter: PromoterId,
    #[arg(long)]
    name: String,
    #[arg(long, default_value = "")]
    city: String,
    #[arg(long, default_value_t = 0)]
    members: i64,
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    with(common, async |ctx, tell| match what {
        What::List { program, promoter } => {
            let program = programs::named(ctx, &program).await?;
            let filter = Filter { promoter, ..Filter::default() };
            let found = store::list(&mut ctx.db.read().await?, program.id, &filter, None, PAGE_MAX).await?;
            let mut rows = Vec::new();
            for c in &found {
                tell.json(&json!({ "community": c.id, "name": c.name, "city": c.city, "members": c.member_count,
                                   "state": c.state, "promoter": c.promoter }));
                let members = c.member_count.to_string();
                rows.push(vec![c.id.to_string(), c.name.clone(), c.city.clone(), members, c.state.clone(), c.promoter.to_string()]);
            }
            tell.line(table(&["community", "name", "city", "members", "state", "promoter"], &[3], rows));
            Ok(())
        }
        What::Add(add) => {
            let by = programs::owner(ctx).await?;
            let program = programs::named(ctx, &add.program).await?;
            let promoter = promoters::known(ctx, &program, add.promoter).await?;
            let new = NewCommunity { name: add.name, kind: None, city: add.city, member_count: add.members };
            let mut tx = ctx.db.begin().await?;
            let made = make(ctx, &mut tx, &program, &promoter, &new).await?;
            let detail = json!({ "promoter": promoter.id, "name": made.name, "by": "command line" });
            let deed =
                Deed { by, program: Some(program.id), action: "community.add", subject: made.id.to_string(), detail };
            audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
            tx.commit().await?;
            tell.line(format!("{}  {}", made.id, made.name));
            tell.json(&json!({ "community": made.id, "name": made.name }));
            Ok(())
        }
    })
    .await
}
