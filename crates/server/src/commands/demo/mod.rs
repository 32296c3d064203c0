//! `daogou demo`: the whole platform with play money, on loopback, in a folder of its own.
//!
//! A sandbox of JD Union, the real server, connector and HTTP paths, and a clock that is held and moved: two weeks pass
//! in seconds. Then the clock is let go and the server stays. A second start goes on where the first one ended; the
//! folder holds everything, and removing it is all the cleaning there is.

mod client;
mod people;
mod play;
mod summary;

use super::{Common, init, sandbox, serve, sync};
use crate::config::{Config, FILE};
use crate::failure::Failure;
use crate::installation::{DEMO, Installation, Mode};
use crate::show::{Progress, Tell};
use crate::{web, work};
use ::sandbox::jd::{self, Sandbox};
use ::sandbox::wechat::Wechat;
use app::catalog::Feed;
use app::ctx::Limits;
use app::{Ctx, programs};
use clap::Args;
use client::Client;
use infra::db::Durability;
use infra::{Clock, installation};
use kernel::{Instant, UnionAccountId};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many times a day people share, click and buy.
const ROUNDS_A_DAY: i64 = 4;
const ROUND_SECONDS: i64 = 86_400 / ROUNDS_A_DAY;
/// The last three hours go in smaller steps, so that the live board has minutes to show.
const STEPS: i64 = 36;
const STEP_SECONDS: i64 = 300;
/// While the demo serves, somebody shares or opens something this often.
const LIVE_EVERY: Duration = Duration::from_secs(8);
/// Set-up happens this long before the first round.
const SET_UP_SECONDS: i64 = 3600;

/// What the database remembers of the demo.
const BEGUN_AT: &str = "demo.begun_at";
const STARTS: &str = "demo.starts";
const ROUND: &str = "demo.round";
const ROUNDS: &str = "demo.rounds";
const GOODS: &str = "demo.goods";
const SHOP: &str = "demo.shop";
const SYNCED: &str = "demo.synced";

/// Pages of one channel at the most.
const FEED_PAGES: u32 = 200;

#[derive(Args)]
pub struct Demo {
    /// Where everything of the demo is kept
    #[arg(long, value_name = "FOLDER", default_value = ".demo")]
    dir: PathBuf,
    /// Port of the server on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the sandbox on 127.0.0.1 [default: port + 1000]
    #[arg(long)]
    sandbox_port: Option<u16>,
    /// Real goods as CSV instead of made ones (docs/goods-csv.md)
    #[arg(long, value_name = "FILE.csv")]
    goods: Option<PathBuf>,
    /// Simulated days; only the first start decides
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=60))]
    days: i64,
    /// Seed of goods, people and purchases
    #[arg(long, default_value_t = 20_261_111)]
    seed: u64,
    /// End after the summary instead of serving on
    #[arg(long)]
    once: bool,
    /// Serve on without anybody sharing or buying by themselves
    #[arg(long)]
    still: bool,
}

/// What every part of the demo works with.
struct Stage {
    ctx: Ctx,
    clock: Clock,
    sandbox: Sandbox,
    client: Client,
    tell: Tell,
    seed: u64,
    course: Course,
}

/// When what is played: quarters of days, then the steps of the last hours.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// Time of the first round.
    begin: Instant,
    /// How many quarters of days there are.
    quarters: i64,
}

impl Course {
    fn rounds(self) -> i64 {
        self.quarters + STEPS
    }

    /// When a round begins; of the one after the last: the end.
    fn at(self, round: i64) -> Instant {
        let quarters = round.min(self.quarters);
        self.begin.plus_seconds(quarters * ROUND_SECONDS + (round - quarters) * STEP_SECONDS)
    }

    fn seconds(self, round: i64) -> i64 {
        if round < self.quarters { ROUND_SECONDS } else { STEP_SECONDS }
    }
}

pub async fn run(common: &Common, demo: Demo) -> Result<(), Failure> {
    let tell = common.tell();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, demo.port));
    let shop_port = demo.sandbox_port.unwrap_or_else(|| demo.port.checked_add(1000).unwrap_or(9100));
    let shop = SocketAddr::from((Ipv4Addr::LOCALHOST, shop_port));
    let config = configuration(&demo, address, shop)?;
    super::logs(&config)?;
    // Both ports first: nothing is made where nothing can be served.
    let listener = web::bind(address, "--port").await?;
    let shop_listener = web::bind(shop, "--sandbox-port").await?;

    let clock = Clock::held_at(Clock::system().now());
    let mode = Mode { demo: true, clock: clock.clone(), limits: Limits::wide(), durability: Durability::Normal };
    let opened = Installation::open(config, mode).await?;
    let ctx = opened.ctx.clone();
    let Begun { course, next } = begun(&ctx, &clock, demo.days * ROUNDS_A_DAY).await?;
    as_begun(&ctx, &demo, shop).await?;
    let sandbox = shop_of(&demo, &clock, shop, tell)?;

    let stop = CancellationToken::new();
    let wechat = Wechat::new(clock.clone(), [(people::MINI_APPID.to_owned(), people::MINI_SECRET.to_owned())]);
    let simulated = sandbox.router().merge(wechat.router());
    let selling = tokio::spawn(web::serve(shop_listener, simulated, stop.clone()));
    let serving = tokio::spawn(web::serve(listener, web::router(&ctx, &[]), stop.clone()));
    let stage = Stage {
        ctx: ctx.clone(),
        clock: clock.clone(),
        sandbox: sandbox.clone(),
        client: Client::new(address)?,
        tell,
        seed: demo.seed,
        course,
    };
    let played = tokio::select! {
        outcome = play_all(&stage, &demo.dir, shop, next) => outcome,
        () = super::told_to_stop() => Err(Failure::failed("ended; the next start goes on from here")),
    };
    let outcome = match played {
        Ok((people, account)) => {
            sandbox.save().map_err(Failure::failed)?;
            clock.release();
            let shown = summary::tell(&stage, &people, address, shop, &demo.dir).await;
            match shown {
                Ok(()) if demo.once => Ok(()),
                Ok(()) if demo.still => keep_serving(&opened, &stop).await,
                Ok(()) => {
                    let player = play::Player::new(&stage, account, &people).await?;
                    tokio::select! {
                        outcome = keep_serving(&opened, &stop) => outcome,
                        never = player.live(LIVE_EVERY) => never,
                    }
                }
                Err(failure) => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    };
    stop.cancel();
    let _ = tokio::join!(serving, selling);
    sandbox.save().map_err(Failure::failed)?;
    opened.close().await;
    outcome
}

/// Made at the first start. Ports may change from start to start: the environment of the demo is what was asked for now.
fn configuration(demo: &Demo, address: SocketAddr, shop: SocketAddr) -> Result<Config, Failure> {
    let path = demo.dir.join(FILE);
    init::prepare(&demo.dir, Some(&format!("http://{address}")), None)?;
    let mut config = Config::load(Some(&path))?;
    config.public_url = format!("http://{address}");
    config.http.listen = address;
    config.http.metrics_listen.clear();
    // Whoever buys in the sandbox's shop sees the commission soon.
    config.worker.orders_every = 10;
    config.wechat.api_url = format!("http://{shop}");
    if config.log.filter == "info" {
        // What the sandbox refuses is part of the play.
        "error".clone_into(&mut config.log.filter);
    }
    Ok(config)
}

struct Begun {
    course: Course,
    /// The next round to play.
    next: i64,
}

/// When the first round is, and the next round to play. Every start before the end holds the clock a little later than
/// the last one did, so that no id is made twice.
async fn begun(ctx: &Ctx, clock: &Clock, asked: i64) -> Result<Begun, Failure> {
    let now = clock.now();
    let mut tx = ctx.db.begin().await?;
    installation::say(&mut tx, DEMO, "yes").await?;
    let begun = installation::said(&mut tx, BEGUN_AT).await?;
    let begin = match begun.as_deref().map(Instant::parse_rfc3339) {
        Some(Ok(at)) => at,
        _ => now.plus_seconds(-asked * ROUND_SECONDS - STEPS * STEP_SECONDS),
    };
    installation::say(&mut tx, BEGUN_AT, &begin.rfc3339()).await?;
    let number = |text: Option<String>| text.and_then(|t| t.parse::<i64>().ok());
    let starts = number(installation::said(&mut tx, STARTS).await?).unwrap_or(0) + 1;
    installation::say(&mut tx, STARTS, &starts.to_string()).await?;
    let quarters = number(installation::said(&mut tx, ROUNDS).await?).unwrap_or(asked);
    installation::say(&mut tx, ROUNDS, &quarters.to_string()).await?;
    let next = number(installation::said(&mut tx, ROUND).await?).map_or(0, |last| last + 1);
    tx.commit().await?;
    let course = Course { begin, quarters };
    clock.set(match next {
        0 => begin.plus_seconds(-SET_UP_SECONDS + (starts * 10).min(SET_UP_SECONDS / 2)),
        next if next < course.rounds() => course.at(next).plus_seconds(-1),
        _ => now,
    });
    Ok(Begun { course, next })
}

/// A demo keeps to the goods and to the shop's address that it was begun with: its orders and links are of those.
async fn as_begun(ctx: &Ctx, demo: &Demo, shop: SocketAddr) -> Result<(), Failure> {
    let goods = match &demo.goods {
        Some(path) => {
            let whole = path.canonicalize();
            whole
                .map_err(|e| Failure::usage(format!("--goods {} cannot be read: {e}", path.display())))?
                .display()
                .to_string()
        }
        None => "made ones".to_owned(),
    };
    let mut tx = ctx.db.begin().await?;
    for (name, what, asked) in
        [(GOODS, "goods", format!("{goods}, seed {}", demo.seed)), (SHOP, "sandbox address", shop.to_string())]
    {
        match installation::said(&mut tx, name).await? {
            Some(begun) if begun != asked => {
                let dir = demo.dir.display();
                return Err(Failure::usage(format!(
                    "the demo in {dir} was begun with another {what} ({begun}); remove that folder or name another with --dir"
                )));
            }
            Some(_) => {}
            None => installation::say(&mut tx, name, &asked).await?,
        }
    }
    tx.commit().await.map_err(Failure::from)
}

fn shop_of(demo: &Demo, clock: &Clock, shop: SocketAddr, tell: Tell) -> Result<Sandbox, Failure> {
    let mut config = jd::Config::new(clock.clone(), format!("http://{shop}"));
    config.seed = demo.seed;
    config.goods = sandbox::goods_source(demo.goods.clone(), 6000);
    config.state_file = Some(demo.dir.join("sandbox.json"));
    let (sandbox, report) = sandbox::open(config)?;
    sandbox::tell_goods(tell, &report);
    Ok(sandbox)
}

async fn play_all(
    stage: &Stage,
    dir: &Path,
    shop: SocketAddr,
    first: i64,
) -> Result<(people::People, UnionAccountId), Failure> {
    let people = people::ready(stage, dir, shop).await?;
    let accounts = programs::store::accounts(&mut stage.ctx.db.read().await?).await?;
    let account = accounts.first().ok_or_else(|| Failure::failed("the demo has no union account"))?;
    // Said only when all of it is there: a sync that was cut off goes on from the page that it had reached.
    if installation::said(&mut stage.ctx.db.read().await?, SYNCED).await?.is_none() {
        sync::sync_account(&stage.ctx, stage.tell, account, Feed::defaults(), FEED_PAGES).await?;
        let mut tx = stage.ctx.db.begin().await?;
        installation::say(&mut tx, SYNCED, "yes").await?;
        tx.commit().await?;
    }
    let rounds = stage.course.rounds();
    if first < rounds {
        let mut progress = Progress::new(stage.tell, "play", u64::try_from(rounds).unwrap_or(0));
        let mut player = play::Player::new(stage, account.id, &people).await?;
        for round in first..rounds {
            stage.clock.set(stage.course.at(round).max(stage.clock.now()));
            let mut tx = stage.ctx.db.begin().await?;
            installation::say(&mut tx, ROUND, &round.to_string()).await?;
            tx.commit().await?;
            let did = player.round(round).await?;
            progress.to(u64::try_from(round + 1).unwrap_or(0), &did.text(), &did.json());
        }
        progress.done(&player.sums().text());
        // The last changes up to the present.
        stage.clock.set(stage.course.at(rounds).max(stage.clock.now()));
        player.pull().await?;
    }
    app::reports::roll_up(&stage.ctx).await?;
    stage.ctx.click_log.flush().await;
    Ok((people, account.id))
}

/// As `daogou serve`, on the ports that are open already.
async fn keep_serving(opened: &Installation, stop: &CancellationToken) -> Result<(), Failure> {
    let holder = opened.holder().to_owned();
    let working = tokio::spawn(work::run(opened.ctx.clone(), opened.config.worker.clone(), holder, stop.clone()));
    let lost = serve::wait(&opened.lost_node).await;
    stop.cancel();
    working.await.map_err(Failure::failed)??;
    if lost { Err(Failure::failed("the node number was lost to another process")) } else { Ok(()) }
}
