//! Commands: one file each. Wrong arguments end with exit code 2, as clap's own do.

mod alarms;
mod api;
mod backup;
mod communities;
mod demo;
mod doctor;
mod init;
mod ledger;
mod links;
mod migrate;
mod orders;
mod persons;
mod programs;
mod promoters;
mod restore;
mod sandbox;
mod secrets;
mod serve;
mod sync;
mod unions;
mod worker;

use crate::config::{Config, LogFormat};
use crate::failure::Failure;
use crate::installation::{Installation, Mode};
use crate::show::Tell;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
#[command(
    name = "daogou",
    version,
    about = "Daogou 导购: promoters share goods of affiliate unions, orders come back, every fen of commission is booked",
    after_help = "The first steps:\n  daogou demo                 everything simulated, to look around (see `daogou demo --help`)\n  \
                  daogou init --owner alice   configuration, key, database and the first owner, in this folder\n  \
                  daogou serve                API, pages and background work on one port\n\n\
                  Exit codes: 0 done · 1 it did not work out · 2 wrong arguments, configuration or input"
)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
pub struct Common {
    /// Configuration file [default: daogou.toml in this folder]
    #[arg(long, global = true, value_name = "FILE", env = "DAOGOU_CONFIG")]
    config: Option<PathBuf>,
    /// One JSON object per line on standard output instead of bars and tables
    #[arg(long, global = true)]
    json: bool,
    /// Work with the demo's database and with sandboxes on this machine
    #[arg(long, global = true)]
    demo: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Write configuration and master key, make the database and the first owner
    Init(init::Init),
    /// Everything simulated: sandbox, goods, promoters, two weeks of sharing and orders; then keep serving
    Demo(demo::Demo),
    /// Serve API, pages and (unless switched off) the background work
    Serve(serve::Serve),
    /// Do the background work in a process of its own
    Worker,
    /// Print the OpenAPI document
    Api,
    /// Bring the database schema up to date
    Migrate,
    /// Look at everything that one person has to keep an eye on; exit code 1 where something fails
    Doctor,
    /// Copy the SQLite files, online, into a folder that `restore` takes
    Backup(backup::Backup),
    /// Look whether a backup is good (--check), or make an installation of it
    Restore(restore::Restore),
    /// The master key: a new generation
    Secrets {
        #[command(subcommand)]
        what: secrets::What,
    },
    /// How the founder is told of what is urgent
    Alarms {
        #[command(subcommand)]
        what: alarms::What,
    },
    /// Stand-ins of other people's services, on this machine only
    Sandbox {
        #[command(subcommand)]
        which: sandbox::Which,
    },
    /// Fetch from unions
    Sync {
        #[command(subcommand)]
        what: sync::What,
    },
    /// Order changes
    Orders {
        #[command(subcommand)]
        what: orders::What,
    },
    /// The books
    Ledger {
        #[command(subcommand)]
        what: ledger::What,
    },
    /// Programs: list, create from a preset, open
    Programs {
        #[command(subcommand)]
        what: programs::What,
    },
    /// Union accounts: list, add, test
    Unions {
        #[command(subcommand)]
        what: unions::What,
    },
    /// Promoters: list, add, invite codes
    Promoters {
        #[command(subcommand)]
        what: promoters::What,
    },
    /// Communities: list, add
    Communities {
        #[command(subcommand)]
        what: communities::What,
    },
    /// Share links: make one, read one
    Links {
        #[command(subcommand)]
        what: links::What,
    },
    /// Persons: a new password
    Persons {
        #[command(subcommand)]
        what: persons::What,
    },
}

impl Common {
    fn tell(&self) -> Tell {
        Tell::new(self.json)
    }

    fn load(&self) -> Result<Config, Failure> {
        let config = Config::load(self.config.as_deref())?;
        logs(&config)?;
        Ok(config)
    }

    /// For a short command: it warns only, unless the configuration asks for more.
    fn load_quietly(&self) -> Result<Config, Failure> {
        let mut config = Config::load(self.config.as_deref())?;
        if config.log.filter == "info" {
            "warn".clone_into(&mut config.log.filter);
        }
        logs(&config)?;
        Ok(config)
    }

    async fn open(&self) -> Result<Installation, Failure> {
        Installation::open(self.load_quietly()?, Mode::usual(self.demo)).await
    }
}

fn logs(config: &Config) -> Result<(), Failure> {
    infra::telemetry::init_logs(&config.log.filter, config.log.format == LogFormat::Json)
        .map_err(|e| Failure::usage(format!("configuration key `{e}`")))
}

pub async fn run(cli: Cli) -> Result<(), Failure> {
    let common = &cli.common;
    match cli.command {
        Command::Init(init) => init::run(common, init).await,
        Command::Demo(demo) => demo::run(common, demo).await,
        Command::Serve(serve) => serve::run(common, serve).await,
        Command::Worker => worker::run(common).await,
        Command::Api => api::run(),
        Command::Migrate => migrate::run(common).await,
        Command::Doctor => doctor::run(common).await,
        Command::Backup(args) => backup::run(common, args).await,
        Command::Restore(args) => restore::run(common, args).await,
        Command::Secrets { what } => secrets::run(common, what).await,
        Command::Alarms { what } => alarms::run(common, what).await,
        Command::Sandbox { which } => sandbox::run(common, which).await,
        Command::Sync { what } => sync::run(common, what).await,
        Command::Orders { what } => orders::run(common, what).await,
        Command::Ledger { what } => ledger::run(common, what).await,
        Command::Programs { what } => programs::run(common, what).await,
        Command::Unions { what } => unions::run(common, what).await,
        Command::Promoters { what } => promoters::run(common, what).await,
        Command::Communities { what } => communities::run(common, what).await,
        Command::Links { what } => links::run(common, what).await,
        Command::Persons { what } => persons::run(common, what).await,
    }
}

/// Opens, works, closes: the node number is given back also where the work failed.
async fn with<T>(common: &Common, work: impl AsyncFnOnce(&app::Ctx, Tell) -> Result<T, Failure>) -> Result<T, Failure> {
    let installation = common.open().await?;
    let outcome = work(&installation.ctx, common.tell()).await;
    installation.close().await;
    outcome
}

/// Ends on Ctrl-C or SIGTERM.
async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    let _ = interrupt.await;
}
