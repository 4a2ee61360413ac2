//! An explanation for a terminal.

use std::fmt::Write;

use tag_compliance_core::day::Day;
use tag_compliance_core::evaluation::finding::Outcome;
use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::policy::condition::Attribute;
use tag_compliance_core::policy::rule::Rule;
use tag_compliance_core::text::OneLine;

use super::{Conclusion, Explanation, outcome};
use crate::output::{BAD, BOLD, DIM, GOOD, WARN};
use crate::shown;

/// As wide as the longest word for an outcome, `not applicable`.
const OUTCOME_WIDTH: usize = 14;
const MAX_KEY_WIDTH: usize = 32;

/// Shown if the policy asks for it. The Auto Scaling group is among the tags.
const ATTRIBUTES: [(&str, &str, Attribute); 6] = [
    ("Type", "--instance-type", Attribute::InstanceType),
    ("Zone", "--availability-zone", Attribute::AvailabilityZone),
    ("Image", "--image-id", Attribute::ImageId),
    ("Profile", "--instance-profile", Attribute::InstanceProfile),
    ("VPC", "--vpc-id", Attribute::VpcId),
    ("Subnet", "--subnet-id", Attribute::SubnetId),
];

/// The text, below a heading if it is one of several.
pub fn render(explanation: &Explanation<'_>, heading: Option<&str>) -> String {
    let mut text = Text(String::new());
    if let Some(heading) = heading {
        text.line(&format!("{DIM}{}{DIM:#}", OneLine(heading)));
    }
    headline(&mut text, explanation);
    facts(&mut text, explanation);
    if let Conclusion::Skipped = explanation.conclusion {
        let state = explanation.subject.instance.state;
        text.line(&format!(
            "\nThe instance is {state}: its tags no longer matter."
        ));
        return text.0;
    }
    text.heading("Scope");
    let in_or_out = if explanation.scope.is_in() {
        "in"
    } else {
        "out"
    };
    text.line(&format!("  {in_or_out}: {}", explanation.scope.reason()));
    if let Some(evaluation) = explanation.conclusion.evaluation() {
        rules(&mut text, explanation);
        exemptions(&mut text, evaluation);
    }
    text.0
}

fn headline(text: &mut Text, explanation: &Explanation<'_>) {
    let evaluation = explanation.conclusion.evaluation();
    let style = match evaluation.map(Evaluation::status) {
        Some(Status::Compliant) => GOOD,
        Some(Status::NonCompliant) => BAD,
        Some(Status::Exempt) => WARN,
        Some(Status::OutOfScope) | None => DIM,
    };
    let id = explanation.facts.instance_id().unwrap_or("this instance");
    let word = explanation.conclusion.as_str();
    let severity = evaluation.and_then(Evaluation::severity);
    let severity = severity.map(|severity| format!(" ({})", severity.as_str()));
    let severity = severity.unwrap_or_default();
    text.line(&format!(
        "{BOLD}{id}{BOLD:#}: {style}{word}{style:#}{severity}"
    ));
}

fn facts(text: &mut Text, explanation: &Explanation<'_>) {
    let subject = &explanation.subject;
    let instance = subject.instance;
    let not_given = || "not given".to_owned();
    let region = Some(subject.region).filter(|region| !region.is_empty());
    let launched = instance.launched_at.map(|at| {
        let age = shown::span(subject.now.since(at));
        format!("{at} ({age} before)")
    });
    let fingerprint = shown::short(explanation.policy.fingerprint());
    for (name, value) in [
        (
            "Account",
            instance
                .account_id
                .as_ref()
                .map_or_else(not_given, ToString::to_string),
        ),
        ("Region", region.map_or_else(not_given, str::to_owned)),
        ("State", instance.state.to_string()),
        ("Launched", launched.unwrap_or_else(not_given)),
        (
            "Evaluated at",
            format!("{} ({})", subject.now, explanation.facts.now_is),
        ),
        (
            "Policy",
            format!("{} ({fingerprint})", explanation.policy_name),
        ),
    ] {
        text.line(&format!("  {name:<OUTCOME_WIDTH$}{}", OneLine(&value)));
    }
    for (name, option, attribute) in ATTRIBUTES {
        if explanation.policy.depends_on_attribute(attribute) {
            let not_given = || format!("not given: see {option}");
            let value = attribute.of(instance).map_or_else(not_given, str::to_owned);
            text.line(&format!("  {name:<OUTCOME_WIDTH$}{}", OneLine(&value)));
        }
    }
    if explanation.facts.tags_are_partial {
        let name = "Tags";
        text.line(&format!(
            "  {name:<OUTCOME_WIDTH$}only only those that the call set; the instance may have more"
        ));
    }
}

fn rules(text: &mut Text, explanation: &Explanation<'_>) {
    text.heading("Rules");
    let keys = explanation.policy.rules().iter().map(key);
    let width = keys.map(|key| key.chars().count()).max().unwrap_or(0);
    for (rule, outcome) in explanation.policy.outcomes(&explanation.subject) {
        let from = rule
            .enforced_from
            .filter(|_| !rule.is_enforced(explanation.subject.now));
        text.rule(rule, &outcome, from, width.min(MAX_KEY_WIDTH));
    }
}

fn exemptions(text: &mut Text, evaluation: &Evaluation<'_>) {
    if evaluation.is_compliant() {
        return;
    }
    text.heading("Exemption");
    if let Some(exemption) = evaluation.exemption {
        text.line(&format!("  {WARN}valid{WARN:#}: {exemption}"));
    } else if evaluation.expired_exemptions.is_empty() && evaluation.exempt_findings.is_empty() {
        text.line("  none");
    }
    for finding in &evaluation.exempt_findings {
        let (key, exemption) = (key(finding.rule), finding.exemption);
        text.line(&format!("  {WARN}valid for {key}{WARN:#}: {exemption}"));
    }
    for exemption in &evaluation.expired_exemptions {
        text.line(&format!("  {BAD}expired{BAD:#}: {exemption}"));
    }
}

fn key(rule: &Rule) -> String {
    OneLine(&rule.key.text).to_string()
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{}", line.trim_end());
    }

    fn heading(&mut self, heading: &str) {
        self.line(&format!("\n{BOLD}{heading}{BOLD:#}"));
    }

    /// Shows a rule and, if it is not enforced yet, from when it will be.
    fn rule(
        &mut self,
        rule: &Rule,
        outcome: &Outcome<'_>,
        enforced_from: Option<Day>,
        key_width: usize,
    ) {
        let (word, style) = (outcome::word(outcome), outcome::style(outcome));
        let (key, detail) = (key(rule), outcome::detail(rule, outcome));
        let is_violation = outcome.is_violation();
        let severity = rule.severity.filter(|_| is_violation);
        let severity = severity.map(|severity| format!("({})", severity.as_str()));
        let from = enforced_from.filter(|_| is_violation);
        let from = from.map(|day| format!("from {}", day.in_words()));
        let parts: Vec<_> = detail.into_iter().chain(severity).chain(from).collect();
        self.line(&format!(
            "  {style}{word:<OUTCOME_WIDTH$}{style:#}  {key:<key_width$}  {}",
            parts.join(" ")
        ));
        let description = rule.description.as_deref().filter(|_| is_violation);
        if let Some(description) = description {
            let indent = 2 + OUTCOME_WIDTH + 2 + key_width + 2;
            let (blank, description) = ("", OneLine(description));
            self.line(&format!("{blank:indent$}{DIM}{description}{DIM:#}"));
        }
    }
}
