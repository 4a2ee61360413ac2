use serde_json::json;
use tracing::{debug, info, trace};

use super::testing::logged;
use super::*;

#[test]
fn a_failure_is_one_line() {
    let lines = logged("INFO", || {
        error!(error_type = "InvalidEvent", "Event failed: x");
        error!(target: "lambda_runtime::layers::panic", "Diagnostic {{ … }}");
        log_panic(&"panicked at src/check.rs:1:1:\nno");
        error!(target: "lambda_runtime::layers::panic", error = "no", "user handler panicked");
    });
    let types: Vec<_> = lines.iter().map(|line| &line["error_type"]).collect();
    assert_eq!(types, ["InvalidEvent", "Panic"], "{lines:?}");
    assert_eq!(
        lines[1]["message"],
        "Event failed: panicked at src/check.rs:1:1:\nno"
    );
}

#[test]
fn at_each_level_a_line_names_its_invocation() {
    for level in ["TRACE", "INFO", "ERROR"] {
        let lines = logged(level, || {
            invocation("request-1").in_scope(|| error!("Event failed: x"));
        });
        let expected = json!({"requestId": "request-1", "name": "invocation"});
        assert_eq!(lines[0]["span"], expected, "{level}");
    }
}

#[test]
fn of_others_no_level_logs_most() {
    for (level, expected) in [
        (
            "TRACE",
            "ours-trace ours-debug ours-info others-debug others-info runtime",
        ),
        (
            "DEBUG",
            "ours-debug ours-info others-debug others-info runtime",
        ),
        ("INFO", "ours-info others-info runtime"),
        ("ERROR", ""),
    ] {
        let lines = logged(level, || {
            trace!(target: "tag_compliance_checker::check", "ours-trace");
            debug!(target: "tag_compliance_aws::ec2", "ours-debug");
            info!(target: "bootstrap", "ours-info");
            trace!(target: "aws_smithy_runtime::client::orchestrator", "others-trace");
            trace!(target: "hyper::proto::h1::io", "others-trace");
            debug!(target: "aws_smithy_runtime::client::orchestrator", "others-debug");
            info!(target: "hyper_util", "others-info");
            trace!(target: "lambda_runtime::layers::api_response", body = "", "others-trace");
            info!(target: "lambda_runtime", "runtime");
        });
        let messages = lines.iter().map(|line| line["message"].as_str().unwrap());
        let messages: Vec<_> = messages.collect();
        assert_eq!(messages.join(" "), expected, "{level}");
    }
}

#[test]
fn levels_are_lambdas() {
    for (text, level) in [
        ("TRACE", LevelFilter::TRACE),
        ("DEBUG", LevelFilter::DEBUG),
        ("INFO", LevelFilter::INFO),
        ("WARN", LevelFilter::WARN),
        ("ERROR", LevelFilter::ERROR),
        ("FATAL", LevelFilter::ERROR),
        ("", LevelFilter::INFO),
        ("loud", LevelFilter::INFO),
    ] {
        assert_eq!(parse_level(text), level, "{text}");
    }
}
