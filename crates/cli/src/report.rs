//! What a scan has found, once for every format.

pub mod csv;
pub mod fixes;
pub mod html;
pub mod json;
pub mod markdown;
pub mod table;
mod tally;

use std::collections::BTreeSet;
use std::fmt::Write;

use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::fix::Fix;
use tag_compliance_core::instance::{AccountId, Instance, InstanceState};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::exemption::Exemption;
use tag_compliance_core::subject::Subject;
use tag_compliance_core::tally::{Counts, TagCounts};
use tag_compliance_core::text::{Untrusted, percent};
use tag_compliance_core::timestamp::Timestamp;

pub use self::tally::Group;
use self::tally::ScanTally;
use crate::fleet::{Fleet, RegionalFleet, UnreadRegion};
use crate::shown::span;

/// What a scan has found.
pub struct Report<'a> {
    pub made_at: Timestamp,
    pub policy: &'a TagPolicy,
    pub policy_name: String,
    pub regions: Vec<&'a str>,
    /// The regions that could not be read: what runs there is not in the report.
    pub unread: &'a [UnreadRegion],
    pub states: &'a [InstanceState],
    /// The accounts that own what was found.
    pub accounts: BTreeSet<&'a AccountId>,
    pub counts: Counts,
    /// The violated tags, the most violated first.
    pub by_tag: Vec<(String, TagCounts)>,
    /// The owners, those of most violations first; nameless where the tag is not there.
    pub by_owner: Vec<Group<Option<Untrusted<'a>>>>,
    pub by_region: Vec<Group<&'a str>>,
    /// The exemptions that no longer count, with the violations that they once accepted.
    pub expired_exemptions: Vec<(&'a Exemption, u64)>,
    /// The instances that are listed, the oldest first.
    pub rows: Vec<Row<'a>>,
}

/// An instance that is listed.
pub struct Row<'a> {
    pub instance: &'a Instance,
    pub region: &'a str,
    pub owner: Option<Untrusted<'a>>,
    pub evaluation: Evaluation<'a>,
    /// Where to fix what it violates.
    pub fix: Option<Fix<'a>>,
    now: Timestamp,
}

impl<'a> Report<'a> {
    /// Evaluates a fleet. Lists the violations, or all that was evaluated.
    pub fn new(
        fleet: &'a Fleet,
        policy: &'a TagPolicy,
        policy_name: String,
        made_at: Timestamp,
        lists_all: bool,
    ) -> Self {
        let mut tally = ScanTally::default();
        let mut rows = Vec::new();
        for regional in &fleet.regions {
            tally.add_region(&regional.region);
            for instance in &regional.instances {
                let row = Row::new(regional, instance, policy, made_at);
                if row.status() == Status::OutOfScope {
                    tally.all.add(&row.evaluation);
                    continue;
                }
                tally.add(&row);
                if lists_all || row.status() == Status::NonCompliant {
                    rows.push(row);
                }
            }
        }
        rows.sort_by(|left, right| left.order().cmp(&right.order()));
        let instances = fleet.regions.iter().flat_map(|it| &it.instances);
        let accounts = instances.filter_map(|it| it.account_id.as_ref());
        let expired = policy.expired_exemptions(made_at);
        Self {
            made_at,
            policy,
            policy_name,
            regions: fleet.regions.iter().map(|it| it.region.as_str()).collect(),
            unread: &fleet.unread,
            states: &fleet.states,
            accounts: accounts.collect(),
            counts: tally.all.counts,
            by_tag: tally
                .all
                .by_tag()
                .into_iter()
                .map(|(key, counts)| (key.to_owned(), counts))
                .collect(),
            by_owner: tally.by_owner(),
            by_region: tally.by_region(),
            expired_exemptions: expired
                .map(|it| (it, tally.all.unexempted(it.index)))
                .collect(),
            rows,
        }
    }

    /// The totals in a sentence.
    pub fn summary(&self) -> String {
        let Counts {
            compliant,
            non_compliant,
            exempt,
            out_of_scope,
        } = self.counts;
        let checked = self.counts.checked();
        let share = percent(compliant, checked).map(|share| format!(" ({share})"));
        let share = share.unwrap_or_default();
        let mut text = format!(
            "{checked} checked: {compliant} compliant{share}, {non_compliant} non-compliant"
        );
        for (count, what) in [(exempt, "exempt"), (out_of_scope, "out of scope")] {
            if count > 0 {
                // Writing to a string does not fail.
                let _ = write!(text, ", {count} {what}");
            }
        }
        if !self.unread.is_empty() {
            let regions: Vec<_> = self.unread.iter().map(|it| it.region.as_str()).collect();
            let _ = write!(text, "; not read: {}", regions.join(", "));
        }
        text
    }

    /// Whether the policy says how bad something is that was found.
    pub fn has_severities(&self) -> bool {
        self.rows
            .iter()
            .any(|row| row.evaluation.severity().is_some())
    }
}

impl<'a> Row<'a> {
    fn new(
        regional: &'a RegionalFleet,
        instance: &'a Instance,
        policy: &'a TagPolicy,
        now: Timestamp,
    ) -> Self {
        let region = &regional.region;
        let subject = Subject {
            instance,
            region,
            now,
        };
        let evaluation = policy.evaluate(&subject);
        Self {
            instance,
            region,
            owner: policy.owner_of(instance),
            fix: Fix::of(&subject, &evaluation, policy, |_| true),
            evaluation,
            now,
        }
    }

    pub fn status(&self) -> Status {
        self.evaluation.status()
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
    pub fn name(&self) -> Option<Untrusted<'a>> {
        self.instance.tags.get("Name")
    }

    pub fn severity(&self) -> Option<&'static str> {
        self.evaluation.severity().map(Severity::as_str)
    }
}
