//! The envelope in which SNS delivers a message to a queue.

use serde_json::Value;

use super::bare_request;
use crate::event::{Request, Trigger};
use crate::json::{FieldError, Fields};

/// What an envelope holds ("Amazon SNS message format", Amazon SNS developer guide).
pub enum Kind {
    /// A message that was published.
    Notification,
    /// Something about the subscription itself.
    Confirmation,
}

/// Whether this is the envelope of SNS.
pub fn of_sns(fields: &Fields<'_>) -> Option<Kind> {
    fields.get("Message")?;
    match fields.get("Type").and_then(Value::as_str)? {
        "Notification" => Some(Kind::Notification),
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => Some(Kind::Confirmation),
        _ => None,
    }
}

/// What a message asks for that somebody published. Nobody calls by hand through a topic: whatever is
/// no event, and names no instance, came here by mistake.
///
/// # Errors
/// As [`parse`](super::parse).
pub fn published_request(message: &Fields<'_>) -> Result<Request, FieldError> {
    let request = bare_request(message)?;
    match &request {
        Request::Sweep(sweep) if sweep.event.trigger == Trigger::Manual && !message.is_empty() => {
            Err(message.whole_error("an event, or an object with an instanceId"))
        }
        _ => Ok(request),
    }
}
