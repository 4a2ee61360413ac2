//! The grace period: the time that a new instance has to get its tags.
//!
//! Many tools tag an instance some seconds after its launch. A violation of a new instance is provisional, and its
//! event comes back when the grace period is over. The evaluation of that event counts.

use std::time::Duration;

use crate::evaluation::{Evaluation, Status};
use crate::event::{Check, Trigger};
use crate::instance::{Instance, InstanceState};
use crate::policy::TagPolicy;
use crate::subject::Subject;

/// Tag changes within this time after a launch belong to it: they come from `RunInstances`. The instance is still
/// pending, and the event of its launch will follow.
const LAUNCH_TAGS: Duration = Duration::from_secs(2);

/// The grace period of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GracePeriod {
    /// Its length, counted from the launch. Zero means none.
    pub length: Duration,
    /// Whether the environment gets an event when an instance starts running.
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

    /// How much of it is left, if an evaluation is provisional: the instance is new and violates the policy.
    ///
    /// An instance's age counts from its launch. An instance that was started again, or whose launch time EC2 doesn't
    /// report, has no grace period.
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

    /// Whether this event has to come back, because no other event of the same launch does.
    ///
    /// One final look at a new instance is enough. The event of its launch comes back. A later tag change comes back
    /// too if it may have caused the violation, since the instance may have been compliant before. If states or
    /// groups decide, the launch event may have found no violation while the instance ran; then every event comes
    /// back that finds a violation in an instance that no longer runs.
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
                // It will run next.
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
            // These are the tags of the launch call.
            (Trigger::ApiCall, None) => !check.is_new,
            _ => true,
        }
    }

    /// Whether an instance ended within its grace period while, by what EC2 still shows, it wasn't compliant. Nobody
    /// was alerted, and nobody will be.
    ///
    /// EC2 shows an instance for about an hour after its end, and may drop its tags earlier. The instance is
    /// evaluated as if it were still running, by what is left.
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
            // A rule that is enforced only since then didn't apply to it.
            now: ended_at,
            ..*subject
        };
        policy.evaluate(&subject).status() == Status::NonCompliant
    }
}

#[cfg(test)]
mod tests;
