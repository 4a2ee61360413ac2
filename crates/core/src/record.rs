//! The audit log: what an evaluation is recorded as, and under which key.

use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::evaluation::finding::{ForbiddenTag, InvalidTag, MisspelledTag};
use crate::evaluation::scope::Scope;
use crate::evaluation::{Evaluation, Status};
use crate::event::{EventDetails, EventId, Trigger};
use crate::fix::Fix;
use crate::instance::{AccountId, InstanceId, InstanceState, ServicePrincipal, Tags};
use crate::policy::TagPolicy;
use crate::policy::document::Severity;
use crate::policy::exemption::Exemption;
use crate::subject::Subject;
use crate::timestamp::Timestamp;

/// Where every object of the audit log lies; the function's role may write nowhere else.
pub const PREFIX: &str = "scans/";

/// How old an event may be when it arrives: EventBridge tries for 24 hours, Lambda for 6, and a dead
/// letter waits for 14 days.
const MAX_EVENT_AGE: Duration = Duration::from_hours(16 * 24);
/// How far the clock of an event's source may be ahead of the function's.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(1);

/// One evaluation, as it stands in the audit log.
///
/// The first seven fields keep their names and types for ever; others may be added.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord<'a> {
    /// When the tags were read.
    pub timestamp: Timestamp,
    /// The instance.
    pub instance_id: &'a InstanceId,
    /// What EC2 said of its state when the tags were read.
    pub state: InstanceState,
    /// Whether it violates nothing; an exemption makes no difference. One that the policy is not for
    /// violates nothing.
    pub is_compliant: bool,
    /// The keys that were required of it.
    pub required_tags: &'a [&'a str],
    /// The instance's tags, required or not.
    pub tags: &'a Tags,
    /// The required keys that are absent.
    pub missing_tags: &'a [&'a str],
    /// The required tags whose value does not count, and why.
    pub invalid_tags: &'a [InvalidTag<'a>],
    /// The tags that must not be there.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub forbidden_tags: &'a [ForbiddenTag<'a>],
    /// The tags that may be meant as missing ones.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub misspelled_tags: &'a [MisspelledTag<'a>],
    /// The evaluation in one word.
    pub status: Status,
    /// By which condition the policy is not for the instance, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_scope: Option<Scope>,
    /// Whether the evaluation does not count yet, since the instance may still be tagged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// How bad the worst violation is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Why the violations are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<&'a Exemption>,
    /// The exemptions that once accepted them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub expired_exemptions: &'a [&'a Exemption],
    /// The account that owns the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<&'a AccountId>,
    /// The region of the instance.
    pub region: &'a str,
    /// The AWS service that manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<&'a ServicePrincipal>,
    /// When it was launched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launched_at: Option<Timestamp>,
    /// What the check was for.
    pub trigger: Trigger,
    /// The event's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<&'a EventId>,
    /// The event's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_time: Option<Timestamp>,
    /// Whether that time is none that an event can have here, so that the record lies under the day of
    /// the call.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub event_time_rejected: bool,
    /// The state that the event reported; EC2 may have moved on since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_state: Option<InstanceState>,
    /// The SHA-256 of the policy.
    pub policy_hash: &'a str,
    /// Where to fix the violations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix<'a>>,
}

impl<'a> AuditRecord<'a> {
    /// The record of `evaluation`.
    #[must_use]
    pub fn new(
        subject: &Subject<'a>,
        evaluation: &'a Evaluation<'a>,
        policy: &'a TagPolicy,
        event: &'a EventDetails,
        provisional: bool,
    ) -> Self {
        let instance = subject.instance;
        Self {
            timestamp: subject.now,
            instance_id: &instance.id,
            state: instance.state,
            is_compliant: evaluation.is_compliant(),
            required_tags: &evaluation.required_tags,
            tags: &instance.tags,
            missing_tags: &evaluation.missing_tags,
            invalid_tags: &evaluation.invalid_tags,
            forbidden_tags: &evaluation.forbidden_tags,
            misspelled_tags: &evaluation.misspelled_tags,
            status: evaluation.status(),
            out_of_scope: Some(evaluation.scope).filter(|scope| !scope.is_in()),
            provisional,
            severity: evaluation.severity(),
            exemption: evaluation.exemption,
            expired_exemptions: &evaluation.expired_exemptions,
            account_id: instance.account_id.as_ref(),
            region: subject.region,
            operator: instance.operator.as_ref(),
            launched_at: instance.launched_at,
            trigger: event.trigger,
            event_id: event.id.as_ref(),
            event_time: event.time,
            event_time_rejected: event
                .time
                .is_some_and(|time| !is_believed(time, subject.now)),
            event_state: event.state,
            policy_hash: policy.fingerprint(),
            fix: Fix::of(subject, evaluation, policy, |_| true),
        }
    }

    /// The key under which it is an object of its own, as that of an event that is recorded at a time.
    #[must_use]
    pub fn key(&self, recorded_at: Timestamp) -> String {
        let key = instance_key(self.instance_id, recorded_at);
        if self.provisional {
            provisional_key(&key)
        } else {
            key
        }
    }

    /// The record as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Strings, flags and times: nothing in a record can fail to be written as JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// When an event counts as having happened, for the key of what is recorded of it.
///
/// That is the event's own time, so that a retry or a duplicate finds the record that is there.
/// EventBridge times have whole seconds: the milliseconds come from a hash of the event's id, so
/// that two events of one second do not share a key. A call that names no time, or one that is not
/// believed, gets `called_at`.
#[must_use]
pub fn recorded_at(event: &EventDetails, called_at: Timestamp) -> Timestamp {
    match (event.time, &event.id) {
        (Some(time), _) if !is_believed(time, called_at) => called_at,
        (Some(time), Some(id)) => time.with_millis(hash(id.as_text().raw())),
        (Some(time), None) => time,
        (None, _) => called_at,
    }
}

/// Whether an event that arrives now can have this time. Another one would write into any day of the
/// audit log.
#[must_use]
pub fn is_believed(time: Timestamp, now: Timestamp) -> bool {
    now.since(time) <= MAX_EVENT_AGE && time.since(now) <= MAX_CLOCK_SKEW
}

fn hash(id: &str) -> u64 {
    Sha256::digest(id)
        .iter()
        .take(size_of::<u64>())
        .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// The key of the record of one instance: `scans/YYYY-MM-DD/{instanceId}-{epochMillis}.json`.
#[must_use]
pub fn instance_key(instance_id: &InstanceId, recorded_at: Timestamp) -> String {
    format!(
        "{PREFIX}{}/{instance_id}-{}.json",
        recorded_at.date(),
        recorded_at.epoch_millis()
    )
}

/// The key of the record of an evaluation that does not count yet, beside that of the one that will.
#[must_use]
pub fn provisional_key(instance_key: &str) -> String {
    let stem = instance_key.strip_suffix(".json").unwrap_or(instance_key);
    format!("{stem}-provisional.json")
}

/// What the keys of a sweep's pages share: `scans/YYYY-MM-DD/fleet-{epochMillis}-`.
#[must_use]
pub fn sweep_prefix(recorded_at: Timestamp) -> String {
    format!(
        "{PREFIX}{}/fleet-{}-",
        recorded_at.date(),
        recorded_at.epoch_millis()
    )
}

/// The key of a page of a sweep, whose object is JSON Lines.
#[must_use]
pub fn sweep_page_key(recorded_at: Timestamp, page: u32) -> String {
    format!("{}{page}.jsonl", sweep_prefix(recorded_at))
}

/// The key of what a later look found, where an earlier look has taken `key`: the log is append-only.
///
/// The time of the look goes behind the time of the event, so that a look which is written twice has
/// the same key.
#[must_use]
pub fn later_key(key: &str, looked_at: Timestamp) -> String {
    let ending = ["-provisional.json", ".jsonl", ".json"];
    let ending = ending.into_iter().find(|ending| key.ends_with(ending));
    let ending = ending.unwrap_or_default();
    let stem = key.strip_suffix(ending).unwrap_or(key);
    format!("{stem}-{}{ending}", looked_at.epoch_millis())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{default_policy, instance, policy, subject, tags};

    fn event(id: Option<&str>, time: Option<&str>) -> EventDetails {
        EventDetails {
            trigger: Trigger::StateChange,
            id: id.map(EventId::new),
            time: time.map(|time| time.parse().unwrap()),
            state: Some(InstanceState::Running),
        }
    }

    fn called_at() -> Timestamp {
        "2025-12-04T00:00:00.500Z".parse().unwrap()
    }

    #[test]
    fn an_event_is_recorded_at_its_own_second() {
        let recorded_at = recorded_at(&event(Some("a"), Some("2025-12-03T10:00:00Z")), called_at());
        assert_eq!(recorded_at.epoch_millis() / 1_000, 1_764_756_000);
        // SHA-256 of "a" starts with ca978112ca1bbdca, which is …594 modulo 1,000.
        assert_eq!(
            recorded_at.epoch_millis() % 1_000,
            0xca97_8112_ca1b_bdca_u64 % 1_000
        );
    }

    #[test]
    fn the_same_event_keeps_its_moment_and_another_gets_its_own() {
        let at = |id| recorded_at(&event(Some(id), Some("2025-12-03T10:00:00Z")), called_at());
        assert_eq!(at("one"), at("one"));
        assert_ne!(at("one"), at("two"));
    }

    #[test]
    fn without_an_id_the_event_keeps_its_time_and_without_a_time_it_is_the_call() {
        let time = "2025-12-03T10:00:00.250Z";
        assert_eq!(
            recorded_at(&event(None, Some(time)), called_at()),
            time.parse().unwrap()
        );
        assert_eq!(
            recorded_at(&event(Some("a"), None), called_at()),
            called_at()
        );
        assert_eq!(recorded_at(&event(None, None), called_at()), called_at());
    }

    #[test]
    fn a_time_that_no_event_can_have_is_that_of_the_call() {
        let called_at: Timestamp = "2026-01-17T00:00:00.500Z".parse().unwrap();
        for (time, is_believed) in [
            ("2026-01-01T00:00:00.500Z", true),
            ("2026-01-01T00:00:00.499Z", false),
            ("2026-01-17T00:01:00.500Z", true),
            ("2026-01-17T00:01:00.501Z", false),
            ("1970-01-01T00:00:00Z", false),
            ("9999-12-31T23:59:59Z", false),
        ] {
            let event = event(None, Some(time));
            let expected = if is_believed {
                time.parse().unwrap()
            } else {
                called_at
            };
            assert_eq!(recorded_at(&event, called_at), expected, "{time}");

            let policy = default_policy();
            let instance = instance(tags(&[]));
            let mut subject = subject(&instance);
            subject.now = called_at;
            let evaluation = policy.evaluate(&subject);
            let record = AuditRecord::new(&subject, &evaluation, &policy, &event, false);
            let record = serde_json::to_value(&record).unwrap();
            let rejected = (!is_believed).then_some(json!(true));
            assert_eq!(record.get("eventTimeRejected"), rejected.as_ref(), "{time}");
            assert_eq!(
                record["eventTime"].as_str().map(str::parse),
                Some(Ok(event.time.unwrap()))
            );
        }
    }

    #[test]
    fn a_later_look_has_a_key_of_its_own() {
        let looked_at: Timestamp = "2025-12-03T10:00:05.123Z".parse().unwrap();
        for (key, later) in [
            (
                "scans/2025-12-03/i-12345678-1764756000007.json",
                "scans/2025-12-03/i-12345678-1764756000007-1764756005123.json",
            ),
            (
                "scans/2025-12-03/i-12345678-1764756000007-provisional.json",
                "scans/2025-12-03/i-12345678-1764756000007-1764756005123-provisional.json",
            ),
            (
                "scans/2025-12-03/fleet-1764756000007-12.jsonl",
                "scans/2025-12-03/fleet-1764756000007-12-1764756005123.jsonl",
            ),
        ] {
            assert_eq!(later_key(key, looked_at), later);
        }
    }

    #[test]
    fn keys_are_laid_out_by_day() {
        let id: InstanceId = "i-1234567890abcdef0".parse().unwrap();
        let at: Timestamp = "2025-12-03T10:00:00.007Z".parse().unwrap();
        assert_eq!(
            instance_key(&id, at),
            "scans/2025-12-03/i-1234567890abcdef0-1764756000007.json"
        );
        assert_eq!(
            provisional_key(&instance_key(&id, at)),
            "scans/2025-12-03/i-1234567890abcdef0-1764756000007-provisional.json"
        );
        assert_eq!(
            sweep_page_key(at, 12),
            "scans/2025-12-03/fleet-1764756000007-12.jsonl"
        );
    }

    #[test]
    fn a_policy_of_forbidden_tags_alone_requires_nothing_in_records() {
        let policy = policy(&json!({"forbidden_tags": [{"key": "Password"}]}));
        for (key, is_compliant) in [("Password", false), ("Owner", true)] {
            let instance = instance(tags(&[(key, "x")]));
            let subject = subject(&instance);
            let evaluation = policy.evaluate(&subject);
            let event = event(None, None);
            let record = AuditRecord::new(&subject, &evaluation, &policy, &event, false);
            let record = serde_json::to_value(&record).unwrap();
            assert_eq!(record["requiredTags"], json!([]), "{key}");
            assert_eq!(record["missingTags"], json!([]), "{key}");
            assert_eq!(record["isCompliant"], is_compliant, "{key}");
        }
    }

    #[test]
    fn a_record_holds_the_evaluation_and_where_it_came_from() {
        let policy = default_policy();
        let mut instance = instance(tags(&[("Name", "web-server"), ("Environment", "prod")]));
        instance.state = InstanceState::Stopping;
        instance.operator = Some("eks.amazonaws.com".parse().unwrap());
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        let event = event(Some("event-1"), Some("2026-01-01T09:59:58Z"));
        let record = AuditRecord::new(&subject, &evaluation, &policy, &event, false);
        assert_eq!(
            serde_json::to_value(&record).unwrap(),
            json!({
                "timestamp": "2026-01-01T10:00:00.000Z",
                "instanceId": "i-1234567890abcdef0",
                "state": "stopping",
                "isCompliant": false,
                "requiredTags": ["Environment", "Owner", "Application"],
                "tags": {"Name": "web-server", "Environment": "prod"},
                "missingTags": ["Owner", "Application"],
                "invalidTags": [],
                "status": "non-compliant",
                "accountId": "123456789012",
                "region": "us-east-1",
                "operator": "eks.amazonaws.com",
                "launchedAt": "2026-01-01T00:00:00.000Z",
                "trigger": "state-change",
                "eventId": "event-1",
                "eventTime": "2026-01-01T09:59:58.000Z",
                "eventState": "running",
                "policyHash": policy.fingerprint(),
                "fix": {
                    "madeBy": "aws-service",
                    "name": "eks.amazonaws.com",
                    "commands": [
                        "aws ec2 create-tags --region us-east-1 --resources i-1234567890abcdef0 \
                         --tags 'Key=Owner,Value=<Owner>' 'Key=Application,Value=<Application>'",
                    ],
                    "nextLaunch": "what eks.amazonaws.com lets you set: it launches the instances",
                },
            })
        );
    }

    #[test]
    fn a_record_holds_all_that_the_policy_found() {
        let exemption = |owner: &str, expires: &str| json!({"owner": owner, "reason": "lab", "expires": expires, "when": {"states": ["running"]}});
        let record_by = |exemptions: &[serde_json::Value]| {
            let policy = policy(&json!({
                "required_tags": [{"key": "Owner", "severity": "high"}],
                "forbidden_tags": [{"key": "Temp"}],
                "exemptions": exemptions,
            }));
            let instance = instance(tags(&[("owner", "web"), ("Temp", "1")]));
            let subject = subject(&instance);
            let evaluation = policy.evaluate(&subject);
            let manual = EventDetails::manual();
            let record = AuditRecord::new(&subject, &evaluation, &policy, &manual, true);
            serde_json::to_value(&record).unwrap()
        };
        let record = record_by(&[exemption("web", "2026-12-31")]);
        for (name, value) in [
            ("isCompliant", json!(false)),
            ("status", json!("exempt")),
            ("provisional", json!(true)),
            ("severity", json!("high")),
            ("forbiddenTags", json!([{"key": "Temp", "value": "1"}])),
            (
                "misspelledTags",
                json!([{"key": "Owner", "found": "owner"}]),
            ),
            (
                "exemption",
                json!({"owner": "web", "reason": "lab", "expires": "2026-12-31"}),
            ),
        ] {
            assert_eq!(record[name], value, "{name}");
        }
        let record = record_by(&[exemption("web", "2025-12-31")]);
        assert_eq!(record["status"], "non-compliant");
        assert_eq!(
            record["expiredExemptions"],
            json!([{"owner": "web", "reason": "lab", "expires": "2025-12-31"}])
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let policy = default_policy();
        let mut instance = instance(tags(&[
            ("Environment", "dev"),
            ("Owner", "a"),
            ("Application", "b"),
        ]));
        instance.account_id = None;
        instance.launched_at = None;
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        let manual = EventDetails::manual();
        let record = AuditRecord::new(&subject, &evaluation, &policy, &manual, false);
        let value = serde_json::to_value(&record).unwrap();
        assert_eq!(value["trigger"], "manual");
        assert_eq!(value["isCompliant"], true);
        for absent in [
            "accountId",
            "eventId",
            "eventState",
            "eventTime",
            "eventTimeRejected",
            "exemption",
            "expiredExemptions",
            "fix",
            "forbiddenTags",
            "launchedAt",
            "misspelledTags",
            "operator",
            "outOfScope",
            "provisional",
            "severity",
        ] {
            assert_eq!(value.get(absent), None, "{absent}");
        }
    }
}
