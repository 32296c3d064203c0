//! Copies of a SQLite file while it is in use, and whether a file is whole.

use super::{Db, DbError};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use std::path::Path;

impl Db {
    /// Opens a SQLite file that nobody writes, and leaves it and its folder as they are.
    pub async fn open_copy(path: &Path) -> Result<Db, DbError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        Ok(Db::Lite { write: pool.clone(), read: pool })
    }

    /// Bytes that a copy of a SQLite database will take at the most.
    pub async fn copy_bytes(&self) -> Result<u64, DbError> {
        let Db::Lite { read, .. } = self else { return Ok(0) };
        let mut connection = read.acquire().await?;
        let mut number =
            async |pragma: &'static str| sqlx::query_scalar::<_, i64>(pragma).fetch_one(&mut *connection).await;
        let (pages, free) = (number("PRAGMA page_count").await?, number("PRAGMA freelist_count").await?);
        let bytes = (pages - free).saturating_mul(number("PRAGMA page_size").await?);
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    /// Writes the database of one moment into a new file; writers go on meanwhile. The file must not exist. An error
    /// leaves whatever was written so far.
    pub async fn copy_into(&self, path: &Path) -> Result<(), DbError> {
        let Db::Lite { read, .. } = self else {
            return Err(DbError::Shape("only a SQLite file is copied".to_owned()));
        };
        let path = path.to_str().ok_or_else(|| DbError::Shape("the path of a copy is not UTF-8".to_owned()))?;
        let mut connection = read.acquire().await?;
        sqlx::query("VACUUM INTO ?").bind(path).persistent(false).execute(&mut *connection).await?;
        Ok(())
    }

    /// The first thing that is wrong with the pages and indexes of a SQLite file.
    pub async fn first_damage(&self) -> Result<Option<String>, DbError> {
        let Db::Lite { read, .. } = self else { return Ok(None) };
        let mut connection = read.acquire().await?;
        let said: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *connection).await?;
        Ok((said != "ok").then_some(said))
    }
}
