//! Counts and costs by owner, account, region, severity and tag, independent of the format.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tag_compliance_core::evaluation::Status;
use tag_compliance_core::instance::AccountId;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::tally::{Counts, TagCounts, Tally};
use tag_compliance_core::text::{Untrusted, percent};

use super::Row;
use super::money::Usd;

/// What instances cost a month, by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Costs {
    pub compliant: Usd,
    pub non_compliant: Usd,
    pub exempt: Usd,
    /// The instances of these statuses without a price, which no total includes.
    pub unpriced: u64,
}

/// The instances of an owner, an account, a region or a severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group<Name> {
    pub name: Name,
    pub counts: Counts,
    pub costs: Costs,
}

/// The violations of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfTag {
    pub key: String,
    pub counts: TagCounts,
    /// What the instances that violate it cost.
    pub cost: Usd,
}

impl Costs {
    fn add(&mut self, status: Status, cost: Option<Usd>) {
        match (status, cost) {
            (Status::OutOfScope, _) => {}
            (_, None) => self.unpriced += 1,
            (Status::Compliant, Some(cost)) => self.compliant += cost,
            (Status::NonCompliant, Some(cost)) => self.non_compliant += cost,
            (Status::Exempt, Some(cost)) => self.exempt += cost,
        }
    }

    /// The cost of everything checked.
    pub fn checked(self) -> Usd {
        [self.compliant, self.non_compliant, self.exempt]
            .into_iter()
            .sum()
    }

    /// The compliant share of the cost; none if nothing costs anything.
    pub fn share(self) -> Option<String> {
        percent(self.compliant.nanos(), self.checked().nanos())
    }

    /// The sum and the share.
    pub fn words(self) -> String {
        match self.share() {
            Some(share) => format!("{} ({share})", self.checked()),
            None => self.checked().to_string(),
        }
    }
}

impl<Name> Group<Name> {
    fn new(name: Name) -> Self {
        Self {
            name,
            counts: Counts::default(),
            costs: Costs::default(),
        }
    }

    fn add(&mut self, row: &Row<'_>) {
        self.counts.add(row.status());
        self.costs.add(row.status(), row.cost);
    }

    /// Its numbers without its name.
    pub fn nameless(&self) -> Group<()> {
        Group {
            name: (),
            counts: self.counts,
            costs: self.costs,
        }
    }

    /// The compliant share of the checked instances; none if there are none.
    pub fn share(&self) -> Option<String> {
        percent(self.counts.compliant, self.counts.checked())
    }
}

/// What a scan counts.
#[derive(Default)]
pub struct ScanTally<'a> {
    pub all: Tally,
    pub total: Group<()>,
    owners: Groups<Option<Untrusted<'a>>>,
    accounts: Groups<&'a AccountId>,
    regions: Groups<&'a str>,
    severities: Groups<Option<Severity>>,
    tags: BTreeMap<&'a str, Usd>,
}

type Groups<Name> = BTreeMap<Name, Group<Name>>;

impl<'a> ScanTally<'a> {
    /// Makes a region appear even if it has no instances.
    pub fn add_region(&mut self, region: &'a str) {
        group(&mut self.regions, region);
    }

    pub fn add(&mut self, row: &Row<'a>) {
        self.all.add(&row.evaluation);
        self.total.add(row);
        if row.status() == Status::OutOfScope {
            return;
        }
        group(&mut self.owners, row.owner).add(row);
        group(&mut self.regions, row.region).add(row);
        if let Some(account) = &row.instance.account_id {
            group(&mut self.accounts, account).add(row);
        }
        if row.status() == Status::NonCompliant {
            group(&mut self.severities, row.evaluation.severity()).add(row);
            let rules = row.evaluation.violated_rules.iter();
            let mut keys: Vec<_> = rules.map(|rule| rule.key.text.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                *self.tags.entry(key).or_default() += row.cost.unwrap_or_default();
            }
        }
    }

    /// The violated tags, the most violated first.
    pub fn by_tag(&self) -> Vec<OfTag> {
        let tags = self.all.by_tag().into_iter();
        tags.map(|(key, counts)| OfTag {
            key: key.to_owned(),
            counts,
            cost: self.tags.get(key).copied().unwrap_or_default(),
        })
        .collect()
    }

    /// The owners with the most violations first; `None` for instances without an owner.
    pub fn by_owner(&self) -> Vec<Group<Option<Untrusted<'a>>>> {
        most_violations_first(&self.owners)
    }

    /// The accounts with the most violations first.
    pub fn by_account(&self) -> Vec<Group<&'a AccountId>> {
        most_violations_first(&self.accounts)
    }

    /// The regions with the most violations first.
    pub fn by_region(&self) -> Vec<Group<&'a str>> {
        most_violations_first(&self.regions)
    }

    /// Violations by severity, the worst first.
    pub fn by_severity(&self) -> Vec<Group<Option<Severity>>> {
        self.severities.values().rev().copied().collect()
    }
}

fn group<Name: Copy + Ord>(groups: &mut Groups<Name>, name: Name) -> &mut Group<Name> {
    groups.entry(name).or_insert_with(|| Group::new(name))
}

fn most_violations_first<Name: Copy>(groups: &Groups<Name>) -> Vec<Group<Name>> {
    let mut groups: Vec<_> = groups.values().copied().collect();
    groups.sort_by_key(|group| Reverse(group.counts.non_compliant));
    groups
}
