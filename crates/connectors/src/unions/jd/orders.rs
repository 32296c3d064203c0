//! Order rows by time of change or of order: the walk (windows, pages, halving) and the reading of one row.
//!
//! **Borders.** JD does not say whether the ends of a window belong to it, and times have whole seconds. A step of the
//! walk stands for `[at, end)` and asks for `[at - 1 s, end]`, which holds those rows whichever ends count; rows seen
//! twice are harmless, being keyed by row id. `complete_until` never passes the second in which a window's first page
//! was asked for: that second may still bring changes.
//!
//! **What paging cannot see.** A row that changes while its window is being paged leaves the window, and may move
//! another across a page border unseen. Callers overlap their walks by some minutes and sweep recent weeks slowly.

use super::client::Client;
use super::errors::{TOO_MANY_ROWS, WINDOW_TOO_LONG, failure};
use super::tolerant::{Reader, object};
use super::wire::{Inner, ORDER_ROWS, malformed};
use crate::unions::{ErrorClass, OrderCursor, OrderPage, OrderRow, UnionError};
use kernel::{Instant, LineState, Zone};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

pub(super) const WINDOW_SECONDS_MAX: i64 = 3600;
pub(super) const PAGE_ROWS_MAX: u32 = 500;
/// One second of every window is the overlap with the one before.
const STEP_SECONDS_MAX: i64 = WINDOW_SECONDS_MAX - 1;
const STEP_SECONDS_MIN: i64 = 1;
/// JD pages 10,000 rows of a window.
const PAGES_MAX: u32 = 20;
/// A finished window of so few pages may be doubled without passing JD's limit.
const PAGES_TO_GROW: u32 = 9;
const DAYS_BACK_MAX: i64 = 90;
/// A walk that begins exactly 90 days back must not be refused for the moments until it is asked.
const DAYS_BACK_SLACK_SECONDS: i64 = 300;

pub(super) fn cursor(from: Instant, to: Instant) -> OrderCursor {
    walk(By::Changed, from, to)
}

pub(super) fn placed(from: Instant, to: Instant) -> OrderCursor {
    walk(By::Placed, from, to)
}

fn walk(by: By, from: Instant, to: Instant) -> OrderCursor {
    // The end is rounded up, so that the last part of a second is not lost between two walks.
    let to = to.seconds() + i64::from(to.micros().rem_euclid(1_000_000) != 0);
    let place = Place { by, at: from.seconds(), step: STEP_SECONDS_MAX, to, page: 1, settled: i64::MAX };
    OrderCursor(place.to_string())
}

/// By which time windows are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Changed,
    Placed,
}

impl By {
    /// Of cursors.
    const fn word(self) -> &'static str {
        match self {
            By::Changed => "jd1",
            By::Placed => "jdp1",
        }
    }

    /// `type` of the request.
    const fn kind(self) -> u8 {
        match self {
            By::Changed => 3,
            By::Placed => 1,
        }
    }
}

/// Where a walk stands; seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    by: By,
    /// The window is `[at, at + step)`, cut at `to`.
    at: i64,
    step: i64,
    to: i64,
    page: u32,
    /// The second in which the window's first page was asked for: nothing is complete beyond. The largest number
    /// before that.
    settled: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}:{}:{}", self.by.word(), self.at, self.step, self.to, self.page, self.settled)
    }
}

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Place, ()> {
        let mut parts = text.split(':');
        let word = parts.next();
        let by = [By::Changed, By::Placed].into_iter().find(|by| Some(by.word()) == word).ok_or(())?;
        let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok()).ok_or(());
        let (at, step, to, page, settled) = (number()?, number()?, number()?, number()?, number()?);
        let page = u32::try_from(page).map_err(|_| ())?;
        let sound = parts.next().is_none()
            && (STEP_SECONDS_MIN..=STEP_SECONDS_MAX).contains(&step)
            && (1..=PAGES_MAX).contains(&page);
        if sound { Ok(Place { by, at, step, to, page, settled }) } else { Err(()) }
    }
}

impl Place {
    fn end(&self) -> i64 {
        self.at.saturating_add(self.step).min(self.to)
    }

    /// The same beginning with half the window; `None` at the floor.
    fn halved(self) -> Option<Place> {
        let step = (self.end() - self.at) / 2;
        (step >= STEP_SECONDS_MIN).then_some(Place { step, page: 1, settled: i64::MAX, ..self })
    }

    /// After the last page of this window; `None` where the walk ends.
    fn following(self) -> Option<Place> {
        let step = if self.page <= PAGES_TO_GROW { (self.step * 2).min(STEP_SECONDS_MAX) } else { self.step };
        let next = Place { at: self.end(), step, page: 1, settled: i64::MAX, ..self };
        (next.at < next.to).then_some(next)
    }
}

pub(super) async fn page(client: &Client, cursor: &OrderCursor) -> Result<OrderPage, UnionError> {
    let mut place: Place =
        cursor.0.parse().map_err(|()| bad_request("cursor", "not a cursor of a walk over JD orders"))?;
    let oldest = client.now().plus_days(-DAYS_BACK_MAX).plus_seconds(-DAYS_BACK_SLACK_SECONDS);
    if place.at < oldest.seconds() {
        return Err(bad_request("too_old", "JD reports changes of the last 90 days only"));
    }
    // Each turn halves the window, so there are at most a dozen.
    loop {
        let now = client.now().seconds();
        if place.at >= place.to.min(now) {
            // Nothing of this window has happened yet.
            return Ok(OrderPage { rows: Vec::new(), fetched_at: client.now(), next: None, complete_until: None });
        }
        place.settled = place.settled.min(now);
        let error = match fetch(client, &place).await {
            Ok((rows, more)) if !more || place.page < PAGES_MAX => {
                return Ok(turned(place, rows, more, client.now()));
            }
            // More rows than JD documents to page: better counted twice than lost.
            Ok(_) => failure(ORDER_ROWS, ErrorClass::TooManyRows, TOO_MANY_ROWS, "more than 10,000 rows in the window"),
            Err(error) if error.class == ErrorClass::TooManyRows || error.code == WINDOW_TOO_LONG => error,
            Err(error) => return Err(error),
        };
        place = place.halved().ok_or(error)?;
        tracing::info!(step_seconds = place.step, "jd order window halved");
    }
}

fn bad_request(code: &str, message: &str) -> UnionError {
    failure(ORDER_ROWS, ErrorClass::BadRequest, code, message)
}

fn turned(place: Place, rows: Vec<OrderRow>, more: bool, fetched_at: Instant) -> OrderPage {
    if more {
        let next = Place { page: place.page + 1, ..place };
        return OrderPage { rows, fetched_at, next: Some(OrderCursor(next.to_string())), complete_until: None };
    }
    let complete = Instant::from_micros(0).plus_seconds(place.end().min(place.settled));
    // A window that reached into the future is the last one: what follows has not happened.
    let next = place.following().filter(|next| next.at <= place.settled);
    OrderPage { rows, fetched_at, next: next.map(|p| OrderCursor(p.to_string())), complete_until: Some(complete) }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    order_req: OrderReq,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderReq {
    page_index: u32,
    page_size: u32,
    /// 1 = by time of order, 3 = by time of change.
    #[serde(rename = "type")]
    kind: u8,
    start_time: String,
    end_time: String,
    fields: &'static str,
}

fn request(place: &Place) -> Request {
    let local = |second: i64| Instant::from_micros(0).plus_seconds(second).local(&Zone::china());
    Request {
        order_req: OrderReq {
            page_index: place.page,
            page_size: PAGE_ROWS_MAX,
            kind: place.by.kind(),
            start_time: local(place.at - 1),
            end_time: local(place.end()),
            fields: "goodsInfo,categoryInfo",
        },
    }
}

async fn fetch(client: &Client, place: &Place) -> Result<(Vec<OrderRow>, bool), UnionError> {
    let inner = client.call(ORDER_ROWS, &request(place)).await?;
    rows(&inner)
}

/// The rows of a page, and whether more follow.
pub(super) fn rows(inner: &Inner) -> Result<(Vec<OrderRow>, bool), UnionError> {
    let (mut head, texts) = inner.rows()?;
    let more = head.flag("hasMore");
    let rows = texts.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
    if more && rows.is_empty() {
        // Neither the end of the window nor a way to reach it; guessing would lose rows.
        return Err(malformed(ORDER_ROWS, "shape", "an empty page that says that more follow"));
    }
    Ok((rows, more))
}

/// Reads one row; an error only where it has no id.
/// One row as it came, read again (for verification); `None` where nothing can be keyed.
pub fn read_order_row(raw: &str) -> Option<OrderRow> {
    row(raw).ok()
}

fn row(text: &str) -> Result<OrderRow, UnionError> {
    let mut r = Reader::new(object(text).unwrap_or_default());
    let row_key = r.id("id").ok_or_else(|| malformed(ORDER_ROWS, "row_id", "a row of the page has no id"))?;
    let order_no = r.required_text("orderId");
    let raw_status = r.required_text("validCode");
    let (state, violation) = state_of(&raw_status);
    // The fee of record must be there; the other one may be left out.
    let fee = |r: &mut Reader<'_>, name, pays| {
        if state == pays { r.required_money(name) } else { r.money(name).unwrap_or_default() }
    };
    let estimated_fee = fee(&mut r, "estimateFee", LineState::Pending);
    let actual_fee = fee(&mut r, "actualFee", LineState::Confirmed);
    let sku_key = r.id("skuId");
    let mut row = OrderRow {
        row_key,
        order_no,
        parent_no: r.id("parentId"),
        state,
        raw_status,
        needs_review: violation,
        ordered_at: r.required_time("orderTime"),
        finished_at: r.time("finishTime"),
        modified_at: r.required_time("modifyTime"),
        item_key: r.id("itemId").or_else(|| sku_key.clone()).unwrap_or_default(),
        sku_key,
        title: r.text("skuName").unwrap_or_default(),
        quantity: r.int("skuNum").unwrap_or_default(),
        returned: r.int("skuReturnNum").unwrap_or_default(),
        unit_price: r.money("price").unwrap_or_default(),
        estimated_base: r.money("estimateCosPrice").unwrap_or_default(),
        estimated_fee,
        actual_base: r.money("actualCosPrice").unwrap_or_default(),
        actual_fee,
        commission_rate: r.rate("commissionRate"),
        categories: categories(&mut r),
        tracking: r.text("subUnionId"),
        position: r.id("positionId"),
        settlements: r.settlements("balanceExt"),
        settle_on: r.date("payMonth"),
        defects: Vec::new(),
        raw: text.to_owned(),
    };
    row.defects = r.into_defects();
    if !row.defects.is_empty() {
        row.state = LineState::Unknown;
        row.needs_review = true;
    }
    Ok(row)
}

/// The row's own category ids; those of `categoryInfo` only where the row has none.
fn categories(r: &mut Reader<'_>) -> Vec<i64> {
    let own = category_ids(r);
    if own.is_empty() { category_ids(&mut r.child("categoryInfo")) } else { own }
}

fn category_ids(r: &mut Reader<'_>) -> Vec<i64> {
    ["cid1", "cid2", "cid3"].into_iter().map_while(|name| r.int(name).filter(|id| *id > 0)).collect()
}

/// State of a `validCode`, and whether somebody should look at the row.
fn state_of(code: &str) -> (LineState, bool) {
    match code.parse::<i64>().unwrap_or(i64::MAX) {
        15 | 24 => (LineState::Expected, false),
        16 => (LineState::Pending, false),
        17 | 18 => (LineState::Confirmed, false),
        2 => (LineState::Superseded, false),
        3..=14 | 19..=23 | 29..=31 | 34 | 35 => (LineState::Invalid, false),
        25..=28 | 36 => (LineState::Invalid, true),
        // 33: top-up of a supermarket card, of which JD does not say whether it counts.
        -1 | 33 => (LineState::Unknown, false),
        _ => (LineState::Unknown, true),
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::tests::{opened, wrapped};
    use super::*;

    fn read(rows_json: &str) -> Result<Vec<OrderRow>, UnionError> {
        let body = wrapped(ORDER_ROWS, &format!("{{\"code\":200,\"data\":[{rows_json}]}}"));
        rows(&opened(ORDER_ROWS, &body).unwrap()).map(|(rows, _)| rows)
    }

    fn one(row_json: &str) -> OrderRow {
        read(row_json).unwrap().remove(0)
    }

    const PAID: &str = "{\"id\":\"28\",\"orderId\":280000000001,\"validCode\":16,\"estimateFee\":2.69, \
        \"orderTime\":\"2024-05-20 12:03:11\",\"modifyTime\":\"2024-05-20 12:03:40\",\"payMonth\":0,\"parentId\":0}";

    #[test]
    fn a_paid_row_is_read_and_its_text_kept_as_it_came() {
        let row = one(PAID);
        assert_eq!(row.raw, PAID);
        assert_eq!((row.state, row.needs_review, row.estimated_fee.fen()), (LineState::Pending, false, 269));
        assert_eq!((row.row_key.as_str(), row.order_no.as_str()), ("28", "280000000001"));
        assert_eq!((row.parent_no, row.settle_on, row.tracking, row.position), (None, None, None, None));
        assert_eq!(row.defects, Vec::<String>::new());
    }

    #[test]
    fn a_bad_value_costs_the_row_its_state_and_nothing_else() {
        for (good, bad, named) in [
            ("2.69", "\"2,69\"", "estimateFee: `2,69` is not an amount"),
            ("\"estimateFee\":2.69", "\"estimateFee\":null", "estimateFee: missing"),
            ("280000000001", "\"\"", "orderId: missing"),
            ("16", "[]", "validCode: neither text nor a number"),
            ("2024-05-20 12:03:40", "gestern", "modifyTime: `gestern` is not a time"),
            ("\"payMonth\":0", "\"payMonth\":\"bald\"", "payMonth: `bald` is not a date"),
            ("\"parentId\":0", "\"balanceExt\":\"{2024\"", "balanceExt: not a list of dates and amounts"),
        ] {
            let row = one(&PAID.replace(good, bad));
            assert_eq!(row.defects, [named]);
            assert_eq!((row.state, row.needs_review, row.row_key.as_str()), (LineState::Unknown, true, "28"));
        }
        let rows = read(&format!("{PAID},{}", PAID.replace("16", "\"x\"").replace("\"28\"", "29"))).unwrap();
        assert_eq!(rows.iter().map(|r| r.state).collect::<Vec<_>>(), [LineState::Pending, LineState::Unknown]);
    }

    #[test]
    fn a_row_without_id_makes_the_page_malformed() {
        for bad in ["{}", "7", "[]", "null", "{\"id\":\"\"}", "{\"id\":0}", "{\"id\":{}}"] {
            let error = read(&format!("{PAID},{bad}")).unwrap_err();
            assert_eq!((error.class, error.code.as_str()), (ErrorClass::Malformed, "row_id"), "{bad}");
        }
    }

    #[test]
    fn each_status_has_its_state() {
        use LineState::*;
        let table: [(&[&str], LineState, bool); 8] = [
            (&["15", "24"], Expected, false),
            (&["16"], Pending, false),
            (&["17", "18"], Confirmed, false),
            (&["2"], Superseded, false),
            (
                &[
                    "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "19", "20", "21", "22", "23",
                    "29", "30", "31", "34", "35",
                ],
                Invalid,
                false,
            ),
            (&["25", "26", "27", "28", "36"], Invalid, true),
            (&["-1", "33"], Unknown, false),
            (&["0", "1", "32", "37", "160", "-2", "abc", ""], Unknown, true),
        ];
        for (codes, state, review) in table {
            for code in codes {
                assert_eq!(state_of(code), (state, review), "{code}");
            }
        }
    }

    fn place(at: i64, step: i64, to: i64, page: u32) -> Place {
        Place { by: By::Changed, at, step, to, page, settled: i64::MAX }
    }

    #[test]
    fn cursors_are_text_and_nothing_else_is_taken_for_one() {
        let at = place(1_716_177_600, 3599, 1_716_181_200, 3);
        assert_eq!(at.to_string().parse(), Ok(at));
        let rounded = cursor(Instant::from_micros(1_500_000), Instant::from_micros(2_000_001));
        assert_eq!(rounded.0.parse(), Ok(place(1, 3599, 3, 1)));
        for bad in
            ["", "jd1:", "jd1:1:0:2:1:9", "jd1:1:3600:2:1:9", "jd1:1:1:2:0:9", "jd1:1:1:2:1:9:9", "tb1:1:1:2:1:9"]
        {
            assert_eq!(bad.parse::<Place>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn windows_ask_one_second_more_and_at_most_sixty_minutes() {
        let ask = request(&place(1_716_177_600, STEP_SECONDS_MAX, 1_716_200_000, 1)).order_req;
        assert_eq!((ask.start_time.as_str(), ask.end_time.as_str()), ("2024-05-20 11:59:59", "2024-05-20 12:59:59"));
        let json = serde_json::to_string(&request(&place(1_716_177_600, 60, 1_716_177_610, 2))).unwrap();
        assert_eq!(
            json,
            "{\"orderReq\":{\"pageIndex\":2,\"pageSize\":500,\"type\":3,\"startTime\":\"2024-05-20 11:59:59\",\
             \"endTime\":\"2024-05-20 12:00:10\",\"fields\":\"goodsInfo,categoryInfo\"}}"
        );
    }

    #[test]
    fn halving_ends_at_one_second_and_growth_at_the_maximum() {
        let mut at = place(0, 3599, 100_000, 4);
        let mut steps = Vec::new();
        while let Some(half) = at.halved() {
            assert_eq!((half.at, half.page), (0, 1));
            steps.push(half.step);
            at = half;
        }
        assert_eq!(steps, [1799, 899, 449, 224, 112, 56, 28, 14, 7, 3, 1]);
        let grown: Vec<i64> = std::iter::successors(Some(at), |p| p.following()).take(14).map(|p| p.step).collect();
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3599, 3599]);
        assert_eq!(Place { page: 10, ..place(0, 7, 100, 1) }.following().map(|p| (p.at, p.step)), Some((7, 7)));
        assert_eq!(place(90, 20, 100, 1).following(), None);
        // The window cut at the end of the walk is what gets halved.
        assert_eq!(place(90, 3599, 100, 1).halved().map(|p| p.end()), Some(95));
    }

    #[test]
    fn nothing_is_complete_before_the_last_page_nor_after_the_asking() {
        let second = |s: i64| Instant::from_micros(s * 1_000_000);
        let first = turned(Place { settled: 500, ..place(0, 100, 1000, 1) }, vec![], true, second(500));
        assert_eq!((first.complete_until, first.next), (None, Some(OrderCursor("jd1:0:100:1000:2:500".to_owned()))));
        let last = turned(Place { settled: 500, ..place(0, 100, 1000, 2) }, vec![], false, second(501));
        assert_eq!(last.complete_until, Some(second(100)));
        // The window reaches past the moment of asking: complete up to there, and the walk is over.
        let ahead = turned(Place { settled: 50, ..place(0, 100, 1000, 1) }, vec![], false, second(51));
        assert_eq!((ahead.complete_until, ahead.next), (Some(second(50)), None));
    }
}
