//! Structured logs: one JSON object a line, as CloudWatch Logs Insights reads them.

use tracing::level_filters::LevelFilter;

/// Starts logging to standard output, which Lambda sends to the function's log group.
///
/// The level is Lambda's own setting (`AWS_LAMBDA_LOG_LEVEL`: trace, debug, info, warn or error),
/// and info without it. Lambda's FATAL is error here.
pub fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(parse_level(&level))
        .init();
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
    use super::*;

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
