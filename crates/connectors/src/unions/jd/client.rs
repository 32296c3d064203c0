//! One account's calls: budget of the day, per-second rate, time-out, bounded answers, and repeats of what may pass.

use super::errors::failure;
use super::wire::{Inner, Refusal, Reply, Sender, form, malformed, open};
use super::{JdConfig, JdConfigError};
use crate::unions::{BudgetState, ErrorClass, UnionError};
use backon::{ExponentialBuilder, Retryable};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use infra::Clock;
use kernel::{Instant, Zone};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde::Serialize;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use url::{Host, Url};

/// Largest answer that is read; a page of 500 order rows is about 1 MB.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A longer wait asked for by the gateway is left to the caller, who sees it in `retry_after`.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

pub(super) struct Client {
    http: reqwest::Client,
    gateway: Url,
    config: JdConfig,
    clock: Clock,
    zone: Zone,
    limiter: DefaultDirectRateLimiter,
    /// Day in China and calls made on it.
    used: Mutex<(i64, u64)>,
}

impl Client {
    pub(super) fn try_new(config: JdConfig, clock: Clock) -> Result<Client, JdConfigError> {
        let gateway = gateway(&config.gateway_url)?;
        for (name, text) in [("app_key", &config.app_key), ("app_secret", &config.app_secret)] {
            if text.trim().is_empty() {
                return Err(JdConfigError::Missing(name));
            }
        }
        let per_second = NonZeroU32::new(config.per_second).ok_or(JdConfigError::Zero("per_second"))?;
        if config.max_attempts == 0 {
            return Err(JdConfigError::Zero("max_attempts"));
        }
        if config.timeout.is_zero() {
            return Err(JdConfigError::Zero("timeout"));
        }
        let http = http(&gateway, config.timeout)?;
        let used = Mutex::new(config.used_today.unwrap_or((i64::MIN, 0)));
        let limiter = RateLimiter::direct(Quota::per_second(per_second));
        Ok(Client { http, gateway, config, clock, zone: Zone::china(), limiter, used })
    }

    pub(super) fn config(&self) -> &JdConfig {
        &self.config
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn budget(&self) -> BudgetState {
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, used) = on_day(used, self.day());
        BudgetState { used, limit: self.config.daily_budget, day }
    }

    /// Makes a call, and repeats it only where the trouble may pass. Every attempt takes one unit of the budget and is
    /// signed anew: the time stamp is good for six minutes only. All methods used may safely be repeated; conversion
    /// too, because a link carries no state at JD until somebody clicks it.
    pub(super) async fn call<B: Serialize>(&self, method: &'static str, business: &B) -> Result<Inner, UnionError> {
        let business = serde_json::to_string(business)
            .map_err(|error| failure(method, ErrorClass::BadRequest, "request", error.to_string()))?;
        let waits = ExponentialBuilder::default()
            .with_min_delay(self.config.backoff_min)
            .with_max_delay(self.config.backoff_max)
            .with_max_times(self.config.max_attempts.saturating_sub(1) as usize)
            .with_jitter();
        (|| self.attempt(method, &business))
            .retry(waits)
            .when(|error| matches!(error.class, ErrorClass::Retryable | ErrorClass::RateLimited))
            .adjust(|error, wait| next_wait(error.retry_after, wait))
            .await
    }

    async fn attempt(&self, method: &'static str, business: &str) -> Result<Inner, UnionError> {
        // Waiting first: a unit must not be gone for a call that was given up while it stood in the queue.
        self.limiter.until_ready().await;
        self.take_unit(method)?;
        let started = self.clock.now();
        let outcome = self.send(method, business).await;
        let elapsed_ms = self.clock.now().millis().saturating_sub(started.millis());
        match &outcome {
            Ok(inner) => tracing::debug!(method, request_id = inner.request_id(), elapsed_ms, "jd call answered"),
            Err(refusal) => tracing::warn!(
                method,
                request_id = refusal.request_id.as_deref().unwrap_or(""),
                class = refusal.error.class.word(),
                code = refusal.error.code,
                elapsed_ms,
                "jd call refused"
            ),
        }
        outcome.map_err(|refusal| refusal.error)
    }

    async fn send(&self, method: &'static str, business: &str) -> Result<Inner, Box<Refusal>> {
        let timestamp = self.clock.now().local(&self.zone);
        let sender = Sender {
            app_key: &self.config.app_key,
            app_secret: &self.config.app_secret,
            profile: self.config.profile,
            timestamp: &timestamp,
        };
        let mut response = self
            .http
            .post(self.gateway.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8")
            .body(form(&sender, method, business))
            .send()
            .await
            .map_err(|error| transport(method, &error))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| transport(method, &error))? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(malformed(method, "too_large", "the answer is larger than 16 MB").into());
            }
            body.extend_from_slice(&piece);
        }
        open(method, &Reply { status, retry_after, body: &body })
    }

    fn day(&self) -> i64 {
        self.zone.day(self.clock.now()).unwrap_or(i64::MIN)
    }

    fn take_unit(&self, method: &str) -> Result<(), UnionError> {
        let day = self.day();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = on_day(*used, day);
        if used.1 >= self.config.daily_budget {
            let message = format!("all {} calls of the day are used", self.config.daily_budget);
            let mut error = failure(method, ErrorClass::BudgetSpent, "budget_spent", message);
            error.retry_after = self.until_midnight(used.0);
            return Err(error);
        }
        used.1 += 1;
        Ok(())
    }

    fn until_midnight(&self, day: i64) -> Option<Duration> {
        let midnight = self.zone.day_start(day.saturating_add(1)).ok()?;
        let micros = midnight.micros().saturating_sub(self.clock.now().micros());
        u64::try_from(micros).ok().map(Duration::from_micros)
    }
}

/// How long to wait before the next attempt: the longer of what the gateway asked for and our own wait. `None` gives
/// up: no attempt is left, or the gateway asked for more than a caller should be kept.
fn next_wait(asked: Option<Duration>, own: Option<Duration>) -> Option<Duration> {
    let asked = asked.unwrap_or_default();
    own.filter(|_| asked <= RETRY_AFTER_MAX).map(|own| own.max(asked))
}

/// The count carried to `day`. A clock set back over midnight keeps the later day: units already used stay used. One
/// set back further was wrong before, and its day means nothing.
fn on_day((counted, used): (i64, u64), day: i64) -> (i64, u64) {
    if day == counted || day.saturating_add(1) == counted { (counted, used) } else { (day, 0) }
}

fn gateway(text: &str) -> Result<Url, JdConfigError> {
    let url = Url::parse(text).map_err(|_| JdConfigError::GatewayUrl)?;
    if !url.username().is_empty() || url.password().is_some() || url.host().is_none() {
        return Err(JdConfigError::GatewayUrl);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(JdConfigError::InsecureGateway),
        _ => Err(JdConfigError::GatewayUrl),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn http(gateway: &Url, timeout: Duration) -> Result<reqwest::Client, JdConfigError> {
    // Somebody else in the process may have installed a provider already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
    if is_loopback(gateway) {
        builder = builder.no_proxy();
    }
    if gateway.scheme() == "http" {
        // No TLS is spoken to a loopback sandbox, so a machine without root certificates can still run it.
        builder = builder.tls_certs_only(Vec::new());
    }
    builder.build().map_err(|error| JdConfigError::Http(error.to_string()))
}

fn transport(method: &str, error: &reqwest::Error) -> UnionError {
    let (code, message) = if error.is_timeout() {
        ("timeout", "no answer in time")
    } else if error.is_connect() {
        ("unreachable", "no connection to the gateway")
    } else {
        ("interrupted", "the connection broke before the answer was complete")
    };
    failure(method, ErrorClass::Retryable, code, message)
}

/// `Retry-After` in seconds; its other form, a date, is not worth a dependency on the gateway's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_is_https_or_on_this_machine() {
        for good in ["https://api.jd.com/routerjson", "http://127.0.0.1:9/x", "http://[::1]:9", "http://localhost:9/a"]
        {
            assert!(gateway(good).is_ok(), "{good}");
        }
        assert_eq!(gateway("http://api.jd.com/routerjson"), Err(JdConfigError::InsecureGateway));
        assert_eq!(gateway("http://127.0.0.1.example.com/"), Err(JdConfigError::InsecureGateway));
        for bad in ["", "api.jd.com", "ftp://localhost/", "https://user:word@api.jd.com/"] {
            assert_eq!(gateway(bad), Err(JdConfigError::GatewayUrl), "{bad}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let good = JdConfig::new("https://api.jd.com/routerjson", "key", "secret");
        let refused = |config: JdConfig| Client::try_new(config, Clock::system()).err();
        assert_eq!(
            refused(JdConfig { app_secret: " ".to_owned(), ..good.clone() }),
            Some(JdConfigError::Missing("app_secret"))
        );
        assert_eq!(refused(JdConfig { per_second: 0, ..good.clone() }), Some(JdConfigError::Zero("per_second")));
        assert_eq!(refused(JdConfig { max_attempts: 0, ..good.clone() }), Some(JdConfigError::Zero("max_attempts")));
        assert_eq!(refused(JdConfig { timeout: Duration::ZERO, ..good }), Some(JdConfigError::Zero("timeout")));
    }

    #[test]
    fn the_gateway_may_ask_for_a_longer_wait_but_not_for_any() {
        let seconds = |s| Some(Duration::from_secs(s));
        assert_eq!(next_wait(None, seconds(2)), seconds(2));
        assert_eq!(next_wait(seconds(1), seconds(2)), seconds(2));
        assert_eq!(next_wait(seconds(60), seconds(2)), seconds(60));
        assert_eq!(next_wait(seconds(61), seconds(2)), None);
        assert_eq!(next_wait(seconds(1), None), None);
    }

    #[test]
    fn the_count_starts_anew_each_day_and_never_goes_back() {
        assert_eq!(on_day((10, 7), 10), (10, 7));
        assert_eq!(on_day((10, 7), 11), (11, 0));
        assert_eq!(on_day((10, 7), 9), (10, 7));
        assert_eq!(on_day((10, 7), 8), (8, 0));
        assert_eq!(on_day((i64::MIN, 0), 10), (10, 0));
    }
}
