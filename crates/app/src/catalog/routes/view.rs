//! GET /programs/{program}/products/{product}: one product with its price, step by step.

use super::earn::{Earn, Earning};
use super::{At, UNKNOWN_PRODUCT, product_at, reader_is_staff};
use crate::catalog::rules::{self, CouponUse, PriceStep};
use crate::catalog::{Product, ProductState};
use crate::ctx::Ctx;
use crate::staff::InProgram;
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, PathOf, ProblemBody};
use kernel::{Instant, Problem, Rate, UnionAccountId};
use serde::Serialize;
use utoipa::ToSchema;

/// A product as lists show it. Prices are those of `seen_at`; whether the coupon applies is judged now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductBody {
    /// The product's number, as text.
    pub product: String,
    #[schema(value_type = String)]
    pub union_account: UnionAccountId,
    pub title: String,
    pub brand: String,
    pub shop: String,
    pub self_run: bool,
    /// Ids from the top, without those that are not known.
    pub categories: Vec<i64>,
    /// Names from the top, with `/` between them.
    pub category_name: String,
    pub image_url: Option<String>,
    pub list_fen: i64,
    /// After promotions that need no coupon.
    pub promo_fen: i64,
    /// 0: there is no coupon.
    pub coupon_fen: i64,
    pub coupon_threshold_fen: i64,
    /// Whether the coupon takes something off one piece now.
    pub coupon_applies: bool,
    /// For one piece, with the coupon where it applies.
    pub final_fen: i64,
    pub rate_ppm: i64,
    /// The union's own figure for one piece.
    pub commission_fen: i64,
    /// What the caller would earn on one piece by the plan in force, by sharing it; null: they are no promoter here.
    pub earn_fen: Option<i64>,
    /// The same by buying it for themself.
    pub self_earn_fen: Option<i64>,
    pub sales_30_days: Option<i64>,
    /// Null: the union does not say.
    pub in_stock: Option<bool>,
    /// on_sale, withdrawn or banned.
    pub state: String,
    /// When the union last showed it with this price.
    pub seen_at: String,
    /// fresh (less than a day), stale or old (a week or longer).
    pub staleness: String,
}

impl ProductBody {
    pub fn new(p: &Product, now: Instant) -> ProductBody {
        ProductBody {
            product: p.number.to_string(),
            union_account: p.union_account,
            title: p.title.clone(),
            brand: p.brand.clone(),
            shop: p.shop.clone(),
            self_run: p.self_run,
            categories: p.categories.into_iter().filter(|id| *id != 0).collect(),
            category_name: p.category_name.clone(),
            image_url: p.image_url.clone(),
            list_fen: p.list_price.fen(),
            promo_fen: p.promo_price.fen(),
            coupon_fen: p.coupon.fen(),
            coupon_threshold_fen: p.coupon_threshold.fen(),
            coupon_applies: rules::coupon_use(p, now) == CouponUse::Applies,
            final_fen: rules::final_price(p, now).fen(),
            rate_ppm: p.rate.ppm(),
            commission_fen: p.commission.fen(),
            earn_fen: None,
            self_earn_fen: None,
            sales_30_days: p.sales_30_days,
            in_stock: p.in_stock,
            state: p.state.word().to_owned(),
            seen_at: p.seen_at.rfc3339(),
            staleness: rules::staleness(p.seen_at, now).word().to_owned(),
        }
    }

    pub fn earning(self, earn: Option<Earn>) -> ProductBody {
        ProductBody { earn_fen: earn.map(|e| e.shared_fen), self_earn_fen: earn.map(|e| e.self_fen), ..self }
    }
}

/// One step from the list price to what is paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepBody {
    /// list, promotion, coupon, coupon_not_reached (too little for one piece, or not begun), coupon_over.
    pub what: String,
    /// What the step adds: the list price, then amounts below zero; 0 where it changes nothing.
    pub amount_fen: i64,
    pub after_fen: i64,
    /// The condition in Chinese, for the card; may be empty.
    pub note: String,
}

impl From<&PriceStep> for StepBody {
    fn from(step: &PriceStep) -> StepBody {
        StepBody {
            what: step.what.word().to_owned(),
            amount_fen: step.amount.fen(),
            after_fen: step.after.fen(),
            note: step.note.clone(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProductDetail {
    #[serde(flatten)]
    pub product: ProductBody,
    /// From the list price to `final_fen`.
    pub price_steps: Vec<StepBody>,
    /// The time of the price: what a card must say.
    pub as_of: String,
    /// The union's own keys.
    pub item_key: String,
    pub sku_key: Option<String>,
    /// The goods page without tracking.
    pub material_url: String,
    pub coupon_from: Option<String>,
    pub coupon_until: Option<String>,
    pub good_comments_ppm: Option<i64>,
    pub delivered_by_union: bool,
    /// The union's codes of surfaces where it may not be shown.
    pub forbidden_surfaces: Vec<i64>,
    pub first_seen: String,
}

impl ProductDetail {
    pub fn new(p: &Product, now: Instant) -> ProductDetail {
        ProductDetail {
            product: ProductBody::new(p, now),
            price_steps: rules::price_steps(p, now).iter().map(StepBody::from).collect(),
            as_of: p.seen_at.rfc3339(),
            item_key: p.item_key.clone(),
            sku_key: p.sku_key.clone(),
            material_url: p.material_url.clone(),
            coupon_from: p.coupon_from.map(Instant::rfc3339),
            coupon_until: p.coupon_until.map(Instant::rfc3339),
            good_comments_ppm: p.good_comments.map(Rate::ppm),
            delivered_by_union: p.delivered_by_union,
            forbidden_surfaces: p.forbidden_surfaces.clone(),
            first_seen: p.first_seen.rfc3339(),
        }
    }
}

/// One product, for staff and promoters of a program; a banned one only for staff.
#[utoipa::path(get, path = "/programs/{program}/products/{product}", tag = "catalog", operation_id = "view_product",
    params(("program" = String, Path), ("product" = String, Path)),
    responses((status = 200, body = ProductDetail), (status = 404, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    cx: InProgram,
    PathOf(at): PathOf<At>,
) -> Result<Json<ProductDetail>, Failure> {
    let mut read = ctx.db.read().await?;
    let staff = reader_is_staff(&mut read, &cx).await?;
    let product = product_at(&mut read, &cx, &at).await?;
    if product.state == ProductState::Banned && !staff {
        return Err(
            Problem::new(UNKNOWN_PRODUCT, format!("there is no product {} in this program", product.number)).into()
        );
    }
    let now = ctx.now();
    let earning = Earning::load(&mut read, &cx, &[product.union_account], now).await?;
    let earn = earning.map(|e| e.on(&product)).transpose()?;
    let detail = ProductDetail::new(&product, now);
    Ok(Json(ProductDetail { product: detail.product.earning(earn), ..detail }))
}
