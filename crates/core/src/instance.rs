//! EC2 instances: ids, states, accounts and tags.

mod state;
mod tags;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

pub use self::state::{InstanceState, InvalidInstanceState, LiveState};
pub use self::tags::{TagValue, Tags};
use crate::expected::Expected;
use crate::timestamp::Timestamp;

/// The id of an EC2 instance: `i-` and 8 or 17 hexadecimal digits.
///
/// See "Resource IDs" in the Amazon EC2 user guide: 8 digits before 2016, 17 since.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InstanceId(String);

/// The text is not an instance id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an instance id: expected i- and 8 or 17 hexadecimal digits")]
pub struct InvalidInstanceId;

impl Expected for InstanceId {
    const EXPECTED: &'static str = "an instance id: i- and 8 or 17 hexadecimal digits";
}

impl InstanceId {
    /// The id as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstanceId {
    type Err = InvalidInstanceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("i-").ok_or(InvalidInstanceId)?;
        let well_formed =
            matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInstanceId)
        }
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for InstanceId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The id of an AWS account: 12 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountId(String);

/// The text is not the id of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an account id: expected {}", AccountId::EXPECTED)]
pub struct InvalidAccountId;

impl Expected for AccountId {
    const EXPECTED: &'static str = "an AWS account id of 12 digits";
}

impl AccountId {
    /// The id as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_id = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| Self(text.to_owned())).ok_or(InvalidAccountId)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for AccountId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The name of an AWS region, such as `us-east-1`. Whether there is such a region is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionName(String);

/// The text is not the name of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a region: expected {}", RegionName::EXPECTED)]
pub struct InvalidRegionName;

impl Expected for RegionName {
    const EXPECTED: &'static str = "a region such as us-east-1";
}

impl FromStr for RegionName {
    type Err = InvalidRegionName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.split('-').collect();
        let is_number =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_word =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_region = parts.len() >= 3
            && parts.last().is_some_and(is_number)
            && parts[..parts.len() - 1].iter().all(is_word);
        is_region
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidRegionName)
    }
}

impl AsRef<str> for RegionName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The principal of the AWS service that manages an instance, such as `eks.amazonaws.com`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ServicePrincipal(String);

/// The text is not the principal of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a service principal: expected {}", ServicePrincipal::EXPECTED)]
pub struct InvalidServicePrincipal;

impl Expected for ServicePrincipal {
    const EXPECTED: &'static str = "a service principal such as eks.amazonaws.com";
}

impl FromStr for ServicePrincipal {
    type Err = InvalidServicePrincipal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_label = |label: &str| {
            let mut bytes = label.bytes();
            !label.is_empty() && bytes.all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        };
        let is_principal = text.contains('.') && text.split('.').all(is_label);
        is_principal
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidServicePrincipal)
    }
}

impl fmt::Display for ServicePrincipal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for ServicePrincipal {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// An instance as `DescribeInstances` showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The AWS account that owns it, where EC2 said so.
    pub account_id: Option<AccountId>,
    /// Its state when the tags were read.
    pub state: InstanceState,
    /// When it was launched, where EC2 said so. Starting it again is no launch.
    pub launched_at: Option<Timestamp>,
    /// When it ended, where it has, and EC2 said so.
    pub ended_at: Option<Timestamp>,
    /// The AWS service that manages it; none where its account does.
    pub operator: Option<ServicePrincipal>,
    /// What else EC2 said of it, by name.
    pub described: Described,
    /// Its tags.
    pub tags: Tags,
}

/// What EC2 says of an instance by name; none of what it did not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// Its type, such as `t3.micro`.
    pub instance_type: Option<String>,
    /// Its Availability Zone, such as `us-east-1a`.
    pub availability_zone: Option<String>,
    /// The id of the image that it was launched from.
    pub image_id: Option<String>,
    /// The name of its instance profile, without its path.
    pub instance_profile: Option<String>,
    /// The id of its VPC.
    pub vpc_id: Option<String>,
    /// The id of its subnet.
    pub subnet_id: Option<String>,
}

/// The name in the ARN of an instance profile, which a path may precede.
#[must_use]
pub fn name_of_profile(arn: &str) -> String {
    let name = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_lengths_are_accepted() {
        for text in ["i-12345678", "i-1234567890abcdef0", "i-0ABCDEF1"] {
            assert_eq!(text.parse::<InstanceId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "i-",
            "i-1234567",
            "i-123456789",
            "i-1234567890abcdef",
            "i-1234567890abcdef01",
            "i-1234567g",
            "I-12345678",
            "vol-12345678",
            " i-12345678",
            "i-12345678\n",
            "i-１２３４５６７８",
        ] {
            assert_eq!(
                text.parse::<InstanceId>(),
                Err(InvalidInstanceId),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_service_principal_is_a_name_with_dots() {
        for text in ["eks.amazonaws.com", "ecs.amazonaws.com.cn", "a-1.b"] {
            assert_eq!(text.parse::<ServicePrincipal>().unwrap().as_ref(), text);
        }
        for text in [
            "",
            "eks",
            "eks.",
            ".com",
            "EKS.amazonaws.com",
            "a..b",
            "a.b\nc",
            "a b.c",
        ] {
            assert_eq!(
                text.parse::<ServicePrincipal>(),
                Err(InvalidServicePrincipal),
                "{text:?}"
            );
        }
    }
}
