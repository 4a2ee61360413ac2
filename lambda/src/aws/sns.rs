//! Amazon SNS: sending alerts.

use std::collections::HashMap;

use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

use super::error::{CallError, from_sdk};
use crate::alert::Alert;

/// Publishes an alert, with its severity as an attribute that subscriptions can filter by, and returns SNS's id of the message.
///
/// # Errors
/// The call failed. Where the answer was lost, the alert may have been sent all the same.
pub async fn publish(client: &Client, topic_arn: &str, alert: &Alert) -> Result<String, CallError> {
    let severity = alert.severity.map(|severity| {
        let value = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(severity.as_str());
        // Complete, so that building it can't fail.
        value.build().ok()
    });
    let attributes = severity
        .flatten()
        .map(|value| ("severity".to_owned(), value));
    client
        .publish()
        .topic_arn(topic_arn)
        .subject(&alert.subject)
        .message(&alert.body)
        .set_message_attributes(attributes.map(|attribute| HashMap::from([attribute])))
        .send()
        .await
        .map(|output| output.message_id.unwrap_or_default())
        .map_err(|error| from_sdk("sns:Publish", &error))
}
