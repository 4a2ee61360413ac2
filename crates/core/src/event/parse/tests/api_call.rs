//! Calls that CloudTrail recorded.

use super::*;

fn ids(checks: &[Check]) -> Vec<&str> {
    checks
        .iter()
        .map(|check| check.instance_id.as_str())
        .collect()
}

#[test]
fn a_launch_asks_to_check_each_of_its_instances() {
    let launch = event("cloudtrail-run-instances");
    let checks = checks_of(&launch);
    assert_eq!(ids(&checks), ["i-1234567890abcdef0", "i-0fedcba9876543210"]);
    for (index, check) in checks.iter().enumerate() {
        assert!(check.is_new);
        assert_eq!(check.changed_tags, None);
        assert_eq!(check.event.trigger, Trigger::ApiCall);
        assert_eq!(
            check.event.time,
            Some("2025-12-03T10:00:00Z".parse().unwrap())
        );
        // What comes back is about this one alone, and the same event.
        assert_eq!(check_of(&check.payload), *check);
        let items = &check.payload["detail"]["responseElements"]["instancesSet"]["items"];
        let mut item = launch["detail"]["responseElements"]["instancesSet"]["items"][index].clone();
        let tags = item
            .get_mut("tagSet")
            .and_then(|set| set["items"].as_array_mut());
        for tag in tags.into_iter().flatten() {
            tag.as_object_mut().unwrap().remove("value");
        }
        assert_eq!(*items, json!([item]));
    }
    let mut twice = launch;
    let items = twice
        .pointer_mut("/detail/responseElements/instancesSet/items")
        .unwrap();
    items[1] = items[0].clone();
    assert_eq!(ids(&checks_of(&twice)), ["i-1234567890abcdef0"]);
    assert_eq!(
        ids(&checks_of(&event("cloudtrail-start-instances"))),
        ["i-1234567890abcdef0"]
    );
}

#[test]
fn a_change_of_tags_by_a_call_asks_to_check_the_instances_among_its_resources() {
    let checks = checks_of(&event("cloudtrail-create-tags"));
    assert_eq!(ids(&checks), ["i-1234567890abcdef0"]);
    assert!(!checks[0].is_new);
    assert_eq!(
        checks[0].changed_tags,
        Some(vec!["Owner".to_owned(), "Application".to_owned()])
    );
    let mut event = event("cloudtrail-delete-tags");
    let checks = checks_of(&event);
    assert_eq!(ids(&checks), ["i-1234567890abcdef0", "i-0fedcba9876543210"]);
    assert_eq!(checks[1].changed_tags, Some(vec!["Owner".to_owned()]));
    // All tags.
    for no_tags in [json!({"items": []}), json!({}), json!(null)] {
        event["detail"]["requestParameters"]["tagSet"] = no_tags;
        assert_eq!(checks_of(&event)[1].changed_tags, None);
    }
}

#[test]
fn a_call_that_changes_nothing_of_ours_is_ignored() {
    assert_eq!(
        ignored(&event("cloudtrail-run-instances-failed")),
        IgnoreReason::FailedCall
    );
    let mut event = event("cloudtrail-run-instances");
    event["detail"]["errorCode"] = json!(null);
    assert_eq!(checks_of(&event).len(), 2);
    event["detail"]["errorCode"] = json!("Client.DryRunOperation");
    assert_eq!(ignored(&event), IgnoreReason::FailedCall);
    event["detail"].as_object_mut().unwrap().remove("errorCode");
    event["detail"]["eventName"] = json!("DescribeInstances");
    assert_eq!(ignored(&event), IgnoreReason::OtherCall);
    event["detail"]
        .as_object_mut()
        .unwrap()
        .remove("eventSource");
    assert_eq!(ignored(&event), IgnoreReason::OtherCall);
    event["source"] = json!("aws.s3");
    assert_eq!(ignored(&event), IgnoreReason::NotAnInstance);
    event.as_object_mut().unwrap().remove("detail");
    assert_eq!(ignored(&event), IgnoreReason::OtherCall);
}

#[test]
fn a_launch_whose_instances_are_left_out_asks_for_a_sweep() {
    for (pointer, without) in [
        ("/detail", "responseElements"),
        ("/detail/responseElements", "instancesSet"),
        ("/detail/responseElements/instancesSet", "items"),
    ] {
        let mut event = event("cloudtrail-run-instances");
        let fields = event.pointer_mut(pointer).unwrap();
        fields[without] = json!(null);
        let sweep = sweep_of(&event);
        assert_eq!(
            (sweep.scope, sweep.event.trigger),
            (SweepScope::Running, Trigger::ApiCall)
        );
        event
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(without);
        assert_eq!(sweep_of(&event), sweep);
    }
    let mut none = event("cloudtrail-run-instances");
    none["detail"]["responseElements"]["instancesSet"]["items"] = json!([]);
    assert_eq!(ignored(&none), IgnoreReason::NotAnInstance);
}

#[test]
fn a_call_with_a_field_of_the_wrong_type_is_an_error_that_names_it() {
    let id = "an instance id: i- and 8 or 17 hexadecimal digits";
    let launched = "/detail/responseElements/instancesSet/items";
    let tagged = "/detail/requestParameters/resourcesSet/items";
    for (name, pointer, wrong, expected) in [
        ("run-instances", "/detail", json!(7), "a JSON object"),
        ("run-instances", "/detail/eventName", json!(7), "a string"),
        (
            "run-instances",
            "/detail/eventSource",
            json!([]),
            "a string",
        ),
        (
            "run-instances",
            "/detail/responseElements",
            json!("x"),
            "a JSON object",
        ),
        (
            "run-instances",
            "/detail/responseElements/instancesSet",
            json!([]),
            "a JSON object",
        ),
        ("run-instances", launched, json!({}), "an array"),
        (
            "run-instances",
            &format!("{launched}/1"),
            json!("i-12345678"),
            "a JSON object",
        ),
        (
            "run-instances",
            &format!("{launched}/1/instanceId"),
            json!(null),
            id,
        ),
        (
            "run-instances",
            &format!("{launched}/0/instanceId"),
            json!("i-1"),
            id,
        ),
        (
            "run-instances",
            "/time",
            json!("x"),
            "an RFC 3339 time from 1970 on, such as 2025-12-03T10:00:00Z",
        ),
        ("create-tags", "/id", json!(1), "a string"),
        (
            "create-tags",
            &format!("{tagged}/1/resourceId"),
            json!("i-1"),
            id,
        ),
        (
            "create-tags",
            &format!("{tagged}/0/resourceId"),
            json!(null),
            "a string",
        ),
        (
            "create-tags",
            "/detail/requestParameters/tagSet/items/1/key",
            json!(1),
            "a string",
        ),
        (
            "create-tags",
            "/detail/requestParameters/tagSet/items",
            json!(1),
            "an array",
        ),
        ("create-tags", tagged, json!(1), "an array"),
    ] {
        let mut event = event(&format!("cloudtrail-{name}"));
        *event.pointer_mut(pointer).unwrap() = wrong.clone();
        let field = pointer[1..]
            .replace('/', ".")
            .replace(".0", "[0]")
            .replace(".1", "[1]");
        assert_eq!(
            error_of(&event),
            format!("{field}: expected {expected}, got {wrong}")
        );
    }
    let mut nameless = event("cloudtrail-run-instances");
    nameless
        .pointer_mut(&format!("{launched}/0"))
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("instanceId");
    let field = "detail.responseElements.instancesSet.items[0].instanceId";
    assert_eq!(
        error_of(&nameless),
        format!("{field}: expected {id}, got nothing")
    );
}
