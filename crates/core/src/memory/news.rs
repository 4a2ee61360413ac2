//! What people have yet to be told.

use super::decide::{Rules, is_to_be_repeated};
use super::item::Item;
use crate::timestamp::Timestamp;

/// What people have yet to be told about an item whose state a second look has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The violation is new.
    Opened,
    /// A finding was added to it.
    Changed,
    /// It is still open after the repeat interval.
    StillOpen,
    /// It is resolved.
    Resolved,
}

/// What people have yet to be told about an item.
#[must_use]
pub fn news(item: &Item, now: Timestamp, rules: Rules) -> Option<News> {
    match item.told_of_it() {
        None => item.state.is_open().then_some(News::Opened),
        Some(_) if !item.state.is_open() => rules.resolved_notices.then_some(News::Resolved),
        Some(told) if item.complaints.has_more_than(&told.complaints) => Some(News::Changed),
        Some(_) => is_to_be_repeated(item, now, rules).then_some(News::StillOpen),
    }
}
