//! A report as a document for programs. What the audit record has, too, has the same names.

use serde::Serialize;
use tag_compliance_checker::instance::{InstanceId, InstanceState, Tags};
use tag_compliance_checker::policy::document::Severity;
use tag_compliance_checker::policy::exemption::Exemption;
use tag_compliance_checker::policy::rule::{ForbiddenTag, InvalidTag};
use tag_compliance_checker::policy::verdict::{Counts, MisspelledTag, Status};
use tag_compliance_checker::timestamp::Timestamp;

use super::{Report, Row};
use crate::output;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    timestamp: Timestamp,
    policy: &'a str,
    policy_hash: &'a str,
    owner_tag: &'a str,
    accounts: Vec<&'a str>,
    regions: &'a [&'a str],
    states: &'a [InstanceState],
    totals: FleetTotals,
    by_tag: Vec<OfTag<'a>>,
    by_owner: Vec<OfOwner<'a>>,
    by_region: Vec<OfRegion<'a>>,
    expired_exemptions: Vec<Expired<'a>>,
    instances: Vec<Listed<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FleetTotals {
    #[serde(flatten)]
    judged: Totals,
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
    owner: Option<&'a str>,
    #[serde(flatten)]
    totals: Totals,
}

#[derive(Serialize)]
struct OfRegion<'a> {
    region: Option<&'a str>,
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
    account_id: Option<&'a str>,
    region: &'a str,
    state: InstanceState,
    launched_at: Option<Timestamp>,
    age_days: Option<u64>,
    owner: Option<&'a str>,
    status: Status,
    severity: Option<Severity>,
    missing_tags: &'a [&'a str],
    invalid_tags: &'a [InvalidTag<'a>],
    forbidden_tags: &'a [ForbiddenTag<'a>],
    misspelled_tags: &'a [MisspelledTag<'a>],
    exemption: Option<&'a Exemption>,
    expired_exemptions: &'a [&'a Exemption],
    tags: &'a Tags,
}

pub fn render(report: &Report<'_>) -> String {
    let by_tag = report.by_tag.iter().map(|tag| OfTag {
        key: tag.key,
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
    output::json(&Document {
        timestamp: report.made_at,
        policy: &report.policy_name,
        policy_hash: report.policy.fingerprint(),
        owner_tag: report.policy.owner_tag(),
        accounts: report.accounts.iter().copied().collect(),
        regions: &report.regions,
        states: report.states,
        totals: FleetTotals {
            judged: report.counts.into(),
            out_of_scope: report.out_of_scope,
        },
        by_tag: by_tag.collect(),
        by_owner: by_owner.collect(),
        by_region: by_region.collect(),
        expired_exemptions: expired.collect(),
        instances: report.rows.iter().map(listed).collect(),
    })
}

fn listed<'a>(row: &'a Row<'a>) -> Listed<'a> {
    let (instance, verdict) = (row.instance, &row.verdict);
    Listed {
        instance_id: &instance.id,
        account_id: instance.account_id.as_deref(),
        region: row.region,
        state: instance.state,
        launched_at: instance.launched_at,
        age_days: row.age_days(),
        owner: row.owner,
        status: row.status(),
        severity: verdict.severity(),
        missing_tags: &verdict.missing_tags,
        invalid_tags: &verdict.invalid_tags,
        forbidden_tags: &verdict.forbidden_tags,
        misspelled_tags: &verdict.misspelled_tags,
        exemption: verdict.exemption,
        expired_exemptions: &verdict.expired_exemptions,
        tags: &instance.tags,
    }
}
