//! Amazon SQS: bringing events back later.

use std::time::Duration;

use aws_sdk_sqs::Client;

use super::error::{CallError, from_sdk};

/// The longest delay of a message (`DelaySeconds`, Amazon SQS API reference, `SendMessage`).
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// Sends a message that is received after `delay`, which is at most [`MAX_DELAY`]; a part of a
/// second counts as a whole one.
///
/// # Errors
/// The call failed. Where the answer was lost, the message may have been sent all the same.
pub async fn send_delayed(
    client: &Client,
    queue_url: &str,
    body: &str,
    delay: Duration,
) -> Result<(), CallError> {
    let millis = delay.min(MAX_DELAY).as_millis();
    // At most 900, so it fits.
    let seconds = i32::try_from(millis.div_ceil(1_000)).unwrap_or_default();
    client
        .send_message()
        .queue_url(queue_url)
        .message_body(body)
        .delay_seconds(seconds)
        .send()
        .await
        .map(drop)
        .map_err(|error| from_sdk("sqs:SendMessage", &error))
}
