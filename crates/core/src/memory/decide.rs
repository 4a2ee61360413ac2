//! Deciding how a look at EC2 changes an item.

use std::time::Duration;

use super::cause::Cause;
use super::complaints::Complaints;
use super::group::Group;
use super::item::{Closed, Due, Facts, Item, OVERDUE, State, Told};
use crate::evaluation::{Evaluation, Status};
use crate::policy::TagPolicy;
use crate::subject::Subject;
use crate::text::{Untrusted, excerpt};
use crate::timestamp::Timestamp;

/// A violation that closed and came back within this time with no new finding continues: flapping tags, or a wrong
/// close, are no second violation.
const FLAPPING: Duration = Duration::from_mins(15);
const MAX_OWNER_CHARS: usize = 64;

/// What a look at an instance showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It violates the policy, past its grace period.
    Violating {
        complaints: Complaints,
        facts: Facts,
        group: Group,
        /// When the instance was launched, where EC2 said so.
        launched_at: Option<Timestamp>,
        /// Whether all of it may have begun only because time passed, which sends no event: an exemption has expired, a
        /// date has passed, a rule is enforced, or an age is reached.
        by_time: bool,
    },
    /// It is compliant, exempt, out of scope or gone.
    Fine(Closed),
    /// It is terminated or about to be: final.
    Ended,
    /// It violates the policy within its grace period, or is too new for EC2 to know it.
    Provisional,
}

impl Look {
    /// The look at an instance that was evaluated; its violation does not count where it is
    /// `provisional`.
    #[must_use]
    pub fn evaluated(
        subject: &Subject<'_>,
        evaluation: &Evaluation<'_>,
        policy: &TagPolicy,
        record_key: String,
        provisional: bool,
    ) -> Self {
        match evaluation.status() {
            Status::Compliant => Self::Fine(Closed::Compliant),
            Status::Exempt => Self::Fine(Closed::Exempt),
            Status::OutOfScope => Self::Fine(Closed::OutOfScope),
            Status::NonCompliant if provisional => Self::Provisional,
            Status::NonCompliant => {
                let owner = policy.owner_of(subject.instance);
                let owner = owner.map(|it| excerpt(it.raw(), MAX_OWNER_CHARS));
                Self::Violating {
                    complaints: Complaints::of(evaluation),
                    facts: Facts {
                        policy_hash: policy.fingerprint().to_owned(),
                        record_key,
                        owner: owner.clone(),
                        severity: evaluation.severity(),
                        cause: Cause::of(subject.instance, policy),
                    },
                    group: Group::of_owner(owner.as_deref().map(Untrusted::new)),
                    launched_at: subject.instance.launched_at,
                    by_time: evaluation.may_begin_by_time(policy, subject),
                }
            }
        }
    }
}

/// A look, and when.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// What it showed.
    pub look: &'a Look,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What time it is now.
    pub now: Timestamp,
    /// Who looked.
    pub source: Source,
}

/// Who looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A check, for an event or a person.
    Check,
    /// A second look, before people are told.
    Teller,
    /// A sweep, of which no event told.
    Sweep,
}

/// The settings of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long until a check alerts of an open violation again; none for never.
    pub repeat_interval: Option<Duration>,
    /// Whether people are notified of resolved violations.
    pub resolved_notices: bool,
    /// Instances that were launched before this time are the baseline: what they violate was there
    /// before anyone looked, and a digest reports it.
    pub baseline_until: Option<Timestamp>,
}

/// An item to be stored, on the condition that the one that is there has the version that was decided
/// on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The version of the item that is there; none if there is none.
    pub replaces: Option<u64>,
    /// The item to store, except for what people were told.
    pub item: Item,
    /// What people count as having been told, where that changes: others write it meanwhile.
    pub told: Option<Told>,
}

/// Decides how a look changes the stored item; none if nothing changes.
#[must_use]
pub fn decide(stored: Option<&Item>, looked: Looked<'_>, rules: Rules) -> Option<Write> {
    let previous = stored.filter(|item| !item.has_expired(looked.now));
    let item = match previous {
        Some(item) => changed(item, looked, rules)?,
        None => opened(looked, rules)?,
    };
    let known = previous.and_then(|it| it.told.as_ref());
    Some(Write {
        replaces: stored.map(|it| it.version),
        told: item.told.clone().filter(|told| Some(told) != known),
        item: Item {
            version: stored.map_or(1, |it| it.version + 1),
            ..item
        },
    })
}

/// Makes an item due, so that the environment that decides looks again.
#[must_use]
pub fn wake(stored: &Item, now: Timestamp) -> Write {
    let due = Due {
        at: now,
        group: group_of(stored),
    };
    Write {
        replaces: Some(stored.version),
        told: None,
        item: Item {
            version: stored.version + 1,
            due: Some(due),
            ..stored.clone()
        },
    }
}

/// The item of an instance that had none.
fn opened(looked: Looked<'_>, rules: Rules) -> Option<Item> {
    let Look::Violating {
        complaints,
        facts,
        group,
        ..
    } = looked.look
    else {
        return None;
    };
    let item = Item {
        version: 0,
        state: State::Open,
        opened_at: looked.asked_at,
        complaints: complaints.clone(),
        read_at: looked.asked_at,
        facts: facts.clone(),
        due: due_now(looked, group.clone()),
        told: None,
        muted_until: None,
        missed_at: None,
    };
    Some(if is_baseline(looked, rules) {
        of_baseline(item, looked)
    } else if looked.source == Source::Sweep {
        Item {
            state: State::Suspect,
            ..item
        }
    } else {
        item
    })
}

/// Whether an instance violated the policy before anyone looked.
fn is_baseline(looked: Looked<'_>, rules: Rules) -> bool {
    match looked.look {
        Look::Violating {
            launched_at: Some(launched_at),
            ..
        } => rules
            .baseline_until
            .is_some_and(|until| *launched_at < until),
        _ => false,
    }
}

/// The item as already told: a digest reports it.
fn of_baseline(item: Item, looked: Looked<'_>) -> Item {
    Item {
        due: None,
        told: told(&item, looked.now),
        ..item
    }
}

/// How a look changes an item; none if it agrees and nothing is left to do.
fn changed(previous: &Item, looked: Looked<'_>, rules: Rules) -> Option<Item> {
    match previous.state {
        State::Closed(Closed::Ended) => return None,
        State::Suspect => return suspected(previous, looked, rules),
        State::Open | State::Closed(_) => {}
    }
    let is_open = previous.state.is_open();
    let is_newer = looked.asked_at > previous.read_at;
    match looked.look {
        Look::Provisional => None,
        Look::Ended => {
            // Nothing comes after it, so there is nothing to verify. What was closed before was resolved then.
            let is_told_of = is_open || previous.due.is_some();
            let is_to_be_told =
                rules.resolved_notices && is_told_of && previous.told_of_it().is_some();
            let closed = closed(previous, looked, Closed::Ended);
            Some(Item {
                due: closed.due.filter(|_| is_to_be_told),
                read_at: if is_open {
                    closed.read_at
                } else {
                    previous.read_at
                },
                ..closed
            })
        }
        Look::Fine(_) if !is_open => due_again(previous, looked),
        Look::Violating { complaints, .. } if is_open && *complaints == previous.complaints => {
            let is_repeated = looked.source == Source::Check
                && previous.due.is_none()
                && is_to_be_repeated(previous, looked.now, rules);
            if is_repeated {
                Some(make_due(previous, looked))
            } else {
                due_again(previous, looked)
            }
        }
        _ if !is_newer => Some(make_due(previous, looked)),
        Look::Fine(why) => Some(closed(previous, looked, *why)),
        Look::Violating { complaints, .. } => {
            let item = opened(looked, rules)?;
            let goes_on = is_open
                || looked.asked_at.since(previous.read_at) < FLAPPING
                    && !complaints.has_more_than(&previous.complaints);
            Some(if goes_on {
                continued(item, previous, looked, rules)
            } else {
                Item {
                    told: item.told.or_else(|| previous.told.clone()),
                    muted_until: previous.muted_until,
                    ..item
                }
            })
        }
    }
}

/// How a look changes a suspect. Nobody knows of it, so nobody is told that it is resolved.
fn suspected(previous: &Item, looked: Looked<'_>, rules: Rules) -> Option<Item> {
    let is_newer = looked.asked_at > previous.read_at;
    let over = |why| Item {
        due: None,
        ..closed(previous, looked, why)
    };
    match looked.look {
        Look::Ended => Some(over(Closed::Ended)),
        Look::Fine(why) => is_newer.then(|| over(*why)),
        Look::Provisional => None,
        Look::Violating { by_time, .. } => {
            let is_missed = match looked.source {
                Source::Check => false,
                _ if is_baseline(looked, rules) => false,
                Source::Teller if previous.is_due(looked.now) => !by_time,
                Source::Sweep if previous.due.is_none() => {
                    return Some(make_due(previous, looked));
                }
                Source::Teller | Source::Sweep => return None,
            };
            let item = opened(looked, rules)?;
            Some(Item {
                missed_at: is_missed.then_some(looked.now),
                ..continued(item, previous, looked, rules)
            })
        }
    }
}

/// The existing lifetime, with the new look's findings.
fn continued(item: Item, previous: &Item, looked: Looked<'_>, rules: Rules) -> Item {
    let item = Item {
        state: State::Open,
        opened_at: previous.opened_at,
        read_at: looked.asked_at.max(previous.read_at),
        due: due_now(looked, group_of(&item)),
        told: previous.told.clone(),
        muted_until: previous.muted_until,
        missed_at: previous.missed_at,
        ..item
    };
    if is_baseline(looked, rules) {
        of_baseline(item, looked)
    } else {
        item
    }
}

fn closed(previous: &Item, looked: Looked<'_>, why: Closed) -> Item {
    Item {
        state: State::Closed(why),
        read_at: looked.asked_at.max(previous.read_at),
        due: due_now(looked, group_of(previous)),
        ..previous.clone()
    }
}

/// The same, to be looked at again.
fn make_due(previous: &Item, looked: Looked<'_>) -> Item {
    Item {
        due: due_now(looked, group_of(previous)),
        ..previous.clone()
    }
}

/// Makes an item due again that has been due for so long that its wake-up was lost.
fn due_again(previous: &Item, looked: Looked<'_>) -> Option<Item> {
    let due = previous.due.as_ref()?;
    let is_overdue = looked.source == Source::Check && looked.now.since(due.at) > OVERDUE;
    is_overdue.then(|| make_due(previous, looked))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the value of an optional field"
)]
fn due_now(looked: Looked<'_>, group: Group) -> Option<Due> {
    Some(Due {
        at: looked.now,
        group,
    })
}

fn group_of(item: &Item) -> Group {
    item.due.as_ref().map_or_else(
        || Group::of_owner(item.facts.owner.as_deref().map(Untrusted::new)),
        |due| due.group.clone(),
    )
}

/// Whether people were told so long ago that they are to be told again.
pub fn is_to_be_repeated(item: &Item, now: Timestamp, rules: Rules) -> bool {
    let told = item.told_of_it().filter(|_| item.state.is_open());
    rules
        .repeat_interval
        .zip(told)
        .is_some_and(|(interval, told)| now.since(told.at) >= interval)
}

/// What people know of an item once they were told all of it; nothing if it is closed.
#[must_use]
pub fn told(item: &Item, now: Timestamp) -> Option<Told> {
    item.state.is_open().then(|| Told {
        opened_at: item.opened_at,
        complaints: item.complaints.clone(),
        at: now,
    })
}
