//! A short summary of a policy, for its author.

use std::fmt::Write;

use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::policy::condition::Condition;
use tag_compliance_core::policy::rule::{OtherKeys, Requirement, Rule};
use tag_compliance_core::policy::size::{MAX_ENVIRONMENT_BYTES, MAX_SETTINGS_BYTES, VariableSize};
use tag_compliance_core::policy::value::{DateRule, NumberRule, ValueRules};
use tag_compliance_core::text::{OneLine, counted, list};
use tag_compliance_core::timestamp::Timestamp;

use crate::output::{BAD, BOLD, DIM, GOOD};
use crate::shown;

pub fn render(policy: &TagPolicy, size: VariableSize, name: &str, now: Timestamp) -> String {
    let mut text = String::new();
    let fingerprint = shown::short(policy.fingerprint());
    line(
        &mut text,
        &format!("{name}: {GOOD}a valid policy{GOOD:#} ({fingerprint})"),
    );
    let (forbidding, requiring): (Vec<_>, Vec<_>) =
        policy.rules().iter().partition(|rule| rule.is_forbidding());
    block(
        &mut text,
        "Required tags",
        requiring.into_iter().map(|it| rule(it, now)),
    );
    block(
        &mut text,
        "Forbidden tags",
        forbidding.into_iter().map(|it| rule(it, now)),
    );
    block(&mut text, "Scope", scope(policy));
    let exemptions = policy.exemptions().iter().map(|exemption| {
        let expired = if exemption.has_expired(now) {
            format!("{BAD}expired{BAD:#} ")
        } else {
            String::new()
        };
        let when = condition(&exemption.when);
        let keys = exemption.keys.iter().flatten().map(|key| OneLine(key));
        let keys = exemption
            .keys
            .as_ref()
            .map(|_| format!("for {} ", list(keys)));
        let keys = keys.unwrap_or_default();
        format!("{expired}{exemption}; {DIM}{keys}where {when}{DIM:#}")
    });
    block(&mut text, "Exemptions", exemptions);
    let owner = OneLine(policy.owner_tag()).to_string();
    block(&mut text, "Owner", [format!("by the tag {owner}")]);
    let size = taken(size);
    block(&mut text, "Size", [size]);
    text
}

/// A warning that the policy may not fit into Lambda's environment.
pub fn too_large(size: VariableSize) -> String {
    format!(
        "{}; shorten lists, descriptions and reasons (the plan says exactly what is too much)",
        taken(size)
    )
}

fn taken(size: VariableSize) -> String {
    let compressed = if size.is_plain() { "" } else { ", compressed" };
    let [taken, settings, all] = [size.taken(), MAX_SETTINGS_BYTES, MAX_ENVIRONMENT_BYTES]
        .map(|bytes| shown::grouped(&bytes.to_string()));
    format!(
        "the policy takes {taken} bytes{compressed}, other settings at most {settings}, of Lambda's {all}"
    )
}

fn line(text: &mut String, line: &str) {
    // Writing to a string can't fail.
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

fn rule(rule: &Rule, now: Timestamp) -> String {
    let mut parts = Vec::new();
    if rule.key.ignores_case() {
        parts.push("in any case".to_owned());
    }
    if let Requirement::Optional(..) = rule.requirement {
        parts.push("optional".to_owned());
    }
    if let Some(keys) = rule.other_keys() {
        parts.extend(other_keys(keys));
    }
    if let Some(values) = rule.values() {
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
    let from = rule.enforced_from;
    parts.extend(from.map(|day| {
        if rule.is_enforced(now) {
            format!("enforced since {day}")
        } else {
            format!("enforced from {day}, reported until then")
        }
    }));
    let key = OneLine(&rule.key.text).to_string();
    let key = if rule.key.is_pattern() {
        format!("keys that match {key}")
    } else {
        key
    };
    if parts.is_empty() {
        key
    } else {
        format!("{key}: {}", parts.join("; "))
    }
}

fn other_keys(keys: &OtherKeys) -> Vec<String> {
    let alternatives = keys.alternatives.iter().map(|key| OneLine(&key.text));
    let aliases = keys.aliases.iter().map(|alias| OneLine(alias));
    [("or", list(alternatives)), ("misspelled as", list(aliases))]
        .into_iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(what, keys)| format!("{what} {keys}"))
        .collect()
}

fn value_rules(values: &ValueRules) -> Vec<String> {
    let texts = |texts: &[String]| list(texts.iter().map(|text| OneLine(text)));
    let allowed = values.allowed_values.as_ref();
    let allowed = allowed.map(|allowed| format!("one of {}", texts(allowed)));
    let forbidden = &values.forbidden_values;
    let forbidden = (!forbidden.is_empty()).then(|| format!("none of {}", texts(forbidden)));
    let example = values.example.as_ref();
    let example = example.map(|example| format!("such as {}", OneLine(example)));
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
    let date = values.date.map(date);
    let number = values.number.as_ref().map(number);
    [
        allowed, forbidden, pattern, example, date, number, length, case,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn date(rule: DateRule) -> String {
    let limits = [
        rule.not_past.then(|| "not past".to_owned()),
        rule.max_days_ahead
            .map(|days| format!("at most {} ahead", counted(days, "day"))),
    ];
    let limits: Vec<_> = limits.into_iter().flatten().collect();
    if limits.is_empty() {
        "a day".to_owned()
    } else {
        format!("a day {}", limits.join(" and "))
    }
}

fn number(rule: &NumberRule) -> String {
    match (&rule.min, &rule.max) {
        (None, None) => "a number".to_owned(),
        (Some(min), None) => format!("a number from {min}"),
        (None, Some(max)) => format!("a number up to {max}"),
        (Some(min), Some(max)) => format!("a number from {min} to {max}"),
    }
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
