//! The light page behind `/p/{code}`, the notices where a link leads nowhere, and the text for a chat. No script.

use super::found::Found;
use crate::catalog::rules::{PriceStep, Staleness, StepKind, final_price, price_steps, staleness};
use kernel::{Instant, Money, Zone};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// `11月2日 10:00`.
pub fn moment(at: Instant, zone: &Zone) -> String {
    let text = at.local(zone);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().trim_start_matches('0').to_owned();
    format!("{}月{}日 {}", part(5..7), part(8..10), text.get(11..16).unwrap_or_default())
}

fn yuan(amount: Money) -> String {
    let text = amount.yuan();
    let short = text.strip_suffix(".00").unwrap_or(&text);
    match short.strip_prefix('-') {
        Some(off) => format!("-¥{off}"),
        None => format!("¥{short}"),
    }
}

/// What a promoter pastes into a group: marked as advertising, with the time of the price.
pub fn copy_text(found: &Found, url: &str, now: Instant) -> String {
    let product = &found.product;
    let price = final_price(product, now);
    let list = product.list_price.max(product.promo_price);
    let mut text = format!("【广告】{}\n", product.title);
    if list > price {
        text.push_str(&format!("原价 {}，到手 {}\n", yuan(list), yuan(price)));
    } else {
        text.push_str(&format!("到手 {}\n", yuan(price)));
    }
    for step in price_steps(product, now).iter().filter(|s| s.what == StepKind::Coupon) {
        text.push_str(&format!("先领券 {}{}\n", yuan(product.coupon), in_brackets(&step.note)));
    }
    text.push_str(&format!("下单 {url}\n价格截至 {}，以下单页为准", moment(product.seen_at, &found.program.zone)));
    text
}

fn in_brackets(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!("（{note}）") }
}

fn step_name(step: &PriceStep) -> &'static str {
    match step.what {
        StepKind::List => "原价",
        StepKind::Promotion => "促销",
        StepKind::Coupon => "优惠券",
        StepKind::CouponNotReached => "优惠券（未达条件）",
        StepKind::CouponOver => "优惠券（已结束）",
    }
}

pub fn page(found: &Found, link: &str, own: &str, now: Instant) -> Markup {
    let product = &found.product;
    let price = final_price(product, now);
    let list = product.list_price.max(product.promo_price);
    let steps = price_steps(product, now);
    let zone = &found.program.zone;
    let with_coupon = steps.iter().any(|s| s.what == StepKind::Coupon);
    let body = html! {
        @if let Some(image) = product.image_url.as_deref().filter(|u| shown(u)) {
            img.picture src=(image) alt=(product.title) referrerpolicy="no-referrer";
        }
        section.card {
            p.price { span { "到手 " } strong { (yuan(price)) } @if list > price { s { (yuan(list)) } } }
            h1 { @if product.self_run { span.tag { "自营" } } (product.title) }
            p.soft { (product.shop) @if let Some(sold) = product.sales_30_days { " · 30 天售 " (sold) } @if product.delivered_by_union { " · 京东配送" } }
        }
        section.card {
            h2 { "价格怎么来的" }
            ol.steps { @for step in &steps {
                li { span { (step_name(step)) (in_brackets(&step.note)) }
                    b { @if step.what == StepKind::List { (yuan(step.after)) } @else if step.amount.is_zero() { "—" } @else { (yuan(step.amount)) } } }
            } li.sum { span { "到手价" } b { (yuan(price)) } } }
            @if let (true, Some(until)) = (product.coupon.fen() > 0, product.coupon_until) {
                p.soft { "优惠券有效期 " @if let Some(from) = product.coupon_from { (moment(from, zone)) " " } "至 " (moment(until, zone)) }
            }
            p.soft { "价格截至 " (moment(product.seen_at, zone)) "，以下单页为准"
                @if staleness(product.seen_at, now) != Staleness::Fresh { br; strong.warn { "这个价格已超过 24 小时，可能有变化" } } }
        }
        section.card.who {
            span.avatar { (found.promoter.display_name.chars().next().unwrap_or('推')) }
            div { b { (found.promoter.display_name) } p.soft { "推荐给你 · " (found.program.name) } }
            span.ad { "广告" }
        }
        a.buy href=(link) rel="nofollow" { @if with_coupon { "领券购买 " } @else { "去购买 " } (yuan(price)) }
    };
    layout(&format!("{} {}", yuan(price), product.title), &found.program.theme_colour, Some((found, own)), &body)
}

/// Pictures come over https; in the demo from this machine.
fn shown(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://127.0.0.1:")
}

/// A page that says why a link leads nowhere, and what to do.
pub fn notice(title: &str, words: &str, retry: Option<&str>) -> Markup {
    let body = html! {
        section.card.notice {
            h1 { (title) }
            p { (words) }
        }
        @if let Some(retry) = retry { a.buy href=(retry) { "再试一次" } }
    };
    layout(title, "#e1251b", None, &body)
}

fn layout(title: &str, colour: &str, found: Option<(&Found, &str)>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="robots" content="noindex, nofollow";
                meta name="theme-color" content=(colour);
                title { (title) }
                @if let Some((found, own)) = found {
                    meta property="og:type" content="product";
                    meta property="og:title" content=(format!("【广告】{}", found.product.title));
                    meta property="og:description" content=(format!("{} 推荐 · {}", found.promoter.display_name, title));
                    meta property="og:url" content=(own);
                    @if let Some(image) = found.product.image_url.as_deref().filter(|u| shown(u)) {
                        meta property="og:image" content=(image);
                    }
                }
                style { ":root{--brand:" (colour) "}" (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}

const STYLE: &str = "
*{box-sizing:border-box}body{margin:0;background:#f4f4f6;color:#1d1e22;font:16px/1.6 system-ui,'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif}
main{max-width:520px;margin:0 auto;padding-bottom:96px}.picture{display:block;width:100%;aspect-ratio:1;object-fit:cover;background:#fff}
.card{background:#fff;margin:10px;padding:14px 16px;border-radius:14px}h1{font-size:18px;line-height:1.45;margin:4px 0}h2{font-size:15px;margin:0 0 6px}
p{margin:4px 0}.soft{color:#767983;font-size:13px}.price{color:var(--brand)}.price strong{font-size:30px}.price s{color:#9a9da6;margin-left:8px;font-size:15px}
.tag{background:var(--brand);color:#fff;font-size:12px;border-radius:4px;padding:1px 5px;margin-right:6px;vertical-align:2px;font-weight:400}
.steps{list-style:none;margin:0;padding:0}.steps li{display:flex;justify-content:space-between;gap:12px;padding:5px 0;border-bottom:1px dashed #eee}
.steps .sum{border:0;font-weight:600;color:var(--brand)}.warn{color:#b45309;font-weight:600}
.who{display:flex;align-items:center;gap:12px}.avatar{width:42px;height:42px;border-radius:50%;background:var(--brand);color:#fff;display:grid;place-items:center;font-size:19px}
.who div{flex:1}.ad{border:1px solid #c6c8ce;color:#767983;border-radius:4px;font-size:12px;padding:0 5px}
.buy{position:fixed;left:max(12px,calc(50vw - 248px));right:max(12px,calc(50vw - 248px));bottom:16px;text-align:center;background:var(--brand);color:#fff;text-decoration:none;padding:13px;border-radius:26px;font-size:17px;font-weight:600}
.notice{margin-top:60px;text-align:center;padding:36px 20px}.buy:focus-visible{outline:3px solid #1d1e22}
@media(prefers-color-scheme:dark){body{background:#16171a;color:#eee}.card,.picture{background:#212226}.steps li{border-color:#333}.soft,.ad{color:#a3a6af}}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_amounts_read_as_people_write_them() {
        let at = Instant::parse_rfc3339("2026-11-02T02:00:00Z").unwrap();
        assert_eq!(moment(at, &Zone::china()), "11月2日 10:00");
        assert_eq!(yuan(Money::from_fen(-14_100)), "-¥141");
        assert_eq!((yuan(Money::from_fen(5900)).as_str(), yuan(Money::from_fen(5990)).as_str()), ("¥59", "¥59.90"));
        assert_eq!(yuan(Money::from_fen(-2000)), "-¥20");
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let page = notice("<b>x</b>", "\"&", None).into_string();
        assert!(!page.contains("<b>x") && page.contains("&lt;b&gt;x") && page.contains("&quot;&amp;"));
    }
}
