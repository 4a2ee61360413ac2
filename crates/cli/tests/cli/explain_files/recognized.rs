//! Files that cannot be explained.

use super::*;

#[test]
fn what_cannot_be_explained_is_recognized() {
    let names: serde_json::Map<_, _> = ('a'..='j').map(|it| (it.to_string(), json!(1))).collect();
    for (name, value, expected) in [
        (
            "plan",
            json!({"resource_changes": ["i-12345678"]}),
            "a Terraform plan",
        ),
        (
            "state",
            json!({"version": 4, "terraform_version": "1.11.4"}),
            "a Terraform state",
        ),
        (
            "iam",
            json!({"Version": "2012-10-17", "Statement": []}),
            "an IAM policy document",
        ),
        (
            "policy",
            json!({"required_tags": []}),
            "a tag-compliance policy: policy check and --policy read it",
        ),
        ("empty", json!({}), "an empty JSON object"),
        (
            "field",
            json!({"a\u{1b}": 1}),
            "a JSON object with the field a\\u{1b}",
        ),
        (
            "fields",
            json!({"a": 1, "b": 2}),
            "a JSON object with the fields a, b",
        ),
        (
            "many",
            json!(names),
            "a JSON object with the fields a, b, c, d, e, f, g, h and 2 more",
        ),
        (
            "string",
            json!("i-12345678"),
            "the JSON value \"i-12345678\"",
        ),
        (
            "query",
            json!([["i-12345678", "running", null], ["i-23456789", 1]]),
            "the output of the AWS CLI with --query: leave --query out",
        ),
        (
            "http",
            json!({"httpMethod": "GET"}),
            "a JSON object with the field httpMethod",
        ),
    ] {
        let (event, answer) = explained(&format!("is-{name}"), &value, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        let lines: Vec<_> = answer.stderr.lines().collect();
        assert_eq!(
            lines[0],
            format!("error: {event}:1:1: this looks like {expected}")
        );
        assert!(
            lines[1].starts_with("note: explain reads an EventBridge event"),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 4, "{lines:?}");
    }
}

#[test]
fn a_file_that_is_not_json_is_recognized() {
    for (name, text, expected) in [
        (
            "table",
            "-----\n| a |",
            "1:1: this looks like a table, as --output table prints it: use",
        ),
        (
            "yaml",
            "Reservations:\n- Instances: []",
            "1:1: this looks like YAML",
        ),
        (
            "comments",
            "{\n  // why\n}",
            "2:3: this looks like JSON with comments",
        ),
        ("nothing", "", "1:1: this looks like an empty file"),
    ] {
        let (event, answer) = text_explained(name, text, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        let start = format!("error: {event}:{expected}");
        assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
        let note = "\nnote: explain reads an EventBridge event";
        assert!(answer.stderr.contains(note), "{}", answer.stderr);
    }
}
