//! A report as a document for programs. What the audit record has, too, has the same names.

use serde::Serialize;
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::evaluation::finding::MisspelledTag;
use tag_compliance_core::evaluation::finding::{ForbiddenTag, InvalidTag};
use tag_compliance_core::fix::Fix;
use tag_compliance_core::instance::{AccountId, InstanceId, InstanceState, ServicePrincipal, Tags};
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::exemption::Exemption;
use tag_compliance_core::tally::Counts;
use tag_compliance_core::text::Untrusted;
use tag_compliance_core::timestamp::Timestamp;

use super::{Report, Row};
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
    totals: FleetTotals,
    by_tag: Vec<OfTag<'a>>,
    by_owner: Vec<OfOwner<'a>>,
    by_region: Vec<OfRegion<'a>>,
    expired_exemptions: Vec<Expired<'a>>,
    instances: Vec<Listed<'a>>,
}

/// A region that is missing in the totals.
#[derive(Serialize)]
struct Unread<'a> {
    region: &'a str,
    error: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FleetTotals {
    #[serde(flatten)]
    evaluated: Totals,
    out_of_scope: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    checked: u64,
    compliant: u64,
    non_compliant: u64,
    exempt: u64,
}

impl From<Counts> for Totals {
    fn from(counts: Counts) -> Self {
        Self {
            checked: counts.checked(),
            compliant: counts.compliant,
            non_compliant: counts.non_compliant,
            exempt: counts.exempt,
        }
    }
}

#[derive(Serialize)]
struct OfTag<'a> {
    key: &'a str,
    missing: u64,
    invalid: u64,
    forbidden: u64,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    instance_id: &'a InstanceId,
    account_id: Option<&'a AccountId>,
    region: &'a str,
    state: InstanceState,
    operator: Option<&'a ServicePrincipal>,
    launched_at: Option<Timestamp>,
    age_days: Option<u64>,
    owner: Option<Untrusted<'a>>,
    status: Status,
    severity: Option<Severity>,
    missing_tags: &'a [&'a str],
    invalid_tags: &'a [InvalidTag<'a>],
    forbidden_tags: &'a [ForbiddenTag<'a>],
    misspelled_tags: &'a [MisspelledTag<'a>],
    exemption: Option<&'a Exemption>,
    expired_exemptions: &'a [&'a Exemption],
    tags: &'a Tags,
    fix: Option<&'a Fix<'a>>,
}

pub fn render(report: &Report<'_>) -> String {
    let by_tag = report.by_tag.iter().map(|(key, tag)| OfTag {
        key,
        missing: tag.missing,
        invalid: tag.invalid,
        forbidden: tag.forbidden,
    });
    let by_owner = report.by_owner.iter().map(|group| OfOwner {
        owner: group.name,
        totals: group.counts.into(),
    });
    let by_region = report.by_region.iter().map(|group| OfRegion {
        region: group.name,
        totals: group.counts.into(),
    });
    let expired = report.expired_exemptions.iter();
    let expired = expired.map(|&(exemption, violations)| Expired {
        exemption,
        violations,
    });
    let unread = report.unread.iter().map(|unread| Unread {
        region: &unread.region,
        error: unread.reason(),
    });
    output::json(&Document {
        timestamp: report.made_at,
        policy: &report.policy_name,
        policy_hash: report.policy.fingerprint(),
        owner_tag: report.policy.owner_tag(),
        accounts: report.accounts.iter().copied().collect(),
        regions: &report.regions,
        unread_regions: unread.collect(),
        states: report.states,
        totals: FleetTotals {
            evaluated: report.counts.into(),
            out_of_scope: report.counts.out_of_scope,
        },
        by_tag: by_tag.collect(),
        by_owner: by_owner.collect(),
        by_region: by_region.collect(),
        expired_exemptions: expired.collect(),
        instances: report.rows.iter().map(listed).collect(),
    })
}

fn listed<'a>(row: &'a Row<'a>) -> Listed<'a> {
    let (instance, evaluation) = (row.instance, &row.evaluation);
    Listed {
        instance_id: &instance.id,
        account_id: instance.account_id.as_ref(),
        region: row.region,
        state: instance.state,
        operator: instance.operator.as_ref(),
        launched_at: instance.launched_at,
        age_days: row.age_days(),
        owner: row.owner,
        status: row.status(),
        severity: evaluation.severity(),
        missing_tags: &evaluation.missing_tags,
        invalid_tags: &evaluation.invalid_tags,
        forbidden_tags: &evaluation.forbidden_tags,
        misspelled_tags: &evaluation.misspelled_tags,
        exemption: evaluation.exemption,
        expired_exemptions: &evaluation.expired_exemptions,
        tags: &instance.tags,
        fix: row.fix.as_ref(),
    }
}
