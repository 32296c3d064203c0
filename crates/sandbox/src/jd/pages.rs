//! The shop in which links end: one page per goods, a button, and the number of the order.

use super::goods::{Coupon, Goods, picture as drawn};
use super::links::Link;
use super::orders::{CouponUse, Life, PIECES_MAX, holds};
use super::{Sandbox, SandboxError, Sharer, picture_url};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{Instant, Money};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

const STYLE: &str = "
*{box-sizing:border-box}
body{margin:0;background:#f4f4f5;color:#1f2328;font:16px/1.55 -apple-system,'PingFang SC','Microsoft YaHei',sans-serif}
.banner{background:repeating-linear-gradient(-45deg,#4a3b00,#4a3b00 14px,#3a2e00 14px,#3a2e00 28px);color:#ffe58a;
text-align:center;padding:10px 16px;font-size:14px}
.banner b{letter-spacing:.3em;margin-right:.4em}
main{max-width:880px;margin:24px auto;padding:0 16px}
.card{background:#fff;border-radius:14px;box-shadow:0 1px 3px #0001,0 8px 24px #0000000d;overflow:hidden}
.goods{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr)}
.goods img{display:block;width:100%;aspect-ratio:1;object-fit:cover;background:#fafafa}
.about{padding:28px}
h1{font-size:20px;line-height:1.4;margin:0 0 8px}
.shop{color:#6b7280;font-size:14px}
.own{display:inline-block;background:#c81623;color:#fff;border-radius:4px;font-size:12px;padding:1px 6px;margin-right:6px}
.price{margin:18px 0 6px;color:#c81623;font-size:32px;font-weight:700}
.price small{font-size:14px;font-weight:400}
.price s{color:#9ca3af;font-size:15px;font-weight:400;margin-left:10px}
.coupon{display:inline-block;border:1px dashed #c81623;color:#c81623;border-radius:6px;padding:2px 10px;font-size:14px}
form{margin-top:22px;display:grid;gap:14px}
label{display:flex;align-items:center;gap:10px}
input[type=number]{width:96px;padding:8px 10px;border:1px solid #d1d5db;border-radius:8px;font:inherit}
button{padding:13px;border:0;border-radius:999px;background:#c81623;color:#fff;font:inherit;font-weight:600;cursor:pointer}
button:hover{background:#a8121d}
button[disabled]{background:#d1d5db;cursor:default}
.note{color:#6b7280;font-size:13px;margin-top:14px}
.done{padding:44px 28px;text-align:center}
.tick{width:56px;height:56px;line-height:56px;border-radius:50%;margin:0 auto 16px;background:#16a34a;color:#fff;font-size:28px}
#order-no{font-size:24px;letter-spacing:.06em;display:block;margin:6px 0 18px}
a{color:#c81623}
@media(max-width:680px){.goods{grid-template-columns:1fr}}
";

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                link rel="icon" href="data:,";
                title { (title) " · 沙箱商城" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div.banner { b { "沙箱" } "这是用于测试与演示的模拟商城，不是京东；不会付款，也不会发货。" }
                main { (content) }
            }
        }
    }
}

fn apology(status: StatusCode, title: &str, reason: &str) -> Response {
    let content = html! { div.card { div.done { h1 { (title) } p.note { (reason) } } } };
    (status, page(title, &content)).into_response()
}

fn unknown() -> Response {
    apology(StatusCode::NOT_FOUND, "链接不存在", "沙箱里没有这个推广链接，可能来自另一次运行。")
}

#[derive(Deserialize)]
pub(super) struct Long {
    #[serde(default)]
    p: String,
}

/// `GET /jdc?e=&p=…`
pub(super) async fn long(State(sandbox): State<Sandbox>, Query(long): Query<Long>) -> Response {
    match sandbox.links(|links| links.by_long(&long.p).cloned()) {
        Some(link) => goods_page(&sandbox, &link),
        None => unknown(),
    }
}

/// `GET /u/{code}`; 410 once the 60 days of a short link are over.
pub(super) async fn short(State(sandbox): State<Sandbox>, Path(code): Path<String>) -> Response {
    match sandbox.links(|links| links.by_code(&code).cloned()) {
        Some(link) if link.short_lives(sandbox.now()) => goods_page(&sandbox, &link),
        Some(_) => apology(StatusCode::GONE, "链接已失效", "短链接的有效期是 60 天，请重新转链。"),
        None => unknown(),
    }
}

/// What a buyer through this link can take: the link's own coupon, or the best of the goods.
fn coupon_of<'a>(goods: &'a Goods, link: &Link, now: Instant) -> Option<&'a Coupon> {
    let usable = goods.coupons.iter().filter(|coupon| holds(coupon, now));
    match &link.coupon {
        Some(own) => usable.filter(|coupon| coupon.link == *own).max_by_key(|coupon| coupon.amount),
        None => usable.filter(|coupon| coupon.threshold <= goods.promo).max_by_key(|coupon| coupon.amount),
    }
}

fn off(coupon: &Coupon) -> String {
    if coupon.threshold.is_zero() {
        format!("立减 {} 元", plain(coupon.amount))
    } else {
        format!("满 {} 减 {} 元", plain(coupon.threshold), plain(coupon.amount))
    }
}

/// `50.00` → `50`
fn plain(amount: Money) -> String {
    let yuan = amount.yuan();
    yuan.strip_suffix(".00").map_or(yuan.clone(), str::to_owned)
}

fn goods_page(sandbox: &Sandbox, link: &Link) -> Response {
    let Some(goods) = sandbox.goods().by_sku(link.sku_id) else {
        return apology(StatusCode::NOT_FOUND, "商品已下架", "这件商品不在沙箱的商品库里了。");
    };
    let coupon = coupon_of(goods, link, sandbox.now());
    let content = html! {
        div.card.goods {
            img src=(picture_url("", &goods.image)) alt=(goods.title);
            div.about {
                h1 { (goods.title) }
                div.shop { @if goods.self_run { span.own { "自营" } } (goods.shop) }
                div.price {
                    small { "¥ " } (goods.promo.yuan())
                    @if goods.list > goods.promo { s { "¥ " (goods.list.yuan()) } }
                }
                @if let Some(coupon) = coupon { span.coupon { "优惠券 " (off(coupon)) } }
                form method="post" action="/shop/buy" {
                    input type="hidden" name="link" value=(link.code);
                    label { "数量" input type="number" name="quantity" value="1" min="1" max="99" required; }
                    @if coupon.is_some() {
                        label { input type="checkbox" name="coupon" value="1" checked; "使用优惠券" }
                    }
                    @if goods.in_stock { button type="submit" { "立即购买" } }
                    @else { button type="submit" disabled { "暂时缺货" } }
                }
                p.note { "已有 " (goods.comments) " 条评价 · 近 30 天售出 " (goods.sales_30_days) " 件" }
            }
        }
    };
    page(&goods.title, &content).into_response()
}

/// A link's code, or sku and share code; pieces; `1` for the coupon.
#[derive(Deserialize)]
pub(super) struct BuyForm {
    #[serde(default)]
    link: String,
    #[serde(default)]
    sku: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    coupon: String,
}

/// `POST /shop/buy`: the order lives as a usual one.
pub(super) async fn buy(State(sandbox): State<Sandbox>, Form(form): Form<BuyForm>) -> Response {
    let refused = |reason: &str| apology(StatusCode::UNPROCESSABLE_ENTITY, "下单失败", reason);
    let link = sandbox.links(|links| links.by_code(form.link.trim()).cloned());
    if link.is_none() && !form.link.trim().is_empty() {
        return unknown();
    }
    let sku = match &link {
        Some(link) => link.sku_id,
        None => match form.sku.trim().parse() {
            Ok(sku) => sku,
            Err(_) => return refused("没有指明要买哪件商品。"),
        },
    };
    let quantity = match form.quantity.trim() {
        "" => 1,
        text => text.parse().unwrap_or(0),
    };
    if !(1..=PIECES_MAX).contains(&quantity) {
        return refused("数量须在 1 到 999 之间。");
    }
    let own_coupon = link.as_ref().and_then(|link| link.coupon.clone());
    let coupon = match (form.coupon.trim(), &own_coupon) {
        ("" | "0", _) => CouponUse::None,
        (_, Some(own)) => CouponUse::Link(own),
        (_, None) => CouponUse::Best,
    };
    let sharer = link.map_or_else(
        || Sharer { sub_union_id: form.sub.trim().to_owned(), position_id: 0 },
        |link| Sharer { sub_union_id: link.sub_union_id, position_id: link.position_id },
    );
    match sandbox.place(&[(sku, quantity)], &coupon, sharer, sandbox.now(), Life::Usual) {
        Ok(number) => ordered(&sandbox, &number).into_response(),
        Err(SandboxError::UnknownSku(_)) => refused("这件商品不在沙箱的商品库里。"),
        Err(error) => refused(&error.to_string()),
    }
}

fn ordered(sandbox: &Sandbox, number: &str) -> Markup {
    let paid = number.parse().ok().and_then(|n| sandbox.book(|book| book.order(n).map(|order| order.paid())));
    let content = html! {
        div.card { div.done {
            div.tick { "✓" }
            h1 { "订单已提交" }
            "订单号"
            strong id="order-no" { (number) }
            @if let Some(paid) = paid { p { "应付 ¥ " (paid.yuan()) } }
            p.note { "沙箱订单：付款、拆单、签收、退货等会随沙箱时钟自行发生。" }
        } }
    };
    page("订单已提交", &content)
}

/// `GET /img/{sku}.svg`
pub(super) async fn picture(State(sandbox): State<Sandbox>, Path(name): Path<String>) -> Response {
    let sku = name.strip_suffix(".svg").and_then(|sku| sku.parse().ok());
    match sku.and_then(|sku| sandbox.goods().by_sku(sku)) {
        Some(goods) => {
            let headers = [
                (header::CONTENT_TYPE, "image/svg+xml; charset=utf-8"),
                (header::CACHE_CONTROL, "public, max-age=86400"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            ];
            (headers, drawn(goods)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
