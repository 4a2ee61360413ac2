//! Findings that do not count.

use serde::{Serialize, Serializer};

use super::finding::Outcome;
use crate::day::Day;
use crate::policy::exemption::Exemption;
use crate::policy::rule::Rule;

/// A finding that an exemption accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptFinding<'a> {
    pub rule: &'a Rule,
    pub outcome: Outcome<'a>,
    pub exemption: &'a Exemption,
}

/// A finding of a rule that is not enforced yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingFinding<'a> {
    pub rule: &'a Rule,
    pub outcome: Outcome<'a>,
    /// The first day on which it counts.
    pub enforced_from: Day,
}

/// A finding as in the audit record: the rule's key, the kind, and why it does not count.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded<'a> {
    key: &'a str,
    finding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption: Option<&'a Exemption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforced_from: Option<Day>,
}

impl Serialize for ExemptFinding<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let recorded = Recorded {
            key: &self.rule.key.text,
            finding: self.outcome.as_str(),
            exemption: Some(self.exemption),
            enforced_from: None,
        };
        recorded.serialize(serializer)
    }
}

impl Serialize for UpcomingFinding<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let recorded = Recorded {
            key: &self.rule.key.text,
            finding: self.outcome.as_str(),
            exemption: None,
            enforced_from: Some(self.enforced_from),
        };
        recorded.serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
