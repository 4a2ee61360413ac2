//! Amazon CloudWatch: counting evaluations.

use std::time::SystemTime;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{MetricDatum, StandardUnit};
use tag_compliance_core::tally::Counts;
use tag_compliance_core::timestamp::Timestamp;

use super::error::{CallError, from_sdk};

/// The call, by the name of its IAM action.
pub const CALL: &str = "cloudwatch:PutMetricData";

/// The counts for the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub evaluations: Counts,
    /// Audit records that S3 didn't take.
    pub unwritten_records: u64,
    /// Open violations, known after a sweep of all watched states.
    pub open_violations: Option<u64>,
    /// Violations that no event reported.
    pub missed_by_events: u64,
}

impl Counted {
    /// Whether there is nothing to send. Exempt instances are in no metric.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let Counts {
            compliant,
            non_compliant,
            ..
        } = self.evaluations;
        compliant + non_compliant + self.unwritten_records + self.missed_by_events == 0
            && self.open_violations.is_none()
    }
}

/// Sends the metrics in one call. `CompliantInstances` and `NonCompliantInstances` go together unless both are 0.
/// `UnwrittenRecords` and `MissedByEvents` are left out at 0, since a metric without data costs nothing.
/// `OpenViolations` is sent whenever it is known, even at 0, because an alarm watches that it arrives.
///
/// # Errors
/// The call failed. If the answer was lost, CloudWatch may have counted anyway.
pub async fn put_counts(
    client: &Client,
    namespace: &str,
    counted: Counted,
    counted_at: Timestamp,
) -> Result<(), CallError> {
    let datum = |name: &str, count: u64| {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 instances")]
        let value = count as f64;
        MetricDatum::builder()
            .metric_name(name)
            .timestamp(SystemTime::from(counted_at).into())
            .unit(StandardUnit::Count)
            .value(value)
            .build()
    };
    let Counted {
        evaluations,
        unwritten_records,
        open_violations,
        missed_by_events,
    } = counted;
    let mut data = Vec::new();
    if evaluations.compliant + evaluations.non_compliant + unwritten_records > 0 {
        data.push(datum("CompliantInstances", evaluations.compliant));
        data.push(datum("NonCompliantInstances", evaluations.non_compliant));
    }
    if unwritten_records > 0 {
        data.push(datum("UnwrittenRecords", unwritten_records));
    }
    if missed_by_events > 0 {
        data.push(datum("MissedByEvents", missed_by_events));
    }
    data.extend(open_violations.map(|count| datum("OpenViolations", count)));
    client
        .put_metric_data()
        .namespace(namespace)
        .set_metric_data(Some(data))
        .send()
        .await
        .map(drop)
        .map_err(|error| from_sdk(CALL, &error))
}
