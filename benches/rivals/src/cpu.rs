//! Processor time of this process and of a PostgreSQL server on the same machine, from /proc.

use crate::Failure;
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// The kernel shows processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

#[derive(Clone, Copy)]
pub struct Used {
    pub client: Duration,
    pub server: Duration,
}

struct Stat {
    parent: u32,
    own: u32,
    reaped: u32,
}

fn stat(pid: &str) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program may hold anything; what follows its last bracket does not.
    let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_whitespace().collect();
    let number = |n: usize| fields.get(n)?.parse::<u32>().ok();
    Some(Stat { parent: number(1)?, own: number(11)? + number(12)?, reaped: number(13)? + number(14)? })
}

fn children(parent: u32) -> u32 {
    let mut sum = 0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().filter(|name| name.bytes().all(|b| b.is_ascii_digit())) else { continue };
        if let Some(stat) = stat(pid).filter(|stat| stat.parent == parent) {
            sum += stat.own + stat.reaped;
        }
    }
    sum
}

/// Whose time is counted.
pub struct Meter {
    postmaster: Option<u32>,
}

impl Meter {
    pub fn embedded() -> Self {
        Self { postmaster: None }
    }

    /// The server behind `url` must run here, or its time could not be seen.
    pub async fn with_server(url: &str) -> Result<Self, Failure> {
        let mut connection = PgConnection::connect(url).await?;
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        let parent = stat(&backend.to_string()).map(|stat| stat.parent);
        connection.close().await?;
        let postmaster = parent.ok_or("the database server does not run on this machine")?;
        Ok(Self { postmaster: Some(postmaster) })
    }

    pub fn now(&self) -> Used {
        let own = stat("self").map_or(0, |stat| stat.own);
        let server = self
            .postmaster
            .map_or(0, |pid| stat(&pid.to_string()).map_or(0, |stat| stat.own + stat.reaped) + children(pid));
        Used { client: TICK * own, server: TICK * server }
    }

    pub fn since(&self, start: Used) -> Used {
        let now = self.now();
        Used { client: now.client.saturating_sub(start.client), server: now.server.saturating_sub(start.server) }
    }
}

/// What the server promises when it says that a commit is done.
pub async fn durability(url: &str) -> Result<String, Failure> {
    let mut connection = PgConnection::connect(url).await?;
    let mut said = Vec::new();
    for name in ["fsync", "synchronous_commit"] {
        let value: String =
            sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(&mut connection).await?;
        said.push(format!("{name}={value}"));
    }
    connection.close().await?;
    Ok(said.join(" "))
}
