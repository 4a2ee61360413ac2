//! An instance's item in the state table.

use std::fmt;
use std::time::Duration;

use super::cause::Cause;
use super::complaints::Complaints;
use super::group::Group;
use super::marks::{Marks, Told, Voice};
use crate::instance::{AccountId, InstanceId};
use crate::policy::document::Severity;
use crate::timestamp::Timestamp;

/// How long a closed violation is remembered: longer than the week after which an alert is repeated.
const KEEP_CLOSED: Duration = Duration::from_hours(8 * 24);

/// An item that has been due for longer has lost its wake-up, and an event for what a sweep found will no longer
/// arrive.
pub const OVERDUE: Duration = Duration::from_mins(15);

/// The memory of an instance that is or was in violation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// Each write of the state adds one.
    pub version: u64,
    /// Whether the violation is open.
    pub state: State,
    /// When the look that opened it was asked for: the name of this lifetime, for ever. A counter
    /// would start again once the item has expired.
    pub opened_at: Timestamp,
    /// The findings; of a closed violation, its last ones.
    pub complaints: Complaints,
    /// When the look that decided it was asked for: sent, never answered.
    pub read_at: Timestamp,
    /// Details for people and lists.
    pub facts: Facts,
    /// Set if something has to be verified or told.
    pub due: Option<Due>,
    /// What was told, by each voice.
    pub told: Marks,
    /// Until when its alerts are muted; written by hand.
    pub muted_until: Option<Timestamp>,
    /// When it was found that events had missed this lifetime: a sweep had found it.
    pub missed_at: Option<Timestamp>,
}

/// Whether a violation is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Open,
    /// A sweep found one that no event has reported, though one may still be on its way.
    Suspect,
    Closed(Closed),
}

/// Why a violation is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// The instance is compliant again.
    Compliant,
    /// An exemption accepts it.
    Exempt,
    /// The instance left the policy's scope.
    OutOfScope,
    /// The instance is terminated, or about to be: final.
    Ended,
    /// EC2 no longer knows the instance.
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

/// Details of a violation for people and lists. They decide nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The SHA-256 of the policy that it was decided by.
    pub policy_hash: String,
    /// The key of the audit record that says so.
    pub record_key: String,
    /// The instance's owner, cut to what a message shows.
    pub owner: Option<String>,
    /// The severity, if the policy sets one.
    pub severity: Option<Severity>,
    /// What made the instance.
    pub cause: Option<Cause>,
}

/// When something has to be verified or told, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Due {
    pub at: Timestamp,
    pub group: Group,
}

impl State {
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::Open
    }
}

impl Item {
    /// When it may be forgotten; never while it is open.
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

    /// Whether something has to be verified or told by now. An event for a suspect may still be on its way.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let is_due = |due: &Due| self.state != State::Suspect || now.since(due.at) >= OVERDUE;
        self.due.as_ref().is_some_and(is_due)
    }

    /// Whether its alerts are muted.
    #[must_use]
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.muted_until.is_some_and(|until| now < until)
    }

    /// What a voice told of this lifetime while it is not over.
    #[must_use]
    pub fn told_while_open(&self, voice: Voice) -> Option<&Told> {
        self.told_of_it(voice).filter(|told| !told.is_over())
    }

    /// What a voice told of this lifetime.
    #[must_use]
    pub fn told_of_it(&self, voice: Voice) -> Option<&Told> {
        self.told
            .of(voice)
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
