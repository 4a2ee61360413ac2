//! What may have begun a violation: a change of tags, or time alone.

use super::*;

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
