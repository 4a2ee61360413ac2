//! What an event says of its instance.

use super::*;

#[test]
fn a_sweep_says_what_was_looked_for() {
    let event = |kind: &str, source: &str| {
        let call = json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"});
        json!({"source": source, "detail-type": kind, "detail": call})
    };
    for (name, kind, looked_for) in [
        (
            "state",
            "EC2 Instance State-change Notification",
            "detail.instance-id, detail.EC2InstanceId, instanceId",
        ),
        ("tags", "Tag Change on Resource", "resources[0]"),
        (
            "call",
            "AWS API Call via CloudTrail",
            "a list of instances in responseElements or",
        ),
    ] {
        let event = event(kind, "aws.ec2");
        let (_, answer) = explained(&format!("sweep-{name}"), &event, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        let reason = format!("asks for a sweep of the fleet: looked for {looked_for}");
        assert!(
            answer.stderr.contains(&reason),
            "{reason}\n{}",
            answer.stderr
        );
    }
}

#[test]
fn account_and_region_come_from_the_arn_where_the_event_has_none() {
    let mut change = value(&event("tag-change-instance"));
    for name in ["account", "region"] {
        change.as_object_mut().unwrap().remove(name);
    }
    let documents = json_of("arn", &change);
    assert_eq!(documents[0]["accountId"], "123456789012");
    assert_eq!(documents[0]["region"], "us-east-1");
    change["resources"][0] = json!("arn:aws:ec2:us-east-1a::instance/i-0000000aaaaaaaaaa");
    let documents = json_of("arn-of-a-zone", &change);
    assert_eq!(documents[0]["accountId"], json!(null));
    assert_eq!(documents[0]["region"], json!(null));
    let mut warning = value(&event("spot-interruption-warning"));
    warning["region"] = json!(null);
    let (_, answer) = explained("arn-short", &warning, &["--untagged", "--format", "json"]);
    assert_eq!(answer.json()["region"], json!(null));
}

#[test]
fn an_instance_that_its_group_terminates_does_not_run() {
    let event = value(&event("autoscaling-terminate-successful"));
    let of_kind = |kind: &str| {
        let mut event = event.clone();
        event["detail-type"] = json!(kind);
        event
    };
    let mut to_pool = event.clone();
    to_pool["detail"]["Destination"] = json!("WarmPool");
    for (name, event, state) in [
        (
            "successful",
            of_kind("EC2 Instance Terminate Successful"),
            "terminated",
        ),
        (
            "hook",
            of_kind("EC2 Instance-terminate Lifecycle Action"),
            "shutting-down",
        ),
        (
            "unsuccessful",
            of_kind("EC2 Instance Terminate Unsuccessful"),
            "running",
        ),
        ("pool", to_pool, "running"),
    ] {
        let tags = ["--tag", "Owner=web", "--format", "json"];
        let (_, answer) = explained(&format!("group-{name}"), &event, &tags);
        assert_eq!(answer.json()["state"], state, "{name}");
    }
    let (_, answer) = explained("group-tagless", &event, &[]);
    assert_eq!(
        answer.code,
        Some(0),
        "its tags no longer matter: {answer:?}"
    );
}
