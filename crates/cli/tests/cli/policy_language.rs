//! What policies say of dates, numbers and optional tags, and how they are written, as the program
//! retells and reads it.

use serde_json::json;

use crate::explain::explain;
use crate::support::{file, policy_file, run};

#[test]
fn dates_and_numbers_are_retold() {
    let rule = |key: &str, field: &str, of: serde_json::Value| json!({"key": key, (field): of});
    let policy = json!({"required_tags": [
        rule("A", "date", json!({})),
        rule("B", "date", json!({"not_past": true})),
        rule("C", "date", json!({"not_past": true, "max_days_ahead": 90})),
        rule("D", "number", json!({})),
        rule("E", "number", json!({"min": 1})),
        rule("F", "number", json!({"max": 2.5})),
        rule("G", "number", json!({"min": 1, "max": 8})),
    ]});
    let answer = run(&["policy", "check", &policy_file("retold.json", &policy)]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    for line in [
        "  A: a day",
        "  B: a day not past",
        "  C: a day not past and at most 90 days ahead",
        "  D: a number",
        "  E: a number from 1",
        "  F: a number up to 2.5",
        "  G: a number from 1 to 8",
    ] {
        let line = format!("{line}\n");
        assert!(answer.stdout.contains(&line), "{line}{}", answer.stdout);
    }
}

#[test]
fn what_is_wrong_with_json_that_has_comments_is_told_with_its_place() {
    for (name, text, error) in [
        (
            "comments-alone",
            "// nothing\n",
            ":1:1: this looks like nothing but comments",
        ),
        ("comments-number", "// a\n{\"a\": -}", ":2:8: "),
        ("comments-large", "// a\n{\"a\": 1e999999}", ":2:7: "),
        ("comments-cut", "// a\n{\"a\": [1", ":2:"),
    ] {
        let path = file(&format!("{name}.jsonc"), text);
        let answer = run(&["policy", "check", &path]);
        assert_eq!(answer.code, Some(2), "{answer:?}");
        let begin = format!("error: {path}{error}");
        assert!(answer.stderr.starts_with(&begin), "{begin}: {answer:?}");
    }
}

#[test]
fn an_explanation_needs_a_policy_and_says_what_is_wrong_with_it() {
    let path = file("explained-wrong.json", r#"{"required_tags": [{"key": 1}]}"#);
    let answer = explain(&path, &["--untagged"]);
    assert_eq!(answer.code, Some(2));
    let begin = format!("error: {path}:1:28: required_tags[0].key: expected a string");
    assert!(answer.stderr.starts_with(&begin), "{answer:?}");
    let path = file("explained-table.csv", "a,b\n1,2\n");
    let answer = explain(&path, &["--untagged"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("note: "), "{answer:?}");
}

#[test]
fn an_optional_tag_is_one_in_json_too() {
    let policy = json!({"required_tags": [{"key": "Project", "optional": true}]});
    let path = policy_file("optional.json", &policy);
    let answer = explain(&path, &["--untagged", "--format", "json"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let rule = &answer.json()["rules"][0];
    assert_eq!(
        (rule["demand"].as_str(), rule["outcome"].as_str()),
        (Some("optional"), Some("ok"))
    );
}
