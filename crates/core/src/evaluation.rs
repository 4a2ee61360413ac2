//! What a policy says of an instance.

pub mod finding;
pub mod scope;

use std::fmt;

use serde::Serialize;

use self::finding::{ForbiddenTag, InvalidTag, MisspelledTag, Outcome};
use self::scope::Scope;
use crate::policy::TagPolicy;
use crate::policy::condition::Condition;
use crate::policy::document::Severity;
use crate::policy::exemption::Exemption;
use crate::policy::rule::Rule;
use crate::subject::Subject;

/// What a policy says of an instance's tags. Compliant unless it holds a violation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluation<'a> {
    /// Whether the policy is for the instance; else nothing is required of it.
    pub scope: Scope,
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

/// An evaluation in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing is violated.
    Compliant,
    /// Something is violated.
    NonCompliant,
    /// Something is violated, and accepted for now.
    Exempt,
    /// The policy is not for the instance.
    OutOfScope,
}

impl Evaluation<'_> {
    /// The evaluation in one word.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.exemption {
            _ if !self.scope.is_in() => Status::OutOfScope,
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

    /// Whether a violation may be due to a change of these tags.
    #[must_use]
    pub fn may_be_due_to(&self, policy: &TagPolicy, changed_tags: &[String]) -> bool {
        let depends = |key: &String| {
            let mut rules = self.violated_rules.iter();
            rules.any(|rule| rule.depends_on(key))
                || policy
                    .conditions()
                    .any(|condition| condition.depends_on(key))
        };
        changed_tags.iter().any(depends)
    }

    /// Whether a violation may have begun though nothing happened but that time went by: an exemption has expired,
    /// or the instance has reached an age from which on a rule or the scope is for it, or an exemption is not.
    #[must_use]
    pub fn may_begin_by_time(&self, policy: &TagPolicy, subject: &Subject<'_>) -> bool {
        let mut of_rules = self
            .violated_rules
            .iter()
            .filter_map(|rule| rule.when.as_ref());
        let mut included = policy.include().into_iter().flatten();
        let exemptions = policy.exemptions().iter().map(|exemption| &exemption.when);
        let mut spared = policy.exclude().iter().chain(exemptions);
        !self.expired_exemptions.is_empty()
            || of_rules.any(Condition::depends_on_time)
            || included.any(|it| it.depends_on_time() && it.holds(subject))
            || spared.any(|it| it.held_at_another_age(subject))
    }

    /// Whether a violation may come or go though nobody changes a tag.
    #[must_use]
    pub fn depends_on_more_than_tags(&self, policy: &TagPolicy) -> bool {
        let of_rules = self
            .violated_rules
            .iter()
            .filter_map(|rule| rule.when.as_ref());
        let mut conditions = of_rules.chain(policy.conditions());
        conditions.any(Condition::depends_on_more_than_tags)
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
            Self::OutOfScope => "out-of-scope",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Evaluating: what a policy says of an instance.
impl TagPolicy {
    /// What each rule finds on an instance.
    pub fn outcomes<'a>(
        &'a self,
        subject: &Subject<'a>,
    ) -> impl Iterator<Item = (&'a Rule, Outcome<'a>)> {
        let rules = self.rules();
        rules
            .iter()
            .map(|rule| (rule, rule.evaluate(subject, rules)))
    }

    /// Evaluates an instance.
    #[must_use]
    pub fn evaluate<'a>(&'a self, subject: &Subject<'a>) -> Evaluation<'a> {
        let mut evaluation = Evaluation {
            scope: self.scope(subject),
            ..Evaluation::default()
        };
        if !evaluation.scope.is_in() {
            return evaluation;
        }
        for (rule, outcome) in self.outcomes(subject) {
            let key = rule.key.text.as_str();
            let is_demanded = matches!(
                outcome,
                Outcome::Present(_) | Outcome::Missing(_) | Outcome::Invalid(_)
            );
            // Several rules may ask for the same tag, each under its own condition.
            if is_demanded && !evaluation.required_tags.contains(&key) {
                evaluation.required_tags.push(key);
            }
            match outcome {
                Outcome::NotApplicable(_) | Outcome::Present(_) | Outcome::Absent => continue,
                Outcome::Missing(found) => {
                    if !evaluation.missing_tags.contains(&key) {
                        evaluation.missing_tags.push(key);
                        let misspelled = found.map(|found| MisspelledTag { key, found });
                        evaluation.misspelled_tags.extend(misspelled);
                    }
                }
                Outcome::Invalid(tag) => evaluation.invalid_tags.push(tag),
                Outcome::Forbidden(tag) => evaluation.forbidden_tags.push(tag),
            }
            evaluation.violated_rules.push(rule);
        }
        if !evaluation.is_compliant() {
            self.apply_exemptions(subject, &mut evaluation);
        }
        evaluation
    }

    fn apply_exemptions<'a>(&'a self, subject: &Subject<'a>, evaluation: &mut Evaluation<'a>) {
        let matching = self.exemptions().iter().filter(|it| it.when.holds(subject));
        let (expired, valid): (Vec<_>, Vec<_>) =
            matching.partition(|exemption| exemption.has_expired(subject.now));
        evaluation.exemption = valid.first().copied();
        if valid.is_empty() {
            evaluation.expired_exemptions = expired;
        }
    }
}

#[cfg(test)]
mod tests;
