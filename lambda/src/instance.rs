//! What the checker knows of an EC2 instance.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::timestamp::Timestamp;

/// An instance's tags, sorted by key, so that the same tags always give the same record.
pub type Tags = BTreeMap<String, String>;

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

/// Whether this is the id of an AWS account: 12 digits.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The state of an instance, as in EC2's `InstanceStateName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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
#[error(
    "not an instance state: expected pending, running, stopping, stopped, shutting-down or terminated"
)]
pub struct InvalidInstanceState;

impl InstanceState {
    const ALL: [Self; 6] = [
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

/// An instance as `DescribeInstances` showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The AWS account that owns it, where EC2 said so.
    pub account_id: Option<String>,
    /// Its state when the tags were read.
    pub state: InstanceState,
    /// When it was launched, where EC2 said so. Starting it again is no launch.
    pub launched_at: Option<Timestamp>,
    /// Its tags.
    pub tags: Tags,
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
