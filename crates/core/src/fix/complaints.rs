//! What is to be fixed, whether it counts already or from a later day on.

use crate::evaluation::finding::Outcome;
use crate::evaluation::{Evaluation, UpcomingFinding};
use crate::text::Untrusted;

/// What is to be fixed, tag by tag.
#[derive(Debug, Default)]
pub struct Complaints<'a> {
    /// The missing keys, and the key that may be meant as each.
    pub missing: Vec<(&'a str, Option<&'a str>)>,
    /// The keys whose values are wrong, as the instance and as the policy has them, and the values.
    pub invalid: Vec<(&'a str, &'a str, &'a str)>,
    /// The forbidden keys.
    pub forbidden: Vec<&'a str>,
}

impl<'a> Complaints<'a> {
    /// What is violated now.
    pub fn of(evaluation: &Evaluation<'a>) -> Self {
        let missing = evaluation.missing_tags.iter().map(|&key| {
            let mut misspelled = evaluation.misspelled_tags.iter();
            let meant = misspelled.find(|tag| tag.key == key);
            (key, meant.map(|tag| tag.found.raw()))
        });
        let invalid = evaluation.invalid_tags.iter();
        let invalid = invalid.map(|tag| (tag.key.raw(), tag.required, tag.value.raw()));
        let forbidden = evaluation.forbidden_tags.iter();
        Self {
            missing: missing.collect(),
            invalid: invalid.collect(),
            forbidden: forbidden.map(|tag| tag.key.raw()).collect(),
        }
    }

    /// What rules found that are not enforced yet.
    pub fn of_upcoming(findings: &[&UpcomingFinding<'a>]) -> Self {
        let mut all = Self::default();
        for finding in findings {
            if let Outcome::Missing(meant) = &finding.outcome {
                let key = finding.rule.key.text.as_str();
                all.missing.push((key, meant.map(Untrusted::raw)));
            }
            if let Outcome::Invalid(tag) = &finding.outcome {
                all.invalid
                    .push((tag.key.raw(), tag.required, tag.value.raw()));
            }
            if let Outcome::Forbidden(tags) = &finding.outcome {
                all.forbidden.extend(tags.iter().map(|tag| tag.key.raw()));
            }
        }
        all
    }

    /// Those about tags that another has no complaint about.
    pub fn without(self, other: &Self) -> Self {
        self.limited_to(|key| !other.names(key))
    }

    /// Those about some tags alone.
    pub fn limited_to(mut self, is_meant: impl Fn(&str) -> bool) -> Self {
        self.missing.retain(|(key, _)| is_meant(key));
        self.invalid.retain(|(key, _, _)| is_meant(key));
        self.forbidden.retain(|key| is_meant(key));
        self
    }

    pub fn extend(&mut self, other: Self) {
        self.missing.extend(other.missing);
        self.invalid.extend(other.invalid);
        self.forbidden.extend(other.forbidden);
    }

    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.invalid.is_empty() && self.forbidden.is_empty()
    }

    fn names(&self, key: &str) -> bool {
        self.missing.iter().any(|(it, _)| *it == key)
            || self.invalid.iter().any(|(it, _, _)| *it == key)
            || self.forbidden.contains(&key)
    }

    /// The keys of the tags that must go: the misspelled ones that are replaced, and the forbidden ones.
    pub fn unwanted(&self, is_replaced: impl Fn(&str) -> bool) -> Vec<&'a str> {
        let misspelled = self.missing.iter();
        let misspelled = misspelled.filter(|(key, _)| is_replaced(key));
        let misspelled = misspelled.filter_map(|&(_, found)| found);
        let forbidden = self.forbidden.iter().copied();
        let mut unwanted = Vec::new();
        for key in misspelled.chain(forbidden) {
            if !unwanted.contains(&key) {
                unwanted.push(key);
            }
        }
        unwanted
    }
}
