//! Sharing: a code for one product, one promoter and one community or none.

use super::convert::{self, ConvertError};
use super::found::Found;
use super::landing;
use crate::catalog::rules::final_price;
use crate::catalog::{self, ProductState};
use crate::communities::{self, model::CLOSED};
use crate::ctx::Ctx;
use crate::programs::{self, Program, ProgramState};
use crate::promoters::Promoter;
use crate::staff::INVALID;
use infra::http::Failure;
use kernel::{CommunityId, Money, Problem, ProblemCode, SELF_COMMUNITY, ShareCode};

pub const UNKNOWN_PRODUCT: ProblemCode = ProblemCode::new("links.unknown_product", 404, "no such product");
pub const PRODUCT_GONE: ProblemCode = ProblemCode::new("links.product_gone", 409, "the product is no longer on offer");
pub const UNKNOWN_COMMUNITY: ProblemCode = ProblemCode::new("links.unknown_community", 404, "no such community");
pub const NOT_LIVE: ProblemCode = ProblemCode::new("links.program_not_live", 409, "the program is not live");
pub const BUDGET_SPENT: ProblemCode =
    ProblemCode::new("links.budget_spent", 503, "the union's quota of today is used up");
pub const REFUSED: ProblemCode =
    ProblemCode::new("links.material_refused", 409, "the union does not let it be promoted");
pub const UNION_FAILED: ProblemCode =
    ProblemCode::new("links.union_failed", 502, "the union did not answer as it should");

/// What is to be shared.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub product: u64,
    pub community: Option<CommunityId>,
    /// *Buy for myself*: its own rate, no inviter part.
    pub self_purchase: bool,
    /// Ask the union now; else at the first opening.
    pub convert: bool,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub code: String,
    /// Leads to the union; for people.
    pub url: String,
    /// Our page with price steps.
    pub page: String,
    /// What is pasted into a chat, with the link in it.
    pub copy_text: String,
    pub union_url: Option<String>,
    pub coupon_dropped: Option<String>,
    pub final_price: Money,
    pub seen_at: kernel::Instant,
}

/// Where a program's links begin; never from the Host header.
pub fn base<'a>(ctx: &'a Ctx, program: &'a Program) -> &'a str {
    if program.public_url.is_empty() { &ctx.settings.public_url } else { &program.public_url }
}

/// Makes a link of an active promoter.
pub async fn make(ctx: &Ctx, program: &Program, promoter: &Promoter, new: &NewLink) -> Result<Link, Failure> {
    if new.self_purchase && new.community.is_some() {
        let problem = Problem::new(INVALID, "correct the named fields");
        return Err(problem.field("community", "is left out of a link for oneself").into());
    }
    if program.state != ProgramState::Live {
        let words = format!("program {} is {}: its links do not open", program.code, program.state.word());
        return Err(Problem::new(NOT_LIVE, words).into());
    }
    let mut read = ctx.db.read().await?;
    let unknown = || Problem::new(UNKNOWN_PRODUCT, format!("there is no product {}", new.product));
    let product = catalog::store::by_number(&mut read, new.product).await?.ok_or_else(unknown)?;
    if !programs::store::accounts_of_program(&mut read, program.id).await?.contains(&product.union_account) {
        return Err(unknown().into());
    }
    if product.state != ProductState::OnSale {
        return Err(Problem::new(PRODUCT_GONE, format!("{} is {}", product.title, product.state.word())).into());
    }
    let community = match new.community {
        Some(id) => {
            let known = communities::store::find(&mut read, program.id, id).await?;
            let own = known.filter(|c| c.promoter == promoter.id && c.state != CLOSED);
            own.ok_or_else(|| Problem::new(UNKNOWN_COMMUNITY, format!("the promoter keeps no community {id}")))?.ordinal
        }
        None if new.self_purchase => SELF_COMMUNITY,
        None => 0,
    };
    drop(read);
    let code =
        ShareCode { bucket: promoter.id.bucket(), promoter: promoter.number, community, product: product.number };
    let text = code.text(&ctx.codes).ok_or_else(|| Failure::broken("a number does not fit into a share code"))?;
    let found = Found { code, text, program: program.clone(), promoter: promoter.clone(), product };
    let converted = if new.convert { Some(convert::target(ctx, &found).await.map_err(refusal)?) } else { None };
    let base = base(ctx, program);
    let url = format!("{base}/s/{}", found.text);
    Ok(Link {
        page: format!("{base}/p/{}", found.text),
        copy_text: landing::copy_text(&found, &url, ctx.now()),
        url,
        union_url: converted.as_ref().map(|c| c.url.clone()),
        coupon_dropped: converted.and_then(|c| c.coupon_dropped),
        final_price: final_price(&found.product, ctx.now()),
        seen_at: found.product.seen_at,
        code: found.text,
    })
}

pub(super) fn refusal(error: ConvertError) -> Failure {
    match error {
        ConvertError::BudgetSpent => Problem::new(BUDGET_SPENT, "try again tomorrow (China time)").into(),
        ConvertError::Refused(words) => Problem::new(REFUSED, words).into(),
        ConvertError::Union(error) => {
            Problem::new(UNION_FAILED, format!("{} ({})", error.message, error.class.word())).into()
        }
        ConvertError::Late(words) => Problem::new(UNION_FAILED, words).into(),
        ConvertError::Host(words) => Problem::new(UNION_FAILED, words).into(),
        // Several may wait for one conversion: each is told of the same failure.
        ConvertError::Failed(failure) => match &*failure {
            Failure::Refused(problem) => Failure::Refused(problem.clone()),
            Failure::Broken(error) => Failure::broken(error.to_string()),
        },
    }
}
