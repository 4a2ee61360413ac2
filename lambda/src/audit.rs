//! The audit log: what a verdict is recorded as, and under which key.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::event::{EventDetails, Trigger};
use crate::instance::{Instance, InstanceId, InstanceState, Tags};
use crate::policy::{InvalidTag, TagPolicy, Verdict};
use crate::timestamp::Timestamp;

/// Where every object of the audit log lies; the function's role may write nowhere else.
pub const PREFIX: &str = "scans/";

/// One verdict, as it stands in the audit log.
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
    /// Whether it has every required tag.
    pub is_compliant: bool,
    /// The keys that were required.
    pub required_tags: Vec<&'a str>,
    /// The instance's tags, required or not.
    pub tags: &'a Tags,
    /// The required keys that are absent.
    pub missing_tags: &'a [&'a str],
    /// The required tags whose value does not count, and why.
    pub invalid_tags: &'a [InvalidTag<'a>],
    /// The account that owns the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<&'a str>,
    /// The region of the instance.
    pub region: &'a str,
    /// What the check was for.
    pub trigger: Trigger,
    /// The event's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<&'a str>,
    /// The event's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_time: Option<Timestamp>,
    /// The state that the event reported; EC2 may have moved on since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_state: Option<InstanceState>,
    /// The SHA-256 of the policy.
    pub policy_hash: &'a str,
}

impl<'a> AuditRecord<'a> {
    /// The record of `verdict`.
    #[must_use]
    pub fn new(
        instance: &'a Instance,
        verdict: &'a Verdict<'a>,
        policy: &'a TagPolicy,
        region: &'a str,
        event: &'a EventDetails,
        read_at: Timestamp,
    ) -> Self {
        Self {
            timestamp: read_at,
            instance_id: &instance.id,
            state: instance.state,
            is_compliant: verdict.is_compliant(),
            required_tags: policy.required_keys().collect(),
            tags: &instance.tags,
            missing_tags: &verdict.missing_tags,
            invalid_tags: &verdict.invalid_tags,
            account_id: instance.account_id.as_deref(),
            region,
            trigger: event.trigger,
            event_id: event.id.as_deref(),
            event_time: event.time,
            event_state: event.state,
            policy_hash: policy.fingerprint(),
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
/// That is the event's own time, so that a retry or a duplicate overwrites its own record.
/// EventBridge times have whole seconds: the milliseconds come from a hash of the event's id, so
/// that two events of one second do not share a key. A call that names no time gets `called_at`.
#[must_use]
pub fn recorded_at(event: &EventDetails, called_at: Timestamp) -> Timestamp {
    match (event.time, &event.id) {
        (Some(time), Some(id)) => time.with_millis(hash(id)),
        (Some(time), None) => time,
        (None, _) => called_at,
    }
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

/// What the keys of a sweep's pages share: `scans/YYYY-MM-DD/fleet-{epochMillis}-`.
#[must_use]
pub fn sweep_prefix(recorded_at: Timestamp) -> String {
    format!(
        "{PREFIX}{}/fleet-{}-",
        recorded_at.date(),
        recorded_at.epoch_millis()
    )
}

/// The key of a page of a sweep, counted from 1, whose object is JSON Lines.
#[must_use]
pub fn sweep_page_key(recorded_at: Timestamp, page: u32) -> String {
    format!("{}{page}.jsonl", sweep_prefix(recorded_at))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::RequiredTag;

    fn event(id: Option<&str>, time: Option<&str>) -> EventDetails {
        EventDetails {
            trigger: Trigger::StateChange,
            id: id.map(str::to_owned),
            time: time.map(|time| time.parse().unwrap()),
            state: Some(InstanceState::Running),
        }
    }

    fn called_at() -> Timestamp {
        "2026-01-01T00:00:00.500Z".parse().unwrap()
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
    fn keys_are_laid_out_by_day() {
        let id: InstanceId = "i-1234567890abcdef0".parse().unwrap();
        let at: Timestamp = "2025-12-03T10:00:00.007Z".parse().unwrap();
        assert_eq!(
            instance_key(&id, at),
            "scans/2025-12-03/i-1234567890abcdef0-1764756000007.json"
        );
        assert_eq!(
            sweep_page_key(at, 12),
            "scans/2025-12-03/fleet-1764756000007-12.jsonl"
        );
    }

    #[test]
    fn a_record_holds_the_verdict_and_where_it_came_from() {
        let policy = TagPolicy::new(
            ["Environment", "Owner", "Application"]
                .map(|key| RequiredTag {
                    key: key.to_owned(),
                    allowed_values: None,
                })
                .into(),
        )
        .unwrap();
        let instance = Instance {
            id: "i-1234567890abcdef0".parse().unwrap(),
            account_id: Some("123456789012".to_owned()),
            state: InstanceState::Stopping,
            tags: [("Name", "web-server"), ("Environment", "prod")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        };
        let verdict = policy.judge(&instance.tags);
        let event = event(Some("event-1"), Some("2025-12-03T09:59:58Z"));
        let read_at = "2025-12-03T10:00:00Z".parse().unwrap();
        let record = AuditRecord::new(&instance, &verdict, &policy, "us-east-1", &event, read_at);
        assert_eq!(
            serde_json::to_value(&record).unwrap(),
            json!({
                "timestamp": "2025-12-03T10:00:00.000Z",
                "instanceId": "i-1234567890abcdef0",
                "state": "stopping",
                "isCompliant": false,
                "requiredTags": ["Environment", "Owner", "Application"],
                "tags": {"Name": "web-server", "Environment": "prod"},
                "missingTags": ["Owner", "Application"],
                "invalidTags": [],
                "accountId": "123456789012",
                "region": "us-east-1",
                "trigger": "state-change",
                "eventId": "event-1",
                "eventTime": "2025-12-03T09:59:58.000Z",
                "eventState": "running",
                "policyHash": policy.fingerprint(),
            })
        );
    }

    #[test]
    fn a_manual_check_has_no_event_fields() {
        let policy = TagPolicy::new(vec![RequiredTag {
            key: "Owner".to_owned(),
            allowed_values: None,
        }])
        .unwrap();
        let instance = Instance {
            id: "i-12345678".parse().unwrap(),
            account_id: None,
            state: InstanceState::Running,
            tags: [("Owner".to_owned(), "web".to_owned())].into(),
        };
        let verdict = policy.judge(&instance.tags);
        let manual = EventDetails::manual();
        let record = AuditRecord::new(
            &instance,
            &verdict,
            &policy,
            "eu-west-1",
            &manual,
            called_at(),
        );
        let value = serde_json::to_value(&record).unwrap();
        assert_eq!(value["trigger"], "manual");
        assert_eq!(value["isCompliant"], true);
        for absent in ["accountId", "eventId", "eventTime", "eventState"] {
            assert_eq!(value.get(absent), None, "{absent}");
        }
    }
}
