//! Amazon SNS: sending alerts.

use aws_sdk_sns::Client;

use super::error::{CallError, from_sdk};
use crate::alert::Alert;

/// Publishes an alert and returns SNS's id of the message.
///
/// # Errors
/// The call failed. Where the answer was lost, the alert may have been sent all the same.
pub async fn publish(client: &Client, topic_arn: &str, alert: &Alert) -> Result<String, CallError> {
    client
        .publish()
        .topic_arn(topic_arn)
        .subject(&alert.subject)
        .message(&alert.body)
        .send()
        .await
        .map(|output| output.message_id.unwrap_or_default())
        .map_err(|error| from_sdk("sns:Publish", &error))
}
