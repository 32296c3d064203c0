//! Statements of this slice.

use super::model::{Person, Session};
use super::rules;
use infra::args;
use infra::db::{DbError, Row, Tx};
use infra::ids::IdSource;
use infra::secrets;
use kernel::{Instant, PersonId};

/// A person with a sign-in name as [`rules::sign_in_name`] made it. `None`: the name is taken.
pub async fn create(
    tx: &mut Tx,
    ids: &IdSource,
    now: Instant,
    name: &str,
    display_name: &str,
    password_hash: &str,
) -> Result<Option<PersonId>, DbError> {
    let id: PersonId = ids.next(ids.draw_bucket());
    let taken = tx.one(sql!("take_name"), args![rules::bucket_of_name(name), name, id]).await?.is_none();
    if taken {
        return Ok(None);
    }
    tx.run(sql!("create"), args![id.bucket(), id, display_name, password_hash, now]).await?;
    Ok(Some(id))
}

fn person(row: &Row) -> Result<Person, DbError> {
    Ok(Person {
        id: row.id("id")?,
        display_name: row.text("display_name")?,
        password_hash: row.text("password_hash")?,
        active: row.text("state")? == "active",
        version: row.int("version")?,
    })
}

pub async fn find(tx: &mut Tx, id: PersonId) -> Result<Option<Person>, DbError> {
    tx.one(sql!("find"), args![id.bucket(), id]).await?.as_ref().map(person).transpose()
}

/// By a name as [`rules::sign_in_name`] made it.
pub async fn find_by_name(tx: &mut Tx, name: &str) -> Result<Option<Person>, DbError> {
    let row = tx.one(sql!("person_of_name"), args![rules::bucket_of_name(name), name]).await?;
    let Some(row) = row else { return Ok(None) };
    find(tx, row.id("person_id")?).await
}

/// Keeps a session or token: only the hash of its secret.
pub async fn open_session(tx: &mut Tx, session: &Session, token: &str) -> Result<(), DbError> {
    let args = args![
        session.person.bucket(),
        secrets::token_hash(token),
        session.id,
        session.person,
        session.kind.word(),
        &session.name,
        session.scopes.join(" "),
        session.created_at,
        session.expires_at
    ];
    tx.run(sql!("open_session"), args).await.map(|_| ())
}
