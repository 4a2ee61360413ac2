//! The differences between two evaluations of a fleet, tag by tag.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::instance::AccountId;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::text::Untrusted;

use super::Row;
use super::money::Usd;

/// The open violations of an instance.
#[derive(Debug, Clone)]
pub struct Open<'a> {
    pub id: &'a str,
    pub region: &'a str,
    pub account: Option<&'a str>,
    pub name: Option<Untrusted<'a>>,
    pub owner: Option<Untrusted<'a>>,
    pub cost: Option<Usd>,
    /// By the tag's key, with the text on one line.
    pub violations: Vec<(&'a str, String)>,
}

/// What differs.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes<'a> {
    /// Violated after, but not before.
    pub new: Vec<Changed<'a>>,
    /// Violated before, but no longer.
    pub fixed: Vec<Changed<'a>>,
    /// Violated by instances that are gone.
    pub ended: Vec<Changed<'a>>,
    /// How many violations are unchanged.
    pub still_open: usize,
    /// The owners with differences, those with the most new ones first.
    pub by_owner: Vec<OwnerChange<'a>>,
}

/// The violations of an instance that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed<'a> {
    pub instance_id: &'a str,
    pub region: &'a str,
    pub name: Option<Untrusted<'a>>,
    pub owner: Option<Untrusted<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_usd: Option<Usd>,
    /// In words, on one line each.
    pub violations: Vec<String>,
}

/// How many violations of an owner differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerChange<'a> {
    pub owner: Option<Untrusted<'a>>,
    pub new: usize,
    pub fixed: usize,
    /// What the instances with new ones cost a month, if there are prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_usd: Option<Usd>,
}

impl<'a> Open<'a> {
    /// From the non-compliant rows.
    pub fn of(rows: &[Row<'a>]) -> Vec<Self> {
        Self::listed(rows, |_| true)
    }

    /// From the non-compliant rows, as far as their severities are listed.
    pub fn listed(rows: &[Row<'a>], is_listed: impl Fn(Option<Severity>) -> bool) -> Vec<Self> {
        let rows = rows.iter();
        let violations = rows.filter(|row| row.status() == Status::NonCompliant);
        violations
            .map(|row| Self {
                id: row.instance.id.as_str(),
                region: row.region,
                account: row.instance.account_id.as_ref().map(AccountId::as_str),
                name: row.name(),
                owner: row.owner,
                cost: row.cost,
                violations: row
                    .violations
                    .iter()
                    .filter(|it| is_listed(it.severity))
                    .map(|it| (it.key.raw(), it.text.clone()))
                    .collect(),
            })
            .collect()
    }

    /// Its violations without one about the same tag in another evaluation; none if that has them all.
    fn without(&self, other: Option<&Self>) -> Option<Changed<'a>> {
        let others = other.map_or(&[][..], |other| &other.violations);
        let is_known = |key: &str| others.iter().any(|(it, _)| it.eq_ignore_ascii_case(key));
        let violations: Vec<_> = self
            .violations
            .iter()
            .filter(|(key, _)| !is_known(key))
            .map(|(_, text)| text.clone())
            .collect();
        (!violations.is_empty()).then_some(Changed {
            instance_id: self.id,
            region: self.region,
            name: self.name,
            owner: self.owner,
            monthly_usd: self.cost,
            violations,
        })
    }
}

impl<'a> Changes<'a> {
    /// The differences between two evaluations; `is_there` says whether an instance still exists.
    pub fn between(
        before: &[Open<'a>],
        after: &[Open<'a>],
        is_there: impl Fn(&str) -> bool,
    ) -> Self {
        let (was, is) = (by_id(before), by_id(after));
        let new: Vec<_> = after
            .iter()
            .filter_map(|open| open.without(was.get(open.id).copied()))
            .collect();
        let gone = before
            .iter()
            .filter_map(|open| open.without(is.get(open.id).copied()));
        let (fixed, ended): (Vec<_>, Vec<_>) = gone.partition(|it| is_there(it.instance_id));
        let open: usize = after.iter().map(|it| it.violations.len()).sum();
        Self {
            still_open: open - count(&new),
            by_owner: by_owner(&new, &fixed),
            new,
            fixed,
            ended,
        }
    }

    /// How many violations are new, fixed, and on instances that are gone.
    pub fn counts(&self) -> [usize; 3] {
        [&self.new, &self.fixed, &self.ended].map(|changed| count(changed))
    }
}

fn by_id<'o, 'a>(opens: &'o [Open<'a>]) -> BTreeMap<&'a str, &'o Open<'a>> {
    opens.iter().map(|open| (open.id, open)).collect()
}

fn count(changed: &[Changed<'_>]) -> usize {
    changed.iter().map(|it| it.violations.len()).sum()
}

fn by_owner<'a>(new: &[Changed<'a>], fixed: &[Changed<'a>]) -> Vec<OwnerChange<'a>> {
    let mut owners: BTreeMap<Option<Untrusted<'a>>, OwnerChange<'a>> = BTreeMap::new();
    let mut of = |changed: &Changed<'a>, add: &dyn Fn(&mut OwnerChange<'a>)| {
        add(owners.entry(changed.owner).or_insert(OwnerChange {
            owner: changed.owner,
            new: 0,
            fixed: 0,
            monthly_usd: None,
        }));
    };
    for changed in new {
        of(changed, &|owner| {
            owner.new += changed.violations.len();
            let costs = owner.monthly_usd.into_iter().chain(changed.monthly_usd);
            owner.monthly_usd = costs.reduce(|sum, cost| [sum, cost].into_iter().sum());
        });
    }
    for changed in fixed {
        of(changed, &|owner| owner.fixed += changed.violations.len());
    }
    let mut owners: Vec<_> = owners.into_values().collect();
    owners.sort_by_key(|owner| Reverse(owner.new));
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(id: &'static str, owner: &'static str, keys: &[&'static str]) -> Open<'static> {
        Open {
            id,
            region: "r",
            account: None,
            name: None,
            owner: Some(Untrusted::new(owner)),
            cost: "2.5".parse().ok(),
            violations: keys
                .iter()
                .map(|key| (*key, format!("{key}: missing")))
                .collect(),
        }
    }

    #[test]
    fn each_violation_is_new_fixed_still_open_or_ended() {
        let before = [
            open("a", "web", &["Owner", "Stage"]),
            open("b", "web", &["Owner"]),
            open("c", "data", &["Owner"]),
            open("d", "data", &["Owner"]),
        ];
        let after = [
            open("a", "web", &["owner", "Cost"]),
            open("d", "data", &["Owner"]),
            open("e", "data", &["Owner", "Stage"]),
        ];
        let changes = Changes::between(&before, &after, |id| id != "c");
        let ids = |changed: &[Changed<'_>]| {
            let ids = changed.iter();
            ids.map(|it| format!("{} {}", it.instance_id, it.violations.join(", ")))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            ids(&changes.new),
            ["a Cost: missing", "e Owner: missing, Stage: missing"]
        );
        assert_eq!(
            ids(&changes.fixed),
            ["a Stage: missing", "b Owner: missing"]
        );
        assert_eq!(ids(&changes.ended), ["c Owner: missing"]);
        assert_eq!(changes.still_open, 2);
        assert_eq!(changes.counts(), [3, 2, 1]);
        let owners = changes.by_owner.iter();
        let owners: Vec<_> = owners
            .map(|it| {
                (
                    it.owner.unwrap().raw(),
                    it.new,
                    it.fixed,
                    it.monthly_usd.unwrap().to_string(),
                )
            })
            .collect();
        assert_eq!(
            owners,
            [
                ("data", 2, 0, "$2.50".to_owned()),
                ("web", 1, 2, "$2.50".to_owned())
            ]
        );
    }
}
