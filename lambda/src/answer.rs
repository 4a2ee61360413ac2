//! What an invocation answers.

use serde::Serialize;
use serde_json::{Value, json};

use crate::event::IgnoreReason;
use crate::instance::InstanceId;
use crate::policy::verdict::{Counts, Verdict};

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Answer {
    /// One instance was looked at.
    Instance {
        /// 200.
        status_code: u16,
        /// `compliant`, `non-compliant`, `exempt`, `provisional`, `out-of-scope` or `skipped`.
        status: &'static str,
        /// The instance.
        instance_id: InstanceId,
        /// Whether nothing is violated; null where the instance was not judged.
        is_compliant: Option<bool>,
        /// The required keys that are absent.
        missing_tags: Vec<String>,
        /// The required tags whose value does not count, as in the audit record.
        invalid_tags: Vec<Value>,
        /// The tags that must not be there, as in the audit record.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        forbidden_tags: Vec<Value>,
    },
    /// EC2 does not know the instance.
    NotFound {
        /// 404.
        status_code: u16,
        /// `not-found`.
        status: &'static str,
        /// The instance.
        instance_id: InstanceId,
    },
    /// The fleet was checked, all of it or, where there was no time for more, a part.
    Swept {
        /// 200, or 202 where another invocation goes on.
        status_code: u16,
        /// `swept`, or `sweeping` where another invocation goes on.
        status: &'static str,
        /// How many instances were judged so far.
        checked: u64,
        /// How many of them were compliant.
        compliant: u64,
        /// How many were not.
        non_compliant: u64,
    },
    /// There was nothing to do.
    Ignored {
        /// 200.
        status_code: u16,
        /// `ignored`.
        status: &'static str,
        /// Why.
        reason: IgnoreReason,
    },
    /// An SQS batch was worked through (`ReportBatchItemFailures`).
    Batch {
        /// The messages that SQS shall deliver again.
        batch_item_failures: Vec<BatchItemFailure>,
    },
}

/// A message that SQS shall deliver again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// SQS's id of the message.
    pub item_identifier: String,
}

impl Answer {
    /// The instance was judged.
    #[must_use]
    pub fn judged(instance_id: InstanceId, verdict: &Verdict<'_>) -> Self {
        Self::Instance {
            status_code: 200,
            status: verdict.status().as_str(),
            instance_id,
            is_compliant: Some(verdict.is_compliant()),
            missing_tags: verdict
                .missing_tags
                .iter()
                .map(|&key| key.to_owned())
                .collect(),
            invalid_tags: verdict.invalid_tags.iter().map(|tag| json!(tag)).collect(),
            forbidden_tags: verdict
                .forbidden_tags
                .iter()
                .map(|tag| json!(tag))
                .collect(),
        }
    }

    /// The instance was judged, but may still be tagged.
    #[must_use]
    pub fn provisional(instance_id: InstanceId, verdict: &Verdict<'_>) -> Self {
        let mut answer = Self::judged(instance_id, verdict);
        if let Self::Instance { status, .. } = &mut answer {
            *status = "provisional";
        }
        answer
    }

    /// The instance is terminated or about to be.
    #[must_use]
    pub fn skipped(instance_id: InstanceId) -> Self {
        Self::unjudged(instance_id, "skipped")
    }

    /// The policy is not for the instance.
    #[must_use]
    pub fn out_of_scope(instance_id: InstanceId) -> Self {
        Self::unjudged(instance_id, "out-of-scope")
    }

    fn unjudged(instance_id: InstanceId, status: &'static str) -> Self {
        Self::Instance {
            status_code: 200,
            status,
            instance_id,
            is_compliant: None,
            missing_tags: Vec::new(),
            invalid_tags: Vec::new(),
            forbidden_tags: Vec::new(),
        }
    }

    /// EC2 does not know the instance.
    #[must_use]
    pub fn not_found(instance_id: InstanceId) -> Self {
        Self::NotFound {
            status_code: 404,
            status: "not-found",
            instance_id,
        }
    }

    /// The fleet was checked.
    #[must_use]
    pub fn swept(counts: Counts) -> Self {
        Self::Swept {
            status_code: 200,
            status: "swept",
            checked: counts.checked(),
            compliant: counts.compliant,
            non_compliant: counts.non_compliant,
        }
    }

    /// A part of the fleet was checked, and another invocation goes on.
    #[must_use]
    pub fn sweeping(counts: Counts) -> Self {
        let mut answer = Self::swept(counts);
        if let Self::Swept {
            status_code,
            status,
            ..
        } = &mut answer
        {
            (*status_code, *status) = (202, "sweeping");
        }
        answer
    }

    /// There was nothing to do.
    #[must_use]
    pub fn ignored(reason: IgnoreReason) -> Self {
        Self::Ignored {
            status_code: 200,
            status: "ignored",
            reason,
        }
    }

    /// The batch is done but for these messages.
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
    use super::*;
    use crate::instance::Tags;
    use crate::testing::{instance, policy, subject, tags};

    fn id() -> InstanceId {
        "i-12345678".parse().unwrap()
    }

    fn json_of(answer: &Answer) -> Value {
        serde_json::to_value(answer).unwrap()
    }

    /// The answer for an instance of these tags, made by `answer`.
    fn answer_for(tags: Tags, answer: fn(InstanceId, &Verdict<'_>) -> Answer) -> Value {
        let policy = policy(&json!({
            "required_tags": [{"key": "Owner"}, {"key": "Application"}],
            "forbidden_tags": [{"key": "Temp"}],
        }));
        let instance = instance(tags);
        let verdict = policy.judge(&subject(&instance)).unwrap();
        json_of(&answer(id(), &verdict))
    }

    #[test]
    fn a_verdict_is_answered_with_its_reasons() {
        let mut expected = json!({
            "statusCode": 200,
            "status": "non-compliant",
            "instanceId": "i-12345678",
            "isCompliant": false,
            "missingTags": ["Application"],
            "invalidTags": [{"key": "Owner", "value": " ", "reason": "blank"}],
            "forbiddenTags": [{"key": "Temp", "value": "1"}],
        });
        let bad = tags(&[("Owner", " "), ("Temp", "1")]);
        assert_eq!(answer_for(bad.clone(), Answer::judged), expected);
        expected["status"] = json!("provisional");
        assert_eq!(answer_for(bad, Answer::provisional), expected);
        assert_eq!(
            answer_for(
                tags(&[("Owner", "x"), ("Application", "x")]),
                Answer::judged
            ),
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
        for (answer, status) in [
            (Answer::skipped(id()), "skipped"),
            (Answer::out_of_scope(id()), "out-of-scope"),
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
        let counts = Counts {
            compliant: 3,
            non_compliant: 2,
            exempt: 1,
        };
        assert_eq!(
            json_of(&Answer::swept(counts)),
            json!({"statusCode": 200, "status": "swept", "checked": 6, "compliant": 3, "nonCompliant": 2})
        );
        assert_eq!(
            json_of(&Answer::sweeping(counts)),
            json!({"statusCode": 202, "status": "sweeping", "checked": 6, "compliant": 3, "nonCompliant": 2})
        );
        assert_eq!(
            json_of(&Answer::ignored(IgnoreReason::UnsuccessfulLaunch)),
            json!({"statusCode": 200, "status": "ignored", "reason": "unsuccessful-launch"})
        );
        assert_eq!(
            json_of(&Answer::batch(["m-1".to_owned()])),
            json!({"batchItemFailures": [{"itemIdentifier": "m-1"}]})
        );
    }
}
