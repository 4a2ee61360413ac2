//! The group that a message is for.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::expected::Expected;
use crate::text::Untrusted;

const HEX_DIGITS: usize = 16;

/// The owner by which messages are grouped, as a hash. It becomes part of keys, which must not contain text from
/// outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(String);

/// The text isn't a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a group: expected {}", Group::EXPECTED)]
pub struct InvalidGroup;

impl Expected for Group {
    const EXPECTED: &'static str = "16 lowercase hexadecimal digits";
}

impl Group {
    /// The group of an owner, or of the instances that have none.
    #[must_use]
    pub fn of_owner(owner: Option<Untrusted<'_>>) -> Self {
        let owner = owner.map_or("", Untrusted::raw);
        let mut digits = hex::encode(Sha256::digest(owner));
        digits.truncate(HEX_DIGITS);
        Self(digits)
    }

    /// The group as part of a key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Group {
    type Err = InvalidGroup;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_group = text.len() == HEX_DIGITS && text.bytes().all(is_digit);
        is_group.then(|| Self(text.to_owned())).ok_or(InvalidGroup)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_a_group_and_so_has_nobody() {
        let web = Group::of_owner(Some(Untrusted::new("web")));
        assert_eq!(web, Group::of_owner(Some(Untrusted::new("web"))));
        assert_ne!(web, Group::of_owner(None));
        assert_eq!(web.as_str().parse(), Ok(web.clone()));
        for text in ["", "xyz", "0123456789ABCDEF", "0123456789abcdef0"] {
            assert_eq!(text.parse::<Group>(), Err(InvalidGroup), "{text}");
        }
    }
}
