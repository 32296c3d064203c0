//! Other people's services, each behind its documented protocol.
//!
//! `unions`: the affiliate networks that supply goods, convert links and report orders.

pub mod unions;
