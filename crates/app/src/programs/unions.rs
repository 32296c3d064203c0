//! Connections to union accounts: made from the stored credentials on first use and kept until the account changes.

use super::store;
use crate::ctx::Ctx;
use connectors::unions::Union;
use connectors::unions::jd::{JdConfig, JdUnion, PositionsOf};
use infra::args;
use infra::db::{DbError, Row, Tx};
use infra::http::Failure;
use kernel::{Problem, ProblemCode, UnionAccountId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub const UNKNOWN_ACCOUNT: ProblemCode = ProblemCode::new("union_accounts.unknown", 404, "no such union account");
pub const PAUSED_ACCOUNT: ProblemCode = ProblemCode::new("union_accounts.paused", 409, "the union account is paused");

/// Credentials at one union, without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnionAccount {
    pub id: UnionAccountId,
    pub union_code: String,
    pub name: String,
    pub gateway_url: String,
    pub app_key: String,
    /// Hosts that its converted links may lead to (`u.jd.com`, `127.0.0.1:9100`).
    pub link_hosts: Vec<String>,
    pub per_second: u32,
    pub daily_budget: u64,
    pub active: bool,
    pub version: i64,
}

/// A connection, and the version of the account that it was made for.
type Open = (i64, Arc<dyn Union>);

/// All connections of this process.
#[derive(Default)]
pub struct Unions {
    open: Mutex<HashMap<UnionAccountId, Open>>,
}

impl Unions {
    /// The account and its connection. Fails where the account is unknown or paused or its secret cannot be opened.
    pub async fn connect(&self, ctx: &Ctx, id: UnionAccountId) -> Result<(UnionAccount, Arc<dyn Union>), Failure> {
        let mut read = ctx.db.read().await?;
        let (account, sealed) = find_account(&mut read, id)
            .await?
            .ok_or_else(|| Problem::new(UNKNOWN_ACCOUNT, format!("there is no union account {id}")))?;
        if !account.active {
            return Err(Problem::new(PAUSED_ACCOUNT, format!("union account {} is paused", account.name)).into());
        }
        let known = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some((version, union)) = known
            && version == account.version
        {
            return Ok((account, union));
        }
        let secret = ctx.master.open(&seal_context(id), &sealed).map_err(Failure::broken)?;
        let secret = String::from_utf8(secret).map_err(Failure::broken)?;
        let used = used_budget(&mut read, id).await?;
        let tracking = store::account_tracking(&mut read, id).await?;
        let mut config = JdConfig::new(&account.gateway_url, &account.app_key, &secret);
        config.per_second = account.per_second;
        config.daily_budget = account.daily_budget;
        config.used_today = used;
        config.timeout = ctx.settings.union_patience;
        config.site_id = tracking.site_id;
        if let (Some(union_id), Some(sealed)) = (tracking.position_union_id, &tracking.position_key) {
            let key = ctx.master.open(&position_seal_context(id), sealed).map_err(Failure::broken)?;
            config.positions = Some(PositionsOf { union_id, key: String::from_utf8(key).map_err(Failure::broken)? });
        }
        let union: Arc<dyn Union> = Arc::new(JdUnion::try_new(config, ctx.clock.clone()).map_err(Failure::broken)?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(id, (account.version, union.clone()));
        Ok((account, union))
    }

    /// Puts a connection in the place of the one that would be made, for as long as the account has this version.
    pub fn put(&self, account: UnionAccountId, version: i64, union: Arc<dyn Union>) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(account, (version, union));
    }
}

/// What a stored secret is bound to.
pub fn seal_context(id: UnionAccountId) -> String {
    format!("union_account/{id}")
}

/// What a stored key for positions is bound to.
pub fn position_seal_context(id: UnionAccountId) -> String {
    format!("union_account/{id}/positions")
}

/// The account with its sealed secret.
pub async fn find_account(tx: &mut Tx, id: UnionAccountId) -> Result<Option<(UnionAccount, Vec<u8>)>, DbError> {
    let Some(row) = tx.one(sql!("find_account"), args![id]).await? else { return Ok(None) };
    Ok(Some((account(&row)?, row.bytes("app_secret")?)))
}

pub(super) fn account(row: &Row) -> Result<UnionAccount, DbError> {
    Ok(UnionAccount {
        id: row.id("id")?,
        union_code: row.text("union_code")?,
        name: row.text("name")?,
        gateway_url: row.text("gateway_url")?,
        app_key: row.text("app_key")?,
        link_hosts: row.text("link_hosts")?.split_whitespace().map(str::to_owned).collect(),
        per_second: u32::try_from(row.int("per_second")?).unwrap_or(1),
        daily_budget: u64::try_from(row.int("daily_budget")?).unwrap_or(0),
        active: row.text("state")? == "active",
        version: row.int("version")?,
    })
}

/// The newest day (as counted by `Zone::day` in the union's zone) with calls, and how many.
pub async fn used_budget(tx: &mut Tx, id: UnionAccountId) -> Result<Option<(i64, u64)>, DbError> {
    let row = tx.one(sql!("used_budget"), args![id]).await?;
    row.map(|row| Ok((row.int("day")?, u64::try_from(row.int("calls")?).unwrap_or(0)))).transpose()
}

/// Remembers the calls made, so that a restart does not forget the budget.
pub async fn note_budget(ctx: &Ctx, id: UnionAccountId, union: &dyn Union) -> Result<(), DbError> {
    let state = union.budget();
    let mut tx = ctx.db.begin().await?;
    let calls = i64::try_from(state.used).unwrap_or(i64::MAX);
    tx.run(sql!("note_budget"), args![id, state.day, calls]).await?;
    tx.commit().await
}
