//! The test message, by hand and through a queue.

use serde_json::{Value, json};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn one_call_tests_every_voice() {
    let aws = Aws::default().events(vec![]);
    let (answer, calls) = aws.handle(&json!({"test": "channels"})).await;
    let expected = json!({
        "statusCode": 200, "status": "tested", "messageId": "message-1", "events": 2,
    });
    assert_eq!(answer.unwrap(), expected);
    let title = "Test message of EC2 tag compliance (test)";
    assert_eq!(calls.messages()[0].0, title);
    assert_eq!(calls.alerts()[0].attributes["change"], r#"["test"]"#);
    let [message, violation] = calls.events().try_into().unwrap();
    assert_eq!(message.detail["changes"], json!(["test"]));
    assert_eq!(message.detail["title"], title);
    assert_eq!(violation.detail["changes"], json!(["test"]));
    assert_eq!(violation.detail["violationId"], format!("test-{NOW}"));
    assert_eq!(violation.detail["pagerduty"]["payload"]["summary"], title);
    assert_eq!(violation.detail["jsm"]["message"], title);
}

#[tokio::test(start_paused = true)]
async fn without_the_bus_only_the_topic_is_tested() {
    let (answer, calls) = Aws::default()
        .handle(&batch(&[json!({"test": "channels"})]))
        .await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!((calls.messages().len(), calls.events().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_fails_is_an_error() {
    let refused = || vec![Reply::Error(400, "AccessDeniedException")];
    let test = json!({"test": "channels"});
    let (answer, _) = Aws::default().events(refused()).handle(&test).await;
    let error = answer.unwrap_err().to_string();
    assert!(error.starts_with("events:PutEvents: "), "{error}");
    let (answer, _) = Aws::default()
        .sns(vec![Reply::Error(403, "AuthorizationError")])
        .handle(&batch(&[test]))
        .await;
    let failures = answer.unwrap()["batchItemFailures"]
        .as_array()
        .map(Vec::len);
    assert_eq!(failures, Some(1));
}

#[tokio::test(start_paused = true)]
async fn anything_else_in_its_place_is_an_error_and_never_a_sweep() {
    for wrong in [json!("channel"), json!(true), Value::Null] {
        let (answer, calls) = Aws::default().handle(&json!({"test": wrong})).await;
        let error = answer.unwrap_err().to_string();
        assert!(error.contains("test: expected"), "{error}");
        assert!(calls.names().is_empty());
    }
}
