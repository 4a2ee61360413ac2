//! What tests have in common: values as they are needed often, and the fixtures.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::event::{Check, EventDetails, Trigger};
use crate::instance::{Described, Instance, InstanceState, Tags};
use crate::policy::{PolicyError, TagPolicy};
use crate::subject::Subject;
use crate::sweep::totals::Totals;
use crate::timestamp::Timestamp;

/// The folder `tests/fixtures`.
pub fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

/// The text of the event `tests/fixtures/events/{name}.json`, as AWS sends it.
pub fn event_text(name: &str) -> String {
    let path = fixtures().join("events").join(format!("{name}.json"));
    std::fs::read_to_string(path).unwrap()
}

/// The same as JSON.
pub fn event(name: &str) -> Value {
    serde_json::from_str(&event_text(name)).unwrap()
}

/// The names of all events of `tests/fixtures/events`.
pub fn event_names() -> Vec<String> {
    let entries = std::fs::read_dir(fixtures().join("events")).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

/// A policy that uses every part.
pub fn every_part() -> String {
    std::fs::read_to_string(fixtures().join("policies/every-part.json")).unwrap()
}

/// The policy of a document.
pub fn policy(document: &Value) -> TagPolicy {
    TagPolicy::from_json(&document.to_string()).unwrap()
}

/// What is wrong with a document.
pub fn errors_of(document: &Value) -> Vec<PolicyError> {
    TagPolicy::from_json(&document.to_string()).unwrap_err().0
}

/// The policy that an environment has where it sets none.
pub fn default_policy() -> TagPolicy {
    policy(&json!({"required_tags": [
        {"key": "Environment", "allowed_values": ["dev", "staging", "prod"]},
        {"key": "Owner"},
        {"key": "Application"},
    ]}))
}

/// Tags of these keys and values.
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
        account_id: Some("123456789012".parse().unwrap()),
        state: InstanceState::Running,
        launched_at: Some(at("2026-01-01T00:00:00Z")),
        ended_at: None,
        operator: None,
        described: Described::default(),
        tags,
    }
}

/// The same instance with another id.
pub fn numbered(number: u64, tags: Tags) -> Instance {
    let mut instance = instance(tags);
    instance.id = format!("i-{number:08x}").parse().unwrap();
    instance
}

/// Counts an instance as a sweep does whose page holds nothing else.
pub fn add(totals: &mut Totals, policy: &TagPolicy, instance: &Instance) {
    let evaluation = policy.evaluate(&subject(instance));
    let mut page = Totals::default();
    page.add(policy, instance, &evaluation, at("2026-01-01T10:00:00Z"));
    totals.merge(page);
}

/// A moment, as RFC 3339.
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

/// A check of the instance of [`instance`], for which nothing but its trigger is known.
pub fn check(trigger: Trigger) -> Check {
    Check {
        instance_id: "i-1234567890abcdef0".parse().unwrap(),
        event: EventDetails {
            trigger,
            ..EventDetails::manual()
        },
        is_new: false,
        changed_tags: None,
        payload: json!({"instanceId": "i-1234567890abcdef0"}),
    }
}
