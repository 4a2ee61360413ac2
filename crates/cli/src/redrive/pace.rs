//! How fast messages are redelivered.

use std::str::FromStr;
use std::time::Duration;

use tokio::time::Instant;

/// Messages per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(f64);

impl Rate {
    const EXPECTED: &'static str = "expected messages a second, from 0.01 to 1000";

    fn gap(self) -> Duration {
        Duration::from_secs_f64(self.0.recip())
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let rate = text.parse().ok();
        let rate = rate.filter(|rate| (0.01..=1_000.0).contains(rate));
        rate.map(Self).ok_or(Self::EXPECTED)
    }
}

/// Spaces work so that it never exceeds the rate, even after a pause.
#[derive(Debug, Clone)]
pub struct Pace {
    gap: Duration,
    next: Option<Instant>,
}

impl Pace {
    pub fn new(rate: Rate) -> Self {
        Self {
            gap: rate.gap(),
            next: None,
        }
    }

    /// How long to wait before the next one; takes its turn.
    pub fn wait(&mut self, now: Instant) -> Duration {
        let turn = self.next.map_or(now, |next| next.max(now));
        self.next = Some(turn + self.gap);
        turn - now
    }

    /// How many fit into a time for certain, if each takes at most so long.
    pub fn count_in(&self, time: Duration, each: Duration) -> usize {
        let count = time.as_millis() / (each + self.gap).as_millis().max(1);
        usize::try_from(count).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which work that takes so long begins.
    fn begins(rate: &str, work: Duration, count: usize) -> Vec<f64> {
        let start = Instant::now();
        let mut now = start;
        let mut pace = Pace::new(rate.parse().unwrap());
        let turns = (0..count).map(|_| {
            now += pace.wait(now);
            let turn = now - start;
            now += work;
            turn.as_secs_f64()
        });
        turns.collect()
    }

    #[test]
    fn no_more_than_the_rate_begin_in_any_second() {
        assert_eq!(
            begins("4", Duration::from_millis(10), 5),
            [0.0, 0.25, 0.5, 0.75, 1.0]
        );
        assert_eq!(begins("0.5", Duration::ZERO, 3), [0.0, 2.0, 4.0]);
    }

    #[test]
    fn what_takes_long_is_not_caught_up_with() {
        let slow = Duration::from_secs(3);
        assert_eq!(begins("2", slow, 3), [0.0, 3.0, 6.0]);
        let mut pace = Pace::new("1".parse().unwrap());
        let start = Instant::now();
        assert_eq!(pace.wait(start), Duration::ZERO);
        let late = start + Duration::from_mins(1);
        assert_eq!(pace.wait(late), Duration::ZERO);
        assert_eq!(pace.wait(late), Duration::from_secs(1));
    }

    #[test]
    fn a_slow_pace_gets_less_done() {
        let count = |rate: &str| {
            let pace = Pace::new(rate.parse().unwrap());
            pace.count_in(Duration::from_mins(15), Duration::from_mins(1))
        };
        assert_eq!((count("5"), count("0.1"), count("0.01")), (14, 12, 5));
        assert_eq!(
            Pace::new("1000".parse().unwrap()).count_in(Duration::ZERO, Duration::ZERO),
            0
        );
    }

    #[test]
    fn a_rate_is_a_number_that_makes_sense() {
        for text in ["0.01", "5", "1000", "2.5"] {
            assert!(text.parse::<Rate>().is_ok(), "{text}");
        }
        for text in ["0", "-1", "NaN", "inf", "1001", "five", ""] {
            assert_eq!(text.parse::<Rate>(), Err(Rate::EXPECTED), "{text}");
        }
    }
}
