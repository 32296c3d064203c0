//! Passwords: argon2id, off the async threads, a few at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Hashing takes 19 MiB and tens of milliseconds each; more at once would starve a small machine.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

pub const PASSWORD_MIN_CHARS: usize = 10;
pub const PASSWORD_MAX_BYTES: usize = 200;

#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed")]
pub struct HashError;

/// PHC text with its own salt and parameters.
pub async fn hash(password: &str) -> Result<String, HashError> {
    let password = password.to_owned();
    off_thread(move || {
        let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
        hash.map(|h| h.to_string()).map_err(|_| HashError)
    })
    .await
}

/// Whether the password fits. With no stored hash, or an empty one, none does, and it still takes as long, so that the time does not tell which
/// names exist.
pub async fn verify(password: &str, stored: Option<&str>) -> Result<bool, HashError> {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm90IGEgcmVhbCBzYWx0$wPqNfMV9qfD0nA4tTPnrmj1p8GgHIBa0hmPVvKTVhXs";
    let stored = stored.filter(|hash| !hash.is_empty());
    let known = stored.is_some();
    let stored = stored.unwrap_or(NOBODY).to_owned();
    let password = password.to_owned();
    off_thread(move || {
        let hash = PasswordHash::new(&stored).map_err(|_| HashError)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known)
    })
    .await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
) -> Result<T, HashError> {
    let _permit = AT_ONCE.acquire().await.map_err(|_| HashError)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| HashError)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let stored = hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse", Some(&stored)).await.unwrap());
        assert!(!verify("wrong horse", Some(&stored)).await.unwrap());
        assert!(!verify("anything", None).await.unwrap());
        assert!(!verify("", Some("")).await.unwrap());
    }
}
