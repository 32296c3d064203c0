//! `daogou secrets`: a new generation of the master key.
//!
//! The key file is written first, with all older generations in it; then everything sealed is sealed anew in one
//! transaction, which also says which generation the database uses. A rotation that was killed in between is seen by that
//! and goes on with the generation that the file already has.

use super::Common;
use crate::config::Config;
use crate::failure::Failure;
use crate::identity::{self, Identity};
use crate::installation::{Installation, Mode};
use app::audit::{self, Deed};
use app::{Ctx, persons, programs, staff};
use clap::{Args, Subcommand};
use infra::leases;
use infra::secrets::MasterKey;
use kernel::{Bucket, Instant, PersonId};
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::path::Path;

#[derive(Subcommand)]
pub enum What {
    /// Draw a new generation of the master key and seal all stored credentials with it; stop `serve` and `worker` first
    Rotate(Rotate),
}

#[derive(Args)]
pub struct Rotate {
    /// Also end all sessions and API tokens: everybody signs in again
    #[arg(long)]
    end_sessions: bool,
    /// After a crash: rotate although node numbers are held, because you know that nothing runs
    #[arg(long)]
    nothing_runs: bool,
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    let What::Rotate(args) = what;
    let config = common.load_quietly()?;
    if std::env::var_os("DAOGOU_MASTER_KEY").is_some() {
        return Err(Failure::usage(
            "the master key comes from DAOGOU_MASTER_KEY, which a rotation cannot write; put it into a file named in \
             master_key_file (mode 600) and take the variable away",
        ));
    }
    let path = config.master_key_path();
    let lock = lock(&path)?;
    let opened = Installation::open(config.clone(), Mode::usual(common.demo)).await?;
    let outcome = rotate(&opened, &config, &args).await;
    opened.close().await;
    drop(lock);
    let (generation, sealed) = outcome?;
    let tell = common.tell();
    tell.line(format!(
        "generation {generation} of the master key is in {}; {sealed} stored credentials are sealed with it\n\
         Links and posters that are out stay good: older generations stay in the file and verify for ever.\n\
         Copy the file to the place apart from the backups, in the stead of the older copy.",
        path.display()
    ));
    tell.json(&json!({ "generation": generation, "sealed": sealed, "ended_sessions": args.end_sessions }));
    Ok(())
}

/// Two rotations at once would write the file over each other.
fn lock(path: &Path) -> Result<File, Failure> {
    let mut name = std::ffi::OsString::from(path);
    name.push(".lock");
    let lock = File::create(&name)
        .map_err(|e| Failure::usage(format!("{} cannot be written: {e}", Path::new(&name).display())))?;
    lock.try_lock().map_err(|_| Failure::usage("another rotation is under way"))?;
    Ok(lock)
}

async fn rotate(opened: &Installation, config: &Config, args: &Rotate) -> Result<(u8, usize), Failure> {
    let ctx = &opened.ctx;
    let identity = Identity::of(&ctx.db).await?;
    if !args.nothing_runs {
        refuse_running(ctx, opened.holder()).await?;
    }
    let master = if ctx.master.generation() > identity.generation() {
        // Begun before and killed: the file has the new generation already.
        ctx.master.clone()
    } else {
        let rotated = ctx.master.rotated().map_err(|e| Failure::usage(e.to_string()))?;
        write_key(&config.master_key_path(), &rotated)?;
        rotated
    };
    let mut tx = ctx.db.begin().await?;
    let sealed = programs::secrets::seal_anew(&mut tx, &master).await.map_err(Failure::failed)?;
    identity::say_rotated(&mut tx, &master, &identity.id).await?;
    if args.end_sessions {
        for bucket in Bucket::all() {
            persons::store::purge(&mut tx, bucket, Instant::from_micros(i64::MAX)).await?;
        }
    }
    let by = staff::store::owners_of_all(&mut tx).await?.first().copied().unwrap_or(PersonId::from_raw(0));
    let detail = json!({ "generation": master.generation(), "sealed": sealed, "ended_sessions": args.end_sessions,
                         "by": "command line" });
    let subject = identity.id;
    let deed = Deed { by, program: None, action: "secrets.rotate", subject, detail };
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    tx.commit().await?;
    if !args.nothing_runs {
        // Whoever started between the look and the commit holds the older generations only.
        refuse_running(ctx, opened.holder()).await.map_err(|_| {
            Failure::failed(
                "the rotation is done, but a process started meanwhile: start it again, it has the older key",
            )
        })?;
    }
    Ok((master.generation(), sealed))
}

/// A running process has the older generations only: it could neither open what is sealed anew nor read new share codes.
async fn refuse_running(ctx: &Ctx, own: &str) -> Result<(), Failure> {
    let nodes = leases::nodes(&mut ctx.db.read().await?, ctx.now()).await?;
    let others: Vec<_> = nodes.iter().filter(|(holder, _)| holder != own).collect();
    let Some(until) = others.iter().map(|(_, until)| *until).max() else { return Ok(()) };
    Err(Failure::usage(format!(
        "{} other processes work with this database (or were killed: then their numbers are free at {}); stop `serve` and \
         `worker`, then rotate (after a crash, --nothing-runs says that nobody is left)",
        others.len(),
        until.rfc3339()
    )))
}

/// Whole or not at all, and never readable by others.
fn write_key(path: &Path, master: &MasterKey) -> Result<(), Failure> {
    let wrong = |e: std::io::Error| Failure::failed(format!("{} cannot be written: {e}", path.display()));
    let mut name = std::ffi::OsString::from(path);
    name.push(".new");
    let new = Path::new(&name);
    let _ = std::fs::remove_file(new);
    let mut file = crate::backup::private(new).map_err(wrong)?;
    let text =
        format!("# Generations of the master key, the oldest first; none may be taken out.\n{}\n", master.to_hex());
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| std::fs::rename(new, path)).map_err(wrong)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    crate::backup::sync_folder(folder).map_err(wrong)
}
