//! Amazon EventBridge: putting events on the account's default bus.

use std::time::{Duration, SystemTime};

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use tag_compliance_core::notification::events::{BusEvent, SOURCE};
use tokio::time::{Instant, sleep};

use super::batch::{BatchAnswer, FailedEntry, in_calls};
use super::error::{CallError, from_sdk};

/// The call, by the name of its IAM action.
pub const CALL: &str = "events:PutEvents";

/// How often entries that the bus couldn't take are put, including the first time.
const MAX_ATTEMPTS: u32 = 3;
/// The pause before entries are put again; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// Puts events, ten in a call, and returns each one's result in order.
///
/// Each event succeeds or fails on its own. Those that the bus couldn't take are put again a few times until `end`. If
/// the answer was lost, the bus may have taken an event anyway.
pub async fn put(
    client: &Client,
    events: &[&BusEvent],
    end: Instant,
) -> Vec<Result<(), CallError>> {
    let mut results = put_once(client, events, end).await;
    let mut pause = PAUSE;
    for _ in 1..MAX_ATTEMPTS {
        let failed: Vec<usize> = (0..events.len())
            .filter(|index| {
                let error = results[*index].as_ref().err();
                // A call that failed was retried by the SDK.
                error.is_some_and(|error| error.is_of_entry() && error.is_retryable())
            })
            .collect();
        if failed.is_empty() || Instant::now() + pause >= end {
            break;
        }
        sleep(pause).await;
        pause *= 2;
        let again: Vec<_> = failed.iter().map(|index| events[*index]).collect();
        for (index, result) in failed.into_iter().zip(put_once(client, &again, end).await) {
            results[index] = result;
        }
    }
    results
}

async fn put_once(
    client: &Client,
    events: &[&BusEvent],
    end: Instant,
) -> Vec<Result<(), CallError>> {
    let size = |event: &&BusEvent| event.size();
    in_calls(CALL, events, size, end, async |events: &[&BusEvent]| {
        put_batch(client, events).await
    })
    .await
}

async fn put_batch(client: &Client, events: &[&BusEvent]) -> Result<BatchAnswer<()>, CallError> {
    let output = client
        .put_events()
        .set_entries(Some(events.iter().map(|event| entry(event)).collect()))
        .send()
        .await
        .map_err(|error| from_sdk(CALL, &error))?;
    // The answers have the order of the entries.
    let answers = output.entries.unwrap_or_default();
    let (mut taken, mut failed) = (Vec::new(), Vec::new());
    for (index, answer) in answers.into_iter().enumerate() {
        let id = index.to_string();
        match failure(id.clone(), answer) {
            None => taken.push((id, ())),
            Some(entry) => failed.push(entry),
        }
    }
    Ok((taken, failed))
}

/// Why the bus didn't take an entry; none if it did.
fn failure(id: String, answer: PutEventsResultEntry) -> Option<FailedEntry> {
    let code = answer.error_code?;
    Some(FailedEntry {
        id,
        // The other codes name what is wrong with the entry (`PutEventsResultEntry`, Amazon EventBridge API reference).
        sender_fault: !matches!(code.as_str(), "InternalFailure" | "ThrottlingException"),
        code,
        message: answer.error_message,
    })
}

fn entry(event: &BusEvent) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source(SOURCE)
        .detail_type(event.detail_type)
        .detail(&event.detail)
        .set_resources(event.resource.clone().map(|arn| vec![arn]))
        .time(SystemTime::from(event.time).into())
        .build()
}
