//! How a command ends badly: one line, and an exit code.

use infra::db::DbError;
use std::fmt;

/// 2: what was asked for is wrong (arguments, configuration, bad input). 1: it was right and did not work out.
#[derive(Debug)]
pub struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), exit_code: 2 }
    }

    pub fn failed(message: impl fmt::Display) -> Failure {
        Failure { message: message.to_string(), exit_code: 1 }
    }

    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever came from below.
        f.write_str(&self.message.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl std::error::Error for Failure {}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Failure {
        match &error {
            DbError::Url(_) | DbError::Folder(..) | DbError::NewerSchema { .. } => Failure::usage(error.to_string()),
            _ if error.is_unavailable() => {
                Failure::failed(format!("the database does not answer; check database.url and that it runs ({error})"))
            }
            _ => Failure::failed(error),
        }
    }
}

impl From<infra::http::Failure> for Failure {
    fn from(failure: infra::http::Failure) -> Failure {
        match &failure {
            infra::http::Failure::Refused(problem) if problem.code.status < 500 => Failure::usage(problem.to_string()),
            _ => Failure::failed(failure),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::failed(error)
    }
}
