//! How the gateway says no. Two layers: the gateway itself (`error_response`), and the method (inner code ≠ 200).

use serde_json::{Value, json};

/// A call that no method got to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub code: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl Turned {
    const fn new(code: &'static str, zh: &'static str, en: &'static str) -> Turned {
        Turned { code, zh, en }
    }

    pub(super) fn body(self) -> Value {
        json!({"error_response": {"code": self.code, "zh_desc": self.zh, "en_desc": self.en}})
    }
}

pub(super) const NO_VERSION: Turned = Turned::new("4", "缺少版本参数", "Missing Version");
pub(super) const BAD_VERSION: Turned = Turned::new("5", "不支持的版本号", "Unsupported Version");
pub(super) const NO_TIMESTAMP: Turned = Turned::new("7", "缺少时间戳参数", "Missing Timestamp");
pub(super) const BAD_TIMESTAMP: Turned = Turned::new("8", "非法的时间戳参数", "Invalid Timestamp");
pub(super) const NO_SIGN: Turned = Turned::new("11", "缺少签名参数", "Missing Signature");
pub(super) const BAD_SIGN: Turned = Turned::new("12", "无效签名", "Invalid Signature");
pub(super) const NO_METHOD: Turned = Turned::new("14", "缺少方法名参数", "Missing Method");
pub(super) const BAD_METHOD: Turned = Turned::new("15", "不存在的方法名", "Invalid Method");
pub(super) const BAD_APP_KEY: Turned = Turned::new("21", "无效app_key", "Invalid app_key");

/// What a method answers instead of data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jd) struct Refusal {
    pub code: u32,
    pub message: String,
}

impl Refusal {
    pub(in crate::jd) fn new(code: u32, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into() }
    }
}

/// Nothing found. For goods and what belongs to them; orders answer 200 without `data`.
pub(super) fn nothing() -> Refusal {
    Refusal::new(201, "未查询到满足条件的商品")
}

pub(super) fn past_the_end() -> Refusal {
    Refusal::new(202, "已达到分页上限")
}
