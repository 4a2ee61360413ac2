//! What `PublishBatch` of SNS, `SendMessageBatch` of SQS and `PutEvents` of EventBridge have in common.

use std::collections::HashMap;
use std::ops::Range;

use futures_util::{StreamExt, stream};
use tag_compliance_core::notification::MAX_MESSAGE_BYTES;
use tokio::time::Instant;

use super::error::{CallError, Failure};
use crate::deadline::within;

/// The most entries in a call, the same for all three (`TooManyEntriesInBatchRequest`, API references of SNS and
/// SQS; `PutEvents`, Amazon EventBridge API reference).
const MAX_ENTRIES: usize = 10;
/// How many calls run concurrently.
const MAX_CONCURRENT_CALLS: usize = 5;

/// An entry that the service refused, while it accepted others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedEntry {
    /// Its index in the call.
    pub id: String,
    /// Whether a retry would fail again.
    pub sender_fault: bool,
    /// AWS's error code.
    pub code: String,
    /// AWS's message.
    pub message: Option<String>,
}

impl FailedEntry {
    fn into_error(self, call: &'static str) -> CallError {
        let (code, status) = (self.code, 200);
        let message = self.message.unwrap_or_else(|| "no message".to_owned());
        let failure = if self.sender_fault {
            Failure::Refused {
                code,
                message,
                status,
            }
        } else {
            Failure::Unavailable {
                code,
                message,
                status,
            }
        };
        CallError { call, failure }
    }
}

/// The entries that a service accepted, by their index in the call, and those that it refused.
pub type BatchAnswer<T> = (Vec<(String, T)>, Vec<FailedEntry>);

/// Sends items with `send`, which makes one call, and returns each item's result, in order. `size` is the size of an
/// item in bytes.
///
/// Each item succeeds or fails on its own. If the answer was lost or came after `end`, the service may have accepted
/// the item anyway.
pub async fn in_calls<I, T>(
    call: &'static str,
    items: &[I],
    size: impl Fn(&I) -> usize,
    end: Instant,
    send: impl AsyncFn(&[I]) -> Result<BatchAnswer<T>, CallError>,
) -> Vec<Result<T, CallError>> {
    let send = &send;
    let calls = parts(items, size).into_iter().map(|part| {
        let items = &items[part];
        async move { outcomes(call, items.len(), within(end, call, send(items)).await) }
    });
    let outcomes: Vec<_> = stream::iter(calls)
        .buffered(MAX_CONCURRENT_CALLS)
        .collect()
        .await;
    outcomes.into_iter().flatten().collect()
}

/// Splits the items into parts that fit into a call.
fn parts<T>(items: &[T], size: impl Fn(&T) -> usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, item) in items.iter().enumerate() {
        let size = size(item);
        if index > start && (index - start == MAX_ENTRIES || bytes + size > MAX_MESSAGE_BYTES) {
            parts.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += size;
    }
    if start < items.len() {
        parts.push(start..items.len());
    }
    parts
}

/// The result of each of a call's `count` entries.
///
/// An entry that the answer leaves out has failed: sending twice is better than never.
fn outcomes<T>(
    call: &'static str,
    count: usize,
    answer: Result<BatchAnswer<T>, CallError>,
) -> Vec<Result<T, CallError>> {
    let (taken, failed) = match answer {
        Ok(answer) => answer,
        Err(error) => return (0..count).map(|_| Err(error.clone())).collect(),
    };
    let mut outcomes: HashMap<String, Result<T, CallError>> = taken
        .into_iter()
        .map(|(id, answer)| (id, Ok(answer)))
        .collect();
    for entry in failed {
        outcomes.insert(entry.id.clone(), Err(entry.into_error(call)));
    }
    (0..count)
        .map(|index| {
            outcomes.remove(&index.to_string()).unwrap_or_else(|| {
                Err(CallError {
                    call,
                    failure: Failure::UnusableAnswer(format!("it says nothing of entry {index}")),
                })
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn failed(id: &str, sender_fault: bool) -> FailedEntry {
        FailedEntry {
            id: id.to_owned(),
            sender_fault,
            code: "Code".to_owned(),
            message: None,
        }
    }

    #[test]
    fn each_entry_has_its_own_outcome() {
        let taken = vec![("0".to_owned(), "a")];
        let failures = vec![failed("1", true), failed("2", false)];
        let outcomes = outcomes("sns:Publish", 4, Ok((taken, failures)));
        assert_eq!(outcomes[0], Ok("a"));
        let texts: Vec<_> = outcomes[1..]
            .iter()
            .map(|outcome| {
                let error = outcome.as_ref().unwrap_err();
                (error.is_retryable(), error.to_string())
            })
            .collect();
        let told = |retryable, text: &str| (retryable, format!("sns:Publish: {text}"));
        assert_eq!(
            texts,
            [
                told(false, "the service refused: Code: no message (HTTP 200)"),
                told(
                    true,
                    "the service was unavailable: Code: no message (HTTP 200)"
                ),
                told(
                    true,
                    "the answer cannot be used: it says nothing of entry 3"
                ),
            ]
        );
    }

    #[test]
    fn a_call_that_fails_fails_all_its_entries() {
        let error = CallError {
            call: "sqs:SendMessage",
            failure: Failure::OutOfTime,
        };
        let answer = Err::<BatchAnswer<()>, _>(error.clone());
        let expected = vec![Err(error.clone()), Err(error)];
        assert_eq!(outcomes("sqs:SendMessage", 2, answer), expected);
    }

    #[test]
    fn an_entry_that_is_too_large_goes_alone() {
        let sizes = [1, MAX_MESSAGE_BYTES + 1, 1];
        assert_eq!(parts(&sizes, |size| *size), [0..1, 1..2, 2..3]);
        assert_eq!(
            parts(&[MAX_MESSAGE_BYTES, 0, 1], |size| *size),
            [0..2, 2..3]
        );
        assert!(parts(&[] as &[usize], |size| *size).is_empty());
    }

    proptest! {
        #[test]
        fn parts_fit_and_leave_nothing_out(sizes in proptest::collection::vec(0..MAX_MESSAGE_BYTES, 0..40)) {
            let parts = parts(&sizes, |size| *size);
            let indices: Vec<usize> = parts.iter().cloned().flatten().collect();
            prop_assert_eq!(indices, (0..sizes.len()).collect::<Vec<_>>());
            for part in parts {
                prop_assert!(part.len() <= MAX_ENTRIES);
                prop_assert!(sizes[part].iter().sum::<usize>() <= MAX_MESSAGE_BYTES);
            }
        }
    }
}
