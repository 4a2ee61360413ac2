//! Text that is gzipped and in base64, to fit where little room is.

use std::io::{self, Read as _, Write as _};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Packs bytes.
///
/// # Errors
/// None that a `Vec` can cause; the signature is that of the writers.
pub fn pack(bytes: &[u8]) -> io::Result<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(BASE64_STANDARD.encode(encoder.finish()?))
}

/// Why text can't be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is not base64, or no gzip archive.
    #[error("{0}")]
    Malformed(#[from] io::Error),
    /// It holds more than is allowed, in bytes.
    #[error("more than {0} bytes")]
    TooLong(u64),
}

/// The bytes that were packed, at most `max_bytes` of them.
///
/// # Errors
/// The text was not packed here, or holds more.
pub fn unpack(text: &str, max_bytes: u64) -> Result<Vec<u8>, UnpackError> {
    let archive = BASE64_STANDARD.decode(text).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    GzDecoder::new(archive.as_slice())
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(UnpackError::TooLong(max_bytes));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_up_to_the_limit() {
        let packed = pack(b"four").unwrap();
        assert_eq!(unpack(&packed, 4).unwrap(), b"four");
        let error = unpack(&packed, 3).unwrap_err();
        assert_eq!(error.to_string(), "more than 3 bytes");
    }

    #[test]
    fn what_is_not_packed_is_refused() {
        let error = unpack("%", 4).unwrap_err();
        assert_eq!(error.to_string(), "Invalid symbol 37, offset 0.");
        let plain = BASE64_STANDARD.encode("plain");
        assert!(matches!(unpack(&plain, 4), Err(UnpackError::Malformed(_))));
    }
}
