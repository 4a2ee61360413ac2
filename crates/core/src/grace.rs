//! The grace period: the time that a new instance has to be tagged.
//!
//! Many tools tag an instance some seconds after its launch. A violation of so new an instance is
//! provisional, and its event comes back when the time is over: the evaluation of that fresh look
//! counts.

use std::time::Duration;

use crate::evaluation::{Evaluation, Status};
use crate::event::{Check, Trigger};
use crate::instance::{Instance, InstanceState};
use crate::policy::TagPolicy;
use crate::subject::Subject;

/// How long after a launch tags change that belong to it: those of `RunInstances`. The instance is
/// pending at that time, and the event of its launch is yet to come.
const LAUNCH_TAGS: Duration = Duration::from_secs(2);

/// The grace period of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GracePeriod {
    /// How long it lasts from the launch on; none where this is zero.
    pub length: Duration,
    /// Whether the environment gets an event where an instance begins to run.
    pub launches_are_watched: bool,
}

impl GracePeriod {
    /// The grace period of an environment that watches these states.
    #[must_use]
    pub fn new(length: Duration, watched_states: &[InstanceState]) -> Self {
        Self {
            length,
            launches_are_watched: watched_states.contains(&InstanceState::Running),
        }
    }

    /// How much of it is left, where an evaluation does not count yet: it found a violation, and the
    /// instance is new.
    ///
    /// The age of an instance is that since its launch. One that is started again, or whose age EC2
    /// did not tell, has no grace period.
    #[must_use]
    pub fn remaining(
        &self,
        subject: &Subject<'_>,
        evaluation: &Evaluation<'_>,
    ) -> Option<Duration> {
        let age = subject.now.since(subject.instance.launched_at?);
        let remaining = self.length.checked_sub(age)?;
        let is_violation = evaluation.status() == Status::NonCompliant;
        (is_violation && !remaining.is_zero()).then_some(remaining)
    }

    /// Whether the event itself must come back, or another one of the same launch does.
    ///
    /// One final look is enough, whatever happens to an instance while it is new. The event of its
    /// launch brings it back; so does a later change of tags that the violation may be due to, since
    /// the instance may have been compliant before it. Where states or groups decide, the event of the
    /// launch may have found nothing in an instance that ran, and so every event that finds a violation
    /// in one that does not run any more comes back.
    #[must_use]
    pub fn brings_back(
        &self,
        check: &Check,
        subject: &Subject<'_>,
        evaluation: &Evaluation<'_>,
        policy: &TagPolicy,
    ) -> bool {
        if !self.launches_are_watched {
            return true;
        }
        let by_more_than_tags = evaluation.depends_on_more_than_tags(policy);
        match (check.event.trigger, &check.changed_tags) {
            (Trigger::StateChange, _) => match check.event.state {
                Some(InstanceState::Running) => true,
                // It runs next.
                Some(InstanceState::Pending) => false,
                _ => by_more_than_tags,
            },
            (Trigger::TagChange | Trigger::ApiCall, Some(changed_tags)) => {
                let moments = check.event.time.zip(subject.instance.launched_at);
                let is_of_launch = moments
                    .is_some_and(|(time, launched_at)| time.since(launched_at) <= LAUNCH_TAGS);
                let runs = subject.instance.state == InstanceState::Running;
                let is_due_to_it = evaluation.may_be_due_to(policy, changed_tags);
                !is_of_launch && (is_due_to_it || by_more_than_tags && !runs)
            }
            // The call that launched it.
            (Trigger::ApiCall, None) => !check.is_new,
            _ => true,
        }
    }

    /// Whether an instance ended within its grace period, and nothing shows that it was as the policy
    /// wants it: nobody was told of it, and nobody will be.
    ///
    /// EC2 shows an instance for about an hour after its end, and may drop its tags before. It is
    /// evaluated as the running one that it was, by what is still there.
    #[must_use]
    pub fn was_too_short_for(&self, subject: &Subject<'_>, policy: &TagPolicy) -> bool {
        let ended = subject.instance;
        let ended_at = ended.ended_at.unwrap_or(subject.now);
        let is_new = |launched_at| ended_at.since(launched_at) < self.length;
        if !ended.state.is_ending() || !ended.launched_at.is_some_and(is_new) {
            return false;
        }
        let instance = Instance {
            described: ended.described.clone(),
            state: InstanceState::Running,
            ..ended.clone()
        };
        let subject = Subject {
            instance: &instance,
            ..*subject
        };
        policy.evaluate(&subject).status() == Status::NonCompliant
    }
}

#[cfg(test)]
mod tests;
