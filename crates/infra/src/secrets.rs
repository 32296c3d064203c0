//! Keys and what is kept under them. One master key per installation; everything else derives from it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use kernel::{CodeKey, CodeKeys};
use sha2::{Digest, Sha256};
use std::fmt;

/// Version of the sealed form: `1 | nonce 24 | ciphertext`.
const SEALED_V1: u8 = 1;
const NONCE: usize = 24;

/// 32 bytes from a 0600 file or `DAOGOU_MASTER_KEY`. Never printed.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("a master key is 64 hexadecimal characters")]
    NotAKey,
    #[error("the stored secret cannot be opened with this master key")]
    CannotOpen,
    #[error("the secret cannot be sealed")]
    CannotSeal,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    pub fn draw() -> MasterKey {
        MasterKey(random())
    }

    pub fn from_hex(text: &str) -> Result<MasterKey, SecretError> {
        let bytes = unhex(text.trim()).ok_or(SecretError::NotAKey)?;
        bytes.try_into().map(MasterKey).map_err(|_| SecretError::NotAKey)
    }

    /// For the key file only.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0u8; 32];
        // 32 bytes are far below HKDF's limit; the call cannot fail.
        let _ = Hkdf::<Sha256>::new(Some(b"daogou"), &self.0).expand(purpose.as_bytes(), &mut key);
        key
    }

    /// Keys of share codes: number 0 to 3 signs, all four verify for ever.
    pub fn code_keys(&self, signing: u8) -> CodeKeys {
        let key = |id: u8| CodeKey { id, secret: self.derive(&format!("share-code/{id}")) };
        CodeKeys::new(key(signing & 3), (0..4).filter(|id| *id != signing & 3).map(key).collect())
    }

    /// Seals a secret for the database. `context` (table and row) must be the same when it is opened.
    pub fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SecretError> {
        let nonce: [u8; NONCE] = random();
        let payload = Payload { msg: secret, aad: context.as_bytes() };
        let sealed = XChaCha20Poly1305::new(&self.derive("credentials/0").into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SecretError::CannotSeal)?;
        Ok([&[SEALED_V1], nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SecretError> {
        let Some((SEALED_V1, rest)) = sealed.split_first().map(|(v, rest)| (*v, rest)) else {
            return Err(SecretError::CannotOpen);
        };
        let Some((nonce, ciphertext)) = rest.split_first_chunk::<NONCE>() else {
            return Err(SecretError::CannotOpen);
        };
        let payload = Payload { msg: ciphertext, aad: context.as_bytes() };
        XChaCha20Poly1305::new(&self.derive("credentials/0").into())
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| SecretError::CannotOpen)
    }

    /// A keyed mark of some text, for CSRF tokens and address hashes.
    pub fn mark(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        self.mark_key(purpose).mark(text)
    }

    /// For many marks of one purpose.
    pub fn mark_key(&self, purpose: &str) -> MarkKey {
        MarkKey(<Hmac<Sha256> as KeyInit>::new_from_slice(&self.derive(purpose)).ok())
    }
}

/// What [`MasterKey::mark`] does, made ready once.
#[derive(Clone)]
pub struct MarkKey(Option<Hmac<Sha256>>);

impl MarkKey {
    pub fn mark(&self, text: &[u8]) -> [u8; 32] {
        let Some(mut mac) = self.0.clone() else { return [0; 32] };
        mac.update(text);
        mac.finalize().into_bytes().into()
    }
}

/// Random bytes from the operating system's generator.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    rand::fill(&mut bytes);
    bytes
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of an even number of hexadecimal digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// How bearer tokens and session cookies are kept: only their hash. They are random, so one round is enough.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Equal without telling by the time taken where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0u8, |diff, (x, y)| diff | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_with_its_key_and_in_its_place() {
        let key = MasterKey::draw();
        let sealed = key.seal("union_account/1", b"secret").unwrap();
        assert_eq!(key.open("union_account/1", &sealed).unwrap(), b"secret");
        assert!(key.open("union_account/2", &sealed).is_err());
        assert!(MasterKey::draw().open("union_account/1", &sealed).is_err());
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        assert!(key.open("x", &[]).is_err());
    }

    #[test]
    fn keys_read_back_from_their_file() {
        let key = MasterKey::draw();
        assert_eq!(MasterKey::from_hex(&format!("{}\n", key.to_hex())).unwrap().0, key.0);
        assert!(MasterKey::from_hex("abc").is_err());
        assert_eq!(format!("{key:?}"), "MasterKey(..)");
    }
}
