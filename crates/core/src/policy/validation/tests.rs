use serde_json::{Value, json};

use super::*;
use crate::policy::{PolicyError, TagPolicy};
use crate::testing::{errors_of, policy};

/// The errors of a policy that requires `Owner` and holds this, too.
fn errors_with(part: &Value) -> Vec<String> {
    let mut document = json!({"required_tags": [{"key": "Owner"}]});
    for (name, value) in part.as_object().unwrap() {
        document[name] = value.clone();
    }
    errors_of(&document)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn rule_with(name: &str, value: Value) -> Value {
    let mut rule = json!({"key": "Owner"});
    rule[name] = value;
    json!({"required_tags": [rule]})
}

fn condition(condition: Value) -> Value {
    rule_with("when", condition)
}

#[test]
fn each_error_names_the_rule_the_value_and_what_was_expected() {
    let text = "1 to 128 characters, not all blank";
    let one = "at least one element, or no such field";
    for (part, error) in [
        (json!({"required_tags": []}), "required_tags: expected at least one required or forbidden tag, got none".to_owned()),
        (json!({"required_tags": [{"key": " "}]}),
         format!("required_tags[0] (\" \").key: expected {text}, got \" \"")),
        (json!({"required_tags": [{"key": "AWS:x"}]}),
         "required_tags[0] (\"AWS:x\").key: expected a key that does not begin with aws:, got \"AWS:x\"".to_owned()),
        (json!({"forbidden_tags": [{"key": ""}]}),
         format!("forbidden_tags[0].key: expected {text}, got \"\"")),
        (json!({"owner_tag": ""}), format!("owner_tag: expected {text}, got \"\"")),
        (rule_with("allowed_values", json!([])),
         format!("required_tags[0] (\"Owner\").allowed_values: expected {one}, got none")),
        (rule_with("allowed_values", json!(["a", ""])),
         "required_tags[0] (\"Owner\").allowed_values[1]: expected 1 to 256 characters, not all blank, got \"\"".to_owned()),
        (rule_with("pattern", json!("(")),
         "required_tags[0] (\"Owner\").pattern: expected a regular expression in RE2 syntax (unclosed group: a ( without its )), got \"(\"".to_owned()),
        (rule_with("min_length", json!(0)),
         "required_tags[0] (\"Owner\").min_length: expected 1 to 256 characters, got 0".to_owned()),
        (rule_with("max_length", json!(257)),
         "required_tags[0] (\"Owner\").max_length: expected 1 to 256 characters, got 257".to_owned()),
        (json!({"required_tags": [{"key": "Owner", "min_length": 3, "max_length": 2}]}),
         "required_tags[0] (\"Owner\").min_length: expected at most max_length, which is 2, got 3".to_owned()),
        (rule_with("description", json!("")),
         "required_tags[0] (\"Owner\").description: expected 1 to 500 characters, not all blank, got \"\"".to_owned()),
        (condition(json!({})),
         "required_tags[0] (\"Owner\").when: expected at least one part of a condition, got none".to_owned()),
        (condition(json!({"tags": [{"key": ""}]})),
         format!("required_tags[0] (\"Owner\").when.tags[0].key: expected {text}, got \"\"")),
        (condition(json!({"tags": [{"key": "a", "values": []}]})),
         format!("required_tags[0] (\"Owner\").when.tags[0] (\"a\").values: expected {one}, got none")),
        (condition(json!({"tags": [{"key": "a", "pattern": "*"}]})),
         "required_tags[0] (\"Owner\").when.tags[0] (\"a\").pattern: expected a regular expression in RE2 syntax \
          (there is nothing before the repetition), got \"*\"".to_owned()),
        (condition(json!({"tags": [{"key": "a", "pattern": "b", "absent": true}]})),
         "required_tags[0] (\"Owner\").when.tags[0] (\"a\"): expected at most one of values, pattern and absent, got several".to_owned()),
        (condition(json!({"states": ["running", "terminated"]})),
         "required_tags[0] (\"Owner\").when.states[1]: expected pending, running, stopping or stopped, got \"terminated\"".to_owned()),
        (condition(json!({"instance_ids": ["i-1"]})),
         "required_tags[0] (\"Owner\").when.instance_ids[0]: expected an instance id: i- and 8 or 17 hexadecimal digits, got \"i-1\"".to_owned()),
        (condition(json!({"auto_scaling_groups": [" "]})),
         "required_tags[0] (\"Owner\").when.auto_scaling_groups[0]: expected 1 to 256 characters, not all blank, got \" \"".to_owned()),
        (condition(json!({"accounts": ["1234"]})),
         "required_tags[0] (\"Owner\").when.accounts[0]: expected an AWS account id of 12 digits, got \"1234\"".to_owned()),
        (condition(json!({"min_age_hours": 2, "max_age_hours": 2})),
         "required_tags[0] (\"Owner\").when.min_age_hours: expected less than max_age_hours, which is 2 hours, got \"2 hours\"".to_owned()),
        (json!({"exemptions": [{"owner": "a", "reason": "b", "expires": "2026-02-30", "when": {"states": ["running"]}}]}),
         "exemptions[0].expires: expected a day such as 2027-01-31, got \"2026-02-30\"".to_owned()),
        (json!({"exemptions": [{"owner": " ", "reason": "b", "expires": "2026-02-28", "when": {"states": ["running"]}}]}),
         format!("exemptions[0].owner: expected {text}, got \" \"")),
        (json!({"exemptions": [{"owner": "a", "reason": "", "expires": "2026-02-28", "when": {"states": ["running"]}}]}),
         "exemptions[0].reason: expected 1 to 500 characters, not all blank, got \"\"".to_owned()),
    ] {
        assert_eq!(errors_with(&part), [error], "{part}");
    }
}

#[test]
fn lists_that_are_given_are_not_empty() {
    for name in [
        "tags",
        "instance_ids",
        "auto_scaling_groups",
        "states",
        "accounts",
        "regions",
    ] {
        let errors = errors_with(&condition(json!({name: []})));
        assert!(
            errors[0].contains(&format!(".when.{name}: expected at least one")),
            "{errors:?}"
        );
    }
    for name in ["include", "exclude"] {
        let errors = errors_with(&json!({"scope": {name: []}}));
        assert_eq!(
            errors,
            [format!(
                "scope.{name}: expected at least one element, or no such field, got none"
            )]
        );
    }
}

#[test]
fn regions_look_like_regions() {
    for region in ["us-east-1", "us-gov-west-1", "ap-southeast-12"] {
        policy(&condition(json!({"regions": [region]})));
    }
    for region in [
        "",
        "us-east",
        "us-east-",
        "US-EAST-1",
        "us--1",
        "us-east-1a",
        "useast1",
        "-east-1",
        "*",
    ] {
        let errors = errors_with(&condition(json!({"regions": [region]})));
        assert_eq!(errors.len(), 1, "{region}");
        assert!(
            errors[0].contains("expected a region such as us-east-1"),
            "{errors:?}"
        );
    }
}

#[test]
fn days_are_days_of_the_calendar() {
    let exemption = |expires: &str| json!({"exemptions": [{"owner": "a", "reason": "b", "expires": expires, "when": {"states": ["running"]}}]});
    for expires in [
        "",
        "2026-1-1",
        "2026-13-01",
        "2027-02-29",
        "tomorrow!!",
        "2026-01-01T00:00:00Z",
    ] {
        assert_eq!(errors_with(&exemption(expires)).len(), 1, "{expires}");
    }
    let mut leap_day = exemption("2028-02-29");
    leap_day["required_tags"] = json!([{"key": "Owner"}]);
    policy(&leap_day);
}

#[test]
fn two_rules_about_a_key_need_conditions() {
    let when = json!({"states": ["running"]});
    let conflicts = |required: Value, forbidden: Value| {
        let document = json!({"required_tags": required, "forbidden_tags": forbidden});
        match crate::policy::TagPolicy::from_json(&document.to_string()) {
            Ok(_) => Vec::new(),
            Err(errors) => errors
                .0
                .iter()
                .map(|error| error.to_string().split(':').next().unwrap().to_owned())
                .collect(),
        }
    };
    let rule = |key: &str| json!({"key": key});
    let conditional = |key: &str| json!({"key": key, "when": when});
    let any_case = |key: &str| json!({"key": key, "ignore_key_case": true});
    assert_eq!(
        conflicts(json!([rule("a"), rule("b"), rule("a")]), json!([])),
        ["required_tags[2] (\"a\").key"]
    );
    assert_eq!(
        conflicts(json!([rule("a"), conditional("a")]), json!([])),
        ["required_tags[1] (\"a\").key"]
    );
    assert_eq!(
        conflicts(json!([conditional("a"), rule("a")]), json!([])),
        ["required_tags[1] (\"a\").key"]
    );
    assert!(conflicts(json!([conditional("a"), conditional("a")]), json!([])).is_empty());
    assert!(conflicts(json!([rule("a"), rule("A")]), json!([])).is_empty());
    assert_eq!(
        conflicts(json!([rule("a"), any_case("A")]), json!([])),
        ["required_tags[1] (\"A\").key"]
    );
    assert_eq!(
        conflicts(json!([any_case("a"), rule("A")]), json!([])),
        ["required_tags[1] (\"A\").key"]
    );
    assert_eq!(
        conflicts(json!([rule("a")]), json!([rule("a")])),
        ["forbidden_tags[0] (\"a\").key"]
    );
    assert!(conflicts(json!([rule("a")]), json!([conditional("a")])).is_empty());
    assert!(conflicts(json!([conditional("a")]), json!([rule("a")])).is_empty());
    assert!(conflicts(json!([rule("a")]), json!([rule("b"), rule("b")])).is_empty());
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let errors = errors_with(&json!({
        "required_tags": [{"key": "", "pattern": "("}, {"key": "b", "when": {}}],
        "forbidden_tags": [{"key": "b", "description": " "}],
        "scope": {"include": [{"states": ["gone"]}]},
        "owner_tag": " ",
    }));
    assert_eq!(errors.len(), 6, "{errors:?}");
    let document = json!({"required_tags": [{"key": ""}, {"key": " "}]});
    let text = PolicyErrors(errors_of(&document)).to_string();
    assert!(
        text.contains("got \"\"; required_tags[1] (\" \").key: "),
        "{text}"
    );
}

#[test]
fn the_limits_are_the_largest_that_are_accepted() {
    let when = json!({"states": ["running"]});
    let exemption = json!({"owner": "a".repeat(128), "reason": "b".repeat(500), "expires": "2026-12-31", "when": when});
    let largest = |more: usize| {
        let required = |n: usize| {
            json!({
                "key": format!("{n:02}{}", "ä".repeat(126)),
                "allowed_values": ["ä".repeat(256)],
                "description": "d".repeat(500),
                "pattern": "p".repeat(512),
                "min_length": 1,
                "max_length": 256,
            })
        };
        let forbidden = |n: usize| json!({"key": format!("f{n}")});
        json!({
            "required_tags": (0..50 + more).map(required).collect::<Vec<_>>(),
            "forbidden_tags": (0..50 + more).map(forbidden).collect::<Vec<_>>(),
            "exemptions": vec![exemption.clone(); 500 + more],
            "scope": {"include": vec![when.clone(); 50 + more], "exclude": vec![when.clone(); 50 + more]},
            "owner_tag": "o".repeat(128 + more),
        })
    };
    policy(&largest(0));
    let errors: Vec<_> = errors_of(&largest(1))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(errors.len(), 6, "{errors:?}");
    for (field, text) in [
        ("key", "k".repeat(129)),
        ("pattern", "p".repeat(513)),
        ("description", "d".repeat(501)),
    ] {
        assert_eq!(
            errors_with(&rule_with(field, json!(text))).len(),
            1,
            "{field}"
        );
    }
}

/// A policy with an exemption for each pattern.
fn exempting(patterns: impl Iterator<Item = String>) -> Value {
    let exemption = |pattern| {
        json!({"owner": "a", "reason": "b", "expires": "2026-02-28",
               "when": {"tags": [{"key": "Lab", "pattern": pattern}]}})
    };
    json!({"required_tags": [{"key": "Owner"}], "exemptions": patterns.map(exemption).collect::<Vec<_>>()})
}

#[test]
fn patterns_beyond_the_budget_are_one_error_that_names_the_first() {
    let equal = exempting((0..400).map(|_| r"\w{1,100}".to_owned()));
    assert!(TagPolicy::from_json(&equal.to_string()).is_ok());
    let large = r"\pL{1,250}";
    let same = exempting((0..400).map(|_| large.to_owned()));
    assert!(TagPolicy::from_json(&same.to_string()).is_ok());
    let different = exempting((0..400).map(|n| format!("{large}{n}")));
    let errors = errors_of(&different);
    let [
        PolicyError::Field {
            field,
            expected,
            got,
            ..
        },
    ] = &errors[..]
    else {
        panic!("{errors:?}");
    };
    let field = field.to_string();
    assert!(
        field.starts_with("exemptions[") && field.ends_with("].when.tags[0] (\"Lab\").pattern")
    );
    assert_eq!(
        expected,
        "patterns that take no more than 32 MiB of memory together (repeat large classes, such as \\pL, less often)"
    );
    assert!(got.starts_with("\"\\\\pL{1,250}"), "{got}");
    // What else is wrong is told all the same.
    let mut document = different;
    document["exemptions"][399]["when"]["tags"][0]["pattern"] = json!("(");
    document["exemptions"][398]["when"]["tags"][0]["pattern"] = json!("a".repeat(513));
    let errors: Vec<_> = errors_of(&document)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(
        errors[1].contains("expected 1 to 512 characters"),
        "{errors:?}"
    );
    assert!(errors[2].contains("unclosed group"), "{errors:?}");
}
