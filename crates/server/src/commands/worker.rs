//! `daogou worker`: the background work in a process of its own; any number of them.

use super::{Common, serve};
use crate::failure::Failure;
use crate::installation::{Installation, Mode};
use crate::work;
use tokio_util::sync::CancellationToken;

pub async fn run(common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let installation = Installation::open(config, Mode::usual(common.demo)).await?;
    let stop = CancellationToken::new();
    let config = installation.config.worker.clone();
    let holder = installation.holder().to_owned();
    let working = tokio::spawn(work::run(installation.ctx.clone(), config, holder, stop.clone()));
    let lost = serve::wait(&installation.lost_node).await;
    stop.cancel();
    let outcome = working.await.map_err(Failure::failed)?;
    installation.close().await;
    outcome?;
    if lost { Err(Failure::failed("the node number was lost to another process")) } else { Ok(()) }
}
