//! The database seam: one SQL text per statement, on SQLite (embedded) and PostgreSQL.
//!
//! - [`Db::begin`] opens a write transaction (BEGIN IMMEDIATE on SQLite, whose one writer connection queues writers),
//!   [`Db::read`] a connection for single reads, [`Db::snapshot`] a read-only transaction that sees one moment.
//! - Statements are written in the shared subset of docs/decisions/0002-one-sql-text.md with `$1 …` parameters. What only
//!   PostgreSQL needs stands in a comment `/*pg: … */`, which SQLite skips and PostgreSQL gets as text.
//! - Any error poisons the transaction: PostgreSQL aborts it anyway, SQLite would commit the rest.
//! - Times, ids and random values are parameters; there are no triggers, sequences or stored functions.

mod args;
mod conditions;
mod copy;
mod error;
pub mod faults;
mod migrate;
mod row;

pub use args::{Arg, Col};
pub use conditions::{Conditions, LOOK_MAX, containing, look};
pub use error::DbError;
pub use migrate::{AppliedMigration, Migration, lite_text};
pub use row::Row;

use kernel::Instant;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Statement, Transaction};
use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

/// Keys of one statement of [`Tx::all_of`]; more are asked for in several.
const KEYS_MAX: usize = 256;
/// Rows of one multi-row statement at the most: keeps SQLite below its limit of 32,766 parameters.
const BULK_PARAMS_MAX: usize = 30_000;
/// Rows of one multi-row statement on SQLite at the most, and a power of two (see [`Tx::bulk`]).
const BULK_ROWS_MAX: usize = 256;
/// Pages that SQLite's writer and each of its readers keep, in KiB. The usual 2 MiB hold not even the inner pages of a
/// million orders' indexes, so that every insertion would read some again.
const WRITER_CACHE_KIB: u32 = 64 << 10;
const READER_CACHE_KIB: u32 = 4 << 10;
/// Pages of the write-ahead log (4 KiB each) after which they go into the file: a page that many batches change goes once.
const WAL_PAGES: u32 = 8192;
const ROWS_BUFFERED: usize = 1024;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// A process that is paused in the middle of a transaction would hold its locks for as long as its connection lives: the
/// server ends it after this time, where nobody has set another one. Ours do nothing else inside.
const IDLE_LIMIT: &str = "SELECT set_config('idle_in_transaction_session_timeout', '60s', FALSE)
    WHERE current_setting('idle_in_transaction_session_timeout') = '0'";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Lite,
    Pg,
}

/// A database: SQLite with one writer and a few readers, or a PostgreSQL pool.
#[derive(Clone, Debug)]
pub enum Db {
    Lite { write: SqlitePool, read: SqlitePool },
    Pg(PgPool),
}

/// How sure a SQLite commit is to survive a power cut. (A killed process loses nothing either way.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on disk when it returns.
    Full,
    /// The last commits may be lost with the power, never torn: for what can be pulled or counted again.
    Normal,
}

enum Inner {
    LiteTx(Transaction<'static, Sqlite>),
    LiteRead(sqlx::pool::PoolConnection<Sqlite>),
    PgTx(Transaction<'static, Postgres>),
    PgRead(sqlx::pool::PoolConnection<Postgres>),
}

/// A transaction, or a connection for single reads. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx {
    inner: Inner,
    poisoned: bool,
    /// Run when the commit is through.
    after: Vec<fn()>,
}

impl Db {
    /// `sqlite:PATH` (made if absent) or `postgres://…`.
    pub async fn open(url: &str, durability: Durability, connections: u32) -> Result<Db, DbError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Db::open_lite(path.trim_start_matches("//"), durability, connections).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(|_| DbError::Url(hide_password(url)))?;
            let pool = PgPoolOptions::new()
                .max_connections(connections.max(2))
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .after_connect(|connection, _| {
                    Box::pin(async move { connection.execute(IDLE_LIMIT).await.map(|_| ()) })
                })
                .connect_with(options)
                .await?;
            return Ok(Db::Pg(pool));
        }
        Err(DbError::Url(hide_password(url)))
    }

    async fn open_lite(path: &str, durability: Durability, readers: u32) -> Result<Db, DbError> {
        if path.is_empty() || path.contains(":memory:") {
            // Every connection would have a database of its own.
            return Err(DbError::Url(format!("sqlite:{path}")));
        }
        if let Some(folder) = std::path::Path::new(path).parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| DbError::Folder(folder.display().to_string(), e.to_string()))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match durability {
                Durability::Full => SqliteSynchronous::Full,
                Durability::Normal => SqliteSynchronous::Normal,
            })
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .statement_cache_capacity(256)
            // A statement of many rows keeps what it changes until it is done, in case it fails: in memory, not in a file.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", WAL_PAGES.to_string())
            // Rows cross from SQLite's thread to ours: with room for a page of them neither waits for the other.
            .row_buffer_size(ROWS_BUFFERED);
        // A file does not hang up: asking each connection whether it is still there only takes time.
        let pool = |max: u32| {
            SqlitePoolOptions::new().max_connections(max).acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false)
        };
        let cached = |kib: u32| options.clone().pragma("cache_size", format!("-{kib}"));
        let write = pool(1).connect_with(cached(WRITER_CACHE_KIB)).await?;
        let reader = cached(READER_CACHE_KIB).read_only(true).create_if_missing(false);
        let read = pool(readers.max(1)).connect_with(reader).await?;
        Ok(Db::Lite { write, read })
    }

    pub fn engine(&self) -> Engine {
        match self {
            Db::Lite { .. } => Engine::Lite,
            Db::Pg(_) => Engine::Pg,
        }
    }

    /// A write transaction. On SQLite writers queue here, so nothing may wait for the network inside.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        let inner = match self {
            Db::Lite { write, .. } => Inner::LiteTx(faults::point(write.begin_with("BEGIN IMMEDIATE")).await?),
            Db::Pg(pool) => Inner::PgTx(faults::point(pool.begin()).await?),
        };
        Ok(Tx { inner, poisoned: false, after: Vec::new() })
    }

    /// A connection for single reads: each statement sees the newest commit.
    pub async fn read(&self) -> Result<Tx, DbError> {
        let inner = match self {
            Db::Lite { read, .. } => Inner::LiteRead(read.acquire().await?),
            Db::Pg(pool) => Inner::PgRead(pool.acquire().await?),
        };
        Ok(Tx { inner, poisoned: false, after: Vec::new() })
    }

    /// A read-only transaction in which all statements see the same moment.
    pub async fn snapshot(&self) -> Result<Tx, DbError> {
        let inner = match self {
            Db::Lite { read, .. } => Inner::LiteTx(read.begin().await?),
            Db::Pg(pool) => {
                let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                // It holds no locks, and a client that reads an export sets its pace.
                tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
                Inner::PgTx(tx)
            }
        };
        Ok(Tx { inner, poisoned: false, after: Vec::new() })
    }

    /// Answers whether the database does.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read().await?.all("SELECT 1 AS one", vec![]).await.map(|_| ())
    }

    /// What the server's clock says. `None`: SQLite has none but ours.
    pub async fn now(&self) -> Result<Option<Instant>, DbError> {
        if self.engine() == Engine::Lite {
            return Ok(None);
        }
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now_us";
        self.read().await?.one(sql, vec![]).await?.map(|row| row.instant("now_us")).transpose()
    }

    /// Tells SQLite's planner how selective each index is: without it a list takes the index of its program where that of
    /// a filter would do. A sample of each index, so it is done in a moment. (PostgreSQL looks by itself.)
    pub async fn analyze(&self) -> Result<(), DbError> {
        if self.engine() == Engine::Lite {
            let mut tx = self.begin().await?;
            tx.run_once("PRAGMA analysis_limit = 1000".to_owned()).await?;
            tx.run_once("ANALYZE".to_owned()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Bytes that the disk of a SQLite file still takes. `None`: PostgreSQL's disk is not ours to see.
    pub fn free_bytes(&self) -> Option<u64> {
        let Db::Lite { write, .. } = self else { return None };
        crate::files::free_bytes(write.connect_options().get_filename())
    }

    pub async fn close(&self) {
        match self {
            Db::Lite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Db::Pg(pool) => pool.close().await,
        }
    }
}

/// Runs a statement on whichever connection there is. A macro because the two drivers share no type.
macro_rules! on_connection {
    ($tx:expr, $sql:expr, $args:expr, $keep:expr, $method:ident) => {
        match &mut $tx.inner {
            Inner::LiteTx(c) => {
                bound!(Sqlite, $sql, $args, $keep).$method(&mut **c).await.map($crate::db::row::Into::into)
            }
            Inner::LiteRead(c) => {
                bound!(Sqlite, $sql, $args, $keep).$method(&mut **c).await.map($crate::db::row::Into::into)
            }
            Inner::PgTx(c) => {
                bound!(Postgres, $sql, $args, $keep).$method(&mut **c).await.map($crate::db::row::Into::into)
            }
            Inner::PgRead(c) => {
                bound!(Postgres, $sql, $args, $keep).$method(&mut **c).await.map($crate::db::row::Into::into)
            }
        }
    };
}

macro_rules! bound {
    ($engine:ty, $sql:expr, $args:expr, $keep:expr) => {{
        let mut query = sqlx::query::<$engine>(AssertSqlSafe($sql)).persistent($keep);
        for arg in $args {
            query = match arg {
                Arg::Int(v) => query.bind(v),
                Arg::Text(v) => query.bind(v),
                Arg::Bytes(v) => query.bind(v),
            };
        }
        query
    }};
}

impl Tx {
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::LiteTx(_) | Inner::LiteRead(_) => Engine::Lite,
            Inner::PgTx(_) | Inner::PgRead(_) => Engine::Pg,
        }
    }

    /// Runs a statement; how many rows it changed.
    pub async fn run(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64, DbError> {
        self.execute(self.text(sql), args, true).await
    }

    /// All rows of a statement. The statement bounds them (LIMIT, or a key that does).
    pub async fn all(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<Row>, DbError> {
        self.fetch(self.text(sql), args, true).await
    }

    /// The only row, if there is one.
    pub async fn one(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Option<Row>, DbError> {
        let mut rows = self.all(sql, args).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            n => Err(DbError::Shape(format!("{n} rows where at most one was expected"))),
        }
    }

    /// All rows of a statement whose text was put together (list filters). Never from what a user typed: that is an
    /// argument.
    pub async fn all_built(&mut self, sql: String, args: Vec<Arg>) -> Result<Vec<Row>, DbError> {
        self.fetch(self.text_of(sql), args, true).await
    }

    /// Rows of many keys at once. The statement has the values of one key and `/*more*/` after them, and joins with it;
    /// here it gets as many as there are, in sizes of powers of two, so that few texts are planned: the last key is said
    /// again where one is missing, and its rows come again.
    pub async fn all_of(&mut self, sql: &'static str, keys: Vec<Vec<Arg>>) -> Result<Vec<Row>, DbError> {
        let mut found = Vec::new();
        for chunk in keys.chunks(KEYS_MAX) {
            let Some(last) = chunk.last() else { break };
            let width = last.len();
            let size = chunk.len().next_power_of_two();
            let mut more = String::new();
            for n in 1..size {
                let numbers: Vec<String> = (1..=width).map(|at| format!("${}", n * width + at)).collect();
                more.push_str(&format!(", ({})", numbers.join(", ")));
            }
            let args = chunk.iter().chain(std::iter::repeat(last)).take(size).flatten().cloned().collect();
            found.extend(self.all_built(sql.replace("/*more*/", &more), args).await?);
        }
        Ok(found)
    }

    /// Like [`Tx::all_built`], for a text that will hardly be seen twice (inlined ids): its plan is not kept.
    pub async fn run_once(&mut self, sql: String) -> Result<u64, DbError> {
        self.execute(self.text_of(sql), vec![], false).await
    }

    /// Many rows in one statement: `head` is `INSERT INTO t (a, b)`, `tail` what follows the values (`ON CONFLICT …`).
    /// VALUES on SQLite, UNNEST on PostgreSQL (twice as fast there). How many rows were written.
    pub async fn bulk(
        &mut self,
        head: &'static str,
        columns: &[Col],
        rows: Vec<Vec<Arg>>,
        tail: &'static str,
    ) -> Result<u64, DbError> {
        let mut written = 0;
        for part in self.bulk_parts(head, columns, rows, tail)? {
            written += match part {
                Part::Values(sql, args) => self.execute(sql, args, true).await?,
                Part::Arrays(sql, arrays) => self.execute_arrays(sql, arrays).await?,
            };
        }
        Ok(written)
    }

    /// As [`Tx::bulk`]; the rows that `RETURNING` in `tail` says. Each crosses a thread on SQLite: where their number is
    /// answer enough, that is cheaper.
    pub async fn bulk_returning(
        &mut self,
        head: &'static str,
        columns: &[Col],
        rows: Vec<Vec<Arg>>,
        tail: &'static str,
    ) -> Result<Vec<Row>, DbError> {
        let mut returned = Vec::new();
        for part in self.bulk_parts(head, columns, rows, tail)? {
            returned.extend(match part {
                Part::Values(sql, args) => self.fetch(sql, args, true).await?,
                Part::Arrays(sql, arrays) => self.fetch_arrays(sql, arrays).await?,
            });
        }
        Ok(returned)
    }

    fn bulk_parts(
        &self,
        head: &'static str,
        columns: &[Col],
        rows: Vec<Vec<Arg>>,
        tail: &'static str,
    ) -> Result<Vec<Part>, DbError> {
        let mut parts = Vec::new();
        if rows.is_empty() {
            return Ok(parts);
        }
        if let Some(row) = rows.iter().find(|r| r.len() != columns.len()) {
            return Err(DbError::Shape(format!("{} values for {} columns", row.len(), columns.len())));
        }
        match self.engine() {
            Engine::Pg => {
                let casts: Vec<String> =
                    columns.iter().enumerate().map(|(n, c)| format!("${}::{}[]", n + 1, c.pg_type())).collect();
                // `WHERE TRUE` keeps the parser from reading ON CONFLICT as a join condition.
                let sql = format!("{head} SELECT * FROM UNNEST({}) WHERE TRUE {tail}", casts.join(", "));
                parts.push(Part::Arrays(sql, args::columns(columns, rows)?));
            }
            Engine::Lite => {
                let tuple = format!("({})", vec!["?"; columns.len()].join(", "));
                let fit = previous_power_of_two(BULK_PARAMS_MAX / columns.len().max(1)).min(BULK_ROWS_MAX);
                let mut left = rows.len();
                let mut rows = rows.into_iter();
                while left > 0 {
                    // In sizes of powers of two there are few texts, and their plans are kept: parsing one of 256 rows
                    // costs more than running it.
                    let size = previous_power_of_two(left).min(fit);
                    left -= size;
                    let sql = format!("{head} VALUES {} {tail}", vec![tuple.as_str(); size].join(", "));
                    parts.push(Part::Values(sql, rows.by_ref().take(size).flatten().collect()));
                }
            }
        }
        Ok(parts)
    }

    /// Makes the changes last. Refused after any error in this transaction.
    pub async fn commit(self) -> Result<(), DbError> {
        if self.poisoned {
            return Err(DbError::Poisoned);
        }
        match self.inner {
            Inner::LiteTx(tx) => faults::point(tx.commit()).await?,
            Inner::PgTx(tx) => faults::point(tx.commit()).await?,
            Inner::LiteRead(_) | Inner::PgRead(_) => {}
        }
        self.after.into_iter().for_each(|done| done());
        Ok(())
    }

    /// For what this process notes of its own change, once it lasts.
    pub(crate) fn after_commit(&mut self, done: fn()) {
        self.after.push(done);
    }

    /// Has the engine parse and plan a text without running it: how every statement is checked on both engines.
    pub async fn prepare_only(&mut self, sql: &'static str) -> Result<(), DbError> {
        let text = AssertSqlSafe(self.text(sql)).into_sql_str();
        fn done<S: Statement>(_: S) {}
        match &mut self.inner {
            Inner::LiteTx(c) => c.prepare(text).await.map(done)?,
            Inner::LiteRead(c) => c.prepare(text).await.map(done)?,
            Inner::PgTx(c) => c.prepare(text).await.map(done)?,
            Inner::PgRead(c) => c.prepare(text).await.map(done)?,
        }
        Ok(())
    }

    fn text(&self, sql: &'static str) -> String {
        match self.engine() {
            Engine::Pg => pg_text(sql).into_owned(),
            Engine::Lite => sql.to_owned(),
        }
    }

    fn text_of(&self, sql: String) -> String {
        match self.engine() {
            Engine::Pg => pg_text(&sql).into_owned(),
            Engine::Lite => sql,
        }
    }

    async fn execute(&mut self, sql: String, args: Vec<Arg>, keep: bool) -> Result<u64, DbError> {
        self.guard()?;
        let result: Result<row::Affected, sqlx::Error> =
            faults::point(async { on_connection!(self, sql, args, keep, execute) }).await;
        self.note(result.map(|a| a.0))
    }

    async fn fetch(&mut self, sql: String, args: Vec<Arg>, keep: bool) -> Result<Vec<Row>, DbError> {
        self.guard()?;
        let result: Result<row::Rows, sqlx::Error> =
            faults::point(async { on_connection!(self, sql, args, keep, fetch_all) }).await;
        self.note(result.map(|r| r.0))
    }

    async fn fetch_arrays(&mut self, sql: String, arrays: Vec<args::Array>) -> Result<Vec<Row>, DbError> {
        self.guard()?;
        let query = with_arrays(sql, arrays);
        let result = match &mut self.inner {
            Inner::PgTx(c) => faults::point(query.fetch_all(&mut **c)).await,
            Inner::PgRead(c) => faults::point(query.fetch_all(&mut **c)).await,
            Inner::LiteTx(_) | Inner::LiteRead(_) => return Err(DbError::Shape("arrays are PostgreSQL's".into())),
        };
        self.note(result.map(|rows| rows.into_iter().map(Row::Pg).collect()))
    }

    async fn execute_arrays(&mut self, sql: String, arrays: Vec<args::Array>) -> Result<u64, DbError> {
        self.guard()?;
        let query = with_arrays(sql, arrays);
        let result = match &mut self.inner {
            Inner::PgTx(c) => faults::point(query.execute(&mut **c)).await,
            Inner::PgRead(c) => faults::point(query.execute(&mut **c)).await,
            Inner::LiteTx(_) | Inner::LiteRead(_) => return Err(DbError::Shape("arrays are PostgreSQL's".into())),
        };
        self.note(result.map(|done| done.rows_affected()))
    }

    fn guard(&self) -> Result<(), DbError> {
        if self.poisoned { Err(DbError::Poisoned) } else { Ok(()) }
    }

    fn note<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, DbError> {
        result.map_err(|error| {
            self.poisoned = true;
            DbError::from(error)
        })
    }
}

/// One statement of many rows.
enum Part {
    Values(String, Vec<Arg>),
    Arrays(String, Vec<args::Array>),
}

fn with_arrays(
    sql: String,
    arrays: Vec<args::Array>,
) -> sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments> {
    let mut query = sqlx::query::<Postgres>(AssertSqlSafe(sql));
    for array in arrays {
        query = match array {
            args::Array::Ints(v) => query.bind(v),
            args::Array::Texts(v) => query.bind(v),
            args::Array::Blobs(v) => query.bind(v),
        };
    }
    query
}

/// The greatest power of two that is not above `n`; 1 for 0.
fn previous_power_of_two(n: usize) -> usize {
    1 << n.max(1).ilog2()
}

/// `/*pg: text */` becomes `text`.
fn pg_text(sql: &str) -> Cow<'_, str> {
    const OPEN: &str = "/*pg:";
    if !sql.contains(OPEN) {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(OPEN) {
        out.push_str(&rest[..at]);
        let inside = &rest[at + OPEN.len()..];
        let end = inside.find("*/").unwrap_or(inside.len());
        out.push_str(&inside[..end]);
        rest = inside.get(end + 2..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The URL without its password, for messages.
fn hide_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_for_postgresql_only_is_a_comment_elsewhere() {
        assert_eq!(pg_text("SELECT 1 /*pg: FOR UPDATE */ LIMIT 2"), "SELECT 1  FOR UPDATE  LIMIT 2");
        assert_eq!(pg_text("SELECT 1"), "SELECT 1");
    }

    #[test]
    fn passwords_do_not_reach_messages() {
        assert_eq!(hide_password("postgres://u:secret@h/db"), "postgres://…@h/db");
        assert_eq!(hide_password("sqlite:x.db"), "sqlite:x.db");
    }
}
