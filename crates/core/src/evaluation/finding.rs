//! What a rule finds on an instance.

mod invalid;
mod misspelling;
mod nearest;

use serde::Serialize;

pub use self::invalid::{InvalidReason, InvalidTag};
use crate::policy::condition::Test;
use crate::policy::pattern::TagKey;
use crate::policy::reserved::is_of_aws;
use crate::policy::rule::{OtherKeys, Requirement, Rule};
use crate::policy::value::ValueRules;
use crate::policy::{MASK, TagPolicy};
use crate::subject::Subject;
use crate::text::Untrusted;

/// What a rule finds on an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The rule does not apply to this instance, because this condition does not match.
    NotApplicable(&'a Test),
    /// The tag is present and its value meets the requirement; the value is masked if the tag is forbidden.
    Present(Untrusted<'a>),
    /// The forbidden tag is absent, as required.
    Absent,
    /// The optional tag is absent.
    LeftOut,
    /// The required tag is missing; the tag with this key may be a misspelling of it.
    Missing(Option<Untrusted<'a>>),
    /// The tag's value does not meet the requirement.
    Invalid(InvalidTag<'a>),
    /// These forbidden tags are present.
    Forbidden(Vec<ForbiddenTag<'a>>),
}

/// A forbidden tag that is present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForbiddenTag<'a> {
    pub key: Untrusted<'a>,
    /// The mask that stands for its value, which may be a password.
    pub value: Untrusted<'a>,
}

/// A tag that looks like a misspelling of a missing one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MisspelledTag<'a> {
    pub key: &'a str,
    /// The key that is present.
    pub found: Untrusted<'a>,
}

impl Outcome<'_> {
    /// The word in records and reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotApplicable(_) => "not-applicable",
            Self::Present(_) => "present",
            Self::Absent => "absent",
            Self::LeftOut => "left-out",
            Self::Missing(_) => "missing",
            Self::Invalid(_) => "invalid",
            Self::Forbidden(_) => "forbidden",
        }
    }

    /// Whether it is a finding.
    #[must_use]
    pub fn is_violation(&self) -> bool {
        matches!(
            self,
            Self::Missing(_) | Self::Invalid(_) | Self::Forbidden(_)
        )
    }
}

impl Rule {
    /// Evaluates the rule, which is one of `policy`, for an instance.
    #[must_use]
    pub fn evaluate<'a>(&'a self, subject: &Subject<'a>, policy: &'a TagPolicy) -> Outcome<'a> {
        if let Some(unmet) = self.when.as_ref().and_then(|when| when.unmet(subject)) {
            return Outcome::NotApplicable(unmet);
        }
        let tags = &subject.instance.tags;
        // A tag that has a rule of its own, or is AWS's, is no misspelling of another.
        let of_no_rule = || {
            let has_rule = |key: &str| policy.rules().iter().any(|rule| rule.is_about(key));
            tags.keys()
                .filter(move |key| !is_of_aws(key.raw()) && !has_rule(key.raw()))
        };
        match &self.requirement {
            Requirement::Forbidden => {
                // Nobody could remove a tag of AWS.
                let keys = self.key.find_all(tags).map(|(key, _)| key);
                let found = keys
                    .filter(|key| !is_of_aws(key.raw()))
                    .map(|key| ForbiddenTag {
                        key,
                        value: Untrusted::new(MASK),
                    });
                let found: Vec<_> = found.collect();
                if found.is_empty() {
                    Outcome::Absent
                } else {
                    Outcome::Forbidden(found)
                }
            }
            Requirement::Required(values, keys) => {
                let value = self.value(values, keys, subject, policy);
                value.unwrap_or_else(|| {
                    let keys = std::iter::once(&self.key).chain(&keys.alternatives);
                    let keys = keys.map(|key| key.text.as_str());
                    Outcome::Missing(misspelling::of(keys, self.aliases(), of_no_rule))
                })
            }
            Requirement::Optional(values, keys) => {
                let value = self.value(values, keys, subject, policy);
                // In another case it is there and misspelled, as AWS Organizations has it, too.
                let is_same = |key: &Untrusted<'a>| self.is_about_in_any_case(key.raw());
                value.unwrap_or_else(|| match of_no_rule().find(is_same) {
                    Some(found) => Outcome::Missing(Some(found)),
                    None => Outcome::LeftOut,
                })
            }
        }
    }

    fn aliases(&self) -> &[String] {
        self.other_keys().map_or(&[], |keys| &keys.aliases)
    }

    /// The outcome for the tag's value, or the best outcome if several keys are accepted; none if there is no such
    /// tag.
    fn value<'a>(
        &'a self,
        values: &'a ValueRules,
        keys: &'a OtherKeys,
        subject: &Subject<'a>,
        policy: &'a TagPolicy,
    ) -> Option<Outcome<'a>> {
        let tags = &subject.instance.tags;
        let outcome = |key: &'a TagKey| {
            let (found, value) = key.find(tags)?;
            let shown = policy.shown_value(found.raw(), value);
            let Some(reason) = values.objection(value.raw(), subject.now) else {
                return Some(Outcome::Present(shown));
            };
            let reason = if policy.masks(found.raw()) {
                reason.of_masked(values)
            } else {
                reason
            };
            Some(Outcome::Invalid(InvalidTag {
                key: found,
                required: &self.key.text,
                value: shown,
                description: self.description.as_deref(),
                reason,
            }))
        };
        let mut found = std::iter::once(&self.key)
            .chain(&keys.alternatives)
            .filter_map(outcome);
        let first = found.next()?;
        if matches!(first, Outcome::Present(_)) {
            return Some(first);
        }
        let good = found.find(|outcome| matches!(outcome, Outcome::Present(_)));
        Some(good.unwrap_or(first))
    }
}
