//! A few words that an installation says of itself. Owns `installation`: small.

use crate::args;
use crate::db::{DbError, Tx};

pub async fn said(tx: &mut Tx, name: &str) -> Result<Option<String>, DbError> {
    tx.one("SELECT value FROM installation WHERE name = $1", args![name])
        .await?
        .map(|row| row.text("value"))
        .transpose()
}

pub async fn say(tx: &mut Tx, name: &str, value: &str) -> Result<(), DbError> {
    tx.run(
        "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        args![name, value],
    )
    .await
    .map(|_| ())
}

/// Says it where nothing has been said, and returns what stands: of two that say it at once, one is heard.
pub async fn say_first(tx: &mut Tx, name: &str, value: &str) -> Result<String, DbError> {
    tx.run("INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", args![name, value])
        .await?;
    said(tx, name).await?.ok_or_else(|| DbError::Shape(format!("`{name}` of the installation is gone")))
}
