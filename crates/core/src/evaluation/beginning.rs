//! What may have begun a violation.

use std::time::Duration;

use super::{Evaluation, Status};
use crate::policy::TagPolicy;
use crate::policy::condition::Condition;
use crate::policy::rule::Rule;
use crate::subject::Subject;

/// The longest time between two sweeps that find what begins only because time passed: a week, and a day for a late one.
const MAX_SWEEP_INTERVAL: Duration = Duration::from_hours(8 * 24);

impl Evaluation<'_> {
    /// Whether a change of these tags may have caused a finding.
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

    /// Whether all that is violated may have begun only because time passed, which sends no event: with the tags that it has
    /// now, the instance had other findings a sweep's interval ago, or at its launch if that was later.
    #[must_use]
    pub fn may_begin_by_time(&self, policy: &TagPolicy, subject: &Subject<'_>) -> bool {
        let swept_before = subject.now.before(MAX_SWEEP_INTERVAL);
        let launched_at = subject.instance.launched_at.unwrap_or_default();
        let earlier = Subject {
            now: swept_before.max(launched_at).min(subject.now),
            ..*subject
        };
        let before = policy.evaluate(&earlier);
        let was_violated = |rule: &&Rule| {
            before.violated_rules.contains(rule)
                && rule.evaluate(&earlier, policy) == rule.evaluate(subject, policy)
        };
        before.status() != Status::NonCompliant || !self.violated_rules.iter().any(was_violated)
    }

    /// Whether a finding may come or go without a change of tags.
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

#[cfg(test)]
mod tests;
