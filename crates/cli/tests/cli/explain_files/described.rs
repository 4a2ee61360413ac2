//! What `aws ec2 describe-instances` answers.

use super::*;

#[test]
fn all_instances_of_describe_instances_are_explained() {
    let answer = value(&fixture("describe-instances"));
    let documents = json_of("described", &answer);
    for (field, expected) in [
        (
            "instanceId",
            ["i-1234567890abcdef0", "i-0fedcba9876543210"].map(|it| json!(it)),
        ),
        ("accountId", ["123456789012"; 2].map(|it| json!(it))),
        ("region", ["eu-central-1", "us-east-1"].map(|it| json!(it))),
        ("state", ["running", "stopped"].map(|it| json!(it))),
        (
            "launchedAt",
            ["2025-11-03T10:00:00.000Z", "2025-12-02T10:00:00.000Z"].map(|it| json!(it)),
        ),
        ("operator", [json!(null), json!("eks.amazonaws.com")]),
        (
            "tags",
            [json!({"Owner": "web", "Environment": "prod"}), json!({})],
        ),
        ("status", ["compliant", "non-compliant"].map(|it| json!(it))),
    ] {
        assert_eq!(column(&documents, field), expected, "{field}");
    }
    let (event, text) = explained("described-text", &answer, &[]);
    assert_eq!(text.code, Some(1));
    let second = format!("\n\n{event}: Reservations[0].Instances[1]\ni-0fedcba9876543210: non");
    assert!(text.stdout.contains(&second), "{}", text.stdout);
    let first = format!("{event}: Reservations[0].Instances[0]\ni-1234567890abcdef0: compliant");
    assert!(text.stdout.starts_with(&first), "{}", text.stdout);
}

#[test]
fn what_a_query_leaves_of_it_is_explained() {
    let answer = value(&fixture("describe-instances"));
    let reservation = &answer["Reservations"][0];
    let instances = &reservation["Instances"];
    for (name, value, count) in [
        ("instances", instances.clone(), 2),
        ("nested", json!([instances]), 2),
        ("reservations", json!([reservation]), 2),
        ("reservation", reservation.clone(), 2),
        ("instance", instances[0].clone(), 1),
        (
            "selected",
            json!([{"InstanceId": "i-12345678", "Tags": null}]),
            1,
        ),
    ] {
        let documents = json_of(name, &value);
        assert_eq!(documents.len(), count, "{name}");
    }
    let selected = json!([{"InstanceId": "i-12345678", "State": {"Name": "running"}}]);
    let (event, answer) = explained("no-tags-selected", &selected, &[]);
    assert_eq!(answer.code, Some(2));
    let start = format!("error: {event}:2:3: the file does not say which tags");
    assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
}

#[test]
fn an_instance_in_lower_case_is_explained() {
    let instance = json!({
        "instanceId": "i-12345678",
        "state": {"name": "stopped"},
        "tags": [{"key": "Owner", "value": "web"}],
    });
    let documents = json_of("lower-case", &instance);
    assert_eq!(column(&documents, "tags"), [json!({"Owner": "web"})]);
    assert_eq!(column(&documents, "state"), ["stopped"]);
}
