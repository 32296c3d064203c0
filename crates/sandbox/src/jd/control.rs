//! The control paths: what a test or the demo does that no buyer and no union could.

use super::orders::{Blocks, CouponUse, Life};
use super::{Faults, Sandbox, SandboxError, Sharer, Stats};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::Instant;
use serde::Deserialize;
use serde_json::{Value, json};

const ORDERS_USUAL: usize = 50;
const ORDERS_MAX: usize = 500;

/// `{"error": …}`, 422 unless the state forbids it.
pub(super) struct Refused(StatusCode, String);

impl Refused {
    fn input(reason: impl Into<String>) -> Refused {
        Refused(StatusCode::UNPROCESSABLE_ENTITY, reason.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Refused {
        Refused(rejection.status(), rejection.body_text())
    }
}

impl From<SandboxError> for Refused {
    fn from(error: SandboxError) -> Refused {
        Refused::input(error.to_string())
    }
}

fn moment(text: &str) -> Result<Instant, Refused> {
    Instant::parse_rfc3339(text).map_err(|error| Refused::input(error.to_string()))
}

/// `GET /sandbox/clock`: `{"now": rfc3339, "held": bool}`.
pub(super) async fn clock(State(sandbox): State<Sandbox>) -> Json<Value> {
    shown(&sandbox)
}

fn shown(sandbox: &Sandbox) -> Json<Value> {
    let clock = &sandbox.config().clock;
    Json(json!({"now": clock.now().rfc3339(), "held": clock.is_held()}))
}

/// One of the three.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moved {
    at: Option<String>,
    advance_seconds: Option<i64>,
    release: Option<bool>,
}

/// `POST /sandbox/clock`; answers as the `GET`. 409 where the clock is the machine's own.
pub(super) async fn set_clock(
    State(sandbox): State<Sandbox>,
    body: Result<Json<Moved>, JsonRejection>,
) -> Result<Json<Value>, Refused> {
    let Json(moved) = body?;
    let clock = &sandbox.config().clock;
    match moved {
        Moved { at: None, advance_seconds: None, release: Some(true) } => clock.release(),
        Moved { at: Some(at), advance_seconds: None, release: None } => hold(&sandbox, moment(&at)?)?,
        Moved { at: None, advance_seconds: Some(seconds), release: None } => {
            hold(&sandbox, clock.now().plus_seconds(seconds))?;
        }
        _ => return Err(Refused::input("one of at, advance_seconds and release: true")),
    }
    Ok(shown(&sandbox))
}

fn hold(sandbox: &Sandbox, at: Instant) -> Result<(), Refused> {
    let clock = &sandbox.config().clock;
    clock.set(at);
    if clock.is_held() {
        Ok(())
    } else {
        Err(Refused(StatusCode::CONFLICT, "the clock is the machine's own".to_owned()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bought {
    /// `[[sku, pieces], …]`
    items: Vec<(i64, i64)>,
    #[serde(default)]
    sub_union_id: String,
    #[serde(default)]
    position_id: i64,
    #[serde(default)]
    with_coupon: bool,
    /// RFC 3339; now where absent.
    at: Option<String>,
    #[serde(default)]
    life: Life,
}

/// `POST /sandbox/buy`: `{"order_no": "…"}`.
pub(super) async fn buy(
    State(sandbox): State<Sandbox>,
    body: Result<Json<Bought>, JsonRejection>,
) -> Result<Json<Value>, Refused> {
    let Json(Bought { items, sub_union_id, position_id, with_coupon, at, life }) = body?;
    let at = at.as_deref().map(moment).transpose()?.unwrap_or_else(|| sandbox.now());
    let coupon = if with_coupon { CouponUse::Best } else { CouponUse::None };
    let order_no = sandbox.place(&items, &coupon, Sharer { sub_union_id, position_id }, at, life)?;
    Ok(Json(json!({"order_no": order_no})))
}

#[derive(Deserialize)]
pub(super) struct Paged {
    /// Number of the last order seen.
    after: Option<i64>,
    limit: Option<usize>,
}

/// `GET /sandbox/orders?after=&limit=`: orders with their rows as they are now; `next` goes into `after`.
pub(super) async fn orders(State(sandbox): State<Sandbox>, Query(paged): Query<Paged>) -> Json<Value> {
    let limit = paged.limit.unwrap_or(ORDERS_USUAL).clamp(1, ORDERS_MAX);
    let now = sandbox.now();
    sandbox.book(|book| {
        let mut orders = book.orders_after(paged.after.unwrap_or(0)).peekable();
        let mut items = Vec::new();
        let mut last = None;
        for order in orders.by_ref().take(limit) {
            last = Some(order.number.to_string());
            let shown = book.rows_with_children(order.number, now);
            let rows: Vec<Value> = shown.iter().map(|shown| sandbox.row(shown, Blocks::ALL)).collect();
            items.push(json!({
                "order_no": order.number.to_string(),
                "ordered_at": order.ordered_at.rfc3339(),
                "sub_union_id": order.sub_union_id,
                "life": book.life(order),
                "rows": rows,
            }));
        }
        let next = if orders.peek().is_some() { last } else { None };
        Json(json!({"items": items, "next": next}))
    })
}

#[derive(Deserialize)]
pub(super) struct Truth {
    /// Rows to leave out, from the beginning.
    after: Option<usize>,
    limit: Option<usize>,
    /// RFC 3339; now where absent.
    at: Option<String>,
}

/// `GET /sandbox/rows?after=&limit=&at=`: every row as the union reports it in the end, as of a moment: what somebody who
/// asks again and again comes to, whatever faults there are. `next` goes into `after`.
pub(super) async fn rows(State(sandbox): State<Sandbox>, Query(truth): Query<Truth>) -> Result<Json<Value>, Refused> {
    let at = truth.at.as_deref().map(moment).transpose()?.unwrap_or_else(|| sandbox.now());
    let (after, limit) = (truth.after.unwrap_or(0), truth.limit.unwrap_or(ORDERS_MAX).clamp(1, ORDERS_MAX));
    Ok(sandbox.book(|book| {
        let mut rows = book.rows(at).skip(after).peekable();
        let items: Vec<Value> = rows.by_ref().take(limit).map(|shown| sandbox.row(&shown, Blocks::ALL)).collect();
        let next = rows.peek().map(|_| after.saturating_add(items.len()));
        Json(json!({"items": items, "next": next, "at": at.rfc3339()}))
    }))
}

fn said(sandbox: &Sandbox) -> Json<Value> {
    Json(json!({"faults": sandbox.mischief().faults().to_string(), "met": sandbox.mischief().met()}))
}

/// `GET /sandbox/faults`: what may go wrong, and how often it did.
pub(super) async fn faults(State(sandbox): State<Sandbox>) -> Json<Value> {
    said(&sandbox)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    faults: String,
}

/// `POST /sandbox/faults`; answers as the `GET`.
pub(super) async fn set_faults(
    State(sandbox): State<Sandbox>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Value>, Refused> {
    let Json(wanted) = body?;
    let faults: Faults =
        wanted.faults.parse().map_err(|error: super::FaultsError| Refused::input(error.to_string()))?;
    sandbox.set_faults(faults);
    Ok(said(&sandbox))
}

/// `GET /sandbox/stats`
pub(super) async fn stats(State(sandbox): State<Sandbox>) -> Json<Stats> {
    Json(sandbox.stats())
}
