//! A group robot of WeCom: its webhook takes a text, 20 of them a minute. A refusal arrives with HTTP 200 and `errcode`.

use super::{ChannelConfigError, SendError, TEXT_BYTES_MAX, WITHIN};
use crate::reach::{Checked, Reach, leads_inside};
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use url::{Host, Url};

const CHANNEL: &str = "the wecom robot";
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const MESSAGE_MAX: usize = 200;
/// More than 20 in a minute, too many at once, busy.
const PASSING: [i64; 3] = [45009, 45033, -1];

/// Cloneable handle on one robot.
#[derive(Clone)]
pub struct Robot(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    /// With the key in it.
    address: Url,
}

impl fmt::Debug for Robot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Robot").field("host", &self.0.address.host_str()).finish_non_exhaustive()
    }
}

impl Robot {
    /// `address` as WeCom shows it (`https://…/cgi-bin/webhook/send?key=…`). Makes no call.
    pub fn try_new(address: &str, reach: Reach) -> Result<Robot, ChannelConfigError> {
        let wrong = |why: &str| ChannelConfigError(why.to_owned());
        let url = Url::parse(address).map_err(|_| wrong("must be the robot's whole webhook address"))?;
        let here = matches!(url.host(), Some(Host::Ipv4(at)) if at.is_loopback())
            || matches!(url.host(), Some(Host::Ipv6(at)) if at.is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && here && reach == Reach::AndLoopback) {
            return Err(wrong("must be an https address"));
        }
        if !url.query_pairs().any(|(name, value)| name == "key" && !value.is_empty()) {
            return Err(wrong("must have the robot's key in it (…/cgi-bin/webhook/send?key=…)"));
        }
        reach.check(&url).map_err(|_| wrong("leads inside; only addresses of the public internet are told"))?;
        // Somebody else in the process may have installed a provider already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(WITHIN)
                .no_proxy()
                .dns_resolver(Arc::new(Checked(reach)))
        };
        // A machine without root certificates can still run the sandbox.
        let http = builder().build().or_else(|_| builder().tls_certs_only(Vec::new()).build());
        let http = http.map_err(|e| ChannelConfigError(format!("cannot be used: {e}")))?;
        Ok(Robot(Arc::new(Inner { http, address: url })))
    }

    pub async fn send(&self, text: &str) -> Result<(), SendError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(refused("too_long", "the text has more than 2048 bytes", true));
        }
        let body = json!({ "msgtype": "text", "text": { "content": text } });
        let sent = self.0.http.post(self.0.address.clone()).json(&body).send().await;
        let mut response = sent.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            return Err(refused(&format!("http_{}", status.as_u16()), "the answer is an http error", false));
        }
        let malformed = || refused("malformed", "the answer is not as documented", false);
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(malformed());
            }
            bytes.extend_from_slice(&piece);
        }
        let answer: Value = serde_json::from_slice(&bytes).map_err(|_| malformed())?;
        match answer["errcode"].as_i64() {
            Some(0) => Ok(()),
            Some(code) => {
                let said = answer["errmsg"].as_str().unwrap_or("no message");
                // What follows the hint names our address and theirs.
                let said = said.split(", hint").next().unwrap_or_default();
                let said: String = said.chars().filter(|c| !c.is_control()).take(MESSAGE_MAX).collect();
                Err(refused(&code.to_string(), &said, !PASSING.contains(&code)))
            }
            None => Err(malformed()),
        }
    }
}

fn refused(code: &str, message: &str, lasting: bool) -> SendError {
    SendError { channel: CHANNEL, code: code.to_owned(), message: message.to_owned(), lasting }
}

/// The driver's own text names the address, and with it the key.
fn broken(error: reqwest::Error) -> SendError {
    if leads_inside(&error) {
        return refused("inside", "its name leads inside", true);
    }
    let (code, message) = if error.is_timeout() {
        ("timeout", "no answer in time")
    } else if error.is_connect() {
        ("unreachable", "no connection")
    } else {
        ("interrupted", "the connection broke before the answer was complete")
    };
    refused(code, message, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_robot_is_on_the_public_internet() {
        let public = |address: &str| Robot::try_new(address, Reach::Public).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!(public("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6"), Ok(()));
        for inside in [
            "https://127.0.0.1/send?key=k",
            "https://10.1.2.3/send?key=k",
            "https://[::1]/send?key=k",
            "https://169.254.169.254/latest?key=k",
        ] {
            assert!(public(inside).unwrap_err().contains("inside"), "{inside}");
        }
        assert!(public("http://qyapi.weixin.qq.com/send?key=k").unwrap_err().contains("https"));
        assert!(public("http://127.0.0.1:9/send?key=k").unwrap_err().contains("https"));
        assert!(public("https://qyapi.weixin.qq.com/send").unwrap_err().contains("key"));
        assert!(Robot::try_new("http://127.0.0.1:9/send?key=k", Reach::AndLoopback).is_ok());
        assert!(Robot::try_new("https://10.1.2.3/send?key=k", Reach::AndLoopback).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called_and_the_key_is_never_shown() {
        let robot = Robot::try_new("https://localhost:9/send?key=the-key-of-it", Reach::Public).unwrap();
        let error = robot.send("x").await.unwrap_err();
        assert_eq!((&*error.code, error.lasting), ("inside", true));
        let robot = Robot::try_new("http://127.0.0.1:1/send?key=the-key-of-it", Reach::AndLoopback).unwrap();
        let away = robot.send("x").await.unwrap_err();
        assert_eq!((&*away.code, away.lasting), ("unreachable", false));
        assert!(robot.send(&"字".repeat(1000)).await.unwrap_err().lasting);
        for shown in [format!("{robot:?}"), error.to_string(), away.to_string()] {
            assert!(!shown.contains("the-key-of-it"), "{shown}");
        }
    }
}
