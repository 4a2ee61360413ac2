//! What a scan has found, once for every format.

pub mod csv;
pub mod html;
pub mod json;
pub mod markdown;
pub mod table;
mod tally;

use std::collections::BTreeSet;
use std::fmt::Write;

use tag_compliance_checker::instance::{Instance, InstanceState};
use tag_compliance_checker::policy::document::Severity;
use tag_compliance_checker::policy::exemption::Exemption;
use tag_compliance_checker::policy::verdict::{Counts, Status, Verdict};
use tag_compliance_checker::policy::{Subject, TagPolicy};
use tag_compliance_checker::timestamp::Timestamp;

use self::tally::Tally;
pub use self::tally::{Group, TagTotals};
use crate::scan::fleet::{Fleet, RegionalFleet};
use crate::shown::{share, span};

/// What a scan has found.
pub struct Report<'a> {
    pub made_at: Timestamp,
    pub policy: &'a TagPolicy,
    pub policy_name: String,
    pub regions: Vec<&'a str>,
    pub states: &'a [InstanceState],
    /// The accounts that own what was found.
    pub accounts: BTreeSet<&'a str>,
    pub counts: Counts,
    pub out_of_scope: u64,
    /// The violated tags, the most violated first.
    pub by_tag: Vec<TagTotals<'a>>,
    /// The owners, those of most violations first; nameless where the tag is not there.
    pub by_owner: Vec<Group<'a>>,
    pub by_region: Vec<Group<'a>>,
    /// The exemptions that no longer count, with the violations that they once accepted.
    pub expired_exemptions: Vec<(&'a Exemption, u64)>,
    /// The instances that are listed, the oldest first.
    pub rows: Vec<Row<'a>>,
}

/// An instance that is listed.
pub struct Row<'a> {
    pub instance: &'a Instance,
    pub region: &'a str,
    pub owner: Option<&'a str>,
    pub verdict: Verdict<'a>,
    now: Timestamp,
}

impl<'a> Report<'a> {
    /// Judges a fleet. Lists the violations, or all that was judged.
    pub fn new(
        fleet: &'a Fleet,
        policy: &'a TagPolicy,
        policy_name: String,
        made_at: Timestamp,
        lists_all: bool,
    ) -> Self {
        let mut tally = Tally::default();
        let mut rows = Vec::new();
        let mut out_of_scope = 0;
        for regional in &fleet.regions {
            tally.add_region(&regional.region);
            for instance in &regional.instances {
                let Some(row) = Row::new(regional, instance, policy, made_at) else {
                    out_of_scope += 1;
                    continue;
                };
                tally.add(&row);
                if lists_all || row.status() == Status::NonCompliant {
                    rows.push(row);
                }
            }
        }
        rows.sort_by(|left, right| left.order().cmp(&right.order()));
        let instances = fleet.regions.iter().flat_map(|it| &it.instances);
        let accounts = instances.filter_map(|it| it.account_id.as_deref());
        let expired = policy.expired_exemptions(made_at);
        Self {
            made_at,
            policy,
            policy_name,
            regions: fleet.regions.iter().map(|it| it.region.as_str()).collect(),
            states: &fleet.states,
            accounts: accounts.collect(),
            counts: tally.total,
            out_of_scope,
            by_tag: tally.by_tag(),
            by_owner: tally.by_owner(),
            by_region: tally.by_region(),
            expired_exemptions: expired.map(|it| (it, tally.unexempted(it.index))).collect(),
            rows,
        }
    }

    /// The totals in a sentence.
    pub fn summary(&self) -> String {
        let Counts {
            compliant,
            non_compliant,
            exempt,
        } = self.counts;
        let checked = self.counts.checked();
        let share = share(compliant, checked).map(|share| format!(" ({share})"));
        let share = share.unwrap_or_default();
        let mut text = format!(
            "{checked} checked: {compliant} compliant{share}, {non_compliant} non-compliant"
        );
        for (count, what) in [(exempt, "exempt"), (self.out_of_scope, "out of scope")] {
            if count > 0 {
                // Writing to a string does not fail.
                let _ = write!(text, ", {count} {what}");
            }
        }
        text
    }

    /// Whether the policy says how bad something is that was found.
    pub fn has_severities(&self) -> bool {
        self.rows.iter().any(|row| row.verdict.severity().is_some())
    }
}

impl<'a> Row<'a> {
    /// None where the policy is not for the instance.
    fn new(
        regional: &'a RegionalFleet,
        instance: &'a Instance,
        policy: &'a TagPolicy,
        now: Timestamp,
    ) -> Option<Self> {
        let region = &regional.region;
        let subject = Subject {
            instance,
            region,
            now,
        };
        let owner = instance.tags.get(policy.owner_tag());
        Some(Self {
            instance,
            region,
            owner: owner.map(|it| it.trim()).filter(|it| !it.is_empty()),
            verdict: policy.judge(&subject)?,
            now,
        })
    }

    pub fn status(&self) -> Status {
        self.verdict.status()
    }

    /// The oldest come first, and those of unknown age last.
    fn order(&self) -> impl Ord + '_ {
        let launched_at = self.instance.launched_at;
        (launched_at.is_none(), launched_at, &self.instance.id)
    }

    /// How long ago it was launched.
    pub fn age(&self) -> Option<String> {
        let launched_at = self.instance.launched_at?;
        Some(span(self.now.since(launched_at)))
    }

    pub fn age_days(&self) -> Option<u64> {
        let launched_at = self.instance.launched_at?;
        Some(self.now.since(launched_at).as_secs() / (24 * 60 * 60))
    }

    /// Its tag `Name`.
    pub fn name(&self) -> Option<&str> {
        self.instance.tags.get("Name").map(String::as_str)
    }

    pub fn severity(&self) -> Option<&'static str> {
        self.verdict.severity().map(Severity::as_str)
    }
}
