//! Amazon SQS: delayed messages to the function.

pub mod dead_letters;

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use tokio::time::Instant;

use super::batch::{BatchAnswer, FailedEntry, in_calls};
use super::error::{CallError, from_sdk};

/// `SendMessageBatch` needs the permission `sqs:SendMessage`, and has no action of its own.
const CALL: &str = "sqs:SendMessage";

/// The longest delay of a message (`DelaySeconds`, Amazon SQS API reference, `SendMessage`).
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// A message to be received later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelayedMessage {
    pub body: String,
    /// How long it stays hidden, at most [`MAX_DELAY`], rounded up to whole seconds.
    pub delay: Duration,
}

impl DelayedMessage {
    fn seconds(&self) -> i32 {
        let millis = self.delay.min(MAX_DELAY).as_millis();
        // At most 900, so it fits.
        i32::try_from(millis.div_ceil(1_000)).unwrap_or_default()
    }
}

/// Sends messages, ten in a call, as [`in_calls`] does.
pub async fn send(
    client: &Client,
    queue_url: &str,
    messages: &[&DelayedMessage],
    end: Instant,
) -> Vec<Result<(), CallError>> {
    let size = |message: &&DelayedMessage| message.body.len();
    in_calls(
        CALL,
        messages,
        size,
        end,
        async |messages: &[&DelayedMessage]| send_batch(client, queue_url, messages).await,
    )
    .await
}

async fn send_batch(
    client: &Client,
    queue_url: &str,
    messages: &[&DelayedMessage],
) -> Result<BatchAnswer<()>, CallError> {
    let entries = messages.iter().enumerate().filter_map(|(index, message)| {
        // Every required field is set, so building it can't fail.
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_body(&message.body)
            .delay_seconds(message.seconds())
            .build()
            .ok()
    });
    let output = client
        .send_message_batch()
        .queue_url(queue_url)
        .set_entries(Some(entries.collect()))
        .send()
        .await
        .map_err(|error| from_sdk(CALL, &error))?;
    let sent = output.successful.into_iter();
    let failed = output.failed.into_iter();
    Ok((
        sent.map(|entry| (entry.id, ())).collect(),
        failed.map(failed_entry).collect(),
    ))
}

/// An entry of any batch call that SQS refused.
fn failed_entry(entry: BatchResultErrorEntry) -> FailedEntry {
    FailedEntry {
        id: entry.id,
        sender_fault: entry.sender_fault,
        code: entry.code,
        message: entry.message,
    }
}
