//! Keeping a verdict back until a new instance has had the time to be tagged.
//!
//! Many tools tag an instance some seconds after its launch. A violation of so new an instance is
//! recorded as provisional, and a delayed message brings the same event back when the time is over:
//! the verdict on that fresh look counts.

use std::time::Duration;

use crate::aws::sqs::DelayedMessage;
use crate::config::Config;
use crate::event::{Check, Trigger};
use crate::handler::Checker;
use crate::instance::InstanceState;
use crate::policy::Subject;
use crate::policy::verdict::{Status, Verdict};

/// How long after a launch tags change that belong to it: those of `RunInstances`. The instance is
/// pending at that time, and the event of its launch is yet to come.
const LAUNCH_TAGS: Duration = Duration::from_secs(2);

/// How long an instance may still be tagged, where a verdict does not count yet: it is a violation,
/// and the instance is new.
///
/// The age of an instance is that since its launch. One that is started again, or whose age EC2 did
/// not tell, is judged at once.
#[must_use]
pub fn remaining(
    config: &Config,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
) -> Option<Duration> {
    let age = subject.now.since(subject.instance.launched_at?);
    let remaining = config.settle_period.checked_sub(age)?;
    let is_violation = verdict.status() == Status::NonCompliant;
    (is_violation && !remaining.is_zero()).then_some(remaining)
}

/// Whether the event itself must come back, or another one of the same launch does.
///
/// One final look is enough, whatever happens to an instance while it is new. The event of its
/// launch brings it back; so does a later change of tags that the violation may be due to, since the
/// instance may have been compliant before it.
fn comes_back(
    checker: &Checker,
    check: &Check,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
) -> bool {
    let watches_launches = checker
        .config
        .watched_states
        .contains(&InstanceState::Running);
    match (check.event.trigger, &check.changed_tags) {
        (Trigger::StateChange, _) if watches_launches => {
            check.event.state == Some(InstanceState::Running)
        }
        (Trigger::TagChange, Some(changed_tags)) if watches_launches => {
            let launched_at = subject.instance.launched_at;
            let is_of_launch = check
                .event
                .time
                .zip(launched_at)
                .is_some_and(|(time, launched_at)| time.since(launched_at) <= LAUNCH_TAGS);
            !is_of_launch && checker.config.policy.may_be_due_to(verdict, changed_tags)
        }
        _ => true,
    }
}

/// The message that brings an instance back when it has had its time; none where another event of
/// the same launch does.
#[must_use]
pub fn brings_back(
    checker: &Checker,
    check: &Check,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
    remaining: Duration,
) -> Option<DelayedMessage> {
    comes_back(checker, check, subject, verdict).then(|| DelayedMessage {
        body: check.payload.to_string(),
        delay: remaining,
    })
}
