//! Other people's services, each behind its documented protocol.
//!
//! `wechat`: sign-in from mini programs, and the signature of pages inside WeChat.
//! `unions`: the affiliate networks that supply goods, convert links and report orders.

pub mod unions;
pub mod wechat;
