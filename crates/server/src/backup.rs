//! A backup: a folder with a copy of each SQLite file and a manifest that says what they must be.
//!
//! The folder is filled under another name and renamed when everything in it is on disk and checked, so what has the name
//! of a backup is one. The master key is not in it. Format of `manifest.json`: [`Manifest`].

use crate::failure::Failure;
use infra::secrets::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub const MANIFEST: &str = "manifest.json";
pub const MAIN: &str = "main.db";
pub const CLICKS: &str = "clicks.db";
pub const FORMAT: u32 = 1;
/// What the name of a backup begins with; the time of its making follows.
pub const NAME: &str = "backup-";
/// What the name of an unfinished one begins with.
pub const UNFINISHED: &str = ".unfinished-";
/// Said by the database: when the newest backup was made, in microseconds.
pub const LAST: &str = "backup.last";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    pub made_at: String,
    /// Id of the installation.
    pub installation: String,
    /// Generation and mark of the master key that it needs (never the key).
    pub key: String,
    pub schema: Schema,
    pub files: Vec<Entry>,
}

/// Numbers of the newest migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    pub main: i64,
    pub clicks: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    /// Of a backup that this program understands.
    pub fn read(folder: &Path) -> Result<Manifest, Failure> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let newest = all_in(folder).pop();
            Failure::usage(match newest {
                Some(newest) => {
                    format!("{} holds backups; name one, as in --from {}", folder.display(), newest.display())
                }
                None => format!("{} is no backup: {} cannot be read ({error})", folder.display(), path.display()),
            })
        })?;
        let wrong =
            |e: serde_json::Error| Failure::usage(format!("{} is damaged ({e}); take another backup", path.display()));
        let value: serde_json::Value = serde_json::from_str(&text).map_err(wrong)?;
        if value["format"].as_u64().is_some_and(|format| format > u64::from(FORMAT)) {
            let by = value["program"].as_str().unwrap_or("a newer version");
            return Err(Failure::usage(format!(
                "{} is of a newer format than this program knows; use daogou {by} or newer",
                folder.display()
            )));
        }
        serde_json::from_value(value).map_err(wrong)
    }

    pub fn entry(&self, name: &str) -> Result<&Entry, Failure> {
        let found = self.files.iter().find(|entry| entry.name == name);
        found.ok_or_else(|| Failure::usage(format!("the manifest names no {name}; take another backup")))
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }
}

impl Entry {
    /// Measures a finished file. Blocks.
    pub fn of(folder: &Path, name: &str) -> io::Result<Entry> {
        let mut file = File::open(folder.join(name))?;
        let (bytes, sha256) = pour(&mut file, &mut io::sink())?;
        Ok(Entry { name: name.to_owned(), bytes, sha256 })
    }

    /// Copies the file out of a backup, and refuses one that is not what the manifest says. Blocks.
    pub fn copy(&self, folder: &Path, to: &Path) -> Result<(), Failure> {
        let path = folder.join(&self.name);
        let shown = path.display();
        let mut from = File::open(&path).map_err(|e| Failure::usage(format!("{shown} cannot be read: {e}")))?;
        let found = from.metadata()?.len();
        if found != self.bytes {
            let why = if found < self.bytes { "truncated" } else { "longer than it was made" };
            return Err(Failure::usage(format!(
                "{shown} is {why}: {found} bytes, the manifest says {}; take another backup",
                self.bytes
            )));
        }
        let mut file = private(to)?;
        let copied = pour(&mut from, &mut file).and_then(|copied| file.sync_all().map(|()| copied));
        let (_, sha256) =
            copied.map_err(|e| Failure::failed(format!("{shown} cannot be copied to {}: {e}", to.display())))?;
        if sha256 != self.sha256 {
            return Err(Failure::usage(format!(
                "{shown} was changed since the backup was made (its SHA-256 is another); take another backup"
            )));
        }
        Ok(())
    }
}

/// Copies everything; bytes and SHA-256 of it.
fn pour(from: &mut impl Read, to: &mut impl Write) -> io::Result<(u64, String)> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let n = from.read(&mut piece)?;
        if n == 0 {
            return Ok((bytes, hex(&digest.finalize())));
        }
        digest.update(&piece[..n]);
        to.write_all(&piece[..n])?;
        bytes += n as u64;
    }
}

/// A new file that only its owner reads: everybody's orders are in it.
pub fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes names in a folder last over a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders that have the name of a backup, the oldest first.
pub fn all_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(NAME));
    let mut found: Vec<PathBuf> =
        named.map(|entry| entry.path()).filter(|path| path.join(MANIFEST).is_file()).collect();
    found.sort();
    found
}
