//! `daogou migrate`: brings the schema up to date; a newer one is refused.

use super::Common;
use crate::failure::Failure;
use crate::installation::databases;
use app::ctx::Ctx;
use infra::Clock;
use infra::db::Durability;
use serde_json::json;

pub async fn run(common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let (db, clicks) = databases(&config, Durability::Full).await?;
    let applied = Ctx::migrate(&db, &clicks, Clock::system().now()).await?;
    let tell = common.tell();
    tell.line(match applied {
        0 => "the schema is up to date".to_owned(),
        n => format!("applied {n} migrations; the schema is up to date"),
    });
    tell.json(&json!({ "applied": applied }));
    Ok(())
}
