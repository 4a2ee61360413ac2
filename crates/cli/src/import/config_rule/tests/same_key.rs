use super::*;

#[test]
fn rules_for_the_same_key_must_all_hold() {
    let at = |value: Value, scope: &Value| {
        rule("r", &json!({"tag1Key": "Owner", "tag1Value": value}), scope)
    };
    let stage = |stage: &str| json!({"TagKey": "Stage", "TagValue": stage});
    let when = |stage: &str| json!({"tags": [{"key": "Stage", "values": [stage]}]});
    let all = json!({});
    let (prod, dev) = (stage("prod"), stage("dev"));
    let values = |values: &[&str]| json!({"key": "Owner", "allowed_values": values});
    let with = |mut tag: Value, when: Value| {
        tag["when"] = when;
        tag
    };
    for (rules, expected) in [
        (
            vec![at(Value::Null, &all), at(Value::Null, &all)],
            vec![json!({"key": "Owner"})],
        ),
        (
            vec![at(Value::Null, &all), at("a".into(), &all)],
            vec![values(&["a"])],
        ),
        (
            vec![
                at("b,a".into(), &all),
                at("a,b,c".into(), &all),
                at(Value::Null, &all),
            ],
            vec![values(&["b", "a"])],
        ),
        (
            vec![at(Value::Null, &all), at("a".into(), &prod)],
            vec![
                with(json!({"key": "Owner"}), json!({"not": when("prod")})),
                with(values(&["a"]), when("prod")),
            ],
        ),
        (
            vec![
                at("a,b".into(), &prod),
                at("c".into(), &dev),
                at("b,c".into(), &all),
            ],
            vec![
                with(values(&["b"]), when("prod")),
                with(values(&["c"]), when("dev")),
                with(values(&["b", "c"]), json!({"not": when("prod")})),
            ],
        ),
    ] {
        let tags = &document(&rules)["required_tags"];
        assert_eq!(tags, &json!(expected), "{rules:?}");
    }
    let same = [at(Value::Null, &all), at(Value::Null, &all)];
    assert_eq!(
        notes(&same),
        [
            "1.json: (\"r\").InputParameters.tag1Key: is already required (0.json: (\"r\").InputParameters.\
             tag1Key), so it is one tag"
        ]
    );
    let summary = read(&same).unwrap().summary;
    assert_eq!((summary.required, summary.left_out), (1, 0));
}

/// A rule of an organization with allowed values and excluded accounts.
fn organization_values(key: &str, values: &str, excluded: &[&str], scope: Option<&str>) -> Value {
    let mut rule = organization_rule(key, excluded);
    let metadata = &mut rule["OrganizationManagedRuleMetadata"];
    metadata["InputParameters"] = json!({"tag1Key": key, "tag1Value": values});
    metadata["TagKeyScope"] = scope.into();
    rule
}

#[test]
fn a_rule_that_excludes_accounts_is_parted_from_one_for_all() {
    let account = "111122223333";
    let but_one = |values: &str| organization_values("Owner", values, &[account], None);
    let all = |values: &str| organization_values("Owner", values, &[], None);
    let accounts = json!({"accounts": [account]});
    for (rules, expected) in [
        (
            [but_one("a"), all("a,b")],
            json!([
                {"key": "Owner", "allowed_values": ["a"], "when": {"not": accounts}},
                {"key": "Owner", "allowed_values": ["a", "b"], "when": accounts},
            ]),
        ),
        // What is required everywhere is also required there.
        (
            [but_one("a,b"), all("a")],
            json!([{"key": "Owner", "allowed_values": ["a"]}]),
        ),
        (
            [organization_rule("Owner", &[account]), all("a")],
            json!([{"key": "Owner", "allowed_values": ["a"]}]),
        ),
    ] {
        assert_eq!(document(&rules)["required_tags"], expected, "{rules:?}");
    }
}

#[test]
fn rules_for_the_same_key_that_a_policy_cannot_say_are_refused() {
    let at = |value: &str, scope: &Value| {
        rule("r", &json!({"tag1Key": "Owner", "tag1Value": value}), scope)
    };
    let prod = json!({"TagKey": "Stage", "TagValue": "prod"});
    for rules in [
        [at("a", &json!({})), at("b", &json!({}))],
        [at("a", &json!({})), at("b", &prod)],
    ] {
        let error = read(&rules).unwrap_err();
        let expected = "(\"r\").InputParameters.tag1Key: expected a value that is already allowed (0.json: \
                        (\"r\").InputParameters.tag1Key: \"a\"), got [\"b\"]";
        assert!(
            error.starts_with("1.json:1:") && error.contains(expected),
            "{error}"
        );
    }
    let rules = [
        organization_values("Owner", "a", &["111122223333"], Some("Stage")),
        organization_values("Owner", "a,b", &[], None),
    ];
    let error = read(&rules).unwrap_err();
    let expected = "InputParameters.tag1Key: expected a key that is not already required (1.json: ";
    assert!(
        error.starts_with("0.json:1:") && error.contains(expected),
        "{error}"
    );
}
