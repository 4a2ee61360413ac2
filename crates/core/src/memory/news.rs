//! What has yet to be told.

use super::complaints::Complaints;
use super::hex_id::HexId;
use super::item::Item;
use super::marks::{Told, Voice};
use super::rules::Rules;
use crate::timestamp::Timestamp;

/// What people have yet to be told about an item whose state a second look has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// It has been open for too long.
    Escalated,
    /// The violation is new.
    Opened,
    /// A finding was added to it.
    Changed,
    /// It is still open after the repeat interval.
    StillOpen,
    /// It is resolved.
    Resolved,
}

impl News {
    /// The word in events and in the attributes of messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Escalated => "escalated",
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::StillOpen => "still-open",
            Self::Resolved => "resolved",
        }
    }
}

/// How a violation has changed since its last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    Opened,
    /// Its findings are others.
    Changed,
    Resolved,
}

impl Shift {
    /// The word in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Resolved => "resolved",
        }
    }
}

/// What a voice has yet to tell people about an item.
#[must_use]
pub fn news(item: &Item, voice: Voice, now: Timestamp, rules: Rules) -> Option<News> {
    if !rules.uses(voice) {
        return None;
    }
    match item.told_while_open(voice) {
        None => item.state.is_open().then_some(News::Opened),
        Some(_) if !item.state.is_open() => rules.tells_resolved(voice).then_some(News::Resolved),
        Some(told) if item.complaints.has_more_than(&told.complaints) => Some(News::Changed),
        Some(_) if is_to_be_escalated(item, voice, now, rules) => Some(News::Escalated),
        Some(_) => is_to_be_repeated(item, voice, now, rules).then_some(News::StillOpen),
    }
}

/// How a violation has changed since its last event on the bus.
#[must_use]
pub fn shift(item: &Item, rules: Rules) -> Option<Shift> {
    if !rules.uses(Voice::Bus) {
        return None;
    }
    let is_open = item.state.is_open();
    // The bus may have taken an event although its answer, or our mark, was lost: then it knows of a version between.
    let is_behind =
        |told: &Told| item.due.is_some() && told.version.saturating_add(1) < item.version;
    match item.told_of_it(Voice::Bus) {
        None if is_open => Some(Shift::Opened),
        None => item.due.is_some().then_some(Shift::Resolved),
        Some(told) if told.is_over() && is_open => Some(Shift::Opened),
        Some(told) if told.is_over() => is_behind(told).then_some(Shift::Resolved),
        Some(_) if !is_open => Some(Shift::Resolved),
        Some(told) => {
            let differs = told.complaints != item.complaints;
            (differs || is_behind(told)).then_some(Shift::Changed)
        }
    }
}

/// Whether a voice has anything to tell about an item, to people or to machines.
#[must_use]
pub fn owes(item: &Item, voice: Voice, now: Timestamp, rules: Rules) -> bool {
    news(item, voice, now, rules).is_some() || voice == Voice::Bus && shift(item, rules).is_some()
}

/// Whether a voice told so long ago that it tells again.
pub fn is_to_be_repeated(item: &Item, voice: Voice, now: Timestamp, rules: Rules) -> bool {
    let told = item.told_while_open(voice);
    let told = told.filter(|_| item.state.is_open() && rules.uses(voice));
    rules
        .repeat_interval
        .zip(told)
        .is_some_and(|(interval, told)| now.since(told.at) >= interval)
}

/// Whether a violation has been open for so long that a voice has to escalate it, which it does once.
pub fn is_to_be_escalated(item: &Item, voice: Voice, now: Timestamp, rules: Rules) -> bool {
    let told = item.told_while_open(voice);
    let told = told.filter(|told| item.state.is_open() && rules.uses(voice) && !told.escalated);
    rules
        .escalate_after
        .zip(told)
        .is_some_and(|(after, _)| now.since(item.opened_at) >= after)
}

/// A voice's mark once it has told all of an item; none if the topic has told that the violation is closed.
/// Without `news` for people, they are told again as if nothing had been told now. `thread` is the
/// conversation, unless the lifetime has one.
#[must_use]
pub fn told(
    item: &Item,
    voice: Voice,
    news: Option<News>,
    thread: Option<&HexId>,
    now: Timestamp,
) -> Option<Told> {
    let before = item.told_of_it(voice);
    let is_open = item.state.is_open();
    (is_open || voice == Voice::Bus).then(|| Told {
        opened_at: item.opened_at,
        complaints: if is_open {
            item.complaints.clone()
        } else {
            Complaints::default()
        },
        version: item.version,
        at: before.map_or(now, |before| if news.is_some() { now } else { before.at }),
        escalated: news == Some(News::Escalated) || before.is_some_and(|it| it.escalated),
        thread: before
            .and_then(|it| it.thread.clone())
            .or_else(|| thread.cloned()),
    })
}
