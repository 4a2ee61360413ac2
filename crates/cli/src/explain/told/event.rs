//! An event, as the function gets it.

use serde_json::Value;
use tag_compliance_core::event::{self, Check, Event, Request, Sweep, Trigger};
use tag_compliance_core::instance::{AccountId, InstanceState, RegionName};
use tag_compliance_core::json::{FieldError, Fields, Path};

use super::requested::{checks, moved};
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

/// Whether this is not an event, but something that the function takes for a manual call or for another
/// service's.
fn is_none(value: &Value, parsed: &Event) -> bool {
    let by_hand = |sweep: &Sweep| sweep.event.trigger == Trigger::Manual;
    match parsed {
        Event::Single(Request::Sweep(sweep)) => by_hand(sweep),
        Event::Single(Request::Ignore(_)) => value.get("detail-type").is_none(),
        _ => false,
    }
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

/// Account and region of the instance, if the event names it by its ARN. Some of AWS's own ARNs lack the
/// account and have a zone as the region.
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

/// The state in which an Auto Scaling event leaves an instance, if it says so. One that
/// returns to a warm pool lives on (Amazon EC2 Auto Scaling user guide, "Warm pool example events").
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
