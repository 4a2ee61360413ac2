mod interleavings;
mod races;
mod table;

use std::time::Duration;

use super::*;
use crate::testing::at;
use crate::timestamp::Timestamp;

/// What an instance violates: a set of complaints, a bit for each; nothing if it is 0.
type Truth = u8;

const RULES: Rules = Rules {
    repeat_interval: Some(Duration::from_hours(168)),
    resolved_notices: false,
    violation_events: false,
    escalate_after: None,
    baseline_until: None,
};

/// The same where the bus is told, too.
const WITH_BUS: Rules = Rules {
    violation_events: true,
    ..RULES
};

/// So many milliseconds after the start.
fn moment(millis: u64) -> Timestamp {
    at("2026-01-01T00:00:00Z").after(Duration::from_millis(millis))
}

fn complaints(truth: Truth) -> Complaints {
    let keys = ["Owner", "Stage", "Cost"];
    let violated = keys
        .iter()
        .enumerate()
        .filter(|(bit, _)| truth & 1 << bit != 0);
    violated.map(|(_, key)| ("missing", *key)).collect()
}

fn look(truth: Truth) -> Look {
    if truth == 0 {
        return Look::Fine(Closed::Compliant);
    }
    Look::Violating {
        complaints: complaints(truth),
        facts: Facts::default(),
        group: Group::of_owner(None),
        launched_at: None,
        by_time: false,
    }
}

/// Whether what is remembered is this.
fn says(item: Option<&Item>, truth: Truth) -> bool {
    match item.filter(|item| item.state.is_open()) {
        None => truth == 0,
        Some(item) => item.complaints == complaints(truth),
    }
}

/// The table, as far as one item: a write on condition, with what was there where it fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Table {
    item: Option<Item>,
}

impl Table {
    fn write(&mut self, write: &Write) -> Result<(), Box<Option<Item>>> {
        if self.item.as_ref().map(|it| it.version) != write.replaces {
            return Err(Box::new(self.item.clone()));
        }
        let there = self.item.take();
        let told = there.map(|it| it.told).unwrap_or_default();
        self.item = Some(Item {
            told: write.told.clone().or(told),
            ..write.item.clone()
        });
        Ok(())
    }

    /// Takes what some voices told of an item: all of it where nothing has changed since.
    fn told(&mut self, of: &Item, by: &[Voice], now: Timestamp, rules: Rules) {
        let Some(item) = &mut self.item else { return };
        for voice in Voice::ALL {
            if by.contains(&voice) && owes(of, voice, now, rules) {
                let news = news(of, voice, now, rules);
                let told = told(of, voice, news, None, now);
                match voice {
                    Voice::Topic => item.told.topic = told,
                    Voice::Bus => item.told.bus = told,
                }
            }
        }
        let is_left = |voice| !by.contains(&voice) && owes(of, voice, now, rules);
        if item.version == of.version && !Voice::ALL.into_iter().any(is_left) {
            item.due = None;
        }
    }
}
