//! Our own plumbing: database seam, clock, ids, secrets, HTTP shell, jobs, outbox, telemetry. No business.

pub mod clock;
pub mod db;
pub mod epoch;
pub mod files;
pub mod http;
pub mod ids;
pub mod installation;
pub mod jobs;
pub mod leases;
pub mod outbox;
pub mod password;
pub mod secrets;
pub mod telemetry;

pub use clock::Clock;
pub use ids::IdSource;
