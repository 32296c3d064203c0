//! `daogou links`: make one, read one.

use super::{Common, programs, promoters, with};
use crate::failure::Failure;
use app::links::{self, Lost, NewLink};
use clap::{Args, Subcommand};
use kernel::{CommunityId, PromoterId};
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// Share a product for a promoter; prints the text for a chat
    Make(Make),
    /// What a code says, and whether it still leads anywhere
    Show {
        /// The 20 characters after /s/
        code: String,
    },
}

#[derive(Args)]
pub struct Make {
    /// Code or id of the program
    #[arg(long)]
    program: String,
    #[arg(long)]
    promoter: PromoterId,
    /// Number of the product
    #[arg(long)]
    product: u64,
    #[arg(long, conflicts_with = "self_purchase")]
    community: Option<CommunityId>,
    /// The promoter buys for themself
    #[arg(long)]
    self_purchase: bool,
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    with(common, async |ctx, tell| match what {
        What::Make(make) => {
            let program = programs::named(ctx, &make.program).await?;
            let promoter = promoters::known(ctx, &program, make.promoter).await?;
            let standing = app::promoters::store::standing_at(&mut ctx.db.read().await?, promoter.id, ctx.now()).await?;
            if standing.suspended {
                return Err(Failure::usage(format!("promoter {} is suspended", promoter.id)));
            }
            let new = NewLink {
                product: make.product,
                community: make.community,
                self_purchase: make.self_purchase,
                convert: true,
            };
            let link = links::make(ctx, &program, &promoter, &new).await?;
            tell.line(&link.copy_text);
            tell.json(&json!({ "code": link.code, "url": link.url, "page": link.page, "union_url": link.union_url,
                               "coupon_dropped": link.coupon_dropped, "final_fen": link.final_price.fen() }));
            Ok(())
        }
        What::Show { code } => match links::find(ctx, &code).await? {
            Ok(found) => {
                let words = format!(
                    "{}  {} of {}, community {}, product {} {}",
                    found.text, found.promoter.display_name, found.program.name, found.code.community,
                    found.product.number, found.product.title
                );
                tell.line(words);
                tell.json(&json!({ "code": found.text, "program": found.program.id, "promoter": found.promoter.id,
                                   "community": found.code.community, "product": found.product.number.to_string() }));
                Ok(())
            }
            Err(Lost::Unknown) => Err(Failure::usage("this installation never issued such a code, or its program is not live")),
            Err(Lost::Suspended) => Err(Failure::usage("its promoter is suspended")),
            Err(Lost::Gone(found)) => Err(Failure::usage(format!("{} is no longer on offer", found.product.title))),
        },
    })
    .await
}
