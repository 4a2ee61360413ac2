//! Carries out decisions: audit records, messages that bring an event back, and events on the bus.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::CallError;
use tag_compliance_aws::event_bus;
use tag_compliance_aws::s3::{self, Creation};
use tag_compliance_aws::sqs::{self, DelayedMessage};
use tag_compliance_core::decision::Decision;
use tag_compliance_core::event::Check;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::notification::events::BusEvent;
use tag_compliance_core::record::{Format, Layout, Object, Objects};
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::Instant;
use tracing::{error, info};

use crate::context::Context;

/// How many objects of the audit log are written concurrently.
const MAX_CONCURRENT_OBJECTS: usize = 16;

/// The decision for a check, to be carried out.
#[derive(Debug)]
pub struct Delivery<'a> {
    pub check: &'a Check,
    /// The event's time, as its record's key has it.
    pub recorded_at: Timestamp,
    pub decision: Decision<'a>,
}

/// The result of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// Whether the audit log has the record.
    pub is_recorded: bool,
}

/// The objects of the audit log for the records of deliveries.
#[must_use]
pub fn audit_objects(deliveries: &[Delivery<'_>], layout: Layout) -> Objects {
    let records = deliveries.iter();
    let records: Vec<_> = records
        .map(|it| (&it.decision.record, it.recorded_at))
        .collect();
    Objects::of(&records, layout)
}

fn message(delivery: &Delivery<'_>) -> Option<DelayedMessage> {
    let delay = delivery.decision.comes_back()?;
    Some(DelayedMessage {
        body: delivery.check.payload.to_string(),
        delay,
    })
}

/// Carries out all deliveries until `end`, their records as `objects`, and returns the results in order.
///
/// A delivery fails if its message couldn't be sent. An audit record that couldn't be written is only logged.
pub async fn deliver_all(
    context: &Context,
    deliveries: &[Delivery<'_>],
    Objects { all, holders }: Objects,
    end: Instant,
) -> Vec<Result<Delivered, CallError>> {
    let messages = addressed(deliveries, message);
    let written = stream::iter(all)
        .map(|object| write_audit_object(context, object, end))
        .buffered(MAX_CONCURRENT_OBJECTS)
        .collect::<Vec<_>>();
    let (written, sent) = tokio::join!(written, send_messages(context, &messages, end));
    let delivered = |holder: usize| {
        let is_recorded = written[holder];
        Ok(Delivered { is_recorded })
    };
    let mut results: Vec<_> = holders.into_iter().map(delivered).collect();
    for (index, error) in sent {
        results[index] = Err(error);
    }
    results
}

/// A message to send, with the index of its delivery and its instance.
type Addressed<'a, T> = (usize, &'a InstanceId, T);

fn addressed<'a, T>(
    deliveries: &'a [Delivery<'_>],
    what: impl Fn(&Delivery<'_>) -> Option<T>,
) -> Vec<Addressed<'a, T>> {
    let deliveries = deliveries.iter().enumerate();
    deliveries
        .filter_map(|(index, it)| Some((index, &it.check.instance_id, what(it)?)))
        .collect()
}

/// Sends delayed messages, and returns those that failed.
async fn send_messages(
    context: &Context,
    messages: &[Addressed<'_, DelayedMessage>],
    end: Instant,
) -> Vec<(usize, CallError)> {
    let bodies: Vec<&DelayedMessage> = messages.iter().map(|(_, _, message)| message).collect();
    let queue_url = &context.config.delay_queue_url;
    let results = sqs::send(&context.clients.sqs, queue_url, &bodies, end).await;
    failures(messages, results, |(_, id, message), ()| {
        let seconds = message.delay.as_secs();
        info!(instance_id = %id, seconds, "Instance {id} is still in its grace period; will check again");
    })
}

fn failures<T, Sent>(
    addressed: &[Addressed<'_, T>],
    results: Vec<Result<Sent, CallError>>,
    log: impl Fn(&Addressed<'_, T>, Sent),
) -> Vec<(usize, CallError)> {
    addressed
        .iter()
        .zip(results)
        .filter_map(|(addressed, result)| match result {
            Ok(sent) => {
                log(addressed, sent);
                None
            }
            Err(error) => Some((addressed.0, error)),
        })
        .collect()
}

/// Writes an object of the audit log until `end`, and returns whether it is there. A failure is only logged, since
/// the audit log isn't critical.
async fn write_audit_object(context: &Context, object: Object, end: Instant) -> bool {
    let key = object.key.clone();
    let result = create_audit_object(context, object, end).await;
    if let Err(error) = &result {
        log_unwritten(&key, error);
    }
    result.is_ok()
}

/// Writes an object of the audit log until `end`, without overwriting. If an earlier look has its key, it gets the
/// key of a later look.
///
/// # Errors
/// S3 didn't confirm the write.
pub async fn create_audit_object(
    context: &Context,
    object: Object,
    end: Instant,
) -> Result<(), CallError> {
    let Object {
        key,
        later_key,
        format,
        body,
        ..
    } = object;
    let body = Bytes::from(body);
    let create = async |key: &str| create(context, key, format, &body, end).await;
    match (create(&key).await?, later_key) {
        (Creation::Created, _) | (Creation::KeyIsTaken, None) => Ok(()),
        // If that key is taken, too, it is by this object: an answer was lost.
        (Creation::KeyIsTaken, Some(later_key)) => create(&later_key).await.map(drop),
    }
}

async fn create(
    context: &Context,
    key: &str,
    format: Format,
    body: &Bytes,
    end: Instant,
) -> Result<Creation, CallError> {
    let Context {
        config, clients, ..
    } = context;
    let creation = Box::pin(s3::create_object(
        &clients.s3,
        &config.log_bucket,
        config.log_bucket_owner.as_str(),
        key,
        format,
        body,
    ));
    within(end, s3::CALL, creation).await
}

/// Logs that an object of the audit log is missing.
pub fn log_unwritten(key: &str, error: &CallError) {
    let retryable = error.is_retryable();
    error!(key, retryable, "Audit record not written: {error}");
}

/// Sends one delayed message to the function.
///
/// # Errors
/// The message couldn't be sent until `end`.
pub async fn send_delayed(
    context: &Context,
    message: &DelayedMessage,
    end: Instant,
) -> Result<(), CallError> {
    let queue_url = &context.config.delay_queue_url;
    let sent = sqs::send(&context.clients.sqs, queue_url, &[message], end).await;
    sent.into_iter().collect()
}

/// Puts events on the bus until `end`, and returns each one's result in order.
pub async fn put_events(
    context: &Context,
    events: &[&BusEvent],
    end: Instant,
) -> Vec<Result<(), CallError>> {
    let results = event_bus::put(&context.clients.eventbridge, events, end).await;
    let put = results.iter().filter(|it| it.is_ok()).count();
    if put > 0 {
        info!(events = put, "Events put on the event bus");
    }
    results
}
