//! The time since a launch.

use std::time::Duration;

/// A time since the launch, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    pub(super) minutes: u64,
}

impl Age {
    /// So many minutes.
    #[must_use]
    pub fn from_minutes(minutes: u32) -> Self {
        Self {
            minutes: u64::from(minutes),
        }
    }

    /// So many hours.
    #[must_use]
    pub fn from_hours(hours: u32) -> Self {
        Self {
            minutes: u64::from(hours) * 60,
        }
    }

    pub(super) fn duration(self) -> Duration {
        Duration::from_secs(self.minutes * 60)
    }

    /// How many hours it is, where it is whole hours.
    pub(super) fn hours(self) -> Option<u64> {
        self.minutes.is_multiple_of(60).then_some(self.minutes / 60)
    }
}
