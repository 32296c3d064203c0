//! `daogou api`: the OpenAPI document, from which the front ends' types are made.

use crate::failure::Failure;
use std::io::Write;

pub fn run() -> Result<(), Failure> {
    let mut text = app::open_api().to_pretty_json().map_err(Failure::failed)?;
    text.push('\n');
    std::io::stdout().write_all(text.as_bytes()).map_err(Failure::failed)
}
