//! Our own plumbing.

pub mod clock;
pub use clock::Clock;
