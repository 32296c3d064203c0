//! Statements of this slice.

use super::model::{Product, ProductState};
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{Bucket, Rate};

pub(crate) fn product(row: &Row) -> Result<Product, DbError> {
    let state = row.text("state")?;
    Ok(Product {
        number: u64::try_from(row.int("number")?).map_err(|_| DbError::Shape("product number".into()))?,
        union_account: row.id("union_account_id")?,
        item_key: row.text("item_key")?,
        sku_key: row.opt_text("sku_key")?,
        title: row.text("title")?,
        brand: row.text("brand")?,
        shop: row.text("shop")?,
        self_run: row.flag("self_run")?,
        categories: [row.int("category1")?, row.int("category2")?, row.int("category3")?],
        category_name: row.text("category_name")?,
        image_url: row.opt_text("image_url")?,
        material_url: row.text("material_url")?,
        list_price: row.money("list_fen")?,
        promo_price: row.money("promo_fen")?,
        coupon: row.money("coupon_fen")?,
        coupon_threshold: row.money("coupon_threshold_fen")?,
        coupon_link: row.opt_text("coupon_link")?,
        coupon_from: row.opt_instant("coupon_from_us")?,
        coupon_until: row.opt_instant("coupon_until_us")?,
        final_price: row.money("final_fen")?,
        rate: row.rate("rate_ppm")?,
        commission: row.money("commission_fen")?,
        sales_30_days: row.opt_int("sales_30_days")?,
        good_comments: row.opt_int("good_comments_ppm")?.and_then(|ppm| Rate::try_from_ppm(ppm).ok()),
        delivered_by_union: row.flag("delivered_by_union")?,
        in_stock: row.opt_int("in_stock")?.map(|n| n != 0),
        forbidden_surfaces: row.text("forbidden_surfaces")?.split_whitespace().filter_map(|n| n.parse().ok()).collect(),
        state: ProductState::from_word(&state).ok_or_else(|| DbError::Shape(format!("product state {state}")))?,
        first_seen: row.instant("first_seen_us")?,
        seen_at: row.instant("seen_at_us")?,
    })
}

/// By the number in a share code.
pub async fn by_number(tx: &mut Tx, number: u64) -> Result<Option<Product>, DbError> {
    let Ok(stored) = i64::try_from(number) else { return Ok(None) };
    let args = args![Bucket::from_low_bits(number), stored];
    tx.one(sql!("by_number"), args).await?.as_ref().map(product).transpose()
}
