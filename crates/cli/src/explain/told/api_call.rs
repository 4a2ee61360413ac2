//! CloudTrail's record of an EC2 API call.

use serde_json::{Value, json};
use tag_compliance_core::event;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::json::{FieldError, Fields, Path};

use super::described::{self, Case};
use super::requested::{checks, moved};
use super::{Told, Unfit, tags, time};

/// A record without EventBridge's envelope.
pub fn read(path: &Path, record: &Value) -> Result<Vec<Told>, Unfit> {
    let event = json!({"detail-type": "AWS API Call via CloudTrail", "detail": record});
    let detail = Path::root("event").field("detail");
    let parsed = event::parse(&event).map_err(|error| moved(error, &detail, path))?;
    let checks = checks(parsed, &event)?;
    let record = Fields::at(path.clone(), record)?.null_is_absent();
    let told = checks
        .into_iter()
        .map(|check| of_call(&record, check.instance_id));
    Ok(told.collect::<Result<_, _>>()?)
}

/// What a record says about one of its instances.
pub fn of_call(record: &Fields<'_>, id: InstanceId) -> Result<Told, FieldError> {
    let told = Told {
        account_id: record.parsed("recipientAccountId")?,
        region: record.string("awsRegion")?.map(str::to_owned),
        time: time::read(record, "eventTime")?,
        ..Told::default()
    };
    let told = match record.string("eventName")? {
        Some("RunInstances") => launched(record, &id, told)?,
        Some("CreateTags") => {
            let set = list(record, "requestParameters", "tagSet")?;
            Told {
                tags: Some(tags::pairs(&set, "key", "value")?.into_iter().collect()),
                tags_are_partial: true,
                ..told
            }
        }
        _ => told,
    };
    Ok(Told {
        id: Some(id),
        ..told
    })
}

fn launched(record: &Fields<'_>, id: &InstanceId, told: Told) -> Result<Told, FieldError> {
    let is_it = |item: &Fields<'_>| item.get("instanceId").is_some_and(|it| it == id.as_str());
    let mut told = told;
    for instance in list(record, "responseElements", "instancesSet")? {
        if is_it(&instance) {
            let mut launch_tags = requested_tags(record)?;
            if let Some(set) = instance.object("tagSet")? {
                let set = set.objects("items")?.unwrap_or_default();
                // With those of the launch template.
                launch_tags.extend(tags::pairs(&set, "key", "value")?);
            }
            if let Some(state) = instance.object("instanceState")? {
                told.state = state.parsed("name")?;
            }
            told.launched_at = time::read(&instance, "launchTime")?.or(told.time);
            told.described = described::attributes(&instance, Case::Lower)?;
            told.tags = Some(launch_tags.into_iter().collect());
        }
    }
    Ok(told)
}

/// The tags that a launch requested for instances, not for volumes.
fn requested_tags(record: &Fields<'_>) -> Result<Vec<(String, String)>, FieldError> {
    let mut requested = Vec::new();
    for specification in list(record, "requestParameters", "tagSpecificationSet")? {
        if specification.string("resourceType")? == Some("instance") {
            let list = specification.objects("tags")?.unwrap_or_default();
            requested.extend(tags::pairs(&list, "key", "value")?);
        }
    }
    Ok(requested)
}

/// The items of `{part}.{set}`; none if CloudTrail left them out.
fn list<'a>(record: &Fields<'a>, part: &str, set: &str) -> Result<Vec<Fields<'a>>, FieldError> {
    let set = match record.object(part)? {
        Some(part) => part.object(set)?,
        None => None,
    };
    let items = set.map(|set| set.objects("items")).transpose()?;
    Ok(items.flatten().unwrap_or_default())
}
