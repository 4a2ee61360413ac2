//! Notifications as values. [`mail`] renders them for email, [`slack`], [`teams`] and [`chat`] for chats;
//! [`pagerduty`] and [`jsm`] render a violation for systems that keep an alert of it.

pub mod attributes;
pub mod card;
pub mod chat;
pub mod console;
mod counts;
pub mod events;
mod findings;
mod groups;
pub mod jsm;
pub mod mail;
pub mod pagerduty;
mod places;
pub mod slack;
pub mod teams;
mod test_message;
mod title;
mod violation;

pub use self::violation::Violation;

use crate::evaluation::Evaluation;
use crate::instance::InstanceId;
use crate::memory::{Item, News};
use crate::policy::TagPolicy;
use crate::provenance::Provenance;
use crate::subject::Subject;
use crate::sweep::totals::Totals;
use crate::text::Untrusted;
use crate::timestamp::Timestamp;

/// The most bytes of a message to SNS, of an event, and of all entries of a call of SNS, SQS and EventBridge
/// (`BatchRequestTooLong`, API references of SNS and SQS; `PutEvents`, Amazon EventBridge API reference).
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// A message to people, before it is rendered.
#[derive(Debug, Clone)]
pub enum Notification<'a> {
    /// A violation of one instance.
    Alert(Alert<'a>),
    /// Changes of several violations, or of one that is resolved.
    Alerts(Alerts<'a>),
    /// The result of a sweep.
    Digest(Digest<'a>),
    /// Nothing but a test of where messages arrive.
    Test(Test<'a>),
}

/// A message that somebody asked for, to see where it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test<'a> {
    /// The suffix of the environment.
    pub environment: &'a str,
    pub region: &'a str,
}

/// Which tags of an instance an alert shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AlertTags {
    #[default]
    All,
    /// `Name`, and the tags that the policy names.
    Policy,
}

/// The alert for one violation.
#[derive(Debug, Clone)]
pub struct Alert<'a> {
    /// The instance as EC2 described it.
    pub subject: Subject<'a>,
    pub evaluation: &'a Evaluation<'a>,
    pub policy: &'a TagPolicy,
    /// Which of its tags the alert shows.
    pub tags: AlertTags,
}

impl AlertTags {
    /// Whether a tag is shown.
    #[must_use]
    pub fn show(self, key: &str, policy: &TagPolicy) -> bool {
        self == Self::All || key == "Name" || policy.is_about(key)
    }
}

impl Alert<'_> {
    /// Whether a tag is shown.
    #[must_use]
    pub fn shows(&self, key: &str) -> bool {
        self.tags.show(key, self.policy)
    }
}

/// Changes of several violations, for one owner or several.
#[derive(Debug, Clone)]
pub struct Alerts<'a> {
    pub region: &'a str,
    /// Their owner; none if they have several owners or none.
    pub owner: Option<Untrusted<'a>>,
    pub changes: Vec<Change<'a>>,
}

/// The change of one violation.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    pub news: News,
    pub id: &'a InstanceId,
    /// The instance's `Name` tag.
    pub name: Option<Untrusted<'a>>,
    /// What made it; none if EC2 does not know it.
    pub provenance: Option<Provenance<'a>>,
    /// The current evaluation; none if the instance has ended or EC2 does not know it.
    pub evaluation: Option<&'a Evaluation<'a>>,
    /// Its item in the state table.
    pub item: &'a Item,
}

/// The result of a sweep.
#[derive(Debug, Clone, Copy)]
pub struct Digest<'a> {
    pub region: &'a str,
    pub policy: &'a TagPolicy,
    pub totals: &'a Totals,
    /// When the sweep ended.
    pub now: Timestamp,
    /// The bucket of the audit log.
    pub log_bucket: &'a str,
    /// The common prefix of the keys of the sweep's audit records.
    pub record_prefix: &'a str,
}

impl Digest<'_> {
    /// Whether there is something that someone should fix, if only before the day on which a rule is enforced.
    #[must_use]
    pub fn has_news(&self) -> bool {
        let tally = &self.totals.tally;
        tally.counts.non_compliant > 0
            || !tally.upcoming.is_empty()
            || self.policy.expired_exemptions(self.now).next().is_some()
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
