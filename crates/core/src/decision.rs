//! What follows from an evaluation: decided here, carried out by the caller.

use std::time::Duration;

use crate::evaluation::{Evaluation, Status};
use crate::event::{Check, EventDetails};
use crate::grace::GracePeriod;
use crate::policy::TagPolicy;
use crate::record::AuditRecord;
use crate::subject::Subject;

/// Who asked for an evaluation.
#[derive(Debug, Clone, Copy)]
pub enum AskedBy<'a> {
    /// An event, or a person, who named the instance.
    Check(&'a Check),
    /// A sweep: its digest reports everything it found, and the launch event takes care of an instance in its
    /// grace period.
    Sweep(&'a EventDetails),
}

/// What follows from an evaluation.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// What is recorded.
    pub record: AuditRecord<'a>,
    /// Whether it counts.
    pub weight: Weight,
}

/// Whether an evaluation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It counts as this.
    Counts(Status),
    /// The instance is in its grace period.
    Provisional {
        /// How long until the event comes back; none if another event of the launch does.
        comes_back: Option<Duration>,
    },
}

impl Decision<'_> {
    /// The status that the evaluation counts as, if it counts. No metric counts out-of-scope instances.
    #[must_use]
    pub fn counted(&self) -> Option<Status> {
        match self.weight {
            Weight::Counts(status) => Some(status),
            Weight::Provisional { .. } => None,
        }
    }

    /// How long until the event comes back, if it does.
    #[must_use]
    pub fn comes_back(&self) -> Option<Duration> {
        match self.weight {
            Weight::Counts(_) => None,
            Weight::Provisional { comes_back } => comes_back,
        }
    }
}

/// Decides what follows from an evaluation.
#[must_use]
pub fn decide<'a>(
    asked_by: AskedBy<'a>,
    subject: Subject<'a>,
    evaluation: &'a Evaluation<'a>,
    policy: &'a TagPolicy,
    grace_period: &GracePeriod,
) -> Decision<'a> {
    let status = evaluation.status();
    let weight = match (grace_period.remaining(&subject, evaluation), asked_by) {
        (None, _) => Weight::Counts(status),
        (Some(_), AskedBy::Sweep(_)) => Weight::Provisional { comes_back: None },
        (Some(remaining), AskedBy::Check(check)) => Weight::Provisional {
            comes_back: grace_period
                .brings_back(check, &subject, evaluation, policy)
                .then_some(remaining),
        },
    };
    let event = match asked_by {
        AskedBy::Check(check) => &check.event,
        AskedBy::Sweep(event) => event,
    };
    let is_provisional = matches!(weight, Weight::Provisional { .. });
    Decision {
        record: AuditRecord::new(&subject, evaluation, policy, event, is_provisional),
        weight,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::Trigger;
    use crate::instance::{Instance, InstanceState};
    use crate::testing::{at, check, default_policy, instance, subject, tags};

    const GRACE_PERIOD: GracePeriod = GracePeriod {
        length: Duration::from_mins(1),
        launches_are_watched: true,
    };

    const COMPLETE: &[(&str, &str)] = &[
        ("Environment", "dev"),
        ("Owner", "web"),
        ("Application", "shop"),
    ];

    /// An instance that was launched so many seconds before it is looked at.
    fn aged(seconds: i64, pairs: &[(&str, &str)]) -> Instance {
        let mut instance = instance(tags(pairs));
        let now = i64::try_from(at("2026-01-01T10:00:00Z").epoch_millis()).unwrap();
        instance.launched_at =
            crate::timestamp::Timestamp::from_epoch_millis(now - seconds * 1_000);
        instance
    }

    /// What follows: its weight, and whether the record is provisional.
    fn decided(instance: &Instance, asked_by: AskedBy<'_>) -> (Weight, bool) {
        let policy = default_policy();
        let subject = subject(instance);
        let evaluation = policy.evaluate(&subject);
        let decision = decide(asked_by, subject, &evaluation, &policy, &GRACE_PERIOD);
        assert_eq!(
            decision.counted().is_some(),
            !decision.record.provisional,
            "what counts is not provisional"
        );
        (decision.weight, decision.record.provisional)
    }

    fn asked_for(state: InstanceState) -> Check {
        let mut check = check(Trigger::StateChange);
        check.event.state = Some(state);
        check
    }

    #[test]
    fn decisions_by_table() {
        let running = asked_for(InstanceState::Running);
        let stopped = asked_for(InstanceState::Stopped);
        let by_hand = check(Trigger::Manual);
        let event = EventDetails::manual();
        let counts = |status| (Weight::Counts(status), false);
        let provisional = |seconds: Option<u64>| {
            let comes_back = seconds.map(Duration::from_secs);
            (Weight::Provisional { comes_back }, true)
        };
        for (age, pairs, asked_by, expected) in [
            (
                3_600,
                COMPLETE,
                AskedBy::Check(&running),
                counts(Status::Compliant),
            ),
            (
                3_600,
                &[][..],
                AskedBy::Check(&running),
                counts(Status::NonCompliant),
            ),
            (
                3_600,
                &[],
                AskedBy::Sweep(&event),
                counts(Status::NonCompliant),
            ),
            (
                10,
                COMPLETE,
                AskedBy::Check(&running),
                counts(Status::Compliant),
            ),
            (10, &[], AskedBy::Check(&running), provisional(Some(50))),
            (10, &[], AskedBy::Check(&stopped), provisional(None)),
            (10, &[], AskedBy::Check(&by_hand), provisional(Some(50))),
            (10, &[], AskedBy::Sweep(&event), provisional(None)),
            (
                60,
                &[],
                AskedBy::Check(&running),
                counts(Status::NonCompliant),
            ),
        ] {
            let decision = decided(&aged(age, pairs), asked_by);
            assert_eq!(decision, expected, "{age} s, {pairs:?}, {asked_by:?}");
        }
    }

    #[test]
    fn an_exempt_violation_counts_at_once() {
        let policy = crate::testing::policy(&json!({
            "required_tags": [{"key": "Owner"}],
            "exemptions": [{"owner": "web", "reason": "lab", "expires": "2026-12-31",
                            "when": {"states": ["running"]}}],
        }));
        let instance = aged(10, &[]);
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        let check = asked_for(InstanceState::Running);
        let asked_by = AskedBy::Check(&check);
        let decision = decide(asked_by, subject, &evaluation, &policy, &GRACE_PERIOD);
        assert_eq!(decision.counted(), Some(Status::Exempt));
        assert_eq!(decision.comes_back(), None);
    }
}
