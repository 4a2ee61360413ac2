//! The settings by which violations are remembered and told.

use std::time::Duration;

use super::marks::Voice;
use crate::timestamp::Timestamp;

/// The settings of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules {
    /// How long until a check alerts of an open violation again; none for never.
    pub repeat_interval: Option<Duration>,
    /// Whether the topic tells of resolved violations. The bus always does.
    pub resolved_notices: bool,
    /// Whether the bus is told.
    pub violation_events: bool,
    /// How long a violation is open until it is escalated; none for never.
    pub escalate_after: Option<Duration>,
    /// Instances that were launched before this time are the baseline: what they violate was there
    /// before anyone looked, and a digest reports it.
    pub baseline_until: Option<Timestamp>,
}

impl Rules {
    /// Whether a voice is in use.
    #[must_use]
    pub fn uses(&self, voice: Voice) -> bool {
        match voice {
            Voice::Topic => true,
            Voice::Bus => self.violation_events,
        }
    }

    /// Whether a voice tells of resolved violations.
    #[must_use]
    pub fn tells_resolved(&self, voice: Voice) -> bool {
        match voice {
            Voice::Topic => self.resolved_notices,
            Voice::Bus => self.violation_events,
        }
    }
}
