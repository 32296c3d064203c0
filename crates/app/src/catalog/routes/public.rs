//! GET /public/programs/{program}/products and …/{product}: what anybody may see of the goods; commissions are not in it.

use super::list::{Filter, query};
use super::view::StepBody;
use super::{UNKNOWN_PRODUCT, offered};
use crate::catalog::rules::{self, CouponUse};
use crate::catalog::store;
use crate::catalog::{Product, ProductState};
use crate::ctx::Ctx;
use crate::programs;
use crate::staff::{INVALID, Paging, public_program};
use axum::Json;
use axum::extract::State;
use infra::http::{ClientAddress, Failure, Params, PathOf, ProblemBody};
use kernel::{Instant, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// A product for consumers. Prices are those of `seen_at`; its picture is at `/pic/{product}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicProduct {
    /// Its number, as text.
    pub product: String,
    pub title: String,
    pub brand: String,
    pub shop: String,
    pub self_run: bool,
    pub category_name: String,
    pub has_picture: bool,
    pub list_fen: i64,
    pub promo_fen: i64,
    /// 0: there is no coupon.
    pub coupon_fen: i64,
    /// Whether the coupon takes something off one piece now.
    pub coupon_applies: bool,
    /// For one piece, with the coupon where it applies.
    pub final_fen: i64,
    pub sales_30_days: Option<i64>,
    pub delivered_by_union: bool,
    /// false: nothing to buy any more.
    pub on_sale: bool,
    pub seen_at: String,
    /// fresh (less than a day), stale or old (a week or longer).
    pub staleness: &'static str,
}

impl PublicProduct {
    pub fn new(p: &Product, now: Instant) -> PublicProduct {
        PublicProduct {
            product: p.number.to_string(),
            title: p.title.clone(),
            brand: p.brand.clone(),
            shop: p.shop.clone(),
            self_run: p.self_run,
            category_name: p.category_name.clone(),
            has_picture: p.image_url.is_some(),
            list_fen: p.list_price.fen(),
            promo_fen: p.promo_price.fen(),
            coupon_fen: p.coupon.fen(),
            coupon_applies: rules::coupon_use(p, now) == CouponUse::Applies,
            final_fen: rules::final_price(p, now).fen(),
            sales_30_days: p.sales_30_days,
            delivered_by_union: p.delivered_by_union,
            on_sale: p.state == ProductState::OnSale,
            seen_at: p.seen_at.rfc3339(),
            staleness: rules::staleness(p.seen_at, now).word(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PublicProductDetail {
    #[serde(flatten)]
    pub product: PublicProduct,
    /// From the list price to `final_fen`.
    pub price_steps: Vec<StepBody>,
    pub coupon_from: Option<String>,
    pub coupon_until: Option<String>,
    /// The time of the price: what a card must say.
    pub as_of: String,
}

impl PublicProductDetail {
    pub fn new(p: &Product, now: Instant) -> PublicProductDetail {
        PublicProductDetail {
            product: PublicProduct::new(p, now),
            price_steps: rules::price_steps(p, now).iter().map(StepBody::from).collect(),
            coupon_from: p.coupon_from.map(Instant::rfc3339),
            coupon_until: p.coupon_until.map(Instant::rfc3339),
            as_of: p.seen_at.rfc3339(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct PublicProductPage {
    pub items: Vec<PublicProduct>,
    /// Send it as `after` for the next page; null on the last.
    pub next: Option<String>,
}

/// What is on sale, for anybody. Sorted by `seen` or `final` only: the others would tell commissions.
#[utoipa::path(get, path = "/public/programs/{program}/products", tag = "public", operation_id = "public_products",
    params(("program" = String, Path), Filter, Paging),
    responses((status = 200, body = PublicProductPage), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf(named): PathOf<String>,
    Params(filter): Params<Filter>,
    Params(paging): Params<Paging>,
) -> Result<Json<PublicProductPage>, Failure> {
    ctx.limits.links.check(format!("public/{}", address.0))?;
    let secret_order = filter.sort.as_deref().is_some_and(|sort| !["seen", "final"].contains(&sort));
    if secret_order || filter.rate_from_ppm.is_some() {
        let problem = Problem::new(INVALID, "correct the named fields");
        let field = if secret_order { "sort" } else { "rate_from_ppm" };
        return Err(problem.field(field, "is for promoters and staff").into());
    }
    let query = query(&filter, &paging, false)?;
    let mut read = ctx.db.read().await?;
    let program = public_program(&mut read, &named).await?;
    let accounts = programs::store::accounts_of_program(&mut read, program.id).await?;
    let now = ctx.now();
    let (products, next) = store::list(&mut read, &accounts, &query, now).await?;
    let items = products.iter().map(|p| PublicProduct::new(p, now)).collect();
    Ok(Json(PublicProductPage { items, next: next.map(|c| c.to_string()) }))
}

/// One product, for anybody; one that is no longer on sale says so.
#[utoipa::path(get, path = "/public/programs/{program}/products/{product}", tag = "public",
    operation_id = "public_product", params(("program" = String, Path), ("product" = String, Path)),
    responses((status = 200, body = PublicProductDetail), (status = 404, body = ProblemBody),
        (status = 429, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    PathOf((named, number)): PathOf<(String, String)>,
) -> Result<Json<PublicProductDetail>, Failure> {
    ctx.limits.links.check(format!("public/{}", address.0))?;
    let mut read = ctx.db.read().await?;
    let program = public_program(&mut read, &named).await?;
    let product = offered(&mut read, program.id, &number).await?;
    if product.state == ProductState::Banned {
        return Err(Problem::new(UNKNOWN_PRODUCT, format!("there is no product {} here", product.number)).into());
    }
    Ok(Json(PublicProductDetail::new(&product, ctx.now())))
}
