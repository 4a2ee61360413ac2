//! Amazon SNS: publishing to the alert topic.

use std::collections::HashMap;

use aws_sdk_sns::Client;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use tag_compliance_core::notification::mail::Mail;
use tokio::time::Instant;

use super::batch::{BatchAnswer, FailedEntry, in_calls};
use super::error::{CallError, from_sdk};

/// `PublishBatch` needs the permission `sns:Publish`, and has no action of its own.
pub const CALL: &str = "sns:Publish";

/// Publishes messages, ten in a call, each with its severity as an attribute for subscription filters. Returns SNS's
/// message ids, as [`in_calls`] does.
pub async fn publish(
    client: &Client,
    topic_arn: &str,
    mails: &[&Mail],
    end: Instant,
) -> Vec<Result<String, CallError>> {
    let size = |mail: &&Mail| mail.size();
    in_calls(CALL, mails, size, end, async |mails: &[&Mail]| {
        publish_batch(client, topic_arn, mails).await
    })
    .await
}

async fn publish_batch(
    client: &Client,
    topic_arn: &str,
    mails: &[&Mail],
) -> Result<BatchAnswer<String>, CallError> {
    let entries = mails
        .iter()
        .enumerate()
        .filter_map(|(index, mail)| entry(index, mail));
    let output = client
        .publish_batch()
        .topic_arn(topic_arn)
        .set_publish_batch_request_entries(Some(entries.collect()))
        .send()
        .await
        .map_err(|error| from_sdk(CALL, &error))?;
    let sent = output.successful.unwrap_or_default().into_iter();
    let failed = output.failed.unwrap_or_default().into_iter();
    Ok((
        sent.filter_map(|entry| Some((entry.id?, entry.message_id.unwrap_or_default())))
            .collect(),
        failed
            .map(|entry| FailedEntry {
                id: entry.id,
                sender_fault: entry.sender_fault,
                code: entry.code,
                message: entry.message,
            })
            .collect(),
    ))
}

/// Every required field is set, so building it can't fail.
fn entry(index: usize, mail: &Mail) -> Option<PublishBatchRequestEntry> {
    let severity = mail.severity.and_then(|severity| {
        let value = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(severity.as_str());
        Some(HashMap::from([(
            "severity".to_owned(),
            value.build().ok()?,
        )]))
    });
    PublishBatchRequestEntry::builder()
        .id(index.to_string())
        .subject(&mail.subject)
        .message(&mail.body)
        .set_message_attributes(severity)
        .build()
        .ok()
}
