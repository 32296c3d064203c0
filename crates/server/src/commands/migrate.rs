//! `daogou migrate`: brings the schema up to date; a newer one is refused. On a Citus cluster it places the tables.

use super::Common;
use crate::failure::Failure;
use crate::installation::databases;
use app::ctx::Ctx;
use app::distribution::distribute;
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
    // The click log may be a database of its own; where it is none, its tables lie in the other one already.
    let placed = match (distribute(&db).await?, distribute(&clicks).await?) {
        (None, None) => None,
        (main, log) => Some(main.unwrap_or(0) + log.unwrap_or(0)),
    };
    if let Some(n) = placed {
        tell.line(format!("a Citus cluster: {n} tables were placed, the others lie where they should"));
    }
    tell.json(&json!({ "applied": applied, "placed": placed }));
    Ok(())
}
