//! Amazon SNS: publishing to the alert topic.

use aws_sdk_sns::Client;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use tag_compliance_core::notification::attributes::{Attributes, Value};
use tag_compliance_core::notification::mail::Mail;
use tokio::time::Instant;

use super::batch::{BatchAnswer, FailedEntry, in_calls};
use super::error::{CallError, from_sdk};

/// `PublishBatch` needs the permission `sns:Publish`, and has no action of its own.
pub const CALL: &str = "sns:Publish";

/// A message, and what subscriptions can filter it by.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    pub mail: &'a Mail,
    pub attributes: &'a Attributes<'a>,
}

/// Publishes messages, ten in a call. Returns SNS's message ids, as [`in_calls`] does.
pub async fn publish(
    client: &Client,
    topic_arn: &str,
    publications: &[Publication<'_>],
    end: Instant,
) -> Vec<Result<String, CallError>> {
    let size = |it: &Publication<'_>| it.mail.size();
    in_calls(
        CALL,
        publications,
        size,
        end,
        async |it: &[Publication<'_>]| publish_batch(client, topic_arn, it).await,
    )
    .await
}

async fn publish_batch(
    client: &Client,
    topic_arn: &str,
    publications: &[Publication<'_>],
) -> Result<BatchAnswer<String>, CallError> {
    let entries = publications
        .iter()
        .enumerate()
        .filter_map(|(index, publication)| entry(index, publication));
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
fn entry(index: usize, publication: &Publication<'_>) -> Option<PublishBatchRequestEntry> {
    let Publication { mail, attributes } = publication;
    let attributes = attributes
        .iter()
        .map(|(name, value)| Some((name.to_owned(), attribute(&value)?)));
    PublishBatchRequestEntry::builder()
        .id(index.to_string())
        .subject(&mail.subject)
        .message(&mail.body)
        .set_message_attributes(attributes.collect())
        .build()
        .ok()
}

fn attribute(value: &Value<'_>) -> Option<MessageAttributeValue> {
    let (data_type, text) = match value {
        Value::Text(text) => ("String", (*text).to_owned()),
        Value::List(texts) => ("String.Array", serde_json::to_string(texts).ok()?),
    };
    let attribute = MessageAttributeValue::builder().data_type(data_type);
    attribute.string_value(text).build().ok()
}
