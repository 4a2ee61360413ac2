//! Fields of the wrong type, and what no event can be.

use super::*;

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
