//! A rule about one tag.

use super::condition::Condition;
use super::document::Severity;
use super::pattern::{TagKey, same};
use super::value::ValueRules;
use crate::day::Day;
use crate::subject::Subject;
use crate::timestamp::Timestamp;

/// A tag that an instance must have, or must not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub key: TagKey,
    pub requirement: Requirement,
    /// What alerts say about the tag: whom to ask, where to look it up.
    pub description: Option<String>,
    pub severity: Option<Severity>,
    /// The condition under which the rule applies; none if it always does.
    pub when: Option<Condition>,
    /// The first day on which a violation counts; until then it is only reported.
    pub enforced_from: Option<Day>,
}

/// The requirement of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// The tag is present, its value is not blank, and it meets these requirements.
    Required(ValueRules, OtherKeys),
    /// If the tag is present, its value is not blank and meets these requirements.
    Optional(ValueRules, OtherKeys),
    /// The tag is absent.
    Forbidden,
}

/// Keys beside that of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherKeys {
    /// A tag with one of these keys is accepted as well.
    pub alternatives: Vec<TagKey>,
    /// Other words that people write for the rule's key.
    pub aliases: Vec<String>,
}

impl Rule {
    /// Whether the rule forbids the tag.
    #[must_use]
    pub fn is_forbidding(&self) -> bool {
        self.requirement == Requirement::Forbidden
    }

    /// Whether it is enforced at this time.
    #[must_use]
    pub fn is_enforced(&self, now: Timestamp) -> bool {
        self.enforced_from.is_none_or(|day| now >= day.start())
    }

    /// Whether it names a tag.
    #[must_use]
    pub fn is_about(&self, tag_key: &str) -> bool {
        self.key.names(tag_key)
            || self
                .other_keys()
                .is_some_and(|keys| keys.alternatives.iter().any(|key| key.names(tag_key)))
    }

    /// Other accepted keys, unless the tag is forbidden.
    #[must_use]
    pub fn other_keys(&self) -> Option<&OtherKeys> {
        match &self.requirement {
            Requirement::Required(_, keys) | Requirement::Optional(_, keys) => Some(keys),
            Requirement::Forbidden => None,
        }
    }

    /// The requirements for the value, unless the tag is forbidden.
    #[must_use]
    pub fn values(&self) -> Option<&ValueRules> {
        match &self.requirement {
            Requirement::Required(values, _) | Requirement::Optional(values, _) => Some(values),
            Requirement::Forbidden => None,
        }
    }

    /// Whether the rule applies to an instance.
    #[must_use]
    pub fn is_for(&self, subject: &Subject<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(subject))
    }

    /// Whether it names this tag, itself or in its condition.
    #[must_use]
    pub fn mentions(&self, tag_key: &str) -> bool {
        let when = self.when.as_ref();
        self.is_about(tag_key) || when.is_some_and(|when| when.depends_on(tag_key))
    }

    /// Whether this key is one of its own, in whatever case.
    #[must_use]
    pub fn is_about_in_any_case(&self, tag_key: &str) -> bool {
        let alternatives = self.other_keys().into_iter();
        let mut keys = std::iter::once(&self.key)
            .chain(alternatives.flat_map(|keys| &keys.alternatives))
            .filter(|key| !key.is_pattern());
        keys.any(|key| same(&key.text, tag_key, true))
    }

    /// Whether a change of this tag can change the outcome of the rule. An optional tag in another case is
    /// misspelled; a required one is missing with it and without it.
    #[must_use]
    pub fn depends_on(&self, tag_key: &str) -> bool {
        let is_optional = matches!(self.requirement, Requirement::Optional(..));
        self.mentions(tag_key) || is_optional && self.is_about_in_any_case(tag_key)
    }
}
