//! Keys and what is kept under them. One master key per installation, in generations; everything else derives from it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use kernel::{CodeKey, CodeKeys};
use sha2::{Digest, Sha256};
use std::fmt;

/// Versions of the sealed form: `1 | nonce 24 | ciphertext` (generation 0), `2 | generation | nonce 24 | ciphertext`.
const SEALED_V1: u8 = 1;
const SEALED_V2: u8 = 2;
const NONCE: usize = 24;
/// A share code that is nobody's is tried with each generation of its key id: there must not be many.
pub const GENERATIONS_MAX: usize = 64;

/// Generations of 32 bytes each, from a 0600 file or `DAOGOU_MASTER_KEY`: the newest seals and signs, all open and verify.
/// At least one. Never printed.
#[derive(Clone)]
pub struct MasterKey(Vec<[u8; 32]>);

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "a master key is 64 hexadecimal characters; after a rotation one line of them per generation, the oldest first"
    )]
    NotAKey,
    #[error("a master key has at most {GENERATIONS_MAX} generations")]
    TooMany,
    #[error("the stored secret cannot be opened with this master key")]
    CannotOpen,
    #[error("the stored secret was sealed with generation {0} of the master key, which is not here")]
    Newer(u8),
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
        MasterKey(vec![random()])
    }

    /// A line per generation, the oldest first; what follows `#` is a comment.
    pub fn from_hex(text: &str) -> Result<MasterKey, SecretError> {
        let words = text.lines().flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
        let key = |word: &str| unhex(word).and_then(|bytes| bytes.try_into().ok()).ok_or(SecretError::NotAKey);
        let keys: Vec<[u8; 32]> = words.map(key).collect::<Result<_, _>>()?;
        match keys.len() {
            0 => Err(SecretError::NotAKey),
            n if n > GENERATIONS_MAX => Err(SecretError::TooMany),
            _ => Ok(MasterKey(keys)),
        }
    }

    /// For the key file only.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|key| hex(key)).collect::<Vec<_>>().join("\n")
    }

    /// The newest; 0 until the first rotation.
    pub fn generation(&self) -> u8 {
        u8::try_from(self.0.len() - 1).unwrap_or(u8::MAX)
    }

    /// The same key with a generation more.
    pub fn rotated(&self) -> Result<MasterKey, SecretError> {
        if self.0.len() >= GENERATIONS_MAX {
            return Err(SecretError::TooMany);
        }
        Ok(MasterKey(self.0.iter().copied().chain([random()]).collect()))
    }

    fn derive(&self, generation: u8, purpose: &str) -> Option<[u8; 32]> {
        let mut key = [0u8; 32];
        let master = self.0.get(usize::from(generation))?;
        // 32 bytes are far below HKDF's limit; the call cannot fail.
        let _ = Hkdf::<Sha256>::new(Some(b"daogou"), master).expand(purpose.as_bytes(), &mut key);
        Some(key)
    }

    /// Keys of share codes: the newest generation signs, under the last two bits of its number; all verify for ever.
    pub fn code_keys(&self) -> CodeKeys {
        let key = |generation: u8| {
            let id = generation & 3;
            CodeKey { id, secret: self.derive(generation, &format!("share-code/{id}")).unwrap_or_default() }
        };
        CodeKeys::new(key(self.generation()), (0..self.generation()).map(key).collect())
    }

    /// Seals a secret for the database. `context` (table and row) must be the same when it is opened.
    pub fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SecretError> {
        let generation = self.generation();
        let key = self.derive(generation, "credentials/0").ok_or(SecretError::CannotSeal)?;
        let nonce: [u8; NONCE] = random();
        let payload = Payload { msg: secret, aad: context.as_bytes() };
        let sealed = XChaCha20Poly1305::new(&key.into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SecretError::CannotSeal)?;
        Ok([&[SEALED_V2, generation], nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SecretError> {
        let generation = sealed_with(sealed).ok_or(SecretError::CannotOpen)?;
        let rest = &sealed[if sealed[0] == SEALED_V1 { 1 } else { 2 }..];
        let Some((nonce, ciphertext)) = rest.split_first_chunk::<NONCE>() else {
            return Err(SecretError::CannotOpen);
        };
        let key = self.derive(generation, "credentials/0").ok_or(SecretError::Newer(generation))?;
        let payload = Payload { msg: ciphertext, aad: context.as_bytes() };
        XChaCha20Poly1305::new(&key.into()).decrypt(&XNonce::from(*nonce), payload).map_err(|_| SecretError::CannotOpen)
    }

    /// The secret sealed with the newest generation; `None` where it is already.
    pub fn seal_anew(&self, context: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, SecretError> {
        if sealed_with(sealed) == Some(self.generation()) {
            return self.open(context, sealed).map(|_| None);
        }
        self.seal(context, &self.open(context, sealed)?).map(Some)
    }

    /// A keyed mark of some text, for CSRF tokens and address hashes.
    pub fn mark(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        self.mark_of(self.generation(), purpose, text).unwrap_or_default()
    }

    /// The mark of one generation; `None` where the key has it not.
    pub fn mark_of(&self, generation: u8, purpose: &str, text: &[u8]) -> Option<[u8; 32]> {
        self.derive(generation, purpose).map(|key| MarkKey::new(&key).mark(text))
    }

    /// For many marks of one purpose, with the newest generation.
    pub fn mark_key(&self, purpose: &str) -> MarkKey {
        MarkKey::new(&self.derive(self.generation(), purpose).unwrap_or_default())
    }
}

/// What [`MasterKey::mark`] does, made ready once.
#[derive(Clone)]
pub struct MarkKey(Option<Hmac<Sha256>>);

impl MarkKey {
    fn new(key: &[u8]) -> MarkKey {
        MarkKey(<Hmac<Sha256> as KeyInit>::new_from_slice(key).ok())
    }

    pub fn mark(&self, text: &[u8]) -> [u8; 32] {
        let Some(mut mac) = self.0.clone() else { return [0; 32] };
        mac.update(text);
        mac.finalize().into_bytes().into()
    }
}

/// The generation that a secret was sealed with.
fn sealed_with(sealed: &[u8]) -> Option<u8> {
    match sealed {
        [SEALED_V1, ..] => Some(0),
        [SEALED_V2, generation, ..] => Some(*generation),
        _ => None,
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
        for wrong in ["abc", "", "# only a comment\n", &format!("{}ff", key.to_hex())] {
            assert!(MasterKey::from_hex(wrong).is_err(), "{wrong}");
        }
        let newer = key.rotated().unwrap();
        let text = format!("# generations\n{}  # newest last\n", newer.to_hex());
        assert_eq!(MasterKey::from_hex(&text).unwrap().0, newer.0);
        assert_eq!((newer.generation(), newer.0[0]), (1, key.0[0]));
        assert_eq!(format!("{key:?}"), "MasterKey(..)");
    }

    #[test]
    fn what_an_older_generation_sealed_and_signed_stays_good() {
        let old = MasterKey::draw();
        let mut new = old.rotated().unwrap();
        let sealed = old.seal("x", b"secret").unwrap();
        assert_eq!(new.open("x", &sealed).unwrap(), b"secret");
        let anew = new.seal_anew("x", &sealed).unwrap().unwrap();
        assert_eq!(new.open("x", &anew).unwrap(), b"secret");
        assert!(new.seal_anew("x", &anew).unwrap().is_none());
        assert!(matches!(old.open("x", &anew), Err(SecretError::Newer(1))));
        // As sealed before there were generations.
        let first = [&[SEALED_V1], &sealed[2..]].concat();
        assert_eq!(new.open("x", &first).unwrap(), b"secret");

        let code = kernel::ShareCode { bucket: kernel::Bucket::ZERO, promoter: 7, community: 2, product: 9 };
        let mut issued = vec![code.text(&old.code_keys()).unwrap()];
        for _ in 1..9 {
            issued.push(code.text(&new.code_keys()).unwrap());
            new = new.rotated().unwrap();
        }
        for text in &issued {
            assert_eq!(kernel::ShareCode::parse(text, &new.code_keys()), Ok(code));
        }
        assert!(kernel::ShareCode::parse(&issued[8], &old.code_keys()).is_err());
        assert!(kernel::ShareCode::parse(&issued[8], &MasterKey::draw().code_keys()).is_err());
    }
}
