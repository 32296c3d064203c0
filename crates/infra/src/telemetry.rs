//! Logs and metrics. Logs say what happened with ids as fields; never secrets, addresses, phone numbers or raw bodies.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use std::io::IsTerminal;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Sends logs to standard error, as text or as one JSON object per line. `filter` as in `RUST_LOG`.
pub fn init_logs(filter: &str, json: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("log.filter `{filter}`: {e}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(true);
    // A second call (tests in one process) keeps the first subscriber.
    let _ = if json { builder.json().flatten_event(true).try_init() } else { builder.try_init() };
    Ok(())
}

/// Everything that is counted; cloneable.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// By method, route pattern and status.
    pub requests: IntCounterVec,
    /// Seconds, by route pattern.
    pub request_seconds: HistogramVec,
    /// By class: `human`, `preview`, `robot`, `head`.
    pub clicks: IntCounterVec,
    /// Clicks that found the queue full and were lost.
    pub clicks_dropped: IntCounter,
    /// By union method and outcome (`ok` or error class).
    pub union_calls: IntCounterVec,
    /// Order rows by what they did: `new`, `changed`, `same`, `older`.
    pub order_rows: IntCounterVec,
    pub ledger_transactions: IntCounter,
    /// By job name and outcome.
    pub jobs: IntCounterVec,
    /// Seconds since the newest complete order pull.
    pub order_feed_lag_seconds: IntGauge,
}

impl Metrics {
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let requests = counters("daogou_http_requests_total", "HTTP requests", &["method", "route", "status"])?;
        let clicks = counters("daogou_clicks_total", "openings of share links", &["class"])?;
        let union_calls = counters("daogou_union_calls_total", "calls to unions", &["method", "outcome"])?;
        let order_rows = counters("daogou_order_rows_total", "order rows received", &["outcome"])?;
        let jobs = counters("daogou_jobs_total", "job runs", &["job", "outcome"])?;
        let clicks_dropped = counter("daogou_clicks_dropped_total", "clicks lost to a full queue")?;
        let ledger_transactions = counter("daogou_ledger_transactions_total", "ledger transactions booked")?;
        let request_seconds = HistogramVec::new(
            HistogramOpts::new("daogou_http_request_seconds", "time to answer")
                .buckets(vec![0.001, 0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0]),
            &["route"],
        )?;
        registry.register(Box::new(request_seconds.clone()))?;
        let order_feed_lag_seconds =
            IntGauge::new("daogou_order_feed_lag_seconds", "age of the newest complete order pull")?;
        registry.register(Box::new(order_feed_lag_seconds.clone()))?;
        Ok(Metrics {
            requests,
            request_seconds,
            clicks,
            clicks_dropped,
            union_calls,
            order_rows,
            ledger_transactions,
            jobs,
            order_feed_lag_seconds,
            registry: Arc::new(registry),
        })
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}
