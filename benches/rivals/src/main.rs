//! Rivals' ledgers doing our posting job: one order is one transaction under a unique external key, four postings
//! (receivable; promoter of level one 60 %, of level two 10 %; the platform the rest) and the balances of all four
//! accounts, durable before the next batch begins. One case per run; `--json` prints it as one line.
//!
//! Processor time is that of this process and of the whole database server (postmaster, its children, those it has reaped).

mod cala;
mod cpu;
mod double;

use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
pub struct Case {
    rival: Rival,
    /// Orders in one durable commit
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Orders that are measured
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    orders: u32,
    /// Orders before the clock starts
    #[arg(long, default_value_t = 200)]
    warm: u32,
    /// Promoters among whom the orders are spread
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..))]
    promoters: u32,
    /// Connections that post at the same time (cala-ledger; doubleentry has one writer)
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// A PostgreSQL on this machine; a database or schema of its own is made there and removed
    #[arg(long, conflicts_with = "file")]
    url: Option<String>,
    /// A new SQLite file, removed afterwards
    #[arg(long)]
    file: Option<PathBuf>,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rival {
    Cala,
    Doubleentry,
}

/// An order: amounts in fen, promoters by their place in the list.
#[derive(Clone)]
pub struct Order {
    pub key: String,
    pub first: usize,
    pub second: usize,
    pub commission: i64,
    pub l1: i64,
    pub l2: i64,
}

impl Order {
    /// The same orders in every run; two different promoters each.
    pub fn nth(n: u32, promoters: u32) -> Self {
        let mixed = u64::from(n).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let (high, low) = (mixed >> 32, mixed & 0xffff_ffff);
        let first = high % u64::from(promoters);
        let second = (first + 1 + low % u64::from(promoters - 1)) % u64::from(promoters);
        let commission = 100 + (mixed % 9901) as i64;
        Self {
            key: format!("JD-{n:010}"),
            first: first as usize,
            second: second as usize,
            commission,
            l1: commission * 60 / 100,
            l2: commission * 10 / 100,
        }
    }

    pub fn platform(&self) -> i64 {
        self.commission - self.l1 - self.l2
    }
}

/// What one case took.
pub struct Taken {
    pub engine: &'static str,
    pub durability: String,
    pub wall: Duration,
    pub cpu: cpu::Used,
    pub bytes: u64,
    /// One per commit.
    pub latencies: Vec<Duration>,
}

impl Case {
    fn batches(&self, from: u32, count: u32) -> Vec<Vec<Order>> {
        let orders: Vec<Order> = (from..from + count).map(|n| Order::nth(n, self.promoters)).collect();
        orders.chunks(self.batch as usize).map(<[Order]>::to_vec).collect()
    }

    pub fn warming(&self) -> Vec<Vec<Order>> {
        self.batches(0, self.warm)
    }

    pub fn measured(&self) -> Vec<Vec<Order>> {
        self.batches(self.warm, self.orders)
    }

    /// (orders, commission, the platform's part) of everything that was posted.
    pub fn expected(&self) -> (i64, i64, i64) {
        let all = (0..self.warm + self.orders).map(|n| Order::nth(n, self.promoters));
        all.fold((0, 0, 0), |(n, c, p), order| (n + 1, c + order.commission, p + order.platform()))
    }
}

pub fn must_equal<T: PartialEq + std::fmt::Debug>(what: &str, is: T, should: T) -> Result<(), Failure> {
    if is == should { Ok(()) } else { Err(format!("{what}: {is:?}, should be {should:?}").into()) }
}

fn report(case: &Case, name: &str, mut taken: Taken) -> String {
    taken.latencies.sort();
    let at = |percent: usize| taken.latencies[(taken.latencies.len() - 1) * percent / 100].as_micros();
    let orders = u128::from(case.orders);
    let rate = orders * 1_000_000 / taken.wall.as_micros().max(1);
    let each = |time: Duration| time.as_micros() / orders;
    let (client, server) = (each(taken.cpu.client), each(taken.cpu.server));
    let (p50, p99) = (at(50), at(99));
    let bytes = u128::from(taken.bytes) / u128::from(case.warm + case.orders);
    let Taken { engine, durability, wall, .. } = taken;
    let (batch, connections, total) = (case.batch, case.connections, each(taken.cpu.client + taken.cpu.server));
    if case.json {
        let ms = wall.as_millis();
        return format!(
            r#"{{"rival":"{name}","engine":"{engine}","durability":"{durability}","batch":{batch},"connections":{connections},"orders":{orders},"wall_ms":{ms},"tx_per_s":{rate},"cpu_us_per_tx":{total},"cpu_client_us_per_tx":{client},"cpu_server_us_per_tx":{server},"p50_us":{p50},"p99_us":{p99},"bytes_per_tx":{bytes}}}"#
        );
    }
    format!(
        "{name} on {engine} ({durability}), batch {batch}, {connections} connection(s): {rate} tx/s, {total} µs of processor time a transaction (client {client}, server {server}), p50 {p50} µs, p99 {p99} µs a commit, {bytes} bytes a transaction"
    )
}

fn main() {
    let case = Case::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (name, done) = match (case.rival, &case.url, &case.file) {
        (Rival::Cala, Some(url), None) => ("cala-ledger 0.33.3", runtime.block_on(cala::run(&case, url))),
        (Rival::Cala, ..) => ("", Err("cala-ledger needs --url postgres://…".into())),
        (Rival::Doubleentry, ..) if case.connections > 1 => ("", Err("doubleentry has one writer".into())),
        (Rival::Doubleentry, Some(url), _) => ("doubleentry 0.8.0", runtime.block_on(double::postgres(&case, url))),
        (Rival::Doubleentry, None, Some(file)) => ("doubleentry 0.8.0", runtime.block_on(double::sqlite(&case, file))),
        (Rival::Doubleentry, None, None) => ("", Err("doubleentry needs --file or --url".into())),
    };
    match done {
        Ok(taken) => println!("{}", report(&case, name, taken)),
        Err(failure) => {
            eprintln!("rivals: {failure}");
            std::process::exit(2);
        }
    }
}
