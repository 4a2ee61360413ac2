//! An event, as the function gets it.

use serde_json::Value;
use tag_compliance_core::event::{
    self, Check, Event, INSTANCE_FIELDS, IgnoreReason, Request, Sweep, SweepScope, Trigger,
};
use tag_compliance_core::instance::{AccountId, InstanceState, RegionName};
use tag_compliance_core::json::{FieldError, Fields, Path};

use super::{Told, Unfit, api_call, tags};
use crate::recognized;

pub fn read(path: &Path, value: &Value) -> Result<Vec<Told>, Unfit> {
    let parsed = event::parse(value);
    let parsed = parsed.map_err(|error| moved(error, &Path::root("event"), path))?;
    if is_none(value, &parsed) {
        return Err(Unfit::Unknown(recognized::looks_like(value)));
    }
    let event = Fields::at(path.clone(), value)?.null_is_absent();
    let told = checks(parsed, value)?
        .into_iter()
        .map(|check| of_check(&event, check));
    Ok(told.collect::<Result<_, _>>()?)
}

/// The error, of a value that is elsewhere in the file than in what was parsed.
pub fn moved(error: FieldError, from: &Path, to: &Path) -> FieldError {
    FieldError {
        field: error.field.moved(from, to),
        ..error
    }
}

/// Whether this is no event at all, but what the function takes for a call by hand or for another
/// service's.
fn is_none(value: &Value, parsed: &Event) -> bool {
    let by_hand = |sweep: &Sweep| sweep.event.trigger == Trigger::Manual;
    match parsed {
        Event::Single(Request::Sweep(sweep)) => by_hand(sweep),
        Event::Single(Request::Ignore(_)) => value.get("detail-type").is_none(),
        _ => false,
    }
}

/// The checks that an event asks for, or why it asks for none.
pub fn checks(event: Event, value: &Value) -> Result<Vec<Check>, Unfit> {
    let reason = match event {
        Event::Single(Request::Check(checks)) => return Ok(checks),
        Event::Single(Request::Sweep(sweep)) => swept(&sweep),
        Event::Single(Request::Tell(_) | Request::TellOverdue) | Event::Wake(_) => {
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

/// Why an event has the fleet swept.
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

fn of_check(event: &Fields<'_>, check: Check) -> Result<Told, FieldError> {
    let detail = match check.event.trigger {
        Trigger::TagChange | Trigger::ApiCall => event.object("detail")?,
        _ => None,
    };
    let (account_id, region) = named_by_arn(event, check.instance_id.as_str());
    let told = match detail {
        Some(call) if check.event.trigger == Trigger::ApiCall => {
            api_call::of_call(&call, check.instance_id)?
        }
        detail => Told {
            id: Some(check.instance_id),
            state: check.event.state.or_else(|| state_after(event)),
            tags: match detail {
                Some(detail) => tags::object(&detail)?,
                None => None,
            },
            ..Told::default()
        },
    };
    let own_region = event.string("region")?.map(str::to_owned);
    Ok(Told {
        account_id: event.parsed("account")?.or(told.account_id).or(account_id),
        region: own_region.or(told.region).or(region),
        time: check.event.time.or(told.time),
        ..told
    })
}

/// Account and region of the instance, where the event names it by its ARN. Some of AWS's own lack the
/// one, and have a zone as the other.
fn named_by_arn(event: &Fields<'_>, id: &str) -> (Option<AccountId>, Option<String>) {
    let resources = event.array("resources").ok().flatten().unwrap_or_default();
    let mut arns = resources.iter().filter_map(Value::as_str);
    let named = arns.find_map(|arn| {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let &["arn", _, "ec2", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let is_it = resource.strip_prefix("instance/") == Some(id);
        is_it.then(|| (account.parse().ok(), region.to_owned()))
    });
    let (account_id, region) = named.unwrap_or_default();
    let is_region = |region: &String| region.parse::<RegionName>().is_ok();
    (account_id, Some(region).filter(is_region))
}

/// The state in which an event of an Auto Scaling group leaves an instance, where it says so. One that
/// returns to a warm pool goes on (Amazon EC2 Auto Scaling user guide, "Warm pool example events").
fn state_after(event: &Fields<'_>) -> Option<InstanceState> {
    let detail = event.get("detail");
    let destination = detail.and_then(|detail| detail.get("Destination"));
    let returns = destination.is_some_and(|destination| destination == "WarmPool");
    match event.string("detail-type") {
        Ok(Some("EC2 Instance Terminate Successful")) if !returns => {
            Some(InstanceState::Terminated)
        }
        Ok(Some("EC2 Instance-terminate Lifecycle Action")) if !returns => {
            Some(InstanceState::ShuttingDown)
        }
        _ => None,
    }
}
