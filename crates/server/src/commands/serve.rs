//! `daogou serve`: API, pages and the background work until told to stop.

use super::{Common, told_to_stop};
use crate::config::Config;
use crate::failure::Failure;
use crate::installation::{Installation, Mode};
use crate::{web, work};
use app::{Ctx, programs};
use clap::Args;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long requests and work under way may still take once we are told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(20);

#[derive(Args)]
pub struct Serve {
    /// Instead of http.listen of the configuration
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Only serve; `daogou worker` does the background work
    #[arg(long)]
    no_worker: bool,
}

pub async fn run(common: &Common, serve: Serve) -> Result<(), Failure> {
    let mut config = common.load()?;
    if let Some(listen) = serve.listen {
        config.http.listen = listen;
    }
    config.worker.inside_serve &= !serve.no_worker;
    let installation = Installation::open(config, Mode::usual(common.demo)).await?;
    let outcome = match refuse_sandboxes(&installation.ctx).await {
        Ok(()) => until_stopped(&installation).await,
        Err(failure) => Err(failure),
    };
    installation.close().await;
    outcome
}

/// A union account on this machine is a sandbox: its orders are play money.
async fn refuse_sandboxes(ctx: &Ctx) -> Result<(), Failure> {
    if ctx.settings.demo {
        return Ok(());
    }
    for account in programs::store::accounts(&mut ctx.db.read().await?).await? {
        if account.gateway_url.starts_with("http://") {
            return Err(Failure::usage(format!(
                "union account {} leads to a sandbox ({}); add --demo or change its gateway",
                account.name, account.gateway_url
            )));
        }
    }
    Ok(())
}

/// Serves an open installation until a signal, or until the node number is lost.
pub async fn until_stopped(installation: &Installation) -> Result<(), Failure> {
    let config = installation.config.clone();
    let stop = CancellationToken::new();
    let listening = listen(&config, &installation.ctx, stop.clone()).await?;
    tokio::task::spawn_blocking(app::posters::warm_up);
    tracing::info!(listen = %config.http.listen, public_url = %config.public_url, "serving");
    let working = config.worker.inside_serve.then(|| {
        let holder = installation.holder().to_owned();
        tokio::spawn(work::run(installation.ctx.clone(), config.worker.clone(), holder, stop.clone()))
    });
    let lost = wait(&installation.lost_node).await;
    stop.cancel();
    let tasks: Vec<Task> = listening.into_iter().chain(working).collect();
    let cut: Vec<_> = tasks.iter().map(Task::abort_handle).collect();
    let ending = async {
        for task in tasks {
            task.await.map_err(Failure::failed)??;
        }
        Ok::<(), Failure>(())
    };
    match tokio::time::timeout(STOP_WITHIN, ending).await {
        Ok(outcome) => outcome?,
        Err(_) => {
            tracing::warn!("some requests were still under way; they are cut off");
            cut.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
    if lost { Err(Failure::failed("the node number was lost to another process")) } else { Ok(()) }
}

/// True where the node number was lost.
pub async fn wait(lost_node: &Arc<Notify>) -> bool {
    tokio::select! {
        () = told_to_stop() => false,
        () = lost_node.notified() => true,
    }
}

type Task = tokio::task::JoinHandle<Result<(), Failure>>;

/// Both ports are bound before anything is served.
async fn listen(config: &Config, ctx: &Ctx, stop: CancellationToken) -> Result<Vec<Task>, Failure> {
    let main = web::bind(config.http.listen, "http.listen").await?;
    let metrics = match config.metrics_listen()? {
        Some(address) => Some(web::bind(address, "http.metrics_listen").await?),
        None => None,
    };
    let router = web::router(ctx, &config.http.trusted_proxies);
    let mut tasks = vec![tokio::spawn(web::serve(main, router, stop.clone()))];
    if let Some(listener) = metrics {
        tasks.push(tokio::spawn(web::serve(listener, web::metrics_router(ctx), stop)));
    }
    Ok(tasks)
}
