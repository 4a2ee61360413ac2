//! What a scan found, independent of the format.

mod aside;
pub mod baseline;
pub mod changes;
pub mod comparison;
pub mod csv;
pub mod error;
pub mod filter;
pub mod fixes;
pub mod html;
pub mod json;
pub mod markdown;
mod money;
pub mod prices;
mod row;
pub mod script;
mod summary;
pub mod table;
mod tally;
pub mod violation;

use std::collections::{BTreeMap, BTreeSet};

use tag_compliance_core::evaluation::Status;
use tag_compliance_core::instance::{AccountId, InstanceState};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::exemption::Exemption;
use tag_compliance_core::text::Untrusted;
use tag_compliance_core::timestamp::Timestamp;

use self::aside::Upcoming;
use self::baseline::{Baseline, Now};
use self::comparison::Comparison;
use self::filter::Filter;
use self::prices::Prices;
use self::row::Evaluator;
pub use self::row::Row;
use self::tally::ScanTally;
pub use self::tally::{Group, OfTag};
use crate::fleet::{Fleet, UnreadRegion};

/// Defines every share of a report.
pub const SHARE: &str = "A share is the compliant instances out of all checked (compliant, non-compliant and exempt), rounded half up; 100% means all of them.";

/// Defines every amount of a report.
pub const COST: &str = "Costs are the price file's, a month, for each instance's current state: a stopped instance \
                        counts as free, although its volumes are not.";

/// What a scan is asked.
pub struct Question {
    pub policy: TagPolicy,
    pub policy_name: String,
    pub made_at: Timestamp,
    /// When to evaluate, if not now.
    pub at: Option<Timestamp>,
    /// Whether it also lists the compliant and exempt instances.
    pub lists_all: bool,
    pub filter: Filter,
    pub prices: Option<Prices>,
    pub baseline: Option<(Baseline, String)>,
    pub other_policy: Option<(TagPolicy, String)>,
}

/// What a scan found.
pub struct Report<'a> {
    pub made_at: Timestamp,
    /// When it was evaluated, if not now.
    pub at: Option<Timestamp>,
    pub policy: &'a TagPolicy,
    pub policy_name: &'a str,
    pub filter: &'a Filter,
    pub regions: Vec<&'a str>,
    /// The regions that could not be read, whose instances are not in the report.
    pub unread: &'a [UnreadRegion],
    pub states: &'a [InstanceState],
    /// The accounts that own what was found.
    pub accounts: BTreeSet<&'a AccountId>,
    pub total: Group<()>,
    /// The violated tags, the most violated first.
    pub by_tag: Vec<OfTag>,
    /// The owners with the most violations first; nameless if the tag is absent.
    pub by_owner: Vec<Group<Option<Untrusted<'a>>>>,
    pub by_account: Vec<Group<&'a AccountId>>,
    pub by_region: Vec<Group<&'a str>>,
    /// Violations by severity, the worst first.
    pub by_severity: Vec<Group<Option<Severity>>>,
    /// Whether there are prices.
    pub has_costs: bool,
    /// The instances without a price, counted by region and type.
    pub unpriced: BTreeMap<(&'a str, &'a str), u64>,
    /// What is violated but not enforced yet.
    pub upcoming: Vec<Upcoming<'a>>,
    /// The expired exemptions, each with the violations that it once accepted.
    pub expired_exemptions: Vec<(&'a Exemption, u64)>,
    pub comparisons: Vec<Comparison<'a>>,
    /// The listed instances: the worst first, then the oldest.
    pub rows: Vec<Row<'a>>,
    /// How many instances were read.
    read: usize,
}

impl<'a> Report<'a> {
    /// Evaluates a fleet. Lists the violations, or everything that was evaluated.
    pub fn new(fleet: &'a Fleet, question: &'a Question) -> Self {
        let Question {
            policy,
            filter,
            made_at,
            ..
        } = question;
        let evaluator = Evaluator {
            policy,
            owners: policy,
            at: question.at.unwrap_or(*made_at),
            prices: question.prices.as_ref(),
            filter,
        };
        let mut tally = ScanTally::default();
        let mut regions: Vec<&str> = Vec::new();
        for regional in &fleet.regions {
            tally.add_region(&regional.region);
            // Several profiles may read the same region.
            if !regions.contains(&regional.region.as_str()) {
                regions.push(&regional.region);
            }
        }
        let mut rows = evaluator.rows(fleet);
        for row in &rows {
            tally.add(row);
        }
        let comparisons = comparisons(question, fleet, &evaluator, &regions, &rows);
        let unpriced = unpriced(&evaluator, &rows);
        let upcoming = aside::upcoming(&rows);
        rows.retain(|row| match row.status() {
            Status::OutOfScope => false,
            Status::NonCompliant => filter.lists(row.evaluation.severity()),
            Status::Compliant | Status::Exempt => question.lists_all || row.has_upcoming(filter),
        });
        for row in &mut rows {
            row.limit(filter);
        }
        rows.sort_by(|left, right| left.by_severity().cmp(&right.by_severity()));
        let instances = fleet.regions.iter().flat_map(|it| &it.instances);
        let expired = policy.expired_exemptions(evaluator.at);
        Self {
            made_at: *made_at,
            at: question.at,
            policy,
            policy_name: &question.policy_name,
            filter,
            regions,
            unread: &fleet.unread,
            states: &fleet.states,
            read: instances.clone().count(),
            accounts: instances.filter_map(|it| it.account_id.as_ref()).collect(),
            total: tally.total,
            by_tag: tally.by_tag(),
            by_owner: tally.by_owner(),
            by_account: tally.by_account(),
            by_region: tally.by_region(),
            by_severity: tally.by_severity(),
            has_costs: question.prices.is_some(),
            unpriced,
            upcoming,
            expired_exemptions: expired
                .map(|it| (it, tally.all.unexempted(it.index)))
                .collect(),
            comparisons,
            rows,
        }
    }

    /// Whether a listed instance violates the policy.
    pub fn has_violations(&self) -> bool {
        self.rows
            .iter()
            .any(|row| row.status() == Status::NonCompliant)
    }

    /// Whether any finding has a severity.
    pub fn has_severities(&self) -> bool {
        self.rows
            .iter()
            .any(|row| row.evaluation.severity().is_some())
    }
}

fn comparisons<'a>(
    question: &'a Question,
    fleet: &'a Fleet,
    evaluator: &Evaluator<'a>,
    regions: &[&str],
    rows: &[Row<'a>],
) -> Vec<Comparison<'a>> {
    let instances = fleet.regions.iter().flat_map(|it| &it.instances);
    let accounts = instances.filter_map(|it| it.account_id.as_ref());
    let accounts: BTreeSet<_> = accounts.map(AccountId::as_str).collect();
    let baseline = question.baseline.as_ref().map(|(baseline, name)| {
        let now = Now {
            policy_hash: question.policy.fingerprint(),
            regions,
            accounts: &accounts,
            states: &fleet.states,
            filter: &question.filter,
        };
        Comparison::with_baseline((baseline, name), &now, fleet, rows)
    });
    let today = question
        .at
        .map(|_| Comparison::with_today(question.made_at, evaluator, fleet, rows));
    let policy = question
        .other_policy
        .as_ref()
        .map(|(policy, name)| Comparison::with_policy((policy, name), evaluator, fleet, rows));
    baseline.into_iter().chain(today).chain(policy).collect()
}

/// The checked instances without a price, if there are prices.
fn unpriced<'a>(evaluator: &Evaluator<'a>, rows: &[Row<'a>]) -> BTreeMap<(&'a str, &'a str), u64> {
    let mut unpriced = BTreeMap::new();
    let checked = rows.iter().filter(|row| row.status() != Status::OutOfScope);
    let without = checked.filter(|row| evaluator.prices.is_some() && row.cost.is_none());
    for row in without {
        let instance_type = row.instance_type().unwrap_or("of unknown type");
        *unpriced.entry((row.region, instance_type)).or_default() += 1;
    }
    unpriced
}
