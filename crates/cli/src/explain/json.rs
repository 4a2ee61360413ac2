//! An explanation for programs.

use serde::Serialize;
use tag_compliance_core::day::Day;
use tag_compliance_core::evaluation::finding::Outcome;
use tag_compliance_core::evaluation::{Evaluation, ExemptFinding};
use tag_compliance_core::instance::{AccountId, Described, InstanceState, ServicePrincipal};
use tag_compliance_core::policy::ShownTags;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::exemption::Exemption;
use tag_compliance_core::policy::rule::{Requirement, Rule};
use tag_compliance_core::timestamp::Timestamp;

use super::{Explanation, outcome};
use crate::output;

/// Fields that the audit record also has go by the same names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    timestamp: Timestamp,
    instance_id: Option<&'a str>,
    state: InstanceState,
    tags: ShownTags<'a>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tags_are_partial: bool,
    status: &'static str,
    severity: Option<Severity>,
    in_scope: bool,
    scope_reason: String,
    rules: Vec<RuleResult<'a>>,
    exemption: Option<&'a Exemption>,
    expired_exemptions: &'a [&'a Exemption],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    exempt_findings: &'a [ExemptFinding<'a>],
    account_id: Option<&'a AccountId>,
    region: Option<&'a str>,
    operator: Option<&'a ServicePrincipal>,
    #[serde(flatten)]
    attributes: Attributes<'a>,
    launched_at: Option<Timestamp>,
    policy_hash: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleResult<'a> {
    key: &'a str,
    demand: &'static str,
    outcome: String,
    detail: Option<String>,
    severity: Option<Severity>,
    description: Option<&'a str>,
    /// Only if that day is still to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    enforced_from: Option<Day>,
}

/// What is known of these.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_profile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subnet_id: Option<&'a str>,
}

impl<'a> Attributes<'a> {
    fn of(described: &'a Described) -> Self {
        Self {
            instance_type: described.instance_type.as_deref(),
            availability_zone: described.availability_zone.as_deref(),
            image_id: described.image_id.as_deref(),
            instance_profile: described.instance_profile.as_deref(),
            vpc_id: described.vpc_id.as_deref(),
            subnet_id: described.subnet_id.as_deref(),
        }
    }
}

/// A document; on one line if it is one of several.
pub fn render(explanation: &Explanation<'_>, is_line: bool) -> String {
    let subject = &explanation.subject;
    let evaluation = explanation.conclusion.evaluation();
    let rules = evaluation.map(|_| explanation.policy.outcomes(subject));
    let rules = rules.into_iter().flatten();
    let document = Document {
        timestamp: subject.now,
        instance_id: explanation.facts.instance_id(),
        state: subject.instance.state,
        tags: explanation.policy.shown(&subject.instance.tags),
        tags_are_partial: explanation.facts.tags_are_partial,
        status: explanation.conclusion.as_str(),
        severity: evaluation.and_then(Evaluation::severity),
        in_scope: explanation.scope.is_in(),
        scope_reason: explanation.scope.reason(),
        rules: rules
            .map(|(rule, outcome)| result(rule, &outcome, subject.now))
            .collect(),
        exemption: evaluation.and_then(|evaluation| evaluation.exemption),
        expired_exemptions: evaluation.map_or(&[], |evaluation| &evaluation.expired_exemptions),
        exempt_findings: evaluation.map_or(&[], |evaluation| &evaluation.exempt_findings),
        account_id: subject.instance.account_id.as_ref(),
        region: Some(subject.region).filter(|region| !region.is_empty()),
        operator: subject.instance.operator.as_ref(),
        attributes: Attributes::of(&subject.instance.described),
        launched_at: subject.instance.launched_at,
        policy_hash: explanation.policy.fingerprint(),
    };
    if is_line {
        output::json_line(&document)
    } else {
        output::json(&document)
    }
}

fn result<'a>(rule: &'a Rule, outcome: &Outcome<'_>, now: Timestamp) -> RuleResult<'a> {
    RuleResult {
        key: &rule.key.text,
        demand: match rule.requirement {
            Requirement::Required(..) => "required",
            Requirement::Optional(..) => "optional",
            Requirement::Forbidden => "forbidden",
        },
        outcome: outcome::word(outcome).replace(' ', "-"),
        detail: outcome::detail(rule, outcome),
        severity: rule.severity,
        description: rule.description.as_deref(),
        enforced_from: rule.enforced_from.filter(|_| !rule.is_enforced(now)),
    }
}
