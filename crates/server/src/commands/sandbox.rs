//! `daogou sandbox`: stand-ins on loopback, with a clock of their own: JD Union with play money, WeChat, a robot of WeCom.

use super::{Common, told_to_stop};
use crate::failure::Failure;
use crate::show::{Tell, table};
use crate::web;
use ::sandbox::jd::{self, Faults, GoodsSource, LoadReport, Sandbox};
use ::sandbox::wechat::Wechat;
use ::sandbox::wecom::Wecom;
use axum::Router;
use clap::{Args, Subcommand};
use infra::Clock;
use kernel::Instant;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Subcommand)]
pub enum Which {
    /// JD Union: gateway at /routerjson, a small shop, a clock that can be moved at /sandbox/clock
    Jd(Jd),
    /// WeChat: sign-in codes, tokens and tickets; a code is made at /sandbox/wechat/codes
    Wechat(WechatArgs),
    /// A group robot of WeCom: what it was told is at /sandbox/wecom/messages
    Wecom(WecomArgs),
}

#[derive(Args)]
pub struct WecomArgs {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 9102)]
    port: u16,
    /// The robot's key
    #[arg(long, default_value = "demo-robot")]
    key: String,
}

#[derive(Args)]
pub struct WechatArgs {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 9101)]
    port: u16,
    /// A mini program or official account that it knows, as APPID:SECRET; may be repeated
    #[arg(long = "app", value_name = "APPID:SECRET", required = true, value_parser = app_of)]
    apps: Vec<(String, String)>,
}

fn app_of(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once(':').filter(|(appid, secret)| !appid.is_empty() && !secret.is_empty());
    parts.map(|(appid, secret)| (appid.to_owned(), secret.to_owned())).ok_or_else(|| "must be APPID:SECRET".to_owned())
}

#[derive(Args)]
pub struct Jd {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 9100)]
    port: u16,
    /// The same seed makes the same goods and orders
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Your own goods as CSV instead of made ones (docs/goods-csv.md)
    #[arg(long, value_name = "FILE.csv")]
    goods: Option<PathBuf>,
    /// How many goods to make
    #[arg(long, default_value_t = 6000, conflicts_with = "goods")]
    count: usize,
    #[arg(long, default_value = "demo-key")]
    app_key: String,
    #[arg(long, default_value = "demo-secret", hide_env_values = true)]
    app_secret: String,
    /// Where links and orders are kept over a restart
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Hold the clock at this moment until it is moved, as in 2026-11-02T02:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// What goes wrong at the gateway, each with its percentage: all, none, or as in all=2,hang=0,late=10
    #[arg(long, value_name = "FAULTS", num_args = 0..=1, default_value = "none", default_missing_value = "all")]
    faults: Faults,
    /// The same seed and the same calls meet the same faults
    #[arg(long, value_name = "N", default_value_t = 1)]
    fault_seed: u64,
    /// How long an answer that hangs is kept back; longer than its caller's patience
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=120))]
    fault_hang: u64,
}

pub async fn run(common: &Common, which: Which) -> Result<(), Failure> {
    match which {
        Which::Jd(args) => run_jd(common, args).await,
        Which::Wechat(args) => run_wechat(common, args).await,
        Which::Wecom(args) => run_wecom(common, args).await,
    }
}

async fn run_wecom(common: &Common, args: WecomArgs) -> Result<(), Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = web::bind(address, "--port").await?;
    common.tell().line(format!(
        "WeCom robot  http://{address}/cgi-bin/webhook/send?key={}  (configuration key alarms.wecom_webhook, with --demo; \
         press Ctrl-C to end)\nmessages     GET  http://{address}/sandbox/wecom/messages",
        args.key
    ));
    until_stopped(listener, Wecom::new(Clock::system(), [args.key]).router()).await
}

async fn run_wechat(common: &Common, args: WechatArgs) -> Result<(), Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let wechat = Wechat::new(Clock::system(), args.apps);
    let listener = web::bind(address, "--port").await?;
    common.tell().line(format!(
        "WeChat sandbox  http://{address}  (configuration key wechat.api_url; press Ctrl-C to end)\ncode of a user  POST http://{address}/sandbox/wechat/codes"
    ));
    until_stopped(listener, wechat.router()).await
}

async fn until_stopped(listener: TcpListener, router: Router) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let serving = tokio::spawn(web::serve(listener, router, stop.clone()));
    told_to_stop().await;
    stop.cancel();
    serving.await.map_err(Failure::failed)?
}

async fn run_jd(common: &Common, jd: Jd) -> Result<(), Failure> {
    let tell = common.tell();
    let clock = match &jd.at {
        Some(text) => {
            Clock::held_at(Instant::parse_rfc3339(text).map_err(|e| Failure::usage(format!("--at {text}: {e}")))?)
        }
        None => Clock::system(),
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, jd.port));
    let mut config = jd::Config::new(clock, format!("http://{address}"));
    config.seed = jd.seed;
    config.app_key = jd.app_key;
    config.app_secret = jd.app_secret;
    config.goods = goods_source(jd.goods, jd.count);
    config.state_file = jd.state;
    (config.faults, config.fault_seed) = (jd.faults, jd.fault_seed);
    config.hang = Duration::from_secs(jd.fault_hang);
    if !config.faults.is_empty() {
        tell.line(format!("faults      {} (seed {})", config.faults, config.fault_seed));
    }
    let (sandbox, report) = open(config)?;
    tell_goods(tell, &report);
    let listener = web::bind(address, "--port").await?;
    tell.line(format!(
        "JD sandbox  http://{address}/routerjson  (press Ctrl-C to end)\nclock       POST http://{address}/sandbox/clock\norders      GET  http://{address}/sandbox/orders"
    ));
    until_stopped(listener, sandbox.router()).await?;
    sandbox.save().map_err(Failure::failed)
}

pub fn goods_source(file: Option<PathBuf>, count: usize) -> GoodsSource {
    file.map_or(GoodsSource::Made { count }, GoodsSource::File)
}

pub fn open(config: jd::Config) -> Result<(Sandbox, LoadReport), Failure> {
    Sandbox::try_new(config).map_err(|e| Failure::usage(e.to_string()))
}

/// How many goods there are, and every row that could not be used with its reason.
pub fn tell_goods(tell: Tell, report: &LoadReport) {
    tell.json(&json!({
        "goods": report.loaded, "format": report.format,
        "skipped": report.skipped.iter().map(|s| json!({ "line": s.line, "reason": s.reason })).collect::<Vec<_>>(),
    }));
    if !report.skipped.is_empty() {
        let rows = report.skipped.iter().map(|s| vec![s.line.to_string(), s.reason.clone()]).collect();
        tell.line(table(&["line", "skipped because"], &[0], rows));
    }
    tell.line(format!("{} goods ({}), {} rows skipped", report.loaded, report.format, report.skipped.len()));
}
