//! Amazon SQS: the dead-letter queue, for `redrive`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
    QueueAttributeName,
};
use tokio::time::Instant;

use crate::batch::{BatchAnswer, in_calls};
use crate::error::{CallError, Failure, from_sdk};

/// The most messages in a call (`MaxNumberOfMessages`, Amazon SQS API reference, `ReceiveMessage`).
pub const MAX_RECEIVED: usize = 10;

const ATTRIBUTES: &str = "sqs:GetQueueAttributes";
const RECEIVE: &str = "sqs:ReceiveMessage";
/// The batch calls need the permissions of the single ones, and have no actions of their own.
const DELETE: &str = "sqs:DeleteMessage";
const CHANGE: &str = "sqs:ChangeMessageVisibility";
const WAITING: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessages;
const RECEIVED: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
/// Long polling asks all servers of the queue, so an empty answer means that no message is visible.
const WAIT_SECONDS: i32 = 1;
/// Well beyond the SDK's own timeouts, whose errors say more.
const PATIENCE: Duration = Duration::from_mins(5);

/// A queue's attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueState {
    /// Approximately how many messages are visible.
    pub waiting: u64,
    /// Approximately how many are in flight: received, and hidden from others.
    pub received: u64,
    /// Where it moves messages that were received too often (`RedrivePolicy`). A dead-letter queue has no such
    /// target.
    pub redrive_policy: Option<String>,
}

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its id, which never changes.
    pub id: String,
    /// The receipt handle for deleting it. Each receipt has another; use the latest.
    pub receipt: String,
    pub body: String,
    /// Its string attributes.
    pub attributes: BTreeMap<String, String>,
    /// The ARN of the queue that gave up on it, if there was one.
    pub given_up_by: Option<String>,
}

/// A dead-letter queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue with this URL, in the configuration's region.
    #[must_use]
    pub fn new(config: &SdkConfig, url: &str) -> Self {
        Self {
            client: Client::new(config),
            url: url.to_owned(),
        }
    }

    /// Reads its attributes.
    ///
    /// # Errors
    /// The call failed.
    pub async fn state(&self) -> Result<QueueState, CallError> {
        let names = [WAITING, RECEIVED, QueueAttributeName::RedrivePolicy];
        let output = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .set_attribute_names(Some(names.into()))
            .send()
            .await
            .map_err(|error| from_sdk(ATTRIBUTES, &error))?;
        let mut attributes = output.attributes.unwrap_or_default();
        Ok(QueueState {
            waiting: count(&attributes, &WAITING)?,
            received: count(&attributes, &RECEIVED)?,
            redrive_policy: attributes.remove(&QueueAttributeName::RedrivePolicy),
        })
    }

    /// Receives at most `count` messages, up to [`MAX_RECEIVED`], and hides them for this long.
    ///
    /// # Errors
    /// The call failed.
    pub async fn receive(
        &self,
        count: usize,
        hidden_for: Duration,
    ) -> Result<Vec<Letter>, CallError> {
        // Both have at most five digits.
        let seconds = i32::try_from(hidden_for.as_secs()).unwrap_or(i32::MAX);
        let count = i32::try_from(count.min(MAX_RECEIVED)).unwrap_or(i32::MAX);
        let output = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(count)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::DeadLetterQueueSourceArn)
            .visibility_timeout(seconds)
            .wait_time_seconds(WAIT_SECONDS)
            .send()
            .await
            .map_err(|error| from_sdk(RECEIVE, &error))?;
        let messages = output.messages.unwrap_or_default();
        Ok(messages.into_iter().map(letter).collect())
    }

    /// Deletes messages by their receipts, ten in a call. The results are in the order of the receipts.
    pub async fn delete(&self, receipts: &[&str]) -> Vec<Result<(), CallError>> {
        in_turn(DELETE, receipts, async |receipts: &[&str]| {
            let entries = receipts.iter().enumerate().filter_map(|(index, receipt)| {
                // Every required field is set, so building it can't fail.
                DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(*receipt)
                    .build()
                    .ok()
            });
            let call = self.client.delete_message_batch().queue_url(&self.url);
            let output = call.set_entries(Some(entries.collect())).send().await;
            let output = output.map_err(|error| from_sdk(DELETE, &error))?;
            let done = output.successful.into_iter().map(|entry| entry.id);
            Ok(answer(done, output.failed))
        })
        .await
    }

    /// Makes messages visible again, ten in a call. The results are in the order of the receipts.
    pub async fn release(&self, receipts: &[&str]) -> Vec<Result<(), CallError>> {
        in_turn(CHANGE, receipts, async |receipts: &[&str]| {
            let entries = receipts.iter().enumerate().filter_map(|(index, receipt)| {
                // As above.
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(*receipt)
                    .visibility_timeout(0)
                    .build()
                    .ok()
            });
            let call = self.client.change_message_visibility_batch();
            let call = call.queue_url(&self.url);
            let output = call.set_entries(Some(entries.collect())).send().await;
            let output = output.map_err(|error| from_sdk(CHANGE, &error))?;
            let done = output.successful.into_iter().map(|entry| entry.id);
            Ok(answer(done, output.failed))
        })
        .await
    }
}

fn count(
    attributes: &HashMap<QueueAttributeName, String>,
    name: &QueueAttributeName,
) -> Result<u64, CallError> {
    let count = attributes.get(name).and_then(|count| count.parse().ok());
    count.ok_or_else(|| {
        let text = format!("it has no number as {name}");
        CallError::new(ATTRIBUTES, Failure::UnusableAnswer(text))
    })
}

fn letter(message: Message) -> Letter {
    let attributes = message.message_attributes.unwrap_or_default();
    let of_text =
        |(name, value): (String, MessageAttributeValue)| Some((name, value.string_value?));
    let mut of_system = message.attributes.unwrap_or_default();
    Letter {
        id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        attributes: attributes.into_iter().filter_map(of_text).collect(),
        given_up_by: of_system.remove(&MessageSystemAttributeName::DeadLetterQueueSourceArn),
    }
}

async fn in_turn(
    call: &'static str,
    receipts: &[&str],
    send: impl AsyncFn(&[&str]) -> Result<BatchAnswer<()>, CallError>,
) -> Vec<Result<(), CallError>> {
    let size = |receipt: &&str| receipt.len();
    in_calls(call, receipts, size, Instant::now() + PATIENCE, send).await
}

fn answer(
    done: impl Iterator<Item = String>,
    failed: Vec<BatchResultErrorEntry>,
) -> BatchAnswer<()> {
    let failed = failed.into_iter().map(super::failed_entry);
    (done.map(|id| (id, ())).collect(), failed.collect())
}
