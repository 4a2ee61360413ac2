use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::instance::{InstanceId, InvalidInstanceId};
use crate::testing::event;

fn checks_of(payload: &Value) -> Vec<Check> {
    match parse(payload) {
        Ok(Event::Single(Request::Check(checks))) => checks,
        other => panic!("expected checks, got {other:?}"),
    }
}

fn check_of(payload: &Value) -> Check {
    let mut checks = checks_of(payload);
    assert_eq!(checks.len(), 1);
    checks.remove(0)
}

/// Why an event asks for nothing.
fn ignored(payload: &Value) -> IgnoreReason {
    match parse(payload) {
        Ok(Event::Single(Request::Ignore(reason))) => reason,
        other => panic!("expected nothing, got {other:?}"),
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

#[test]
fn other_events_are_checked_where_they_name_an_instance() {
    let check = check_of(&event("spot-interruption-warning"));
    assert_eq!(check.instance_id.as_str(), "i-0b662ef9931388ba0");
    assert_eq!(check.event.trigger, Trigger::OtherEvent);
    let own = json!({"source": "my.app", "detail-type": "x", "instanceId": "i-12345678"});
    assert_eq!(check_of(&own).event.trigger, Trigger::OtherEvent);
}

#[test]
fn other_events_of_ec2_are_about_their_instance() {
    for name in [
        "spot-interruption-warning",
        "spot-request-fulfillment",
        "rebalance-recommendation",
    ] {
        let mut event = event(name);
        assert_eq!(
            check_of(&event).event.trigger,
            Trigger::OtherEvent,
            "{name}"
        );
        event["detail"]
            .as_object_mut()
            .unwrap()
            .remove("instance-id");
        assert_eq!(
            sweep_of(&event).event.trigger,
            Trigger::OtherEvent,
            "{name}"
        );
        event["detail"]["InstanceId"] = json!("i-1234567890abcdef0");
        assert_eq!(
            error_of(&event),
            "detail.InstanceId: expected the instance id under the name instance-id, got \"i-1234567890abcdef0\""
        );
    }
    let unheard_of =
        json!({"source": "aws.ec2", "detail-type": "x", "detail": {"instance-id": "i-12345678"}});
    assert_eq!(check_of(&unheard_of).event.trigger, Trigger::OtherEvent);
    let nameless = json!({"source": "aws.ec2", "detail": {"instance-id": "i-12345678"}});
    assert_eq!(check_of(&nameless).event.trigger, Trigger::OtherEvent);
}

#[test]
fn events_about_something_else_are_ignored() {
    let folder = crate::testing::fixtures().join("foreign-events");
    let mut reasons = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let event: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let Ok(Event::Single(Request::Ignore(reason))) = parse(&event) else {
            panic!("{path:?}: {:?}", parse(&event));
        };
        *reasons.entry(json!(reason).to_string()).or_insert(0) += 1;
        // In a queue they are the same.
        let Event::Batch(records) = parse(&batch_of(&json!(event.to_string()))).unwrap() else {
            panic!("expected a batch");
        };
        assert_eq!(records[0].request, Ok(Request::Ignore(reason)));
    }
    assert_eq!(
        json!(reasons),
        json!({"\"not-an-instance\"": 36, "\"other-call\"": 1})
    );
}

#[test]
fn an_event_of_another_service_is_checked_where_it_names_an_instance() {
    let mut event = json!({
        "source": "aws.ssm", "detail-type": "EC2 Command Status-change Notification", "time": "2025-12-03T10:00:00Z",
        "detail": {"instance-id": "i-12345678", "status": "Success"},
    });
    assert_eq!(check_of(&event).instance_id.as_str(), "i-12345678");
    let mut timeless = event.clone();
    timeless["time"] = json!("now");
    assert!(error_of(&timeless).starts_with("time: expected"));
    // By the same name, others call their own.
    for other in [
        json!("a648d98f-fdd6-4323-952a-a50z3e4bba1b"),
        json!(null),
        json!(7),
    ] {
        event["detail"]["instance-id"] = other;
        assert_eq!(ignored(&event), IgnoreReason::NotAnInstance);
    }
}

#[test]
fn a_misspelled_id_is_an_error_and_never_a_sweep() {
    let by_hand = "the instance id under the name instanceId";
    let of_ec2 = "the instance id under the name instance-id";
    let of_group = "the instance id under the name EC2InstanceId";
    let state_change = event("ec2-state-change-running");
    let launch = event("autoscaling-launch-successful");
    let mine = json!({"source": "my.app", "detail-type": "x", "detail": {}});
    for name in [
        "instance_id",
        "InstanceId",
        "instanceID",
        "EC2InstanceID",
        "Instance Id",
        "instanceIds",
        "INSTANCE-ID",
        "instnaceId",
        "ec2-instance-id",
    ] {
        for (event, place, expected) in [
            (&json!({}), "", by_hand),
            (&json!({"detail": {}}), "detail", of_ec2),
            (&mine, "detail", of_ec2),
            (&state_change, "detail", of_ec2),
            (&launch, "detail", of_group),
        ] {
            for value in [
                json!("i-1234567890abcdef0"),
                json!(null),
                json!(["i-12345678"]),
            ] {
                let mut event = event.clone();
                let fields = event.pointer_mut(if place.is_empty() { "" } else { "/detail" });
                let fields = fields.unwrap().as_object_mut().unwrap();
                fields.retain(|name, _| name != "instance-id" && name != "EC2InstanceId");
                fields.insert(name.to_owned(), value.clone());
                let error = parse(&event).unwrap_err();
                assert_eq!(
                    (error.expected.as_ref(), error.got),
                    (expected, value.to_string()),
                    "{event}"
                );
                let field = error.field.to_string();
                assert!(field.starts_with(place) && field.contains(name), "{field}");
            }
        }
    }
    // Whatever its name, an id is one.
    for (event, field) in [
        (json!({"target": "i-12345678"}), "target"),
        (
            json!({"targets": [{"id": ["i-12345678"]}, 1, true]}),
            "targets",
        ),
        (
            json!({"detail-type": "x", "detail": {"machine": {"id": "i-12345678"}}}),
            "detail.machine",
        ),
        (json!({"EC2InstanceId": "i-12345678"}), "EC2InstanceId"),
        (json!({"instance-id": "i-12345678"}), "instance-id"),
    ] {
        assert_eq!(parse(&event).unwrap_err().field.to_string(), field);
    }
    let mut unsuccessful = event("autoscaling-launch-unsuccessful");
    unsuccessful["detail"]
        .as_object_mut()
        .unwrap()
        .remove("EC2InstanceId");
    unsuccessful["detail"]["EC2InstanceID"] = json!("i-12345678");
    assert_eq!(
        parse(&unsuccessful).unwrap_err().field.to_string(),
        "detail.EC2InstanceID"
    );
    // Under its right name beside, it is found.
    let both = json!({"instance_id": "i-1", "instanceId": "i-12345678"});
    assert_eq!(check_of(&both).instance_id.as_str(), "i-12345678");
}

#[test]
fn a_dead_letter_of_lambda_stays_one() {
    let record = json!({"version": "1.0", "requestContext": {}, "requestPayload": event("ec2-state-change-running")});
    assert!(error_of(&record).starts_with(
        "requestPayload: expected the event itself, not Lambda's record of it, got {"
    ));
    let named = json!({"instanceId": "i-12345678", "requestContext": {}});
    assert_eq!(check_of(&named).instance_id.as_str(), "i-12345678");
    let wrong = json!({"instanceId": "i-1", "requestContext": {}});
    assert!(error_of(&wrong).starts_with("instanceId: expected an instance id"));
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
        Ok(Request::Check(checks_of(&event(
            "ec2-state-change-running"
        ))))
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

/// What the only record of a batch asks for.
fn request_of(body: &Value) -> Result<Request, FieldError> {
    match parse(&batch_of(&json!(body.to_string()))) {
        Ok(Event::Batch(mut records)) => records.remove(0).request,
        other => panic!("expected a batch, got {other:?}"),
    }
}

#[test]
fn an_event_in_the_envelope_of_sns_is_taken_out() {
    let mut envelope = event("sns-notification");
    let checks = checks_of(&event("ec2-state-change-running"));
    assert_eq!(request_of(&envelope), Ok(Request::Check(checks.clone())));
    assert_eq!(checks_of(&envelope), checks);
    let mut published = |message: Value| {
        envelope["Message"] = message;
        request_of(&envelope)
    };
    let scheduled = published(json!(event("scheduled-rule").to_string()));
    assert_eq!(
        scheduled,
        Ok(Request::Sweep(sweep_of(&event("scheduled-rule"))))
    );
    assert_eq!(
        published(json!("{}")),
        Ok(Request::Sweep(sweep_of(&json!({}))))
    );
    let volume = json!(event("tag-change-volume").to_string());
    assert_eq!(
        published(volume),
        Ok(Request::Ignore(IgnoreReason::NotAnInstance))
    );
    for (message, error) in [
        (
            json!("{\"hello\": 1}"),
            "Message: expected an event, or an object with an instanceId, got {\"hello\":1}",
        ),
        (json!("hello"), "Message: expected JSON, got hello"),
        (json!("[]"), "Message: expected a JSON object, got []"),
        (
            json!({"hello": 1}),
            "Message: expected a string, got {\"hello\":1}",
        ),
        (
            json!("{\"Records\":[]}"),
            "Message.Records: expected a single event, not a batch, got []",
        ),
        (
            json!("{\"instanceId\":7}"),
            "Message.instanceId: expected an instance id: i- and 8 or 17 hexadecimal digits, got 7",
        ),
        // Nothing wraps it twice.
        (
            json!(event("sns-notification").to_string()),
            "Message: expected an event, or an object with an instanceId, got {\"Type\":\"Notification\",",
        ),
    ] {
        let refused = published(message).unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("Records[0].body.{error}")),
            "{refused}"
        );
    }
    // Others have fields of these names, too.
    for other in [
        json!({"Type": "Note", "Message": "x"}),
        json!({"Type": "Notification"}),
        json!({"Type": 1, "Message": ""}),
    ] {
        assert_eq!(sweep_of(&other).event.trigger, Trigger::Manual);
    }
}

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
        assert_eq!(
            *items,
            json!([launch["detail"]["responseElements"]["instancesSet"]["items"][index]])
        );
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
