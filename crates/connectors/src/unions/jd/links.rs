//! Turning a goods page into a tracked link: `promotion.bysubunionid.get`, or `promotion.common.get` for accounts with a
//! website or app of their own.
//!
//! The short link lives 60 days, the long one for ever; both are asked for in one call (`chainType` 3). The other method
//! makes long ones only.

use super::client::Client;
use super::errors::{coupon_may_be_dropped, failure};
use super::tolerant::{Reader, Scalar, list, object, scalar};
use super::wire::{COMMON_LINK, Inner, LINK, malformed};
use crate::unions::{ConvertRequest, Converted, ErrorClass, UnionError};
use serde::Serialize;

/// Longest `subUnionId`.
pub(super) const TRACKING_CHARS_MAX: usize = 80;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    promotion_code_req: Promotion<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Promotion<'a> {
    material_id: &'a str,
    sub_union_id: &'a str,
    /// Exactly as the goods reported it: any re-encoding fails JD's check.
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain_type: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_id: Option<u8>,
}

pub(super) async fn convert(client: &Client, request: &ConvertRequest) -> Result<Converted, UnionError> {
    let refused = |message: &str| Err(failure(LINK, ErrorClass::BadRequest, "request", message));
    if request.material_url.trim().is_empty() {
        return refused("there is no page to convert");
    }
    if !is_tracking(&request.tracking) {
        return refused("the tracking token is not 1 to 80 letters, digits, `_` or `-`");
    }
    let coupon = request.coupon_link.as_deref().filter(|link| !link.is_empty());
    match ask(client, request, coupon).await {
        Err(error) if coupon.is_some() && coupon_may_be_dropped(&error) => {
            let mut converted = ask(client, request, None).await?;
            converted.coupon_dropped = Some(format!("{} ({})", error.message, error.code));
            Ok(converted)
        }
        answer => answer,
    }
}

fn is_tracking(token: &str) -> bool {
    (1..=TRACKING_CHARS_MAX).contains(&token.len())
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

async fn ask(client: &Client, request: &ConvertRequest, coupon: Option<&str>) -> Result<Converted, UnionError> {
    let site_id = client.config().site_id;
    let business = Request {
        promotion_code_req: Promotion {
            material_id: &request.material_url,
            sub_union_id: &request.tracking,
            coupon_url: coupon,
            chain_type: site_id.is_none().then_some(3),
            site_id,
            position_id: request.position,
            scene_id: client.config().link_scene_id,
        },
    };
    let method = if site_id.is_some() { COMMON_LINK } else { LINK };
    converted(&client.call(method, &business).await?)
}

pub(super) fn converted(inner: &Inner) -> Result<Converted, UnionError> {
    let fields = inner.fields()?;
    let data = fields.get("data").copied();
    let text = match (scalar(data), list(data)) {
        (Scalar::Nested, Some(rows)) => rows.first().map(|raw| raw.get()),
        (Scalar::Nested, None) => data.map(|raw| raw.get()),
        _ => None,
    };
    let mut link = Reader::new(text.and_then(object).unwrap_or_default());
    let long_url = link.text("clickURL").filter(|url| is_web(url));
    let long_url = long_url.ok_or_else(|| malformed(LINK, "shape", "the answer holds no web link"))?;
    let short_url = link.text("shortURL").filter(|url| is_web(url));
    Ok(Converted { long_url, short_url, coupon_dropped: None })
}

/// Links are shown to buyers: whatever else an answer may hold, no other scheme goes out.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::super::wire::tests::{opened, wrapped};
    use super::*;

    fn read(data: &str) -> Result<Converted, ErrorClass> {
        let body = wrapped(LINK, &format!("{{\"code\":200,\"data\":{data}}}"));
        converted(&opened(LINK, &body).unwrap()).map_err(|e| e.class)
    }

    #[test]
    fn both_links_are_read_and_nothing_but_web_links() {
        let both = "{\"clickURL\":\"https://union-click.jd.com/a\",\"shortURL\":\"https://u.jd.com/b\"}";
        let expected = Converted {
            long_url: "https://union-click.jd.com/a".to_owned(),
            short_url: Some("https://u.jd.com/b".to_owned()),
            coupon_dropped: None,
        };
        assert_eq!(read(both), Ok(expected.clone()));
        assert_eq!(read(&format!("[{both}]")), Ok(expected));
        assert_eq!(read("{\"clickURL\":\"http://x\",\"shortURL\":\"--\"}").unwrap().short_url, None);
        for bad in ["{}", "null", "\"x\"", "{\"clickURL\":\"javascript:1\"}", "{\"shortURL\":\"https://u.jd.com/b\"}"] {
            assert_eq!(read(bad), Err(ErrorClass::Malformed), "{bad}");
        }
    }

    #[test]
    fn tracking_tokens_are_what_jd_accepts() {
        assert!(is_tracking("p10086_g77-k7Qp2x"));
        assert!(is_tracking(&"x".repeat(80)));
        for bad in ["", "a b", "链", &"x".repeat(81)] {
            assert!(!is_tracking(bad), "{bad}");
        }
    }

    #[test]
    fn the_request_is_what_jd_documents() {
        let request = |coupon_url, position_id, site_id: Option<i64>| {
            let promotion = Promotion {
                material_id: "jingfen.jd.com/detail/a.html",
                sub_union_id: "t1",
                coupon_url,
                chain_type: site_id.is_none().then_some(3),
                site_id,
                position_id,
                scene_id: None,
            };
            serde_json::to_string(&Request { promotion_code_req: promotion }).unwrap()
        };
        assert_eq!(
            request(Some("http://c?a=1&b=%20"), Some(7), None),
            "{\"promotionCodeReq\":{\"materialId\":\"jingfen.jd.com/detail/a.html\",\"subUnionId\":\"t1\",\
             \"couponUrl\":\"http://c?a=1&b=%20\",\"chainType\":3,\"positionId\":7}}"
        );
        assert_eq!(
            request(None, None, Some(4)),
            "{\"promotionCodeReq\":{\"materialId\":\"jingfen.jd.com/detail/a.html\",\"subUnionId\":\"t1\",\
             \"siteId\":4}}"
        );
        assert_eq!(
            request(None, None, None),
            "{\"promotionCodeReq\":{\"materialId\":\"jingfen.jd.com/detail/a.html\",\"subUnionId\":\"t1\",\
             \"chainType\":3}}"
        );
    }
}
