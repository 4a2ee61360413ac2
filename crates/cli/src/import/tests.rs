mod cloudformation;
mod functions;
mod packs;
mod terraform;
mod yaml;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::place::Place;
use super::*;

/// Imports files, each on a level of its own.
fn import(files: &[File]) -> Result<Imported, ImportError> {
    let levels: Vec<_> = files.iter().map(|file| vec![file.clone()]).collect();
    super::import(&levels)
}

fn file(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[test]
fn files_that_are_neither_are_refused() {
    assert_eq!(
        import(&[]).unwrap_err().to_string(),
        "expected at least one file to import, got none"
    );
    let expected = "f:1:1: expected a tag policy of AWS Organizations (`tags`, ";
    for text in [
        "1",
        "[]",
        "{}",
        r#"{"x":1}"#,
        r#"{"tag1Key":"a","tags":{}}"#,
        r#"{"Policy":{},"tags":{}}"#,
    ] {
        let error = import(&[file("f", text)]).unwrap_err().to_string();
        assert!(
            error.starts_with(expected) && error.ends_with(&format!("got {text}")),
            "{error}"
        );
    }
    let error = import(&[file("f", "{\n\"tags\"")]).unwrap_err().to_string();
    assert!(
        error.starts_with("f:2:7: not JSON: Expected colon after"),
        "{error}"
    );
    let error = import(&[file("f", "tags:\n  a: [")])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("f:3:1: unusable as YAML: while parsing"),
        "{error}"
    );
    let mixed = [
        file("a", r#"{"tag1Key":"a"}"#),
        file("b", r#"{"tags":{"b":{}}}"#),
    ];
    assert_eq!(
        import(&mixed).unwrap_err().to_string(),
        r#"b:1:1: expected a file of the same kind as the first, got {"tags":{"b":{}}}"#
    );
}

#[test]
fn a_document_that_is_no_policy_is_refused() {
    let files = [("a", "aws:x"), ("b", "Owner")]
        .map(|(name, key)| file(name, &json!({"tag1Key": key}).to_string()));
    let error = import(&files).unwrap_err().to_string();
    let expected = "a, b: the result is not a valid tag policy: required_tags[0] (\"aws:x\").key: ";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_place_is_a_path() {
    let (place, _) = Place::read("f", "{}").unwrap();
    assert_eq!(place.to_string(), "f");
    assert_eq!(
        place.field("a").field("@@assign").index(1).to_string(),
        "f: a.@@assign[1]"
    );
    assert_eq!(
        place.field("a b").key("c\n").to_string(),
        r#"f: ["a b"]["c\n"]"#
    );
    assert_eq!(
        place.index(0).named("n").field("x").to_string(),
        "f: [0] (\"n\").x"
    );
    let long = Value::from("ä".repeat(200));
    let error = place.expected("less", &long).to_string();
    assert!(
        error.ends_with("ä…") && error.chars().count() < 130,
        "{error}"
    );
}

/// JSON with meaningful names and values, and others, in any place.
fn anything() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "tags",
        "tag_key",
        "tag_value",
        "enforced_for",
        "report_required_tag_for",
        "@@assign",
        "@@append",
        "@@remove",
        "@@operators_allowed_for_child_policies",
        "@@none",
        "@@all",
        "costcenter",
        "CostCenter",
        "*",
        "a*",
        "*a*",
        "ec2:instance",
        "ec2:*",
        "Policy",
        "Content",
        "EffectivePolicy",
        "PolicyContent",
        "PolicyType",
        "TAG_POLICY",
        "Resources",
        "Properties",
        "Type",
        "AWS::Config::ConfigRule",
        "AWS::Organizations::Policy",
        "Ref",
        "values",
        "planned_values",
        "root_module",
        "child_modules",
        "resources",
        "type",
        "aws_config_config_rule",
        "aws_organizations_policy",
        "OrganizationConfigRules",
        "OrganizationManagedRuleMetadata",
        "RuleIdentifier",
        "ExcludedAccounts",
        "tag1Key",
        "tag1Value",
        "tag6Key",
        "ConfigRules",
        "ConfigRule",
        "Source",
        "SourceIdentifier",
        "REQUIRED_TAGS",
        "InputParameters",
        "{\"tag1Key\":\"a\"}",
        "{\"tags\":{\"a\":{}}}",
        "Scope",
        "TagKey",
        "TagValue",
        "ComplianceResourceTypes",
        "ComplianceResourceId",
        "AWS::EC2::Instance",
        "MaximumExecutionFrequency",
        "One_Hour",
        "EvaluationModes",
        "",
        " ",
        "ÄÖ\n",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let key = word.prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_json_panics(documents in prop::collection::vec(anything(), 1..3), wrapper in 0..4) {
        let wrapped = documents.into_iter().map(|value| match wrapper {
            0 => value,
            1 => json!({"tags": {"costcenter": value}}),
            2 => json!({"tags": {"costcenter": {"tag_key": {"@@assign": "CostCenter"}, "tag_value": value}}}),
            _ => json!({
                "Source": {"SourceIdentifier": "REQUIRED_TAGS"}, "InputParameters": {"tag1Key": "a"}, "Scope": value,
            }),
        });
        let files: Vec<_> = wrapped.map(|value| file("f", &value.to_string())).collect();
        if let Ok(imported) = import(&files) {
            let Summary { required, optional, forbidden, .. } = imported.summary;
            prop_assert_eq!(required + optional, imported.document.required_tags.len());
            prop_assert_eq!(forbidden, imported.document.forbidden_tags.len());
            prop_assert!(TagPolicy::new(imported.document).is_ok());
        }
    }

    #[test]
    fn json_is_the_same_as_yaml(document in anything()) {
        let json = document.to_string();
        let read = |text: &str| Place::read("f", text).map(|(_, value)| value).map_err(|error| error.to_string());
        prop_assert_eq!(read(&format!("# YAML\n{json}")), read(&json));
        prop_assert_eq!(read(&format!("// with comments\n{json}")), read(&json));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = import(&[file("f", &text)]);
    }

    #[test]
    fn values_without_wildcards_are_allowed_as_they_are(values in prop::collection::vec("[ -)+-~]{0,20}x", 1..5)) {
        let plain = json!({"tags": {"a": {"tag_value": values}}}).to_string();
        let tags = import(&[file("f", &plain)]).unwrap().document.required_tags;
        prop_assert_eq!(tags[0].allowed_values.as_ref(), Some(&values));
        let with_wildcard: Vec<_> = values.iter().cloned().chain(["y*z".to_owned()]).collect();
        let wild = json!({"tags": {"a": {"tag_value": with_wildcard}}}).to_string();
        let tags = import(&[file("f", &wild)]).unwrap().document.required_tags;
        let pattern = tag_compliance_core::policy::pattern::Pattern::new(
            tags[0].pattern.as_deref().unwrap(), false,
        ).unwrap();
        for value in values.iter().map(String::as_str).chain(["yz", "y and z"]) {
            prop_assert!(pattern.matches(value));
        }
    }
}
