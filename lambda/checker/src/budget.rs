//! How an invocation divides its time, so that it answers before Lambda kills it.

use std::time::Duration;

use tag_compliance_core::timestamp::Timestamp;
use tokio::time::Instant;

/// The time of an invocation. Each stage has to end at a share of it, and what isn't done by then fails. So a call
/// that hangs takes no time from later stages.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    began: Instant,
    length: Duration,
}

impl Budget {
    /// The time from now until Lambda's deadline (`Lambda-Runtime-Deadline-Ms`, "Using the Lambda
    /// runtime API", AWS Lambda developer guide).
    #[must_use]
    pub fn until(deadline: Timestamp, now: Timestamp) -> Self {
        Self {
            began: Instant::now(),
            length: deadline.since(now),
        }
    }

    /// Until when instances are looked up.
    #[must_use]
    pub fn lookup_end(&self) -> Instant {
        self.share(40)
    }

    /// Until when evaluations are recorded, and alerts and delayed messages sent.
    #[must_use]
    pub fn delivery_end(&self) -> Instant {
        self.share(70)
    }

    /// Until when a sweep requests pages.
    #[must_use]
    pub fn sweep_stop(&self) -> Instant {
        self.share(55)
    }

    /// Until when a sweep waits for pages.
    #[must_use]
    pub fn sweep_pages_end(&self) -> Instant {
        self.share(70)
    }

    /// Until when a sweep records pages.
    #[must_use]
    pub fn sweep_records_end(&self) -> Instant {
        self.share(85)
    }

    /// Until when messages are sent: a claim for an unsent one can still be released.
    #[must_use]
    pub fn sending_end(&self) -> Instant {
        self.share(90)
    }

    /// Until when it is stored what was told: one voice may have taken all of the time for sending, and the other would
    /// repeat itself.
    #[must_use]
    pub fn marks_end(&self) -> Instant {
        self.share(94)
    }

    /// Until when everything but the answer is done.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.share(96)
    }

    fn share(&self, percent: u32) -> Instant {
        self.began + self.length * percent / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_stage_leaves_time_for_the_next() {
        let now = Timestamp::from_epoch_millis(1_000).unwrap();
        let deadline = Timestamp::from_epoch_millis(61_000).unwrap();
        let budget = Budget::until(deadline, now);
        let began = Instant::now();
        let seconds = |instant: Instant| (instant - began).as_millis();
        assert_eq!(seconds(budget.lookup_end()), 24_000);
        assert_eq!(seconds(budget.sweep_stop()), 33_000);
        assert_eq!(seconds(budget.delivery_end()), 42_000);
        assert_eq!(seconds(budget.sweep_pages_end()), 42_000);
        assert_eq!(seconds(budget.sweep_records_end()), 51_000);
        assert_eq!(seconds(budget.sending_end()), 54_000);
        assert_eq!(seconds(budget.marks_end()), 56_400);
        assert_eq!(seconds(budget.end()), 57_600);
        assert_eq!(Budget::until(now, deadline).end(), began, "it is over");
    }
}
