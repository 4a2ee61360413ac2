//! Conditions that no instance meets, or every instance does.

use super::super::TagPolicy;
use super::super::condition::{Condition, TagTest};
use super::super::pattern::{TagKey, same};
use super::super::rule::Rule;
use super::super::value::ValueRules;
use super::logic::{always_holds, contradiction_in};
use super::parts::{branches, conditions, exemption, lists, tags};
use super::{PolicyWarning, twice};
use crate::json::Path;
use crate::text::{OneLine, Quoted, excerpt, list};
use crate::timestamp::Timestamp;

/// How many characters of a condition a warning shows.
const MAX_SHOWN_CHARS: usize = 200;

pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    let exemptions = policy.exemptions.iter();
    let exempting: Vec<_> = exemptions.map(|it| exemption(it.index)).collect();
    let mut found = Vec::new();
    for (path, condition) in conditions(policy) {
        found.extend(constant(&path, condition));
        found.extend(choices(&path, condition));
        for (path, texts) in lists(&path, condition) {
            found.extend(twice(&path, &texts, false));
        }
        // Exempting instances with a wrong value is what exemptions are for.
        let is_exempting = path.ancestors().any(|path| exempting.contains(&path));
        if !is_exempting {
            found.extend(no_allowed_value(policy, &path, condition));
        }
    }
    found
}

fn constant(path: &Path, condition: &Condition) -> Option<PolicyWarning> {
    let what = if let Some(tests) = contradiction_in(condition) {
        let tests: Vec<_> = tests.iter().map(ToString::to_string).collect();
        let tests = excerpt(&tests.join(", and "), MAX_SHOWN_CHARS);
        format!(
            "no instance meets it ({}); change or remove it",
            OneLine(&tests)
        )
    } else if always_holds(condition) {
        "every instance meets it; remove it, or narrow it".to_owned()
    } else {
        return None;
    };
    Some(PolicyWarning::new(path.clone(), what))
}

/// An `any` with a single condition, or with the same one twice.
fn choices(path: &Path, condition: &Condition) -> Option<PolicyWarning> {
    let branches = branches(path, condition);
    if let [_] = branches.as_slice() {
        let what = "it has a single condition; move its parts out of any, or add another";
        return Some(PolicyWarning::new(path.field("any"), what));
    }
    repeated(&branches)
}

/// The first condition of a list that repeats an earlier one.
pub(super) fn repeated(conditions: &[(Path, &Condition)]) -> Option<PolicyWarning> {
    conditions
        .iter()
        .enumerate()
        .find_map(|(index, (path, condition))| {
            let mut before = conditions.iter().take(index);
            let (other, _) = before.find(|(_, other)| other == condition)?;
            let what = format!("{other} says the same; remove one of the two");
            Some(PolicyWarning::new(path.clone(), what))
        })
}

fn no_allowed_value(policy: &TagPolicy, path: &Path, condition: &Condition) -> Vec<PolicyWarning> {
    tags(path, condition)
        .filter_map(|(path, key, test)| {
            let rules = allowed_everywhere(policy, key)?;
            let (field, can_hold) = match test {
                TagTest::OneOf(values) => {
                    ("values", values.iter().any(|it| allows(rules, key, it)))
                }
                TagTest::Matches(pattern) => {
                    let allowed = rules.allowed_values.as_ref()?;
                    (
                        "pattern",
                        allowed.iter().any(|value| pattern.matches(value)),
                    )
                }
                _ => return None,
            };
            let advice = rules.allowed_values.as_ref().map_or_else(
                || "; write one that its rule allows".to_owned(),
                |allowed| {
                    let allowed = list(allowed.iter().map(|value| OneLine(value)));
                    format!(", which are {allowed}; write one of these")
                },
            );
            let key = Quoted(&key.text);
            let what = format!("it matches no allowed value of {key}{advice}");
            (!can_hold).then(|| PolicyWarning::new(path.field(field), what))
        })
        .collect()
}

/// The requirements for a tag that apply to every instance.
fn allowed_everywhere<'a>(policy: &'a TagPolicy, key: &TagKey) -> Option<&'a ValueRules> {
    let mut rules = policy.rules.iter().filter(|rule| rule.when.is_none());
    rules
        .find(|rule| same(&rule.key.text, &key.text, key.ignores_case()))
        .and_then(Rule::values)
}

/// Whether the rules allow this value, or one that the condition treats as equal.
fn allows(rules: &ValueRules, key: &TagKey, value: &str) -> bool {
    if let Some(allowed) = &rules.allowed_values {
        let any_case = key.ignores_case() || rules.ignore_case;
        return allowed.iter().any(|it| same(it, value, any_case));
    }
    // A pattern may allow the value in another case.
    key.ignores_case() || rules.date.is_some() || rules.allows(value, Timestamp::default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::lines;
    use super::*;
    use crate::testing::policy;

    fn found(document: &Value) -> String {
        lines(&of(&policy(document)))
    }

    #[test]
    fn a_condition_that_no_allowed_value_meets_is_a_trap() {
        let when = |values: &[&str]| json!({"tags": [{"key": "Stage", "values": values}]});
        let pattern =
            |key: &str, pattern: &str| json!({"tags": [{"key": key, "pattern": pattern}]});
        let document = json!({
            "required_tags": [
                {"key": "Stage", "allowed_values": ["dev", "prod"]},
                {"key": "Class", "when": when(&["production"])},
                {"key": "Team", "pattern": "[a-z]+", "when": when(&["production", "prod"])},
                {"key": "Cost", "when": {"tags": [{"key": "Team", "values": ["x"]}, {"key": "Stage"}]}},
                {"key": "Plan", "when": {"any": [when(&["Prod"]), {"states": ["running"]}]}},
                {"key": "Park", "when": {"tags": [{"key": "stage", "values": ["PROD"], "ignore_case": true}]}},
                {"key": "Tier", "pattern": "[0-9]"},
                {"key": "Desk", "when": {"tags": [{"key": "Tier", "values": ["gold"]}]}},
                {"key": "Hall", "when": {"tags": [{"key": "Tier", "values": ["gold"], "ignore_case": true}]}},
                {"key": "Room", "when": pattern("Stage", "p")},
                {"key": "Wing", "when": pattern("Stage", "p.*")},
                {"key": "Yard", "when": pattern("Tier", "gold")},
            ],
            "scope": {"exclude": [{"not": when(&["test"])}]},
            "exemptions": [{"owner": "x", "reason": "x", "expires": "2030-01-01", "when": when(&["old"])}],
        });
        insta::assert_snapshot!(found(&document));
    }

    #[test]
    fn a_condition_that_no_instance_or_every_one_meets_is_a_trap() {
        let document = json!({
            "required_tags": [
                {"key": "A", "when": {"tags": [{"key": "x", "values": ["a"]}, {"key": "x", "absent": true}]}},
                {"key": "B", "when": {"max_age_hours": 0, "regions": ["eu-west-1"]}},
                {"key": "C", "when": {"states": ["pending", "running", "stopping", "stopped"]}},
                {"key": "D", "when": {"any": [{"regions": ["eu-west-1"]}]}},
                {"key": "E", "when": {"any": [{"regions": ["eu-west-1"]}, {"regions": ["eu-west-1"]}]}},
                {"key": "F", "when": {"not": {"instance_types": ["*"]}}},
                {"key": "G", "when": {"regions": ["eu-west-1"], "not": {"regions": ["eu-west-2", "eu-west-1"]}}},
                {"key": "H", "when": {"accounts": ["111111111111", "111111111111"], "operator": ["a.b"],
                    "instance_ids": ["i-0123abcd", "i-0123abce", "i-0123abcd"]}},
                {"key": "I", "when": {"tags": [{"key": "Size", "values": ["a", "A", "b", "a"]}]}},
            ],
        });
        insta::assert_snapshot!(found(&document));
    }
}
