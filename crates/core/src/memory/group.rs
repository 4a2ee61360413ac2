//! The group that a message is for.

use std::fmt;
use std::str::FromStr;

use super::hex_id::{HexId, InvalidHexId};
use crate::expected::Expected;
use crate::text::Untrusted;

/// The owner by which messages are grouped, as a hash. It becomes part of keys, which must not contain text from
/// outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(HexId);

impl Expected for Group {
    const EXPECTED: &'static str = HexId::EXPECTED;
}

impl Group {
    /// The group of an owner, or of the instances that have none.
    #[must_use]
    pub fn of_owner(owner: Option<Untrusted<'_>>) -> Self {
        Self(HexId::of(owner.map_or("", Untrusted::raw)))
    }

    /// The group as part of a key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Group {
    type Err = InvalidHexId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
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
        assert_eq!("".parse::<Group>(), Err(InvalidHexId));
    }
}
