//! What is found: missing, misspelled, invalid and forbidden tags.

use super::*;
use crate::policy::document::Severity;
use crate::testing::default_policy;

#[test]
fn evaluations_by_table() {
    const COMPLETE: &[(&str, &str)] = &[
        ("Environment", "prod"),
        ("Owner", "web"),
        ("Application", "shop"),
    ];
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);
    let table: &[Row<'_>] = &[
        (COMPLETE, &[], &[]),
        (&[], &["Environment", "Owner", "Application"], &[]),
        (
            &[("Name", "web-server"), ("Environment", "prod")],
            &["Owner", "Application"],
            &[],
        ),
        (
            &[
                ("Environment", "qa"),
                ("Owner", "web"),
                ("Application", "shop"),
            ],
            &[],
            &["Environment: \"qa\" is not one of dev, staging, prod"],
        ),
        (
            &[
                ("Environment", "Prod"),
                ("Owner", "web"),
                ("Application", "shop"),
            ],
            &[],
            &["Environment: \"Prod\" is not one of dev, staging, prod (did you mean \"prod\"?)"],
        ),
        (
            &[
                ("Environment", "prod "),
                ("Owner", "web"),
                ("Application", "shop"),
            ],
            &[],
            &[
                "Environment: \"prod \" is not one of dev, staging, prod (it has a blank at its end)",
            ],
        ),
        (
            &[
                ("Environment", ""),
                ("Owner", " \t\u{3000}"),
                ("Application", "shop"),
            ],
            &[],
            &[
                "Environment: the value is blank",
                "Owner: the value is blank",
            ],
        ),
        (
            &[
                ("environment", "prod"),
                ("OWNER", "web"),
                ("Application", ""),
            ],
            &["Environment", "Owner"],
            &["Application: the value is blank"],
        ),
    ];
    let policy = default_policy();
    for (pairs, missing, invalid) in table {
        let instance = instance(tags(pairs));
        let evaluation = policy.evaluate(&subject(&instance));
        let explained: Vec<_> = evaluation
            .invalid_tags
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(evaluation.missing_tags, *missing, "{pairs:?}");
        assert_eq!(explained, *invalid, "{pairs:?}");
        assert_eq!(
            evaluation.is_compliant(),
            missing.is_empty() && invalid.is_empty(),
            "{pairs:?}"
        );
    }
}

#[test]
fn values_are_held_to_every_part_of_their_rule() {
    let policy = policy(&json!({"required_tags": [
        {"key": "Ticket", "pattern": "OPS-[0-9]+", "max_length": 8},
        {"key": "Team", "min_length": 3, "max_length": 5},
        {"key": "Stage", "allowed_values": ["Prod"], "ignore_value_case": true},
        {"key": "Code", "pattern": "[a-f]+", "ignore_value_case": true},
        {"key": "CostCenter", "ignore_key_case": true},
    ]}));
    let good = [
        ("Ticket", "OPS-7"),
        ("Team", "web"),
        ("Stage", "PROD"),
        ("Code", "AbC"),
        ("costcenter", "1"),
    ];
    assert!(wrong(&policy, &good).is_empty());
    let bad = [
        ("Ticket", "xOPS-7"),
        ("Team", "ab"),
        ("Stage", "dev"),
        ("Code", "g"),
        ("COSTCENTER", " "),
    ];
    assert_eq!(
        wrong(&policy, &bad),
        [
            "Ticket: \"xOPS-7\" does not match OPS-[0-9]+",
            "Team: \"ab\" is shorter than 3 characters",
            "Stage: \"dev\" is not one of Prod",
            "Code: \"g\" does not match [a-f]+",
            "COSTCENTER: the value is blank",
        ]
    );
    let long = [
        ("Ticket", "OPS-12345"),
        ("Team", "größer"),
        ("Stage", "prod"),
        ("Code", "a"),
        ("CostCenter", "1"),
    ];
    assert_eq!(
        wrong(&policy, &long),
        [
            "Ticket: \"OPS-12345\" is longer than 8 characters",
            "Team: \"größer\" is longer than 5 characters",
        ]
    );
}

#[test]
fn an_invalid_tag_says_why_in_the_record() {
    let policy = policy(&json!({"required_tags": [
        {"key": "A", "allowed_values": ["x"]},
        {"key": "B"},
        {"key": "C", "min_length": 2},
        {"key": "D", "max_length": 1},
        {"key": "E", "pattern": "x+"},
    ]}));
    let instance = instance(tags(&[
        ("A", "a"),
        ("B", ""),
        ("C", "c"),
        ("D", "dd"),
        ("E", "e"),
    ]));
    let subject = subject(&instance);
    assert_eq!(
        serde_json::to_value(policy.evaluate(&subject).invalid_tags).unwrap(),
        json!([
            {"key": "A", "value": "a", "reason": "not-allowed", "allowedValues": ["x"]},
            {"key": "B", "value": "", "reason": "blank"},
            {"key": "C", "value": "c", "reason": "too-short", "minLength": 2},
            {"key": "D", "value": "dd", "reason": "too-long", "maxLength": 1},
            {"key": "E", "value": "e", "reason": "pattern-mismatch", "pattern": "x+"},
        ])
    );
}

#[test]
fn another_spelling_of_a_missing_key_is_pointed_out() {
    let policy = policy(&json!({"required_tags": [{"key": "CostCenter"}, {"key": "Cost"}]}));
    assert_eq!(
        wrong(&policy, &[("costcenter", "1"), ("Cost", "2")]),
        ["CostCenter is missing", "costcenter for CostCenter"]
    );
    assert_eq!(
        wrong(&policy, &[("Cost", "2")]),
        ["CostCenter is missing"],
        "a tag of another rule is no misspelling"
    );
}

#[test]
fn a_forbidden_tag_is_a_violation() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Owner"}],
        "forbidden_tags": [
            {"key": "temp", "ignore_key_case": true},
            {"key": "Debug", "when": {"tags": [{"key": "Stage", "values": ["prod"]}]}},
        ],
    }));
    assert!(wrong(&policy, &[("Owner", "a"), ("Debug", "1")]).is_empty());
    assert_eq!(
        wrong(
            &policy,
            &[
                ("Owner", "a"),
                ("Temp", ""),
                ("Debug", "1"),
                ("Stage", "prod")
            ]
        ),
        ["Temp is forbidden", "Debug is forbidden"]
    );
}

#[test]
fn a_key_may_be_required_by_several_rules() {
    let stage = |value: &str| json!({"tags": [{"key": "Stage", "values": [value]}]});
    let policy = policy(&json!({"required_tags": [
        {"key": "Owner", "pattern": "team-.+", "when": stage("prod")},
        {"key": "Owner", "when": {"states": ["running"]}},
    ]}));
    assert_eq!(wrong(&policy, &[("Stage", "prod")]), ["Owner is missing"]);
    assert!(wrong(&policy, &[("Owner", "me")]).is_empty());
    assert_eq!(
        wrong(&policy, &[("Owner", "me"), ("Stage", "prod")]),
        ["Owner: \"me\" does not match team-.+"]
    );
}

#[test]
fn the_worst_severity_counts() {
    let policy = policy(&json!({
        "required_tags": [{"key": "A", "severity": "low"}, {"key": "B"}],
        "forbidden_tags": [{"key": "C", "severity": "critical"}],
    }));
    let severity = |pairs: &[(&str, &str)]| {
        let instance = instance(tags(pairs));
        policy.evaluate(&subject(&instance)).severity()
    };
    assert_eq!(severity(&[("C", "1")]), Some(Severity::Critical));
    assert_eq!(severity(&[]), Some(Severity::Low));
    assert_eq!(severity(&[("A", "1")]), None);
    assert_eq!(severity(&[("A", "1"), ("B", "1")]), None);
    let words = [
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];
    for severity in words {
        assert_eq!(json!(severity), severity.as_str());
    }
}

#[test]
fn what_nobody_can_see_is_no_value_and_no_part_of_one() {
    let policy = default_policy();
    let shown = |pairs: &[(&str, &str)]| {
        let instance = instance(tags(pairs));
        let evaluation = policy.evaluate(&subject(&instance));
        let missing = evaluation
            .missing_tags
            .iter()
            .map(|key| format!("{key}: missing"));
        let invalid = evaluation.invalid_tags.iter().map(ToString::to_string);
        missing.chain(invalid).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&[
            ("Environment", "prod\u{2060}"),
            ("Owner", "\u{200b}\u{3164} \u{2800}"),
            ("Application", "\u{fe0f}"),
        ]),
        [
            "Environment: \"prod\\u{2060}\" is not one of dev, staging, prod (it has a blank at its end)",
            "Owner: the value is blank",
            "Application: the value is blank",
        ]
    );
    assert_eq!(
        shown(&[
            ("Environment", "prod"),
            ("Owner\u{200b}", "web"),
            ("Application", "shop")
        ]),
        ["Owner: missing"]
    );
}

#[test]
fn the_digits_of_a_pattern_are_those_of_ascii() {
    let policy = policy(&json!({"required_tags": [{"key": "CostCenter", "pattern": r"\d{4}"}]}));
    for (value, status) in [("1234", Status::Compliant), ("١٢٣٤", Status::NonCompliant)] {
        let instance = instance(tags(&[("CostCenter", value)]));
        let evaluation = policy.evaluate(&subject(&instance));
        assert_eq!(evaluation.status(), status, "{value}");
    }
}
