//! Counts by owner and region, beside those of the core.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tag_compliance_core::tally::{Counts, Tally};
use tag_compliance_core::text::{Untrusted, percent};

use super::Row;

/// The instances of an owner or a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group<Name> {
    pub name: Name,
    pub counts: Counts,
}

impl<Name> Group<Name> {
    /// The share of the compliant ones; none where there are none.
    pub fn share(&self) -> Option<String> {
        percent(self.counts.compliant, self.counts.checked())
    }
}

/// What a scan counts.
#[derive(Default)]
pub struct ScanTally<'a> {
    pub all: Tally,
    owners: BTreeMap<Option<Untrusted<'a>>, Counts>,
    regions: BTreeMap<&'a str, Counts>,
}

impl<'a> ScanTally<'a> {
    /// Has a region appear, also where it holds no instance.
    pub fn add_region(&mut self, region: &'a str) {
        self.regions.entry(region).or_default();
    }

    pub fn add(&mut self, row: &Row<'a>) {
        let status = row.status();
        self.all.add(&row.evaluation);
        self.owners.entry(row.owner).or_default().add(status);
        self.regions.entry(row.region).or_default().add(status);
    }

    /// The owners, those of most violations first; none for the instances of nobody.
    pub fn by_owner(&self) -> Vec<Group<Option<Untrusted<'a>>>> {
        groups(&self.owners)
    }

    /// The regions, those of most violations first.
    pub fn by_region(&self) -> Vec<Group<&'a str>> {
        groups(&self.regions)
    }
}

fn groups<Name: Copy>(counts: &BTreeMap<Name, Counts>) -> Vec<Group<Name>> {
    let groups = counts.iter();
    let mut groups: Vec<_> = groups
        .map(|(&name, &counts)| Group { name, counts })
        .collect();
    groups.sort_by_key(|group| Reverse(group.counts.non_compliant));
    groups
}
