use serde_json::json as value;

use super::*;

const FUNCTION: Option<&str> = Some("tag-compliance-checker-prod");

fn event() -> Value {
    value!({
        "id": "7bf73129", "source": "aws.ec2", "time": "2025-12-03T09:59:58Z",
        "detail-type": "EC2 Instance State-change Notification",
        "detail": {"instance-id": "i-1234567890abcdef0", "state": "running"},
    })
}

fn letter(body: &impl ToString) -> Letter {
    Letter {
        id: "m".to_owned(),
        receipt: "r".to_owned(),
        body: body.to_string(),
        attributes: [].into(),
        given_up_by: None,
    }
}

/// In the envelope that Lambda sends to an on-failure destination.
fn wrapped(event: &Value) -> Letter {
    letter(&value!({
        "version": "1.0",
        "requestContext": {
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:tag-compliance-checker-prod:$LATEST",
            "condition": "RetriesExhausted", "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responsePayload": {"errorType": "AwsCallFailed", "errorMessage": "sns:Publish: no answer"},
    }))
}

fn refused(body: &impl ToString) -> String {
    open(&letter(body), FUNCTION).unwrap_err().to_string()
}

#[test]
fn what_the_function_failed_on_is_handed_over_whatever_it_is() {
    let reason = "Lambda: RetriesExhausted after 3 attempts, AwsCallFailed: sns:Publish: no answer";
    let other = value!({"instanceId": "nonsense"});
    for event in [event(), other, value!({}), value!([1]), Value::Null] {
        let expected = DeadLetter {
            event: event.clone(),
            reason: reason.to_owned(),
        };
        let envelope = wrapped(&event);
        assert_eq!(open(&envelope, FUNCTION), Ok(expected.clone()));
        assert_eq!(open(&envelope, None), Ok(expected));
    }
}

#[test]
fn a_function_is_the_same_by_name_and_by_arn() {
    for function in [
        "tag-compliance-checker-prod",
        "tag-compliance-checker-prod:live",
        "123456789012:function:tag-compliance-checker-prod",
        "arn:aws:lambda:us-east-1:123456789012:function:tag-compliance-checker-prod",
    ] {
        let letter = open(&wrapped(&value!({})), Some(function));
        assert!(letter.is_ok(), "{function}");
    }
}

#[test]
fn the_envelope_of_another_function_never_becomes_a_sweep() {
    for function in ["tag-compliance-checker-pr42", "prod"] {
        let sweeps = open(&wrapped(&value!({"orderId": 5})), Some(function));
        assert_eq!(sweeps, Err(NotADeadLetter::Sweeps));
        assert!(open(&wrapped(&event()), Some(function)).is_ok());
    }
    let nameless = letter(&value!({"requestContext": {}, "requestPayload": {}}));
    assert_eq!(open(&nameless, FUNCTION), Err(NotADeadLetter::Sweeps));
}

#[test]
fn an_envelope_may_tell_less() {
    for (context, reason) in [
        (
            value!({"condition": "EventAgeExceeded", "approximateInvokeCount": 0}),
            "Lambda: EventAgeExceeded after 0 attempts",
        ),
        (value!([]), "Lambda: unknown after unknown attempts"),
    ] {
        let body = value!({"requestContext": context, "requestPayload": event()});
        assert_eq!(open(&letter(&body), FUNCTION).unwrap().reason, reason);
    }
}

#[test]
fn an_event_that_eventbridge_could_not_hand_over_comes_with_its_attributes() {
    let mut letter = letter(&event());
    let reason = |letter: &Letter| open(letter, FUNCTION).unwrap().reason;
    assert_eq!(reason(&letter), "EventBridge: no reason given");
    for (name, value) in [("RULE_ARN", "arn:x"), ("ERROR_CODE", "NO_PERMISSIONS")] {
        letter.attributes.insert(name.to_owned(), value.to_owned());
    }
    let expected = "EventBridge: ERROR_CODE=NO_PERMISSIONS, RULE_ARN=arn:x";
    assert_eq!(reason(&letter), expected);
    assert_eq!(open(&letter, FUNCTION).unwrap().event, event());
    letter.given_up_by = Some("arn:aws:sqs:us-east-1:123456789012:events-prod".to_owned());
    let expected =
        "SQS: received too often from the queue events-prod; the function's log has the errors";
    assert_eq!(reason(&letter), expected);
}

#[test]
fn what_is_meant_for_the_function_may_be_sent() {
    let own = |kind: &str, detail: Value| value!({"source": "tag-compliance-checker", "detail-type": kind, "detail": detail});
    for body in [
        value!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}),
        value!({"source": "aws.s3", "detail-type": "Object Created", "detail": {}}),
        value!({"instanceId": "i-12345678"}),
        value!({"Type": "Notification", "Message": event().to_string()}),
        own("Suspects Due", value!({})),
        own("Sweep Continuation", value!({"sweep": "a", "part": 1})),
    ] {
        let sent = open(&letter(&body), FUNCTION).unwrap();
        assert_eq!(sent.event, body);
    }
}

#[test]
fn what_is_neither_is_never_invoked_as_a_sweep() {
    for body in ["text", ""] {
        assert_eq!(refused(&body), format!("expected JSON, got {body}"));
    }
    for body in [
        "{}",
        "[]",
        "null",
        "{\"orderId\":5}",
        "{\"requestPayload\":{}}",
        "{\"Records\":[]}",
        "{\"Type\":\"SubscriptionConfirmation\",\"Message\":\"m\"}",
        "{\"Type\":\"Notification\",\"Message\":\"{}\"}",
        "{\"detail-type\":\"Scheduled Event\"}",
    ] {
        let expected = format!("expected an event, or Lambda's envelope of one, got {body}");
        assert_eq!(refused(&body), expected);
    }
}

#[test]
fn an_event_that_names_no_instance_is_left_to_a_person() {
    let mut nameless = event();
    nameless["detail"] = value!({"state": "running"});
    let foreign = value!({"source": "shop", "detail-type": "Order Placed", "detail": {}});
    let published = value!({"Type": "Notification", "Message": nameless.to_string()});
    for body in [nameless, foreign, published] {
        assert_eq!(
            refused(&body),
            "it names no instance, and would make the function sweep the whole fleet"
        );
    }
    let mut wrong = event();
    wrong["detail"]["instance-id"] = value!("i-nonsense");
    let error = refused(&wrong);
    assert!(error.starts_with("detail.instance-id: expected"), "{error}");
}
