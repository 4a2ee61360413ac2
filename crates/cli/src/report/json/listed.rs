//! An instance of a report, for programs.

use serde::Serialize;
use tag_compliance_core::day::Day;
use tag_compliance_core::evaluation::finding::{ForbiddenTag, InvalidTag, MisspelledTag};
use tag_compliance_core::evaluation::{ExemptFinding, Status, UpcomingFinding};
use tag_compliance_core::fix::Fix;
use tag_compliance_core::instance::{AccountId, InstanceId, InstanceState, ServicePrincipal};
use tag_compliance_core::policy::ShownTags;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::exemption::Exemption;
use tag_compliance_core::provenance::Provenance;
use tag_compliance_core::text::Untrusted;
use tag_compliance_core::timestamp::Timestamp;

use crate::report::Row;
use crate::report::money::Usd;
use crate::report::violation::Violation;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<'a> {
    instance_id: &'a InstanceId,
    account_id: Option<&'a AccountId>,
    region: &'a str,
    availability_zone: Option<&'a str>,
    state: InstanceState,
    instance_type: Option<&'a str>,
    image_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_usd: Option<Usd>,
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
    violations: &'a [Violation<'a>],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    upcoming: &'a [UpcomingFinding<'a>],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    exempt_findings: &'a [ExemptFinding<'a>],
    tags: ShownTags<'a>,
    origin: &'a Provenance<'a>,
    console_url: Option<String>,
    fix: Option<&'a Fix<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    upcoming_fixes: Vec<FixOfDay<'a>>,
}

/// How to fix what counts from a day on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixOfDay<'a> {
    enforced_from: Day,
    #[serde(flatten)]
    fix: &'a Fix<'a>,
}

pub fn listed<'a>(row: &'a Row<'a>) -> Listed<'a> {
    let (instance, evaluation) = (row.instance, &row.evaluation);
    let upcoming_fixes = row.upcoming_fixes.iter();
    let upcoming_fixes = upcoming_fixes.map(|(day, fix)| FixOfDay {
        enforced_from: *day,
        fix,
    });
    Listed {
        instance_id: &instance.id,
        account_id: instance.account_id.as_ref(),
        region: row.region,
        availability_zone: instance.described.availability_zone.as_deref(),
        state: instance.state,
        instance_type: row.instance_type(),
        image_id: instance.described.image_id.as_deref(),
        monthly_usd: row.cost,
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
        violations: &row.violations,
        upcoming: &evaluation.upcoming,
        exempt_findings: &evaluation.exempt_findings,
        tags: row.tags(),
        origin: &row.provenance,
        console_url: row.console(),
        fix: row.fix.as_ref(),
        upcoming_fixes: upcoming_fixes.collect(),
    }
}
