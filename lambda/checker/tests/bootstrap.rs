//! The `bootstrap` as Lambda starts it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use serde_json::Value;

#[test]
fn without_its_configuration_it_does_not_start_and_names_every_variable() {
    let output = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
        .env_remove("AWS_REGION")
        .env("LOG_BUCKET_OWNER", "nobody")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let line: Value = serde_json::from_str(stdout.trim()).unwrap();
    assert_eq!(line["level"], "ERROR");
    let message = line["message"].as_str().unwrap();
    for variable in [
        "AWS_REGION",
        "LOG_BUCKET_NAME",
        "LOG_BUCKET_OWNER: expected an AWS account id of 12 digits, got \"nobody\"",
        "ALERT_TOPIC_ARN",
        "METRIC_NAMESPACE",
        "WATCHED_STATES",
        "TAG_POLICY",
    ] {
        assert!(message.contains(variable), "{variable}: {message}");
    }
}
