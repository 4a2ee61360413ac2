//! What the state table holds of an instance.

use std::fmt;
use std::time::Duration;

use super::cause::Cause;
use super::complaints::Complaints;
use super::group::Group;
use crate::instance::{AccountId, InstanceId};
use crate::policy::document::Severity;
use crate::timestamp::Timestamp;

/// How long what is closed is remembered: longer than the week after which an open violation is told
/// again.
const KEEP_CLOSED: Duration = Duration::from_hours(8 * 24);

/// What was due for longer than this has lost its wake, and of what a sweep found no event is under way any
/// more.
pub const OVERDUE: Duration = Duration::from_mins(15);

/// What is remembered of an instance that is or was in violation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// Each write of the state adds one.
    pub version: u64,
    /// Whether the violation is open.
    pub state: State,
    /// When the look that opened it was asked for: the name of this lifetime, for ever. A counter
    /// would start again once the item has expired.
    pub opened_at: Timestamp,
    /// What is violated; when closed, what was.
    pub complaints: Complaints,
    /// When the look that decided it was asked for: sent, never answered.
    pub read_at: Timestamp,
    /// What a person or a list wants to know of it.
    pub facts: Facts,
    /// Where something must be verified or told.
    pub due: Option<Due>,
    /// What people were told.
    pub told: Option<Told>,
    /// Until when nobody is to be told; written by hand.
    pub muted_until: Option<Timestamp>,
    /// When it was found that no event had told of this lifetime: a sweep had found it.
    pub missed_at: Option<Timestamp>,
}

/// Whether a violation is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It is.
    Open,
    /// A sweep found one of which no event had told, and an event may still be under way.
    Suspect,
    /// It was, and is not any more.
    Closed(Closed),
}

/// Why a violation is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// Nothing is violated any more.
    Compliant,
    /// It is accepted.
    Exempt,
    /// The policy is not for the instance any more.
    OutOfScope,
    /// The instance is terminated, or about to be: final.
    Ended,
    /// EC2 does not know the instance any more.
    Gone,
    /// Somebody closed it.
    ByHand,
}

impl Closed {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Compliant,
        Self::Exempt,
        Self::OutOfScope,
        Self::Ended,
        Self::Gone,
        Self::ByHand,
    ];

    /// The word in the state table and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::Exempt => "exempt",
            Self::OutOfScope => "out-of-scope",
            Self::Ended => "ended",
            Self::Gone => "gone",
            Self::ByHand => "by-hand",
        }
    }
}

/// What a person or a list wants to know of a violation. It decides nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The SHA-256 of the policy that it was decided by.
    pub policy_hash: String,
    /// The key of the audit record that says so.
    pub record_key: String,
    /// Whose the instance is, cut to what a message shows.
    pub owner: Option<String>,
    /// How bad it is, where the policy says so.
    pub severity: Option<Severity>,
    /// What made the instance.
    pub cause: Option<Cause>,
}

/// Something must be verified or told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Due {
    /// From when on.
    pub at: Timestamp,
    /// Whom the message will be for.
    pub group: Group,
}

/// What people were told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Told {
    /// Of which lifetime.
    pub opened_at: Timestamp,
    /// Of which complaints.
    pub complaints: Complaints,
    /// When.
    pub at: Timestamp,
}

impl State {
    /// Whether it is open.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::Open
    }
}

impl Item {
    /// When it may be forgotten; never, while it is open.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Open | State::Suspect => None,
            State::Closed(_) => Some(self.read_at.after(KEEP_CLOSED)),
        }
    }

    /// Whether it counts as absent: DynamoDB deletes what has expired within days, and not at once.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at()
            .is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether something has to be verified or told by now. An event may still be under way of what a sweep
    /// suspects.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let is_due = |due: &Due| self.state != State::Suspect || now.since(due.at) >= OVERDUE;
        self.due.as_ref().is_some_and(is_due)
    }

    /// Whether nobody is to be told now.
    #[must_use]
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.muted_until.is_some_and(|until| now < until)
    }

    /// What people were told of this lifetime.
    #[must_use]
    pub fn told_of_it(&self) -> Option<&Told> {
        self.told
            .as_ref()
            .filter(|told| told.opened_at == self.opened_at)
    }
}

/// The partition of an instance's item. A partition of a sweep holds the ids with the same last digit,
/// so that it reads exactly its own.
#[must_use]
pub fn partition_key(account: &AccountId, region: &str, id: &InstanceId) -> String {
    let last = id.as_str().chars().last().unwrap_or_default();
    key_of(account, region, last.to_ascii_lowercase())
}

/// The partition of the items of all instances whose id ends with a hexadecimal digit.
#[must_use]
pub fn partition_key_of_digit(account: &AccountId, region: &str, digit: u8) -> String {
    key_of(account, region, format_args!("{digit:x}"))
}

fn key_of(account: &AccountId, region: &str, digit: impl fmt::Display) -> String {
    format!("i#{account}#{region}#{digit}")
}
