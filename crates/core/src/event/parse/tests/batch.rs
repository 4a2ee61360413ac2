//! SQS batches, and events in the envelope of SNS.

use super::*;

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
