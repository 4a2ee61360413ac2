//! Counts by tag, owner and region.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tag_compliance_checker::policy::verdict::{Counts, Status, Verdict};

use super::Row;
use crate::shown::share;

/// How often a tag of the policy is violated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TagTotals<'a> {
    pub key: &'a str,
    pub missing: u64,
    pub invalid: u64,
    pub forbidden: u64,
}

impl TagTotals<'_> {
    pub fn total(&self) -> u64 {
        self.missing + self.invalid + self.forbidden
    }
}

/// The instances of an owner or a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group<'a> {
    pub name: Option<&'a str>,
    pub counts: Counts,
}

impl Group<'_> {
    /// The share of the compliant ones; none where there are none.
    pub fn share(&self) -> Option<String> {
        share(self.counts.compliant, self.counts.checked())
    }
}

#[derive(Default)]
pub struct Tally<'a> {
    pub total: Counts,
    tags: BTreeMap<&'a str, TagTotals<'a>>,
    owners: BTreeMap<Option<&'a str>, Counts>,
    regions: BTreeMap<Option<&'a str>, Counts>,
    /// Violations that an exemption once accepted, by its place in the policy.
    unexempted: BTreeMap<usize, u64>,
}

impl<'a> Tally<'a> {
    /// Has a region appear, also where it holds no instance.
    pub fn add_region(&mut self, region: &'a str) {
        self.regions.entry(Some(region)).or_default();
    }

    pub fn add(&mut self, row: &Row<'a>) {
        let status = row.verdict.status();
        self.total.add(status);
        self.owners.entry(row.owner).or_default().add(status);
        let region = self.regions.entry(Some(row.region));
        region.or_default().add(status);
        if status == Status::NonCompliant {
            self.add_violations(&row.verdict);
        }
    }

    fn add_violations(&mut self, verdict: &Verdict<'a>) {
        for key in &verdict.missing_tags {
            self.tag(key).missing += 1;
        }
        for tag in &verdict.invalid_tags {
            self.tag(tag.required).invalid += 1;
        }
        let forbidding = verdict.violated_rules.iter();
        for rule in forbidding.filter(|rule| rule.is_forbidding()) {
            self.tag(&rule.key.text).forbidden += 1;
        }
        for exemption in &verdict.expired_exemptions {
            *self.unexempted.entry(exemption.index).or_default() += 1;
        }
    }

    fn tag(&mut self, key: &'a str) -> &mut TagTotals<'a> {
        let new = || TagTotals {
            key,
            ..TagTotals::default()
        };
        self.tags.entry(key).or_insert_with(new)
    }

    /// The violated tags, the most violated first.
    pub fn by_tag(&self) -> Vec<TagTotals<'a>> {
        let mut tags: Vec<_> = self.tags.values().copied().collect();
        tags.sort_by_key(|tag| Reverse(tag.total()));
        tags
    }

    pub fn by_owner(&self) -> Vec<Group<'a>> {
        groups(&self.owners)
    }

    pub fn by_region(&self) -> Vec<Group<'a>> {
        groups(&self.regions)
    }

    /// How many violations an exemption no longer accepts.
    pub fn unexempted(&self, index: usize) -> u64 {
        self.unexempted.get(&index).copied().unwrap_or(0)
    }
}

/// Those of most violations first.
fn groups<'a>(counts: &BTreeMap<Option<&'a str>, Counts>) -> Vec<Group<'a>> {
    let groups = counts.iter();
    let mut groups: Vec<_> = groups
        .map(|(&name, &counts)| Group { name, counts })
        .collect();
    groups.sort_by_key(|group| Reverse(group.counts.non_compliant));
    groups
}
