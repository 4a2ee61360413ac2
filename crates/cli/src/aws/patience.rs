//! Waiting for an overloaded service to answer again.

use std::time::Duration;

use tag_compliance_aws::error::{CallError, Failure};

/// How much longer than the SDK a command keeps trying.
///
/// The SDK gives up after three tries. EC2 throttles for longer when other tools
/// list the same account, and everything read so far would be lost. The SDK's adaptive mode is no
/// better: after three refusals it makes one call in ten seconds, and so loses 44 s.
#[derive(Debug, Clone)]
pub struct Patience {
    refusals: u32,
    silences: u32,
    wait: Duration,
}

impl Patience {
    /// Adds up to two minutes, for a service that refuses because it is overloaded.
    const REFUSALS: u32 = 33;
    /// Retrying does not bring back a missing network.
    const SILENCES: u32 = 2;
    const FIRST_WAIT: Duration = Duration::from_millis(500);
    const LONGEST_WAIT: Duration = Duration::from_secs(4);

    /// The default.
    pub fn of_minutes() -> Self {
        Self {
            refusals: Self::REFUSALS,
            silences: Self::SILENCES,
            wait: Self::FIRST_WAIT,
        }
    }

    /// For users who set how often a call is tried.
    pub fn none() -> Self {
        Self {
            refusals: 0,
            silences: 0,
            wait: Self::FIRST_WAIT,
        }
    }

    /// How long to wait before retrying a failed call; none when it is time to give up.
    pub fn after(&mut self, error: &CallError) -> Option<Duration> {
        let left = match error.failure {
            Failure::Unavailable { .. } => &mut self.refusals,
            Failure::NoAnswer(_) => &mut self.silences,
            _ => return None,
        };
        *left = left.checked_sub(1)?;
        let wait = self.wait;
        self.wait = (wait * 2).min(Self::LONGEST_WAIT);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(failure: Failure) -> CallError {
        CallError::new("ec2:DescribeInstances", failure)
    }

    fn throttled() -> CallError {
        error(Failure::Unavailable {
            code: "RequestLimitExceeded".to_owned(),
            message: "Request limit exceeded.".to_owned(),
            status: 503,
        })
    }

    #[test]
    fn a_service_that_is_overloaded_is_asked_for_two_minutes() {
        let mut patience = Patience::of_minutes();
        let waits: Vec<_> = std::iter::from_fn(|| patience.after(&throttled())).collect();
        let millis: Vec<_> = waits[..5].iter().map(Duration::as_millis).collect();
        assert_eq!(millis, [500, 1_000, 2_000, 4_000, 4_000]);
        let all: Duration = waits.iter().sum();
        assert!(all > Duration::from_mins(2) && all < Duration::from_mins(3));
    }

    #[test]
    fn a_network_that_is_not_there_is_soon_given_up() {
        let mut patience = Patience::of_minutes();
        let silent = error(Failure::NoAnswer("connection refused".to_owned()));
        let waits: Vec<_> = std::iter::from_fn(|| patience.after(&silent)).collect();
        assert_eq!(waits.len(), 2);
    }

    #[test]
    fn what_another_try_does_not_change_is_not_tried() {
        let refused = error(Failure::NotSent("no endpoint".to_owned()));
        assert_eq!(Patience::of_minutes().after(&refused), None);
        assert_eq!(Patience::none().after(&throttled()), None);
    }
}
