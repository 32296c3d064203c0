//! The gateway's own reckoning of a signature: upper-case hex MD5 of `secret + key1value1key2value2… + secret`.

use md5::{Digest, Md5};

/// Over what arrived, decoded; `sign` itself and empty values do not take part.
pub(super) fn sign(secret: &str, parameters: &[(String, String)]) -> String {
    let mut signed: Vec<&(String, String)> =
        parameters.iter().filter(|(key, value)| key != "sign" && !value.is_empty()).collect();
    signed.sort();
    let text: String = signed.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]).collect();
    digest(&format!("{secret}{text}{secret}"))
}

/// Upper-case hex MD5.
pub(super) fn digest(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(secret: &str, pairs: &[(&str, &str)]) -> String {
        sign(secret, &pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn published_and_computed_vectors() {
        let order = "{\"end_date\":null,\"optional_fields\":null,\"order_state\":\"WAIT_SELLER_STOCK_OUT\",\
                     \"page\":\"1\",\"page_size\":\"200\",\"start_date\":null}";
        assert_eq!(
            of(
                "yourappSecret",
                &[
                    ("v", "2.0"),
                    ("method", "jingdong.pop.order.search"),
                    ("app_key", "yourappkey"),
                    ("access_token", "yourtoken"),
                    ("360buy_param_json", order),
                    ("timestamp", "2021-05-07 09:20:39.683+0800"),
                    ("sign", "ignored"),
                ]
            ),
            "D70825340F4084360B9362B60DFD7930"
        );
        assert_eq!(of("secret", &[("b", "2"), ("empty", ""), ("a", "1")]), "EF16F26C937CF52AE6F85DF2FD08B24A");
    }
}
