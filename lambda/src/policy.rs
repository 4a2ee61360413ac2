//! Which tags an instance must have, and the verdict on those that it has.

pub mod condition;
pub mod document;
pub mod exemption;
mod misspelling;
pub mod pattern;
pub mod rule;
mod validation;
pub mod verdict;

use sha2::{Digest, Sha256};

use self::condition::Condition;
use self::document::PolicyDocument;
use self::exemption::Exemption;
use self::rule::{Outcome, Rule};
use self::verdict::{MisspelledTag, Verdict};
use crate::instance::Instance;
use crate::timestamp::Timestamp;

pub use self::validation::{PolicyError, PolicyErrors};

/// A tag policy that can be used: its rules, the instances that it is for, and its exemptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPolicy {
    rules: Vec<Rule>,
    include: Option<Vec<Condition>>,
    exclude: Vec<Condition>,
    exemptions: Vec<Exemption>,
    owner_tag: String,
    fingerprint: String,
}

/// What a policy judges: an instance, where, and when.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The instance.
    pub instance: &'a Instance,
    /// Its region.
    pub region: &'a str,
    /// When its tags were read.
    pub now: Timestamp,
}

impl TagPolicy {
    /// The policy of a document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(document: PolicyDocument) -> Result<Self, PolicyErrors> {
        // Nothing in a document can fail to be written as JSON.
        let canonical = serde_json::to_vec(&document).unwrap_or_default();
        let parts = validation::validate(document)?;
        Ok(Self {
            rules: parts.rules,
            include: parts.include,
            exclude: parts.exclude,
            exemptions: parts.exemptions,
            owner_tag: parts.owner_tag,
            fingerprint: hex::encode(Sha256::digest(canonical)),
        })
    }

    /// Reads a policy document, such as
    /// `{"required_tags":[{"key":"Environment","allowed_values":["dev","prod"]},{"key":"Owner"}]}`.
    ///
    /// # Errors
    /// The text is no such document, or everything that is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, PolicyErrors> {
        let document = serde_json::from_str(text)
            .map_err(|error| PolicyErrors(vec![PolicyError::document(&error)]))?;
        Self::new(document)
    }

    /// The rules, those for required tags first.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The conditions of the instances that the policy is for; it is for all where there are none.
    #[must_use]
    pub fn include(&self) -> Option<&[Condition]> {
        self.include.as_deref()
    }

    /// The conditions of the instances that the policy is not for.
    #[must_use]
    pub fn exclude(&self) -> &[Condition] {
        &self.exclude
    }

    /// The exemptions, expired or not.
    #[must_use]
    pub fn exemptions(&self) -> &[Exemption] {
        &self.exemptions
    }

    /// The key of the tag that says whose an instance is.
    #[must_use]
    pub fn owner_tag(&self) -> &str {
        &self.owner_tag
    }

    /// The exemptions that no longer count.
    pub fn expired_exemptions(&self, now: Timestamp) -> impl Iterator<Item = &Exemption> {
        self.exemptions
            .iter()
            .filter(move |exemption| exemption.has_expired(now))
    }

    /// The SHA-256 of the policy in hexadecimal: tells which policy a verdict was given by.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether the policy is for this instance.
    #[must_use]
    pub fn covers(&self, subject: &Subject<'_>) -> bool {
        let any = |conditions: &[Condition]| conditions.iter().any(|it| it.holds(subject));
        self.include().is_none_or(any) && !any(&self.exclude)
    }

    /// What each rule finds on an instance.
    pub fn outcomes<'a>(
        &'a self,
        subject: &Subject<'a>,
    ) -> impl Iterator<Item = (&'a Rule, Outcome<'a>)> {
        self.rules
            .iter()
            .map(|rule| (rule, rule.evaluate(subject, &self.rules)))
    }

    /// Judges an instance; none where the policy is not for it.
    #[must_use]
    pub fn judge<'a>(&'a self, subject: &Subject<'a>) -> Option<Verdict<'a>> {
        if !self.covers(subject) {
            return None;
        }
        let mut verdict = Verdict::default();
        for (rule, outcome) in self.outcomes(subject) {
            let key = rule.key.text.as_str();
            let is_demanded = matches!(
                outcome,
                Outcome::Present(_) | Outcome::Missing(_) | Outcome::Invalid(_)
            );
            // Several rules may ask for the same tag, each under its own condition.
            if is_demanded && !verdict.required_tags.contains(&key) {
                verdict.required_tags.push(key);
            }
            match outcome {
                Outcome::NotApplicable(_) | Outcome::Present(_) | Outcome::Absent => continue,
                Outcome::Missing(found) => {
                    if !verdict.missing_tags.contains(&key) {
                        verdict.missing_tags.push(key);
                        let misspelled = found.map(|found| MisspelledTag { key, found });
                        verdict.misspelled_tags.extend(misspelled);
                    }
                }
                Outcome::Invalid(tag) => verdict.invalid_tags.push(tag),
                Outcome::Forbidden(tag) => verdict.forbidden_tags.push(tag),
            }
            verdict.violated_rules.push(rule);
        }
        if !verdict.is_compliant() {
            self.apply_exemptions(subject, &mut verdict);
        }
        Some(verdict)
    }

    fn apply_exemptions<'a>(&'a self, subject: &Subject<'a>, verdict: &mut Verdict<'a>) {
        let matching = self.exemptions.iter().filter(|it| it.when.holds(subject));
        let (expired, valid): (Vec<_>, Vec<_>) =
            matching.partition(|exemption| exemption.has_expired(subject.now));
        verdict.exemption = valid.first().copied();
        if valid.is_empty() {
            verdict.expired_exemptions = expired;
        }
    }

    /// Whether a violation may be due to a change of these tags.
    #[must_use]
    pub fn may_be_due_to(&self, verdict: &Verdict<'_>, changed_tags: &[String]) -> bool {
        let exemptions = self.exemptions.iter().map(|exemption| &exemption.when);
        let scope = self.include.iter().flatten().chain(&self.exclude);
        let depends = |key: &String| {
            let of_rules = verdict
                .violated_rules
                .iter()
                .any(|rule| rule.depends_on(key));
            of_rules
                || exemptions
                    .clone()
                    .chain(scope.clone())
                    .any(|it| it.depends_on(key))
        };
        changed_tags.iter().any(depends)
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests;
