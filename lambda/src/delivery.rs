//! Delivering verdicts: audit records, alerts and messages that bring an instance back.

use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use tracing::{error, info};

use crate::alert::Alert;
use crate::aws::error::CallError;
use crate::aws::s3::{self, Format};
use crate::aws::sqs::DelayedMessage;
use crate::aws::{sns, sqs};
use crate::budget::within;
use crate::handler::Checker;
use crate::instance::InstanceId;

/// How many audit records are written at a time.
const MAX_CONCURRENT_RECORDS: usize = 16;

/// What a verdict leads to, beside its count.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// The instance.
    pub instance_id: &'a InstanceId,
    /// The audit record.
    pub record: AuditObject,
    /// Who has to know.
    pub notice: Notice,
}

/// Who has to know of a verdict.
#[derive(Debug)]
pub enum Notice {
    /// Nobody.
    None,
    /// The people behind the alert topic.
    Alert(Alert),
    /// The function itself, later.
    Later(DelayedMessage),
}

/// An object of the audit log.
#[derive(Debug)]
pub struct AuditObject {
    /// Its key.
    pub key: String,
    /// What its body is.
    pub format: Format,
    /// What is recorded.
    pub body: Vec<u8>,
}

/// Delivers all until `end`, and returns what came of each, in order.
///
/// A delivery fails where its alert or message could not be sent. An audit record that could not be
/// written is logged, and fails nothing.
pub async fn deliver_all(
    checker: &Checker,
    deliveries: Vec<Delivery<'_>>,
    end: Instant,
) -> Vec<Result<(), CallError>> {
    let mut results = vec![Ok(()); deliveries.len()];
    let mut records = Vec::with_capacity(deliveries.len());
    let (mut alerts, mut messages) = (Vec::new(), Vec::new());
    for (index, delivery) in deliveries.into_iter().enumerate() {
        records.push(delivery.record);
        match delivery.notice {
            Notice::None => {}
            Notice::Alert(alert) => alerts.push((index, delivery.instance_id, alert)),
            Notice::Later(message) => messages.push((index, delivery.instance_id, message)),
        }
    }
    let written = stream::iter(records).for_each_concurrent(MAX_CONCURRENT_RECORDS, |record| {
        write_audit_object(checker, record, end)
    });
    let ((), alerted, sent) = tokio::join!(
        written,
        send_alerts(checker, &alerts, end),
        send_messages(checker, &messages, end)
    );
    for (index, error) in alerted.into_iter().chain(sent) {
        results[index] = Err(error);
    }
    results
}

type Addressed<'a, T> = (usize, &'a InstanceId, T);

/// Sends alerts, and returns those that failed.
async fn send_alerts(
    checker: &Checker,
    alerts: &[Addressed<'_, Alert>],
    end: Instant,
) -> Vec<(usize, CallError)> {
    let bodies: Vec<&Alert> = alerts.iter().map(|(_, _, alert)| alert).collect();
    let topic_arn = &checker.config.alert_topic_arn;
    let results = sns::publish(&checker.clients.sns, topic_arn, &bodies, end).await;
    failures(alerts, results, |(_, id, _), message_id| {
        info!(instance_id = %id, message_id, "SNS notification sent");
    })
}

/// Sends delayed messages, and returns those that failed.
async fn send_messages(
    checker: &Checker,
    messages: &[Addressed<'_, DelayedMessage>],
    end: Instant,
) -> Vec<(usize, CallError)> {
    let bodies: Vec<&DelayedMessage> = messages.iter().map(|(_, _, message)| message).collect();
    let queue_url = &checker.config.delay_queue_url;
    let results = sqs::send(&checker.clients.sqs, queue_url, &bodies, end).await;
    failures(messages, results, |(_, id, message), ()| {
        let seconds = message.delay.as_secs();
        info!(instance_id = %id, seconds, "Instance {id} may still be tagged: it is checked again");
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

/// Writes an object of the audit log until `end`. A failure is logged and no more: the audit log is
/// not critical.
pub async fn write_audit_object(checker: &Checker, object: AuditObject, end: Instant) {
    let key = object.key.clone();
    if let Err(error) = put_audit_object(checker, object, end).await {
        log_unwritten(&key, &error);
    }
}

/// Writes an object of the audit log until `end`.
///
/// # Errors
/// S3 has not said that it is written.
pub async fn put_audit_object(
    checker: &Checker,
    object: AuditObject,
    end: Instant,
) -> Result<(), CallError> {
    let Checker {
        config, clients, ..
    } = checker;
    let put = Box::pin(s3::put_object(
        &clients.s3,
        &config.log_bucket,
        &config.log_bucket_owner,
        &object.key,
        object.format,
        object.body,
    ));
    within(end, s3::CALL, put).await
}

/// Tells of an object of the audit log that is not there.
pub fn log_unwritten(key: &str, error: &CallError) {
    let retryable = error.is_retryable();
    error!(key, retryable, "Audit record not written: {error}");
}
