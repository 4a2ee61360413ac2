//! A rule about one tag, and what it finds.

use std::fmt;

use serde::Serialize;

use super::Subject;
use super::condition::{Condition, Test};
use super::document::Severity;
use super::misspelling;
use super::pattern::{Pattern, TagKey, same};
use crate::text::OneLine;

/// A tag that an instance must have, or must not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which tag.
    pub key: TagKey,
    /// What is asked of it.
    pub demand: Demand,
    /// Whom to ask about the tag, where to look it up.
    pub description: Option<String>,
    /// How bad a violation is.
    pub severity: Option<Severity>,
    /// When the rule is for an instance; always without it.
    pub when: Option<Condition>,
}

/// What a rule asks of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
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

/// What a rule finds on an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The rule is not for this instance: this does not hold.
    NotApplicable(&'a Test),
    /// It asks for a tag, which is there with a good value.
    Present(&'a str),
    /// It forbids a tag, which is not there.
    Absent,
    /// The required tag is not there; perhaps it is meant by the tag of this key.
    Missing(Option<&'a str>),
    /// The required tag is there with a value that does not count.
    Invalid(InvalidTag<'a>),
    /// The forbidden tag is there.
    Forbidden(ForbiddenTag<'a>),
}

/// A required tag whose value does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidTag<'a> {
    /// The tag's key.
    pub key: &'a str,
    /// The key as the policy writes it.
    #[serde(skip)]
    pub required: &'a str,
    /// Its value.
    pub value: &'a str,
    /// Why that value does not count.
    #[serde(flatten)]
    pub reason: InvalidReason<'a>,
}

/// Why a required tag's value does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "reason",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum InvalidReason<'a> {
    /// It is empty or white space.
    Blank,
    /// It has too few characters.
    TooShort {
        /// The least.
        min_length: u32,
    },
    /// It has too many characters.
    TooLong {
        /// The most.
        max_length: u32,
    },
    /// The policy allows other values only.
    NotAllowed {
        /// Those that it allows.
        allowed_values: &'a [String],
    },
    /// It does not match.
    PatternMismatch {
        /// The regular expression.
        pattern: &'a str,
    },
}

/// A tag that must not be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForbiddenTag<'a> {
    /// The tag's key.
    pub key: &'a str,
    /// Its value.
    pub value: &'a str,
}

impl Rule {
    /// What the rule finds on an instance. A tag that one of `rules` is about is no misspelling of
    /// another.
    #[must_use]
    pub fn evaluate<'a>(&'a self, subject: &Subject<'a>, rules: &[Self]) -> Outcome<'a> {
        if let Some(unmet) = self.when.as_ref().and_then(|when| when.unmet(subject)) {
            return Outcome::NotApplicable(unmet);
        }
        let tags = &subject.instance.tags;
        match (&self.demand, self.key.find(tags)) {
            (Demand::Forbidden, None) => Outcome::Absent,
            (Demand::Forbidden, Some((key, value))) => {
                Outcome::Forbidden(ForbiddenTag { key, value })
            }
            (Demand::Required(_), None) => {
                let of_no_rule = tags
                    .keys()
                    .filter(|key| !rules.iter().any(|rule| rule.key.names(key)));
                Outcome::Missing(misspelling::of(&self.key.text, of_no_rule))
            }
            (Demand::Required(values), Some((key, value))) => match values.objection(value) {
                None => Outcome::Present(value),
                Some(reason) => Outcome::Invalid(InvalidTag {
                    key,
                    required: &self.key.text,
                    value,
                    reason,
                }),
            },
        }
    }

    /// Whether the rule forbids the tag.
    #[must_use]
    pub fn is_forbidding(&self) -> bool {
        self.demand == Demand::Forbidden
    }

    /// Whether a change of this tag can make a difference to what the rule finds.
    #[must_use]
    pub fn depends_on(&self, tag_key: &str) -> bool {
        let when = self.when.as_ref();
        self.key.names(tag_key) || when.is_some_and(|when| when.depends_on(tag_key))
    }
}

impl ValueRules {
    /// The first reason against a value.
    fn objection(&self, value: &str) -> Option<InvalidReason<'_>> {
        if super::is_blank(value) {
            return Some(InvalidReason::Blank);
        }
        let length = value.chars().count();
        let too_short = self.min_length.filter(|&min| length < min as usize);
        let too_long = self.max_length.filter(|&max| length > max as usize);
        let allows = |allowed: &String| same(allowed, value, self.ignore_case);
        let not_allowed = self
            .allowed_values
            .as_ref()
            .filter(|values| !values.iter().any(allows));
        let mismatch = self
            .pattern
            .as_ref()
            .filter(|pattern| !pattern.matches(value));
        too_short
            .map(|min_length| InvalidReason::TooShort { min_length })
            .or(too_long.map(|max_length| InvalidReason::TooLong { max_length }))
            .or(not_allowed.map(|allowed_values| InvalidReason::NotAllowed { allowed_values }))
            .or(mismatch.map(|pattern| InvalidReason::PatternMismatch {
                pattern: pattern.as_str(),
            }))
    }
}

impl fmt::Display for InvalidTag<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (OneLine(self.key), OneLine(self.value));
        match self.reason {
            InvalidReason::Blank => write!(formatter, "{key}: the value is blank"),
            InvalidReason::TooShort { min_length } => {
                write!(
                    formatter,
                    "{key}: \"{value}\" is shorter than {min_length} characters"
                )
            }
            InvalidReason::TooLong { max_length } => {
                write!(
                    formatter,
                    "{key}: \"{value}\" is longer than {max_length} characters"
                )
            }
            InvalidReason::NotAllowed { allowed_values } => {
                let allowed: Vec<_> = allowed_values
                    .iter()
                    .map(|value| OneLine(value).to_string())
                    .collect();
                let allowed = allowed.join(", ");
                write!(formatter, "{key}: \"{value}\" is not one of {allowed}")
            }
            InvalidReason::PatternMismatch { pattern } => {
                let pattern = OneLine(pattern);
                write!(formatter, "{key}: \"{value}\" does not match {pattern}")
            }
        }
    }
}
