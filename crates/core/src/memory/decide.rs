//! Deciding how a look at EC2 changes an item.

use std::time::Duration;

use super::cause::Cause;
use super::complaints::Complaints;
use super::group::Group;
use super::item::{Closed, Due, Facts, Item, OVERDUE, State};
use super::marks::{Marks, Voice};
use super::news::{is_to_be_escalated, is_to_be_repeated, told};
use super::rules::Rules;
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

/// An item to be stored, on the condition that the one that is there has the version that was decided
/// on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The version of the item that is there; none if there is none.
    pub replaces: Option<u64>,
    /// The item to store, except for what people were told.
    pub item: Item,
    /// What counts as told, where that changes: others write it meanwhile.
    pub told: Marks,
}

/// Decides how a look changes the stored item; none if nothing changes.
#[must_use]
pub fn decide(stored: Option<&Item>, looked: Looked<'_>, rules: Rules) -> Option<Write> {
    let previous = stored.filter(|item| !item.has_expired(looked.now));
    let item = match previous {
        Some(item) => changed(item, looked, rules)?,
        None => opened(looked, rules)?,
    };
    let none = Marks::default();
    let known = previous.map_or(&none, |it| &it.told);
    Some(Write {
        replaces: stored.map(|it| it.version),
        told: item.told.clone().without(known),
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
        told: Marks::default(),
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
        told: Marks::default(),
        muted_until: None,
        missed_at: None,
    };
    Some(if is_baseline(looked, rules) {
        of_baseline(item, looked, rules)
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
fn of_baseline(item: Item, looked: Looked<'_>, rules: Rules) -> Item {
    let mark = |voice| told(&item, voice, None, None, looked.now).filter(|_| rules.uses(voice));
    Item {
        due: None,
        told: Marks::each(mark).or(item.told.clone()),
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
            let tells = |voice| {
                let is_told = previous.told_while_open(voice).is_some();
                // The bus may have taken an opening although its answer, or our mark, was lost.
                let may_be_told = voice == Voice::Bus && previous.due.is_some();
                rules.tells_resolved(voice) && (is_told || may_be_told)
            };
            let is_to_be_told = is_told_of && Voice::ALL.into_iter().any(tells);
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
        Look::Violating {
            complaints,
            facts,
            group,
            ..
        } if is_open && *complaints == previous.complaints => {
            let moved = is_newer && is_of_another(previous, facts);
            let current = moved.then(|| moved_to(previous, looked, facts, group));
            let is_reminded = |voice| {
                looked.source == Source::Check
                    && is_to_be_repeated(previous, voice, looked.now, rules)
                    || is_to_be_escalated(previous, voice, looked.now, rules)
            };
            if previous.due.is_none() && Voice::ALL.into_iter().any(is_reminded) {
                Some(make_due(current.as_ref().unwrap_or(previous), looked))
            } else {
                current.or_else(|| due_again(previous, looked))
            }
        }
        _ if !is_newer => Some(make_due(previous, looked)),
        Look::Fine(why) => Some(closed(previous, looked, *why)),
        Look::Violating { complaints, .. } => {
            let item = opened(looked, rules)?;
            let goes_on = is_open
                || has_untold_end(previous, rules)
                || looked.asked_at.since(previous.read_at) < FLAPPING
                    && !complaints.has_more_than(&previous.complaints);
            Some(if goes_on {
                continued(item, previous, looked, rules)
            } else {
                Item {
                    told: item.told.or(previous.told.clone()),
                    muted_until: previous.muted_until,
                    ..item
                }
            })
        }
    }
}

/// Whether the bus has yet to be told that a violation is over. If it comes back before that, it goes on: with a new lifetime,
/// nobody would ever be told of the end of the old one, whose incidents would stay open.
fn has_untold_end(closed: &Item, rules: Rules) -> bool {
    closed.due.is_some() && rules.uses(Voice::Bus)
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
        of_baseline(item, looked, rules)
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

/// Whether a violation with the same findings has become somebody else's, or another severity.
fn is_of_another(previous: &Item, facts: &Facts) -> bool {
    previous.facts.owner != facts.owner || previous.facts.severity != facts.severity
}

/// The same violation for its new owner, who hears of it from now on.
fn moved_to(previous: &Item, looked: Looked<'_>, facts: &Facts, group: &Group) -> Item {
    Item {
        read_at: looked.asked_at,
        facts: Facts {
            owner: facts.owner.clone(),
            severity: facts.severity,
            ..previous.facts.clone()
        },
        due: previous
            .due
            .as_ref()
            .and_then(|_| due_now(looked, group.clone())),
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
