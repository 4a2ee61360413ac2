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
            "0.json:1:16: expected nothing beside tags, got \"x\"",
        ),
        (json!({"tags": {}}), "0.json: the policy has no tags"),
        (
            json!({"tags": {"a": 1}}),
            "tags[\"a\"]: expected an object, got 1",
        ),
        (
            json!({"tags": {"a": {}, "A": {}}}),
            "each policy key once, ignoring case, got \"",
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
        (
            setting("tag_key", &json!(1)),
            "expected a tag key, in quotes, got 1",
        ),
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
            "tag_value.@@assign[1]: expected a string, in quotes, got 2",
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
            value(&json!({"enforced_for": {"@@remove": [1]}})),
            "tags[\"owner\"].tag_value.enforced_for.@@remove[0]: expected a string, in quotes, got 1",
        ),
        (
            value(&json!({"report_required_tag_for": {"@@remove": ["redshift:*"]}})),
            "tags[\"owner\"].tag_value: expected @@assign",
        ),
        (
            value(&json!({"@@assign": [""]})),
            "allowed_values[0]: expected 1 to 256 characters",
        ),
        (
            setting("enforced_for", &json!({"@@assign": {}})),
            "enforced_for.@@assign: expected a list",
        ),
        (
            value(&json!({NONE: [1]})),
            "[0]: expected a string, in quotes, got 1",
        ),
        (
            json!({"Policy": 1}),
            "0.json:1:11: Policy: expected an object, got 1",
        ),
        (
            json!({"Policy": {}}),
            "Policy.Content: expected a string of JSON, got null",
        ),
        (
            json!({"EffectivePolicy": {"PolicyContent": "{"}}),
            "expected a string of JSON (line 1, column 1: the text ends",
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
            error.starts_with("0.json:") && error.contains(expected),
            "{policy}: {error}"
        );
    }
}

#[test]
fn what_is_wrong_has_a_line_and_a_column() {
    let text =
        "{\n  \"tags\": {\n    \"owner\": {\"tag_key\": {\"@@assign\": 1},\n      \"tag\": {}}}}";
    let error = |text: &str| {
        let file = ("f.json".to_owned(), text.to_owned());
        import(&[vec![file]]).unwrap_err().to_string()
    };
    assert_eq!(
        error(text),
        "f.json:3:39: tags[\"owner\"].tag_key.@@assign: expected a tag key, in quotes, got 1"
    );
    assert_eq!(
        error(&text.replace(": 1}", ": \"owner\"}")),
        "f.json:4:14: tags[\"owner\"]: expected tag_key, tag_value, enforced_for or \
         report_required_tag_for, got \"tag\""
    );
    // Within a string of JSON, the position is that of the string.
    let answer = "{\"Policy\":\n {\"Content\": \"{\\\"tags\\\": {\\\"a\\\": 1}}\"}}";
    assert_eq!(
        error(answer),
        "f.json:2:14: Policy.Content.tags[\"a\"]: expected an object, got 1"
    );
    assert_eq!(
        error("{\"tags\": {\"a\": {},\n\"a\": {}}}"),
        "f.json:2:1: not JSON: the key \"a\" is there already, at line 1, column 11"
    );
    let twice = "{\"Policy\":\n {\"Content\": \"{\\\"tags\\\": {}, \\\"tags\\\": {}}\"}}";
    assert!(
        error(twice).starts_with(
            "f.json:2:14: Policy.Content: expected a string of JSON (line 1, column 14: the key \"tags\" is there"
        ),
        "{}",
        error(twice)
    );
}
