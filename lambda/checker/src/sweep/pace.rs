//! How often a sweep may call EC2.

use std::time::Duration;

use tokio::time::Instant;

/// Spaces the calls of a sweep.
/// An account's bucket for `DescribeInstances` holds 100 requests and refills at 20 a second, in each region, for all
/// its tools together ("Request throttling for the Amazon EC2 API", Amazon EC2 developer guide). A sweep uses half of
/// that, and less if EC2 throttles it.
#[derive(Debug)]
pub struct Pace {
    /// How many more calls may start at once.
    burst: u32,
    spacing: Duration,
    next: Instant,
    slowed_at: Option<Instant>,
}

impl Pace {
    const BURST: u32 = 50;
    const SPACING: Duration = Duration::from_millis(100);
    const MAX_SPACING: Duration = Duration::from_secs(4);

    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            burst: Self::BURST,
            spacing: Self::SPACING,
            next: now,
            slowed_at: None,
        }
    }

    /// When the next call may start. It reserves that time for the caller.
    pub fn slot(&mut self, now: Instant) -> Instant {
        let slot = self.next.max(now);
        if self.burst > 0 {
            self.burst -= 1;
        } else {
            self.next = slot + self.spacing;
        }
        slot
    }

    /// EC2 throttled the call that started at `started`, so halve the pace. Calls that were under way when the pace
    /// was halved don't halve it again.
    pub fn refused(&mut self, started: Instant, now: Instant) {
        if self.slowed_at.is_some_and(|slowed_at| started <= slowed_at) {
            return;
        }
        self.slowed_at = Some(now);
        self.burst = 0;
        self.spacing = (self.spacing * 2).min(Self::MAX_SPACING);
        self.next = self.next.max(now + self.spacing);
    }

    /// EC2 answered a call, so speed up a little.
    pub fn answered(&mut self) {
        self.spacing = (self.spacing * 3 / 4).max(Self::SPACING);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(instant: Instant, since: Instant) -> u128 {
        (instant - since).as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_and_then_ten_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let slots: Vec<_> = (0..53).map(|_| millis(pace.slot(start), start)).collect();
        assert_eq!(slots[..50], [0; 50]);
        assert_eq!(slots[50..], [0, 100, 200]);
        let later = start + Duration::from_mins(1);
        let slots: Vec<_> = (0..2).map(|_| millis(pace.slot(later), later)).collect();
        assert_eq!(slots, [0, 100], "time that passed is no burst");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_halves_the_pace_once() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let first = pace.slot(start);
        let second = pace.slot(start);
        let now = start + Duration::from_secs(1);
        pace.refused(first, now);
        pace.refused(second, now);
        assert_eq!(pace.spacing, Duration::from_millis(200));
        assert_eq!(millis(pace.slot(now), now), 200, "no burst any more");
        for _ in 0..10 {
            let slot = pace.slot(now);
            pace.refused(slot, slot);
        }
        assert_eq!(pace.spacing, Pace::MAX_SPACING);
        for _ in 0..100 {
            pace.answered();
        }
        assert_eq!(pace.spacing, Pace::SPACING);
    }
}
