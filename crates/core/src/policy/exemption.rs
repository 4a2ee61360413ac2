//! Violations that are accepted for a while.

use std::fmt;

use serde::Serialize;

use super::condition::Condition;
use super::rule::Rule;
use crate::subject::Subject;
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
    /// The keys of the rules whose violations are accepted; without it, those of all but forbidden
    /// tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Which instances are exempt.
    #[serde(skip)]
    pub when: Condition,
}

impl Exemption {
    /// Whether it accepts violations of a rule. A forbidden tag is accepted only if it is named.
    #[must_use]
    pub fn covers(&self, rule: &Rule) -> bool {
        match &self.keys {
            None => !rule.is_forbidding(),
            Some(keys) => keys.contains(&rule.key.text),
        }
    }

    /// Whether it accepts a violation of a rule by this instance at this time.
    #[must_use]
    pub fn accepts(&self, rule: &Rule, subject: &Subject<'_>) -> bool {
        self.covers(rule) && !self.has_expired(subject.now) && self.when.holds(subject)
    }

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
