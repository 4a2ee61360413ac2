use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::{debug, info, trace};

use super::*;

struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that are logged at a level.
fn logged(level: &str, log: impl FnOnce()) -> Vec<Value> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&lines);
    let subscriber = subscriber(level, move || Lines(Arc::clone(&writer)));
    tracing::subscriber::with_default(subscriber, log);
    let lines = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

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
