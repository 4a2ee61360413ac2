//! What the checker knows of an EC2 instance.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::expected::Expected;
use crate::text::Untrusted;
use crate::timestamp::Timestamp;

/// An instance's tags, sorted by key, so that the same tags always give the same record. Whatever
/// is read from them is [`Untrusted`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// No tags.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a tag.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Untrusted<'_>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A tag, with its key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(Untrusted<'_>, Untrusted<'_>)> {
        self.0.get_key_value(key).map(untrusted)
    }

    /// The tags by key.
    pub fn iter(&self) -> impl Iterator<Item = (Untrusted<'_>, Untrusted<'_>)> {
        self.0.iter().map(untrusted)
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = Untrusted<'_>> {
        self.iter().map(|(key, _)| key)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn untrusted<'a>((key, value): (&'a String, &'a String)) -> (Untrusted<'a>, Untrusted<'a>) {
    (Untrusted::new(key), Untrusted::new(value))
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

impl Extend<(String, String)> for Tags {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, tags: I) {
        self.0.extend(tags);
    }
}

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

/// The state of an instance, as in EC2's `InstanceStateName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// Being launched or started.
    Pending,
    /// Running.
    Running,
    /// Being stopped.
    Stopping,
    /// Stopped: it keeps its volumes, tags and costs.
    Stopped,
    /// Being terminated.
    ShuttingDown,
    /// Gone; EC2 shows it for about an hour.
    Terminated,
}

/// The text is not an instance state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an instance state: expected {}", InstanceState::EXPECTED)]
pub struct InvalidInstanceState;

impl Expected for InstanceState {
    const EXPECTED: &'static str =
        "pending, running, stopping, stopped, shutting-down or terminated";
}

impl InstanceState {
    /// Every state, those of [`LiveState`] first.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::ShuttingDown,
        Self::Terminated,
    ];

    /// The state as EC2 writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
        }
    }

    /// Whether the instance is gone or going, for good: its tags no longer matter.
    #[must_use]
    pub fn is_ending(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

impl FromStr for InstanceState {
    type Err = InvalidInstanceState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(InvalidInstanceState)
    }
}

impl fmt::Display for InstanceState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A state of an instance whose tags matter: neither shutting down nor terminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveState(InstanceState);

impl Expected for LiveState {
    const EXPECTED: &'static str = "pending, running, stopping or stopped";
}

impl LiveState {
    /// Every such state.
    pub fn all() -> impl Iterator<Item = Self> {
        let states = InstanceState::ALL.into_iter();
        states.filter(|state| !state.is_ending()).map(Self)
    }
}

impl FromStr for LiveState {
    type Err = InvalidInstanceState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut states = Self::all();
        states
            .find(|state| state.0.as_str() == text)
            .ok_or(InvalidInstanceState)
    }
}

impl From<LiveState> for InstanceState {
    fn from(state: LiveState) -> Self {
        state.0
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

    #[test]
    fn states_are_read_as_they_are_written() {
        for state in InstanceState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
            assert_eq!(
                serde_json::to_value(state).unwrap(),
                serde_json::json!(state.as_str())
            );
        }
        assert_eq!(
            "Running".parse::<InstanceState>(),
            Err(InvalidInstanceState)
        );
    }

    #[test]
    fn only_terminated_and_shutting_down_are_ending() {
        let ending: Vec<_> = InstanceState::ALL
            .into_iter()
            .filter(|state| state.is_ending())
            .collect();
        assert_eq!(
            ending,
            [InstanceState::ShuttingDown, InstanceState::Terminated]
        );
    }
}
