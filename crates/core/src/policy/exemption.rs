//! Violations that are accepted for a while.

use std::fmt;

use serde::Serialize;

use super::condition::Condition;
use crate::text::OneLine;
use crate::timestamp::Timestamp;

/// An exemption. As JSON it is what the audit record says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exemption {
    /// Who asked for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day (in UTC) on which it counts, as `YYYY-MM-DD`.
    pub expires: String,
    /// Its place in the policy, from 0.
    #[serde(skip)]
    pub index: usize,
    #[serde(skip)]
    pub(super) until: Timestamp,
    /// Which instances are exempt.
    #[serde(skip)]
    pub when: Condition,
}

impl Exemption {
    /// Whether it no longer counts.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now > self.until
    }
}

impl fmt::Display for Exemption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, reason) = (OneLine(&self.owner), OneLine(&self.reason));
        write!(formatter, "{owner}, until {}: {reason}", self.expires)
    }
}
