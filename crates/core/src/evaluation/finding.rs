//! What a rule finds on an instance.

mod misspelling;

use std::fmt;

use serde::Serialize;

use crate::policy::condition::Test;
use crate::policy::pattern::same;
use crate::policy::rule::{Requirement, Rule, ValueRules};
use crate::subject::Subject;
use crate::text::{OneLine, Untrusted, is_blank};

/// What a rule finds on an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The rule is not for this instance: this does not hold.
    NotApplicable(&'a Test),
    /// It asks for a tag, which is there with a good value.
    Present(Untrusted<'a>),
    /// It forbids a tag, which is not there.
    Absent,
    /// The required tag is not there; perhaps it is meant by the tag of this key.
    Missing(Option<Untrusted<'a>>),
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
    pub key: Untrusted<'a>,
    /// The key as the policy writes it.
    #[serde(skip)]
    pub required: &'a str,
    /// Its value.
    pub value: Untrusted<'a>,
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
    /// It has no visible character.
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
    pub key: Untrusted<'a>,
    /// Its value.
    pub value: Untrusted<'a>,
}

/// A tag that may be meant as a missing one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MisspelledTag<'a> {
    /// The missing key.
    pub key: &'a str,
    /// The key that is there.
    pub found: Untrusted<'a>,
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
        match (&self.requirement, self.key.find(tags)) {
            (Requirement::Forbidden, None) => Outcome::Absent,
            (Requirement::Forbidden, Some((key, value))) => {
                Outcome::Forbidden(ForbiddenTag { key, value })
            }
            (Requirement::Required(_), None) => {
                let of_no_rule = tags
                    .keys()
                    .filter(|key| !rules.iter().any(|rule| rule.key.names(key.raw())));
                Outcome::Missing(misspelling::of(&self.key.text, of_no_rule))
            }
            (Requirement::Required(values), Some((key, value))) => {
                match values.objection(value.raw()) {
                    None => Outcome::Present(value),
                    Some(reason) => Outcome::Invalid(InvalidTag {
                        key,
                        required: &self.key.text,
                        value,
                        reason,
                    }),
                }
            }
        }
    }
}

impl ValueRules {
    /// Whether a value counts.
    #[must_use]
    pub fn allows(&self, value: &str) -> bool {
        self.objection(value).is_none()
    }

    /// The first reason against a value.
    fn objection(&self, value: &str) -> Option<InvalidReason<'_>> {
        if is_blank(value) {
            return Some(InvalidReason::Blank);
        }
        let length = value.chars().count();
        let too_short = self.min_length.filter(|&min| length < min as usize);
        let too_long = self.max_length.filter(|&max| length > max as usize);
        let is_it = |allowed: &String| same(allowed, value, self.ignore_case);
        let not_allowed = self
            .allowed_values
            .as_ref()
            .filter(|values| !values.iter().any(is_it));
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
        let (key, value) = (self.key.one_line(), self.value.one_line());
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
