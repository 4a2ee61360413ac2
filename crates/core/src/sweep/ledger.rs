//! The state table's items for a part of the fleet, as a sweep holds them in memory.

use std::collections::HashMap;

use super::standing::Standing;
use crate::instance::InstanceId;
use crate::memory::{Complaints, Item, Look, OVERDUE, Rules, State, Voice, Voices};
use crate::timestamp::Timestamp;

/// The part of an item that a sweep needs: it holds the items of several partitions at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whether the violation is open.
    pub state: State,
    /// The findings; of a closed violation, its last ones.
    pub complaints: Complaints,
    /// When the look that opened it was asked for.
    pub opened_at: Timestamp,
    /// When the look that decided it was asked for.
    pub read_at: Timestamp,
    /// From when on something must be verified or told.
    pub due_at: Option<Timestamp>,
    /// Until when its alerts are muted.
    pub muted_until: Option<Timestamp>,
    /// When it was found that events had missed it.
    pub missed_at: Option<Timestamp>,
    /// Whether the alert topic has told of it.
    pub is_told: bool,
    /// The voices that have told of it, and haven't escalated it.
    pub unescalated: Voices,
}

impl From<&Item> for Entry {
    fn from(item: &Item) -> Self {
        Self {
            state: item.state,
            complaints: item.complaints.clone(),
            opened_at: item.opened_at,
            read_at: item.read_at,
            due_at: item.due.as_ref().map(|due| due.at),
            muted_until: item.muted_until,
            missed_at: item.missed_at,
            is_told: item.told_of_it(Voice::Topic).is_some(),
            unescalated: Voices::that(|voice| {
                item.told_of_it(voice).is_some_and(|told| !told.escalated)
            }),
        }
    }
}

/// Open and recently closed violations in a part of the fleet.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: HashMap<InstanceId, Line>,
    escalation: Option<Escalation>,
}

/// Which violations are open for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// Those opened before this time.
    opened_until: Timestamp,
    rules: Rules,
}

impl Escalation {
    /// Which are open for too long now; none if nothing is escalated.
    #[must_use]
    pub fn at(now: Timestamp, rules: Rules) -> Option<Self> {
        rules.escalate_after.map(|after| Self {
            opened_until: now.before(after),
            rules,
        })
    }

    fn is_due(&self, entry: &Entry) -> bool {
        let escalates = |voice| self.rules.uses(voice) && entry.unescalated.have(voice);
        entry.due_at.is_none()
            && entry.opened_at <= self.opened_until
            && Voice::ALL.into_iter().any(escalates)
    }
}

#[derive(Debug)]
struct Line {
    entry: Entry,
    is_seen: bool,
}

impl Ledger {
    #[must_use]
    pub fn new(
        entries: impl IntoIterator<Item = (InstanceId, Entry)>,
        escalation: Option<Escalation>,
    ) -> Self {
        let unseen = |(id, entry)| {
            let is_seen = false;
            (id, Line { entry, is_seen })
        };
        Self {
            entries: entries.into_iter().map(unseen).collect(),
            escalation,
        }
    }

    /// Records that an instance was seen; returns whether its item agrees with the look, and needs no escalation.
    pub fn sees(&mut self, id: &InstanceId, look: &Look) -> bool {
        let escalation = self.escalation;
        let there = self.entries.get_mut(id).map(|line| {
            line.is_seen = true;
            &line.entry
        });
        let is_living = |entry: &&Entry| !matches!(entry.state, State::Closed(_));
        match (there.filter(is_living), look) {
            (_, Look::Provisional) => true,
            // A later look decides whether it is a violation.
            (Some(entry), Look::Violating { complaints, .. }) => match entry.state {
                State::Suspect => entry.due_at.is_some(),
                _ => {
                    entry.complaints == *complaints
                        && escalation.is_none_or(|escalation| !escalation.is_due(entry))
                }
            },
            (None, Look::Violating { .. }) => false,
            (there, Look::Fine(_) | Look::Ended) => there.is_none(),
        }
    }

    /// Since when an instance has been in violation; none where that is new.
    #[must_use]
    pub fn violating_since(&self, id: &InstanceId) -> Option<Timestamp> {
        let line = self.entries.get(id)?;
        let is_living = !matches!(line.entry.state, State::Closed(_));
        is_living.then_some(line.entry.opened_at)
    }

    /// Records the new state of an item; none if it is gone.
    pub fn learn(&mut self, id: &InstanceId, item: Option<&Item>) {
        let line = item.map(|item| Line {
            entry: Entry::from(item),
            is_seen: true,
        });
        match line {
            Some(line) => self.entries.insert(id.clone(), line),
            None => self.entries.remove(id),
        };
    }

    /// The ids of violations that are not closed and were not seen, in order, after `asked_to`.
    #[must_use]
    pub fn unseen(&self, asked_to: Option<&str>) -> Vec<InstanceId> {
        let is_unseen = |(id, line): &(&InstanceId, &Line)| {
            !line.is_seen
                && !matches!(line.entry.state, State::Closed(_))
                && asked_to.is_none_or(|asked_to| id.as_str() > asked_to)
        };
        let unseen = self.entries.iter().filter(is_unseen);
        let mut unseen: Vec<_> = unseen.map(|(id, _)| id.clone()).collect();
        unseen.sort_unstable();
        unseen
    }

    /// Its totals, if the previous sweep ended at `before`.
    #[must_use]
    pub fn standing(&self, now: Timestamp, before: Option<Timestamp>, days: &[u32]) -> Standing {
        let is_new = |time: Timestamp| before.is_some_and(|before| before < time);
        let mut standing = Standing::default();
        for (id, Line { entry, .. }) in &self.entries {
            let muted_until = entry.muted_until.filter(|until| now < *until);
            let is_overdue = entry.due_at.is_some_and(|at| now.since(at) > OVERDUE);
            let is_untold = is_overdue && entry.state != State::Suspect && muted_until.is_none();
            standing.untold += u64::from(is_untold);
            match entry.state {
                State::Suspect => standing.suspects += 1,
                State::Closed(why) => {
                    if entry.is_told && is_new(entry.read_at) {
                        standing.resolved.add(format!("{id}: {}", why.as_str()));
                    }
                }
                State::Open => {
                    standing.open += 1;
                    // A sweep's finding is opened some time after the sweep.
                    let known_at = entry.missed_at.unwrap_or(entry.opened_at);
                    standing.new += u64::from(is_new(known_at));
                    standing.add_age(now.since(entry.opened_at), days);
                    if let Some(until) = muted_until {
                        standing.muted.add(format!("{id}: until {until}"));
                    }
                    if entry.missed_at.is_some_and(is_new) {
                        let since = entry.opened_at;
                        standing
                            .missed
                            .add(format!("{id}: since {since} at the latest"));
                    }
                }
            }
        }
        standing
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::standing::Named;
    use super::*;
    use crate::memory::{Closed, Facts, Group};
    use crate::testing::at;

    fn entry(state: State) -> Entry {
        Entry {
            state,
            complaints: complaints("Owner"),
            opened_at: at("2026-01-01T00:00:00Z"),
            read_at: at("2026-01-01T00:00:00Z"),
            due_at: None,
            muted_until: None,
            missed_at: None,
            is_told: true,
            unescalated: Voices::default(),
        }
    }

    fn complaints(key: &str) -> Complaints {
        [("missing", key)].into_iter().collect()
    }

    fn violating(key: &str) -> Look {
        Look::Violating {
            complaints: complaints(key),
            facts: Facts::default(),
            group: Group::of_owner(None),
            launched_at: None,
            by_time: false,
        }
    }

    fn id(number: u32) -> InstanceId {
        format!("i-{number:08x}").parse().unwrap()
    }

    #[test]
    fn a_look_agrees_or_it_has_to_be_remembered() {
        let open = || Some(entry(State::Open));
        let closed = || Some(entry(State::Closed(Closed::Compliant)));
        let suspect = || {
            Some(Entry {
                due_at: Some(at("2026-01-01T00:00:00Z")),
                ..entry(State::Suspect)
            })
        };
        let fine = || Look::Fine(Closed::Compliant);
        for (entry, look, agrees) in [
            (None, fine(), true),
            (None, Look::Ended, true),
            (None, violating("Owner"), false),
            (None, Look::Provisional, true),
            (open(), fine(), false),
            (open(), Look::Ended, false),
            (open(), Look::Provisional, true),
            (open(), violating("Owner"), true),
            (open(), violating("Stage"), false),
            (suspect(), violating("Stage"), true),
            (suspect(), fine(), false),
            (Some(entry(State::Suspect)), violating("Owner"), false),
            (closed(), fine(), true),
            (closed(), violating("Owner"), false),
        ] {
            let shown = format!("{entry:?} {look:?}");
            let mut ledger = Ledger::new(entry.map(|entry| (id(1), entry)), None);
            assert_eq!(ledger.sees(&id(1), &look), agrees, "{shown}");
            assert!(ledger.unseen(None).is_empty(), "{shown}");
        }
    }

    #[test]
    fn what_is_open_for_too_long_disagrees_until_every_voice_has_escalated_it() {
        let rules = |violation_events, hours| Rules {
            repeat_interval: None,
            resolved_notices: false,
            violation_events,
            escalate_after: Some(Duration::from_hours(hours)),
            baseline_until: None,
        };
        let now = at("2026-01-02T00:00:00Z");
        let only = |voice| Voices::that(|it| it == voice);
        for (unescalated, violation_events, hours, due, agrees) in [
            (only(Voice::Topic), false, 24, false, false),
            (only(Voice::Topic), false, 25, false, true),
            (only(Voice::Topic), false, 24, true, true),
            (only(Voice::Bus), true, 24, false, false),
            (only(Voice::Bus), false, 24, false, true),
            (Voices::default(), true, 24, false, true),
        ] {
            let entry = Entry {
                unescalated,
                due_at: due.then_some(now),
                ..entry(State::Open)
            };
            let escalation = Escalation::at(now, rules(violation_events, hours));
            let mut ledger = Ledger::new([(id(1), entry)], escalation);
            let sees = ledger.sees(&id(1), &violating("Owner"));
            assert_eq!(
                sees, agrees,
                "{unescalated:?} {violation_events} {hours} {due}"
            );
        }
    }

    #[test]
    fn what_is_not_closed_and_was_not_seen_is_asked_for() {
        let ledger = Ledger::new(
            [
                (id(1), entry(State::Open)),
                (id(2), entry(State::Closed(Closed::Gone))),
                (id(3), entry(State::Suspect)),
            ],
            None,
        );
        assert_eq!(ledger.unseen(None), [id(1), id(3)]);
        assert_eq!(ledger.unseen(Some("i-00000001")), [id(3)]);
        let opened_at = at("2026-01-01T00:00:00Z");
        assert_eq!(ledger.violating_since(&id(1)), Some(opened_at));
        assert_eq!(ledger.violating_since(&id(2)), None);
        assert_eq!(ledger.violating_since(&id(4)), None);
    }

    #[test]
    fn what_is_remembered_is_counted_against_the_sweep_before() {
        let (before, now) = (at("2026-01-02T00:00:00Z"), at("2026-01-09T00:00:00Z"));
        let after = at("2026-01-02T00:00:00.001Z");
        let since_then = |state| Entry {
            opened_at: after,
            read_at: after,
            ..entry(state)
        };
        let missed = Entry {
            missed_at: Some(after),
            muted_until: Some(at("2026-01-10T00:00:00Z")),
            ..entry(State::Open)
        };
        let due_at = Some(before);
        let entries = [
            entry(State::Open),
            Entry {
                due_at,
                ..since_then(State::Open)
            },
            Entry {
                due_at,
                ..entry(State::Suspect)
            },
            missed,
            Entry {
                muted_until: Some(now),
                ..entry(State::Open)
            },
            since_then(State::Closed(Closed::Ended)),
            entry(State::Closed(Closed::Ended)),
            Entry {
                is_told: false,
                ..since_then(State::Closed(Closed::Compliant))
            },
        ];
        let ledger = Ledger::new((1..).map(id).zip(entries), None);
        let standing = ledger.standing(now, Some(before), &[6, 8]);
        assert_eq!((standing.open, standing.new), (4, 2));
        assert_eq!((standing.suspects, standing.untold), (1, 1));
        let lines = |named: &Named| named.lines().map(str::to_owned).collect::<Vec<_>>();
        let missed = "i-00000004: since 2026-01-01T00:00:00.000Z at the latest";
        assert_eq!(lines(&standing.missed), [missed]);
        assert_eq!(lines(&standing.resolved), ["i-00000006: ended"]);
        let muted = "i-00000004: until 2026-01-10T00:00:00.000Z";
        assert_eq!(lines(&standing.muted), [muted]);
        assert_eq!(standing.overdue().collect::<Vec<_>>(), [(8, 3), (6, 1)]);
        let first = ledger.standing(now, None, &[]);
        assert_eq!(
            (first.open, first.new),
            (4, 0),
            "to the first, nothing is new"
        );
        assert_eq!(first.resolved.count + first.missed.count, 0);
    }
}
