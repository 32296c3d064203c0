//! Migrations: one ordered list of texts in PostgreSQL's type words, rewritten for SQLite. Forward only.

use super::{Db, DbError, Engine, Tx};
use crate::args;
use kernel::Instant;
use sha2::{Digest, Sha256};

/// One step. Its text never changes after it has landed.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub number: i64,
    pub name: &'static str,
    pub text: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedMigration {
    pub number: i64,
    pub name: String,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    list TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at_us BIGINT NOT NULL,
    PRIMARY KEY (list, number)
)";

impl Db {
    /// Brings the schema up to date, each step in a transaction of its own. `list` names the list, so that the click
    /// log may live in a file of its own or in the same database.
    pub async fn migrate(
        &self,
        list: &str,
        steps: &[Migration],
        now: Instant,
    ) -> Result<Vec<AppliedMigration>, DbError> {
        let mut tx = self.begin().await?;
        lock(&mut tx).await?;
        tx.run_once(for_engine(self.engine(), TABLE)).await?;
        tx.commit().await?;
        self.refuse_newer(list, steps).await?;
        let mut applied = Vec::new();
        for step in steps {
            let mut tx = self.begin().await?;
            lock(&mut tx).await?;
            let known = tx
                .one("SELECT checksum FROM schema_migration WHERE list = $1 AND number = $2", args![list, step.number])
                .await?;
            let checksum = checksum(step.text);
            match known {
                Some(row) if row.text("checksum")? == checksum => continue,
                Some(_) => {
                    return Err(DbError::Migration(format!(
                        "{list}/{} {}: its text has changed since it was applied",
                        step.number, step.name
                    )));
                }
                None => {}
            }
            for statement in statements(step.text) {
                tx.run_once(for_engine(self.engine(), &statement))
                    .await
                    .map_err(|e| DbError::Migration(format!("{list}/{} {}: {e}", step.number, step.name)))?;
            }
            tx.run(
                "INSERT INTO schema_migration (list, number, name, checksum, applied_at_us) VALUES ($1, $2, $3, $4, $5)",
                args![list, step.number, step.name, checksum, now],
            )
            .await?;
            tx.commit().await?;
            applied.push(AppliedMigration { number: step.number, name: step.name.to_owned() });
        }
        self.refuse_newer(list, steps).await?;
        Ok(applied)
    }

    /// An older binary must not write into a schema that it does not know.
    pub async fn refuse_newer(&self, list: &str, steps: &[Migration]) -> Result<(), DbError> {
        let newest = steps.last().map_or(0, |s| s.number);
        let found = self.schema(list).await?;
        if found > newest {
            return Err(DbError::NewerSchema { list: list.to_owned(), found, known: newest });
        }
        Ok(())
    }

    /// Number of the newest step that was applied; 0: none.
    pub async fn schema(&self, list: &str) -> Result<i64, DbError> {
        let mut read = self.read().await?;
        if !has_steps(&mut read).await? {
            return Ok(0);
        }
        let row = read
            .one("SELECT COALESCE(MAX(number), 0) AS newest FROM schema_migration WHERE list = $1", args![list])
            .await?;
        Ok(row.map(|r| r.int("newest")).transpose()?.unwrap_or(0))
    }

    /// Steps that have not been applied yet.
    pub async fn pending(&self, list: &str, steps: &[Migration]) -> Result<usize, DbError> {
        let mut read = self.read().await?;
        if !has_steps(&mut read).await? {
            return Ok(steps.len());
        }
        let done = read.all("SELECT number FROM schema_migration WHERE list = $1 ORDER BY number", args![list]).await?;
        let done: Vec<i64> = done.iter().map(|r| r.int("number")).collect::<Result<_, _>>()?;
        Ok(steps.iter().filter(|s| !done.contains(&s.number)).count())
    }
}

async fn has_steps(read: &mut Tx) -> Result<bool, DbError> {
    let exists = match read.engine() {
        Engine::Lite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'",
        Engine::Pg => {
            "SELECT table_name FROM information_schema.tables WHERE table_name = 'schema_migration' AND table_schema = current_schema()"
        }
    };
    Ok(!read.all(exists, vec![]).await?.is_empty())
}

/// Two processes that start at once must not migrate side by side. (SQLite's write lock does it there.)
async fn lock(tx: &mut Tx) -> Result<(), DbError> {
    if tx.engine() == Engine::Pg {
        tx.all("SELECT pg_advisory_xact_lock(7203685440)", vec![]).await?;
    }
    Ok(())
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Statements end with `;` at the end of a line.
fn statements(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut current = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("--") {
            continue;
        }
        current.push_str(line);
        current.push('\n');
        if line.trim_end().ends_with(';') {
            statements.push(current.trim().trim_end_matches(';').to_owned());
            current.clear();
        }
    }
    if !current.trim().is_empty() {
        statements.push(current.trim().to_owned());
    }
    statements
}

fn for_engine(engine: Engine, statement: &str) -> String {
    match engine {
        Engine::Pg => statement.to_owned(),
        Engine::Lite => lite_text(statement),
    }
}

/// PostgreSQL's type words in SQLite's, and STRICT on every table: a loose table would store text in a number column.
/// What only SQLite needs stands in a comment `/*lite: … */` at the end of a table: a narrow table without a row id is
/// one tree instead of two.
pub fn lite_text(statement: &str) -> String {
    let mut out = String::with_capacity(statement.len() + 16);
    let mut word = String::new();
    for c in statement.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        out.push_str(match word.as_str() {
            "BIGINT" | "SMALLINT" => "INTEGER",
            "BYTEA" => "BLOB",
            other => other,
        });
        word.clear();
        out.push(c);
    }
    let out = out.trim_end().to_owned();
    if !out.starts_with("CREATE TABLE") {
        return out;
    }
    match out.strip_suffix("*/").and_then(|out| out.rsplit_once("/*lite:")) {
        Some((table, more)) => format!("{} STRICT, {}", table.trim_end(), more.trim()),
        None => format!("{out} STRICT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_words_are_rewritten_and_nothing_else() {
        assert_eq!(
            lite_text("CREATE TABLE t (a BIGINT, b_BIGINT TEXT, c BYTEA)"),
            "CREATE TABLE t (a INTEGER, b_BIGINT TEXT, c BLOB) STRICT"
        );
        assert_eq!(lite_text("CREATE INDEX i ON t (a)"), "CREATE INDEX i ON t (a)");
        assert_eq!(
            lite_text("CREATE TABLE t (a BIGINT PRIMARY KEY) /*lite: WITHOUT ROWID */"),
            "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID"
        );
    }

    #[test]
    fn comments_and_blank_lines_are_no_statements() {
        assert_eq!(
            statements("-- why; because\nCREATE TABLE a (\n x BIGINT\n);\n\nCREATE INDEX i ON a (x);\n").len(),
            2
        );
    }
}
