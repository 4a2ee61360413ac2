use serde_json::json;

use crate::evaluation::finding::Outcome;
use crate::testing::{instance, policy, subject, tags};

#[test]
fn a_tag_that_two_rules_forbid_is_one_finding() {
    let policy = policy(&json!({"forbidden_tags": [
        {"key_pattern": "(?i).*pass.*"},
        {"key_pattern": "(?i).*word"},
    ]}));
    let instance = instance(tags(&[("password", "x"), ("keyword", "y")]));
    let evaluation = policy.evaluate(&subject(&instance));
    let keys = evaluation.forbidden_tags.iter().map(|tag| tag.key.raw());
    assert_eq!(keys.collect::<Vec<_>>(), ["password", "keyword"]);
    assert_eq!(evaluation.violated_rules.len(), 2);
}

#[test]
fn an_outcome_has_a_word() {
    let absent_in = |region: &str| json!({"regions": [region]});
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Elsewhere", "when": absent_in("eu-west-1")},
            {"key": "Owner"},
            {"key": "Project", "optional": true},
            {"key": "Missing"},
            {"key": "Stage", "allowed_values": ["prod"]},
        ],
        "forbidden_tags": [{"key": "Temp"}, {"key": "Old"}],
    }));
    let instance = instance(tags(&[("Owner", "web"), ("Stage", "x"), ("Temp", "1")]));
    let subject = subject(&instance);
    let outcomes: Vec<_> = policy.outcomes(&subject).collect();
    let words = outcomes.iter().map(|(_, outcome)| outcome.as_str());
    assert_eq!(
        words.collect::<Vec<_>>(),
        [
            "not-applicable",
            "present",
            "left-out",
            "missing",
            "invalid",
            "forbidden",
            "absent",
        ]
    );
    let violations = outcomes.iter().filter(|(_, it)| Outcome::is_violation(it));
    assert_eq!(violations.count(), 3);
}

#[test]
fn a_finding_that_does_not_count_is_recorded_with_the_reason() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Owner"},
            {"key": "CostCenter"},
            {"key": "Project", "enforced_from": "2099-04-01"},
        ],
        "exemptions": [{
            "owner": "web", "reason": "moves", "expires": "2099-12-31",
            "keys": ["Owner"], "when": {"regions": ["us-east-1"]},
        }],
    }));
    let instance = instance(tags(&[]));
    let evaluation = policy.evaluate(&subject(&instance));
    assert_eq!(
        json!(evaluation.upcoming),
        json!([{"key": "Project", "finding": "missing", "enforcedFrom": "2099-04-01"}])
    );
    let exempt = json!(evaluation.exempt_findings);
    assert_eq!(exempt[0]["key"], "Owner");
    assert_eq!(exempt[0]["finding"], "missing");
    assert_eq!(exempt[0]["exemption"]["owner"], "web");
    assert_eq!(exempt[0].as_object().unwrap().len(), 3);
}

#[test]
fn only_what_may_change_within_the_grace_period_depends_on_more_than_tags() {
    for (when, expected) in [
        (json!({"states": ["running"]}), true),
        (json!({"auto_scaling_groups": ["web"]}), true),
        (json!({"max_age_minutes": 5}), true),
        (json!({"min_age_minutes": 5}), true),
        (json!({"max_age_hours": 5}), false),
        (json!({"min_age_hours": 5}), false),
        (json!({"regions": ["us-east-1"]}), false),
    ] {
        let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": when}]}));
        let condition = policy.rules()[0].when.as_ref().unwrap();
        assert_eq!(
            condition.depends_on_more_than_tags(),
            expected,
            "{condition}"
        );
    }
}
