//! JD's signature: upper-case hex MD5 of `secret + key1value1key2value2… + secret`, keys in byte order.
//!
//! The set that is signed is the set that is sent: empty values are neither signed nor sent.

use md5::{Digest, Md5};

/// Signature over parameters as they will be sent: raw UTF-8, before URL encoding. `sign` itself and parameters with an
/// empty value do not take part.
pub(super) fn sign(secret: &str, parameters: &[(&str, &str)]) -> String {
    let mut signed: Vec<_> =
        parameters.iter().filter(|(key, value)| *key != "sign" && !value.is_empty()).copied().collect();
    signed.sort_unstable();
    let mut hasher = Md5::new();
    hasher.update(secret.as_bytes());
    for (key, value) in signed {
        hasher.update(key.as_bytes());
        hasher.update(value.as_bytes());
    }
    hasher.update(secret.as_bytes());
    hasher.finalize().iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_is_reproduced_in_any_order_of_parameters() {
        let mut parameters = vec![
            ("v", "2.0"),
            ("method", "jingdong.innovation.product.write.createSkus"),
            ("app_key", "yourappkey"),
            ("access_token", "yourtoken"),
            ("360buy_param_json", "{\"paramStrin\":\"abc\"}"),
            ("timestamp", "2019-06-27 15:41:49"),
        ];
        assert_eq!(sign("yourappSecret", &parameters), "E79CD3D49918172CA907A4CB493D9361");
        parameters.reverse();
        parameters.push(("sign", "whatever"));
        parameters.push(("empty", ""));
        assert_eq!(sign("yourappSecret", &parameters), "E79CD3D49918172CA907A4CB493D9361");
        assert_ne!(sign("yourappsecret", &parameters), "E79CD3D49918172CA907A4CB493D9361");
    }

    #[test]
    fn chinese_text_is_signed_as_utf_8() {
        let parameters = [
            ("method", "jd.union.open.goods.query"),
            ("app_key", "test_app_key"),
            ("timestamp", "2024-05-20 13:14:00"),
            ("v", "1.0"),
            ("format", "json"),
            ("sign_method", "md5"),
            (
                "360buy_param_json",
                "{\"goodsReqDTO\":{\"keyword\":\"洗衣液\",\"pageIndex\":1,\"pageSize\":20,\"sceneId\":1}}",
            ),
        ];
        assert_eq!(sign("test_app_secret", &parameters), "7AED62D84ED025E4CE84818ADB179B0A");
    }

    #[test]
    fn empty_values_do_not_take_part() {
        assert_eq!(sign("secret", &[("b", "2"), ("empty", ""), ("a", "1")]), "EF16F26C937CF52AE6F85DF2FD08B24A");
    }
}
