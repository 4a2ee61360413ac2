//! Events of other kinds and of other services.

use super::*;

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
