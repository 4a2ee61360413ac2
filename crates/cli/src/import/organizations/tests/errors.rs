use super::*;

#[test]
fn what_is_wrong_is_named() {
    let value = |operators: &Value| setting("tag_value", operators);
    for (policy, expected) in [
        (
            json!({"tags": []}),
            "tags: expected an object of policy keys, got []",
        ),
        (
            json!({"tags": {}, "x": 1}),
            "0.json: expected nothing beside tags, got \"x\"",
        ),
        (
            json!({"tags": {}}),
            "no valid tag policy: required_tags: expected 1 to 50 tags, got 0",
        ),
        (
            json!({"tags": {"a": 1}}),
            "tags[\"a\"]: expected an object, got 1",
        ),
        (
            json!({"tags": {"a": {}, "A": {}}}),
            "each policy key once, in whatever case, got \"",
        ),
        (
            json!({"tags": {"@@remove": ["a"]}}),
            "tags: expected a policy key or @@operators_allowed_for_child_policies, got \"@@remove\"",
        ),
        (
            json!({"tags": {NONE: "@@none"}}),
            ": expected a list of operators, got \"@@none\"",
        ),
        (
            json!({"tags": {"a": {NONE: ["@@one"]}}}),
            "[0]: expected @@all, @@none, @@assign",
        ),
        (
            setting("tag_values", &json!({})),
            "report_required_tag_for, got \"tag_values\"",
        ),
        (
            setting("tag_key", &json!({"@@assign": "Team"})),
            "the policy key \"owner\", in any case, got \"Team\"",
        ),
        (
            setting("tag_key", &json!({"@@assign": ["Owner"]})),
            "expected a tag key, got [\"Owner\"]",
        ),
        (
            setting("tag_key", &json!({"@@append": "Owner"})),
            "tag_key: expected @@assign or @@operators",
        ),
        (setting("tag_key", &json!(1)), "expected a tag key, got 1"),
        (
            value(&json!("a")),
            "tag_value: expected a list of strings, got \"a\"",
        ),
        (
            value(&json!({"@@assign": "a"})),
            "tag_value.@@assign: expected a list of strings",
        ),
        (
            value(&json!({"@@assign": ["a", 2]})),
            "tag_value.@@assign[1]: expected a string, got 2",
        ),
        (
            value(&json!({"@@append": ["*@*.com"]})),
            "@@append[0]: expected at most one wildcard, got \"*@*.com\"",
        ),
        (
            value(&json!({"@@add": ["a"]})),
            "@@assign, @@append, @@remove or @@operators_allowed_for_child_policies, got \"@@add\"",
        ),
        (
            value(&json!({"enforced_for": {"@@remove": ["redshift:*"]}})),
            "tags[\"owner\"].tag_value: expected @@assign",
        ),
        (
            value(&json!({"@@assign": [""]})),
            "allowed_values: expected 1 to 256 characters",
        ),
        (
            setting("enforced_for", &json!({"@@assign": {}})),
            "enforced_for.@@assign: expected a list",
        ),
        (value(&json!({NONE: [1]})), "[0]: expected a string, got 1"),
        (
            json!({"Policy": 1}),
            "0.json: Policy: expected an object, got 1",
        ),
        (
            json!({"Policy": {}}),
            "Policy.Content: expected a string of JSON, got null",
        ),
        (
            json!({"EffectivePolicy": {"PolicyContent": "{"}}),
            "expected a string of JSON (EOF",
        ),
        (
            json!({"EffectivePolicy": {"PolicyType": "BACKUP_POLICY"}}),
            "EffectivePolicy.PolicyType: expected TAG_POLICY, got \"BACKUP_POLICY\"",
        ),
        (
            json!({"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}}}),
            "Policy.PolicySummary.Type: expected TAG_POLICY",
        ),
        (
            json!({"Policy": {"Content": "[]"}}),
            "Policy.Content: expected a tag policy, got []",
        ),
    ] {
        let error = chain(std::slice::from_ref(&policy)).unwrap_err();
        assert!(
            error.starts_with("0.json: ") && error.contains(expected),
            "{policy}: {error}"
        );
    }
}
