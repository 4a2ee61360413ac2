//! What an event asks the function for.

use serde_json::Value;
use tag_compliance_core::event::{
    Check, Event, INSTANCE_FIELDS, IgnoreReason, Request, Sweep, SweepScope, Trigger,
};
use tag_compliance_core::json::{FieldError, Path};

use super::Unfit;
use crate::recognized;

/// The checks that an event asks for, or why there are none.
pub fn checks(event: Event, value: &Value) -> Result<Vec<Check>, Unfit> {
    let reason = match event {
        Event::Single(Request::Check(checks)) => return Ok(checks),
        Event::Single(Request::Sweep(sweep)) => swept(&sweep),
        Event::Single(Request::Tell(_) | Request::TellOverdue | Request::Test) | Event::Wake(_) => {
            "the event is the function's own: it sends alerts that are due".to_owned()
        }
        Event::Single(Request::Ignore(IgnoreReason::NotAnInstance)) => format!(
            "this is not about an EC2 instance: it looks like {}",
            recognized::of_event(value)
        ),
        Event::Single(Request::Ignore(reason)) => {
            let reason = match reason {
                IgnoreReason::UnsuccessfulLaunch => "an instance that was not launched",
                IgnoreReason::FailedCall => "a call that failed",
                _ => "a call that neither launches, starts nor tags instances",
            };
            format!("the event is about {reason}")
        }
        Event::Batch(_) => "the batch has no message with a body".to_owned(),
    };
    Err(Unfit::NoInstance(reason))
}

/// The error, moved from the parsed value's path to the file's.
pub fn moved(error: FieldError, from: &Path, to: &Path) -> FieldError {
    FieldError {
        field: error.field.moved(from, to),
        ..error
    }
}

/// Why an event starts a sweep.
fn swept(sweep: &Sweep) -> String {
    if sweep.scope == SweepScope::Watched {
        return "the event asks for a sweep, not for a check of one instance".to_owned();
    }
    let looked_for = match sweep.event.trigger {
        Trigger::TagChange => "resources[0]".to_owned(),
        Trigger::ApiCall => {
            "a list of instances in responseElements or requestParameters".to_owned()
        }
        _ => INSTANCE_FIELDS.join(", "),
    };
    format!(
        "the event names no instance and so asks for a sweep of the fleet: looked for {looked_for}"
    )
}
