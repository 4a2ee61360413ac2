//! `explain`: the sources of its instance.

use serde_json::{Value, json};

use crate::explain::{explain, policy_named, record};
use crate::support::{answer, event, file, policy, program};

#[test]
fn a_tag_change_without_them_is_like_other_events() {
    let text = std::fs::read_to_string(event("tag-change-instance")).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    event["detail"].as_object_mut().unwrap().remove("tags");
    let event = file("explain-tagless.json", &event.to_string());
    let answer = explain(&policy_named("tagless"), &["--event", &event]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("--untagged"), "{answer:?}");
}

#[test]
fn other_events_do_not_and_say_what_is_needed() {
    let policy = policy_named("no-tags");
    for name in [
        "ec2-state-change-stopped",
        "autoscaling-launch-successful",
        "spot-interruption-warning",
    ] {
        let event = event(name);
        let refused = explain(&policy, &["--event", &event]);
        assert_eq!(refused.code, Some(2), "{name}");
        assert_eq!(refused.stdout, "");
        for part in ["error: ", &event, "--tag KEY=VALUE", "--untagged"] {
            assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
        }
        let untagged = explain(&policy, &["--event", &event, "--untagged"]);
        assert_eq!(untagged.code, Some(1), "{name}: {untagged:?}");
    }
    let stopped = event("ec2-state-change-stopped");
    let tags = ["--tag", "Owner=web", "--tag", "Environment=dev"];
    let arguments = [["--event", &stopped].as_slice(), &tags].concat();
    let tagged = explain(&policy, &arguments);
    assert_eq!(tagged.code, Some(0), "{tagged:?}");
    assert!(tagged.stdout.contains("  State         stopped\n"));
    assert!(
        tagged
            .stdout
            .contains("ok              Owner        \"web\"\n")
    );
    assert!(tagged.stdout.contains("absent, as required\n"));
    assert!(!tagged.stdout.contains("Exemption"));
}

#[test]
fn a_sweep_and_what_is_no_instance_are_refused() {
    let policy = policy_named("refused");
    for (name, reason) in [
        ("scheduled-rule", "asks for a sweep"),
        ("tag-change-volume", "not about an EC2 instance"),
        (
            "../foreign-events/ec2-ami-state-change",
            "about an image (\"EC2 AMI",
        ),
        ("autoscaling-launch-unsuccessful", "was not launched"),
        ("cloudtrail-run-instances-failed", "a call that failed"),
        (
            "../foreign-events/cloudtrail-stop-instances",
            "a call that neither launches, starts nor tags instances",
        ),
    ] {
        let answer = explain(&policy, &["--event", &event(name), "--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        assert!(answer.stderr.contains(reason), "{name}: {}", answer.stderr);
    }
}

#[test]
fn what_the_function_tells_itself_is_refused() {
    let policy = policy_named("own");
    let due = json!({
        "source": "tag-compliance-checker", "detail-type": "Group Due",
        "detail": {"group": "0123456789abcdef"},
    });
    let keys = json!({"pk": {"S": "i#"}, "sk": {"S": "i-12345678"}});
    let record = json!({"eventSource": "aws:dynamodb", "dynamodb": {"Keys": keys}});
    for (name, event) in [("due", due), ("wake", json!({"Records": [record]}))] {
        let event = file(&format!("explain-own-{name}.json"), &event.to_string());
        let answer = explain(&policy, &["--event", &event, "--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        let reason = "the event is the function's own: it sends alerts that are due";
        assert!(answer.stderr.contains(reason), "{name}: {}", answer.stderr);
    }
}

#[test]
fn what_cannot_be_understood_is_named() {
    let policy = policy_named("malformed");
    let field = |name: &str, changes: Value| record(&format!("malformed-{name}"), &changes);
    for (event, reason) in [
        (
            file("explain-text.json", "no JSON"),
            "1:2: not JSON: expected",
        ),
        (
            field("id", json!({"instanceId": "i-1"})),
            "instanceId: expected an instance id: i- and 8 or 17 hexadecimal digits, got \"i-1\"",
        ),
        (
            field("region", json!({"region": 1})),
            "region: expected a string, got 1",
        ),
        (
            field("state", json!({"state": "gone"})),
            "state: expected pending, running, stopping, stopped, shutting-down or terminated, got \"gone\"",
        ),
        (
            field("launch", json!({"launchedAt": "yesterday"})),
            "launchedAt: expected an RFC 3339 time",
        ),
        (
            field("tags", json!({"tags": {"a": 1}})),
            "tags: expected an object of strings, got {\"a\":1}",
        ),
        ("/nowhere/event.json".to_owned(), "No such file"),
    ] {
        let answer = explain(&policy, &["--event", &event]);
        assert_eq!(answer.code, Some(2), "{event}");
        let start = format!("error: {event}:");
        assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
        assert!(
            answer.stderr.contains(reason),
            "{reason}: {}",
            answer.stderr
        );
    }
}

#[test]
fn policy_or_event_can_come_from_standard_input() {
    let from_stdin = |arguments: &[&str], text: &str| {
        let mut command = program();
        answer(command.args(arguments).write_stdin(text))
    };
    let record_path = record("stdin", &json!({}));
    let record = std::fs::read_to_string(&record_path).unwrap();
    let policy_path = policy_named("stdin");
    let event = ["explain", "--policy", &policy_path, "--event", "-"];
    assert_eq!(from_stdin(&event, &record).code, Some(1));
    let policy_text = policy().to_string();
    let policy = ["explain", "--policy", "-", "--event", &record_path];
    let answer = from_stdin(&policy, &policy_text);
    assert_eq!(answer.code, Some(1));
    assert!(answer.stdout.contains("  Policy        standard input ("));
    let both = from_stdin(&["explain", "--policy", "-", "--event", "-"], "");
    assert_eq!(both.code, Some(2));
    assert!(both.stderr.contains("standard input can be read only once"));
    let invalid = from_stdin(&event, "{");
    assert!(
        invalid
            .stderr
            .starts_with("error: standard input:1:1: not JSON")
    );
}

#[test]
fn wrong_options_are_refused() {
    let policy = policy_named("usage");
    for (arguments, reason) in [
        (vec![], "--event <FILE>"),
        (vec!["--tag", "Owner"], "expected KEY=VALUE"),
        (vec!["--tag", "=web"], "expected KEY=VALUE"),
        (vec!["--untagged", "--tag", "a=b"], "cannot be used with"),
        (vec!["--untagged", "--account", "1"], "12 digits"),
        (
            vec!["--untagged", "--state", "gone"],
            "[possible values: pending",
        ),
        (
            vec!["--untagged", "--instance-id", "i-1"],
            "not an instance id",
        ),
        (
            vec!["--untagged", "--at", "today"],
            "expected a day such as 2027-01-01, or an RFC 3339 time",
        ),
    ] {
        let answer = explain(&policy, &arguments);
        assert_eq!(answer.code, Some(2), "{arguments:?}");
        assert_eq!(answer.stdout, "");
        assert!(
            answer.stderr.contains(reason),
            "{reason}: {}",
            answer.stderr
        );
    }
}

#[test]
fn a_day_is_its_first_moment() {
    let policy = policy_named("day");
    let of = ["--untagged", "--region=us-east-1", "--format=json", "--at"];
    let on = |at: &str| explain(&policy, &[&of[..], &[at]].concat());
    let (day, moment) = (on("2026-12-01"), on("2026-12-01T00:00:00Z"));
    assert_eq!(day.code, Some(1), "{day:?}");
    assert_eq!(day.stdout, moment.stdout);
    assert_ne!(day.stdout, on("2026-12-02").stdout);
}

#[test]
fn a_tag_change_holds_the_tags() {
    let answer = explain(
        &policy_named("tag-change"),
        &["--event", &event("tag-change-instance"), "--format", "json"],
    );
    assert_eq!(answer.code, Some(1));
    let document = answer.json();
    assert_eq!(document["instanceId"], "i-0000000aaaaaaaaaa");
    assert_eq!(document["accountId"], "123456789012");
    assert_eq!(document["region"], "us-east-1");
    assert_eq!(
        document["tags"],
        json!({"key1": "value1", "key3": "value3"})
    );
    assert_eq!(document["timestamp"], "2025-12-03T10:00:00.000Z");
}

#[test]
fn options_replace_what_the_event_says() {
    let record = record("options", &json!({"accountId": null, "launchedAt": null}));
    let options = [
        "--tag=Environment=dev",
        "--tag=Owner=web=team",
        "--tag=TEMP=",
        "--state=running",
        "--region=eu-central-1",
        "--account=111111111111",
        "--instance-id=i-12345678",
        "--launched-at=2026-01-01T00:00:00Z",
        "--at=2026-01-01T01:00:00Z",
    ];
    let event = ["--event", &record, "--format", "json"];
    let answer = explain(
        &policy_named("options"),
        &[event.as_slice(), &options].concat(),
    );
    let document = answer.json();
    for (field, expected) in [
        ("instanceId", "i-12345678"),
        ("state", "running"),
        ("region", "eu-central-1"),
        ("accountId", "111111111111"),
        ("launchedAt", "2026-01-01T00:00:00.000Z"),
        ("timestamp", "2026-01-01T01:00:00.000Z"),
    ] {
        assert_eq!(document[field], expected);
    }
    let tags = &document["tags"];
    assert_eq!(tags["Owner"], "web=team");
    assert_eq!(tags["TEMP"], "********", "it is forbidden");
    assert_eq!(tags["Application"], "shop", "the event's own");
}
