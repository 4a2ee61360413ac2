//! The states of an instance.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::expected::Expected;

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

#[cfg(test)]
mod tests {
    use super::*;

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
