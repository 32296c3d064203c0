//! Messages to whoever runs the installation: by a group robot of WeCom (企业微信) or by mail.
//!
//! Owns no tables; says no facts. Each channel sends one plain text. Addresses of channels are secrets (the robot's key, the
//! mailbox's password): no error, log line or `Debug` shows them.
//! Bounds: [`WITHIN`] for a message, [`TEXT_BYTES_MAX`] of text (longer ones are refused before they are sent).

mod mail;
mod robot;

pub use crate::reach::Reach;
pub use mail::Mail;
pub use robot::Robot;

use std::time::Duration;

pub const WITHIN: Duration = Duration::from_secs(15);
/// WeCom's limit for a text; mail would take more, but one text goes to both.
pub const TEXT_BYTES_MAX: usize = 2048;

/// Why a configuration cannot work; what follows the name of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChannelConfigError(pub String);

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{channel} does not take the message ({code}): {message}")]
pub struct SendError {
    pub channel: &'static str,
    /// The channel's own code, or one of ours (`timeout`, `unreachable`, `inside`, `malformed`).
    pub code: String,
    pub message: String,
    /// The same message will never be taken: key, address or text must change first.
    pub lasting: bool,
}
