//! What is refused of dates, numbers, key patterns and conditions in conditions.

use serde_json::{Value, json};

use crate::testing::errors_of;

/// The errors of a policy with this rule.
fn errors_of_rule(list: &str, rule: &Value) -> Vec<String> {
    let errors = errors_of(&json!({(list): [rule]}));
    errors.iter().map(ToString::to_string).collect()
}

fn errors_of_when(when: &Value) -> Vec<String> {
    errors_of_rule("required_tags", &json!({"key": "Owner", "when": when}))
}

#[test]
fn requirements_have_bounds_that_can_be_met() {
    let at = "required_tags[0] (\"Owner\")";
    for (name, requirement, error) in [
        (
            "date",
            json!({"max_days_ahead": 1_000_000}),
            "date.max_days_ahead: expected 0 to ",
        ),
        (
            "number",
            json!({"min": 2, "max": 1}),
            "number.min: expected at most max, which is 1, got 2",
        ),
        (
            "number",
            json!({"max": 1e300}),
            "number.max: expected a number",
        ),
        (
            "number",
            json!({"max": "1"}),
            "number.max: expected a number, got \"1\"",
        ),
    ] {
        let errors = errors_of_rule(
            "required_tags",
            &json!({"key": "Owner", (name): requirement}),
        );
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].starts_with(&format!("{at}.{error}")),
            "{errors:?}"
        );
    }
}

#[test]
fn a_rule_is_about_a_key_or_a_pattern_of_keys() {
    let either = "expected either key or key_pattern";
    for (rule, error) in [
        (
            json!({"key": "a", "key_pattern": "b"}),
            format!("{either}, got both"),
        ),
        (json!({}), format!("{either}, got neither")),
        (
            json!({"key_pattern": "a", "ignore_key_case": true}),
            "ignore_key_case: expected no ignore_key_case beside key_pattern".to_owned(),
        ),
        (
            json!({"key_pattern": "("}),
            "key_pattern: expected a regular expression".to_owned(),
        ),
    ] {
        let errors = errors_of_rule("forbidden_tags", &rule);
        assert!(errors[0].contains(&error), "{error}: {errors:?}");
    }
    // What has been said of its key is not said again.
    let errors = errors_of_rule("forbidden_tags", &json!({"key": 1}));
    assert_eq!(errors.len(), 1, "{errors:?}");
}

#[test]
fn a_pattern_of_forbidden_keys_names_no_required_one() {
    let errors = errors_of(&json!({
        "required_tags": [{"key": "password"}],
        "forbidden_tags": [{"key_pattern": ".*word"}],
    }));
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].contains(
            ".key_pattern: expected a key that no other rule has for the same instances (see `when`), \
             as required_tags[0] (\"password\") does"
        ),
        "{errors:?}"
    );
}

#[test]
fn an_exemption_names_keys_of_rules() {
    let errors = errors_of(&json!({
        "required_tags": [{"key": "Owner"}, {"key": "Stage"}],
        "exemptions": [{
            "owner": "web", "reason": "moves", "expires": "2099-12-31",
            "keys": ["Owner", "owner"], "when": {"regions": ["us-east-1"]},
        }],
    }));
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].contains(
            "expected the key or key_pattern of a rule: \"Owner\", \"Stage\", got \"owner\""
        ),
        "{errors:?}"
    );
}

#[test]
fn an_age_is_in_hours_or_in_minutes() {
    let errors = errors_of_when(&json!({"min_age_hours": 1, "min_age_minutes": 5}));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].ends_with(
            "when.min_age_minutes: expected either min_age_hours or min_age_minutes, got both"
        ),
        "{errors:?}"
    );
}

#[test]
fn a_condition_in_a_condition_has_none_of_its_own() {
    let inner = json!({"regions": ["us-east-1"]});
    for (name, of) in [("any", json!([inner])), ("not", inner.clone())] {
        let errors = errors_of_when(&json!({"not": {(name): of, "states": ["running"]}}));
        assert_eq!(errors.len(), 1, "{errors:?}");
        let error = format!("when.not.{name}: expected no any or not within any or not, got some");
        assert!(errors[0].ends_with(&error), "{errors:?}");
    }
}

#[test]
fn names_share_the_memory_of_all_patterns() {
    let names = |count: usize| {
        let names = (0..count).map(|n| format!("{}{n}", "?".repeat(250)));
        json!({"instance_types": names.collect::<Vec<_>>()})
    };
    let errors = errors_of_when(&names(2000));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("MiB"), "{errors:?}");
}
