//! The light page behind `/p/{code}`, the notices where a link leads nowhere, and the text for a chat. No script.

mod colour;

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

/// WeChat's page script, and the host that the page then needs.
const WECHAT_SDK: &str = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js";
/// The policy of a page that is opened inside WeChat and signed for it; every other page runs no script.
pub const POLICY_IN_WECHAT: &str = "default-src 'none'; script-src 'self' https://res.wx.qq.com; connect-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data: https://res.wx.qq.com; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";
pub const SHARE_SCRIPT: &str = include_str!("share.js");

/// The page of one recommendation. `link` leads to the union, `own` is where the page itself is. `signed`: opened inside
/// WeChat, and the program's official account can sign it.
pub fn page(found: &Found, link: &str, own: &str, signed: bool, now: Instant) -> Markup {
    let product = &found.product;
    let price = final_price(product, now);
    let list = product.list_price.max(product.promo_price);
    let steps = price_steps(product, now);
    let zone = &found.program.zone;
    let with_coupon = steps.iter().any(|s| s.what == StepKind::Coupon);
    let buy = if with_coupon { "领券购买" } else { "去购买" };
    let body = html! {
        div.hero {
            @if product.image_url.is_some() {
                img src=(picture(found)) alt=(product.title) width="520" height="520";
            } @else {
                div.none aria-hidden="true" { (product.title.chars().next().unwrap_or('货')) }
            }
            span.ad { "广告" }
        }
        div.deal {
            b { small { "¥" } (yuan(price).trim_start_matches('¥')) }
            @if list > price { s { "原价 " (yuan(list)) } }
            @if let Some(saved) = list.checked_sub(price).ok().filter(|s| s.fen() > 0) { span.save { "省 " (yuan(saved)) } }
        }
        section.card.title {
            h1 { @if product.self_run { span.tag { "自营" } } (product.title) }
            div.facts.soft {
                @if !product.shop.is_empty() { span { (product.shop) } }
                @if let Some(sold) = product.sales_30_days { span { "30 天售 " (sold) } }
                @if product.delivered_by_union { span { "京东配送" } }
            }
        }
        (ticket(found, link, with_coupon))
        section.card {
            h2 { "价格怎么来的" }
            ol.steps { @for step in &steps {
                li { span { (step_name(step)) (in_brackets(&step.note)) }
                    b { @if step.what == StepKind::List { (yuan(step.after)) } @else if step.amount.is_zero() { "—" } @else { (yuan(step.amount)) } } }
            } li.sum { span { "到手价" } b { (yuan(price)) } } }
            p.soft.seen { "价格截至 " (moment(product.seen_at, zone)) "，以下单页为准"
                @if staleness(product.seen_at, now) != Staleness::Fresh { strong.warn { "这个价格已超过 24 小时，可能有变化" } } }
        }
        section.card.who {
            span.avatar aria-hidden="true" { (found.promoter.display_name.chars().next().unwrap_or('推')) }
            div { b { (found.promoter.display_name) } p.soft { "推荐给你 · " (found.program.name) } }
            a href=(format!("/app/{}/#/pages/item/index?c={}", found.program.code, found.text)) { "更多好物" }
        }
        section.card {
            ol.how { li { (if with_coupon { "点领券购买" } else { "点去购买" }) } li { "在商城下单付款" } li { "等着收货" } }
        }
        p.soft.foot { "本页是推广内容，推荐人可能获得佣金，你付的钱不会因此变多。商品由商城上的商家出售并负责售后。" }
        div.bar { div {
            span { "到手价" b { (yuan(price)) } }
            a.buy href=(link) rel="nofollow" { (buy) }
        } }
        @if signed {
            @let sign = format!("/api/v1/public/programs/{}/wechat-js", found.program.code);
            script src="/p/share.js" data-sign=(sign) data-sdk=(WECHAT_SDK) {}
        }
    };
    layout(&format!("{} {}", yuan(price), product.title), &found.program.theme_colour, Some((found, own)), &body)
}

/// The coupon as a ticket, also one that does not apply now: the page says why.
fn ticket(found: &Found, link: &str, applies: bool) -> Markup {
    let product = &found.product;
    let zone = &found.program.zone;
    html! {
        @if product.coupon.fen() > 0 {
            a.ticket.off[!applies] href=(link) rel="nofollow" {
                span.worth { span { small { "¥" } (yuan(product.coupon).trim_start_matches('¥')) } }
                span.when {
                    b { @if product.coupon_threshold.fen() > 0 { "满 " (yuan(product.coupon_threshold)) " 可用" } @else { "无门槛优惠券" } }
                    span.soft {
                        @if let Some(until) = product.coupon_until {
                            @if let Some(from) = product.coupon_from { (moment(from, zone)) " " } "至 " (moment(until, zone))
                        } @else if applies { "点这里领取" }
                        @if !applies { " · 现在买一件用不上" }
                    }
                }
            }
        }
    }
}

/// From our own host: nobody's browser asks a foreign one before the tap.
fn picture(found: &Found) -> String {
    format!("/pic/{}?w=800", found.product.number)
}

/// A page that says why a link leads nowhere, and what to do.
pub fn notice(title: &str, words: &str, retry: Option<&str>) -> Markup {
    let body = html! {
        section.card.notice {
            div.sign aria-hidden="true" { "🔗" }
            h1 { (title) }
            p { (words) }
            @if let Some(retry) = retry { a.buy href=(retry) { "再试一次" } }
        }
    };
    layout(title, "#e1251b", None, &body)
}

fn layout(title: &str, colour: &str, found: Option<(&Found, &str)>, body: &Markup) -> Markup {
    let (brand, bright) = (colour::on_white(colour), colour::on_dark(colour));
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="robots" content="noindex, nofollow";
                meta name="theme-color" content=(brand);
                // Said to be empty: else every browser asks for one.
                link rel="icon" href="data:,";
                title { (title) }
                @if let Some((found, own)) = found {
                    @let headline = format!("【广告】{}", found.product.title);
                    @let words = format!("{} 推荐 · {}", found.promoter.display_name, title);
                    meta name="description" content=(words);
                    meta property="og:type" content="product";
                    meta property="og:title" content=(headline);
                    meta property="og:description" content=(words);
                    meta property="og:url" content=(own);
                    meta itemprop="name" content=(headline);
                    meta itemprop="description" content=(words);
                    @if found.product.image_url.is_some() {
                        @let image = format!("{}{}", own.split("/p/").next().unwrap_or_default(), picture(found));
                        meta property="og:image" content=(image);
                        meta itemprop="image" content=(image);
                    }
                }
                style { ":root{--brand:" (brand) ";--text-brand:" (brand) "}" (PreEscaped(STYLE))
                    "@media(prefers-color-scheme:dark){:root{--text-brand:" (bright) "}}" }
            }
            body { main { (body) } }
        }
    }
}

const STYLE: &str = include_str!("page.css");

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
