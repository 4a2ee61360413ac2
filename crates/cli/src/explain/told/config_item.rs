//! An AWS Config configuration item, as in events, in S3 and in the AWS CLI's output.

use serde_json::Value;
use tag_compliance_core::expected::Expected as _;
use tag_compliance_core::instance::{InstanceId, InstanceState};
use tag_compliance_core::json::{FieldError, Fields};
use tag_compliance_core::text::{OneLine, excerpt};

use super::described::{self, Case};
use super::{Told, Unfit, tags, text, time};

const INSTANCE: &str = "AWS::EC2::Instance";

/// How much of another resource type an error shows.
const MAX_KIND_CHARS: usize = 100;

pub fn read(item: &Fields<'_>) -> Result<Told, Unfit> {
    let kind = item.required_string("resourceType")?;
    if kind != INSTANCE {
        let kind = excerpt(kind, MAX_KIND_CHARS);
        let kind = OneLine(&kind);
        return Err(Unfit::NoInstance(format!(
            "the configuration item is of {kind}, not of {INSTANCE}"
        )));
    }
    Ok(of_instance(item)?)
}

fn of_instance(item: &Fields<'_>) -> Result<Told, FieldError> {
    let id: Option<InstanceId> = item.parsed("resourceId")?;
    let id = id.ok_or_else(|| item.error("resourceId", InstanceId::EXPECTED))?;
    let described = configuration(item)?;
    let created = time::read(item, "resourceCreationTime")?;
    // In events and files it is `awsAccountId`, in answers `accountId`.
    let account = item.parsed("awsAccountId")?;
    let is_deleted = item
        .string("configurationItemStatus")?
        .is_some_and(|status| status.starts_with("ResourceDeleted"));
    let ended = is_deleted.then_some(InstanceState::Terminated);
    Ok(Told {
        id: Some(id),
        account_id: account.or(item.parsed("accountId")?),
        region: item.string("awsRegion")?.map(str::to_owned),
        state: ended.or(described.state),
        launched_at: described.launched_at.or(created),
        tags: tags::object(item)?.or(described.tags),
        time: time::read(item, "configurationItemCaptureTime")?,
        ..described
    })
}

/// What EC2 said about the instance; nothing if the item is a summary or the instance is gone.
fn configuration(item: &Fields<'_>) -> Result<Told, FieldError> {
    const NAME: &str = "configuration";
    // In the API's answers it is text.
    let parsed = match item.get(NAME) {
        Some(Value::String(_)) => text::json(item, NAME)?.to_value(),
        Some(value) => value.clone(),
        None => return Ok(Told::default()),
    };
    let configuration = Fields::at(item.path(NAME), &parsed)?.null_is_absent();
    match configuration.get("instanceId") {
        Some(_) => described::read(&configuration, Case::Lower, None),
        None => Ok(Told::default()),
    }
}
