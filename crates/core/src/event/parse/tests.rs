use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::instance::{InstanceId, InvalidInstanceId};
use crate::testing::event;

fn check_of(payload: &Value) -> Check {
    match parse(payload) {
        Ok(Event::Single(Request::Check(check))) => check,
        other => panic!("expected a check, got {other:?}"),
    }
}

fn sweep_of(payload: &Value) -> Sweep {
    match parse(payload) {
        Ok(Event::Single(Request::Sweep(sweep))) => sweep,
        other => panic!("expected a sweep, got {other:?}"),
    }
}

fn error_of(payload: &Value) -> String {
    parse(payload).unwrap_err().to_string()
}

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

#[test]
fn a_tag_change_asks_to_check_the_instance_of_its_resource() {
    let check = check_of(&event("tag-change-instance"));
    assert_eq!(check.instance_id.as_str(), "i-0000000aaaaaaaaaa");
    assert_eq!(check.event.trigger, Trigger::TagChange);
    assert_eq!(check.event.state, None);
    let changed = ["key2", "key3"].map(str::to_owned);
    assert_eq!(check.changed_tags.as_deref(), Some(&changed[..]));
    assert_eq!(check.payload, event("tag-change-instance"));
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
        "detail.changed-tag-keys: expected an array of strings, got [\"a\",7]"
    );
    event["detail"]["changed-tag-keys"] = json!("a");
    assert!(error_of(&event).contains("expected an array"));
    event["detail"] = json!("{}");
    assert!(error_of(&event).contains("detail: expected a JSON object"));
}

#[test]
fn a_tag_change_of_something_else_is_ignored() {
    let ignored = Ok(Event::Single(Request::Ignore(IgnoreReason::NotAnInstance)));
    let mut event = event("tag-change-volume");
    assert_eq!(parse(&event), ignored);
    event["resources"][0] = json!("arn:aws:s3:::instance/i-12345678");
    assert_eq!(parse(&event), ignored);
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
                progress: None,
            }
        );
    }
}

#[test]
fn auto_scaling_events_ask_to_check_their_instance() {
    for event in [
        event("autoscaling-launch-successful"),
        event("autoscaling-launch-lifecycle-action"),
    ] {
        let check = check_of(&event);
        assert_eq!(check.instance_id.as_str(), "i-1234567890abcdef0");
        assert_eq!(check.event.trigger, Trigger::AutoScaling);
    }
}

#[test]
fn an_unsuccessful_launch_is_ignored_unless_it_names_an_instance() {
    let ignored = Ok(Event::Single(Request::Ignore(
        IgnoreReason::UnsuccessfulLaunch,
    )));
    let mut event = event("autoscaling-launch-unsuccessful");
    assert_eq!(parse(&event), ignored);
    event["detail"]
        .as_object_mut()
        .unwrap()
        .remove("EC2InstanceId");
    assert_eq!(parse(&event), ignored);
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

#[test]
fn other_events_are_checked_where_they_name_an_instance() {
    let check = check_of(&event("spot-interruption-warning"));
    assert_eq!(check.instance_id.as_str(), "i-0b662ef9931388ba0");
    assert_eq!(check.event.trigger, Trigger::OtherEvent);
    let own = json!({"source": "my.app", "detail-type": "x", "instanceId": "i-12345678"});
    assert_eq!(check_of(&own).event.trigger, Trigger::OtherEvent);
}

#[test]
fn a_manual_call_names_its_instance() {
    let check = check_of(&json!({"instanceId": "i-12345678", "id": 7, "time": "whenever"}));
    assert_eq!(check.instance_id.as_str(), "i-12345678");
    assert_eq!(check.event, EventDetails::manual());
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

#[test]
fn an_instance_id_that_is_none_is_never_a_sweep() {
    let paths: [(Value, &str, &str); 4] = [
        (
            event("ec2-state-change-running"),
            "/detail/instance-id",
            "detail.instance-id",
        ),
        (
            event("autoscaling-launch-successful"),
            "/detail/EC2InstanceId",
            "detail.EC2InstanceId",
        ),
        (
            event("spot-interruption-warning"),
            "/detail/instance-id",
            "detail.instance-id",
        ),
        (json!({"instanceId": ""}), "/instanceId", "instanceId"),
    ];
    for (event, pointer, field) in paths {
        for wrong in [
            json!(null),
            json!(""),
            json!("i-"),
            json!("garbage"),
            json!("i-1234567890abcdef0 "),
            json!(12_345_678),
            json!(["i-12345678"]),
            json!({"id": "i-12345678"}),
            json!(true),
        ] {
            let mut event = event.clone();
            *event.pointer_mut(pointer).unwrap() = wrong.clone();
            assert_eq!(
                error_of(&event),
                format!(
                    "{field}: expected an instance id: i- and 8 or 17 hexadecimal digits, got {wrong}"
                )
            );
        }
    }
}

#[test]
fn fields_of_the_wrong_type_are_named() {
    for (pointer, wrong, error) in [
        ("/id", json!(1), "id: expected a string, got 1"),
        ("/id", json!(null), "id: expected a string, got null"),
        ("/source", json!([]), "source: expected a string, got []"),
        (
            "/detail-type",
            json!({}),
            "detail-type: expected a string, got {}",
        ),
        (
            "/time",
            json!(1_764_756_000),
            "time: expected an RFC 3339 time from 1970 on, such as 2025-12-03T10:00:00Z, got 1764756000",
        ),
        (
            "/time",
            json!("today"),
            "time: expected an RFC 3339 time from 1970 on, such as 2025-12-03T10:00:00Z, got \"today\"",
        ),
        (
            "/detail",
            json!(null),
            "detail: expected a JSON object, got null",
        ),
        (
            "/detail",
            json!("{}"),
            "detail: expected a JSON object, got \"{}\"",
        ),
        (
            "/detail/state",
            json!(16),
            "detail.state: expected pending, running, stopping, stopped, shutting-down or terminated, got 16",
        ),
        (
            "/detail/state",
            json!("on"),
            "detail.state: expected pending, running, stopping, stopped, shutting-down or terminated, got \"on\"",
        ),
    ] {
        let mut event = event("ec2-state-change-running");
        *event.pointer_mut(pointer).unwrap() = wrong;
        assert_eq!(error_of(&event), error);
    }
    let mut event = event("autoscaling-launch-unsuccessful");
    event["detail"]["EC2InstanceId"] = json!(null);
    assert_eq!(
        error_of(&event),
        "detail.EC2InstanceId: expected a string, got null"
    );
    event["detail"] = json!([]);
    assert_eq!(error_of(&event), "detail: expected a JSON object, got []");
}

#[test]
fn the_envelope_is_read_whatever_the_event() {
    for mut event in [
        event("ec2-state-change-running"),
        event("tag-change-instance"),
        event("scheduled-rule"),
        event("autoscaling-launch-successful"),
        event("spot-interruption-warning"),
    ] {
        event["id"] = json!(1);
        assert_eq!(error_of(&event), "id: expected a string, got 1");
    }
}

#[test]
fn what_is_no_object_is_an_error() {
    for (payload, got) in [
        (json!(null), "null"),
        (json!("i-12345678"), "\"i-12345678\""),
        (json!(["i-12345678"]), "[\"i-12345678\"]"),
        (json!(3), "3"),
    ] {
        assert_eq!(
            error_of(&payload),
            format!("event: expected a JSON object, got {got}")
        );
    }
}

#[test]
fn an_error_shows_the_value_shortened_and_on_one_line() {
    let error = error_of(&json!({"instanceId": format!("\u{202e}{}", "x".repeat(1_000))}));
    assert!(error.len() < 250, "{error}");
    assert!(
        error.contains("\\u{202e}xxx") && error.ends_with('…'),
        "{error}"
    );
}

#[test]
fn each_record_of_a_batch_stands_for_itself() {
    let Event::Batch(records) = parse(&event("sqs-batch")).unwrap() else {
        panic!("expected a batch");
    };
    assert_eq!(
        records
            .iter()
            .map(|record| record.message_id.as_str())
            .collect::<Vec<_>>(),
        [
            "059f36b4-87a3-44ab-83d2-661975830a7d",
            "2e1424d4-f796-459a-8184-9c92662be6da"
        ]
    );
    assert_eq!(
        records[0].request,
        Ok(Request::Check(check_of(&event("ec2-state-change-running"))))
    );
    assert_eq!(
        records[1].request.as_ref().unwrap_err().to_string(),
        "Records[1].body: expected JSON, got not JSON"
    );
}

fn batch_of(body: &Value) -> Value {
    json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": body}]})
}

#[test]
fn a_record_that_cannot_be_understood_fails_alone_and_names_its_field() {
    for (body, error) in [
        (
            json!("[]"),
            "Records[0].body: expected a JSON object, got []",
        ),
        (json!(""), "Records[0].body: expected JSON, got "),
        (json!({}), "Records[0].body: expected a string, got {}"),
        (
            json!(r#"{"instanceId":null}"#),
            "Records[0].body.instanceId: expected an instance id: i- and 8 or 17 hexadecimal digits, got null",
        ),
        (
            json!(r#"{"detail-type":"EC2 Instance State-change Notification","detail":7}"#),
            "Records[0].body.detail: expected a JSON object, got 7",
        ),
        (
            json!(r#"{"Records":[]}"#),
            "Records[0].body.Records: expected a single event, not a batch, got []",
        ),
    ] {
        let Event::Batch(records) = parse(&batch_of(&body)).unwrap() else {
            panic!("expected a batch");
        };
        assert_eq!(records[0].message_id, "m");
        assert_eq!(records[0].request.as_ref().unwrap_err().to_string(), error);
    }
}

#[test]
fn a_batch_that_cannot_be_answered_record_by_record_is_an_error() {
    for (payload, error) in [
        (
            json!({"Records": null}),
            "Records: expected an array, got null",
        ),
        (json!({"Records": {}}), "Records: expected an array, got {}"),
        (
            json!({"Records": [1]}),
            "Records[0]: expected a JSON object, got 1",
        ),
        (
            json!({"Records": [{"eventSource": "aws:s3"}]}),
            "Records[0].eventSource: expected \"aws:sqs\", got \"aws:s3\"",
        ),
        (
            json!({"Records": [{}]}),
            "Records[0].eventSource: expected \"aws:sqs\", got nothing",
        ),
        (
            json!({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}),
            "Records[0].messageId: expected a string, got nothing",
        ),
    ] {
        assert_eq!(error_of(&payload), error);
    }
    assert_eq!(parse(&json!({"Records": []})), Ok(Event::Batch(Vec::new())));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!("i-1234567890abcdef0")),
        Just(json!("aws.autoscaling")),
        Just(json!("EC2 Instance State-change Notification")),
        Just(json!("Tag Change on Resource")),
        Just(json!("Scheduled Event")),
    ];
    let key = prop_oneof![
        Just("detail-type".to_owned()),
        Just("source".to_owned()),
        Just("detail".to_owned()),
        Just("instance-id".to_owned()),
        Just("EC2InstanceId".to_owned()),
        Just("instanceId".to_owned()),
        Just("resources".to_owned()),
        Just("Records".to_owned()),
        Just("body".to_owned()),
        ".{0,5}",
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|object| object.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_makes_the_parser_panic(payload in any_json()) {
        let _ = parse(&payload);
    }

    #[test]
    fn an_instance_id_that_is_there_is_checked_or_refused_but_never_swept(
        wrong in any_json(),
    ) {
        let mut event = event("ec2-state-change-running");
        event["detail"]["instance-id"] = wrong;
        let is_sweep = matches!(parse(&event), Ok(Event::Single(Request::Sweep(_))));
        prop_assert!(!is_sweep);
    }
}
