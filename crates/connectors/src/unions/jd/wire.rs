//! The gateway's form and envelope: how a call is written, and how its answer is opened.
//!
//! Out: a form of system parameters and one field of JSON text. The JSON is serialised once; the signature is taken
//! over the same strings that are encoded into the body.
//! In: `{"<method>_responce":{"code":"0","<last segment>Result":"<JSON as text>"}}` or `{"error_response":{…}}`.

use super::Profile;
use super::errors::{failure, gateway_class, inner_class};
use super::sign::sign;
use super::tolerant::{Fields, Reader, Scalar, object, scalar};
use crate::unions::{ErrorClass, UnionError};
use std::time::Duration;
use url::form_urlencoded;

pub(super) const GOODS: &str = "jd.union.open.goods.query";
pub(super) const CHANNEL: &str = "jd.union.open.goods.jingfen.query";
pub(super) const PROMOTED: &str = "jd.union.open.goods.promotiongoodsinfo.query";
pub(super) const CATEGORIES: &str = "jd.union.open.category.goods.get";
pub(super) const COUPONS: &str = "jd.union.open.coupon.query";
pub(super) const LINK: &str = "jd.union.open.promotion.bysubunionid.get";
pub(super) const COMMON_LINK: &str = "jd.union.open.promotion.common.get";
pub(super) const MAKE_POSITIONS: &str = "jd.union.open.position.create";
pub(super) const POSITIONS: &str = "jd.union.open.position.query";
pub(super) const ORDER_ROWS: &str = "jd.union.open.order.row.query";

/// What goes into a form besides the business parameters.
pub(super) struct Sender<'a> {
    pub app_key: &'a str,
    pub app_secret: &'a str,
    pub profile: Profile,
    /// `yyyy-mm-dd hh:mm:ss`, China time.
    pub timestamp: &'a str,
}

/// The URL-encoded body of one call, signed.
pub(super) fn form(sender: &Sender<'_>, method: &str, business: &str) -> String {
    let mut parameters = vec![
        ("360buy_param_json", business),
        ("app_key", sender.app_key),
        ("method", method),
        ("timestamp", sender.timestamp),
        ("v", "1.0"),
    ];
    if sender.profile == Profile::Full {
        parameters.extend([("format", "json"), ("sign_method", "md5")]);
    }
    let signature = sign(sender.app_secret, &parameters);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).append_pair("sign", &signature).finish()
}

/// The inner result of a call that succeeded (inner code 200).
#[derive(Debug)]
pub(super) struct Inner {
    method: String,
    text: String,
    request_id: Option<String>,
}

impl Inner {
    pub(super) fn request_id(&self) -> &str {
        self.request_id.as_deref().unwrap_or("")
    }

    pub(super) fn fields(&self) -> Result<Fields<'_>, UnionError> {
        object(&self.text).ok_or_else(|| malformed(&self.method, "shape", "the inner result is no object"))
    }

    /// The inner result with its `data` as a list: each row's text exactly as it came. Absent data is the empty list.
    pub(super) fn rows(&self) -> Result<(Reader<'_>, Vec<&str>), UnionError> {
        let fields = self.fields()?;
        let rows = super::tolerant::list(fields.get("data").copied())
            .ok_or_else(|| malformed(&self.method, "shape", "`data` is no list"))?;
        Ok((Reader::new(fields), rows.into_iter().map(|raw| raw.get()).collect()))
    }
}

pub(super) fn malformed(method: &str, code: &str, message: &str) -> UnionError {
    failure(method, ErrorClass::Malformed, code, message)
}

/// An answer as it arrived.
pub(super) struct Reply<'a> {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub body: &'a [u8],
}

/// Why a call failed, with the union's request id where it gave one (for the log).
#[derive(Debug)]
pub(super) struct Refusal {
    pub error: UnionError,
    pub request_id: Option<String>,
}

impl From<UnionError> for Box<Refusal> {
    fn from(error: UnionError) -> Box<Refusal> {
        Box::new(Refusal { error, request_id: None })
    }
}

/// Opens an answer. An HTTP status other than 200 counts, unless the body names a reason that we know.
pub(super) fn open(method: &str, reply: &Reply<'_>) -> Result<Inner, Box<Refusal>> {
    let opened = envelope(method, reply.body);
    let mut refusal = match opened {
        Ok(inner) if reply.status == 200 => return Ok(inner),
        Err(refusal) if reply.status == 200 => refusal,
        Err(refusal) if !matches!(refusal.error.class, ErrorClass::Malformed | ErrorClass::Unknown) => refusal,
        _ => http_error(method, reply.status).into(),
    };
    if matches!(refusal.error.class, ErrorClass::RateLimited | ErrorClass::Retryable) {
        refusal.error.retry_after = reply.retry_after;
    }
    Err(refusal)
}

fn http_error(method: &str, status: u16) -> UnionError {
    let class = match status {
        401 => ErrorClass::Auth,
        403 => ErrorClass::Permission,
        429 => ErrorClass::RateLimited,
        408 | 500..=599 => ErrorClass::Retryable,
        400..=499 => ErrorClass::BadRequest,
        // Redirects are not followed: a signed form is not for somebody else.
        _ => ErrorClass::Malformed,
    };
    failure(method, class, &format!("http_{status}"), "the gateway did not answer 200")
}

fn envelope(method: &str, body: &[u8]) -> Result<Inner, Box<Refusal>> {
    let not_json = || malformed(method, "not_json", "the answer is no JSON object");
    let text = std::str::from_utf8(body).map_err(|_| not_json())?;
    let outer = object(text.trim_start_matches('\u{feff}')).ok_or_else(not_json)?;
    if let Some(error) = outer.get("error_response") {
        let error = object(error.get()).ok_or_else(|| malformed(method, "shape", "`error_response` is no object"))?;
        return Err(gateway_error(method, error).into());
    }
    let key = method.replace('.', "_");
    let result = outer
        .get(&format!("{key}_responce"))
        .or_else(|| outer.get(&format!("{key}_response")))
        .and_then(|raw| object(raw.get()))
        .ok_or_else(|| malformed(method, "shape", "the answer is not for this method"))?;
    inner(method, &result)
}

fn gateway_error(method: &str, fields: Fields<'_>) -> UnionError {
    let mut reader = Reader::new(fields);
    let code = reader.text("code").unwrap_or_default();
    let message = reader.text("zh_desc").or_else(|| reader.text("en_desc")).unwrap_or_default();
    let english = reader.text("en_desc").unwrap_or_default();
    failure(method, gateway_class(&code, &format!("{message} {english}")), &code, message)
}

fn inner(method: &str, result: &Fields<'_>) -> Result<Inner, Box<Refusal>> {
    let last = method.rsplit('.').next().unwrap_or_default();
    let mut others = result.iter().filter(|(key, _)| *key != "code").map(|(_, raw)| *raw);
    let raw = match (result.get(&format!("{last}Result")), others.next(), others.next()) {
        (Some(named), _, _) => *named,
        (None, Some(only), None) => only,
        // No result at all: the outer code says why.
        (None, None, _) => return Err(gateway_error(method, result.clone()).into()),
        _ => return Err(malformed(method, "shape", "no inner result").into()),
    };
    let text = match scalar(Some(raw)) {
        Scalar::Text(text) => text,
        Scalar::Nested => raw.get().to_owned(),
        Scalar::None => return Err(malformed(method, "shape", "the inner result is empty").into()),
    };
    let mut head =
        Reader::new(object(&text).ok_or_else(|| malformed(method, "not_json", "the inner result is no JSON object"))?);
    let request_id = head.text("requestId");
    let code = head.text("code").unwrap_or_default();
    if code != "200" {
        let message = head.text("message").unwrap_or_default();
        let error = match code.as_str() {
            "" => malformed(method, "shape", "the inner result has no code"),
            _ => failure(method, inner_class(method, &code), &code, message),
        };
        return Err(Box::new(Refusal { error, request_id }));
    }
    Ok(Inner { method: method.to_owned(), text, request_id })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer in the shape of the wire: the inner result as text inside JSON.
    pub fn wrapped(method: &str, inner: &str) -> String {
        let last = method.rsplit('.').next().unwrap();
        let text = serde_json::to_string(inner).unwrap();
        format!("{{\"{}_responce\":{{\"code\":\"0\",\"{last}Result\":{text}}}}}", method.replace('.', "_"))
    }

    pub fn opened(method: &str, body: &str) -> Result<Inner, UnionError> {
        open(method, &Reply { status: 200, retry_after: None, body: body.as_bytes() }).map_err(|r| r.error)
    }

    fn class_of(status: u16, body: &str) -> (ErrorClass, String) {
        let reply = Reply { status, retry_after: Some(Duration::from_secs(7)), body: body.as_bytes() };
        let error = open(GOODS, &reply).unwrap_err().error;
        let waits = matches!(error.class, ErrorClass::RateLimited | ErrorClass::Retryable);
        assert_eq!(error.retry_after.is_some(), waits);
        (error.class, error.code)
    }

    #[test]
    fn a_form_is_signed_over_what_it_carries() {
        let sender = Sender {
            app_key: "test_app_key",
            app_secret: "test_app_secret",
            profile: Profile::Minimal,
            timestamp: "2024-05-20 13:14:00",
        };
        let business = "{\"goodsReq\":{\"eliteId\":1,\"pageIndex\":1,\"pageSize\":20}}";
        let minimal = form(&sender, CHANNEL, business);
        assert!(minimal.ends_with("&sign=E18EEB1F540CFA802592DBA132260921"), "{minimal}");
        let full = form(&Sender { profile: Profile::Full, ..sender }, CHANNEL, business);
        assert!(full.ends_with("&format=json&sign_method=md5&sign=EB5DC640614851A02C02A93516D361A1"), "{full}");
    }

    #[test]
    fn envelopes_open_in_every_spelling() {
        let inner = "{\"code\":200,\"data\":[{\"a\": 6.540}],\"requestId\":\"o_1\"}";
        let text = serde_json::to_string(inner).unwrap();
        for body in [
            wrapped(GOODS, inner),
            format!("{{\"jd_union_open_goods_query_response\":{{\"code\":0,\"result\":{text}}}}}"),
            format!("\u{feff}{{\"jd_union_open_goods_query_responce\":{{\"queryResult\":{inner}}}}}"),
            format!("{{\"jd_union_open_goods_query_responce\":{{\"x\":1,\"code\":\"0\",\"queryResult\":{text}}}}}"),
            wrapped(GOODS, &inner.replace("200", "\"200\"")),
        ] {
            let opened = opened(GOODS, &body).unwrap();
            assert_eq!(opened.request_id(), "o_1");
            // As it came, to the blank.
            assert_eq!(opened.rows().unwrap().1, ["{\"a\": 6.540}"], "{body}");
        }
    }

    #[test]
    fn what_is_no_envelope_is_malformed() {
        for (body, code) in [
            ("<html>busy</html>", "not_json"),
            ("", "not_json"),
            ("[]", "not_json"),
            ("{}", "shape"),
            ("{\"jd_union_open_order_row_query_responce\":{\"queryResult\":\"{}\"}}", "shape"),
            ("{\"jd_union_open_goods_query_responce\":{\"queryResult\":\"oops\"}}", "not_json"),
            ("{\"jd_union_open_goods_query_responce\":{\"queryResult\":\"{}\"}}", "shape"),
            ("{\"jd_union_open_goods_query_responce\":{\"queryResult\":null}}", "shape"),
            ("{\"jd_union_open_goods_query_responce\":{\"a\":1,\"b\":2}}", "shape"),
        ] {
            assert_eq!(class_of(200, body), (ErrorClass::Malformed, code.to_owned()), "{body}");
        }
        let no_list = opened(GOODS, &wrapped(GOODS, "{\"code\":200,\"data\":7}")).unwrap();
        assert_eq!(no_list.rows().err().map(|e| e.class), Some(ErrorClass::Malformed));
    }

    #[test]
    fn both_error_shapes_keep_code_and_message() {
        let gateway =
            "{\"error_response\":{\"code\":\"12\",\"zh_desc\":\"无效签名\",\"en_desc\":\"Invalid signature\"}}";
        let error = opened(GOODS, gateway).unwrap_err();
        assert_eq!((error.class, error.code.as_str(), error.message.as_str()), (ErrorClass::Auth, "12", "无效签名"));
        let business = wrapped(GOODS, "{\"code\":403,\"message\":\"无访问权限\",\"requestId\":\"o_0\"}");
        let error = opened(GOODS, &business).unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (ErrorClass::Permission, "403"));
        assert_eq!(error.to_string(), "jd jd.union.open.goods.query: permission (403): 无访问权限");
        let outer_only = "{\"jd_union_open_goods_query_responce\":{\"code\":\"65\"}}";
        assert_eq!(class_of(200, outer_only), (ErrorClass::Retryable, "65".to_owned()));
    }

    #[test]
    fn an_http_status_counts_unless_the_body_names_a_known_reason() {
        assert_eq!(class_of(502, "<html>").0, ErrorClass::Retryable);
        assert_eq!(class_of(503, &wrapped(GOODS, "{\"code\":200}")), (ErrorClass::Retryable, "http_503".to_owned()));
        assert_eq!(class_of(429, "").0, ErrorClass::RateLimited);
        assert_eq!(class_of(401, "").0, ErrorClass::Auth);
        assert_eq!(class_of(404, "").0, ErrorClass::BadRequest);
        assert_eq!(class_of(302, "").0, ErrorClass::Malformed);
        assert_eq!(class_of(400, "{\"error_response\":{\"code\":19}}"), (ErrorClass::Auth, "19".to_owned()));
    }
}
