//! Evaluating an instance against a policy.

mod beginning;
pub mod finding;
mod not_counted;
pub mod scope;
mod summary;

use std::fmt;

use serde::Serialize;

use self::finding::{ForbiddenTag, InvalidTag, MisspelledTag, Outcome};
pub use self::not_counted::{ExemptFinding, UpcomingFinding};
use self::scope::Scope;
use crate::policy::TagPolicy;
use crate::policy::document::Severity;
use crate::policy::exemption::Exemption;
use crate::policy::rule::{Requirement, Rule};
use crate::subject::Subject;

/// The evaluation of an instance. Compliant unless it has a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluation<'a> {
    /// Whether the instance is in the policy's scope; if not, nothing is required of it.
    pub scope: Scope,
    /// The keys required of this instance, in the policy's order.
    pub required_tags: Vec<&'a str>,
    /// The required keys that are absent.
    pub missing_tags: Vec<&'a str>,
    /// The tags whose value does not meet the requirement.
    pub invalid_tags: Vec<InvalidTag<'a>>,
    /// The forbidden tags that are present.
    pub forbidden_tags: Vec<ForbiddenTag<'a>>,
    /// The tags that look like misspellings of missing ones.
    pub misspelled_tags: Vec<MisspelledTag<'a>>,
    /// The rules that are violated.
    pub violated_rules: Vec<&'a Rule>,
    /// The exemption that accepts the findings, if all of them are accepted.
    pub exemption: Option<&'a Exemption>,
    /// The findings that an exemption accepts while others remain.
    pub exempt_findings: Vec<ExemptFinding<'a>>,
    /// The findings of rules that are not enforced yet.
    pub upcoming: Vec<UpcomingFinding<'a>>,
    /// The expired exemptions that used to accept the findings.
    pub expired_exemptions: Vec<&'a Exemption>,
}

/// The result of an evaluation in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing is violated.
    Compliant,
    /// Something is violated.
    NonCompliant,
    /// Something is violated, and an exemption accepts it for now.
    Exempt,
    /// The instance is outside the policy's scope.
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

    /// Whether there is no finding; an exemption makes no difference.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.violated_rules.is_empty()
    }

    /// The severity of the worst finding, if the policy sets one.
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
            Self::OutOfScope => "out-of-scope",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl TagPolicy {
    /// What each rule finds on an instance.
    pub fn outcomes<'a>(
        &'a self,
        subject: &Subject<'a>,
    ) -> impl Iterator<Item = (&'a Rule, Outcome<'a>)> {
        let rules = self.rules().iter();
        rules.map(|rule| (rule, rule.evaluate(subject, self)))
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
        let mut violations = Vec::new();
        for (rule, outcome) in self.outcomes(subject) {
            let is_enforced = rule.is_enforced(subject.now);
            evaluation.require(rule, &outcome, is_enforced);
            if !outcome.is_violation() {
                continue;
            }
            match rule.enforced_from {
                Some(enforced_from) if !is_enforced => {
                    let on_that_day = Subject {
                        now: enforced_from.start(),
                        ..*subject
                    };
                    let mut exemptions = self.exemptions().iter();
                    if !exemptions.any(|it| it.accepts(rule, &on_that_day)) {
                        evaluation.upcoming.push(UpcomingFinding {
                            rule,
                            outcome,
                            enforced_from,
                        });
                    }
                }
                _ => violations.push((rule, outcome)),
            }
        }
        evaluation.settle(violations, self.exemptions(), subject);
        evaluation
    }
}

impl<'a> Evaluation<'a> {
    /// Notes that a tag is required: several rules may ask for the same, each under its own condition.
    fn require(&mut self, rule: &'a Rule, outcome: &Outcome<'a>, is_enforced: bool) {
        let is_demanded = matches!(
            outcome,
            Outcome::Present(_) | Outcome::Missing(_) | Outcome::Invalid(_)
        );
        let key = rule.key.text.as_str();
        if is_demanded
            && is_enforced
            && matches!(rule.requirement, Requirement::Required(..))
            && !self.required_tags.contains(&key)
        {
            self.required_tags.push(key);
        }
    }

    /// Sorts the findings by whether an exemption accepts them. If all are accepted, the evaluation is exempt and
    /// keeps them; if not, the accepted ones are listed apart.
    fn settle(
        &mut self,
        violations: Vec<(&'a Rule, Outcome<'a>)>,
        exemptions: &'a [Exemption],
        subject: &Subject<'_>,
    ) {
        let matching = exemptions.iter().filter(|it| it.when.holds(subject));
        let (expired, valid): (Vec<_>, Vec<_>) =
            matching.partition(|exemption| exemption.has_expired(subject.now));
        let accepting = |rule: &Rule| valid.iter().copied().find(|it| it.covers(rule));
        let is_exempt = violations.iter().all(|(rule, _)| accepting(rule).is_some());
        for (rule, outcome) in violations {
            match accepting(rule) {
                Some(exemption) if is_exempt => {
                    self.exemption.get_or_insert(exemption);
                }
                Some(exemption) => {
                    self.exempt_findings.push(ExemptFinding {
                        rule,
                        outcome,
                        exemption,
                    });
                    continue;
                }
                None => {}
            }
            self.violate(rule, outcome);
        }
        if !self.is_compliant() && !is_exempt {
            let once_accepted =
                |it: &&Exemption| self.violated_rules.iter().any(|rule| it.covers(rule));
            self.expired_exemptions = expired.into_iter().filter(once_accepted).collect();
        }
    }

    fn violate(&mut self, rule: &'a Rule, outcome: Outcome<'a>) {
        let key = rule.key.text.as_str();
        match outcome {
            Outcome::Missing(found) if !self.missing_tags.contains(&key) => {
                self.missing_tags.push(key);
                let misspelled = found.map(|found| MisspelledTag { key, found });
                self.misspelled_tags.extend(misspelled);
            }
            Outcome::Invalid(tag)
                // Several rules for one key are one complaint, that of the first.
                if !self
                    .invalid_tags
                    .iter()
                    .any(|it| (it.key, it.required) == (tag.key, tag.required)) =>
            {
                self.invalid_tags.push(tag);
            }
            Outcome::Forbidden(tags) => {
                for tag in tags {
                    if !self.forbidden_tags.contains(&tag) {
                        self.forbidden_tags.push(tag);
                    }
                }
            }
            _ => {}
        }
        self.violated_rules.push(rule);
    }
}

#[cfg(test)]
mod tests;
