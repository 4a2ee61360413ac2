//! What asks for a sweep.

use super::*;

#[test]
fn schedules_ask_for_a_sweep_of_the_watched_states() {
    for (event, id) in [
        (
            event("scheduled-rule"),
            "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        ),
        (
            event("scheduler-default"),
            "2c8a1b0e-5d43-4b7e-8d7b-1f0a6f6f7a11",
        ),
    ] {
        assert_eq!(
            sweep_of(&event),
            Sweep {
                scope: SweepScope::Watched,
                event: EventDetails {
                    trigger: Trigger::Schedule,
                    id: Some(EventId::new(id)),
                    time: Some("2025-12-03T06:00:00Z".parse().unwrap()),
                    state: None,
                },
                continues: None,
            }
        );
    }
}

#[test]
fn where_an_instance_id_is_absent_the_running_instances_are_swept() {
    let mut no_id = event("ec2-state-change-running");
    no_id["detail"]
        .as_object_mut()
        .unwrap()
        .remove("instance-id");
    let mut no_detail = event("ec2-state-change-running");
    no_detail.as_object_mut().unwrap().remove("detail");
    let mut no_group_detail = event("autoscaling-launch-successful");
    no_group_detail.as_object_mut().unwrap().remove("detail");
    let mut no_resource = event("tag-change-instance");
    no_resource["resources"] = json!([]);
    for (payload, trigger) in [
        (json!({}), Trigger::Manual),
        (json!({"anything": [1, 2]}), Trigger::Manual),
        (
            json!({"source": "my.app", "detail-type": "x"}),
            Trigger::OtherEvent,
        ),
        (
            json!({"source": "my.app", "detail-type": "x", "detail": "text"}),
            Trigger::OtherEvent,
        ),
        (
            json!({"source": "my.app", "detail-type": "x", "detail": {}}),
            Trigger::OtherEvent,
        ),
        (no_id, Trigger::StateChange),
        (no_detail, Trigger::StateChange),
        (no_group_detail, Trigger::AutoScaling),
        (no_resource, Trigger::TagChange),
    ] {
        let sweep = sweep_of(&payload);
        assert_eq!(sweep.scope, SweepScope::Running, "{payload}");
        assert_eq!(sweep.event.trigger, trigger, "{payload}");
    }
}
