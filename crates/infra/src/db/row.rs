use super::DbError;
use kernel::{Bucket, Id, Instant, Kind, LineState, Money, Rate};
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::sqlite::{SqliteQueryResult, SqliteRow};
use sqlx::{Column, Row as _, TypeInfo};

/// One row of an answer; columns are read by name.
pub enum Row {
    Lite(SqliteRow),
    Pg(PgRow),
}

/// The drivers' own answers turned into ours (a local twin of `std::convert::Into`, for foreign types on both sides).
pub(super) trait Into<T> {
    fn into(self) -> T;
}

pub(super) struct Rows(pub Vec<Row>);
pub(super) struct Affected(pub u64);

impl Into<Rows> for Vec<SqliteRow> {
    fn into(self) -> Rows {
        Rows(self.into_iter().map(Row::Lite).collect())
    }
}
impl Into<Rows> for Vec<PgRow> {
    fn into(self) -> Rows {
        Rows(self.into_iter().map(Row::Pg).collect())
    }
}
impl Into<Affected> for SqliteQueryResult {
    fn into(self) -> Affected {
        Affected(self.rows_affected())
    }
}
impl Into<Affected> for PgQueryResult {
    fn into(self) -> Affected {
        Affected(self.rows_affected())
    }
}

impl Row {
    pub fn opt_int(&self, column: &str) -> Result<Option<i64>, DbError> {
        Ok(match self {
            Row::Lite(row) => row.try_get(column)?,
            Row::Pg(row) => {
                // PostgreSQL's integers have three widths; ours has one.
                let at = row.try_column(column)?;
                match at.type_info().name() {
                    "INT2" => row.try_get::<Option<i16>, _>(column)?.map(i64::from),
                    "INT4" => row.try_get::<Option<i32>, _>(column)?.map(i64::from),
                    _ => row.try_get(column)?,
                }
            }
        })
    }

    pub fn int(&self, column: &str) -> Result<i64, DbError> {
        self.opt_int(column)?.ok_or_else(|| missing(column))
    }

    pub fn opt_text(&self, column: &str) -> Result<Option<String>, DbError> {
        Ok(match self {
            Row::Lite(row) => row.try_get(column)?,
            Row::Pg(row) => row.try_get(column)?,
        })
    }

    pub fn text(&self, column: &str) -> Result<String, DbError> {
        self.opt_text(column)?.ok_or_else(|| missing(column))
    }

    pub fn opt_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, DbError> {
        Ok(match self {
            Row::Lite(row) => row.try_get(column)?,
            Row::Pg(row) => row.try_get(column)?,
        })
    }

    pub fn bytes(&self, column: &str) -> Result<Vec<u8>, DbError> {
        self.opt_bytes(column)?.ok_or_else(|| missing(column))
    }

    pub fn flag(&self, column: &str) -> Result<bool, DbError> {
        Ok(self.int(column)? != 0)
    }

    pub fn money(&self, column: &str) -> Result<Money, DbError> {
        self.int(column).map(Money::from_fen)
    }

    pub fn opt_money(&self, column: &str) -> Result<Option<Money>, DbError> {
        Ok(self.opt_int(column)?.map(Money::from_fen))
    }

    pub fn rate(&self, column: &str) -> Result<Rate, DbError> {
        Rate::try_from_ppm(self.int(column)?).map_err(|e| DbError::Shape(format!("{column}: {e}")))
    }

    pub fn instant(&self, column: &str) -> Result<Instant, DbError> {
        self.int(column).map(Instant::from_micros)
    }

    pub fn opt_instant(&self, column: &str) -> Result<Option<Instant>, DbError> {
        Ok(self.opt_int(column)?.map(Instant::from_micros))
    }

    pub fn id<K: Kind>(&self, column: &str) -> Result<Id<K>, DbError> {
        self.int(column).map(Id::from_raw)
    }

    pub fn opt_id<K: Kind>(&self, column: &str) -> Result<Option<Id<K>>, DbError> {
        Ok(self.opt_int(column)?.map(Id::from_raw))
    }

    pub fn bucket(&self, column: &str) -> Result<Bucket, DbError> {
        let n = self.int(column)?;
        u64::try_from(n)
            .ok()
            .filter(|n| *n < 64)
            .map(Bucket::from_low_bits)
            .ok_or_else(|| DbError::Shape(format!("{column}: {n} is not a bucket")))
    }

    pub fn state(&self, column: &str) -> Result<LineState, DbError> {
        let word = self.text(column)?;
        LineState::from_word(&word)
            .ok_or_else(|| DbError::Shape(format!("{column}: `{word}` is not a state of a line")))
    }
}

fn missing(column: &str) -> DbError {
    DbError::Shape(format!("{column} is null"))
}
