//! Rules that a mistyped value of another tag turns off without any finding.

use super::super::TagPolicy;
use super::super::condition::{Condition, TagTest};
use super::super::pattern::{TagKey, same};
use super::super::rule::Rule;
use super::super::value::ValueRules;
use super::PolicyWarning;
use super::parts::{branches, rules, tags};
use crate::json::Path;
use crate::text::Quoted;
use crate::timestamp::Timestamp;

pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    let rules = rules(policy).into_iter();
    let whens = rules.filter_map(|(path, rule)| Some((path.field("when"), rule.when.as_ref()?)));
    // Within `not`, a mistyped value turns the rule on, and that produces a finding.
    let conditions = whens.flat_map(|(path, condition)| {
        let branches = branches(&path, condition);
        std::iter::once((path, condition)).chain(branches)
    });
    conditions
        .flat_map(|(path, condition)| in_condition(policy, &path, condition))
        .collect()
}

fn in_condition(policy: &TagPolicy, path: &Path, condition: &Condition) -> Vec<PolicyWarning> {
    tags(path, condition)
        .filter(|(_, key, _)| is_typed(key))
        .filter_map(|(path, key, test)| {
            let field = match test {
                TagTest::OneOf(_) => "values",
                TagTest::Matches(_) => "pattern",
                _ => return None,
            };
            let why = why_unheard(policy, key, test)?;
            let key = Quoted(&key.text);
            let what = format!("a mistyped {key} turns this rule off unnoticed, since {why}");
            Some(PolicyWarning::new(path.field(field), what))
        })
        .collect()
}

/// Whether people type the tag's value. AWS sets tags whose keys begin with `aws:`.
fn is_typed(key: &TagKey) -> bool {
    !key.is_pattern() && !key.text.to_ascii_lowercase().starts_with("aws:")
}

/// Why no rule reports a mistyped value, if none does.
fn why_unheard(policy: &TagPolicy, key: &TagKey, test: &TagTest) -> Option<String> {
    let about = policy.rules.iter().filter(|rule| {
        rule.is_about(&key.text) || same(&rule.key.text, &key.text, key.ignores_case())
    });
    let own: Vec<_> = about.filter(|rule| !rule.is_forbidding()).collect();
    if !key.ignores_case() && own.iter().any(|rule| rule.key.ignores_case()) {
        return Some("its own rule takes the key in any case; set ignore_case".to_owned());
    }
    let own: Vec<_> = own.into_iter().filter_map(Rule::values).collect();
    if own.is_empty() {
        let why = "no rule says which values that tag may have; add one with allowed_values";
        return Some(why.to_owned());
    }
    let restricting: Vec<_> = own.into_iter().filter(|values| restricts(values)).collect();
    if restricting.is_empty() {
        return Some("its own rule allows any value; give that rule allowed_values".to_owned());
    }
    let TagTest::OneOf(values) = test else {
        return None;
    };
    let is_meant = |typed: &str| values.iter().any(|it| same(it, typed, key.ignores_case()));
    let typed = values.iter().flat_map(|value| mistyped(value));
    let mut unmeant = typed.filter(|typed| !is_meant(typed));
    let typed = unmeant.find(|typed| restricting.iter().all(|it| lets_through(it, typed)))?;
    let typed = Quoted(&typed).to_string();
    Some(format!(
        "its own rule allows {typed}, too; give that rule allowed_values, and both the same case"
    ))
}

fn restricts(values: &ValueRules) -> bool {
    values.allowed_values.is_some()
        || values.pattern.is_some()
        || values.date.is_some()
        || values.number.is_some()
}

/// Any day or number may be intended.
fn lets_through(values: &ValueRules, typed: &str) -> bool {
    values.date.is_none() && values.number.is_none() && values.allows(typed, Timestamp::default())
}

/// Typical typos of a value: another case, or a missing character.
fn mistyped(value: &str) -> Vec<String> {
    let characters: Vec<_> = value.chars().collect();
    let shorter = (0..characters.len()).map(|left_out| {
        let rest = characters.iter().enumerate();
        let rest = rest.filter(|(index, _)| *index != left_out);
        rest.map(|(_, character)| *character).collect()
    });
    let capitalized = value.chars().take(1).flat_map(char::to_uppercase);
    let capitalized = capitalized.chain(value.chars().skip(1)).collect();
    let cases = [value.to_lowercase(), capitalized, value.to_uppercase()];
    cases.into_iter().chain(shorter).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::policy;

    fn found(environment: &Value, when: &Value) -> Vec<String> {
        let rules = [environment.clone(), json!({"key": "Owner", "when": when})];
        let rules: Vec<_> = rules.into_iter().filter(|it| !it.is_null()).collect();
        let found = of(&policy(&json!({"required_tags": rules})));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_rule_that_a_mistyped_value_turns_off_unnoticed_is_pointed_out() {
        let values = json!({"tags": [{"key": "Environment", "values": ["prod"]}]});
        let begin = "a mistyped \"Environment\" turns this rule off unnoticed, since ";
        for (environment, when, field, why) in [
            (
                json!(null),
                values.clone(),
                "[0] (\"Owner\").when.tags[0] (\"Environment\").values",
                "no rule says which values that tag may have; add one with allowed_values",
            ),
            (
                json!(null),
                json!({"any": [
                    {"states": ["running"]},
                    {"tags": [{"key": "Name"}, {"key": "Environment", "pattern": "prod.*"}]},
                ]}),
                "[0] (\"Owner\").when.any[1].tags[1] (\"Environment\").pattern",
                "no rule says which values that tag may have; add one with allowed_values",
            ),
            (
                json!({"key": "environment", "ignore_key_case": true, "allowed_values": ["prod"]}),
                values.clone(),
                "[1] (\"Owner\").when.tags[0] (\"Environment\").values",
                "its own rule takes the key in any case; set ignore_case",
            ),
            (
                json!({"key": "Environment", "min_length": 2}),
                values.clone(),
                "[1] (\"Owner\").when.tags[0] (\"Environment\").values",
                "its own rule allows any value; give that rule allowed_values",
            ),
            (
                json!({"key": "Environment", "pattern": "[a-z]+"}),
                values.clone(),
                "[1] (\"Owner\").when.tags[0] (\"Environment\").values",
                "its own rule allows \"rod\", too; give that rule allowed_values, and both the same case",
            ),
            (
                json!({"key": "Environment", "allowed_values": ["prod"], "ignore_value_case": true}),
                values.clone(),
                "[1] (\"Owner\").when.tags[0] (\"Environment\").values",
                "its own rule allows \"Prod\", too; give that rule allowed_values, and both the same case",
            ),
        ] {
            let expected = format!("required_tags{field}: {begin}{why}");
            assert_eq!(found(&environment, &when), [expected]);
        }
    }

    #[test]
    fn a_rule_is_safe_where_another_finds_the_mistyped_value_or_nobody_types_it() {
        let stage = |test: Value| json!({"tags": [test]});
        let prod = stage(json!({"key": "Environment", "values": ["prod"]}));
        let any_case = json!({"key": "Environment", "values": ["prod"], "ignore_case": true});
        let ten = stage(json!({"key": "Environment", "values": ["10"]}));
        for (environment, when) in [
            (
                json!({"key": "Environment", "allowed_values": ["dev", "prod"]}),
                prod.clone(),
            ),
            (
                json!({"key": "Environment", "optional": true, "pattern": "dev|prod"}),
                prod.clone(),
            ),
            (
                json!({"key": "Stage", "alternative_keys": ["Environment"], "allowed_values": ["prod"]}),
                prod,
            ),
            (
                json!({"key": "environment", "allowed_values": ["Prod"], "ignore_value_case": true}),
                stage(any_case),
            ),
            (json!({"key": "Environment", "number": {}}), ten.clone()),
            (json!({"key": "Environment", "date": {}}), ten),
            (
                json!({"key": "Environment", "pattern": "[a-z]+"}),
                stage(json!({"key": "Environment", "pattern": "p.*"})),
            ),
            (json!(null), stage(json!({"key": "Environment"}))),
            (json!(null), stage(json!({"key": "aws:x", "values": ["y"]}))),
            (
                json!(null),
                stage(json!({"key_pattern": "x.*", "values": ["y"]})),
            ),
            (
                json!(null),
                json!({"not": stage(json!({"key": "Environment", "values": ["dev"]}))}),
            ),
        ] {
            let warnings = found(&environment, &when);
            assert!(warnings.is_empty(), "{environment}: {warnings:?}");
        }
    }
}
