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

/// The partition of a region; none if it is not known.
#[must_use]
pub fn partition(region: &str) -> Option<&'static str> {
    of(region).map(|domain| match domain {
        "console.amazonaws.cn" => "aws-cn",
        "console.amazonaws-us-gov.com" => "aws-us-gov",
        "console.amazonaws-eusc.eu" => "aws-eusc",
        _ => "aws",
    })
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
