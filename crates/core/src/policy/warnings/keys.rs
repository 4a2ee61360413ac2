//! Rules whose keys conflict or overlap.

use super::super::TagPolicy;
use super::super::faults::Faults;
use super::super::pattern::{KeyMatching, TagKey, same};
use super::super::rule::{OtherKeys, Requirement, Rule};
use super::contrary::no_value_in_common;
use super::logic::implies;
use super::parts::{conditions, key_of, rules, tags};
use super::{PolicyWarning, twice};
use crate::day::Day;
use crate::json::Path;
use crate::text::Quoted;
use crate::timestamp::Timestamp;

/// Five years: a later date is probably a typo in the year.
const MAX_DAYS_OFF: u64 = 5 * 366;

/// The rules, and whatever refers to their keys.
pub(super) fn of(policy: &TagPolicy, now: Timestamp) -> Vec<PolicyWarning> {
    let rules = rules(policy);
    let mut found = Vec::new();
    for (index, (path, rule)) in rules.iter().enumerate() {
        let before = &rules[..index];
        found.extend(of_another_case(path, rule, before));
        found.extend(required_and_forbidden(path, rule, before));
        found.extend(same_again(path, rule, before));
        if let Some(keys) = rule.other_keys() {
            found.extend(other_keys(path, rule, keys, &rules));
        }
        found.extend(far_off(path, rule, now));
    }
    for (path, condition) in conditions(policy) {
        for (path, key, _) in tags(&path, condition) {
            let advice = "write it the same way, or set ignore_case";
            found.extend(case_of_no_rule(path.field("key"), key, &rules, advice));
        }
    }
    let owner = TagKey::new(policy.owner_tag.clone(), false);
    let path = Faults::document().field("owner_tag");
    found.extend(case_of_no_rule(
        path,
        &owner,
        &rules,
        "write it the same way",
    ));
    found
}

fn is_exact(key: &TagKey) -> bool {
    key.matching == KeyMatching::Exact
}

fn is_of_another_case(one: &TagKey, other: &TagKey) -> bool {
    is_exact(one) && is_exact(other) && one.text != other.text && same(&one.text, &other.text, true)
}

/// Whether two keys, of which one is a pattern, are written alike but for case and `(?i)`.
fn are_alike(one: &TagKey, other: &TagKey) -> bool {
    (one.is_pattern() || other.is_pattern())
        && (&one.text, one.is_pattern()) != (&other.text, other.is_pattern())
        && in_lowercase(&one.text) == in_lowercase(&other.text)
}

/// A pattern without its case, but that of `\D` and `\d`.
fn in_lowercase(pattern: &str) -> String {
    let pattern = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let parts = pattern.split('\\').enumerate();
    let parts = parts.map(|(index, part)| {
        let escaped = part.chars().take(usize::from(index > 0));
        let rest = part.chars().skip(usize::from(index > 0));
        escaped.chain(rest.flat_map(char::to_lowercase)).collect()
    });
    parts.collect::<Vec<String>>().join("\\")
}

/// Whether two keys are one, perhaps but for `ignore_key_case`.
fn is_the_same(one: &TagKey, other: &TagKey) -> bool {
    let ignore_case = one.ignores_case() || other.ignores_case();
    one.is_pattern() == other.is_pattern() && same(&one.text, &other.text, ignore_case)
}

/// Forbidding another case of a required key is a way to enforce the right one.
fn of_another_case(path: &Path, rule: &Rule, before: &[(Path, &Rule)]) -> Option<PolicyWarning> {
    let mut before = before.iter().map(|(_, other)| other);
    let other = before.find(|other| {
        other.is_forbidding() == rule.is_forbidding()
            && (is_of_another_case(&other.key, &rule.key) || are_alike(&other.key, &rule.key))
    })?;
    let with = if rule.key.is_pattern() || other.key.is_pattern() {
        "(?i)"
    } else {
        "ignore_key_case"
    };
    let what = format!(
        "it differs from {} only in case; merge the two, with {with}",
        Quoted(&other.key.text)
    );
    Some(PolicyWarning::new(key_of(path, rule), what))
}

fn case_of_no_rule(
    path: Path,
    key: &TagKey,
    rules: &[(Path, &Rule)],
    advice: &str,
) -> Option<PolicyWarning> {
    let is_known = rules.iter().any(|(_, rule)| rule.is_about(&key.text));
    let mut required = rules.iter().filter(|(_, rule)| !rule.is_forbidding());
    let (_, other) = required.find(|(_, rule)| is_of_another_case(&rule.key, key))?;
    let what = format!(
        "it differs from the rule's {} only in case; {advice}",
        Quoted(&other.key.text)
    );
    (!is_known).then(|| PolicyWarning::new(path, what))
}

/// A tag that is both required and forbidden. If neither rule has a condition, that is an error instead.
fn required_and_forbidden(
    path: &Path,
    forbidden: &Rule,
    before: &[(Path, &Rule)],
) -> Option<PolicyWarning> {
    let mut before = before.iter();
    let (other, _) = before.find(|(_, required)| {
        let Requirement::Required(_, keys) = &required.requirement else {
            return false;
        };
        let meet = match (&forbidden.when, &required.when) {
            (Some(one), Some(other)) => implies(one, other) || implies(other, one),
            _ => true,
        };
        forbidden.is_forbidding()
            && forbidden.key.names(&required.key.text)
            && keys.alternatives.is_empty()
            && meet
    })?;
    let what = format!(
        "{other} requires it where this forbids it, so that no instance can comply; give one of the two a \
         when, with not"
    );
    Some(PolicyWarning::new(key_of(path, forbidden), what))
}

/// A rule about the same tag as an earlier one, for the same instances.
fn same_again(path: &Path, rule: &Rule, before: &[(Path, &Rule)]) -> Option<PolicyWarning> {
    let mut others = before.iter();
    let (other, _) = others.find(|(_, other)| {
        other.is_forbidding() == rule.is_forbidding()
            && is_the_same(&other.key, &rule.key)
            && other.when == rule.when
    })?;
    let what = format!("{other} covers the same tag of the same instances; merge the two");
    // Of two that contradict each other, that is said instead.
    no_value_in_common(path, rule, before)
        .is_none()
        .then(|| PolicyWarning::new(key_of(path, rule), what))
}

fn other_keys(
    path: &Path,
    rule: &Rule,
    keys: &OtherKeys,
    rules: &[(Path, &Rule)],
) -> Vec<PolicyWarning> {
    let mut found = Vec::new();
    let alternatives: Vec<_> = keys
        .alternatives
        .iter()
        .map(|key| key.text.as_str())
        .collect();
    let aliases: Vec<_> = keys.aliases.iter().map(String::as_str).collect();
    for (name, texts) in [("alternative_keys", &alternatives), ("aliases", &aliases)] {
        let path = path.field(name);
        found.extend(twice(&path, texts, rule.key.ignores_case()));
        for (index, text) in texts.iter().enumerate() {
            let what = if rule.key.names(text) {
                Some("it is the key of this rule; remove it".to_owned())
            } else if name == "aliases" {
                in_vain(rule, text, &alternatives, rules)
            } else {
                forbidden_instead(rule, text, rules)
            };
            found.extend(what.map(|what| PolicyWarning::new(path.index(index), what)));
        }
    }
    found
}

/// Why no finding says that an alias is meant as its key.
fn in_vain(
    own: &Rule,
    alias: &str,
    alternatives: &[&str],
    rules: &[(Path, &Rule)],
) -> Option<String> {
    if alternatives.contains(&alias) {
        return Some(
            "it is one of alternative_keys, too; remove it from one of the two".to_owned(),
        );
    }
    let mut required = rules.iter().filter(|(_, rule)| !rule.is_forbidding());
    let (other, _) = required.find(|(_, rule)| {
        // "Did you mean" knows them in any case.
        let is_alias = |keys: &OtherKeys| keys.aliases.iter().any(|it| same(it, alias, true));
        !std::ptr::eq(*rule, own)
            && (rule.is_about(alias)
                || same(&rule.key.text, alias, true)
                || rule.other_keys().is_some_and(is_alias))
    })?;
    Some(format!(
        "{other} claims it, too; keep it in one of the two rules"
    ))
}

fn forbidden_instead(rule: &Rule, key: &str, rules: &[(Path, &Rule)]) -> Option<String> {
    let mut forbidden = rules.iter().filter(|(_, rule)| rule.is_forbidding());
    let (other, _) = forbidden.find(|(_, forbidden)| {
        let is_always = forbidden.when.is_none() || forbidden.when == rule.when;
        forbidden.key.names(key) && is_always
    })?;
    Some(format!(
        "{other} forbids it, so that it will not do; remove one of the two"
    ))
}

fn far_off(path: &Path, rule: &Rule, now: Timestamp) -> Option<PolicyWarning> {
    let day = rule.enforced_from?;
    let days = day.days_after(Day::of(now))?;
    let what = format!("{day} is more than five years off; is the year right?");
    (days > MAX_DAYS_OFF).then(|| PolicyWarning::new(path.field("enforced_from"), what))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::lines;
    use super::*;
    use crate::testing::policy;

    fn found(document: &Value) -> String {
        let now = "2026-11-27T00:00:00Z".parse().unwrap();
        lines(&of(&policy(document), now))
    }

    #[test]
    fn keys_that_differ_by_case_alone_are_traps() {
        let document = json!({
            "required_tags": [
                {"key": "Owner", "when": {"tags": [{"key": "eNvironment"}, {"key": "STAGE"}, {"key": "owner"}]}},
                {"key": "owner", "when": {"states": ["running"]}},
                {"key": "Environment", "when": {"tags": [{"key": "ENVIRONMENT", "values": ["x"], "ignore_case": true}]}},
                {"key": "Stage", "ignore_key_case": true},
                {"key": "Zone", "allowed_values": ["a"], "when": {"states": ["running"]}},
                {"key": "Zone", "allowed_values": ["b"], "when": {"states": ["running"]}},
            ],
            "forbidden_tags": [
                {"key": "environment"}, {"key": "Temp"}, {"key": "temp"}, {"key": "TEMP", "ignore_key_case": true},
                {"key_pattern": "Pass\\d.*"}, {"key_pattern": "(?i)pass\\d.*"}, {"key_pattern": "pass\\D.*"},
                {"key_pattern": "temp"},
            ],
            "owner_tag": "OWNER",
        });
        insta::assert_snapshot!(found(&document));
    }

    #[test]
    fn a_tag_that_is_required_and_forbidden_at_once_is_a_trap() {
        let (here, now) = (
            json!({"regions": ["eu-west-1"]}),
            json!({"states": ["running"]}),
        );
        let both = json!({"regions": ["eu-west-1"], "states": ["running"]});
        let document = json!({
            "required_tags": [
                {"key": "A"},
                {"key": "B", "when": here},
                {"key": "C", "when": both},
                {"key": "D", "when": here},
                {"key": "E", "when": here},
                {"key": "F", "optional": true},
                {"key": "G", "alternative_keys": ["H"]},
            ],
            "forbidden_tags": [
                {"key": "A", "when": here},
                {"key_pattern": "[BX]"},
                {"key": "C", "when": here},
                {"key": "D", "when": both},
                {"key": "E", "when": now},
                {"key": "F", "when": here},
                {"key": "G", "when": here},
                {"key": "Temp", "when": here},
                {"key": "Temp"},
                {"key": "Temp", "when": here, "severity": "low"},
            ],
        });
        insta::assert_snapshot!(found(&document));
    }

    #[test]
    fn other_keys_that_come_to_nothing_are_traps() {
        let document = json!({
            "required_tags": [
                {"key": "Owner", "alternative_keys": ["Team", "owner", "Contact", "Team"], "ignore_key_case": true},
                {"key": "Stage", "aliases": ["Env", "Stage", "Tier", "Level", "Contact", "Phase", "COST", "LEVEL"], "alternative_keys": ["Tier"]},
                {"key": "Env", "aliases": ["Level"], "enforced_from": "2126-04-01"},
                {"key": "Cost", "enforced_from": "2026-11-26"},
                {"key": "Plan", "enforced_from": "2027-04-01"},
            ],
            "forbidden_tags": [{"key": "Contact"}, {"key": "Team", "when": {"states": ["running"]}}],
        });
        insta::assert_snapshot!(found(&document));
    }
}
