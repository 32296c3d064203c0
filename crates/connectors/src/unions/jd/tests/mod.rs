//! Tests across files: the shared samples, and a gateway on this machine.

mod gateway;
mod samples;
