//! Amazon CloudWatch: counting evaluations.

use std::time::SystemTime;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{MetricDatum, StandardUnit};
use tag_compliance_core::tally::Counts;
use tag_compliance_core::timestamp::Timestamp;

use super::error::{CallError, from_sdk};

/// The call, named as IAM names its action.
pub const CALL: &str = "cloudwatch:PutMetricData";

/// Sends `CompliantInstances` and `NonCompliantInstances` in one call, also where one is 0.
///
/// # Errors
/// The call failed. Where the answer was lost, the counts may have been taken all the same.
pub async fn put_counts(
    client: &Client,
    namespace: &str,
    counts: Counts,
    evaluated_at: Timestamp,
) -> Result<(), CallError> {
    let datum = |name: &str, count: u64| {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 instances")]
        let value = count as f64;
        MetricDatum::builder()
            .metric_name(name)
            .timestamp(SystemTime::from(evaluated_at).into())
            .unit(StandardUnit::Count)
            .value(value)
            .build()
    };
    client
        .put_metric_data()
        .namespace(namespace)
        .metric_data(datum("CompliantInstances", counts.compliant))
        .metric_data(datum("NonCompliantInstances", counts.non_compliant))
        .send()
        .await
        .map(drop)
        .map_err(|error| from_sdk(CALL, &error))
}
