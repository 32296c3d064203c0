//! What the poster of a product says.

use crate::catalog::rules::{StepKind, final_price, price_steps};
use crate::links::{Found, moment};
use ::posters::{Product, Theme};
use kernel::Instant;

pub fn words(found: &Found, base: &str, photo: bool, now: Instant) -> Product {
    let (program, product) = (&found.program, &found.product);
    let price = final_price(product, now);
    let list = product.list_price.max(product.promo_price);
    let coupon = price_steps(product, now).into_iter().find(|step| step.what == StepKind::Coupon);
    Product {
        program: program.name.clone(),
        logo: program.logo.clone(),
        theme: Theme::new(&program.theme_colour, &program.theme_accent),
        title: product.title.clone(),
        shop: product.shop.clone(),
        price: price.yuan(),
        list_price: (list > price).then(|| list.yuan()),
        coupon: coupon.is_some().then(|| product.coupon.yuan()),
        coupon_note: coupon.map(|step| step.note).unwrap_or_default(),
        promoter: found.promoter.display_name.clone(),
        as_of: moment(product.seen_at, &program.zone),
        address: format!("{base}/p/{}", found.text),
        photo,
    }
}
