//! Stand-ins for other people's services, for tests and the demo. Loopback only: nothing in here may be reached from
//! outside.
//!
//! Owns no tables; says no facts. [`jd`] is 京东联盟 with its shop: goods, links, orders and their long lives.
//! [`wechat`] is 微信 as far as sign-in and pages inside it go. [`wecom`] is a group robot of 企业微信.

pub mod jd;
pub mod wechat;
pub mod wecom;

pub use jd::{Buy, Config, Fault, Faults, Life, LifeError, Sandbox, SandboxError, Stats};
