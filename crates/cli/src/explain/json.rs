//! An explanation for programs.

use serde::Serialize;
use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::evaluation::finding::Outcome;
use tag_compliance_core::instance::{AccountId, InstanceState, ServicePrincipal, Tags};
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::exemption::Exemption;
use tag_compliance_core::policy::rule::Rule;
use tag_compliance_core::timestamp::Timestamp;

use super::{Explanation, outcome};
use crate::output;

/// The fields that the audit record has, too, have the same names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    timestamp: Timestamp,
    instance_id: Option<&'a str>,
    state: InstanceState,
    tags: &'a Tags,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tags_are_partial: bool,
    status: &'static str,
    severity: Option<Severity>,
    in_scope: bool,
    scope_reason: String,
    rules: Vec<RuleResult<'a>>,
    exemption: Option<&'a Exemption>,
    expired_exemptions: &'a [&'a Exemption],
    account_id: Option<&'a AccountId>,
    region: Option<&'a str>,
    operator: Option<&'a ServicePrincipal>,
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
}

/// A document; one line where it is one of several.
pub fn render(explanation: &Explanation<'_>, is_line: bool) -> String {
    let subject = &explanation.subject;
    let evaluation = explanation.conclusion.evaluation();
    let rules = evaluation.map(|_| explanation.policy.outcomes(subject));
    let rules = rules.into_iter().flatten();
    let document = Document {
        timestamp: subject.now,
        instance_id: explanation.facts.instance_id(),
        state: subject.instance.state,
        tags: &subject.instance.tags,
        tags_are_partial: explanation.facts.tags_are_partial,
        status: explanation.conclusion.as_str(),
        severity: evaluation.and_then(Evaluation::severity),
        in_scope: explanation.scope.is_in(),
        scope_reason: explanation.scope.reason(),
        rules: rules
            .map(|(rule, outcome)| result(rule, &outcome))
            .collect(),
        exemption: evaluation.and_then(|evaluation| evaluation.exemption),
        expired_exemptions: evaluation.map_or(&[], |evaluation| &evaluation.expired_exemptions),
        account_id: subject.instance.account_id.as_ref(),
        region: Some(subject.region).filter(|region| !region.is_empty()),
        operator: subject.instance.operator.as_ref(),
        launched_at: subject.instance.launched_at,
        policy_hash: explanation.policy.fingerprint(),
    };
    if is_line {
        output::json_line(&document)
    } else {
        output::json(&document)
    }
}

fn result<'a>(rule: &'a Rule, outcome: &Outcome<'_>) -> RuleResult<'a> {
    RuleResult {
        key: &rule.key.text,
        demand: if rule.is_forbidding() {
            "forbidden"
        } else {
            "required"
        },
        outcome: outcome::word(outcome).replace(' ', "-"),
        detail: outcome::detail(rule, outcome),
        severity: rule.severity,
        description: rule.description.as_deref(),
    }
}
