//! The state file: orders, links and positions, so that a demo goes on where it stopped. Tracks are not in it: they follow from
//! the seed.

use super::links::{Link, Links};
use super::orders::{Book, Order};
use super::positions::{Position, Positions};
use super::{Config, SandboxError};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct State<'a> {
    version: u32,
    /// With another seed the same orders would live other lives.
    seed: u64,
    orders: Vec<Cow<'a, Order>>,
    links: Cow<'a, [Link]>,
    #[serde(default)]
    positions: Cow<'a, [Position]>,
}

/// What was kept.
pub(super) struct Loaded {
    pub book: Book,
    pub links: Links,
    pub positions: Positions,
}

fn failure(path: &Path, reason: impl Into<String>) -> SandboxError {
    SandboxError::State { path: path.to_owned(), reason: reason.into() }
}

/// What was saved; nothing where there is no file yet.
pub(super) fn load(config: &Config) -> Result<Loaded, SandboxError> {
    let mut loaded =
        Loaded { book: Book::new(config.seed), links: Links::new(config.seed), positions: Positions::default() };
    let Some(path) = &config.state_file else { return Ok(loaded) };
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(loaded),
        Err(error) => return Err(failure(path, error.to_string())),
    };
    let state: State<'_> = serde_json::from_slice(&text).map_err(|error| failure(path, error.to_string()))?;
    if state.version != VERSION {
        return Err(failure(path, format!("it has version {}, not {VERSION}", state.version)));
    }
    if state.seed != config.seed {
        return Err(failure(path, format!("it was made with seed {}, not {}", state.seed, config.seed)));
    }
    state.orders.into_iter().for_each(|order| loaded.book.enter(order.into_owned()));
    state.links.into_owned().into_iter().for_each(|link| {
        loaded.links.enter(link);
    });
    loaded.positions.enter(state.positions.into_owned());
    Ok(loaded)
}

pub(super) fn text(seed: u64, book: &Book, links: &Links, positions: &Positions) -> Result<Vec<u8>, String> {
    let orders = book.orders().map(Cow::Borrowed).collect();
    let (links, positions) = (Cow::Borrowed(links.all()), Cow::Borrowed(positions.all()));
    let state = State { version: VERSION, seed, orders, links, positions };
    serde_json::to_vec(&state).map_err(|error| error.to_string())
}

/// Beside the file first, then in its place: whoever reads sees the old state or the new one.
pub(super) fn write(path: &Path, text: &[u8]) -> Result<(), String> {
    let mut name = path.file_name().map(ToOwned::to_owned).unwrap_or_default();
    name.push(".new");
    let beside = path.with_file_name(name);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| error.to_string())
}
