//! `daogou init`: configuration, master key, database, first owner. Run again, it makes only what is missing.

use super::Common;
use crate::config::{Config, EXAMPLE, FILE};
use crate::failure::Failure;
use crate::installation::{Installation, Mode, databases};
use app::ctx::Ctx;
use app::persons::{self, rules};
use app::staff::{self, Role};
use clap::Args;
use infra::secrets::MasterKey;
use infra::{Clock, password};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Init {
    /// Where the configuration, the key and (on SQLite) the data go
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    dir: PathBuf,
    /// Sign-in name of the first owner
    #[arg(long, value_name = "NAME", default_value = "owner")]
    owner: String,
    /// postgres://USER:PASSWORD@HOST/NAME instead of the SQLite file
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Where people reach this installation, as in https://daogou.example
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

pub async fn run(common: &Common, init: Init) -> Result<(), Failure> {
    let tell = common.tell();
    let name = rules::sign_in_name(&init.owner).map_err(|e| Failure::usage(format!("--owner {e}")))?;
    let path = init.dir.join(FILE);
    for file in prepare(&init.dir, init.public_url.as_deref(), init.database.as_deref())? {
        tell.line(format!("wrote {}", file.display()));
    }
    let config = Config::load(Some(&path))?;
    super::logs(&config)?;
    let mode = Mode::usual(common.demo);
    let (db, clicks) = databases(&config, mode.durability).await?;
    let applied = Ctx::migrate(&db, &clicks, Clock::system().now()).await?;
    if applied > 0 {
        tell.line(format!("applied {applied} migrations"));
    }
    db.close().await;
    let installation = Installation::open(config, mode).await?;
    let made = first_owner(&installation.ctx, &name).await;
    installation.close().await;
    match made? {
        Some(password) => {
            tell.line(format!("\nowner     {name}\npassword  {password}\n\nChange it after the first sign-in. Next: daogou serve"));
            tell.json(&json!({ "owner": name, "password": password, "config": path.display().to_string() }));
        }
        None => {
            tell.line("there is an owner already; nothing else to do");
            tell.json(&json!({ "owner": null, "config": path.display().to_string() }));
        }
    }
    Ok(())
}

/// Configuration and master key, where they are not there yet; the files made.
pub fn prepare(dir: &Path, public_url: Option<&str>, database: Option<&str>) -> Result<Vec<PathBuf>, Failure> {
    let mut made = Vec::new();
    std::fs::create_dir_all(dir).map_err(|e| Failure::usage(format!("{} cannot be made: {e}", dir.display())))?;
    let path = dir.join(FILE);
    if !path.exists() {
        write_new(&path, &filled(public_url, database), 0o640)?;
        made.push(path.clone());
    }
    let key = Config::load(Some(&path))?.master_key_path();
    if !key.exists() && std::env::var_os("DAOGOU_MASTER_KEY").is_none() {
        write_new(&key, &format!("{}\n", MasterKey::draw().to_hex()), 0o600)?;
        made.push(key);
    }
    Ok(made)
}

/// The example with the given values in place of the usual ones.
fn filled(public_url: Option<&str>, database: Option<&str>) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    EXAMPLE
        .lines()
        .map(|line| match (database, public_url) {
            (Some(url), _) if line.starts_with("url = ") => format!("url = {}", quoted(url)),
            (_, Some(url)) if line.starts_with("public_url = ") => format!("public_url = {}", quoted(url)),
            _ => line.to_owned(),
        })
        .map(|line| line + "\n")
        .collect()
}

/// Never over something that is there.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(mode);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| Failure::usage(format!("{} cannot be written: {e}", path.display())))
}

/// The password of the owner just made; `None` where an owner of all programs exists.
pub async fn first_owner(ctx: &Ctx, name: &str) -> Result<Option<String>, Failure> {
    let password = rules::one_time_password(persons::session::random_bytes());
    let hash = password::hash(&password).await.map_err(Failure::failed)?;
    let mut tx = ctx.db.begin().await?;
    if !staff::store::owners_of_all(&mut tx).await?.is_empty() {
        return Ok(None);
    }
    let made = persons::store::create(&mut tx, &ctx.ids, ctx.now(), name, name, &hash).await?;
    let person = made.ok_or_else(|| Failure::usage(format!("the name {name} is taken; choose another with --owner")))?;
    staff::store::grant(&mut tx, person, None, Role::Owner, person, ctx.now()).await?;
    tx.commit().await?;
    Ok(Some(password))
}
