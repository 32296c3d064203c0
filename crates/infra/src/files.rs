//! A folder of small files that may be lost: what was used least lately goes when the folder is full. And how much room
//! a disk has.

use crate::secrets;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A file used again within this time is not marked again.
const MARK_EVERY: Duration = Duration::from_secs(3600);
/// A half-written file of a process that is gone.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);
const HALF: &str = ".half";

/// Files by name in one folder, at most so many bytes. Several processes may share a folder; each keeps the bound as
/// far as it knows, and looks at the whole folder whenever it makes room.
pub struct FileCache {
    folder: PathBuf,
    bytes_max: u64,
    /// Bytes in the folder as far as known; `None` until somebody looked.
    bytes: Mutex<Option<u64>>,
}

impl FileCache {
    /// The folder is made at the first writing.
    pub fn new(folder: impl Into<PathBuf>, bytes_max: u64) -> FileCache {
        FileCache { folder: folder.into(), bytes_max, bytes: Mutex::new(None) }
    }

    /// Names are ours: letters, digits, `-` and `.`.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        if !plain || name.is_empty() || name.starts_with('.') || name.ends_with(HALF) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a name of a cached file"));
        }
        Ok(self.folder.join(name))
    }

    /// Blocks.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name).ok()?;
        let bytes = std::fs::read(&path).ok()?;
        if let Ok(file) = std::fs::File::options().append(true).open(&path) {
            let old = file.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
            if old.is_some_and(|old| old > MARK_EVERY) {
                let _ = file.set_modified(SystemTime::now());
            }
        }
        Some(bytes)
    }

    /// Blocks. Readers see the whole file or none. What is larger than the folder may be is not kept.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path(name)?;
        let length = content.len() as u64;
        if length > self.bytes_max {
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder)?;
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match *bytes {
            Some(known) if known + length <= self.bytes_max => known,
            // Room for more than this one file, or the folder would be looked through at every writing.
            _ => self.make_room(self.bytes_max - length.max(self.bytes_max / 10))?,
        };
        let half = self.folder.join(format!("{name}-{}{HALF}", secrets::hex(&secrets::random::<8>())));
        let written = std::fs::write(&half, content).and_then(|()| std::fs::rename(&half, &path));
        if written.is_err() {
            let _ = std::fs::remove_file(&half);
        }
        // A file that was there before counts twice until the next look: too much, never too little.
        *bytes = Some(known + length);
        written
    }

    /// Removes the files used least lately until no more than this is left; says how much is.
    fn make_room(&self, left: u64) -> io::Result<u64> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let Ok(entry) = entry else { continue };
            let Ok(about) = entry.metadata() else { continue };
            let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if is_half(&entry.path()) {
                if used.elapsed().is_ok_and(|old| old > LEFT_BEHIND) {
                    let _ = std::fs::remove_file(entry.path());
                }
            } else if about.is_file() {
                files.push((used, about.len(), entry.path()));
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
        for (_, length, path) in files {
            if bytes <= left {
                break;
            }
            match std::fs::remove_file(path) {
                Ok(()) => bytes -= length,
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => bytes -= length,
                Err(error) => return Err(error),
            }
        }
        Ok(bytes)
    }
}

/// Bytes that the disk of a file or folder still takes. `None` where that cannot be told.
pub fn free_bytes(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let found = rustix::fs::statvfs(path).ok()?;
        found.f_bavail.checked_mul(found.f_frsize)
    }
    #[cfg(not(unix))]
    None
}

fn is_half(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(HALF))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let folder = std::env::temp_dir().join(format!("daogou-files-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&folder);
            Folder(folder)
        }

        fn bytes(&self) -> u64 {
            std::fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum()
        }

        fn age(&self, name: &str, hours: u64) {
            let file = std::fs::File::options().append(true).open(self.0.join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_folder_never_holds_more_than_it_may() {
        let folder = Folder::new("bound");
        let cache = FileCache::new(&folder.0, 10_000);
        for n in 0..100_u64 {
            cache.put(&format!("f{n}.jpg"), &vec![1; (n * 37 % 900) as usize]).unwrap();
            assert!(folder.bytes() <= 10_000, "{n}: {}", folder.bytes());
        }
        assert!(folder.bytes() > 7_000, "and is used: {}", folder.bytes());
        cache.put("giant", &[0; 10_001]).unwrap();
        assert_eq!(cache.get("giant"), None);
        // Another process finds the folder full and keeps the bound too.
        let smaller = FileCache::new(&folder.0, 2_000);
        smaller.put("x", &[0; 500]).unwrap();
        assert!(folder.bytes() <= 2_000);
    }

    #[test]
    fn what_was_used_least_lately_goes_first() {
        let folder = Folder::new("order");
        let cache = FileCache::new(&folder.0, 1_000);
        for (name, hours) in [("old", 50), ("read", 40), ("new", 10)] {
            cache.put(name, &[0; 300]).unwrap();
            folder.age(name, hours);
        }
        assert!(cache.get("read").is_some(), "reading makes it young again");
        cache.put("more", &[0; 300]).unwrap();
        assert_eq!(cache.get("old"), None);
        assert!(["read", "more"].iter().all(|name| cache.get(name).is_some()));
    }

    #[test]
    fn readers_never_see_half_a_file() {
        let folder = Folder::new("half");
        let cache = FileCache::new(&folder.0, 100_000);
        std::thread::scope(|scope| {
            for part in 0..4_u8 {
                let cache = &cache;
                scope.spawn(move || {
                    for _ in 0..100 {
                        cache.put("same", &[part; 5000]).unwrap();
                        let seen = cache.get("same").unwrap();
                        assert!(seen.len() == 5000 && seen.iter().all(|b| *b == seen[0]));
                    }
                });
            }
        });
        assert_eq!(folder.bytes(), 5000, "nothing is left behind");
        std::fs::write(folder.0.join("gone.half"), [0; 10]).unwrap();
        folder.age("gone.half", 2);
        cache.make_room(0).unwrap();
        assert_eq!(folder.bytes(), 0);
    }

    #[test]
    fn a_name_stays_in_the_folder() {
        let cache = FileCache::new("/nowhere", 10);
        for name in ["", "../x", "a/b", ".hidden", "x.half", "a\0"] {
            assert!(cache.put(name, b"x").is_err() && cache.get(name).is_none(), "{name}");
        }
    }
}
