//! From JSON to [`Event`].

use serde::Deserialize as _;
use serde_json::Value;

use super::continuation::{self, Detail};
use super::{
    BatchRecord, Check, Event, EventDetails, EventId, IgnoreReason, Request, Sweep, SweepScope,
    Trigger,
};
use crate::instance::InstanceState;
use crate::json::{FieldError, Fields, Path};

const INSTANCE_ARN: &str = "the ARN of an EC2 instance";

/// Parses what Lambda hands over. AWS's own sample events lack some of the envelope's fields, so
/// only those that matter must be there.
///
/// An event in which an instance id is absent asks for a sweep of the running instances; one
/// whose instance id is null, empty or not one is an error, and never a sweep.
///
/// # Errors
/// The first field that is not what it must be. Records of a batch fail for themselves.
pub fn parse(payload: &Value) -> Result<Event, FieldError> {
    let event = Fields::root("event", payload)?;
    match event.array("Records")? {
        Some(records) => records
            .iter()
            .enumerate()
            .map(|(index, record)| batch_record(index, record))
            .collect::<Result<_, _>>()
            .map(Event::Batch),
        None => request(&event).map(Event::Single),
    }
}

fn batch_record(index: usize, record: &Value) -> Result<BatchRecord, FieldError> {
    let path = Path::root("event").field("Records").index(index);
    let record = Fields::at(path, record)?;
    if record.get("eventSource").and_then(Value::as_str) != Some("aws:sqs") {
        return Err(record.error("eventSource", "\"aws:sqs\""));
    }
    Ok(BatchRecord {
        message_id: record.required_string("messageId")?.to_owned(),
        request: batch_body(&record),
    })
}

fn batch_body(record: &Fields<'_>) -> Result<Request, FieldError> {
    let body = record.required_string("body")?;
    let payload: Value = serde_json::from_str(body)
        .map_err(|_| FieldError::new(&record.path("body"), "JSON", body))?;
    let event = Fields::at(record.path("body"), &payload)?;
    if event.get("Records").is_some() {
        return Err(event.error("Records", "a single event, not a batch"));
    }
    request(&event)
}

fn request(event: &Fields<'_>) -> Result<Request, FieldError> {
    let source = event.string("source")?;
    match event.string("detail-type")? {
        Some("EC2 Instance State-change Notification") => state_change(event),
        Some("Tag Change on Resource") => tag_change(event),
        // EventBridge Scheduler sends `detail` as the string "{}", so it is left unread.
        Some("Scheduled Event") => Ok(Request::Sweep(Sweep {
            scope: SweepScope::Watched,
            event: envelope(event, Trigger::Schedule)?,
            progress: None,
        })),
        Some(continuation::DETAIL_TYPE) if source == Some(continuation::SOURCE) => {
            sweep_continuation(event)
        }
        Some(detail_type) if source == Some("aws.autoscaling") => auto_scaling(event, detail_type),
        Some(_) => check_or_sweep(event, envelope(event, Trigger::OtherEvent)?, false),
        None => check_or_sweep(event, EventDetails::manual(), false),
    }
}

fn state_change(event: &Fields<'_>) -> Result<Request, FieldError> {
    let mut details = envelope(event, Trigger::StateChange)?;
    if let Some(detail) = event.object("detail")? {
        details.state = detail.parsed("state")?;
    }
    let is_new = matches!(
        details.state,
        Some(InstanceState::Pending | InstanceState::Running)
    );
    check_or_sweep(event, details, is_new)
}

fn tag_change(event: &Fields<'_>) -> Result<Request, FieldError> {
    let details = envelope(event, Trigger::TagChange)?;
    let Some(resource) = event.array("resources")?.and_then(<[Value]>::first) else {
        return check_or_sweep(event, details, false);
    };
    let error = || {
        event
            .path("resources")
            .index(0)
            .error(INSTANCE_ARN, resource)
    };
    let arn = resource.as_str().ok_or_else(error)?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &["arn", _partition, service, _region, _account, resource] = parts.as_slice() else {
        return Err(error());
    };
    let (Some(id), "ec2") = (resource.strip_prefix("instance/"), service) else {
        return Ok(Request::Ignore(IgnoreReason::NotAnInstance));
    };
    let detail = event.object("detail")?;
    let keys = |detail: Fields<'_>| detail.deserialized("changed-tag-keys", "an array of strings");
    let changed_tags = detail.map(keys);
    Ok(Request::Check(Check {
        instance_id: id.parse().map_err(|_| error())?,
        event: details,
        is_new: false,
        changed_tags: changed_tags.transpose()?.flatten(),
        payload: event.to_value(),
    }))
}

fn auto_scaling(event: &Fields<'_>, detail_type: &str) -> Result<Request, FieldError> {
    let details = envelope(event, Trigger::AutoScaling)?;
    if let Some(detail) = event.object("detail")?
        && detail_type == "EC2 Instance Launch Unsuccessful"
        && detail
            .string("EC2InstanceId")?
            .unwrap_or_default()
            .is_empty()
    {
        return Ok(Request::Ignore(IgnoreReason::UnsuccessfulLaunch));
    }
    let is_new = matches!(
        detail_type,
        "EC2 Instance Launch Successful" | "EC2 Instance-launch Lifecycle Action"
    );
    check_or_sweep(event, details, is_new)
}

/// The message of an invocation that could not end its sweep.
fn sweep_continuation(event: &Fields<'_>) -> Result<Request, FieldError> {
    const DETAIL: &str = "what the function itself wrote of a sweep";
    let detail = event.get("detail").unwrap_or(&Value::Null);
    let path = event.path("detail");
    let error = |error: serde_json::Error| FieldError::new(&path, DETAIL, &error.to_string());
    let detail = Detail::deserialize(detail).map_err(error)?;
    Ok(Request::Sweep(Sweep {
        scope: detail.scope,
        event: envelope(event, detail.trigger)?,
        progress: Some(Box::new(detail.progress)),
    }))
}

/// A check of the instance that the event names, in whichever of the fields that events name one.
fn check_or_sweep(
    event: &Fields<'_>,
    details: EventDetails,
    is_new: bool,
) -> Result<Request, FieldError> {
    // What `detail` is in an event of someone else is not ours to evaluate.
    let detail = event.object("detail").ok().flatten();
    let of_detail = |detail| ["instance-id", "EC2InstanceId"].map(|name| (detail, name));
    let mut places = detail
        .iter()
        .flat_map(of_detail)
        .chain([(event, "instanceId")]);
    let named = places.find_map(|(fields, name)| fields.parsed(name).transpose());
    Ok(match named.transpose()? {
        Some(instance_id) => Request::Check(Check {
            instance_id,
            event: details,
            is_new,
            changed_tags: None,
            payload: event.to_value(),
        }),
        None => Request::Sweep(Sweep {
            scope: SweepScope::Running,
            event: details,
            progress: None,
        }),
    })
}

fn envelope(event: &Fields<'_>, trigger: Trigger) -> Result<EventDetails, FieldError> {
    Ok(EventDetails {
        trigger,
        id: event.string("id")?.map(EventId::new),
        time: event.parsed("time")?,
        state: None,
    })
}

#[cfg(test)]
mod tests;
