//! What people are told, as values. [`mail`] renders it for e-mail; other channels render the same
//! values.

pub mod mail;

use crate::evaluation::Evaluation;
use crate::instance::InstanceId;
use crate::memory::{Item, News};
use crate::policy::TagPolicy;
use crate::provenance::Provenance;
use crate::subject::Subject;
use crate::sweep::totals::Totals;
use crate::text::Untrusted;
use crate::timestamp::Timestamp;

/// What people are told.
#[derive(Debug, Clone)]
pub enum Notification<'a> {
    /// Of one instance.
    Alert(Alert<'a>),
    /// Of several instances, or of one that is no violation any more.
    Alerts(Alerts<'a>),
    /// Of a sweep.
    Digest(Digest<'a>),
}

/// Which tags of an instance an alert shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AlertTags {
    /// All of them.
    #[default]
    All,
    /// `Name`, and those that the policy is about.
    Policy,
}

/// An instance that an event named violates the policy.
#[derive(Debug, Clone)]
pub struct Alert<'a> {
    /// The instance, as it was looked at.
    pub subject: Subject<'a>,
    /// What the policy says of it.
    pub evaluation: &'a Evaluation<'a>,
    /// The policy.
    pub policy: &'a TagPolicy,
    /// Which of its tags are shown.
    pub tags: AlertTags,
}

impl Alert<'_> {
    /// Whether a tag is shown.
    #[must_use]
    pub fn shows(&self, key: &str) -> bool {
        self.tags == AlertTags::All || key == "Name" || self.policy.is_about(key)
    }
}

/// What has become of several instances, for one owner or for several.
#[derive(Debug, Clone)]
pub struct Alerts<'a> {
    /// Where they are.
    pub region: &'a str,
    /// Whose they are; none where they are of several owners, or of none.
    pub owner: Option<Untrusted<'a>>,
    /// The instances.
    pub changes: Vec<Change<'a>>,
}

/// What has become of an instance.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// What is new.
    pub news: News,
    /// The instance.
    pub id: &'a InstanceId,
    /// Its name, where it has one.
    pub name: Option<Untrusted<'a>>,
    /// What made it; none where EC2 does not know it.
    pub provenance: Option<Provenance<'a>>,
    /// What it violates now; none where it has ended or EC2 does not know it.
    pub evaluation: Option<&'a Evaluation<'a>>,
    /// What is remembered of it.
    pub item: &'a Item,
}

/// What a sweep found.
#[derive(Debug, Clone, Copy)]
pub struct Digest<'a> {
    /// The region that was swept.
    pub region: &'a str,
    /// The policy.
    pub policy: &'a TagPolicy,
    /// What was found.
    pub totals: &'a Totals,
    /// When the sweep ended.
    pub now: Timestamp,
    /// The bucket of the audit log.
    pub log_bucket: &'a str,
    /// What the keys of the sweep's records have in common.
    pub record_prefix: &'a str,
}

impl Digest<'_> {
    /// Whether there is something that someone should fix.
    #[must_use]
    pub fn has_news(&self) -> bool {
        let violations = self.totals.tally.counts.non_compliant;
        violations > 0 || self.policy.expired_exemptions(self.now).next().is_some()
    }
}
