//! `order.row.query`.

use super::Found;
use super::asked::Asked;
use super::refusal::Refusal;
use super::sign::digest;
use crate::jd::Sandbox;
use crate::jd::orders::{Blocks, By, Shown, Window};
use kernel::{Instant, Zone};
use serde_json::Value;

const WINDOW_SECONDS_MAX: i64 = 3600;
const PAGE_SIZE_MAX: i64 = 500;
/// A window with more is refused; so is a page that begins beyond.
const ROWS_MAX: usize = 10_000;
const PAGE_MAX: i64 = 10_000;
const DAYS_BACK_MAX: i64 = 90;
/// So that a walk that begins exactly 90 days back is not refused for the moments until it is asked.
const DAYS_BACK_SLACK_SECONDS: i64 = 10 * 60;

pub(super) fn rows(sandbox: &Sandbox, asked: &Asked<'_>, call: i64) -> Result<Found, Refusal> {
    if asked.text("childUnionId")?.is_some() || asked.text("key")?.is_some() {
        return Err(Refusal::new(2_002_403, "无访问权限"));
    }
    let page = asked.int_within("pageIndex", 1, 1, PAGE_MAX)?;
    let size = asked.int_within("pageSize", PAGE_SIZE_MAX, 1, PAGE_SIZE_MAX)?;
    let fields = asked.text("fields")?.unwrap_or_default();
    let blocks = Blocks::named(&fields);
    let signed = fields.split(',').any(|field| field.trim() == "sign");
    let now = sandbox.now();
    let order = asked.int("orderId")?;
    let window = if order.is_some() { None } else { Some(window(asked, now)?) };
    let oldest = now.plus_days(-DAYS_BACK_MAX);
    sandbox.book(|book| {
        let found = match (order, window) {
            (Some(number), _) => book.rows_of(number, now),
            (None, Some(window)) => book.window(window, oldest, now),
            (None, None) => Vec::new(),
        };
        if found.len() > ROWS_MAX {
            return Err(Refusal::new(2_002_452, "查询时间范围内订单数量超过10000，请缩小查询时间范围"));
        }
        let found = match window {
            Some(window) => sandbox.mischief().arrange(found, window, page == 1),
            None => found,
        };
        let write = |place: usize, shown: &Shown<'_>| {
            let mut row = written(sandbox, shown, blocks, signed);
            if let Value::Object(fields) = &mut row {
                sandbox.mischief().disguise(fields, call, place);
            }
            row
        };
        Ok(page_of(&found, page, size, write))
    })
}

fn written(sandbox: &Sandbox, shown: &Shown<'_>, blocks: Blocks, signed: bool) -> Value {
    let mut row = sandbox.row(shown, blocks);
    if signed {
        // Over what it is made is not public: here over the whole row.
        let secret = &sandbox.config().app_secret;
        let sign = digest(&format!("{secret}{row}{secret}"));
        if let Value::Object(fields) = &mut row {
            fields.insert("sign".to_owned(), Value::from(sign));
        }
    }
    row
}

/// Nothing on the page: neither `data` nor `hasMore`, as on the wire.
fn page_of<T>(rows: &[T], page: i64, size: i64, write: impl Fn(usize, &T) -> Value) -> Found {
    let begin = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let size = usize::try_from(size).unwrap_or(0);
    let rest = rows.get(begin..).unwrap_or_default();
    if rest.is_empty() {
        return Found::default();
    }
    let data: Vec<Value> = rest.iter().take(size).enumerate().map(|(place, row)| write(place, row)).collect();
    Found::data(data).with("hasMore", rest.len() > size)
}

fn window(asked: &Asked<'_>, now: Instant) -> Result<Window, Refusal> {
    let by = match asked.int("type")? {
        Some(1) => By::Ordered,
        Some(2) => By::Finished,
        Some(3) => By::Changed,
        _ => return Err(asked.bad("type")),
    };
    let time = |name: &str| {
        let text = asked.text(name)?.ok_or_else(|| asked.bad(name))?;
        let exact = text.len() == 19;
        let at = Instant::parse_local(&text, &Zone::china()).ok().filter(|_| exact);
        at.map(Instant::seconds).ok_or_else(|| asked.bad(name))
    };
    let (from, to) = (time("startTime")?, time("endTime")?);
    if to < from {
        return Err(asked.bad("endTime"));
    }
    if to - from > WINDOW_SECONDS_MAX {
        return Err(Refusal::new(2_002_453, "无效请求-查询时间范围超过规定限制"));
    }
    if from < now.plus_days(-DAYS_BACK_MAX).plus_seconds(-DAYS_BACK_SLACK_SECONDS).seconds() {
        return Err(Refusal::new(2_002_400, "无效请求-仅支持查询最近90天内的订单"));
    }
    Ok(Window { by, from, to })
}
