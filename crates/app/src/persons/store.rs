//! Statements of this slice.

use super::model::{Person, Session, SessionKind};
use super::rules;
use super::wechat::Identity;
use infra::args;
use infra::db::{DbError, Row, Tx};
use infra::ids::IdSource;
use infra::secrets;
use kernel::{Bucket, Instant, PersonId, TokenId};
use std::collections::{BTreeSet, HashMap};

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

/// A person who signs in by WeChat alone: without a name and a password.
pub async fn create_nameless(
    tx: &mut Tx,
    ids: &IdSource,
    now: Instant,
    display_name: &str,
) -> Result<PersonId, DbError> {
    let id: PersonId = ids.next(ids.draw_bucket());
    tx.run(sql!("create"), args![id.bucket(), id, display_name, "", now]).await?;
    Ok(id)
}

/// Whose an identity at WeChat is.
pub async fn person_of_identity(tx: &mut Tx, identity: &Identity) -> Result<Option<PersonId>, DbError> {
    let args = args![identity.bucket(), &identity.appid, &identity.openid];
    tx.one(sql!("person_of_identity"), args).await?.map(|row| row.id("person_id")).transpose()
}

/// Gives an identity to a person; false where it belongs to somebody already.
pub async fn take_identity(tx: &mut Tx, identity: &Identity, person: PersonId, now: Instant) -> Result<bool, DbError> {
    let args = args![identity.bucket(), &identity.appid, &identity.openid, person, now];
    Ok(tx.one(sql!("take_identity"), args).await?.is_some())
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

/// Names of persons.
pub async fn names(tx: &mut Tx, ids: Vec<PersonId>) -> Result<HashMap<PersonId, String>, DbError> {
    let ids: BTreeSet<PersonId> = ids.into_iter().collect();
    let rows = tx.all_of(sql!("names"), ids.into_iter().map(|id| args![id.bucket(), id]).collect()).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.text("display_name")?))).collect()
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

/// Lets changes of one person's sessions happen one after the other.
pub async fn lock(tx: &mut Tx, person: PersonId) -> Result<(), DbError> {
    tx.one(sql!("lock"), args![person.bucket(), person]).await.map(|_| ())
}

/// False where the password has changed since `checked` was loaded.
pub async fn set_password(tx: &mut Tx, person: PersonId, hash: &str, checked: &str) -> Result<bool, DbError> {
    Ok(tx.one(sql!("set_password"), args![person.bucket(), person, hash, checked]).await?.is_some())
}

/// False where the person has no such session or token.
pub async fn end_session(tx: &mut Tx, person: PersonId, session: TokenId) -> Result<bool, DbError> {
    Ok(tx.one(sql!("end_session"), args![person.bucket(), person, session]).await?.is_some())
}

/// Ends a person's browser sessions but one.
pub async fn end_other_sessions(tx: &mut Tx, person: PersonId, stays: TokenId) -> Result<u64, DbError> {
    tx.run(sql!("end_other_sessions"), args![person.bucket(), person, stays]).await
}

/// Ends a person's sessions of mini programs but the newest few.
pub async fn end_old_mini_sessions(tx: &mut Tx, person: PersonId, stay: i64) -> Result<u64, DbError> {
    tx.run(sql!("end_old_mini_sessions"), args![person.bucket(), person, stay]).await
}

/// Forgets what is over.
pub async fn end_expired(tx: &mut Tx, person: PersonId, now: Instant) -> Result<u64, DbError> {
    tx.run(sql!("end_expired"), args![person.bucket(), person, now]).await
}

/// Forgets what is over in a bucket, whoever's.
pub async fn purge(tx: &mut Tx, bucket: Bucket, now: Instant) -> Result<u64, DbError> {
    tx.run(sql!("purge"), args![bucket, now]).await
}

/// A person's API tokens, newest first; at most [`super::session::TOKENS_MAX`].
pub async fn tokens_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Session>, DbError> {
    let rows = tx.all(sql!("tokens_of"), args![person.bucket(), person]).await?;
    rows.iter().map(session).collect()
}

fn session(row: &Row) -> Result<Session, DbError> {
    Ok(Session {
        id: row.id("id")?,
        person: row.id("person_id")?,
        kind: if row.text("kind")? == "api" { SessionKind::Api } else { SessionKind::Browser },
        name: row.text("name")?,
        scopes: row.text("scopes")?.split_whitespace().map(str::to_owned).collect(),
        created_at: row.instant("created_at_us")?,
        expires_at: row.instant("expires_at_us")?,
    })
}
