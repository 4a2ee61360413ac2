use std::fmt::Write as _;

use serde_json::{Value, json};

use super::*;
use crate::policy::{PolicyError, PolicyErrors, TagPolicy};
use crate::testing::every_part;

fn errors_of(text: &str) -> PolicyErrors {
    TagPolicy::from_json(text).unwrap_err()
}

/// The errors as the program prints them.
fn said(text: &str) -> String {
    let mut said = String::new();
    for error in errors_of(text).0 {
        let at = error.at().unwrap();
        writeln!(said, "{}:{}: {error}", at.line, at.column).unwrap();
    }
    said
}

#[test]
fn everything_that_is_wrong_with_a_policy_is_said_with_its_place() {
    let mut all = String::new();
    for text in [
        "hello",
        "[]",
        "null",
        "{}",
        r#"{"required_tags": [{"key": "Owner"}], "required_tags": []}"#,
        r#"{"requiredTags": [{"key": "Owner"}]}"#,
        r#"{"required_tags": {"key": "Owner"}, "forbidden_tags": null, "owner_tag": 1}"#,
        r#"{"required_tags": ["Owner", {"Key": "A"}, {}, {"key": 1, "pattern": "("}]}"#,
        r#"{
  "$schema": "./tag-policy.schema.json",
  "required_tags": [
    {"key": "Environment", "allowed_value": ["x"], "allowed_values": ["dev", 1, ""]},
    {"key": "Owner", "pattern": "[", "severty": "high", "severity": "worst"},
    {"key": "Owner", "min_length": "3", "max_length": -1, "ignore_key_case": "yes"}
  ],
  "exemption": []
}"#,
        r#"{
  "forbidden_tags": [{"key": "Temp", "severity": 5, "allowed_values": ["a"], "when": {"stats": ["running"]}}],
  "scope": {"includes": [], "exclude": [{"regions": "us-east-1"}, {"states": ["gone"]}, {}]},
  "exemptions": [
    {"owner": " ", "reason": 1.5, "expires": "2026-02-30"},
    [{"tags": [{"key": "a"}]}]
  ]
}"#,
        r#"{"forbidden_tags": "Temp"}"#,
        r#"{"required_tags": [{"key": "a\nb\u001b\u200b\"", "a\nb": 1}], "scope": []}"#,
    ] {
        write!(all, "{text}\n\n{}\n---\n", said(text)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn all_errors_are_one_line_where_they_are_logged() {
    assert_eq!(
        errors_of(r#"{"required_tags": [{"key": " "}], "owner_tag": 1}"#).to_string(),
        "required_tags[0] (\" \").key: expected 1 to 128 characters, not all blank, got \" \"; \
         owner_tag: expected a string, got 1"
    );
    assert_eq!(
        errors_of("{\n\"a\": x}").to_string(),
        "not JSON: expected value at line 2, column 6"
    );
}

#[test]
fn a_document_is_read_as_it_is_written() {
    let document = every_part();
    let text = Node::parse(&document).unwrap();
    let mut faults = Faults::of(&text);
    let read = serde_json::to_value(super::read(&text, &mut faults)).unwrap();
    faults.into_errors().unwrap();
    let mut document: Value = serde_json::from_str(&document).unwrap();
    document.as_object_mut().unwrap().remove("$schema");
    assert_eq!(read, document);
}

#[test]
fn null_stands_for_an_optional_field_that_is_not_given() {
    let policy = |rule: &str| {
        let text = format!(r#"{{"required_tags": [{{"key": "A"{rule}}}], "scope": null}}"#);
        TagPolicy::from_json(&text).unwrap()
    };
    assert_eq!(policy(r#", "when": null, "min_length": null"#), policy(""));
}

#[test]
fn the_fields_are_those_of_the_schema() {
    let schema = include_str!("../../../../../docs/tag-policy.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    // Each part of a policy, with one field that there is not.
    let tag = json!({"key": "a", "?": 0});
    let when = json!({"tags": [tag], "?": 0});
    let text = json!({
        "required_tags": [{"key": "a", "date": {"?": 0}, "number": {"?": 0}, "?": 0}],
        "forbidden_tags": [{"key": "b", "?": 0}],
        "scope": {"?": 0},
        "exemptions": [{"owner": "a", "reason": "a", "expires": "2030-01-01", "when": when, "?": 0}],
        "?": 0,
    });
    let known = errors_of(&text.to_string()).0.into_iter().map(|error| {
        let PolicyError::UnknownField { known, .. } = error else {
            panic!("{error}")
        };
        known.iter().map(|name| (*name).to_owned()).collect()
    });
    let mut known: Vec<Vec<String>> = known.collect();
    let parts = schema["$defs"].as_object().unwrap().iter();
    // It is read as every condition is; that it has neither any nor not is said later.
    let parts = parts.filter(|(name, _)| *name != "InnerCondition");
    let parts = parts.map(|(_, part)| part).chain([&schema]);
    let objects = parts.filter_map(|part| part.get("properties")?.as_object());
    let mut expected: Vec<Vec<String>> = objects
        .map(|fields| fields.keys().cloned().collect())
        .collect();
    for fields in known.iter_mut().chain(&mut expected) {
        fields.sort_unstable();
    }
    known.sort_unstable();
    expected.sort_unstable();
    assert_eq!(known, expected);
}
