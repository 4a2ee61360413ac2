//! What a sweep counts while it reads the fleet.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::alert::list;
use crate::instance::Instance;
use crate::policy::TagPolicy;
use crate::policy::document::Severity;
use crate::policy::verdict::{Counts, Status, Verdict};
use crate::text::excerpt;
use crate::timestamp::Timestamp;

/// What a sweep has found so far. Its size does not grow with the fleet, and the sweep carries it
/// along when it goes on in another invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many instances were judged, and how.
    pub counts: Counts,
    /// How many violate something, but may still be tagged: they are not among `counts`.
    pub provisional: u64,
    /// How many the policy is not for.
    pub out_of_scope: u64,
    pub(super) severity: Option<Severity>,
    pub(super) by_tag: BTreeMap<String, TagCounts>,
    pub(super) by_owner: HashMap<String, u64>,
    pub(super) of_more_owners: u64,
    /// How many violations each exemption no longer accepts, by its place in the policy.
    pub(super) unexempted: BTreeMap<usize, u64>,
    pub(super) oldest: BTreeSet<Violation>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TagCounts {
    pub(super) missing: u64,
    pub(super) invalid: u64,
    pub(super) forbidden: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Violation {
    age: Age,
    pub(super) line: String,
}

/// Sorts the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Age {
    LaunchedAt(Timestamp),
    Unknown,
}

impl Totals {
    /// The most violations that a digest names; the audit log names all.
    pub const MAX_LISTED: usize = 100;
    /// The most owners whose violations are counted apart.
    pub(super) const MAX_COUNTED_OWNERS: usize = 500;
    const MAX_OWNER_CHARS: usize = 64;
    const MAX_LINE_CHARS: usize = 300;

    /// Counts a verdict that counts. This is for the few instances of a page, whose owners are all
    /// counted apart; those of a fleet are bounded by [`Totals::merge`].
    pub fn add(&mut self, policy: &TagPolicy, instance: &Instance, verdict: &Verdict<'_>) {
        let status = verdict.status();
        self.counts.add(status);
        if status != Status::NonCompliant {
            return;
        }
        self.severity = self.severity.max(verdict.severity());
        for key in &verdict.missing_tags {
            self.tag(key).missing += 1;
        }
        for tag in &verdict.invalid_tags {
            self.tag(tag.required).invalid += 1;
        }
        for rule in verdict
            .violated_rules
            .iter()
            .filter(|rule| rule.is_forbidding())
        {
            self.tag(&rule.key.text).forbidden += 1;
        }
        for exemption in &verdict.expired_exemptions {
            *self.unexempted.entry(exemption.index).or_default() += 1;
        }
        self.add_owner(policy, instance);
        self.add_line(instance, verdict);
    }

    /// Counts the totals of a page.
    pub fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        self.provisional += other.provisional;
        self.out_of_scope += other.out_of_scope;
        self.severity = self.severity.max(other.severity);
        for (key, counts) in other.by_tag {
            let tag = self.tag(&key);
            tag.missing += counts.missing;
            tag.invalid += counts.invalid;
            tag.forbidden += counts.forbidden;
        }
        for (owner, violations) in other.by_owner {
            let is_counted = self.by_owner.contains_key(&owner);
            if is_counted || self.by_owner.len() < Self::MAX_COUNTED_OWNERS {
                *self.by_owner.entry(owner).or_default() += violations;
            } else {
                self.of_more_owners += violations;
            }
        }
        self.of_more_owners += other.of_more_owners;
        for (exemption, violations) in other.unexempted {
            *self.unexempted.entry(exemption).or_default() += violations;
        }
        self.oldest.extend(other.oldest);
        while self.oldest.len() > Self::MAX_LISTED {
            self.oldest.pop_last();
        }
    }

    /// The counts of a tag of the policy.
    fn tag(&mut self, key: &str) -> &mut TagCounts {
        self.by_tag.entry(key.to_owned()).or_default()
    }

    fn add_owner(&mut self, policy: &TagPolicy, instance: &Instance) {
        let owner = instance.tags.get(policy.owner_tag());
        let owner = owner.map_or("", |owner| owner.trim());
        let owner = excerpt(owner, Self::MAX_OWNER_CHARS);
        *self.by_owner.entry(owner).or_default() += 1;
    }

    fn add_line(&mut self, instance: &Instance, verdict: &Verdict<'_>) {
        let age = instance.launched_at.map_or(Age::Unknown, Age::LaunchedAt);
        let is_full = self.oldest.len() == Self::MAX_LISTED;
        let is_youngest = |youngest: &Violation| youngest.age < age;
        if is_full && self.oldest.last().is_some_and(is_youngest) {
            return;
        }
        let line = excerpt(&violation(instance, verdict), Self::MAX_LINE_CHARS);
        self.oldest.insert(Violation { age, line });
        if is_full {
            self.oldest.pop_last();
        }
    }
}

/// What is wrong with an instance, on one line.
fn violation(instance: &Instance, verdict: &Verdict<'_>) -> String {
    let parts = [
        ("missing", list(verdict.missing_tags.iter().copied())),
        (
            "invalid",
            list(verdict.invalid_tags.iter().map(|tag| tag.key)),
        ),
        (
            "forbidden",
            list(verdict.forbidden_tags.iter().map(|tag| tag.key)),
        ),
    ];
    let parts = parts.iter().filter(|(_, keys)| !keys.is_empty());
    let parts: Vec<_> = parts.map(|(what, keys)| format!("{what} {keys}")).collect();
    let launched = instance
        .launched_at
        .map_or_else(String::new, |at| format!(", launched {}", at.date()));
    let Instance { id, state, .. } = instance;
    format!("{id} ({state}{launched}): {}", parts.join("; "))
}
