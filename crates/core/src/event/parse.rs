//! Parses Lambda's JSON to an [`Event`].

mod api_call;
mod envelope;
mod foreign;
mod naming;
mod secrets;
mod stream;

use serde_json::Value;

pub use self::naming::INSTANCE_FIELDS;
use self::naming::named_instance;
use self::secrets::{without_content, without_tag_values};
use super::own;
use super::{
    BatchRecord, Check, Continuation, Event, EventDetails, EventId, IgnoreReason, Request, Sweep,
    SweepScope, Trigger,
};
use crate::expected::Expected as _;
use crate::instance::{InstanceId, InstanceState};
use crate::json::{FieldError, Fields, Path};
use crate::memory::Group;

const INSTANCE_ARN: &str = "the ARN of an EC2 instance";

/// Parses a payload. AWS's own sample events lack some fields of the envelope, so only those that matter are
/// required.
///
/// An event that may be about instances but names none requests a sweep of running instances. If its instance id is
/// null, empty, malformed or in a misspelled field, that is an error, never a sweep. Events about something else are
/// ignored.
///
/// # Errors
/// The first invalid field, without content that may be a tag's value. Records of a batch fail on their own.
pub fn parse(payload: &Value) -> Result<Event, FieldError> {
    parsed(payload).map_err(without_content)
}

fn parsed(payload: &Value) -> Result<Event, FieldError> {
    let event = Fields::root("event", payload)?;
    match event.array("Records")? {
        Some(records) if stream::is_one(records) => stream::instances(records).map(Event::Wake),
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
        request: written(&record, "body", request).map_err(without_content),
    })
}

/// Parses the event in a string field.
fn written(
    fields: &Fields<'_>,
    name: &str,
    read: impl Fn(&Fields<'_>) -> Result<Request, FieldError>,
) -> Result<Request, FieldError> {
    let text = fields.required_string(name)?;
    let payload: Value = serde_json::from_str(text)
        .map_err(|_| FieldError::new(&fields.path(name), "JSON", text))?;
    let event = Fields::at(fields.path(name), &payload)?;
    if event.get("Records").is_some() {
        return Err(event.error("Records", "a single event, not a batch"));
    }
    read(&event)
}

/// The request of an event, with or without SNS's envelope.
fn request(event: &Fields<'_>) -> Result<Request, FieldError> {
    match envelope::of_sns(event) {
        None => bare_request(event),
        Some(envelope::Kind::Notification) => {
            written(event, "Message", envelope::published_request)
        }
        Some(envelope::Kind::Confirmation) => Ok(Request::Ignore(IgnoreReason::NotAnInstance)),
    }
}

fn bare_request(event: &Fields<'_>) -> Result<Request, FieldError> {
    let source = event.string("source")?;
    match (source, event.string("detail-type")?) {
        (_, Some("EC2 Instance State-change Notification")) => state_change(event),
        (_, Some("Tag Change on Resource")) => tag_change(event),
        // EventBridge Scheduler sends `detail` as the string "{}", so it is left unread.
        (_, Some("Scheduled Event")) => Ok(Request::Sweep(Sweep {
            scope: SweepScope::Watched,
            event: envelope(event, Trigger::Schedule)?,
            continues: None,
        })),
        (Some(own::SOURCE), Some(own::SWEEP_CONTINUATION)) => sweep_continuation(event),
        (Some(own::SOURCE), Some(own::GROUP_DUE)) => group_due(event),
        (Some(own::SOURCE), Some(own::SUSPECTS_DUE)) => Ok(Request::TellOverdue),
        (_, Some("AWS API Call via CloudTrail")) => api_call::request(event, source),
        (Some("aws.autoscaling"), kind) => auto_scaling(event, kind),
        (Some("aws.ec2"), kind) => of_ec2(event, kind),
        (Some(source), _) if source.starts_with("aws.") => of_another_service(event),
        (_, Some(_)) => check_or_sweep(event, envelope(event, Trigger::OtherEvent)?, false),
        (_, None) if foreign::is_known(event) && named_instance(event)?.is_none() => {
            Ok(Request::Ignore(IgnoreReason::NotAnInstance))
        }
        (_, None) if event.get("test").is_some() => test(event),
        (_, None) => {
            foreign::refuse_dead_letter(event)?;
            check_or_sweep(event, EventDetails::manual(), false)
        }
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
    let Some(resource) = event.array("resources")?.and_then(<[Value]>::first) else {
        let detail = event.object("detail").ok().flatten();
        let is_ours = |detail: Fields<'_>| {
            let of = |name, value| detail.get(name).is_none_or(|it| it == value);
            of("service", "ec2") && of("resource-type", "instance")
        };
        if !detail.is_none_or(is_ours) {
            return Ok(Request::Ignore(IgnoreReason::NotAnInstance));
        }
        let details = envelope(event, Trigger::TagChange)?;
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
    Ok(Request::Check(vec![Check {
        instance_id: id.parse().map_err(|_| error())?,
        event: envelope(event, Trigger::TagChange)?,
        is_new: false,
        changed_tags: changed_tags.transpose()?.flatten(),
        payload: without_tag_values(event.to_value()),
    }]))
}

fn auto_scaling(event: &Fields<'_>, kind: Option<&str>) -> Result<Request, FieldError> {
    let Some(kind) = kind.filter(|kind| kind.starts_with("EC2 Instance")) else {
        return check_or_ignore(event);
    };
    let details = envelope(event, Trigger::AutoScaling)?;
    if let Some(detail) = event.object("detail")?
        && kind == "EC2 Instance Launch Unsuccessful"
    {
        let ignored = Ok(Request::Ignore(IgnoreReason::UnsuccessfulLaunch));
        match detail.string("EC2InstanceId")? {
            Some("") => return ignored,
            None => return naming::refuse_misspelled(event).and(ignored),
            Some(_) => {}
        }
    }
    let is_new = matches!(
        kind,
        "EC2 Instance Launch Successful" | "EC2 Instance-launch Lifecycle Action"
    );
    check_or_sweep(event, details, is_new)
}

/// Any other event of EC2, such as a Spot interruption.
fn of_ec2(event: &Fields<'_>, kind: Option<&str>) -> Result<Request, FieldError> {
    let is_of_instances =
        |kind: &str| kind.starts_with("EC2 Instance ") || kind.starts_with("EC2 Spot Instance ");
    if kind.is_some_and(is_of_instances) {
        check_or_sweep(event, envelope(event, Trigger::OtherEvent)?, false)
    } else {
        check_or_ignore(event)
    }
}

/// An event of EC2 or EC2 Auto Scaling that may be about something else: volumes, snapshots, images, fleets, an
/// instance refresh.
fn check_or_ignore(event: &Fields<'_>) -> Result<Request, FieldError> {
    let Some(instance_id) = named_instance(event)? else {
        return Ok(Request::Ignore(IgnoreReason::NotAnInstance));
    };
    let details = envelope(event, Trigger::OtherEvent)?;
    Ok(check(event, instance_id, details, false))
}

/// An event of another AWS service. Somebody who sends it here may mean an instance that it names, but the field may
/// mean something else there.
fn of_another_service(event: &Fields<'_>) -> Result<Request, FieldError> {
    match named_instance(event) {
        Ok(Some(_)) => check_or_ignore(event),
        Ok(None) | Err(_) => Ok(Request::Ignore(IgnoreReason::NotAnInstance)),
    }
}

/// The message that continues a sweep. In the previous version it carried the findings so far, which anyone could
/// forge, so such a sweep starts over.
fn sweep_continuation(event: &Fields<'_>) -> Result<Request, FieldError> {
    const DETAIL: &str = "a sweep and a part of it";
    let is_old = event
        .get("detail")
        .is_some_and(|detail| detail.get("progress").is_some());
    let continues = if is_old {
        None
    } else {
        let detail: Option<Continuation> = event.deserialized("detail", DETAIL)?;
        Some(detail.ok_or_else(|| event.error("detail", DETAIL))?)
    };
    Ok(Request::Sweep(Sweep {
        scope: SweepScope::Watched,
        event: envelope(event, Trigger::Schedule)?,
        continues,
    }))
}

/// The message that sends a group's due notifications.
fn group_due(event: &Fields<'_>) -> Result<Request, FieldError> {
    let detail = event.object("detail")?;
    let detail = detail.ok_or_else(|| event.error("detail", "an object with a group"))?;
    let group = detail.parsed("group")?;
    group
        .map(Request::Tell)
        .ok_or_else(|| detail.error("group", Group::EXPECTED))
}

/// `{"test": "channels"}` by hand. Anything else in its place is a mistake, and must not sweep the fleet.
fn test(event: &Fields<'_>) -> Result<Request, FieldError> {
    match event.string("test")? {
        Some("channels") => Ok(Request::Test),
        _ => Err(event.error("test", "\"channels\"")),
    }
}

/// A check of the instance that the event names, or a sweep if it names none.
fn check_or_sweep(
    event: &Fields<'_>,
    details: EventDetails,
    is_new: bool,
) -> Result<Request, FieldError> {
    if let Some(instance_id) = named_instance(event)? {
        return Ok(check(event, instance_id, details, is_new));
    }
    naming::refuse_misspelled(event)?;
    Ok(fallback(details))
}

fn check(
    event: &Fields<'_>,
    instance_id: InstanceId,
    details: EventDetails,
    is_new: bool,
) -> Request {
    Request::Check(vec![Check {
        instance_id,
        event: details,
        is_new,
        changed_tags: None,
        payload: without_tag_values(event.to_value()),
    }])
}

/// A sweep, for an event that may be about instances and names none.
fn fallback(event: EventDetails) -> Request {
    Request::Sweep(Sweep {
        scope: SweepScope::Running,
        event,
        continues: None,
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
