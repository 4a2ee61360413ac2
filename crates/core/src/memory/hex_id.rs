//! Short ids of sixteen hexadecimal digits, which are safe in keys.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::expected::Expected;

const HEX_DIGITS: usize = 16;

/// The first sixteen hexadecimal digits of a hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HexId(String);

/// The text isn't such an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected {}", HexId::EXPECTED)]
pub struct InvalidHexId;

impl Expected for HexId {
    const EXPECTED: &'static str = "16 lowercase hexadecimal digits";
}

impl HexId {
    /// The id of some bytes.
    #[must_use]
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let mut digits = hex::encode(Sha256::digest(bytes));
        digits.truncate(HEX_DIGITS);
        Self(digits)
    }

    /// The id as part of a key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HexId {
    type Err = InvalidHexId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_id = text.len() == HEX_DIGITS && text.bytes().all(is_digit);
        is_id.then(|| Self(text.to_owned())).ok_or(InvalidHexId)
    }
}

impl fmt::Display for HexId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = HexId::of("web");
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_eq!(id.to_string(), id.as_str());
        for text in ["", "xyz", "0123456789ABCDEF", "0123456789abcdef0"] {
            assert_eq!(text.parse::<HexId>(), Err(InvalidHexId), "{text}");
        }
    }
}
