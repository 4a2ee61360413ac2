//! What an event or an audit record says of its instance.

use std::str::FromStr;

use serde_json::Value;
use tag_compliance_checker::event::{
    self, Check, Event, EventError, IgnoreReason, Request, Trigger,
};
use tag_compliance_checker::instance::{InstanceId, InstanceState, Tags};
use tag_compliance_checker::text::{OneLine, excerpt};
use tag_compliance_checker::timestamp::Timestamp;

use crate::error::Error;
use crate::input::Source;

/// What an event or an audit record says of its instance.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub id: Option<InstanceId>,
    pub account_id: Option<String>,
    pub region: Option<String>,
    pub state: Option<InstanceState>,
    pub launched_at: Option<Timestamp>,
    pub tags: Option<Tags>,
    pub time: Option<Timestamp>,
}

impl Told {
    pub fn read(source: &Source) -> Result<Self, Error> {
        let name = || source.to_string();
        let value: Value =
            serde_json::from_str(&source.read()?).map_err(|source| Error::NotJson {
                name: name(),
                source,
            })?;
        let told = if is_audit_record(&value) {
            Self::of_record(&value)
        } else {
            match one_check(&value) {
                Ok(Ok(check)) => Self::of_check(&value, check),
                Ok(Err(reason)) => {
                    return Err(Error::NotOneInstance {
                        name: name(),
                        reason,
                    });
                }
                Err(error) => Err(error),
            }
        };
        told.map_err(|source| Error::Event {
            name: name(),
            source,
        })
    }

    fn of_record(record: &Value) -> Result<Self, EventError> {
        Ok(Self {
            id: parsed(record, "instanceId", "an instance id")?,
            account_id: string(record, "accountId")?.map(str::to_owned),
            region: string(record, "region")?.map(str::to_owned),
            state: parsed(record, "state", "the state of an instance")?,
            launched_at: parsed(record, "launchedAt", TIME)?,
            tags: tags(record, "/tags")?,
            time: parsed(record, "timestamp", TIME)?,
        })
    }

    fn of_check(event: &Value, check: Check) -> Result<Self, EventError> {
        let is_tag_change = check.event.trigger == Trigger::TagChange;
        let tags = is_tag_change.then(|| tags(event, "/detail/tags"));
        Ok(Self {
            id: Some(check.instance_id),
            account_id: string(event, "account")?.map(str::to_owned),
            region: string(event, "region")?.map(str::to_owned),
            state: check.event.state,
            launched_at: None,
            tags: tags.transpose()?.flatten(),
            time: check.event.time,
        })
    }
}

const TIME: &str = "an RFC 3339 time such as 2025-12-03T10:00:00Z";

/// What the function writes; an event has an envelope, or nothing but the id.
fn is_audit_record(value: &Value) -> bool {
    value.get("instanceId").is_some() && value.get("tags").is_some()
}

/// The check of one instance that an event asks for, or why it asks for no such thing.
fn one_check(value: &Value) -> Result<Result<Check, String>, EventError> {
    let reason = match event::parse(value)? {
        Event::Single(Request::Check(check)) => return Ok(Ok(check)),
        Event::Single(Request::Sweep(_)) => {
            "the event asks for a sweep, and is about no instance of its own".to_owned()
        }
        Event::Single(Request::Ignore(IgnoreReason::UnsuccessfulLaunch)) => {
            "the event is about an instance that was not launched".to_owned()
        }
        Event::Single(Request::Ignore(IgnoreReason::NotAnInstance)) => {
            "the event is about something else than an EC2 instance".to_owned()
        }
        Event::Batch(records) => format!(
            "this is a batch of {} messages: give the body of one of them",
            records.len()
        ),
    };
    Ok(Err(reason))
}

fn string<'a>(value: &'a Value, field: &str) -> Result<Option<&'a str>, EventError> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(error(field, "a string", other)),
    }
}

fn parsed<T: FromStr>(
    value: &Value,
    field: &str,
    expected: &'static str,
) -> Result<Option<T>, EventError> {
    string(value, field)?
        .map(str::parse)
        .transpose()
        .map_err(|_| error(field, expected, &value[field]))
}

fn tags(value: &Value, pointer: &str) -> Result<Option<Tags>, EventError> {
    let Some(tags) = value.pointer(pointer) else {
        return Ok(None);
    };
    let field = pointer.trim_start_matches('/').replace('/', ".");
    serde_json::from_value(tags.clone())
        .map(Some)
        .map_err(|_| error(&field, "an object of strings", tags))
}

fn error(field: &str, expected: &'static str, got: &Value) -> EventError {
    const MAX_SHOWN_CHARS: usize = 100;
    EventError {
        field: field.to_owned(),
        expected,
        got: OneLine(&excerpt(&got.to_string(), MAX_SHOWN_CHARS)).to_string(),
    }
}
