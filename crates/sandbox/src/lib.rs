//! Stand-ins for affiliate unions, for tests and the demo. Loopback only: nothing in here may be reached from outside.
//!
//! Owns no tables; says no facts. [`jd`] is 京东联盟 with its shop: goods, links, orders and their long lives.

pub mod jd;

pub use jd::{Buy, Config, Life, LifeError, Sandbox, SandboxError, Stats};
