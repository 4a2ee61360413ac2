//! The clients as the function builds them, with calls that get no answer.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_smithy_http_client::test_util::NeverClient;
use bytes::Bytes;
use tag_compliance_aws::clients::Clients;
use tag_compliance_aws::ec2;
use tag_compliance_aws::error::Failure;
use tag_compliance_aws::s3;
use tag_compliance_core::record::Format;

#[tokio::test]
async fn every_timeout_and_retry_is_set() {
    let clients = Clients::new("eu-central-1");
    let config = clients.ec2.config();
    assert_eq!(config.region().unwrap().as_ref(), "eu-central-1");
    assert_eq!(config.retry_config().unwrap().max_attempts(), 3);
    let timeouts = config.timeout_config().unwrap();
    assert_eq!(timeouts.connect_timeout(), Some(Duration::from_secs(2)));
    assert_eq!(
        timeouts.operation_attempt_timeout(),
        Some(Duration::from_secs(10))
    );
    let call = timeouts.operation_timeout().unwrap();
    assert!(
        3 * call < Duration::from_mins(1),
        "three calls follow one another"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_given_up_and_may_be_tried_again() {
    let config = aws_sdk_ec2::Config::builder()
        .with_test_defaults_v2()
        .http_client(NeverClient::new())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_timeout(Duration::from_secs(17))
                .build(),
        )
        .build();
    let client = aws_sdk_ec2::Client::from_conf(config);
    let error = ec2::describe(&client, &["i-12345678".parse().unwrap()])
        .await
        .unwrap_err();
    assert!(error.is_retryable());
    let Failure::NoAnswer(reason) = &error.failure else {
        panic!("{error:?}")
    };
    assert!(reason.contains("timeout"), "{reason}");
}

#[tokio::test]
async fn a_request_that_cannot_be_made_is_final() {
    let config = aws_sdk_s3::Config::builder()
        .with_test_defaults_v2()
        .http_client(NeverClient::new())
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let no_key = "";
    let error = s3::create_object(
        &client,
        "logs",
        "123456789012",
        no_key,
        Format::Json,
        &Bytes::new(),
    )
    .await
    .unwrap_err();
    assert!(!error.is_retryable());
    let Failure::NotSent(reason) = &error.failure else {
        panic!("{error:?}")
    };
    assert!(reason.contains("key"), "{reason}");
}
