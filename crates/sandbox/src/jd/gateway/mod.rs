//! `routerjson`: the checks that every call passes, and the envelope around every answer.
//!
//! A call is refused before any method sees it (`error_response`, codes as JD's developer site lists them) or by the
//! method (`…_responce` with an inner code other than 200). Both are HTTP 200, as on the real gateway.

mod asked;
mod goods;
mod links;
mod orders;
mod positions;
mod refusal;
mod sign;

use super::Sandbox;
use super::faults::Met;
use asked::Asked;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kernel::{Instant, Zone};
pub(super) use refusal::Refusal;
use refusal::Turned;
use serde_json::{Map, Value, json};
use std::io;
use url::form_urlencoded;

/// A time stamp may be off by so much, either way.
const TIMESTAMP_SECONDS_MAX: i64 = 10 * 60;

/// A method of the gateway, by the last segments of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Called {
    Goods,
    Channel,
    Promoted,
    Categories,
    Coupons,
    Link,
    CommonLink,
    OrderRows,
    MakePositions,
    Positions,
}

const METHODS: [(&str, Called); 10] = [
    ("jd.union.open.goods.query", Called::Goods),
    ("jd.union.open.goods.jingfen.query", Called::Channel),
    ("jd.union.open.goods.promotiongoodsinfo.query", Called::Promoted),
    ("jd.union.open.category.goods.get", Called::Categories),
    ("jd.union.open.coupon.query", Called::Coupons),
    ("jd.union.open.promotion.bysubunionid.get", Called::Link),
    ("jd.union.open.promotion.common.get", Called::CommonLink),
    ("jd.union.open.order.row.query", Called::OrderRows),
    ("jd.union.open.position.create", Called::MakePositions),
    ("jd.union.open.position.query", Called::Positions),
];

impl Called {
    /// The code with which this method refuses a parameter.
    fn bad_parameter(self) -> u32 {
        match self {
            Called::Goods | Called::Channel | Called::Promoted | Called::Categories => 400,
            Called::Coupons => 2_006_400,
            Called::Link | Called::CommonLink => 2_001_212,
            Called::OrderRows => 2_002_400,
            Called::MakePositions | Called::Positions => 2_004_400,
        }
    }

    /// The key that wraps the parameters; `None` where they stand at the top.
    fn wrapper(self) -> Option<&'static str> {
        match self {
            Called::Goods => Some("goodsReqDTO"),
            Called::Channel => Some("goodsReq"),
            Called::Categories => Some("req"),
            Called::Link | Called::CommonLink => Some("promotionCodeReq"),
            Called::OrderRows => Some("orderReq"),
            Called::MakePositions | Called::Positions => Some("positionReq"),
            Called::Promoted | Called::Coupons => None,
        }
    }
}

/// What a method answers: `data`, where there is any, and fields beside it.
#[derive(Debug, Default)]
struct Found {
    data: Option<Value>,
    beside: Vec<(&'static str, Value)>,
}

impl Found {
    fn data(data: impl Into<Value>) -> Found {
        Found { data: Some(data.into()), beside: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<Value>) -> Found {
        self.beside.push((name, value.into()));
        self
    }
}

/// `GET` and `POST /routerjson`: system parameters in the query, the form, or both.
pub(super) async fn routerjson(
    State(sandbox): State<Sandbox>,
    verb: Method,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let mut parameters: Vec<(String, String)> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    parameters.extend(form_urlencoded::parse(&body).into_owned());
    let mut met = sandbox.mischief().meet(named(&parameters).map_or("", |(name, _)| name));
    let answer = answer(&sandbox, &parameters, verb == Method::GET, &mut met);
    // The work is done by now; what follows only keeps the caller from knowing.
    if met.hang {
        tokio::time::sleep(sandbox.config().hang).await;
    }
    if met.drop { broken(&answer) } else { Json(answer).into_response() }
}

/// Half of an answer, and then the connection breaks.
fn broken(answer: &Value) -> Response {
    let text = answer.to_string().into_bytes();
    let half = Bytes::copy_from_slice(text.get(..text.len() / 2).unwrap_or_default());
    let pieces = [Ok(half), Err(io::Error::new(io::ErrorKind::ConnectionReset, "as the faults want it"))];
    Body::from_stream(stream::iter(pieces)).into_response()
}

fn answer(sandbox: &Sandbox, parameters: &[(String, String)], by_get: bool, met: &mut Met) -> Value {
    let (name, called) = match admit(sandbox, parameters) {
        Ok(admitted) => admitted,
        Err(turned) => {
            sandbox.count_call(named(parameters).map_or("", |(name, _)| name), Some(turned.code));
            return turned.body();
        }
    };
    let outcome = match met.refused.take() {
        Some(refusal) => Err(refusal),
        None => call(sandbox, called, parameters, by_get, met.call),
    };
    let code = outcome.as_ref().err().map(|refusal| refusal.code.to_string());
    let number = sandbox.count_call(name, code.as_deref());
    envelope(name, outcome, &format!("o_0b{:06x}_sandbox_{number}", sandbox.config().seed & 0x00ff_ffff))
}

fn value<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn named(parameters: &[(String, String)]) -> Option<(&'static str, Called)> {
    let asked = value(parameters, "method")?;
    METHODS.iter().find(|(name, _)| *name == asked).copied()
}

/// The method called, once everything about the call is in order.
fn admit(sandbox: &Sandbox, parameters: &[(String, String)]) -> Result<(&'static str, Called), Turned> {
    value(parameters, "method").ok_or(refusal::NO_METHOD)?;
    let admitted = named(parameters).ok_or(refusal::BAD_METHOD)?;
    match value(parameters, "v") {
        None => return Err(refusal::NO_VERSION),
        Some("1.0") => {}
        Some(_) => return Err(refusal::BAD_VERSION),
    }
    let config = sandbox.config();
    if value(parameters, "app_key") != Some(config.app_key.as_str()) {
        return Err(refusal::BAD_APP_KEY);
    }
    let at = timestamp(value(parameters, "timestamp").ok_or(refusal::NO_TIMESTAMP)?).ok_or(refusal::BAD_TIMESTAMP)?;
    if (at.seconds() - sandbox.now().seconds()).abs() > TIMESTAMP_SECONDS_MAX {
        return Err(refusal::BAD_TIMESTAMP);
    }
    let signature = value(parameters, "sign").ok_or(refusal::NO_SIGN)?;
    if signature != sign::sign(&config.app_secret, parameters) {
        return Err(refusal::BAD_SIGN);
    }
    Ok(admitted)
}

/// `2024-05-20 13:14:00` in China time, or `2021-05-07 09:20:39.683+0800` with its own offset.
fn timestamp(text: &str) -> Option<Instant> {
    let text = text.trim();
    match text.len() {
        19 => Instant::parse_local(text, &Zone::china()).ok(),
        _ => {
            let at = jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S%.f%z", text).ok()?;
            Some(Instant::from_micros(at.as_microsecond()))
        }
    }
}

fn call(
    sandbox: &Sandbox,
    called: Called,
    parameters: &[(String, String)],
    by_get: bool,
    number: i64,
) -> Result<Found, Refusal> {
    let bad = called.bad_parameter();
    let unreadable = |name: &str| Refusal::new(bad, format!("请求参数错误：{name}"));
    let text = value(parameters, "360buy_param_json").or_else(|| value(parameters, "param_json")).unwrap_or("{}");
    let whole: Map<String, Value> = serde_json::from_str(text).map_err(|_| unreadable("360buy_param_json"))?;
    let fields = match called.wrapper() {
        None => &whole,
        Some(key) => whole.get(key).and_then(Value::as_object).ok_or_else(|| unreadable(key))?,
    };
    let asked = Asked::new(fields, bad);
    match called {
        Called::Goods => goods::search(sandbox, &asked),
        Called::Channel => goods::channel(sandbox, &asked),
        Called::Promoted => goods::promoted(sandbox, &asked),
        Called::Categories => goods::categories(sandbox, &asked),
        Called::Coupons => goods::coupons(sandbox, &asked, by_get),
        Called::Link => links::convert(sandbox, &asked),
        Called::CommonLink => links::common(sandbox, &asked),
        Called::OrderRows => orders::rows(sandbox, &asked, number),
        Called::MakePositions => positions::create(sandbox, &asked),
        Called::Positions => positions::query(sandbox, &asked),
    }
}

/// `{"<method>_responce":{"code":"0","<last segment>Result":"<JSON as text>"}}`
fn envelope(name: &str, outcome: Result<Found, Refusal>, request_id: &str) -> Value {
    let mut inner = Map::new();
    match outcome {
        Ok(Found { data, beside }) => {
            inner.insert("code".to_owned(), json!(200));
            if let Some(data) = data {
                inner.insert("data".to_owned(), data);
            }
            inner.extend(beside.into_iter().map(|(name, value)| (name.to_owned(), value)));
            inner.insert("message".to_owned(), json!("success"));
        }
        Err(refusal) => {
            inner.insert("code".to_owned(), json!(refusal.code));
            inner.insert("message".to_owned(), json!(refusal.message));
        }
    }
    inner.insert("requestId".to_owned(), json!(request_id));
    let last = name.rsplit('.').next().unwrap_or_default();
    let result = json!({"code": "0", format!("{last}Result"): Value::Object(inner).to_string()});
    json!({format!("{}_responce", name.replace('.', "_")): result})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_time_stamps_are_read() {
        let at = |text| timestamp(text).map(Instant::rfc3339);
        assert_eq!(at("2024-05-20 13:14:00").as_deref(), Some("2024-05-20T05:14:00Z"));
        assert_eq!(at("2021-05-07 09:20:39.683+0800").as_deref(), Some("2021-05-07T01:20:39.683Z"));
        for bad in ["", "2024-05-20", "2024-05-20T13:14", "1716181200", "2024-13-20 13:14:00"] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn answers_are_json_inside_json() {
        let found = Found::data(json!([])).with("hasMore", false);
        assert_eq!(
            envelope("jd.union.open.order.row.query", Ok(found), "o_1").to_string(),
            "{\"jd_union_open_order_row_query_responce\":{\"code\":\"0\",\"queryResult\":\"{\\\"code\\\":200,\
             \\\"data\\\":[],\\\"hasMore\\\":false,\\\"message\\\":\\\"success\\\",\\\"requestId\\\":\\\"o_1\\\"}\"}}"
        );
    }
}
