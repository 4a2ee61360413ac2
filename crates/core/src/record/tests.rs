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
    let exemption = |owner: &str, expires: &str| json!({"owner": owner, "reason": "lab", "expires": expires, "keys": ["Owner", "Temp"], "when": {"states": ["running"]}});
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
        (
            "forbiddenTags",
            json!([{"key": "Temp", "value": "********"}]),
        ),
        ("tags", json!({"Temp": "********", "owner": "web"})),
        (
            "misspelledTags",
            json!([{"key": "Owner", "found": "owner"}]),
        ),
        (
            "exemption",
            json!({"owner": "web", "reason": "lab", "expires": "2026-12-31", "keys": ["Owner", "Temp"]}),
        ),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
    let record = record_by(&[exemption("web", "2025-12-31")]);
    assert_eq!(record["status"], "non-compliant");
    assert_eq!(
        record["expiredExemptions"],
        json!([{"owner": "web", "reason": "lab", "expires": "2025-12-31", "keys": ["Owner", "Temp"]}])
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
