//! Structured logs: one JSON object per line, for CloudWatch Logs Insights.

use std::panic;

use tracing::level_filters::LevelFilter;
use tracing::{Span, Subscriber, error, error_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Our own crates, by the prefixes of their targets.
const OURS: [&str; 2] = ["tag_compliance_", "bootstrap"];
/// The most verbose level for all other crates. At trace, the SDK and the runtime log whole bodies, with the tags of
/// instances and the texts of alerts.
const MOST_OF_OTHERS: LevelFilter = LevelFilter::DEBUG;

/// Where the runtime logs a failed invocation or a panic. We have logged that already, with its type.
const SAID_TWICE: &str = "lambda_runtime::layers::panic";

/// Starts logging to standard output, which Lambda sends to the function's log group.
///
/// Lambda sets the level (`AWS_LAMBDA_LOG_LEVEL`: trace, debug, info, warn or error). The default is info, and
/// Lambda's FATAL means error.
pub fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    subscriber(&level, std::io::stdout).init();
    panic::set_hook(Box::new(|panic| log_panic(panic)));
}

/// The span of an invocation, whose lines say in `span.requestId` which one it is.
///
/// The runtime's own span has X-Ray's trace id too, a quarter of each line, and no line has it at `warn` and above.
pub fn invocation(request_id: &str) -> Span {
    error_span!("invocation", requestId = request_id)
}

/// Logs a panic in one line, like any other failure.
fn log_panic(panic: &dyn std::fmt::Display) {
    let (error_type, retryable) = ("Panic", false);
    error!(error_type, retryable, "Event failed: {panic}");
}

/// The subscriber that writes the lines of a level.
pub fn subscriber<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync + 'static
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let level = parse_level(level);
    let targets = Targets::new()
        .with_targets(OURS.map(|target| (target, level)))
        .with_target(SAID_TWICE, LevelFilter::OFF)
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

/// Logs at INFO, or at the least severe level that is on, so that the line is always written: Lambda drops what its
/// `level` puts below `log_level`.
macro_rules! always {
    ($($line:tt)*) => {
        if tracing::enabled!(tracing::Level::INFO) {
            tracing::info! { $($line)* }
        } else if tracing::enabled!(tracing::Level::WARN) {
            tracing::warn! { $($line)* }
        } else {
            tracing::error! { $($line)* }
        }
    };
}
pub(crate) use always;

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
pub(crate) mod testing;
#[cfg(test)]
mod tests;
