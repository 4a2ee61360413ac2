//! State changes of EC2.

use super::*;
use crate::instance::{InstanceId, InvalidInstanceId};

fn id(text: &str) -> Result<InstanceId, InvalidInstanceId> {
    text.parse()
}

#[test]
fn a_state_change_asks_to_check_its_instance() {
    let check = check_of(&event("ec2-state-change-running"));
    assert_eq!(
        check,
        Check {
            instance_id: id("i-1234567890abcdef0").unwrap(),
            event: EventDetails {
                trigger: Trigger::StateChange,
                id: Some(EventId::new("7bf73129-1428-4cd3-a780-95db273d1602")),
                time: Some("2025-12-03T10:00:00Z".parse().unwrap()),
                state: Some(InstanceState::Running),
            },
            is_new: true,
            changed_tags: None,
            payload: event("ec2-state-change-running"),
        }
    );
}

#[test]
fn only_a_launch_or_a_start_says_that_the_instance_may_be_new() {
    assert!(check_of(&event("ec2-state-change-sample")).is_new);
    assert!(!check_of(&event("ec2-state-change-stopped")).is_new);
    assert!(!check_of(&event("ec2-state-change-terminated")).is_new);
    assert!(check_of(&event("autoscaling-launch-successful")).is_new);
    assert!(check_of(&event("autoscaling-launch-lifecycle-action")).is_new);
    assert!(!check_of(&event("tag-change-instance")).is_new);
    assert!(!check_of(&event("spot-interruption-warning")).is_new);
    assert!(!check_of(&json!({"instanceId": "i-12345678"})).is_new);
    let mut no_state = event("ec2-state-change-running");
    no_state["detail"].as_object_mut().unwrap().remove("state");
    assert!(!check_of(&no_state).is_new);
}

#[test]
fn the_sample_event_of_aws_lacks_the_version_and_is_understood() {
    let check = check_of(&event("ec2-state-change-sample"));
    assert_eq!(check.instance_id.as_str(), "i-abcd1111");
    assert_eq!(check.event.state, Some(InstanceState::Pending));
}
