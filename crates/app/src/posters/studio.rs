//! Where pictures are kept and posters are drawn: off the request path's threads, a few at once.

use ::posters::{Photo, Template, Values};
use connectors::pictures::{Picture, PictureError, Pictures, Reach};
use infra::files::FileCache;
use infra::http::Failure;
use infra::secrets;
use kernel::{Problem, ProblemCode};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

pub const BUSY: ProblemCode = ProblemCode::new("posters.busy", 503, "too many pictures are being made");

/// Photos of posters, as pixels: about a hundred.
pub const PHOTOS_BYTES: u64 = 192 << 20;
/// Width of the picture from which all others are made.
pub const LARGE: u32 = 800;
/// For how long a picture that could not be had is not asked for.
const MISSING_FOR: Duration = Duration::from_secs(300);
const MISSING_MAX: u64 = 10_000;
/// Pictures fetched at once.
const FETCHES: usize = 16;
/// How long a piece of drawing waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(10);

pub struct Studio {
    fetcher: Pictures,
    files: Arc<FileCache>,
    /// The demo's sandbox draws its pictures as SVG.
    drawings: bool,
    /// One fetch of a picture at a time; who waits finds it kept.
    flights: Cache<String, Arc<Mutex<()>>>,
    missing: Cache<String, ()>,
    photos: Cache<(String, u32, u32), Arc<Photo>>,
    fetches: Semaphore,
    turns: Arc<Semaphore>,
}

/// By the address of a picture; also the name of its files.
pub fn key(address: &str) -> String {
    secrets::hex(&Sha256::digest(address.as_bytes())[..20])
}

/// Unpacks the fonts, so that nobody waits for it at the first poster. Blocks.
pub fn warm_up() {
    ::posters::fonts();
}

impl Studio {
    /// `demo`: pictures may come from this machine.
    pub fn new(folder: impl Into<PathBuf>, bytes_max: u64, demo: bool) -> Result<Studio, PictureError> {
        let reach = if demo { Reach::AndLoopback } else { Reach::Public };
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Studio {
            fetcher: Pictures::new(reach)?,
            files: Arc::new(FileCache::new(folder, bytes_max)),
            drawings: demo,
            flights: Cache::builder().max_capacity(MISSING_MAX).time_to_idle(MISSING_FOR).build(),
            missing: Cache::builder().max_capacity(MISSING_MAX).time_to_live(MISSING_FOR).build(),
            photos: Cache::builder()
                .weigher(|_, photo: &Arc<Photo>| u32::try_from(photo.bytes()).unwrap_or(u32::MAX))
                .max_capacity(PHOTOS_BYTES)
                .build(),
            fetches: Semaphore::new(FETCHES),
            turns: Arc::new(Semaphore::new(turns)),
        })
    }

    /// The picture at an address, at most so wide, as JPEG; `None` where it cannot be had.
    pub async fn picture(&self, address: &str, width: u32) -> Result<Option<Vec<u8>>, Failure> {
        let key = key(address);
        if let Some(kept) = self.kept(&key, width).await? {
            return Ok(Some(kept));
        }
        let flight = self.flights.get_with(key.clone(), Arc::default);
        let _alone = flight.lock().await;
        if let Some(kept) = self.kept(&key, width).await? {
            return Ok(Some(kept));
        }
        if self.missing.contains_key(&key) {
            return Ok(None);
        }
        match self.made(&key, address, width).await? {
            Ok(picture) => Ok(Some(picture)),
            Err(why) => {
                tracing::info!(address, why, "a picture could not be had");
                self.missing.insert(key, ());
                Ok(None)
            }
        }
    }

    /// The photo of a poster, in this size; `None` where the picture cannot be had.
    pub async fn photo(&self, address: &str, (width, height): (u32, u32)) -> Result<Option<Arc<Photo>>, Failure> {
        let slot = (key(address), width, height);
        if let Some(photo) = self.photos.get(&slot) {
            return Ok(Some(photo));
        }
        let Some(picture) = self.picture(address, LARGE).await? else { return Ok(None) };
        let photo = self.work(move || Photo::decode(&picture)?.fitted(width, height)).await?;
        // A file that somebody damaged is no reason to have no poster.
        let Ok(photo) = photo.inspect_err(|e| tracing::warn!(error = %e, "a kept picture cannot be read")) else {
            return Ok(None);
        };
        let photo = Arc::new(photo);
        self.photos.insert(slot, photo.clone());
        Ok(Some(photo))
    }

    pub async fn poster(
        &self,
        template: Template,
        values: Values,
        photo: Option<Arc<Photo>>,
    ) -> Result<Vec<u8>, Failure> {
        let drawn = self.work(move || template.render(&values, photo.as_deref())).await?;
        drawn.map_err(Failure::broken)
    }

    /// Does something that takes a processor, when it is its turn.
    pub async fn work<T: Send + 'static>(&self, what: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::new(BUSY, "try again in a moment").into()) };
        let done = tokio::task::spawn_blocking(move || {
            // Kept while the work lasts, also where nobody waits for it any more.
            let _turn = turn;
            what()
        });
        done.await.map_err(Failure::broken)
    }

    async fn kept(&self, key: &str, width: u32) -> Result<Option<Vec<u8>>, Failure> {
        let (files, name) = (self.files.clone(), file(key, width));
        tokio::task::spawn_blocking(move || files.get(&name)).await.map_err(Failure::broken)
    }

    /// Fetches or takes the large one, and makes the one that is wanted from it. The inner error is for the log.
    async fn made(&self, key: &str, address: &str, width: u32) -> Result<Result<Vec<u8>, String>, Failure> {
        let large = match self.kept(key, LARGE).await? {
            Some(large) => Source::Kept(large),
            None => {
                let Ok(_slot) = self.fetches.acquire().await else { return Ok(Err("closing".to_owned())) };
                match self.fetcher.fetch(address).await {
                    Ok(picture) => Source::Fetched(picture),
                    Err(error) => return Ok(Err(error.to_string())),
                }
            }
        };
        let (files, drawings, key) = (self.files.clone(), self.drawings, key.to_owned());
        let make = move || -> Result<Vec<u8>, String> {
            let say = |e: ::posters::PhotoError| e.to_string();
            let keep = |width, bytes: &[u8]| {
                if let Err(error) = files.put(&file(&key, width), bytes) {
                    tracing::warn!(error = %error, "a picture could not be kept");
                }
            };
            let photo = match large {
                Source::Kept(bytes) => Photo::decode(&bytes).map_err(say)?,
                Source::Fetched(picture) => {
                    let photo = decoded(&picture, drawings)?.narrowed(LARGE).map_err(say)?;
                    let bytes = photo.jpeg().map_err(say)?;
                    keep(LARGE, &bytes);
                    if width >= LARGE {
                        return Ok(bytes);
                    }
                    photo
                }
            };
            let bytes = photo.narrowed(width).and_then(|photo| photo.jpeg()).map_err(say)?;
            keep(width, &bytes);
            Ok(bytes)
        };
        self.work(make).await
    }
}

enum Source {
    Kept(Vec<u8>),
    Fetched(Picture),
}

fn file(key: &str, width: u32) -> String {
    format!("{key}-{width}.jpg")
}

fn decoded(picture: &Picture, drawings: bool) -> Result<Photo, String> {
    if picture.kind == "image/svg+xml" && drawings {
        let svg = std::str::from_utf8(&picture.bytes).map_err(|e| e.to_string())?;
        return ::posters::drawn(svg, LARGE).map_err(|e| e.to_string());
    }
    Photo::decode(&picture.bytes).map_err(|e| e.to_string())
}
