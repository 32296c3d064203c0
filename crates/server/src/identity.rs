//! Which installation a database is of, and whether the master key at hand is its own.
//!
//! The database says `id` (drawn once) and `key`: the newest generation of the master key that it was used with, and that
//! generation's mark of the id. So a key of another installation, and one from before a rotation, are known at once.

use crate::failure::Failure;
use app::programs::secrets;
use infra::db::{Db, DbError, Tx};
use infra::secrets::{MasterKey, hex, random, same};
use infra::{args, installation};

const ID: &str = "id";
const KEY: &str = "key";
const PURPOSE: &str = "installation";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: String,
    /// `GENERATION:MARK`; empty in a database that was never used with a key.
    pub key: String,
}

impl Identity {
    /// What the database says of itself; an id is drawn where it says nothing yet.
    pub async fn of(db: &Db) -> Result<Identity, DbError> {
        let mut tx = db.begin().await?;
        let id = installation::say_first(&mut tx, ID, &hex(&random::<16>())).await?;
        let key = installation::said(&mut tx, KEY).await?.unwrap_or_default();
        tx.commit().await?;
        Ok(Identity { id, key })
    }

    /// Without writing anything; `None`: nothing was said yet.
    pub async fn read(db: &Db) -> Result<Option<Identity>, DbError> {
        let mut read = db.read().await?;
        let Some(id) = installation::said(&mut read, ID).await? else { return Ok(None) };
        Ok(Some(Identity { id, key: installation::said(&mut read, KEY).await?.unwrap_or_default() }))
    }

    /// The generation that the database was last used with.
    pub fn generation(&self) -> u8 {
        self.key.split_once(':').and_then(|(generation, _)| generation.parse().ok()).unwrap_or(0)
    }

    /// Why this key is not the one of the installation; `None` where it is, or where nobody can tell.
    pub fn why_not(&self, master: &MasterKey) -> Option<String> {
        let (generation, said) = self.key.split_once(':')?;
        let id = &self.id;
        match generation.parse().ok().map(|generation| master.mark_of(generation, PURPOSE, id.as_bytes())) {
            Some(Some(mark)) if same(hex(&mark[..16]).as_bytes(), said.as_bytes()) => None,
            Some(None) => Some(format!(
                "the master key is from before a rotation (it ends with generation {}, installation {id} uses {generation}); \
                 put the newer key file in its place",
                master.generation()
            )),
            _ => Some(format!(
                "the database is of another installation ({id}): the master key at hand is not the one that it was made with; \
                 put its own key file in place, or check database.url"
            )),
        }
    }
}

/// `GENERATION:MARK` of the newest generation.
fn key_of(master: &MasterKey, id: &str) -> String {
    format!("{}:{}", master.generation(), hex(&master.mark(PURPOSE, id.as_bytes())[..16]))
}

/// Refuses a database that was made with another master key; the first time, remembers the key.
pub async fn settle(db: &Db, master: &MasterKey) -> Result<Identity, Failure> {
    let found = Identity::of(db).await?;
    if !found.key.is_empty() {
        return found.why_not(master).map_or(Ok(found), |why| Err(Failure::usage(why)));
    }
    let mut tx = db.begin().await?;
    if let Some(closed) = secrets::first_closed(&mut tx, master).await? {
        return Err(Failure::usage(format!(
            "the master key at hand is not the one that this database was made with: {closed}; put its own key file in place"
        )));
    }
    let key = installation::say_first(&mut tx, KEY, &key_of(master, &found.id)).await?;
    tx.commit().await?;
    let settled = Identity { key, ..found };
    settled.why_not(master).map_or(Ok(settled), |why| Err(Failure::usage(why)))
}

/// Says that the database is used with the newest generation from now on.
pub async fn say_rotated(tx: &mut Tx, master: &MasterKey, id: &str) -> Result<(), DbError> {
    installation::say(tx, KEY, &key_of(master, id)).await
}

/// Whether the file is one of ours at all.
pub async fn is_ours(db: &Db) -> Result<bool, DbError> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1";
    Ok(!db.read().await?.all(sql, args!["installation"]).await?.is_empty())
}
