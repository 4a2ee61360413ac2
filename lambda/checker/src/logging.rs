//! Structured logs: one JSON object a line, as CloudWatch Logs Insights reads them.

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Our own crates, by what their targets begin with.
const OURS: [&str; 2] = ["tag_compliance_", "bootstrap"];
/// The most that is logged of others. Beyond it the SDK and the runtime log whole bodies, and with them
/// the tags of instances and the texts of alerts.
const MOST_OF_OTHERS: LevelFilter = LevelFilter::DEBUG;

/// Starts logging to standard output, which Lambda sends to the function's log group.
///
/// The level is Lambda's own setting (`AWS_LAMBDA_LOG_LEVEL`: trace, debug, info, warn or error),
/// and info without it. Lambda's FATAL is error here.
pub fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    subscriber(&level, std::io::stdout).init();
}

/// What writes the lines of a level.
pub fn subscriber<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync + 'static
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let level = parse_level(level);
    let targets = Targets::new()
        .with_targets(OURS.map(|target| (target, level)))
        .with_default(level.min(MOST_OF_OTHERS));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(level)
        .with_writer(writer)
        .finish()
        .with(targets)
}

fn parse_level(level: &str) -> LevelFilter {
    match level.to_ascii_lowercase().as_str() {
        "fatal" => LevelFilter::ERROR,
        other => other
            .parse()
            .ok()
            .filter(|_| !other.is_empty())
            .unwrap_or(LevelFilter::INFO),
    }
}

#[cfg(test)]
mod tests {
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
            let lines = Arc::new(Mutex::new(Vec::new()));
            let writer = Arc::clone(&lines);
            let subscriber = subscriber(level, move || Lines(Arc::clone(&writer)));
            tracing::subscriber::with_default(subscriber, || {
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
            let lines = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
            let message = |line: &str| {
                let line: Value = serde_json::from_str(line).unwrap();
                line["message"].as_str().unwrap().to_owned()
            };
            let messages: Vec<_> = lines.lines().map(message).collect();
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
}
