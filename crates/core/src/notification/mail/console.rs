//! Links into the console of AWS.

use crate::instance::InstanceId;

/// The domain of the console of a region's partition; none if it is not known.
#[must_use]
pub fn of(region: &str) -> Option<&'static str> {
    match region.split('-').collect::<Vec<_>>()[..] {
        ["cn", _, _] => Some("console.amazonaws.cn"),
        ["us", "gov", _, _] => Some("console.amazonaws-us-gov.com"),
        ["eusc", _, _, _] => Some("console.amazonaws-eusc.eu"),
        [
            "af" | "ap" | "ca" | "eu" | "il" | "me" | "mx" | "sa" | "us",
            _,
            _,
        ] => Some("console.aws.amazon.com"),
        _ => None,
    }
}

/// Where an instance is in the console; nothing where the console is not known.
#[must_use]
pub fn instance(region: &str, id: &InstanceId) -> Option<String> {
    of(region).map(|console| {
        format!(
            "https://{region}.{console}/ec2/home?region={region}#InstanceDetails:instanceId={id}"
        )
    })
}
