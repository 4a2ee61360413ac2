//! A policy in short, for whoever has written it.

use std::fmt::Write;

use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::policy::condition::Condition;
use tag_compliance_core::policy::rule::{Requirement, Rule, ValueRules};
use tag_compliance_core::text::OneLine;
use tag_compliance_core::timestamp::Timestamp;

use crate::output::{BAD, BOLD, DIM, GOOD};
use crate::shown;

pub fn render(policy: &TagPolicy, name: &str, now: Timestamp) -> String {
    let mut text = String::new();
    let fingerprint = shown::short(policy.fingerprint());
    line(
        &mut text,
        &format!("{name}: {GOOD}a valid policy{GOOD:#} ({fingerprint})"),
    );
    let (forbidding, requiring): (Vec<_>, Vec<_>) =
        policy.rules().iter().partition(|rule| rule.is_forbidding());
    block(&mut text, "Required tags", requiring.into_iter().map(rule));
    block(
        &mut text,
        "Forbidden tags",
        forbidding.into_iter().map(rule),
    );
    block(&mut text, "Scope", scope(policy));
    let exemptions = policy.exemptions().iter().map(|exemption| {
        let expired = if exemption.has_expired(now) {
            format!("{BAD}expired{BAD:#} ")
        } else {
            String::new()
        };
        let when = condition(&exemption.when);
        format!("{expired}{exemption}; {DIM}where {when}{DIM:#}")
    });
    block(&mut text, "Exemptions", exemptions);
    let owner = OneLine(policy.owner_tag()).to_string();
    block(&mut text, "Owner", [format!("by the tag {owner}")]);
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

fn block(text: &mut String, heading: &str, items: impl IntoIterator<Item = String>) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_some() {
        line(text, &format!("\n{BOLD}{heading}{BOLD:#}"));
    }
    for item in items {
        line(text, &format!("  {item}"));
    }
}

fn rule(rule: &Rule) -> String {
    let mut parts = Vec::new();
    if rule.key.ignore_case {
        parts.push("in any case".to_owned());
    }
    if let Requirement::Required(values) = &rule.requirement {
        parts.extend(value_rules(values));
    }
    parts.extend(
        rule.when
            .as_ref()
            .map(|when| format!("where {}", condition(when))),
    );
    let severity = rule
        .severity
        .map(|severity| format!("severity {}", severity.as_str()));
    parts.extend(severity);
    let key = OneLine(&rule.key.text);
    if parts.is_empty() {
        key.to_string()
    } else {
        format!("{key}: {}", parts.join("; "))
    }
}

fn value_rules(values: &ValueRules) -> Vec<String> {
    let allowed = values.allowed_values.as_ref().map(|allowed| {
        let allowed: Vec<_> = allowed.iter().map(|it| OneLine(it).to_string()).collect();
        format!("one of {}", allowed.join(", "))
    });
    let pattern = values.pattern.as_ref();
    let pattern = pattern.map(|pattern| format!("matches {}", OneLine(pattern.as_str())));
    let length = match (values.min_length, values.max_length) {
        (None, None) => None,
        (Some(min), None) => Some(format!("at least {min} characters")),
        (None, Some(max)) => Some(format!("at most {max} characters")),
        (Some(min), Some(max)) => Some(format!("{min} to {max} characters")),
    };
    let case = values
        .ignore_case
        .then(|| "the value in any case".to_owned());
    [allowed, pattern, length, case]
        .into_iter()
        .flatten()
        .collect()
}

fn scope(policy: &TagPolicy) -> Vec<String> {
    let list = |what: &str, conditions: &[Condition]| {
        let conditions = conditions.iter().map(condition);
        conditions
            .map(|it| format!("{what} {it}"))
            .collect::<Vec<_>>()
    };
    let mut lines = match policy.include() {
        None => vec!["all instances".to_owned()],
        Some(conditions) => list("those where", conditions),
    };
    lines.extend(list("but not those where", policy.exclude()));
    lines
}

fn condition(condition: &Condition) -> String {
    OneLine(&condition.to_string()).to_string()
}
