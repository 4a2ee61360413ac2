//! The policy as a whole: evaluations by table, and what must hold for every policy and all tags.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::instance::Tags;
use crate::policy::document::Severity;
use crate::policy::rule::Requirement;
use crate::testing::{at, default_policy, instance, policy, subject, tags};

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
            &["Environment: \"Prod\" is not one of dev, staging, prod"],
        ),
        (
            &[
                ("Environment", "prod "),
                ("Owner", "web"),
                ("Application", "shop"),
            ],
            &[],
            &["Environment: \"prod \" is not one of dev, staging, prod"],
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

/// What is wrong with an instance of these tags, in words.
fn wrong(policy: &TagPolicy, pairs: &[(&str, &str)]) -> Vec<String> {
    let instance = instance(tags(pairs));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let missing = evaluation
        .missing_tags
        .iter()
        .map(|key| format!("{key} is missing"));
    let misspelled = evaluation.misspelled_tags.iter();
    let misspelled = misspelled.map(|tag| format!("{} for {}", tag.found.raw(), tag.key));
    let invalid = evaluation.invalid_tags.iter().map(ToString::to_string);
    let forbidden = evaluation.forbidden_tags.iter();
    let forbidden = forbidden.map(|tag| format!("{} is forbidden", tag.key.raw()));
    missing
        .chain(misspelled)
        .chain(invalid)
        .chain(forbidden)
        .collect()
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
fn a_rule_is_for_where_its_condition_holds() {
    for (when, holds) in [
        (
            json!({"tags": [{"key": "Stage", "values": ["test", "prod"]}]}),
            true,
        ),
        (
            json!({"tags": [{"key": "Stage", "values": ["PROD"]}]}),
            false,
        ),
        (
            json!({"tags": [{"key": "STAGE", "values": ["PROD"], "ignore_case": true}]}),
            true,
        ),
        (json!({"tags": [{"key": "Stage", "pattern": "pr.*"}]}), true),
        (json!({"tags": [{"key": "Stage", "pattern": "pr"}]}), false),
        (json!({"tags": [{"key": "Stage"}]}), true),
        (json!({"tags": [{"key": "Team"}]}), false),
        (json!({"tags": [{"key": "Team", "values": ["web"]}]}), false),
        (json!({"tags": [{"key": "Team", "absent": true}]}), true),
        (json!({"tags": [{"key": "Stage", "absent": true}]}), false),
        (json!({"tags": [{"key": "Stage"}, {"key": "Team"}]}), false),
        (
            json!({"instance_ids": ["i-12345678", "i-1234567890abcdef0"]}),
            true,
        ),
        (json!({"instance_ids": ["i-12345678"]}), false),
        (json!({"auto_scaling_groups": ["web", "api"]}), true),
        (json!({"auto_scaling_groups": ["db"]}), false),
        (json!({"states": ["running"]}), true),
        (json!({"states": ["stopped"]}), false),
        (json!({"accounts": ["123456789012"]}), true),
        (json!({"accounts": ["210987654321"]}), false),
        (json!({"regions": ["eu-west-1", "us-east-1"]}), true),
        (json!({"regions": ["eu-west-1"]}), false),
        (
            json!({"operator": ["ecs.amazonaws.com", "eks.amazonaws.com"]}),
            true,
        ),
        (json!({"operator": ["ecs.amazonaws.com"]}), false),
        (json!({"min_age_hours": 10}), true),
        (json!({"min_age_hours": 11}), false),
        (json!({"max_age_hours": 10}), false),
        (json!({"max_age_hours": 11}), true),
        (
            json!({"states": ["running"], "regions": ["eu-west-1"]}),
            false,
        ),
        (
            json!({"states": ["running"], "regions": ["us-east-1"]}),
            true,
        ),
    ] {
        let tags = tags(&[("Stage", "prod"), ("aws:autoscaling:groupName", "api")]);
        let mut instance = instance(tags);
        instance.operator = Some("eks.amazonaws.com".parse().unwrap());
        let policy = policy(&json!({"required_tags": [
            {"key": "Stage"},
            {"key": "CostCenter", "when": when},
        ]}));
        let evaluation = policy.evaluate(&subject(&instance));
        assert_eq!(
            evaluation.missing_tags.contains(&"CostCenter"),
            holds,
            "{when}"
        );
        assert_eq!(
            evaluation.required_tags.contains(&"CostCenter"),
            holds,
            "{when}"
        );

        // What EC2 does not tell can't be said to hold.
        if when.to_string().contains("age_hours") || when.get("accounts").is_some() {
            instance.launched_at = None;
            instance.account_id = None;
            assert!(
                policy.evaluate(&subject(&instance)).is_compliant(),
                "{when}"
            );
        }
    }
}

#[test]
fn what_does_not_hold_is_said_in_words() {
    let when = json!({
        "tags": [
            {"key": "A"},
            {"key": "B", "absent": true},
            {"key": "C", "values": ["1", "2"]},
            {"key": "D", "pattern": "x+"},
        ],
        "instance_ids": ["i-12345678"],
        "auto_scaling_groups": ["web"],
        "states": ["stopping", "stopped"],
        "accounts": ["123456789012"],
        "regions": ["eu-west-1"],
        "operator": ["eks.amazonaws.com"],
        "min_age_hours": 1,
        "max_age_hours": 2,
    });
    let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": when}]}));
    let condition = policy.rules()[0].when.as_ref().unwrap();
    assert!(
        condition
            .to_string()
            .starts_with("A is there and B is not there and C is 1 or 2 and ")
    );
    let tests = condition.tests();
    assert_eq!(
        tests.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "A is there",
            "B is not there",
            "C is 1 or 2",
            "D matches x+",
            "the instance is i-12345678",
            "the Auto Scaling group is web",
            "the state is stopping or stopped",
            "the account is 123456789012",
            "the region is eu-west-1",
            "the operator is eks.amazonaws.com",
            "it was launched 1 or more hours ago",
            "it was launched less than 2 hours ago",
        ]
    );
    let instance = instance(Tags::new());
    let outcome = policy.rules()[0].evaluate(&subject(&instance), policy.rules());
    assert_eq!(outcome, Outcome::NotApplicable(&tests[0]));
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
fn the_scope_says_which_instances_are_evaluated() {
    let stage = |value: &str| json!({"tags": [{"key": "Stage", "values": [value]}]});
    let group = json!({"auto_scaling_groups": ["web"]});
    let required = json!([{"key": "Owner"}]);
    let evaluated = |scope: Value, pairs: &[(&str, &str)]| {
        let policy = policy(&json!({"required_tags": required, "scope": scope}));
        let instance = instance(tags(pairs));
        policy.scope(&subject(&instance)).is_in()
    };
    let web = [("aws:autoscaling:groupName", "web"), ("Stage", "dev")];
    assert!(evaluated(json!({}), &[]));
    assert!(evaluated(json!({"include": [stage("prod"), group]}), &web));
    assert!(!evaluated(json!({"include": [stage("prod")]}), &web));
    assert!(!evaluated(json!({"exclude": [stage("prod"), group]}), &web));
    assert!(evaluated(json!({"exclude": [stage("prod")]}), &web));
    assert!(!evaluated(
        json!({"include": [group], "exclude": [stage("dev")]}),
        &web
    ));
}

#[test]
fn an_exemption_accepts_violations_until_its_last_day_is_over() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Owner"}],
        "exemptions": [
            {"owner": "web", "reason": "lab", "expires": "2025-12-31",
             "when": {"tags": [{"key": "Lab"}]}},
            {"owner": "api", "reason": "move", "expires": "2026-01-01",
             "when": {"instance_ids": ["i-1234567890abcdef0"]}},
        ],
    }));
    let lab = instance(tags(&[("Lab", "1")]));
    let status = |time: &str| {
        let subject = Subject {
            now: at(time),
            ..subject(&lab)
        };
        let evaluation = policy.evaluate(&subject);
        let owner = evaluation
            .exemption
            .map(|exemption| exemption.owner.as_str());
        (
            evaluation.status(),
            owner,
            evaluation.expired_exemptions.len(),
        )
    };
    assert_eq!(
        status("2025-12-31T23:59:59.999Z"),
        (Status::Exempt, Some("web"), 0)
    );
    assert_eq!(
        status("2026-01-01T23:59:59.999Z"),
        (Status::Exempt, Some("api"), 0)
    );
    assert_eq!(
        status("2026-01-02T00:00:00Z"),
        (Status::NonCompliant, None, 2)
    );
    let expired = |time| policy.expired_exemptions(at(time)).count();
    assert_eq!(
        (
            expired("2025-12-31T00:00:00Z"),
            expired("2026-01-01T00:00:00Z")
        ),
        (0, 1)
    );

    let owned = instance(tags(&[("Lab", "1"), ("Owner", "web")]));
    let evaluation = policy.evaluate(&subject(&owned));
    assert_eq!(
        (evaluation.status(), evaluation.exemption),
        (Status::Compliant, None)
    );
    assert_eq!(
        policy.exemptions()[0].to_string(),
        "web, until 2025-12-31: lab"
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
fn a_violation_is_due_to_a_change_of_what_its_rule_asks_about() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Owner"},
            {"key": "CostCenter", "when": {"tags": [{"key": "Stage"}], "states": ["running"]}},
        ],
        "scope": {"include": [{"tags": [{"key": "Scope"}]}],
                  "exclude": [{"tags": [{"key": "NotScope"}]}]},
        "exemptions": [{"owner": "a", "reason": "b", "expires": "2030-01-01",
                        "when": {"tags": [{"key": "Lab"}]}}],
    }));
    let instance = instance(tags(&[("Owner", "a"), ("Stage", "1"), ("Scope", "1")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    assert_eq!(evaluation.missing_tags, ["CostCenter"]);
    for (key, due) in [
        ("CostCenter", true),
        ("Stage", true),
        ("Lab", true),
        ("Scope", true),
        ("NotScope", true),
        ("Owner", false),
        ("Name", false),
    ] {
        let changed = ["Color".to_owned(), key.to_owned()];
        assert_eq!(evaluation.may_be_due_to(&policy, &changed), due, "{key}");
    }
    assert!(!evaluation.may_be_due_to(&policy, &[]));
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
            "Environment: \"prod\\u{2060}\" is not one of dev, staging, prod",
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

fn any_policy() -> impl Strategy<Value = TagPolicy> {
    let allowed = proptest::option::of(vec("[a-c]{1,2}", 1..3));
    btree_map("[A-E]", allowed, 1..5).prop_map(|tags| {
        let tag = |(key, allowed)| json!({"key": key, "allowed_values": allowed});
        let required: Vec<_> = tags.into_iter().map(tag).collect();
        policy(&json!({"required_tags": required}))
    })
}

fn any_tags() -> impl Strategy<Value = Tags> {
    btree_map("[A-Fa-b]", "[a-c ]{0,2}", 0..8).prop_map(Tags::from_iter)
}

fn allowed_values(rule: &Rule) -> Option<&Vec<String>> {
    match &rule.requirement {
        Requirement::Required(values) => values.allowed_values.as_ref(),
        Requirement::Forbidden => None,
    }
}

#[test]
fn what_may_have_begun_by_time_alone_depends_on_the_instance() {
    let exemption = |when: &Value, expires: &str| {
        json!({"required_tags": [{"key": "Owner"}], "exemptions": [
            {"owner": "web", "reason": "lab", "expires": expires, "when": when},
        ]})
    };
    let scope = |scope: Value| json!({"required_tags": [{"key": "Owner"}], "scope": scope});
    let rule = |when: Value| json!({"required_tags": [{"key": "Owner", "when": when}]});
    // The instance is ten hours old, and has the tag Lab.
    for (document, expected) in [
        (json!({"required_tags": [{"key": "Owner"}]}), false),
        (rule(json!({"min_age_hours": 10})), true),
        (rule(json!({"states": ["running"]})), false),
        (scope(json!({"include": [{"min_age_hours": 5}]})), true),
        (
            scope(json!({"include": [{"min_age_hours": 20}, {"states": ["running"]}]})),
            false,
        ),
        (scope(json!({"exclude": [{"max_age_hours": 5}]})), true),
        (
            scope(json!({"exclude": [{"max_age_hours": 5, "states": ["stopped"]}]})),
            false,
        ),
        (
            exemption(
                &json!({"max_age_hours": 5, "tags": [{"key": "Lab"}]}),
                "2026-12-31",
            ),
            true,
        ),
        (
            exemption(
                &json!({"max_age_hours": 5, "tags": [{"key": "Other"}]}),
                "2026-12-31",
            ),
            false,
        ),
        (
            exemption(&json!({"tags": [{"key": "Lab"}]}), "2025-12-31"),
            true,
        ),
    ] {
        let policy = policy(&document);
        let instance = instance(tags(&[("Lab", "1")]));
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        assert_eq!(evaluation.status(), Status::NonCompliant, "{document}");
        assert_eq!(
            evaluation.may_begin_by_time(&policy, &subject),
            expected,
            "{document}"
        );
    }
}

proptest! {
    #[test]
    fn each_required_key_is_missing_invalid_or_satisfied(policy in any_policy(), tags in any_tags()) {
        let instance = instance(tags.clone());
        let evaluation = policy.evaluate(&subject(&instance));
        for rule in policy.rules() {
            let key = &rule.key.text;
            let missing = evaluation.missing_tags.contains(&key.as_str());
            let invalid = evaluation.invalid_tags.iter().any(|tag| tag.key.raw() == key);
            prop_assert_eq!(missing, tags.get(key).is_none());
            let satisfied = tags.get(key).is_some_and(|value| {
                let is_allowed = |allowed: &Vec<String>| allowed.iter().any(|it| it == value.raw());
                !value.raw().trim().is_empty() && allowed_values(rule).is_none_or(is_allowed)
            });
            prop_assert_eq!(satisfied, !missing && !invalid);
        }
        let violations = evaluation.missing_tags.len() + evaluation.invalid_tags.len();
        prop_assert_eq!(violations, evaluation.violated_rules.len());
    }

    #[test]
    fn tags_that_are_not_required_change_nothing(policy in any_policy(), tags in any_tags()) {
        let mut more = tags.clone();
        more.extend([("Name".to_owned(), "web".to_owned())]);
        let (fewer, more) = (instance(tags), instance(more));
        prop_assert_eq!(policy.evaluate(&subject(&fewer)), policy.evaluate(&subject(&more)));
    }

    #[test]
    fn adding_what_is_missing_makes_compliant(policy in any_policy(), tags in any_tags()) {
        let mut repaired = tags.clone();
        for rule in policy.rules() {
            let value = allowed_values(rule).map_or("x", |allowed| allowed[0].as_str());
            repaired.extend([(rule.key.text.clone(), value.to_owned())]);
        }
        let repaired = instance(repaired);
        prop_assert!(policy.evaluate(&subject(&repaired)).is_compliant());
    }
}
