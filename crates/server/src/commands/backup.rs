//! `daogou backup`: a copy of both SQLite files while the installation works.

use super::{Common, told_to_stop};
use crate::backup::{self, CLICKS, Entry, FORMAT, MAIN, MANIFEST, Manifest, Schema};
use crate::config::Config;
use crate::failure::Failure;
use crate::identity::{self, Identity};
use crate::installation::{databases, refuse_newer};
use app::migrations::{CLICKS_LIST, MAIN_LIST};
use clap::Args;
use infra::db::{Db, Durability};
use infra::secrets::{hex, random};
use infra::{Clock, files, installation};
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};

/// While it is held, nobody else makes a backup there.
const LOCK: &str = ".daogou-backup.lock";

#[derive(Args)]
pub struct Backup {
    /// Folder of the backups; each becomes a folder in it
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Remove the oldest backups of this installation there, so that this many stay
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

/// Removes what was begun unless it was finished.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub async fn run(common: &Common, args: Backup) -> Result<(), Failure> {
    let tell = common.tell();
    let config = common.load_quietly()?;
    let Some(paths) = config.sqlite_files() else {
        return Err(Failure::usage(
            "this installation uses PostgreSQL: back it up with `pg_dump --format=custom --file=daogou.dump` and the \
             address in database.url (docs/operations.md)",
        ));
    };
    for path in paths {
        if !path.is_file() {
            return Err(Failure::usage(format!("there is no database {} to back up", path.display())));
        }
    }
    let (db, clicks) = databases(&config, Durability::Full).await?;
    let outcome = tokio::select! {
        outcome = make(&db, &clicks, &args.to) => outcome,
        () = told_to_stop() => Err(Failure::failed("the backup was ended before it was finished; nothing was kept")),
    };
    let (folder, manifest) = outcome?;
    let mut tx = db.begin().await?;
    installation::say(&mut tx, backup::LAST, &Clock::system().now().micros().to_string()).await?;
    tx.commit().await?;
    db.close().await;
    clicks.close().await;
    let removed = args.keep.map_or(0, |keep| remove_old(&args.to, &manifest.installation, keep));
    tell.line(format!(
        "backup of {} MB in {}\nThe master key is not in it: keep a copy of {} in another place, or nobody can use the backup.\n\
         Look whether it is good: daogou restore --check --from {}",
        manifest.bytes() >> 20,
        folder.display(),
        key_place(&config),
        folder.display(),
    ));
    tell.json(&json!({ "backup": folder.display().to_string(), "bytes": manifest.bytes(), "removed": removed,
                       "installation": manifest.installation, "schema": manifest.schema }));
    Ok(())
}

fn key_place(config: &Config) -> String {
    match std::env::var_os("DAOGOU_MASTER_KEY") {
        Some(_) => "DAOGOU_MASTER_KEY".to_owned(),
        None => config.master_key_path().display().to_string(),
    }
}

/// The finished folder and what is in it.
async fn make(db: &Db, clicks: &Db, to: &Path) -> Result<(PathBuf, Manifest), Failure> {
    refuse_newer(db, clicks).await?;
    if !identity::is_ours(db).await? {
        return Err(Failure::usage("there is nothing to back up: the database has no schema; see `daogou init`"));
    }
    let Identity { id, key } = Identity::of(db).await?;
    std::fs::create_dir_all(to).map_err(|e| Failure::usage(format!("--to {} cannot be made: {e}", to.display())))?;
    let lock = File::create(to.join(LOCK))
        .map_err(|e| Failure::usage(format!("--to {} cannot be written: {e}", to.display())))?;
    lock.try_lock().map_err(|_| Failure::usage(format!("another backup to {} is under way", to.display())))?;
    remove_unfinished(to);
    let needed = db.copy_bytes().await? + clicks.copy_bytes().await?;
    if let Some(free) = files::free_bytes(to).filter(|free| *free < needed) {
        return Err(Failure::failed(format!(
            "the backup needs {} MB and the disk of {} has {} MB free; nothing was written",
            (needed >> 20) + 1,
            to.display(),
            free >> 20
        )));
    }
    let made_at = Clock::system().now();
    let unfinished = Unfinished(to.join(format!("{}{}", backup::UNFINISHED, hex(&random::<8>()))));
    let written = write(db, clicks, &unfinished.0, made_at.rfc3339(), id, key).await;
    let manifest = written.map_err(|why| {
        Failure::failed(format!("the backup could not be finished: {why}; nothing was left in {}", to.display()))
    })?;
    let name: String = made_at.rfc3339().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let name = name.split('.').next().unwrap_or_default().trim_end_matches('Z').to_owned();
    let folder = to.join(format!("{}{name}Z", backup::NAME));
    // Renaming onto a folder that has something in it fails: two backups of one second are one too many.
    std::fs::rename(&unfinished.0, &folder)
        .map_err(|e| Failure::failed(format!("{} cannot be made: {e}; nothing was left", folder.display())))?;
    backup::sync_folder(to)?;
    Ok((folder, manifest))
}

async fn write(
    db: &Db,
    clicks: &Db,
    folder: &Path,
    made_at: String,
    installation: String,
    key: String,
) -> Result<Manifest, Failure> {
    make_private(folder)?;
    // Clicks first: each is of a link that the main file, copied later, knows.
    let mut files = Vec::new();
    let mut schema = Schema { main: 0, clicks: 0 };
    for (name, list, from) in [(CLICKS, CLICKS_LIST, clicks), (MAIN, MAIN_LIST, db)] {
        let path = folder.join(name);
        // Made by us, so that it is ours alone from its first byte; an empty file is one that SQLite fills.
        backup::private(&path)?;
        from.copy_into(&path).await?;
        File::open(&path)?.sync_all()?;
        let copy = Db::open_copy(&path).await?;
        let number = copy.schema(list).await?;
        let damage = copy.first_damage().await?;
        copy.close().await;
        if let Some(damage) = damage {
            return Err(Failure::failed(format!(
                "{name} is damaged ({damage}); stop the installation and go back to an older backup"
            )));
        }
        if list == MAIN_LIST {
            schema.main = number;
        } else {
            schema.clicks = number;
        }
        let folder = folder.to_owned();
        files.push(tokio::task::spawn_blocking(move || Entry::of(&folder, name)).await.map_err(Failure::failed)??);
    }
    let program = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { format: FORMAT, program, made_at, installation, key, schema, files };
    let text = serde_json::to_vec_pretty(&manifest).map_err(Failure::failed)?;
    let mut file = backup::private(&folder.join(MANIFEST))?;
    std::io::Write::write_all(&mut file, &text)?;
    file.sync_all()?;
    backup::sync_folder(folder)?;
    Ok(manifest)
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// What a backup that was killed left behind. Nobody else works there: we hold the lock.
fn remove_unfinished(to: &Path) {
    for entry in std::fs::read_dir(to).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(backup::UNFINISHED) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Backups of other installations are not ours to count or to remove.
fn remove_old(to: &Path, installation: &str, keep: u32) -> usize {
    let own = |path: &PathBuf| Manifest::read(path).is_ok_and(|manifest| manifest.installation == installation);
    let all: Vec<PathBuf> = backup::all_in(to).into_iter().filter(own).collect();
    let old = all.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
    all.iter().take(old).filter(|path| std::fs::remove_dir_all(path).is_ok()).count()
}
