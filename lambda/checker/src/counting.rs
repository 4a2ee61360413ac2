//! Counts evaluations: by `PutMetricData`, or by a log line that metric filters turn into the same metrics.

use tag_compliance_aws::cloudwatch::{self, Counted};
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::CallError;
use tag_compliance_core::tally::Counts;
use tokio::time::Instant;

use crate::budget::Budget;
use crate::config::Metrics;
use crate::context::Context;
use crate::logging::always;

/// Counts the evaluations of an invocation or a batch, the way `METRICS` says. A line is written once, so retrying the
/// records that failed does not count the others again.
///
/// # Errors
/// The call failed, or came too late. Writing the line can't fail.
pub async fn count(context: &Context, budget: &Budget, counted: Counted) -> Result<(), CallError> {
    match context.config.metrics {
        Metrics::Logs if !counted.is_nothing() => {
            log(counted);
            Ok(())
        }
        Metrics::Logs => Ok(()),
        Metrics::Api => put(context, budget.end(), counted).await,
    }
}

/// Counts by `PutMetricData` until `end`, whatever `METRICS` says, as sweeps do: they are rare, and only they know
/// `OpenViolations`.
///
/// # Errors
/// The call failed, or came too late.
pub async fn put(context: &Context, end: Instant, counted: Counted) -> Result<(), CallError> {
    if counted.is_nothing() {
        return Ok(());
    }
    let namespace = &context.config.metric_namespace;
    let counted_at = (context.clock)();
    let put = cloudwatch::put_counts(&context.clients.cloudwatch, namespace, counted, counted_at);
    within(end, cloudwatch::CALL, put).await
}

/// Writes the line that the metric filters of `terraform/modules/checker` read: they name its text and its fields.
fn log(counted: Counted) {
    let Counts {
        compliant,
        non_compliant,
        ..
    } = counted.evaluations;
    // A metric without data costs nothing.
    let unwritten_records = (counted.unwritten_records > 0).then_some(counted.unwritten_records);
    always!(
        compliant,
        non_compliant,
        unwritten_records,
        "Evaluations counted"
    );
}

#[cfg(test)]
mod tests;
