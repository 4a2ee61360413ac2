//! What people have not been told.

use super::decide::{Rules, is_to_be_repeated};
use super::item::Item;
use crate::timestamp::Timestamp;

/// What people have not been told of an item whose state a second look has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The violation, which is new.
    Opened,
    /// A complaint that was added to it.
    Changed,
    /// That it is still open, after the interval.
    StillOpen,
    /// That it is closed.
    Resolved,
}

/// What people have not been told of an item.
#[must_use]
pub fn news(item: &Item, now: Timestamp, rules: Rules) -> Option<News> {
    match item.told_of_it() {
        None => item.state.is_open().then_some(News::Opened),
        Some(_) if !item.state.is_open() => rules.resolved_notices.then_some(News::Resolved),
        Some(told) if item.complaints.has_more_than(&told.complaints) => Some(News::Changed),
        Some(_) => is_to_be_repeated(item, now, rules).then_some(News::StillOpen),
    }
}
