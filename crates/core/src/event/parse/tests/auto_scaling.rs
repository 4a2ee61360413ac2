//! Events of Auto Scaling.

use super::*;

#[test]
fn auto_scaling_events_ask_to_check_their_instance() {
    for event in [
        event("autoscaling-launch-successful"),
        event("autoscaling-launch-lifecycle-action"),
        event("autoscaling-terminate-successful"),
    ] {
        let check = check_of(&event);
        assert_eq!(check.instance_id.as_str(), "i-1234567890abcdef0");
        assert_eq!(check.event.trigger, Trigger::AutoScaling);
    }
}

#[test]
fn an_unsuccessful_launch_is_ignored_unless_it_names_an_instance() {
    let mut event = event("autoscaling-launch-unsuccessful");
    assert_eq!(ignored(&event), IgnoreReason::UnsuccessfulLaunch);
    event["detail"]
        .as_object_mut()
        .unwrap()
        .remove("EC2InstanceId");
    assert_eq!(ignored(&event), IgnoreReason::UnsuccessfulLaunch);
    event["detail"]["EC2InstanceId"] = json!("i-12345678");
    assert_eq!(check_of(&event).instance_id.as_str(), "i-12345678");
    event["detail"]["EC2InstanceId"] = json!("i-1");
    assert!(error_of(&event).starts_with("detail.EC2InstanceId: expected an instance id"));
}

#[test]
fn a_successful_launch_without_an_id_is_an_error() {
    let mut event = event("autoscaling-launch-successful");
    event["detail"]["EC2InstanceId"] = json!("");
    assert!(error_of(&event).starts_with("detail.EC2InstanceId: expected an instance id"));
}
