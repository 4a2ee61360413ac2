//! What the listed instances of each Auto Scaling group want of it.

use std::collections::BTreeMap;

use tag_compliance_core::fix::GroupTags;
use tag_compliance_core::instance::AccountId;

use crate::report::{Report, Row};

/// An account, if known, a region and a name.
type Id<'a> = (Option<&'a AccountId>, &'a str, &'a str);

/// The groups of a report.
pub struct Groups<'a>(BTreeMap<Id<'a>, GroupTags>);

impl<'a> Groups<'a> {
    /// Those of the listed instances.
    pub fn of(report: &'a Report<'_>) -> Self {
        let mut groups = BTreeMap::new();
        for (row, wanted) in report.rows.iter().flat_map(each) {
            let known = groups.entry(id(row.instance.account_id.as_ref(), wanted));
            known
                .and_modify(|it: &mut GroupTags| it.add(wanted))
                .or_insert_with(|| wanted.clone());
        }
        for (row, wanted) in report.rows.iter().flat_map(each) {
            let tags = &row.instance.tags;
            let id = id(row.instance.account_id.as_ref(), wanted);
            groups.entry(id).and_modify(|group| {
                group.add_present(tags, |key| {
                    let is_wanted = each(row).any(|(_, it)| it.wants(key));
                    !is_wanted && !report.policy.masks(key)
                });
            });
        }
        Self(groups)
    }

    /// The same tags of the same group, with what all its instances want.
    pub fn settled(&self, account: Option<&AccountId>, own: &GroupTags) -> Option<GroupTags> {
        let group = self.0.get(&id(account, own)).cloned();
        group.map(|group| group.limited_to(own))
    }
}

fn id<'a>(account: Option<&'a AccountId>, group: &'a GroupTags) -> Id<'a> {
    let (region, name) = group.id();
    (account, region, name)
}

/// What an instance wants of its group, now and by day.
fn each<'r, 'a>(row: &'r Row<'a>) -> impl Iterator<Item = (&'r Row<'a>, &'r GroupTags)> {
    let upcoming = row.upcoming_fixes.iter().map(|(_, fix)| fix);
    let fixes = row.fix.iter().chain(upcoming);
    fixes.filter_map(move |fix| Some((row, fix.group.as_ref()?)))
}
