//! `daogou restore`: looks whether a backup is good, or makes an installation of it.

use super::{Common, ledger};
use crate::backup::{self, CLICKS, MAIN, Manifest};
use crate::config::Config;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::installation::{Installation, Mode, refuse_newer};
use app::commission::VerifyReport;
use clap::Args;
use infra::db::{Db, DbError};
use infra::files;
use infra::secrets::{MasterKey, hex, random};
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Restore {
    /// Folder of one backup
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// Only look: restore into a temporary place, verify the books there, change nothing
    #[arg(long)]
    check: bool,
}

/// Where a file of the backup is made ready, and what it becomes. What is not put in place is removed again.
struct Place {
    ready: PathBuf,
    becomes: PathBuf,
}

impl Place {
    /// Beside its target, so that it only has to be renamed.
    fn beside(becomes: &Path) -> Result<Place, Failure> {
        let folder = folder_of(becomes);
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::usage(format!("the folder {} cannot be made: {e}", folder.display())))?;
        let name = becomes.file_name().unwrap_or_default().to_string_lossy();
        let ready = folder.join(format!(".restore-{}-{name}", hex(&random::<6>())));
        Ok(Place { ready, becomes: becomes.to_owned() })
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.ready.display())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for path in with_companions(&self.ready) {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A SQLite file and those that SQLite makes beside it.
fn with_companions(path: &Path) -> [PathBuf; 3] {
    let beside = |ending: &str| {
        let mut name = OsString::from(path);
        name.push(ending);
        PathBuf::from(name)
    };
    [path.to_owned(), beside("-wal"), beside("-shm")]
}

pub async fn run(common: &Common, args: Restore) -> Result<(), Failure> {
    let tell = common.tell();
    let config = common.load_quietly()?;
    let Some(targets) = config.sqlite_files() else {
        return Err(Failure::usage(
            "this installation uses PostgreSQL: restore with `pg_restore --dbname=… daogou.dump` into an empty database, \
             then `daogou ledger verify` (docs/operations.md)",
        ));
    };
    let manifest = Manifest::read(&args.from)?;
    let master = key_for(&config, &manifest)?;
    if !args.check {
        refuse_to_overwrite(&targets)?;
    }
    let [main, clicks] = [Place::beside(&targets[0])?, Place::beside(&targets[1])?];
    let report = try_out(common, &config, &args.from, &manifest, &master, &main, &clicks).await?;
    if !args.check {
        // The main file last: without it there is no installation yet.
        for place in [&clicks, &main] {
            std::fs::rename(&place.ready, &place.becomes)?;
            backup::sync_folder(folder_of(&place.becomes))?;
        }
    }
    let words = if args.check { "the backup is whole" } else { "the backup is restored" };
    let shown = args.from.display();
    tell.line(format!("{words}: {shown}, made {} of installation {}", manifest.made_at, manifest.installation));
    if !args.check {
        tell.line("Orders since then come again from the union. Next: daogou doctor, then daogou serve");
    }
    tell.json(&json!({ "backup": shown.to_string(), "restored": !args.check, "made_at": manifest.made_at,
                       "installation": manifest.installation, "differences": report.differences }));
    match report.differences {
        0 => Ok(()),
        n => Err(Failure::failed(format!("{words}, but the ledger in it has {n} differences; see docs/operations.md"))),
    }
}

/// The installation's master key, which must be the one that the backup was made with.
fn key_for(config: &Config, manifest: &Manifest) -> Result<MasterKey, Failure> {
    let path = config.master_key_path();
    if std::env::var_os("DAOGOU_MASTER_KEY").is_none() && !path.exists() {
        return Err(Failure::usage(format!(
            "the master key {} is missing, and no backup holds it: put the copy there that you keep apart (a new key cannot \
             read what is in the backup)",
            path.display()
        )));
    }
    let master = config.master_key()?;
    let made = Identity { id: manifest.installation.clone(), key: manifest.key.clone() };
    match made.why_not(&master) {
        Some(why) => Err(Failure::usage(format!("the backup cannot be used with this master key: {why}"))),
        None => Ok(master),
    }
}

fn refuse_to_overwrite(targets: &[PathBuf; 2]) -> Result<(), Failure> {
    for path in targets.iter().flat_map(|target| with_companions(target)) {
        if path.exists() {
            return Err(Failure::usage(format!(
                "{} is there already: a backup is restored into an empty installation only; move it away first",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Copies, checks and verifies in the temporary place, as an installation of its own.
async fn try_out(
    common: &Common,
    config: &Config,
    from: &Path,
    manifest: &Manifest,
    master: &MasterKey,
    main: &Place,
    clicks: &Place,
) -> Result<VerifyReport, Failure> {
    let folder = folder_of(&main.becomes);
    if let Some(free) = files::free_bytes(folder).filter(|free| *free < manifest.bytes()) {
        let (needed, free) = ((manifest.bytes() >> 20) + 1, free >> 20);
        return Err(Failure::failed(format!("{} MB are needed in {}, {free} MB are free", needed, folder.display())));
    }
    for (name, place) in [(MAIN, main), (CLICKS, clicks)] {
        let (entry, from, to) = (manifest.entry(name)?.clone(), from.to_owned(), place.ready.clone());
        tokio::task::spawn_blocking(move || entry.copy(&from, &to)).await.map_err(Failure::failed)??;
    }
    let shown = from.display();
    let unusable = |e: DbError| match e {
        DbError::NewerSchema { found, known, .. } => Failure::usage(format!(
            "{shown} is of schema {found}, this program knows up to {known}; use daogou {} or newer",
            manifest.program
        )),
        other => Failure::usage(format!("{shown} holds no database that can be read ({other}); take another backup")),
    };
    let (db, log) =
        (Db::open_copy(&main.ready).await.map_err(unusable)?, Db::open_copy(&clicks.ready).await.map_err(unusable)?);
    refuse_newer(&db, &log).await.map_err(unusable)?;
    let damage = db.first_damage().await.map_err(unusable)?.or(log.first_damage().await.map_err(unusable)?);
    let inside = Identity::read(&db).await.map_err(unusable)?;
    db.close().await;
    log.close().await;
    if let Some(damage) = damage {
        return Err(Failure::usage(format!("{shown} is damaged inside ({damage}); take another backup")));
    }
    let inside = inside.ok_or_else(|| Failure::usage(format!("{shown} does not say of which installation it is")))?;
    if inside.id != manifest.installation {
        return Err(Failure::usage(format!(
            "the database in {shown} is of installation {}, its manifest speaks of {}; take another backup",
            inside.id, manifest.installation
        )));
    }
    if let Some(why) = inside.why_not(master) {
        return Err(Failure::usage(format!("{shown}: {why}")));
    }
    let mut tried = config.clone();
    tried.database.url = main.url();
    tried.database.clicks_url = clicks.url();
    // Paths from here on are whole or of the folder that we are in.
    tried.folder = PathBuf::new();
    tried.master_key_file = config.master_key_path();
    tried.pictures.folder = config.pictures_folder();
    let opened = Installation::open(tried, Mode::usual(common.demo)).await?;
    let report = ledger::verify(&opened.ctx, common.tell()).await;
    opened.close().await;
    report
}
