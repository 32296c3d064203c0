//! Other people's services, each behind its documented protocol.
//!
//! `messages`: to whoever runs the installation: a group robot of WeCom, mail.
//! `pictures`: of goods, fetched so that no address leads inside.
//! `unions`: the affiliate networks that supply goods, convert links and report orders.
//! `wechat`: sign-in from mini programs, and the signature of pages inside WeChat.

pub mod messages;
pub mod pictures;
mod reach;
pub mod unions;
pub mod wechat;
