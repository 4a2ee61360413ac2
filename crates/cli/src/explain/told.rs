//! What an event or an audit record says of its instance.

use serde_json::Value;
use tag_compliance_core::event::{self, Check, Event, IgnoreReason, Request, Trigger};
use tag_compliance_core::instance::{AccountId, InstanceId, InstanceState, ServicePrincipal, Tags};
use tag_compliance_core::json::{FieldError, Fields};
use tag_compliance_core::timestamp::Timestamp;

use crate::error::Error;
use crate::input::Source;

/// What an event or an audit record says of its instance.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub id: Option<InstanceId>,
    pub account_id: Option<AccountId>,
    pub region: Option<String>,
    pub state: Option<InstanceState>,
    pub launched_at: Option<Timestamp>,
    pub operator: Option<ServicePrincipal>,
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
                Ok(Ok(check)) => Self::of_check(check),
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

    fn of_record(record: &Value) -> Result<Self, FieldError> {
        let record = Fields::root("record", record)?.null_is_absent();
        Ok(Self {
            id: record.parsed("instanceId")?,
            account_id: record.parsed("accountId")?,
            region: record.string("region")?.map(str::to_owned),
            state: record.parsed("state")?,
            launched_at: record.parsed("launchedAt")?,
            operator: record.parsed("operator")?,
            tags: tags(&record)?,
            time: record.parsed("timestamp")?,
        })
    }

    fn of_check(check: Check) -> Result<Self, FieldError> {
        // Without the envelope that it may have come in.
        let event = Fields::root("event", &check.payload)?.null_is_absent();
        let detail = match check.event.trigger {
            Trigger::TagChange => event.object("detail")?,
            _ => None,
        };
        let tags = detail.map(|detail| tags(&detail));
        Ok(Self {
            id: Some(check.instance_id),
            account_id: event.parsed("account")?,
            region: event.string("region")?.map(str::to_owned),
            state: check.event.state,
            launched_at: None,
            operator: None,
            tags: tags.transpose()?.flatten(),
            time: check.event.time,
        })
    }
}

fn tags(fields: &Fields<'_>) -> Result<Option<Tags>, FieldError> {
    fields.deserialized("tags", "an object of strings")
}

/// What the function writes; an event has an envelope, or nothing but the id.
fn is_audit_record(value: &Value) -> bool {
    value.get("instanceId").is_some() && value.get("tags").is_some()
}

/// The check of one instance that an event asks for, or why it asks for no such thing.
fn one_check(value: &Value) -> Result<Result<Check, String>, FieldError> {
    let reason = match event::parse(value)? {
        Event::Single(Request::Check(mut checks)) => match checks.len() {
            1 => return Ok(Ok(checks.remove(0))),
            several => {
                format!("the event is about {several} instances: give an event of one of them")
            }
        },
        Event::Single(Request::Sweep(_)) => {
            "the event asks for a sweep, and is about no instance of its own".to_owned()
        }
        Event::Single(Request::Tell(_) | Request::TellOverdue) | Event::Wake(_) => {
            "the event is the function's own: it tells people what is due".to_owned()
        }
        Event::Single(Request::Ignore(reason)) => {
            let reason = match reason {
                IgnoreReason::UnsuccessfulLaunch => "about an instance that was not launched",
                IgnoreReason::NotAnInstance => "about something else than an EC2 instance",
                IgnoreReason::FailedCall => "about a call that failed",
                IgnoreReason::OtherCall => "about a call that changes neither instances nor tags",
            };
            format!("the event is {reason}")
        }
        Event::Batch(records) => format!(
            "this is a batch of {} messages: give the body of one of them",
            records.len()
        ),
    };
    Ok(Err(reason))
}
