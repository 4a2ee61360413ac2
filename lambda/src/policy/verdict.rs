//! What a policy says of an instance.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::document::Severity;
use super::exemption::Exemption;
use super::rule::{ForbiddenTag, InvalidTag, Rule};

/// What a policy says of an instance's tags. Compliant unless it holds a violation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The keys that are required of this instance, in the policy's order.
    pub required_tags: Vec<&'a str>,
    /// Those of them that are absent.
    pub missing_tags: Vec<&'a str>,
    /// Those that are there with a value that does not count.
    pub invalid_tags: Vec<InvalidTag<'a>>,
    /// The tags that must not be there.
    pub forbidden_tags: Vec<ForbiddenTag<'a>>,
    /// The tags that may be meant as missing ones.
    pub misspelled_tags: Vec<MisspelledTag<'a>>,
    /// The rules that are violated.
    pub violated_rules: Vec<&'a Rule>,
    /// Why the violations are accepted.
    pub exemption: Option<&'a Exemption>,
    /// The exemptions that once accepted them.
    pub expired_exemptions: Vec<&'a Exemption>,
}

/// A tag that may be meant as a missing one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MisspelledTag<'a> {
    /// The missing key.
    pub key: &'a str,
    /// The key that is there.
    pub found: &'a str,
}

/// A verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing is violated.
    Compliant,
    /// Something is violated.
    NonCompliant,
    /// Something is violated, and accepted for now.
    Exempt,
}

impl Verdict<'_> {
    /// The verdict in one word.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.exemption {
            _ if self.is_compliant() => Status::Compliant,
            Some(_) => Status::Exempt,
            None => Status::NonCompliant,
        }
    }

    /// Whether nothing is violated; an exemption makes no difference.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.violated_rules.is_empty()
    }

    /// How bad the worst violation is, where the policy says so.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        let severities = self.violated_rules.iter().map(|rule| rule.severity);
        severities.max().flatten()
    }
}

impl Status {
    /// The word in records, answers and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::NonCompliant => "non-compliant",
            Self::Exempt => "exempt",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Severity {
    /// The word in policies, records and alerts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How many instances were judged, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Those that violate nothing.
    pub compliant: u64,
    /// Those that violate something.
    pub non_compliant: u64,
    /// Those whose violations are accepted for now.
    pub exempt: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        match status {
            Status::Compliant => self.compliant += 1,
            Status::NonCompliant => self.non_compliant += 1,
            Status::Exempt => self.exempt += 1,
        }
    }

    /// Counts as many more.
    pub fn merge(&mut self, other: Self) {
        self.compliant += other.compliant;
        self.non_compliant += other.non_compliant;
        self.exempt += other.exempt;
    }

    /// All that were judged.
    #[must_use]
    pub fn checked(self) -> u64 {
        self.compliant + self.non_compliant + self.exempt
    }
}
