//! What the unit tests have in common.

use serde_json::{Value, json};

use crate::instance::{Instance, InstanceState, Tags};
use crate::policy::{PolicyError, Subject, TagPolicy};
use crate::timestamp::Timestamp;

pub fn policy(document: &Value) -> TagPolicy {
    TagPolicy::from_json(&document.to_string()).unwrap()
}

pub fn errors_of(document: &Value) -> Vec<PolicyError> {
    TagPolicy::from_json(&document.to_string()).unwrap_err().0
}

pub fn default_policy() -> TagPolicy {
    policy(&json!({"required_tags": [
        {"key": "Environment", "allowed_values": ["dev", "staging", "prod"]},
        {"key": "Owner"},
        {"key": "Application"},
    ]}))
}

pub fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// A running instance that was launched at the start of 2026.
pub fn instance(tags: Tags) -> Instance {
    Instance {
        id: "i-1234567890abcdef0".parse().unwrap(),
        account_id: Some("123456789012".to_owned()),
        state: InstanceState::Running,
        launched_at: Some(at("2026-01-01T00:00:00Z")),
        tags,
    }
}

pub fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// The instance in us-east-1, ten hours after the start of 2026.
pub fn subject(instance: &Instance) -> Subject<'_> {
    Subject {
        instance,
        region: "us-east-1",
        now: at("2026-01-01T10:00:00Z"),
    }
}
