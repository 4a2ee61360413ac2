use super::*;

#[test]
fn the_examples_of_the_user_guide_come_to_what_it_says() {
    let basic = policy(
        "costcenter",
        &json!({
            "tag_key": {"@@assign": "CostCenter"},
            "tag_value": {"@@assign": ["100", "200", "300*"]},
            "enforced_for": {"@@assign": ["secretsmanager:ALL_SUPPORTED"]},
        }),
    );
    let pattern = json!([{"key": "CostCenter", "pattern": "100|200|300.*"}]);
    assert_eq!(tags(std::slice::from_ref(&basic)), pattern);

    let policy_b = policy(
        "costcenter",
        &json!({
            "tag_key": {"@@assign": "CostCenter"},
            "tag_value": {"@@assign": ["Sandbox"]},
            "enforced_for": {"@@assign": ["redshift:*", "dynamodb:table"]},
        }),
    );
    let expected = json!([{"key": "CostCenter", "allowed_values": ["Sandbox"]}]);
    assert_eq!(tags(&[policy_a(), policy_b]), expected, "example 1");

    let values = ["Development", "Support", "Marketing"];
    let expected = json!([{"key": "CostCenter", "allowed_values": values}]);
    assert_eq!(tags(&[policy_a(), policy_c()]), expected, "example 2");
    let [enforced] = &notes(&[policy_a(), policy_c()])[..] else {
        panic!()
    };
    assert!(
        enforced.starts_with("1.json: tags[\"costcenter\"].enforced_for: "),
        "{enforced}"
    );
    assert!(
        enforced.contains("\"redshift:*\", \"dynamodb:table\""),
        "{enforced}"
    );

    let policy_d = policy(
        "costcenter",
        &json!({
            "tag_value": {"@@remove": ["Development", "Marketing"]},
            "enforced_for": {"@@remove": ["redshift:*", "dynamodb:table"]},
        }),
    );
    let expected = json!([{"key": "CostCenter", "allowed_values": ["Support"]}]);
    let account = [policy_a(), policy_c(), policy_d];
    assert_eq!(tags(&account), expected, "example 3");
    assert_eq!(notes(&account), [""; 0]);

    let policy_e = policy(
        "project",
        &json!({
            "tag_key": {NONE: ["@@none"], "@@assign": "Project"},
            "tag_value": {NONE: ["@@append"], "@@assign": ["Maintenance", "Escalations"]},
        }),
    );
    let policy_f = policy(
        "project",
        &json!({
            "tag_key": {"@@assign": "PROJECT"},
            "tag_value": {"@@append": ["Escalations - research"]},
        }),
    );
    let values = ["Maintenance", "Escalations", "Escalations - research"];
    let expected = json!([{"key": "Project", "allowed_values": values}]);
    assert_eq!(
        tags(&[policy_e.clone(), policy_f.clone()]),
        expected,
        "example 4"
    );
    assert_eq!(
        notes(&[policy_e, policy_f]),
        [
            "1.json: tags[\"project\"].tag_key.@@assign: is ignored: a parent policy does not allow \
          it (@@operators_allowed_for_child_policies)"
        ]
    );

    let only = |operators: &[&str]| setting("tag_value", &json!({NONE: operators}));
    let policy_g = setting(
        "tag_value",
        &json!({NONE: ["@@append"], "@@assign": ["Maintenance"]}),
    );
    let child = setting(
        "tag_value",
        &json!({"@@append": ["a"], "@@remove": ["Maintenance"]}),
    );
    let both = [policy_g, only(&["@@append", "@@remove"]), child];
    let expected = json!([{"key": "owner", "allowed_values": ["Maintenance", "a"]}]);
    assert_eq!(tags(&both), expected, "example 5");
    assert!(notes(&both)[0].contains("2.json: tags[\"owner\"].tag_value.@@remove: is ignored"));

    let locked = |key: &str| json!({"tag_key": {"@@assign": key, NONE: ["@@none"]}});
    let organization =
        json!({"tags": {"CostCenter": locked("CostCenter"), "Project": locked("Project")}});
    let values = |values: [&str; 2]| json!({"tag_value": {"@@assign": values}});
    let account = json!({"tags": {
        "costCenter": values(["Production", "Test"]), "PROJECT": values(["A", "B"]),
    }});
    assert_eq!(
        tags(&[organization, account]),
        json!([
            {"key": "CostCenter", "allowed_values": ["Production", "Test"]},
            {"key": "Project", "allowed_values": ["A", "B"]},
        ]),
        "tag keys of the organization, values of the account"
    );
}
