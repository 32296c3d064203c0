//! Reports as they came, packed: a zstd frame with the field names of a row for its dictionary, so that what is kept of a
//! row is hardly more than what it says.

use infra::db::DbError;
use std::io::Read;
use std::sync::LazyLock;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// Never changes: what was packed with it can only be read with it. (One for another union's rows would be a second.)
const DICTIONARY: &[u8] = include_bytes!("raw_row.json");
const LEVEL: i32 = 1;
/// A row is a few kilobytes; a megabyte is no row of ours.
const TEXT_MAX: usize = 1 << 20;
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

pub(super) struct Packer(zstd::bulk::Compressor<'static>);
pub(crate) struct Unpacker(zstd::bulk::Decompressor<'static>);

fn broken(what: &'static str) -> impl Fn(std::io::Error) -> DbError {
    move |error| DbError::Shape(format!("a raw row cannot be {what}: {error}"))
}

impl Packer {
    pub fn try_new() -> Result<Packer, DbError> {
        zstd::bulk::Compressor::with_prepared_dictionary(&ENCODER).map(Packer).map_err(broken("packed"))
    }

    pub fn pack(&mut self, text: &str) -> Result<Vec<u8>, DbError> {
        self.0.compress(text.as_bytes()).map_err(broken("packed"))
    }
}

impl Unpacker {
    pub fn try_new() -> Result<Unpacker, DbError> {
        zstd::bulk::Decompressor::with_prepared_dictionary(&DECODER).map(Unpacker).map_err(broken("unpacked"))
    }

    pub fn unpack(&mut self, packed: &[u8]) -> Result<String, DbError> {
        let text = if packed.starts_with(&ZSTD_MAGIC) {
            self.0.decompress(packed, TEXT_MAX).map_err(broken("unpacked"))?
        } else {
            inflated(packed).map_err(broken("unpacked"))?
        };
        String::from_utf8(text).map_err(|e| DbError::Shape(format!("a raw row is no text: {e}")))
    }
}

/// Rows of before migration 15.
fn inflated(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::DeflateDecoder::new(packed).take(TEXT_MAX as u64).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn rows_come_back_as_they_were_and_old_ones_too() {
        let text = String::from_utf8(DICTIONARY.to_vec()).unwrap().replace("2.25", "6.54");
        let packed = Packer::try_new().unwrap().pack(&text).unwrap();
        assert!(packed.len() < 60, "{} bytes", packed.len());
        let mut unpacker = Unpacker::try_new().unwrap();
        assert_eq!(unpacker.unpack(&packed).unwrap(), text);
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        assert_eq!(unpacker.unpack(&encoder.finish().unwrap()).unwrap(), text);
        assert!(unpacker.unpack(&packed[..packed.len() - 3]).is_err());
        assert_eq!(unpacker.unpack(&Packer::try_new().unwrap().pack("").unwrap()).unwrap(), "");
    }
}
