//! A report as JSON for programs. Fields that the audit record also has go by the same names.

mod listed;
mod totals;

use serde::Serialize;
use tag_compliance_core::day::Day;
use tag_compliance_core::instance::{AccountId, InstanceState};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::exemption::Exemption;
use tag_compliance_core::text::Untrusted;
use tag_compliance_core::timestamp::Timestamp;

use self::listed::{Listed, listed};
use self::totals::{FleetTotals, Totals};
use super::Report;
use super::changes::Changes;
use super::comparison::{Comparison, With};
use super::filter::Filter;
use super::money::Usd;
use crate::output;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    timestamp: Timestamp,
    policy: &'a str,
    policy_hash: &'a str,
    owner_tag: &'a str,
    accounts: Vec<&'a AccountId>,
    regions: &'a [&'a str],
    unread_regions: Vec<Unread<'a>>,
    states: &'a [InstanceState],
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluated_at: Option<Timestamp>,
    filter: &'a Filter,
    totals: FleetTotals,
    by_severity: Vec<OfSeverity>,
    by_tag: Vec<ByTag<'a>>,
    by_owner: Vec<OfOwner<'a>>,
    by_account: Vec<OfAccount<'a>>,
    by_region: Vec<OfRegion<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unpriced: Vec<Unpriced<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparisons: Vec<Compared<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    upcoming: Vec<OfUpcoming<'a>>,
    expired_exemptions: Vec<Expired<'a>>,
    instances: Vec<Listed<'a>>,
}

/// A region that the totals lack.
#[derive(Serialize)]
struct Unread<'a> {
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    error: &'a str,
}

/// Instances that no total of costs includes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Unpriced<'a> {
    region: &'a str,
    instance_type: &'a str,
    instances: u64,
}

/// What differs from something else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compared<'a> {
    with: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_hash: Option<&'a str>,
    totals: Option<FleetTotals>,
    notes: &'a [String],
    #[serde(flatten)]
    changes: &'a Changes<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfSeverity {
    severity: Option<Severity>,
    non_compliant: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_usd: Option<Usd>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ByTag<'a> {
    key: &'a str,
    missing: u64,
    invalid: u64,
    forbidden: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_usd: Option<Usd>,
}

/// What is violated but not enforced yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfUpcoming<'a> {
    key: &'a str,
    enforced_from: Day,
    instances: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_usd: Option<Usd>,
}

#[derive(Serialize)]
struct OfAccount<'a> {
    account: &'a AccountId,
    #[serde(flatten)]
    totals: Totals,
}

#[derive(Serialize)]
struct OfOwner<'a> {
    owner: Option<Untrusted<'a>>,
    #[serde(flatten)]
    totals: Totals,
}

#[derive(Serialize)]
struct OfRegion<'a> {
    region: &'a str,
    #[serde(flatten)]
    totals: Totals,
}

#[derive(Serialize)]
struct Expired<'a> {
    #[serde(flatten)]
    exemption: &'a Exemption,
    violations: u64,
}

pub fn render(report: &Report<'_>) -> String {
    let by_tag = report.by_tag.iter().map(|tag| ByTag {
        key: &tag.key,
        missing: tag.counts.missing,
        invalid: tag.counts.invalid,
        forbidden: tag.counts.forbidden,
        monthly_usd: report.has_costs.then_some(tag.cost),
    });
    let by_severity = report.by_severity.iter().map(|group| OfSeverity {
        severity: group.name,
        non_compliant: group.counts.non_compliant,
        monthly_usd: report.has_costs.then_some(group.costs.non_compliant),
    });
    let by_owner = report.by_owner.iter().map(|group| OfOwner {
        owner: group.name,
        totals: Totals::of(group, report),
    });
    let by_account = report.by_account.iter().map(|group| OfAccount {
        account: group.name,
        totals: Totals::of(group, report),
    });
    let by_region = report.by_region.iter().map(|group| OfRegion {
        region: group.name,
        totals: Totals::of(group, report),
    });
    let unpriced = report.unpriced.iter();
    let unpriced = unpriced.map(|(&(region, instance_type), &instances)| Unpriced {
        region,
        instance_type,
        instances,
    });
    let upcoming = report.upcoming.iter().map(|upcoming| OfUpcoming {
        key: upcoming.key,
        enforced_from: upcoming.enforced_from,
        instances: upcoming.instances,
        monthly_usd: report.has_costs.then_some(upcoming.cost),
    });
    let expired = report.expired_exemptions.iter();
    let expired = expired.map(|&(exemption, violations)| Expired {
        exemption,
        violations,
    });
    let unread = report.unread.iter().map(|unread| Unread {
        region: &unread.region,
        profile: unread.profile.as_deref(),
        error: &unread.reason,
    });
    // This document has always been in this order.
    let mut rows: Vec<_> = report.rows.iter().collect();
    rows.sort_by(|left, right| left.by_age().cmp(&right.by_age()));
    output::json(&Document {
        timestamp: report.made_at,
        policy: report.policy_name,
        policy_hash: report.policy.fingerprint(),
        owner_tag: report.policy.owner_tag(),
        accounts: report.accounts.iter().copied().collect(),
        regions: &report.regions,
        unread_regions: unread.collect(),
        states: report.states,
        evaluated_at: report.at,
        filter: report.filter,
        totals: FleetTotals::of(report),
        by_severity: by_severity.collect(),
        unpriced: unpriced.collect(),
        comparisons: report.comparisons.iter().map(compared).collect(),
        by_tag: by_tag.collect(),
        by_owner: by_owner.collect(),
        by_account: by_account.collect(),
        by_region: by_region.collect(),
        upcoming: upcoming.collect(),
        expired_exemptions: expired.collect(),
        instances: rows.into_iter().map(listed).collect(),
    })
}

fn compared<'a>(comparison: &'a Comparison<'a>) -> Compared<'a> {
    let (with, name, timestamp, policy) = match comparison.with {
        With::Baseline { name, made_at } => ("baseline", Some(name), Some(made_at), None),
        With::Policy { name, policy } => ("policy", Some(name), None, Some(policy)),
        With::Today { .. } => ("today", None, None, None),
    };
    Compared {
        with,
        name,
        timestamp,
        policy_hash: policy.map(TagPolicy::fingerprint),
        totals: comparison.counts.map(FleetTotals::from),
        notes: &comparison.notes,
        changes: &comparison.changes,
    }
}
