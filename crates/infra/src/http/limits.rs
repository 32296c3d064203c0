use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kernel::{Problem, ProblemCode};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const TOO_MANY: ProblemCode = ProblemCode::new("request.too_many", 429, "too many requests");
/// How often keys that are full again are forgotten, counted in checks: bounds the memory.
const SWEEP_EVERY: u32 = 4096;

/// So many per minute and key, in this process. Keys are texts such as `sign-in/1.2.3.4`.
#[derive(Clone)]
pub struct RateLimit {
    limiter: Arc<DefaultKeyedRateLimiter<String>>,
    checks: Arc<AtomicU32>,
}

impl RateLimit {
    pub fn per_minute(times: u32) -> RateLimit {
        let quota = Quota::per_minute(NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN));
        RateLimit { limiter: Arc::new(RateLimiter::keyed(quota)), checks: Arc::default() }
    }

    pub fn check(&self, key: impl Into<String>) -> Result<(), Problem> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key.into()).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            Problem::new(TOO_MANY, format!("try again in {wait} seconds"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_allowance() {
        let limit = RateLimit::per_minute(2);
        assert!(limit.check("a").is_ok() && limit.check("a").is_ok());
        assert_eq!(limit.check("a").unwrap_err().code.code, "request.too_many");
        assert!(limit.check("b").is_ok());
    }
}
