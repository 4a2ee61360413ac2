//! Totals over the state table.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

const DAY: Duration = Duration::from_hours(24);

/// Open violations, and what changed since the previous sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How many violations are open.
    pub open: u64,
    /// How many of them were opened since the previous sweep.
    pub new: u64,
    /// How many the sweep found that no event has reported yet.
    pub suspects: u64,
    /// How many alerts are overdue.
    pub untold: u64,
    /// How many have been open for so many days, each under the most days that it has reached.
    overdue: BTreeMap<u32, u64>,
    /// Those that events missed, found since the previous sweep.
    pub missed: Named,
    /// Those that people knew of and that were resolved since the previous sweep.
    pub resolved: Named,
    /// Those whose alerts are muted.
    pub muted: Named,
}

/// Some instances: how many there are, and lines of the first by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// How many.
    pub count: u64,
    lines: BTreeSet<String>,
}

impl Named {
    /// The most that are named.
    pub const MAX_LISTED: usize = 100;

    /// Adds an instance.
    pub fn add(&mut self, line: String) {
        self.count += 1;
        self.insert(line);
    }

    fn insert(&mut self, line: String) {
        self.lines.insert(line);
        if self.lines.len() > Self::MAX_LISTED {
            self.lines.pop_last();
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        for line in other.lines {
            self.insert(line);
        }
    }

    /// A line for each that is named.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

impl Standing {
    /// Counts how long a violation has been open, against reminders after so many days, in ascending order.
    pub fn add_age(&mut self, age: Duration, reminder_days: &[u32]) {
        let reached = reminder_days.iter().rev().find(|days| age >= DAY * **days);
        if let Some(days) = reached {
            *self.overdue.entry(*days).or_default() += 1;
        }
    }

    /// How many have been open for at least so many days, the longest first; each counts once.
    pub fn overdue(&self) -> impl Iterator<Item = (u32, u64)> {
        self.overdue
            .iter()
            .rev()
            .map(|(days, count)| (*days, *count))
    }

    /// Adds the totals of another part of the fleet.
    pub fn merge(&mut self, other: Self) {
        self.open += other.open;
        self.new += other.new;
        self.suspects += other.suspects;
        self.untold += other.untold;
        for (days, count) in other.overdue {
            *self.overdue.entry(days).or_default() += count;
        }
        self.missed.merge(other.missed);
        self.resolved.merge(other.resolved);
        self.muted.merge(other.muted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_violation_counts_under_the_most_days_that_it_has_reached() {
        let mut standing = Standing::default();
        for days in [0, 2, 3, 6, 7, 13, 14, 100] {
            standing.add_age(DAY * days, &[3, 7, 14]);
        }
        let overdue: Vec<_> = standing.overdue().collect();
        assert_eq!(overdue, [(14, 2), (7, 2), (3, 2)]);
        standing.add_age(DAY * 100, &[]);
        assert_eq!(standing.overdue().count(), 3);
    }

    #[test]
    fn parts_come_to_the_same_as_the_whole_and_names_are_bounded() {
        let mut whole = Standing::default();
        let mut of_parts = Standing::default();
        for part in 0..4 {
            let mut standing = Standing {
                open: 1,
                new: 2,
                suspects: 3,
                untold: 4,
                ..Standing::default()
            };
            standing.add_age(DAY * 3, &[3]);
            whole.add_age(DAY * 3, &[3]);
            for n in 0..50 {
                for (one, all) in [
                    (&mut standing.missed, &mut whole.missed),
                    (&mut standing.resolved, &mut whole.resolved),
                    (&mut standing.muted, &mut whole.muted),
                ] {
                    one.add(format!("i-{part}{n:02}"));
                    all.add(format!("i-{part}{n:02}"));
                }
            }
            of_parts.merge(standing);
        }
        (whole.open, whole.new) = (4, 8);
        (whole.suspects, whole.untold) = (12, 16);
        assert_eq!(of_parts, whole);
        assert_eq!(whole.missed.count, 200);
        assert_eq!(whole.missed.lines().len(), Named::MAX_LISTED);
        assert_eq!(whole.missed.lines().next(), Some("i-000"));
    }
}
