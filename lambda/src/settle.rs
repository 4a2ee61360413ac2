//! Keeping a verdict back until a new instance has had the time to be tagged.
//!
//! Many tools tag an instance some seconds after its launch. A violation of so new an instance is
//! recorded as provisional, and a delayed message brings the same event back when the time is over:
//! the verdict on that fresh look counts.

use std::time::Duration;

use tracing::info;

use crate::aws::error::CallError;
use crate::aws::sqs;
use crate::config::{Config, Settling};
use crate::event::{Check, Trigger};
use crate::handler::Checker;
use crate::instance::InstanceState;
use crate::policy::Subject;
use crate::policy::verdict::{Status, Verdict};

/// How long after a launch tags change that belong to it: those of `RunInstances`. The instance is
/// pending at that time, and the event of its launch is yet to come.
const LAUNCH_TAGS: Duration = Duration::from_secs(2);

/// A verdict that does not count yet.
#[derive(Debug, Clone, Copy)]
pub struct Provisional<'a> {
    /// How long the instance may still be tagged.
    pub remaining: Duration,
    settling: &'a Settling,
}

/// Tells whether a verdict does not count yet: it is a violation, and the instance may still be
/// tagged.
///
/// The age of an instance is that since its launch. One that is started again, or whose age EC2 did
/// not tell, is judged at once.
#[must_use]
pub fn provisional<'a>(
    config: &'a Config,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
) -> Option<Provisional<'a>> {
    let settling = config.settling.as_ref()?;
    let age = subject.now.since(subject.instance.launched_at?);
    let remaining = settling.period.checked_sub(age)?;
    let is_violation = verdict.status() == Status::NonCompliant;
    (is_violation && !remaining.is_zero()).then_some(Provisional {
        remaining,
        settling,
    })
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

/// Sees to it that an instance is looked at again when it has had its time.
///
/// # Errors
/// The message could not be sent.
pub async fn bring_back(
    checker: &Checker,
    check: &Check,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
    provisional: Provisional<'_>,
) -> Result<(), CallError> {
    if !comes_back(checker, check, subject, verdict) {
        return Ok(());
    }
    let id = &check.instance_id;
    let Provisional {
        remaining,
        settling,
    } = provisional;
    let body = check.payload.to_string();
    sqs::send_delayed(
        &checker.clients.sqs,
        &settling.delay_queue_url,
        &body,
        remaining,
    )
    .await?;
    let seconds = remaining.as_secs();
    info!(instance_id = %id, seconds, "Instance {id} may still be tagged: it is checked again");
    Ok(())
}
