//! The consequences of failed calls.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_checker::error::Error;

use crate::support::*;

fn down<T>() -> Vec<Reply<T>> {
    (0..3)
        .map(|_| Reply::Error(503, "ServiceUnavailable"))
        .collect()
}

fn failure(result: Result<Value, Error>) -> (&'static str, Failure) {
    match result {
        Err(Error::Call(error)) => (error.call, error.failure),
        other => panic!("expected a failed call, got {other:?}"),
    }
}

fn unavailable(message: &str) -> Failure {
    Failure::Unavailable {
        code: "ServiceUnavailable".to_owned(),
        message: message.to_owned(),
        status: 503,
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_tried_again_and_change_nothing() {
    let twice = || {
        vec![
            Reply::Error(503, "Throttling"),
            Reply::Error(503, "Throttling"),
            Reply::Ok(()),
        ]
    };
    let aws = Aws::default()
        .ec2(vec![
            Reply::Error(503, "RequestLimitExceeded"),
            Reply::Error(503, "RequestLimitExceeded"),
            Reply::Ok(page(vec![bad()], None)),
            Reply::Ok(page(vec![bad()], None)),
        ])
        .s3(twice())
        .sns(twice())
        .cloudwatch(twice());
    let (answer, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(calls.bodies().len(), 1);
    assert_eq!(calls.messages().len(), 1);
    assert_eq!(calls.counts(), [(0.0, 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn without_ec2_the_invocation_fails_and_nothing_is_written() {
    let (answer, calls) = Aws::default()
        .ec2(down())
        .handle(&event(BAD, "running"))
        .await;
    let error = answer.clone().unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.error_type(), "AwsCallFailed");
    assert_eq!(
        failure(answer),
        ("ec2:DescribeInstances", unavailable("so said EC2"))
    );
    assert_eq!(calls.names(), ["describe"]);
}

#[tokio::test(start_paused = true)]
async fn throttling_for_good_is_retryable() {
    let throttled = (0..3)
        .map(|_| Reply::Error(400, "RequestLimitExceeded"))
        .collect();
    let (answer, _) = Aws::default()
        .ec2(throttled)
        .handle(&event(BAD, "running"))
        .await;
    assert!(answer.unwrap_err().is_retryable());
}

#[tokio::test]
async fn a_refusal_is_final_and_says_what_aws_said() {
    let refused = vec![Reply::Error(403, "UnauthorizedOperation")];
    let (answer, _) = Aws::default()
        .ec2(refused)
        .handle(&event(BAD, "running"))
        .await;
    let error = answer.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(error.error_type(), "AwsCallRefused");
    assert_eq!(
        error.to_string(),
        "ec2:DescribeInstances: the service refused: UnauthorizedOperation: so said EC2 (HTTP 403)"
    );
}

#[tokio::test(start_paused = true)]
async fn without_s3_the_check_goes_on() {
    for replies in [down(), vec![Reply::Error(403, "AccessDenied")]] {
        let aws = Aws::with(vec![bad()]).s3(replies);
        let (answer, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
        let answer = answer.unwrap();
        assert_eq!(answer["status"], "non-compliant");
        assert_eq!(answer["unwrittenRecords"], 1);
        assert_eq!(calls.messages().len(), 1);
        assert_eq!(calls.metrics(), [(0.0, 1.0, Some(1.0))]);
    }
}

#[tokio::test]
async fn a_lost_record_is_counted_where_no_evaluation_is() {
    let aws = Aws::with(vec![aged(bad(), 5_000)]).s3(vec![Reply::Error(403, "AccessDenied")]);
    let (answer, calls) = aws.settling("60").handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "provisional");
    assert_eq!(calls.metrics(), [(0.0, 0.0, Some(1.0))]);
}

#[tokio::test]
async fn a_sweep_says_how_many_records_were_lost() {
    let aws = Aws::with(vec![bad(), good()]).s3(vec![Reply::Error(403, "AccessDenied")]);
    let (answer, calls) = aws.handle(&json!({})).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "swept", "checked": 2, "compliant": 1, "nonCompliant": 1,
               "unwrittenRecords": 2})
    );
    assert_eq!(calls.metrics(), [(1.0, 1.0, Some(2.0))]);
    let (_, message) = calls.messages().remove(0);
    assert!(message.contains("\nNot in the Audit Log: 2\n"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn without_sns_the_check_is_counted_and_the_teller_fails() {
    let table = Table::default();
    let (answer, calls) = Aws::with(vec![bad()])
        .remembering(&table)
        .handle(&event(BAD, "running"))
        .await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(calls.counts(), [(0.0, 1.0)]);

    let aws = Aws::with(vec![bad()]).remembering(&table).sns(down());
    let (answer, calls) = aws.handle(&table.wake().unwrap()).await;
    assert_eq!(failure(answer), ("sns:Publish", unavailable("so said SNS")));
    assert!(calls.counts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_cloudwatch_the_invocation_fails_after_everything_else() {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).cloudwatch(down());
    let (answer, calls) = aws.remembering(&table).handle(&event(BAD, "running")).await;
    let (call, failure) = failure(answer);
    assert_eq!(call, "cloudwatch:PutMetricData");
    assert!(
        matches!(failure, Failure::Unavailable { status: 503, .. }),
        "{failure:?}"
    );
    assert_eq!(calls.bodies().len(), 1);
    assert!(table.wake().is_some(), "people are told all the same");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_may_be_a_better_one_next_time() {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (_, _) = aws.handle(&event(BAD, "running")).await;
    let garbage = vec![Reply::Error(200, "not what SNS answers")];
    let aws = Aws::with(vec![bad()]).remembering(&table).sns(garbage);
    let (answer, _) = aws.handle(&table.wake().unwrap()).await;
    let error = answer.clone().unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(matches!(failure(answer).1, Failure::UnusableAnswer(_)));
}

#[tokio::test]
async fn a_cloudwatch_refusal_is_final() {
    let aws = Aws::with(vec![good()]).cloudwatch(vec![Reply::Error(403, "")]);
    let (answer, _) = aws.handle(&event(GOOD, "running")).await;
    assert!(!answer.unwrap_err().is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_failed_second_look_fails_the_unknown_instance() {
    let mut replies = vec![nothing()];
    replies.extend(down());
    let (answer, calls) = Aws::default()
        .ec2(replies)
        .handle(&event(BAD, "running"))
        .await;
    assert_eq!(failure(answer).0, "ec2:DescribeInstances");
    assert_eq!(calls.names(), ["describe", "describe"]);
}

#[test]
fn an_error_answers_with_its_type_and_message() {
    let error = Error::Call(CallError {
        call: "sns:Publish",
        failure: Failure::NoAnswer("timeout".to_owned()),
    });
    let diagnostic = Diagnostic::from(error);
    assert_eq!(diagnostic.error_type, "AwsCallFailed");
    assert_eq!(diagnostic.error_message, "sns:Publish: no answer: timeout");
}

#[tokio::test]
async fn a_tag_without_a_key_is_left_out() {
    let odd = aws_sdk_ec2::types::Tag::builder().value("x").build();
    let mut instance = good();
    instance.tags.get_or_insert_default().push(odd);
    let (answer, _) = Aws::with(vec![instance])
        .handle(&event(GOOD, "running"))
        .await;
    assert_eq!(answer.unwrap()["status"], "compliant");
}

#[tokio::test]
async fn an_answer_that_lacks_what_aws_promises_is_not_evaluated() {
    let without_state = aws_sdk_ec2::types::Instance::builder()
        .instance_id(BAD)
        .build();
    let (answer, calls) = Aws::with(vec![without_state])
        .handle(&event(BAD, "running"))
        .await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        format!(
            "ec2:DescribeInstances: the answer cannot be used: instance {BAD} has no known state"
        )
    );
    assert_eq!(calls.names(), ["describe"]);

    let (answer, _) = Aws::with(vec![instance("i-odd", "running", true)])
        .handle(&event(BAD, "running"))
        .await;
    assert!(
        answer
            .unwrap_err()
            .to_string()
            .ends_with("instance i-odd has no valid id")
    );
}
