//! JSON Lines, batches, and options for one instance alone.

use super::*;
use crate::explain::record;

#[test]
fn each_line_of_json_lines_is_explained() {
    let good = value(&record("lines-good", &json!({"tags": {"Owner": "web"}})));
    let bad = value(&record("lines-bad", &json!({"tags": {}})));
    let volume = value(&event("tag-change-volume"));
    let change = value(&event("tag-change-instance"));
    let lines = format!("{good}\n{bad}\n\n2025-12-03T10:00:00.000Z {change}\n{volume}\n");
    let (event, answer) = text_explained("lines", &lines, &["--format", "json"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.stdout.lines().count(), 3);
    let statuses = column(&documents(&answer), "status");
    assert_eq!(statuses, ["compliant", "non-compliant", "non-compliant"]);
    let note = format!(
        "note: 1 of 4 left out: not about an instance; the first is {event}:5:1: \
         this is not about an EC2 instance: it looks like an EventBridge event about a volume"
    );
    assert!(answer.stderr.starts_with(&note), "{}", answer.stderr);
    let (event, answer) = text_explained("lines-text", &lines, &[]);
    for heading in ["1\ni-", "2\ni-", "4\ni-"] {
        let heading = format!("{event}:{heading}");
        assert!(
            answer.stdout.contains(&heading),
            "{heading}: {}",
            answer.stdout
        );
    }
}

#[test]
fn a_line_that_is_wrong_leaves_the_others() {
    let good = value(&record("broken-good", &json!({"tags": {"Owner": "web"}})));
    let wrong = json!({"instanceId": "i-1", "tags": {}});
    let lines = format!("{good}\n{wrong}\n{{\"instanceId\": nope}}\n{good}");
    let (event, answer) = text_explained("broken", &lines, &["--format", "json"]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(documents(&answer).len(), 2);
    let errors: Vec<_> = answer.stderr.lines().collect();
    let id = format!("error: {event}:2:15: instanceId: expected an instance id: i- and");
    assert!(errors[0].starts_with(&id), "{errors:?}");
    let syntax = format!("error: {event}:3:17: not JSON: expected");
    assert!(errors[1].starts_with(&syntax), "{errors:?}");
    assert_eq!(errors.len(), 2);
}

#[test]
fn the_messages_of_a_batch_are_explained() {
    let mut batch = value(&event("sqs-batch"));
    let (file, answer) = explained("messages-broken", &batch, &["--untagged"]);
    assert_eq!(answer.code, Some(2));
    let expected = format!(
        "error: {file}:22:15: Records[1].body: expected a string of JSON (line 1, column 2: "
    );
    assert!(answer.stderr.starts_with(&expected), "{}", answer.stderr);
    assert!(answer.stdout.contains("i-1234567890abcdef0"), "{answer:?}");
    let record = json!({"instanceId": "i-23456789", "tags": {"Owner": "web"}});
    let envelope = json!({"Type": "Notification", "Message": record.to_string()});
    batch["Records"][1]["body"] = envelope.to_string().into();
    let (_, answer) = explained("messages", &batch, &["--untagged", "--format", "json"]);
    let ids = column(&documents(&answer), "instanceId");
    assert_eq!(ids, ["i-1234567890abcdef0", "i-23456789"]);
    for record in batch["Records"].as_array_mut().unwrap() {
        record.as_object_mut().unwrap().remove("body");
    }
    let (_, answer) = explained("messages-without", &batch, &["--untagged"]);
    let reason = "1:1: the batch has no message with a body";
    assert!(answer.stderr.contains(reason), "{}", answer.stderr);
}

#[test]
fn a_list_without_instances_is_an_error() {
    for (name, value) in [
        ("array", json!([])),
        ("reservations", json!({"Reservations": []})),
        ("records", json!({"Records": []})),
    ] {
        let (event, answer) = explained(&format!("nothing-{name}"), &value, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        assert_eq!(
            answer.stderr,
            format!("error: {event}: the file has no instances\n")
        );
    }
    let volume = json!({"resourceType": "AWS::EC2::Volume", "resourceId": "vol-1"});
    let (event, answer) = explained("only-others", &json!([volume, volume]), &[]);
    assert_eq!(answer.code, Some(2));
    let error = format!(
        "error: {event}:2:3: the configuration item is of AWS::EC2::Volume, not of AWS::EC2::Instance\n"
    );
    assert!(answer.stderr.contains(&error), "{}", answer.stderr);
    assert!(
        answer
            .stderr
            .starts_with("note: 2 of 2 left out: not about an instance; the first"),
        "{answer:?}"
    );
}

#[test]
fn an_option_for_one_instance_is_refused_for_several() {
    let answer = value(&fixture("describe-instances"));
    let (event, answer) = explained("one-id", &answer, &["--instance-id", "i-12345678"]);
    assert_eq!(answer.code, Some(2));
    let error = format!("error: --instance-id names one instance, but {event} has 2\n");
    assert_eq!(answer.stderr, error);
}
