//! A rule about one tag.

use super::condition::Condition;
use super::document::Severity;
use super::pattern::{Pattern, TagKey};
use crate::subject::Subject;

/// A tag that an instance must have, or must not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which tag.
    pub key: TagKey,
    /// What is asked of it.
    pub requirement: Requirement,
    /// Whom to ask about the tag, where to look it up.
    pub description: Option<String>,
    /// How bad a violation is.
    pub severity: Option<Severity>,
    /// When the rule is for an instance; always without it.
    pub when: Option<Condition>,
}

/// What a rule asks of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// It is there with a value that is not blank and that this allows.
    Required(ValueRules),
    /// It is not there.
    Forbidden,
}

/// Which values a required tag may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueRules {
    /// One of these.
    pub allowed_values: Option<Vec<String>>,
    /// Whether the case of `allowed_values` does not matter.
    pub ignore_case: bool,
    /// The whole value matches.
    pub pattern: Option<Pattern>,
    /// The least characters.
    pub min_length: Option<u32>,
    /// The most characters.
    pub max_length: Option<u32>,
}

impl Rule {
    /// Whether the rule forbids the tag.
    #[must_use]
    pub fn is_forbidding(&self) -> bool {
        self.requirement == Requirement::Forbidden
    }

    /// Whether the rule is for an instance.
    #[must_use]
    pub fn is_for(&self, subject: &Subject<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(subject))
    }

    /// Whether a change of this tag can make a difference to what the rule finds.
    #[must_use]
    pub fn depends_on(&self, tag_key: &str) -> bool {
        let when = self.when.as_ref();
        self.key.names(tag_key) || when.is_some_and(|when| when.depends_on(tag_key))
    }
}
