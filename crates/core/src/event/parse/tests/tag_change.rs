//! Tag changes.

use super::*;

#[test]
fn a_tag_change_asks_to_check_the_instance_of_its_resource() {
    let check = check_of(&event("tag-change-instance"));
    assert_eq!(check.instance_id.as_str(), "i-0000000aaaaaaaaaa");
    assert_eq!(check.event.trigger, Trigger::TagChange);
    assert_eq!(check.event.state, None);
    let changed = ["key2", "key3"].map(str::to_owned);
    assert_eq!(check.changed_tags.as_deref(), Some(&changed[..]));
    let mut without_values = event("tag-change-instance");
    without_values["detail"]
        .as_object_mut()
        .unwrap()
        .remove("tags");
    assert_eq!(check.payload, without_values);
}

#[test]
fn a_tag_change_that_does_not_say_which_is_understood() {
    let mut event = event("tag-change-instance");
    let detail = event["detail"].as_object_mut().unwrap();
    detail.remove("changed-tag-keys");
    assert_eq!(check_of(&event).changed_tags, None);
    event.as_object_mut().unwrap().remove("detail");
    assert_eq!(check_of(&event).changed_tags, None);
}

#[test]
fn changed_tags_that_are_no_keys_are_an_error() {
    let mut event = event("tag-change-instance");
    event["detail"]["changed-tag-keys"] = json!(["a", 7]);
    assert_eq!(
        error_of(&event),
        "detail.changed-tag-keys: expected an array of strings, got an array"
    );
    event["detail"]["changed-tag-keys"] = json!("a");
    assert!(error_of(&event).contains("expected an array"));
    event["detail"] = json!("{}");
    assert!(error_of(&event).contains("detail: expected a JSON object"));
}

#[test]
fn a_tag_change_of_something_else_is_ignored() {
    let mut event = event("tag-change-volume");
    assert_eq!(ignored(&event), IgnoreReason::NotAnInstance);
    event["resources"][0] = json!("arn:aws:s3:::instance/i-12345678");
    assert_eq!(ignored(&event), IgnoreReason::NotAnInstance);
    // So is one whose resource is not said, but of which kind it is.
    let mut unsaid = event.clone();
    unsaid.as_object_mut().unwrap().remove("resources");
    assert_eq!(ignored(&unsaid), IgnoreReason::NotAnInstance);
    unsaid["detail"]["resource-type"] = json!("instance");
    assert_eq!(sweep_of(&unsaid).event.trigger, Trigger::TagChange);
    unsaid["detail"]["service"] = json!("s3");
    assert_eq!(ignored(&unsaid), IgnoreReason::NotAnInstance);
    unsaid.as_object_mut().unwrap().remove("detail");
    assert_eq!(sweep_of(&unsaid).event.trigger, Trigger::TagChange);
    unsaid["id"] = json!(1);
    assert_eq!(error_of(&unsaid), "id: expected a string, got 1");
    // Nothing but the resource matters then.
    event["time"] = json!("yyyy-mm-ddThh:mm:ssZ");
    assert_eq!(ignored(&event), IgnoreReason::NotAnInstance);
}

#[test]
fn a_tag_change_of_a_wrong_resource_is_an_error() {
    let mut event = event("tag-change-instance");
    for resource in [
        json!("arn:aws:ec2:us-east-1:123456789012:instance/"),
        json!("arn:aws:ec2:us-east-1:123456789012:instance/i-1"),
        json!("i-12345678"),
        json!(null),
        json!(7),
        json!(["i-12345678"]),
    ] {
        event["resources"] = json!([resource]);
        let error = error_of(&event);
        assert_eq!(
            error,
            format!("resources[0]: expected the ARN of an EC2 instance, got {resource}")
        );
    }
    event["resources"] = json!("arn:aws:ec2:us-east-1:123456789012:instance/i-12345678");
    assert!(error_of(&event).starts_with("resources: expected an array, got \"arn:"));
}
