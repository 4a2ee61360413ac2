//! The answer of an invocation.

use serde::Serialize;
use serde_json::{Value, json};
use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::event::IgnoreReason;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::sweep::lease::Refusal;
use tag_compliance_core::sweep::totals::Totals;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Answer {
    /// One instance was looked at.
    Instance {
        /// 200.
        status_code: u16,
        /// The result.
        status: Word,
        instance_id: InstanceId,
        /// Whether it has no violation. Null if it is out of the policy's scope.
        is_compliant: Option<bool>,
        /// The required keys that are absent.
        missing_tags: Vec<String>,
        /// The required tags with an invalid value, as in the audit record.
        invalid_tags: Vec<Value>,
        /// The forbidden tags that are present, as in the audit record.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        forbidden_tags: Vec<Value>,
        /// How many audit records S3 didn't take.
        #[serde(skip_serializing_if = "is_none")]
        unwritten_records: u64,
    },
    /// Several instances of one event were looked at.
    Several {
        /// 200.
        status_code: u16,
        /// [`Word::Checked`].
        status: Word,
        /// The answers for each of them.
        instances: Vec<Answer>,
    },
    /// EC2 does not know the instance.
    NotFound {
        /// 404.
        status_code: u16,
        /// [`Word::NotFound`].
        status: Word,
        instance_id: InstanceId,
    },
    /// The fleet was swept: all of it, or a part if time ran out.
    Swept {
        /// 200, or 202 if another invocation continues.
        status_code: u16,
        /// [`Word::Swept`], or [`Word::Sweeping`] if another invocation continues.
        status: Word,
        /// How many instances have been evaluated so far.
        checked: u64,
        /// How many of them were compliant.
        compliant: u64,
        /// How many were not.
        non_compliant: u64,
        /// How many audit records S3 didn't take.
        #[serde(skip_serializing_if = "is_none")]
        unwritten_records: u64,
    },
    /// There was nothing to do.
    Ignored {
        /// 200.
        status_code: u16,
        /// [`Word::Ignored`].
        status: Word,
        /// Why.
        reason: &'static str,
    },
    /// People were notified of what was due.
    Told {
        /// 200.
        status_code: u16,
        /// [`Word::Told`].
        status: Word,
        /// How many instances got a second look.
        verified: usize,
        /// How many of them people were told about.
        told: usize,
    },
    /// A test message was sent.
    Tested {
        /// 200.
        status_code: u16,
        /// [`Word::Tested`].
        status: Word,
        /// SNS's id of the message to the alert topic.
        message_id: String,
        /// How many events went to the event bus.
        events: usize,
    },
    /// An SQS batch was processed (`ReportBatchItemFailures`).
    Batch {
        /// The messages that SQS should redeliver.
        batch_item_failures: Vec<BatchItemFailure>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The result of a request, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// The instance is compliant.
    Compliant,
    /// The instance violates the policy.
    NonCompliant,
    /// An exemption accepts the violation.
    Exempt,
    /// The instance violates the policy, and is in its grace period.
    Provisional,
    /// The instance is out of the policy's scope.
    OutOfScope,
    /// The instance is terminated, or about to be.
    Skipped,
    /// EC2 doesn't know the instance.
    NotFound,
    /// Several instances were looked at.
    Checked,
    /// The fleet was swept.
    Swept,
    /// A part of the fleet was swept.
    Sweeping,
    /// People were notified of what was due.
    Told,
    /// A test message was sent.
    Tested,
    /// There was nothing to do.
    Ignored,
}

impl From<Status> for Word {
    fn from(status: Status) -> Self {
        match status {
            Status::Compliant => Self::Compliant,
            Status::NonCompliant => Self::NonCompliant,
            Status::Exempt => Self::Exempt,
            Status::OutOfScope => Self::OutOfScope,
        }
    }
}

/// A message that SQS should redeliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// SQS's id of the message.
    pub item_identifier: String,
}

impl Answer {
    /// The answer for an evaluated instance. `counted` is none if the evaluation is provisional.
    #[must_use]
    pub fn evaluated(
        instance_id: InstanceId,
        evaluation: &Evaluation<'_>,
        counted: Option<Status>,
    ) -> Self {
        let missing_tags = evaluation.missing_tags.iter();
        let invalid_tags = evaluation.invalid_tags.iter();
        let forbidden_tags = evaluation.forbidden_tags.iter();
        Self::Instance {
            status_code: 200,
            status: counted.map_or(Word::Provisional, Word::from),
            instance_id,
            is_compliant: evaluation.scope.is_in().then(|| evaluation.is_compliant()),
            missing_tags: missing_tags.map(|&key| key.to_owned()).collect(),
            invalid_tags: invalid_tags.map(|tag| json!(tag)).collect(),
            forbidden_tags: forbidden_tags.map(|tag| json!(tag)).collect(),
            unwritten_records: 0,
        }
    }

    /// Says that S3 didn't take the instance's record.
    pub fn say_unwritten(&mut self) {
        if let Self::Instance {
            unwritten_records, ..
        } = self
        {
            *unwritten_records = 1;
        }
    }

    /// Whether it says that S3 didn't take the instance's record.
    #[must_use]
    pub fn is_unrecorded(&self) -> bool {
        matches!(self, Self::Instance { unwritten_records, .. } if *unwritten_records > 0)
    }

    /// The answer for an instance that is terminated, or about to be.
    #[must_use]
    pub fn skipped(instance_id: InstanceId) -> Self {
        Self::Instance {
            status_code: 200,
            status: Word::Skipped,
            instance_id,
            is_compliant: None,
            missing_tags: Vec::new(),
            invalid_tags: Vec::new(),
            forbidden_tags: Vec::new(),
            unwritten_records: 0,
        }
    }

    /// The answer to an event, from the answers for each of its instances.
    #[must_use]
    pub fn of_event(mut instances: Vec<Self>) -> Self {
        if instances.len() == 1 {
            return instances.remove(0);
        }
        Self::Several {
            status_code: 200,
            status: Word::Checked,
            instances,
        }
    }

    /// The answer for an instance that EC2 doesn't know.
    #[must_use]
    pub fn not_found(instance_id: InstanceId) -> Self {
        Self::NotFound {
            status_code: 404,
            status: Word::NotFound,
            instance_id,
        }
    }

    /// The answer of a sweep that is done.
    #[must_use]
    pub fn swept(totals: &Totals) -> Self {
        let counts = totals.tally.counts;
        Self::Swept {
            status_code: 200,
            status: Word::Swept,
            checked: counts.checked(),
            compliant: counts.compliant,
            non_compliant: counts.non_compliant,
            unwritten_records: totals.unwritten_records,
        }
    }

    /// The answer of a sweep that another invocation continues.
    #[must_use]
    pub fn sweeping(totals: &Totals) -> Self {
        let mut answer = Self::swept(totals);
        if let Self::Swept {
            status_code,
            status,
            ..
        } = &mut answer
        {
            (*status_code, *status) = (202, Word::Sweeping);
        }
        answer
    }

    /// The answer if there was nothing to do.
    #[must_use]
    pub fn ignored(reason: IgnoreReason) -> Self {
        Self::Ignored {
            status_code: 200,
            status: Word::Ignored,
            reason: reason.as_str(),
        }
    }

    /// The answer if the requested sweep was refused.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        Self::Ignored {
            status_code: 200,
            status: Word::Ignored,
            reason: refusal.as_str(),
        }
    }

    /// The answer after a test message was sent.
    #[must_use]
    pub fn tested(message_id: String, events: usize) -> Self {
        Self::Tested {
            status_code: 200,
            status: Word::Tested,
            message_id,
            events,
        }
    }

    /// The answer after people were notified of what was due.
    #[must_use]
    pub fn told(verified: usize, told: usize) -> Self {
        Self::Told {
            status_code: 200,
            status: Word::Told,
            verified,
            told,
        }
    }

    /// The answer for a batch in which these messages failed.
    #[must_use]
    pub fn batch(failed_message_ids: impl IntoIterator<Item = String>) -> Self {
        Self::Batch {
            batch_item_failures: failed_message_ids
                .into_iter()
                .map(|item_identifier| BatchItemFailure { item_identifier })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tag_compliance_core::instance::Tags;
    use tag_compliance_core::tally::Counts;
    use tag_compliance_core::testing::{instance, policy, subject, tags};

    use super::*;

    fn id() -> InstanceId {
        "i-12345678".parse().unwrap()
    }

    fn json_of(answer: &Answer) -> Value {
        serde_json::to_value(answer).unwrap()
    }

    /// The answer for an instance with these tags.
    fn answer_for(tags: Tags, counts: bool) -> Value {
        let policy = policy(&json!({
            "required_tags": [{"key": "Owner"}, {"key": "Application"}],
            "forbidden_tags": [{"key": "Temp"}],
        }));
        let instance = instance(tags);
        let evaluation = policy.evaluate(&subject(&instance));
        let counted = counts.then(|| evaluation.status());
        json_of(&Answer::evaluated(id(), &evaluation, counted))
    }

    #[test]
    fn a_evaluation_is_answered_with_its_reasons() {
        let mut expected = json!({
            "statusCode": 200,
            "status": "non-compliant",
            "instanceId": "i-12345678",
            "isCompliant": false,
            "missingTags": ["Application"],
            "invalidTags": [{"key": "Owner", "value": " ", "reason": "blank"}],
            "forbiddenTags": [{"key": "Temp", "value": "********"}],
        });
        let bad = tags(&[("Owner", " "), ("Temp", "1")]);
        assert_eq!(answer_for(bad.clone(), true), expected);
        expected["status"] = json!("provisional");
        assert_eq!(answer_for(bad, false), expected);
        assert_eq!(
            answer_for(tags(&[("Owner", "x"), ("Application", "x")]), true),
            json!({
                "statusCode": 200,
                "status": "compliant",
                "instanceId": "i-12345678",
                "isCompliant": true,
                "missingTags": [],
                "invalidTags": [],
            })
        );
    }

    #[test]
    fn the_other_answers() {
        let policy = policy(&json!({
            "required_tags": [{"key": "Owner"}],
            "scope": {"exclude": [{"states": ["running"]}]},
        }));
        let instance = instance(tags(&[]));
        let excluded = policy.evaluate(&subject(&instance));
        let out_of_scope = Answer::evaluated(id(), &excluded, Some(Status::OutOfScope));
        for (answer, status) in [
            (Answer::skipped(id()), "skipped"),
            (out_of_scope, "out-of-scope"),
        ] {
            assert_eq!(
                json_of(&answer),
                json!({
                    "statusCode": 200,
                    "status": status,
                    "instanceId": "i-12345678",
                    "isCompliant": null,
                    "missingTags": [],
                    "invalidTags": [],
                })
            );
        }
        assert_eq!(
            json_of(&Answer::not_found(id())),
            json!({"statusCode": 404, "status": "not-found", "instanceId": "i-12345678"})
        );
        let mut totals = Totals::default();
        totals.tally.counts = Counts {
            compliant: 3,
            non_compliant: 2,
            exempt: 1,
            out_of_scope: 4,
        };
        assert_eq!(
            json_of(&Answer::swept(&totals)),
            json!({"statusCode": 200, "status": "swept", "checked": 6, "compliant": 3, "nonCompliant": 2})
        );
        assert_eq!(
            json_of(&Answer::sweeping(&totals)),
            json!({"statusCode": 202, "status": "sweeping", "checked": 6, "compliant": 3, "nonCompliant": 2})
        );
        for (reason, text) in [
            (IgnoreReason::UnsuccessfulLaunch, "unsuccessful-launch"),
            (IgnoreReason::NotAnInstance, "not-an-instance"),
            (IgnoreReason::FailedCall, "failed-call"),
            (IgnoreReason::OtherCall, "other-call"),
        ] {
            assert_eq!(
                json_of(&Answer::ignored(reason)),
                json!({"statusCode": 200, "status": "ignored", "reason": text})
            );
        }
        let one = Answer::skipped(id());
        assert_eq!(Answer::of_event(vec![one.clone()]), one);
        let several = Answer::of_event(vec![one.clone(), Answer::not_found(id())]);
        assert_eq!(
            json_of(&several),
            json!({"statusCode": 200, "status": "checked",
                   "instances": [json_of(&one), json_of(&Answer::not_found(id()))]})
        );
        assert_eq!(
            json_of(&Answer::batch(["m-1".to_owned()])),
            json!({"batchItemFailures": [{"itemIdentifier": "m-1"}]})
        );
    }
}
