//! SNS's envelope around a message in a queue.

use serde_json::Value;

use super::bare_request;
use crate::event::{Request, Trigger};
use crate::json::{FieldError, Fields};

/// An envelope's content ("Amazon SNS message format", Amazon SNS developer guide).
pub enum Kind {
    /// A published message.
    Notification,
    /// A message about the subscription itself.
    Confirmation,
}

/// Whether this is SNS's envelope.
pub fn of_sns(fields: &Fields<'_>) -> Option<Kind> {
    fields.get("Message")?;
    match fields.get("Type").and_then(Value::as_str)? {
        "Notification" => Some(Kind::Notification),
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => Some(Kind::Confirmation),
        _ => None,
    }
}

/// The request in a published message. Nobody makes manual calls through a topic, so a message that is no event and
/// names no instance is there by mistake.
///
/// # Errors
/// As [`parse`](super::parse).
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
