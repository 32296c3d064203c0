//! Other people's services, each behind its documented protocol.
//!
//! `pictures`: of goods, fetched so that no address leads inside.
//! `unions`: the affiliate networks that supply goods, convert links and report orders.

pub mod pictures;
pub mod unions;
