//! The HTTP shell: problem bodies, extractors that answer with them, request ids, security headers, rate limits.

mod address;
mod csv;
mod extract;
mod failure;
mod limits;
mod shell;

pub use address::{ClientAddress, TrustedProxies};
pub use csv::{CSV_ROWS, Cell, CsvPage, csv, in_zone};
pub use extract::{Body, Params, PathOf};
pub use failure::{Failure, ProblemBody};
pub use limits::RateLimit;
pub use shell::{request_id, shell};
