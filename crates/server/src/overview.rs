//! `/`: what runs here. In the demo with the figures of the whole installation; elsewhere it tells strangers nothing.

use app::Ctx;
use app::reports::store::{self as reports, Counts, DayTotal};
use axum::extract::State;
use infra::http::Failure;
use kernel::{Money, Zone};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const DAYS: i64 = 15;

/// What the demo shows.
struct Figures {
    now: String,
    counts: Counts,
    humans: i64,
    others: i64,
    days: Vec<(String, DayTotal)>,
    total: DayTotal,
    programs: Vec<(String, DayTotal)>,
}

pub async fn page(State(ctx): State<Ctx>) -> Result<Markup, Failure> {
    let figures = if ctx.settings.demo { Some(figures(&ctx).await?) } else { None };
    Ok(layout(figures.as_ref()))
}

async fn figures(ctx: &Ctx) -> Result<Figures, Failure> {
    let zone = Zone::china();
    let today = zone.day(ctx.now()).map_err(Failure::broken)?;
    let mut read = ctx.db.read().await?;
    let counts = reports::counts(&mut read).await?;
    let found = reports::all_days(&mut read, today - DAYS + 1, today).await?;
    let mut days = Vec::new();
    for day in today - DAYS + 1..=today {
        let total = found.iter().find(|d| d.day == day).copied().unwrap_or_default();
        days.push((zone.day_start(day).map_err(Failure::broken)?.local_date(&zone), total));
    }
    let mut total = DayTotal::default();
    let mut programs = Vec::new();
    for (program, sums) in reports::totals(&mut read).await? {
        let id = kernel::ProgramId::from_raw(program);
        let name =
            app::programs::store::find(&mut read, id).await?.map_or_else(|| "未归属 unassigned".to_owned(), |p| p.name);
        total = add(total, sums);
        programs.push((name, sums));
    }
    drop(read);
    let classes = reports::clicks_by_class(&mut ctx.clicks.read().await?).await?;
    let humans = classes.iter().filter(|(class, _)| class == "human").map(|(_, n)| n).sum();
    let others = classes.iter().filter(|(class, _)| class != "human").map(|(_, n)| n).sum();
    Ok(Figures { now: ctx.now().local(&zone), counts, humans, others, days, total, programs })
}

fn add(a: DayTotal, b: DayTotal) -> DayTotal {
    DayTotal {
        day: 0,
        lines: a.lines.saturating_add(b.lines),
        gmv_fen: a.gmv_fen.saturating_add(b.gmv_fen),
        fee_fen: a.fee_fen.saturating_add(b.fee_fen),
        direct_fen: a.direct_fen.saturating_add(b.direct_fen),
        inviter_fen: a.inviter_fen.saturating_add(b.inviter_fen),
        platform_fen: a.platform_fen.saturating_add(b.platform_fen),
        confirmed: a.confirmed.saturating_add(b.confirmed),
    }
}

/// `1,234.56`.
pub fn yuan(fen: i64) -> String {
    let text = Money::from_fen(fen).yuan();
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, cents) = rest.split_once('.').unwrap_or((rest, "00"));
    format!("{sign}{}.{cents}", grouped(whole))
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn count(n: i64) -> String {
    grouped(&n.max(0).to_string())
}

fn layout(figures: Option<&Figures>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Daogou 导购" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Daogou " span { "导购" } }
                    p { "社交导购平台 · Social-commerce guide platform" }
                }
                main {
                    @if let Some(figures) = figures {
                        (board(figures))
                    }
                    section.card.links {
                        h2 { "接口 · Interface" }
                        a href="/api/docs" { "API 文档 · reference" }
                        a href="/api/openapi.json" { "OpenAPI 3.1" }
                        a href="/readyz" { "状态 · health" }
                    }
                }
            }
        }
    }
}

fn board(f: &Figures) -> Markup {
    html! {
        p.note { "演示数据 · demo data · " (f.now) " (Asia/Shanghai)" }
        section.tiles {
            (tile("GMV 成交额 (¥)", &yuan(f.total.gmv_fen), &format!("{} 订单行 order lines", count(f.total.lines))))
            (tile("佣金 Commission (¥)", &yuan(f.total.fee_fen), "记账佣金，含预估 · of record"))
            (tile("推手 Promoters", &count(f.counts.promoters), &format!("{} 社群 communities", count(f.counts.communities))))
            (tile("点击 Clicks", &count(f.humans), &format!("另有 {} 次预览与机器 previews, robots", count(f.others))))
            (tile("商品 Goods", &count(f.counts.products), &format!("{} 小程序 programs", count(f.counts.programs))))
        }
        section.card {
            h2 { "近 15 天佣金 · Commission per day" }
            (bars(&f.days))
        }
        section.card {
            h2 { "分佣 · Shares" }
            (shares(f.total))
            div.scroll { table {
                thead { tr { th { "小程序 Program" } th { "订单行 Lines" } th { "GMV ¥" } th { "佣金 Commission ¥" } th { "推手 Direct ¥" } th { "邀请人 Inviter ¥" } th { "平台 Platform ¥" } } }
                tbody { @for (name, t) in &f.programs {
                    tr { td { (name) } td.n { (count(t.lines)) } td.n { (yuan(t.gmv_fen)) } td.n { (yuan(t.fee_fen)) } td.n { (yuan(t.direct_fen)) } td.n { (yuan(t.inviter_fen)) } td.n { (yuan(t.platform_fen)) } }
                } }
            } }
        }
    }
}

fn tile(name: &str, value: &str, note: &str) -> Markup {
    html! { div.tile { span.name { (name) } strong { (value) } span.small { (note) } } }
}

/// Bars of the daily commission, as an SVG: no script on this page.
fn bars(days: &[(String, DayTotal)]) -> Markup {
    const WIDTH: i64 = 900;
    const HEIGHT: i64 = 180;
    let most = days.iter().map(|(_, d)| d.fee_fen).max().unwrap_or(0).max(1);
    let step = WIDTH / i64::try_from(days.len().max(1)).unwrap_or(1);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + 52)) role="img" aria-label="commission per day" {
            @for (at, (date, day)) in (0i64..).zip(days) {
                @let tall = (day.fee_fen.max(0) * HEIGHT / most).max(1);
                @let x = at * step + 6;
                rect x=(x) y=(HEIGHT + 26 - tall) width=(step - 12) height=(tall) rx="4" { title { (date) " ¥" (yuan(day.fee_fen)) } }
                @if day.fee_fen > 0 {
                    text.value x=(x + (step - 12) / 2) y=(HEIGHT + 20 - tall) text-anchor="middle" { (day.fee_fen / 100) }
                }
                text x=(x + (step - 12) / 2) y=(HEIGHT + 44) text-anchor="middle" { (date.get(5..).unwrap_or(date)) }
            }
        }
    }
}

/// One bar of the three parties; whole numbers of thousandths, so no float.
fn shares(total: DayTotal) -> Markup {
    let all = total.direct_fen.max(0) + total.inviter_fen.max(0) + total.platform_fen.max(0);
    let parts = [
        ("推手", total.direct_fen, "#e1251b"),
        ("邀请人", total.inviter_fen, "#f2a33a"),
        ("平台", total.platform_fen, "#3b6fb6"),
    ];
    html! {
        @if all > 0 {
            div.split { @for (name, fen, colour) in parts {
                div style=(format!("flex:{};background:{colour}", fen.max(0))) title=(name) {
                    (name) " " (fen.max(0) * 100 / all) "%"
                }
            } }
        }
    }
}

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c1d22;--soft:#6b6f7a;--paper:#f5f5f7;--card:#fff;--line:#e6e6ea;--brand:#e1251b}
@media(prefers-color-scheme:dark){:root{--ink:#eee;--soft:#9da1ab;--paper:#17181b;--card:#212226;--line:#34353a}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.6 system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}
header{background:linear-gradient(110deg,#c3170e,#f2542d);color:#fff;padding:26px max(20px,calc(50vw - 520px))}
h1{margin:0;font-size:30px}h1 span{font-weight:400;opacity:.9}header p{margin:2px 0 0;opacity:.9}
main{max-width:1080px;margin:0 auto;padding:18px 20px 60px}.note{color:var(--soft);margin:0 0 12px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:12px;margin-bottom:14px}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.tile span{display:block}.tile .name{color:var(--soft);font-size:13px}.tile strong{font-size:25px;font-variant-numeric:tabular-nums}
.small{color:var(--soft);font-size:12px}.card{margin-bottom:14px}h2{font-size:16px;margin:0 0 10px}
svg{width:100%;height:auto}rect{fill:var(--brand)}svg text{fill:var(--soft);font-size:12px}svg .value{fill:var(--ink)}
.split{display:flex;height:30px;border-radius:8px;overflow:hidden;margin-bottom:14px;color:#fff;font-size:12px;line-height:30px;white-space:nowrap}
.split div{padding:0 8px;overflow:hidden}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:7px 8px;border-bottom:1px solid var(--line);white-space:nowrap}th{color:var(--soft);font-weight:500;font-size:13px}
.n{text-align:right;font-variant-numeric:tabular-nums}th:not(:first-child){text-align:right}
.links a{display:inline-block;margin-right:18px;color:var(--brand)}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(yuan(123_456_789), "1,234,567.89");
        assert_eq!(yuan(-100_005), "-1,000.05");
        assert_eq!(yuan(7), "0.07");
    }

    #[test]
    fn strangers_are_told_nothing() {
        let page = layout(None).into_string();
        assert!(!page.contains("GMV") && page.contains("/api/docs"));
    }
}
