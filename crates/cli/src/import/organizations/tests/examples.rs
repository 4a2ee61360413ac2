//! The user guide's examples, with other names and values, each with its effective policy.

use super::*;

/// The combined levels must equal the effective policy.
fn assert_effective(example: &str, levels: &[&[Value]], effective: &Value) -> Vec<String> {
    let imported = levelled(levels).unwrap();
    let expected = chain(&[json!({"tags": effective})]).unwrap();
    assert_eq!(imported.document, expected.document, "{example}");
    imported.notes
}

fn root() -> Value {
    policy(
        "stage",
        &json!({
            "tag_key": {"@@assign": "Stage"}, "tag_value": {"@@assign": ["Build", "Run"]},
        }),
    )
}

fn unit() -> Value {
    policy(
        "stage",
        &json!({
            "tag_key": {"@@assign": "Stage"},
            "tag_value": {"@@append": ["Retire"]},
            "enforced_for": {"@@append": ["redshift:*", "dynamodb:table"]},
        }),
    )
}

#[test]
fn the_syntax_has_wildcards() {
    let basic = policy(
        "stage",
        &json!({
            "tag_key": {"@@assign": "Stage"},
            "tag_value": {"@@assign": ["1", "2", "3*"]},
            "enforced_for": {"@@assign": ["secretsmanager:ALL_SUPPORTED"]},
        }),
    );
    assert_eq!(
        tags(&[basic]),
        json!([{"key": "Stage", "pattern": "1|2|3.*"}])
    );
}

#[test]
fn an_account_gives_values_to_the_keys_of_the_organization() {
    let locked = |key: &str| json!({"tag_key": {"@@assign": key, NONE: ["@@none"]}});
    let organization = json!({"tags": {"Stage": locked("Stage"), "Team": locked("Team")}});
    let values = |values: [&str; 2]| json!({"tag_value": {"@@assign": values}});
    let account = json!({"tags": {"Stage": values(["Live", "Test"]), "Team": values(["A", "B"])}});
    let effective = json!({
        "Stage": {"tag_value": ["Live", "Test"], "tag_key": "Stage"},
        "Team": {"tag_value": ["A", "B"], "tag_key": "Team"},
    });
    assert_effective("define values", &[&[organization], &[account]], &effective);
}

#[test]
fn no_acceptable_value_prevents_the_use_of_a_key() {
    let prevented = json!({
        "tag_key": {NONE: ["@@none"], "@@assign": "Shade"},
        "tag_value": {NONE: ["@@none"], "@@assign": []},
        "enforced_for": {"@@assign": ["dynamodb:table"]},
    });
    let policies = [
        json!({"tags": {"Shade": prevented, "team": {}}}),
        setting("tag_key", &json!({"@@assign": "owner"})),
        policy("shade", &json!({"tag_value": {"@@assign": ["gray"]}})),
    ];
    let document = chain(&policies).unwrap().document;
    let forbidden = serde_json::to_value(document.forbidden_tags).unwrap();
    assert_eq!(
        forbidden,
        json!([{"key": "Shade", "ignore_key_case": true}])
    );
    let keys: Vec<_> = document.required_tags.iter().map(|tag| &tag.key).collect();
    assert_eq!(keys, ["team", "owner"]);
}

#[test]
fn example_1_a_child_overwrites_values() {
    let child = policy(
        "stage",
        &json!({
            "tag_key": {"@@assign": "Stage"},
            "tag_value": {"@@assign": ["Trial"]},
            "enforced_for": {"@@assign": ["redshift:*", "dynamodb:table"]},
        }),
    );
    let effective = json!({"stage": {
        "tag_key": "Stage", "tag_value": ["Trial"], "enforced_for": ["redshift:*", "dynamodb:table"],
    }});
    assert_effective("1", &[&[root()], &[child]], &effective);
}

#[test]
fn example_2_a_child_appends_values() {
    let effective = json!({"stage": {
        "tag_key": "Stage",
        "tag_value": ["Build", "Run", "Retire"],
        "enforced_for": ["redshift:*", "dynamodb:table"],
    }});
    let notes = assert_effective("2", &[&[root()], &[unit()]], &effective);
    let [enforced] = &without_usual(notes)[..] else {
        panic!()
    };
    assert_eq!(
        enforced,
        "1.json: tags[\"stage\"].enforced_for: AWS Organizations prevents noncompliant tags on \
         \"redshift:*\", \"dynamodb:table\"; this policy reports them, and prevents nothing"
    );
}

/// The guide shows `enforced_for` within `tag_value`.
#[test]
fn example_3_an_account_removes_values() {
    let remove = json!({"@@remove": ["redshift:*", "dynamodb:table"]});
    let values = json!({"@@remove": ["Build", "Retire"]});
    let beside = json!({"tag_value": values, "enforced_for": remove});
    let mut nested = json!({"tag_value": values});
    nested["tag_value"]["enforced_for"] = remove;
    let note =
        "2.json: tags[\"stage\"].tag_value.enforced_for: is read as if it were beside tag_value";
    for (account, expected) in [(beside, vec![]), (nested, vec![note])] {
        let account = policy("stage", &account);
        let effective = json!({"stage": {"tag_key": "Stage", "tag_value": ["Run"]}});
        let notes = assert_effective("3", &[&[root()], &[unit()], &[account]], &effective);
        assert_eq!(without_usual(notes), expected);
    }
}

/// The guide shows the key in lower case, after saying that the key can't be changed.
#[test]
fn example_4_a_parent_restricts_changes() {
    let parent = policy(
        "team",
        &json!({
            "tag_key": {NONE: ["@@none"], "@@assign": "Team"},
            "tag_value": {NONE: ["@@append"], "@@assign": ["Red", "Green"]},
        }),
    );
    let child = policy(
        "team",
        &json!({
            "tag_key": {"@@assign": "TEAM"}, "tag_value": {"@@append": ["Green - night"]},
        }),
    );
    let values = ["Red", "Green", "Green - night"];
    let effective = json!({"team": {"tag_key": "Team", "tag_value": values}});
    let notes = assert_effective("4", &[&[parent], &[child]], &effective);
    assert_eq!(
        without_usual(notes),
        [
            "1.json: tags[\"team\"].tag_key.@@assign: is ignored: a parent policy does not allow it \
             (@@operators_allowed_for_child_policies)"
        ]
    );
}

#[test]
fn example_5_children_may_do_what_all_policies_of_a_place_allow() {
    let first = policy(
        "team",
        &json!({"tag_value": {NONE: ["@@append"], "@@assign": ["Red"]}}),
    );
    let second = policy(
        "team",
        &json!({"tag_value": {NONE: ["@@append", "@@remove"]}}),
    );
    let child = policy(
        "team",
        &json!({"tag_value": {"@@append": ["Blue"], "@@remove": ["Red"]}}),
    );
    for attached in [
        [first.clone(), second.clone()],
        [second.clone(), first.clone()],
    ] {
        let effective = json!({"team": {"tag_value": ["Red", "Blue"]}});
        let notes = assert_effective("5", &[&attached, std::slice::from_ref(&child)], &effective);
        assert!(
            without_usual(notes)[0]
                .contains("1.json: tags[\"team\"].tag_value.@@remove: is ignored")
        );
    }
}

#[test]
fn example_6_the_policy_attached_first_counts() {
    let first = policy(
        "team",
        &json!({"tag_key": {"@@assign": "TEAM"}, "tag_value": {"@@append": ["Red"]}}),
    );
    let second = policy("team", &json!({"tag_key": {"@@assign": "team"}}));
    let effective = json!({"team": {"tag_key": "TEAM", "tag_value": ["Red"]}});
    let attached = [first.clone(), second.clone()];
    let notes = assert_effective("6", &[&attached], &effective);
    assert_eq!(
        without_usual(notes),
        [
            "0-1.json: tags[\"team\"].tag_key.@@assign: is ignored: the policy attached before it counts \
             (0-0.json: tags[\"team\"].tag_key)"
        ]
    );
    let effective = |key: &str| json!({"team": {"tag_key": key, "tag_value": ["Red"]}});
    let reattached = [second.clone(), first.clone()];
    assert_effective("6, reattached", &[&reattached], &effective("team"));
    assert_effective("6, as a child", &[&[first], &[second]], &effective("team"));
}
