#![allow(clippy::too_many_lines, reason = "tables")]

mod errors;
mod examples;

use serde_json::{Value, json};

use super::super::{Imported, import};

fn chain(policies: &[Value]) -> Result<Imported, String> {
    let files: Vec<_> = policies
        .iter()
        .enumerate()
        .map(|(index, policy)| (format!("{index}.json"), policy.to_string()))
        .collect();
    import(&files).map_err(|error| error.to_string())
}

/// What policies come to: the required tags as JSON.
fn tags(policies: &[Value]) -> Value {
    let document = chain(policies).unwrap().document;
    serde_json::to_value(document.required_tags).unwrap()
}

/// The notes, without those that most policies give.
fn notes(policies: &[Value]) -> Vec<String> {
    let mut notes = chain(policies).unwrap().notes;
    let usual = ["there is no report_required_tag_for,", "accepts any value,"];
    notes.retain(|note| !usual.iter().any(|part| note.contains(part)));
    notes
}

fn policy(key: &str, settings: &Value) -> Value {
    json!({"tags": {key: settings}})
}

/// A statement that sets nothing but one setting.
fn setting(name: &str, value: &Value) -> Value {
    policy("owner", &json!({name: value}))
}

fn policy_a() -> Value {
    policy(
        "costcenter",
        &json!({
            "tag_key": {"@@assign": "CostCenter"},
            "tag_value": {"@@assign": ["Development", "Support"]},
        }),
    )
}

fn policy_c() -> Value {
    policy(
        "costcenter",
        &json!({
            "tag_key": {"@@assign": "CostCenter"},
            "tag_value": {"@@append": ["Marketing"]},
            "enforced_for": {"@@append": ["redshift:*", "dynamodb:table"]},
        }),
    )
}

const NONE: &str = "@@operators_allowed_for_child_policies";

#[test]
fn operators_change_what_is_inherited() {
    let base = || setting("tag_value", &json!({"@@assign": ["a", "b"]}));
    for (change, expected) in [
        (json!({"@@assign": ["c"]}), vec!["c"]),
        (json!({"@@append": ["b", "c"]}), vec!["a", "b", "c"]),
        (json!({"@@remove": ["b", "c"]}), vec!["a"]),
        (
            json!({"@@assign": ["c"], "@@append": ["d"], "@@remove": ["c"]}),
            vec!["d"],
        ),
        (json!({NONE: ["@@all"]}), vec!["a", "b"]),
    ] {
        let tags = tags(&[base(), setting("tag_value", &change)]);
        assert_eq!(tags[0]["allowed_values"], json!(expected), "{change}");
    }
    let removed = [
        base(),
        setting("tag_value", &json!({"@@remove": ["a", "b"]})),
    ];
    assert_eq!(tags(&removed), json!([{"key": "owner"}]));
    assert_eq!(
        notes(&removed),
        ["1.json: tags[\"owner\"].tag_value: no value is left, and so any value is allowed"]
    );
    let nothing = setting("tag_value", &json!({"@@remove": ["a"]}));
    assert_eq!(tags(&[nothing]), json!([{"key": "owner"}]));
}

#[test]
fn operators_that_a_parent_does_not_allow_are_ignored() {
    let value = |operator: &str| setting("tag_value", &json!({operator: ["x"]}));
    let limits =
        |operators: &[&str]| setting("tag_value", &json!({NONE: operators, "@@assign": ["a"]}));
    for (allowed, operator, is_ignored) in [
        (&["@@none"][..], "@@assign", true),
        (&["@@none"], "@@append", true),
        (&["@@assign"], "@@assign", false),
        (&["@@assign", "@@append"], "@@append", false),
        (&["@@append"], "@@assign", true),
        (&["@@all"], "@@remove", false),
        (&[], "@@assign", true),
    ] {
        let policies = [limits(allowed), value(operator)];
        assert_eq!(
            notes(&policies).len(),
            usize::from(is_ignored),
            "{allowed:?} {operator}"
        );
        // "You can't reverse that rule in a child policy".
        let reversal = setting("tag_value", &json!({NONE: ["@@all"]}));
        let policies = [limits(allowed), reversal, value(operator)];
        assert_eq!(
            notes(&policies).len(),
            usize::from(is_ignored),
            "{allowed:?} {operator}"
        );
    }
}

#[test]
fn a_limit_on_a_section_is_one_on_what_is_added_to_it() {
    let limited = |allowed: &str| json!({"tags": {NONE: [allowed], "owner": {"tag_key": {"@@assign": "Owner"}}}});
    let child = json!({"tags": {
        "team": {"tag_key": {"@@assign": "Team"}},
        "owner": {"tag_value": {"@@assign": ["a"]}},
    }});
    let owner = json!({"key": "Owner", "allowed_values": ["a"]});
    assert_eq!(tags(&[limited("@@none"), child.clone()]), json!([owner]));
    let found = notes(&[limited("@@none"), child.clone()]);
    assert!(
        found[0].contains("tags[\"team\"].tag_key.@@assign: is ignored"),
        "{found:?}"
    );
    assert!(
        found[1].contains("1.json: tags[\"team\"]: is left out: a parent policy"),
        "{found:?}"
    );
    let both = json!([owner, {"key": "Team"}]);
    assert_eq!(tags(&[limited("@@assign"), child.clone()]), both);
    assert_eq!(tags(&[limited("@@all"), child.clone()]), both);

    let parent = policy(
        "owner",
        &json!({NONE: ["@@none"], "tag_key": {"@@assign": "Owner"}}),
    );
    let changed = policy(
        "owner",
        &json!({"tag_key": {"@@assign": "OWNER"}, "tag_value": {"@@assign": ["a"]}}),
    );
    assert_eq!(
        tags(&[parent.clone(), changed.clone()]),
        json!([{"key": "OWNER"}])
    );
    assert_eq!(notes(&[parent, changed]).len(), 1);
}

#[test]
fn wildcards_become_a_pattern() {
    for (values, expected) in [
        (
            vec!["*@example.com"],
            json!({"pattern": r".*@example\.com"}),
        ),
        (
            vec!["a.b", "c*d", "(x|y)"],
            json!({"pattern": r"a\.b|c.*d|\(x\|y\)"}),
        ),
        (
            vec!["a.b", "(x|y)"],
            json!({"allowed_values": ["a.b", "(x|y)"]}),
        ),
        (vec!["a", "*"], json!({})),
        (vec![], json!({})),
    ] {
        let mut expected = expected;
        expected["key"] = "owner".into();
        let tags = tags(&[setting("tag_value", &json!({"@@assign": values}))]);
        assert_eq!(tags, json!([expected]), "{values:?}");
    }
}

#[test]
fn a_key_without_tag_key_is_in_lower_case() {
    let policy = json!({"tags": {"CostCenter": {}, "owner": {}}});
    assert_eq!(
        tags(std::slice::from_ref(&policy)),
        json!([{"key": "costcenter"}, {"key": "owner"}])
    );
    assert_eq!(
        notes(&[policy]),
        [
            "0.json: tags[\"CostCenter\"]: there is no tag_key, and so the tag is required in lower \
          case, as AWS does it: \"costcenter\""
        ]
    );
}

#[test]
fn resource_types_are_noted() {
    let report = |types: &[&str]| setting("report_required_tag_for", &json!({"@@assign": types}));
    let only = ": only EC2 instances are evaluated; other resource types have no counterpart";
    let place = "0.json: tags[\"owner\"].report_required_tag_for: ";
    let not_for = "\"owner\": report_required_tag_for is not for EC2 instances; this policy requires \
                   the tag of them all the same";
    for (types, expected) in [
        (&["ec2:instance"][..], vec![]),
        (&["ec2:*"], vec![format!("{place}\"ec2:*\"{only}")]),
        (
            &["ec2:ALL_SUPPORTED"],
            vec![format!("{place}\"ec2:ALL_SUPPORTED\"{only}")],
        ),
        (
            &["ec2:instance", "s3:bucket"],
            vec![format!("{place}\"s3:bucket\"{only}")],
        ),
        (
            &["s3:*"],
            vec![format!("{place}\"s3:*\"{only}"), not_for.to_owned()],
        ),
    ] {
        assert_eq!(notes(&[report(types)]), expected);
    }
    let all = chain(&[json!({"tags": {"a": {}, "b": {"tag_value": {"@@assign": ["x"]}}}})]);
    assert_eq!(
        all.unwrap().notes,
        [
            "\"a\": AWS Organizations accepts any value, even none at all; this policy never accepts \
             a blank one",
            "\"a\", \"b\": there is no report_required_tag_for, and so AWS Organizations does not \
             report an instance without the tag; this policy always does",
        ]
    );
}

#[test]
fn outputs_of_the_command_line_interface_are_read() {
    let content = policy_a().to_string();
    let tags_of_a = tags(&[policy_a()]);
    let described = json!({"Policy": {
        "PolicySummary": {"Id": "p-a1", "Name": "A", "Type": "TAG_POLICY", "AwsManaged": false},
        "Content": content,
    }});
    assert_eq!(tags(std::slice::from_ref(&described)), tags_of_a);
    assert_eq!(
        tags(&[described, policy_c()])[0]["allowed_values"][2],
        "Marketing"
    );
    assert_eq!(tags(&[json!({"Policy": {"Content": content}})]), tags_of_a);

    let plain = json!({"tags": {"costcenter": {
        "tag_key": "CostCenter", "tag_value": ["Development", "Support"], "enforced_for": ["s3:bucket"],
    }}});
    let effective = json!({"EffectivePolicy": {
        "LastUpdatedTimestamp": "2026-10-02T12:00:00+00:00", "TargetId": "123456789012",
        "PolicyType": "TAG_POLICY", "PolicyContent": plain.to_string(),
    }});
    assert_eq!(tags(std::slice::from_ref(&effective)), tags_of_a);
    assert_eq!(tags(std::slice::from_ref(&plain)), tags_of_a);
    assert!(
        notes(std::slice::from_ref(&effective))[0]
            .contains("0.json: EffectivePolicy.PolicyContent.tags[\"costcenter\"].enforced_for: ")
    );
    let more = json!({"Policy": {"Content": content, "New": 1}, "Newer": 2});
    assert_eq!(
        notes(&[more]),
        [
            "0.json: unknown fields are left out: \"Newer\"",
            "0.json: Policy: unknown fields are left out: \"New\"",
        ]
    );
    for second in [effective, plain] {
        let error = chain(&[policy_a(), second]).unwrap_err();
        assert!(error.contains("effective policy"), "{error}");
    }
}
