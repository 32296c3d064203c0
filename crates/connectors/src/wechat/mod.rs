//! WeChat's API for mini programs and official accounts: who signs in, and the signature of pages inside WeChat.
//!
//! Owns no tables; says no facts. One [`Wechat`] serves all apps of an installation; each call is told appid and secret.
//!
//! * **Sign-in.** `jscode2session` turns the code of `wx.login` into the user's openid. The session key that comes with it
//!   is not even read: nothing here decrypts what a client sends, and whoever has it could forge a user's data.
//! * **Tokens.** `stable_token` is asked without `force_refresh`, so several processes share one token. Token and
//!   `jsapi` ticket are kept in memory until [`EARLY_SECONDS`] before they end, one call at a time for each app; a
//!   token that WeChat no longer takes is forgotten and fetched anew once.
//!
//! Errors arrive with HTTP 200 and `errcode`; the code is kept as it came. The log and the errors show call, class and
//! code, never an address: two of the calls carry the secret there.
//! Bounds: [`ANSWER_BYTES_MAX`] per answer, five seconds per call, [`APPS_MAX`] apps in memory.

mod client;
mod sign;

pub use client::Wechat;
pub use sign::js_signature;

use std::fmt;

/// Where WeChat is reached, unless another place is configured.
pub const API: &str = "https://api.weixin.qq.com";
/// Tokens and tickets are fetched anew this long before they end.
pub const EARLY_SECONDS: i64 = 300;
/// Largest answer that is read.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Apps whose tokens are kept in memory.
pub const APPS_MAX: usize = 1000;

/// One app at WeChat.
#[derive(Clone, PartialEq, Eq)]
pub struct AppKey {
    pub appid: String,
    /// Never shown by `Debug`.
    secret: String,
}

impl AppKey {
    pub fn new(appid: impl Into<String>, secret: impl Into<String>) -> AppKey {
        AppKey { appid: appid.into(), secret: secret.into() }
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppKey").field("appid", &self.appid).field("secret", &"***").finish()
    }
}

/// Why a configuration cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WechatConfigError {
    #[error("must be an https address without a path, or http to this machine")]
    Address,
    #[error("the http client cannot be built: {0}")]
    Http(String),
}

/// What kind of failure it is decides what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WechatErrorClass {
    /// The code of `wx.login` is wrong, over or used: the user signs in again.
    Code,
    /// Appid, secret or permission: the operator must act.
    App,
    /// The access token is no longer taken.
    Token,
    TooOften,
    /// WeChat takes the user for a risk.
    Risky,
    /// Busy, time-outs, 5xx.
    Passing,
    Unknown,
}

impl WechatErrorClass {
    pub const fn word(self) -> &'static str {
        match self {
            WechatErrorClass::Code => "code",
            WechatErrorClass::App => "app",
            WechatErrorClass::Token => "token",
            WechatErrorClass::TooOften => "too_often",
            WechatErrorClass::Risky => "risky",
            WechatErrorClass::Passing => "passing",
            WechatErrorClass::Unknown => "unknown",
        }
    }

    /// By `errcode`.
    const fn of(code: i64) -> WechatErrorClass {
        match code {
            40029 | 40163 | 41008 => WechatErrorClass::Code,
            40013 | 40125 | 41002 | 41004 | 40002 | 40164 | 40243 | 48001 | 50002 => WechatErrorClass::App,
            40001 | 40014 | 42001 => WechatErrorClass::Token,
            45009 | 45011 => WechatErrorClass::TooOften,
            40226 => WechatErrorClass::Risky,
            -1 => WechatErrorClass::Passing,
            _ => WechatErrorClass::Unknown,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wechat {call}: {} ({code}): {message}", class.word())]
pub struct WechatError {
    pub call: &'static str,
    pub class: WechatErrorClass,
    /// WeChat's `errcode`, or one of ours (`http_502`, `timeout`, `unreachable`, `interrupted`, `malformed`).
    pub code: String,
    pub message: String,
}
