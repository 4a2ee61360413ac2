//! EC2 API calls recorded by CloudTrail ("AWS API Call via CloudTrail").

use serde_json::Value;

use super::secrets::without_tag_values;
use super::{envelope, fallback};
use crate::event::{Check, EventDetails, IgnoreReason, Request, Trigger};
use crate::expected::Expected as _;
use crate::instance::InstanceId;
use crate::json::{FieldError, Fields};

/// Where a call's record has a list: `detail.{part}.{set}.items`.
struct List {
    part: &'static str,
    set: &'static str,
    /// The field to read of each item.
    name: &'static str,
}

const LAUNCHED: List = List {
    part: "responseElements",
    set: "instancesSet",
    name: "instanceId",
};
const STARTED: List = List {
    part: "requestParameters",
    set: "instancesSet",
    name: "instanceId",
};
const TAGGED: List = List {
    part: "requestParameters",
    set: "resourcesSet",
    name: "resourceId",
};
const TAGS: List = List {
    part: "requestParameters",
    set: "tagSet",
    name: "key",
};

impl List {
    /// The items. None if CloudTrail omitted them, as it does when they are too large.
    fn items<'a>(&self, detail: &Fields<'a>) -> Result<Option<Vec<Fields<'a>>>, FieldError> {
        let detail = detail.clone().null_is_absent();
        let Some(part) = detail.object(self.part)? else {
            return Ok(None);
        };
        let Some(set) = part.object(self.set)? else {
            return Ok(None);
        };
        let Some(items) = set.array("items")? else {
            return Ok(None);
        };
        let path = set.path("items");
        let items = items.iter().enumerate();
        let items = items.map(|(index, item)| Fields::at(path.index(index), item));
        items.collect::<Result<_, _>>().map(Some)
    }

    /// The event as if it were about this item alone.
    fn only(&self, event: &Fields<'_>, item: &Fields<'_>) -> Value {
        let mut event = event.to_value();
        event["detail"][self.part][self.set]["items"] = Value::Array(vec![item.to_value()]);
        event
    }
}

/// The request in a call's record.
///
/// # Errors
/// A field that matters is invalid.
pub fn request(event: &Fields<'_>, source: Option<&str>) -> Result<Request, FieldError> {
    let Some(detail) = event.object("detail")? else {
        return Ok(Request::Ignore(IgnoreReason::OtherCall));
    };
    let service = detail.string("eventSource")?;
    if service.map_or(source != Some("aws.ec2"), |it| it != "ec2.amazonaws.com") {
        return Ok(Request::Ignore(IgnoreReason::NotAnInstance));
    }
    if detail.get("errorCode").is_some_and(|code| !code.is_null()) {
        return Ok(Request::Ignore(IgnoreReason::FailedCall));
    }
    match detail.string("eventName")? {
        Some("RunInstances") => launched(event, &detail, &LAUNCHED),
        Some("StartInstances") => launched(event, &detail, &STARTED),
        Some("CreateTags" | "DeleteTags") => tagged(event, &detail),
        _ => Ok(Request::Ignore(IgnoreReason::OtherCall)),
    }
}

/// The instances that the call launched or started.
fn launched(event: &Fields<'_>, detail: &Fields<'_>, list: &List) -> Result<Request, FieldError> {
    let details = envelope(event, Trigger::ApiCall)?;
    let Some(items) = list.items(detail)? else {
        return Ok(fallback(details));
    };
    let named = items.into_iter().map(|item| {
        let id = item.parsed(list.name)?;
        let id = id.ok_or_else(|| item.error(list.name, InstanceId::EXPECTED))?;
        Ok((id, list.only(event, &item)))
    });
    checks(named, &details, true, None)
}

/// The instances among the resources whose tags the call changed.
fn tagged(event: &Fields<'_>, detail: &Fields<'_>) -> Result<Request, FieldError> {
    let details = envelope(event, Trigger::ApiCall)?;
    let tags = TAGS.items(detail)?.unwrap_or_default();
    let keys = tags.iter().map(|tag| tag.required_string(TAGS.name));
    let keys = keys.map(|key| key.map(str::to_owned));
    let keys: Vec<String> = keys.collect::<Result<_, _>>()?;
    // DeleteTags without tags deletes all of a resource's tags.
    let changed_tags = Some(keys).filter(|keys| !keys.is_empty());
    let items = TAGGED.items(detail)?.unwrap_or_default();
    let named = items.into_iter().filter_map(|item| {
        let id = item.required_string(TAGGED.name);
        let is_of_another_kind = id.as_ref().is_ok_and(|id| !id.starts_with("i-"));
        let parsed = || {
            let id = id?.parse();
            let id = id.map_err(|_| item.error(TAGGED.name, InstanceId::EXPECTED))?;
            Ok((id, TAGGED.only(event, &item)))
        };
        (!is_of_another_kind).then(parsed)
    });
    checks(named, &details, false, changed_tags.as_deref())
}

/// A check for each instance. Its event, if it comes back, names only that instance.
fn checks(
    named: impl Iterator<Item = Result<(InstanceId, Value), FieldError>>,
    details: &EventDetails,
    is_new: bool,
    changed_tags: Option<&[String]>,
) -> Result<Request, FieldError> {
    let mut checks: Vec<Check> = Vec::new();
    for named in named {
        let (instance_id, payload) = named?;
        if checks.iter().all(|check| check.instance_id != instance_id) {
            checks.push(Check {
                instance_id,
                event: details.clone(),
                is_new,
                changed_tags: changed_tags.map(<[String]>::to_vec),
                payload: without_tag_values(payload),
            });
        }
    }
    Ok(if checks.is_empty() {
        Request::Ignore(IgnoreReason::NotAnInstance)
    } else {
        Request::Check(checks)
    })
}
