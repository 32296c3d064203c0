/// What went wrong with the database. Lookups answer `Ok(None)` for "not there": an error is never that.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("`{0}` is not a database address; use sqlite:PATH or postgres://USER@HOST/NAME")]
    Url(String),
    #[error("the folder {0} cannot be made: {1}")]
    Folder(String, String),
    #[error("database: {0}")]
    Driver(#[source] sqlx::Error),
    #[error("the transaction failed earlier and cannot be committed")]
    Poisoned,
    #[error("a row or parameter is not of the expected shape: {0}")]
    Shape(String),
    #[error("migration {0}")]
    Migration(String),
    /// The program is older than what it was to work with.
    #[error("the database has schema {list}/{found}, this program knows up to {known}; use a newer program")]
    NewerSchema { list: String, found: i64, known: i64 },
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> DbError {
        DbError::Driver(error)
    }
}

impl DbError {
    /// Two writers met (deadlock, serialisation, busy file): the same work may be done again from the start.
    pub fn is_conflict(&self) -> bool {
        let DbError::Driver(sqlx::Error::Database(error)) = self else { return false };
        // PostgreSQL: serialization_failure, deadlock_detected. SQLite: BUSY and LOCKED with their extended codes.
        match error.code().as_deref() {
            Some("40001" | "40P01") => true,
            Some(code) => code.parse::<i64>().is_ok_and(|n| matches!(n & 0xff, 5 | 6)) && code.len() < 5,
            None => false,
        }
    }

    /// A key is taken.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, DbError::Driver(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// The database cannot be reached or answered too late: nothing is wrong with what was asked.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            DbError::Driver(
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_)
            )
        )
    }
}
