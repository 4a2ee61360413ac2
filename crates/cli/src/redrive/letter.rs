//! What a dead letter holds: an event, why it failed, and whether it may be redelivered.

use serde_json::Value;
use tag_compliance_aws::sqs::dead_letters::Letter;
use tag_compliance_core::event::{self, Event, Request, Sweep, SweepScope};
use tag_compliance_core::json::FieldError;

use super::words::{one_line, plain, published};

/// An event that failed, and why it is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub event: Value,
    pub reason: String,
}

/// Why a message is not redelivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotADeadLetter {
    #[error("expected JSON, got {0}")]
    NotJson(String),
    #[error("expected an event, or Lambda's envelope of one, got {0}")]
    NotAnEvent(String),
    #[error(transparent)]
    WrongField(FieldError),
    /// It is not a request of ours, and the function would sweep for it.
    #[error("it names no instance, and would make the function sweep the whole fleet")]
    Sweeps,
}

/// The event of a message, out of Lambda's envelope if it has one, if `function` may have it.
///
/// What the function failed on is redelivered unchanged. Anything else must not make it
/// sweep the whole fleet, as it does for an event that may be about any instance.
pub fn open(letter: &Letter, function: Option<&str>) -> Result<DeadLetter, NotADeadLetter> {
    let document: Value = serde_json::from_str(&letter.body)
        .map_err(|_| NotADeadLetter::NotJson(one_line(&letter.body)))?;
    let payload = document.get("requestPayload");
    if let (Some(event), Some(context)) = (payload, document.get("requestContext")) {
        let is_own = function.is_none_or(|function| was_of(context, function));
        if !is_own && sweeps_by_accident(&event::parse(event)) {
            return Err(NotADeadLetter::Sweeps);
        }
        return Ok(DeadLetter {
            event: event.clone(),
            reason: reason_of_lambda(context, document.get("responsePayload")),
        });
    }
    may_be_sent(&document)?;
    Ok(DeadLetter {
        reason: reason_of_sender(letter),
        event: document,
    })
}

/// Whether an envelope is about this function, which may be given by its ARN.
fn was_of(context: &Value, function: &str) -> bool {
    let name = |text: &str| {
        let name = text.rsplit_once("function:").map_or(text, |(_, name)| name);
        name.split(':').next().map(str::to_owned)
    };
    let arn = context.get("functionArn").and_then(Value::as_str);
    arn.is_some_and(|arn| name(arn) == name(function))
}

fn sweeps_by_accident(asked: &Result<Event, FieldError>) -> bool {
    let scope = SweepScope::Running;
    matches!(asked, Ok(Event::Single(Request::Sweep(Sweep { scope: asked, .. }))) if *asked == scope)
}

fn may_be_sent(document: &Value) -> Result<(), NotADeadLetter> {
    let inner = published(document);
    let inner = inner.as_ref().unwrap_or(document);
    let is_event = inner.get("source").is_some() && inner.get("detail-type").is_some();
    let asked = event::parse(document);
    let sweeps = sweeps_by_accident(&asked);
    match asked {
        Ok(Event::Single(_)) if is_event && !sweeps => Ok(()),
        Ok(Event::Single(_)) if is_event => Err(NotADeadLetter::Sweeps),
        Ok(Event::Single(Request::Check(_))) => Ok(()),
        Err(error) if is_event => Err(NotADeadLetter::WrongField(error)),
        _ => Err(NotADeadLetter::NotAnEvent(one_line(&document.to_string()))),
    }
}

fn reason_of_lambda(context: &Value, answer: Option<&Value>) -> String {
    let told = |value: Option<&Value>| value.map_or_else(|| "unknown".to_owned(), plain);
    let reason = format!(
        "Lambda: {} after {} attempts",
        told(context.get("condition")),
        told(context.get("approximateInvokeCount"))
    );
    let Some(answer) = answer.filter(|answer| answer.is_object()) else {
        return reason;
    };
    let (kind, message) = (answer.get("errorType"), answer.get("errorMessage"));
    format!("{reason}, {}: {}", told(kind), told(message))
}

fn reason_of_sender(letter: &Letter) -> String {
    if let Some(arn) = &letter.given_up_by {
        let name = arn.rsplit(':').next().unwrap_or_default();
        return format!(
            "SQS: received too often from the queue {name}; the function's log has the errors"
        );
    }
    let told = letter.attributes.iter();
    let told: Vec<_> = told
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if told.is_empty() {
        "EventBridge: no reason given".to_owned()
    } else {
        format!("EventBridge: {}", told.join(", "))
    }
}

#[cfg(test)]
mod tests;
