//! All sealed secrets of this slice: what a rotation of the master key seals anew.

use super::store::{self, WechatSecrets};
use super::unions::{position_seal_context, seal_context};
use super::wechat::{mini_program, official_account};
use infra::args;
use infra::db::{DbError, Tx};
use infra::secrets::{MasterKey, SecretError};
use kernel::{ProgramId, UnionAccountId};

#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("the secret of {0}: {1}")]
    Sealed(String, SecretError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Seals every secret with the newest generation of the key; how many were not yet. One that cannot be opened is an error.
pub async fn seal_anew(tx: &mut Tx, master: &MasterKey) -> Result<usize, SecretsError> {
    let anew = |context: String, sealed: Option<Vec<u8>>| match sealed {
        Some(sealed) => master.seal_anew(&context, &sealed).map_err(|e| SecretsError::Sealed(context, e)),
        None => Ok(None),
    };
    let mut count = 0;
    for row in tx.all(sql!("sealed_accounts"), vec![]).await? {
        let id: UnionAccountId = row.id("id")?;
        let secret = anew(seal_context(id), Some(row.bytes("app_secret")?))?;
        let position_key = anew(position_seal_context(id), row.opt_bytes("position_key")?)?;
        count += usize::from(secret.is_some()) + usize::from(position_key.is_some());
        tx.run(sql!("put_account_secret"), args![id, secret, position_key]).await?;
    }
    for row in tx.all(sql!("sealed_programs"), vec![]).await? {
        let id: ProgramId = row.id("id")?;
        let secrets = WechatSecrets {
            mini_program: anew(mini_program(id), row.opt_bytes("wechat_secret")?)?,
            official_account: anew(official_account(id), row.opt_bytes("official_secret")?)?,
        };
        count += usize::from(secrets.mini_program.is_some()) + usize::from(secrets.official_account.is_some());
        store::put_wechat_secrets(tx, id, secrets).await?;
    }
    Ok(count)
}

/// The first secret that this key does not open; `None` where it opens all.
pub async fn first_closed(tx: &mut Tx, master: &MasterKey) -> Result<Option<SecretsError>, DbError> {
    let opens = |context: String, sealed: Option<Vec<u8>>| {
        sealed.and_then(|sealed| master.open(&context, &sealed).err()).map(|e| SecretsError::Sealed(context, e))
    };
    for row in tx.all(sql!("sealed_accounts"), vec![]).await? {
        let id: UnionAccountId = row.id("id")?;
        let first = opens(seal_context(id), Some(row.bytes("app_secret")?));
        if let Some(closed) = first.or(opens(position_seal_context(id), row.opt_bytes("position_key")?)) {
            return Ok(Some(closed));
        }
    }
    for row in tx.all(sql!("sealed_programs"), vec![]).await? {
        let id: ProgramId = row.id("id")?;
        let first = opens(mini_program(id), row.opt_bytes("wechat_secret")?);
        if let Some(closed) = first.or(opens(official_account(id), row.opt_bytes("official_secret")?)) {
            return Ok(Some(closed));
        }
    }
    Ok(None)
}
