//! Rules that come to nothing beside their own condition, or beside another rule.

use super::super::TagPolicy;
use super::super::condition::{Condition, TagTest, Test};
use super::super::pattern::same;
use super::super::rule::{Requirement, Rule};
use super::super::value::ValueRules;
use super::PolicyWarning;
use super::logic::{exclude_each_other, implies};
use super::parts::{key_of, rules};
use crate::json::Path;
use crate::text::Quoted;

/// All of a policy's rules.
pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    let rules = rules(policy);
    let mut found = Vec::new();
    for (index, (path, rule)) in rules.iter().enumerate() {
        found.extend(of_absent_tags(path, rule));
        found.extend(no_value_in_common(path, rule, &rules[..index]));
        found.extend(alternatives_of_others(path, rule, &rules));
        found.extend(masked(path, rule, policy));
    }
    found
}

/// A rule for those instances alone that have no such tag.
fn of_absent_tags(path: &Path, rule: &Rule) -> Option<PolicyWarning> {
    let present = Test::Tag(rule.key.clone(), TagTest::Present);
    let when = rule.when.as_ref()?;
    // What is impossible in itself is told as that.
    let is_of_absent =
        exclude_each_other(when, &Condition(vec![present])) && !exclude_each_other(when, when);
    let what = match &rule.requirement {
        Requirement::Required(_, keys) if keys.alternatives.is_empty() => {
            "it holds only where the tag is absent, so that its value is never checked; remove that part"
        }
        // An alternative is then the only way to comply.
        Requirement::Required(..) => return None,
        Requirement::Optional(..) => {
            "it holds only where the tag is absent, so that nothing is ever checked; remove that part"
        }
        Requirement::Forbidden => {
            "it holds only where the tag is absent, so that nothing is ever forbidden; remove that part"
        }
    };
    is_of_absent.then(|| PolicyWarning::new(path.field("when"), what))
}

/// Whether a rule is for no instance that another is not for.
fn is_within(ours: &Rule, theirs: &Rule) -> bool {
    match (&ours.when, &theirs.when) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(ours), Some(theirs)) => implies(ours, theirs),
    }
}

/// Two rules for one tag of which each refuses what the other allows.
pub(super) fn no_value_in_common(
    path: &Path,
    rule: &Rule,
    before: &[(Path, &Rule)],
) -> Option<PolicyWarning> {
    let ours = rule.values()?;
    let mut before = before.iter();
    let (other, _) = before.find(|(_, other)| {
        let any_case = rule.key.ignores_case() || other.key.ignores_case();
        let meet = is_within(rule, other) || is_within(other, rule);
        let refuse = |theirs| refuses_all(ours, theirs) || refuses_all(theirs, ours);
        same(&rule.key.text, &other.key.text, any_case)
            && meet
            && other.values().is_some_and(refuse)
    })?;
    let what = format!(
        "it and {other} have no value in common where both apply, so no value is accepted; give one of the two \
         a when, with not"
    );
    Some(PolicyWarning::new(path.field("key"), what))
}

/// Whether there is a list of values, all of which the other requirement refuses.
fn refuses_all(refusing: &ValueRules, values: &ValueRules) -> bool {
    let allowed = values.allowed_values.as_ref();
    allowed.is_some_and(|allowed| allowed.iter().all(|value| refusing.never_allows(value)))
}

/// A rule of which another one's tag is always an alternative.
fn alternatives_of_others(path: &Path, rule: &Rule, rules: &[(Path, &Rule)]) -> Vec<PolicyWarning> {
    let Requirement::Required(_, keys) = &rule.requirement else {
        return Vec::new();
    };
    let path = path.field("alternative_keys");
    let keys = keys.alternatives.iter().enumerate();
    keys.filter_map(|(index, key)| {
        let mut others = rules.iter();
        let (other, _) = others.find(|(_, other)| {
            let is_required = matches!(&other.requirement, Requirement::Required(_, keys) if keys.alternatives.is_empty());
            is_required && key.names(&other.key.text) && is_within(rule, other)
        })?;
        let what = format!(
            "{other} requires it anyway, so that the key of this rule is never needed; remove one of the two"
        );
        Some(PolicyWarning::new(path.index(index), what))
    })
    .collect()
}

/// A forbidden tag by which people tell instances apart: its value is masked on all of them.
fn masked(path: &Path, rule: &Rule, policy: &TagPolicy) -> Option<PolicyWarning> {
    let (owner, name) = (policy.owner_tag(), "Name");
    let is_owner = rule.key.names(owner);
    let masked = if is_owner { owner } else { name };
    let is_masked = is_owner || rule.key.is_pattern() && rule.key.names(name);
    let what = format!(
        "it is about {}, too, whose value is then masked everywhere; narrow it",
        Quoted(masked)
    );
    (rule.is_forbidding() && is_masked).then(|| PolicyWarning::new(key_of(path, rule), what))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::lines;
    use super::*;
    use crate::testing::policy;

    #[test]
    fn a_rule_for_instances_without_its_tag_is_a_trap() {
        let absent = |key: &str| json!({"tags": [{"key": key, "absent": true}]});
        let impossible = json!({"tags": [{"key": "X"}, {"key": "X", "absent": true}]});
        let document = json!({
            "required_tags": [
                {"key": "I", "when": absent("I")},
                {"key": "H", "optional": true, "when": {"not": {"tags": [{"key": "H"}]}}},
                {"key": "G", "alternative_keys": ["F"], "when": absent("G")},
                {"key": "E", "when": absent("D")},
                {"key": "X", "when": impossible},
            ],
            "forbidden_tags": [
                {"key": "Foo", "when": absent("Foo")},
                {"key_pattern": "t.*", "when": {"tags": [{"key_pattern": "t.*", "absent": true}]}},
            ],
        });
        insta::assert_snapshot!(lines(&of(&policy(&document))));
    }

    #[test]
    fn rules_of_one_tag_that_no_value_satisfies_are_a_trap() {
        let running = json!({"states": ["running"]});
        let here = json!({"states": ["running"], "regions": ["eu-west-1"]});
        let stage = |key: &str, when: &serde_json::Value, values: &[&str]| json!({"key": key, "when": when, "allowed_values": values});
        let document = json!({"required_tags": [
            stage("Env", &running, &["dev", "test"]),
            stage("Env", &running, &["prod"]),
            stage("Env", &here, &["test"]),
            stage("Size", &here, &["1"]),
            {"key": "size", "ignore_key_case": true, "when": running, "number": {"min": 2}},
            {"key": "Size", "when": {"states": ["stopped"]}, "number": {"min": 2}},
            stage("Day", &running, &["2020-01-01"]),
            {"key": "Day", "when": here, "date": {"not_past": true}},
        ]});
        insta::assert_snapshot!(lines(&of(&policy(&document))));
    }

    #[test]
    fn an_alternative_that_is_required_anyway_is_a_trap() {
        let running = json!({"states": ["running"]});
        let document = json!({"required_tags": [
            {"key": "Owner", "alternative_keys": ["Contact", "Team", "Group", "Plan", "Desk"]},
            {"key": "Team"},
            {"key": "Group", "when": running},
            {"key": "Plan", "optional": true},
            {"key": "Desk", "alternative_keys": ["Room"]},
            {"key": "Area", "alternative_keys": ["Group"], "when": running},
            {"key": "Cost", "optional": true, "alternative_keys": ["Team"]},
        ]});
        insta::assert_snapshot!(lines(&of(&policy(&document))));
    }

    #[test]
    fn what_masks_the_owner_or_the_name_is_a_trap() {
        let document = json!({
            "required_tags": [{"key": "Cost"}],
            "forbidden_tags": [
                {"key_pattern": "(?i)n.*"},
                {"key_pattern": "T.*"},
                {"key": "team", "ignore_key_case": true},
                {"key": "Name"},
                {"key": "Temp"},
            ],
            "owner_tag": "Team",
        });
        insta::assert_snapshot!(lines(&of(&policy(&document))));
    }
}
