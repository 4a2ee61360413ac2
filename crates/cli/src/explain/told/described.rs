//! An instance as EC2 describes it, in the JSON of the AWS CLI or of AWS Config.

use serde_json::Value;
use tag_compliance_core::expected::Expected;
use tag_compliance_core::instance::{
    AccountId, Described, InstanceId, InstanceState, RegionName, ServicePrincipal, Tags,
    name_of_profile,
};
use tag_compliance_core::json::{FieldError, Fields};
use tag_compliance_core::timestamp::Timestamp;

use super::{Told, tags, time};

/// How the fields' names begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// As in EC2's API and the command line: `InstanceId`.
    Upper,
    /// As in AWS Config: `instanceId`.
    Lower,
}

impl Case {
    fn name(self, name: &str) -> String {
        match (self, name.split_at_checked(1)) {
            (Self::Lower, Some((first, rest))) => format!("{}{rest}", first.to_ascii_lowercase()),
            _ => name.to_owned(),
        }
    }
}

/// An instance, and the account of its reservation.
pub fn read(
    instance: &Fields<'_>,
    case: Case,
    account_id: Option<AccountId>,
) -> Result<Told, FieldError> {
    let name = |name| case.name(name);
    let id: Option<InstanceId> = instance.parsed(&name("InstanceId"))?;
    let id = id.ok_or_else(|| instance.error(&name("InstanceId"), InstanceId::EXPECTED))?;
    let state = instance.object(&name("State"))?;
    let state = state.map(|state| state.parsed::<InstanceState>(&name("Name")));
    let described = attributes(instance, case)?;
    Ok(Told {
        id: Some(id),
        account_id,
        region: described
            .availability_zone
            .as_deref()
            .and_then(region_of_zone),
        state: state.transpose()?.flatten(),
        launched_at: launched_at(instance, case)?,
        operator: operator(instance, case)?,
        described,
        tags: known_tags(instance, case)?,
        ..Told::default()
    })
}

/// What the description says of the instance by name.
pub fn attributes(instance: &Fields<'_>, case: Case) -> Result<Described, FieldError> {
    let text = |fields: &Fields<'_>, name| {
        let text = fields.string(&case.name(name))?;
        Ok::<_, FieldError>(text.map(str::to_owned))
    };
    let inner = |object, name| match instance.object(&case.name(object))? {
        Some(fields) => text(&fields, name),
        None => Ok(None),
    };
    Ok(Described {
        instance_type: text(instance, "InstanceType")?,
        availability_zone: inner("Placement", "AvailabilityZone")?,
        image_id: text(instance, "ImageId")?,
        instance_profile: inner("IamInstanceProfile", "Arn")?
            .as_deref()
            .map(name_of_profile),
        vpc_id: text(instance, "VpcId")?,
        subnet_id: text(instance, "SubnetId")?,
    })
}

/// EC2 leaves an empty list out. So may a `--query`, whose result is recognized by its lack of a launch
/// time, which every instance has.
fn known_tags(instance: &Fields<'_>, case: Case) -> Result<Option<Tags>, FieldError> {
    let [list, key, value, time] = ["Tags", "Key", "Value", "LaunchTime"].map(|it| case.name(it));
    let is_null = || instance.iter().any(|(name, _)| name == list);
    Ok(match instance.objects(&list)? {
        Some(list) => Some(tags::pairs(&list, &key, &value)?.into_iter().collect()),
        None if is_null() || instance.get(&time).is_some() => Some(Tags::new()),
        None => None,
    })
}

/// When the primary network interface was attached, as in the function: the launch time changes at
/// every start.
fn launched_at(instance: &Fields<'_>, case: Case) -> Result<Option<Timestamp>, FieldError> {
    let interfaces = instance.objects(&case.name("NetworkInterfaces"))?;
    let mut attached = None;
    for interface in interfaces.unwrap_or_default() {
        let Some(attachment) = interface.object(&case.name("Attachment"))? else {
            continue;
        };
        let index = attachment.get(&case.name("DeviceIndex"));
        if index.and_then(Value::as_u64) == Some(0) {
            let time = time::read(&attachment, &case.name("AttachTime"))?;
            attached = attached.into_iter().chain(time).min();
        }
    }
    let launch_time = time::read(instance, &case.name("LaunchTime"))?;
    Ok(attached.or(launch_time))
}

fn operator(instance: &Fields<'_>, case: Case) -> Result<Option<ServicePrincipal>, FieldError> {
    let Some(operator) = instance.object(&case.name("Operator"))? else {
        return Ok(None);
    };
    let is_managed = operator.get(&case.name("Managed")) == Some(&Value::Bool(true));
    let principal = operator.parsed(&case.name("Principal"))?;
    Ok(principal.filter(|_| is_managed))
}

/// The region of a zone: `us-west-2` of `us-west-2a`, and of the Local Zone `us-west-2-lax-1a`.
fn region_of_zone(zone: &str) -> Option<String> {
    let number = zone.match_indices('-').find_map(|(hyphen, _)| {
        let rest = &zone[hyphen + 1..];
        let after = rest.trim_start_matches(|char: char| char.is_ascii_digit());
        (after.len() < rest.len()).then_some(zone.len() - after.len())
    });
    let region = zone.get(..number?)?;
    region.parse::<RegionName>().ok()?;
    Some(region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_begins_with_its_region() {
        for (zone, region) in [
            ("us-east-1a", Some("us-east-1")),
            ("us-gov-west-1b", Some("us-gov-west-1")),
            ("us-west-2-lax-1a", Some("us-west-2")),
            ("us-east-1-wl1-bos-wlz-1", Some("us-east-1")),
            ("eusc-de-east-1a", Some("eusc-de-east-1")),
            ("use1-az1", None),
            ("1-2", None),
            ("here", None),
            ("", None),
        ] {
            assert_eq!(region_of_zone(zone).as_deref(), region, "{zone}");
        }
    }
}
