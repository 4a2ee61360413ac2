#![allow(clippy::too_many_lines, reason = "tables")]

mod errors;
mod examples;

use serde_json::{Value, json};

use super::super::{Imported, import};

/// Imports policies, each on a level of its own.
fn chain(policies: &[Value]) -> Result<Imported, String> {
    let levels: Vec<_> = policies.iter().map(std::slice::from_ref).collect();
    levelled(&levels)
}

/// Imports policies by level. The files of a level are `LEVEL-INDEX.json`, or `LEVEL.json` if there is one.
fn levelled(levels: &[&[Value]]) -> Result<Imported, String> {
    let file = |level: usize, index: usize, policies: &[Value]| {
        let name = match policies.len() {
            1 => format!("{level}.json"),
            _ => format!("{level}-{index}.json"),
        };
        (name, policies[index].to_string())
    };
    let levels: Vec<Vec<_>> = levels
        .iter()
        .enumerate()
        .map(|(level, policies)| {
            let indexes = 0..policies.len();
            indexes.map(|index| file(level, index, policies)).collect()
        })
        .collect();
    import(&levels).map_err(|error| error.to_string())
}

/// The imported tags as JSON, without the fields that optional tags always have.
fn tags(policies: &[Value]) -> Value {
    let document = chain(policies).unwrap().document;
    let mut tags = serde_json::to_value(document.required_tags).unwrap();
    for tag in tags.as_array_mut().unwrap() {
        tag.as_object_mut().unwrap().remove("optional");
    }
    tags
}

/// The notes, without those that most policies cause.
fn notes(policies: &[Value]) -> Vec<String> {
    without_usual(chain(policies).unwrap().notes)
}

fn without_usual(mut notes: Vec<String>) -> Vec<String> {
    let usual = [
        "report_required_tag_for does not name",
        "accepts any value,",
        "there is no tag_key,",
    ];
    notes.retain(|note| !usual.iter().any(|part| note.contains(part)));
    notes
}

fn policy(key: &str, settings: &Value) -> Value {
    json!({"tags": {key: settings}})
}

/// A statement with a single setting.
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
        ["1.json: tags[\"owner\"].tag_value: no value is left, so any value is allowed"]
    );
    let absent = "0.json: tags[\"owner\"].tag_value.@@remove: \"a\": nothing to remove, since no such value is set";
    for (nothing, expected) in [
        (json!({"@@remove": ["a"]}), vec![absent]),
        (json!({"@@append": []}), vec![]),
    ] {
        let policies = [setting("tag_value", &nothing)];
        assert_eq!(tags(&policies), json!([{"key": "owner"}]));
        assert_eq!(notes(&policies), expected);
    }
    let some = [
        base(),
        setting("tag_value", &json!({"@@remove": ["b", "c", "d"]})),
    ];
    assert_eq!(
        notes(&some),
        [
            "1.json: tags[\"owner\"].tag_value.@@remove: \"c\", \"d\": nothing to remove, since no such value is set"
        ]
    );
}

#[test]
fn operators_that_a_parent_does_not_allow_are_ignored() {
    let value = |operator: &str| setting("tag_value", &json!({operator: ["x"]}));
    let limits = |operators: &[&str]| {
        setting(
            "tag_value",
            &json!({NONE: operators, "@@assign": ["a", "x"]}),
        )
    };
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
            json!({"pattern": r".*@example\.com", "example": "*@example.com"}),
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
    ] {
        let mut expected = expected;
        expected["key"] = "owner".into();
        let tags = tags(&[setting("tag_value", &json!({"@@assign": values}))]);
        assert_eq!(tags, json!([expected]), "{values:?}");
    }
}

#[test]
fn a_key_without_tag_key_is_in_lower_case() {
    let policy = json!({"tags": {
        "CostCenter": {}, "owner": {}, "Team": {"tag_key": {"@@assign": "Team"}},
    }});
    assert_eq!(
        tags(std::slice::from_ref(&policy)),
        json!([{"key": "costcenter"}, {"key": "owner"}, {"key": "Team"}])
    );
    let note =
        "\"costcenter\", \"owner\": there is no tag_key, so the key is in lower case, as in AWS";
    let notes = chain(&[policy]).unwrap().notes;
    assert_eq!(notes.last().map(String::as_str), Some(note));
}

#[test]
fn other_resource_types_are_noted() {
    let report = |types: &[&str]| setting("report_required_tag_for", &json!({"@@assign": types}));
    let only = ": only EC2 instances are evaluated; other resource types have no counterpart";
    let place = "0.json: tags[\"owner\"].report_required_tag_for: ";
    for (types, expected) in [
        (&["ec2:instance"][..], vec![]),
        (&["ec2:*"], vec![format!("{place}\"ec2:*\"{only}")]),
        (
            &["ec2:ALL_SUPPORTED"],
            vec![format!("{place}\"ec2:ALL_SUPPORTED\"{only}")],
        ),
        (
            &["s3:bucket", "EC2:Instance"],
            vec![format!("{place}\"s3:bucket\"{only}")],
        ),
    ] {
        assert_eq!(notes(&[report(types)]), expected);
        let tags = chain(&[report(types)]).unwrap().document.required_tags;
        assert_eq!(tags[0].optional, None, "{types:?}");
    }
}

/// Only `report_required_tag_for` says which instances AWS reports for lacking a tag.
#[test]
fn a_tag_is_required_optional_or_forbidden() {
    let policy = json!({"tags": {
        "zone": {"tag_key": {"@@assign": "Zone"}, "tag_value": {"@@assign": ["a", "b"]}},
        "owner": {"tag_value": {"@@assign": ["x"]}, "report_required_tag_for": {"@@assign": ["ec2:instance"]}},
        "bucket": {"report_required_tag_for": {"@@assign": ["s3:bucket"]}},
        "app": {
            "report_required_tag_for": {"@@assign": ["s3:bucket"]}, "enforced_for": {"@@assign": ["ec2:instance"]},
        },
        "colour": {"tag_key": {"@@assign": "Colour"}, "tag_value": {"@@assign": []}},
        "shade": {"tag_value": {"@@assign": []}, "report_required_tag_for": {"@@assign": ["s3:*"]}},
    }});
    let imported = chain(std::slice::from_ref(&policy)).unwrap();
    assert_eq!(
        serde_json::to_value(&imported.document).unwrap(),
        json!({
            "required_tags": [
                {"key": "Zone", "optional": true, "allowed_values": ["a", "b"]},
                {"key": "owner", "allowed_values": ["x"]},
                {"key": "bucket", "optional": true},
                {"key": "app", "optional": true},
            ],
            "forbidden_tags": [
                {"key": "Colour", "ignore_key_case": true}, {"key": "shade", "ignore_key_case": true},
            ],
        })
    );
    assert_eq!(
        imported.summary.to_string(),
        "1 required, 3 optional, 2 forbidden, 0 left out"
    );
    assert_eq!(
        imported.notes,
        [
            "\"bucket\", \"app\": AWS Organizations accepts any value, even none at all; this policy never accepts a \
             blank one",
            "\"Zone\", \"bucket\", \"app\": optional: report_required_tag_for does not name EC2 instances, so the tag \
             is checked if it is present, in any case",
            "\"Colour\", \"shade\": forbidden, whatever the case of its key: no value of the tag is acceptable",
            "\"owner\", \"bucket\", \"app\", \"shade\": there is no tag_key, so the key is in lower case, as in AWS",
            "0.json: tags[\"bucket\"].report_required_tag_for: \"s3:bucket\": only EC2 instances are \
             evaluated; other resource types have no counterpart",
            "0.json: tags[\"app\"].enforced_for: AWS Organizations prevents noncompliant tags on \
             \"ec2:instance\"; this policy reports them, and prevents nothing",
            "0.json: tags[\"app\"].report_required_tag_for: \"s3:bucket\": only EC2 instances are \
             evaluated; other resource types have no counterpart",
            "0.json: tags[\"shade\"].report_required_tag_for: \"s3:*\": only EC2 instances are evaluated; \
             other resource types have no counterpart",
        ]
    );
}

#[test]
fn no_acceptable_value_forbids_a_tag_unless_a_child_brings_one() {
    let nothing = || setting("tag_value", &json!({"@@assign": []}));
    let owner = json!([{"key": "owner"}]);
    for (child, forbidden, required) in [
        (json!({}), 1, json!([])),
        (json!({"@@remove": ["a"]}), 1, json!([])),
        (json!({"@@append": []}), 1, json!([])),
        (json!({"@@assign": ["*"]}), 0, owner.clone()),
    ] {
        // Another tag is imported, so that the note is about this one.
        let other = json!({"tags": {"owner": {"tag_value": child}, "team": {}}});
        let policies = [nothing(), other];
        let found = chain(&policies).unwrap().document;
        assert_eq!(found.forbidden_tags.len(), forbidden, "{policies:?}");
        let mut found = tags(&policies);
        let last = found.as_array_mut().unwrap().pop().unwrap();
        assert_eq!((found, &last["key"]), (required, &json!("team")));
    }
    // A policy may say nothing else, even an effective one.
    for alone in [
        nothing(),
        json!({"tags": {"owner": {"tag_key": "owner", "tag_value": []}}}),
    ] {
        let document = chain(&[alone]).unwrap().document;
        assert_eq!(
            serde_json::to_value(document).unwrap(),
            json!({"required_tags": [], "forbidden_tags": [{"key": "owner", "ignore_key_case": true}]})
        );
    }
}

#[test]
fn policies_attached_to_the_same_place_are_no_parents_of_each_other() {
    let base = || setting("tag_value", &json!({"@@assign": ["a", "b"]}));
    let change = |change: Value| setting("tag_value", &change);
    for (attached, expected, count) in [
        // The first that assigns wins, wherever it is.
        (
            vec![json!({"@@assign": ["x"]}), json!({"@@assign": ["y"]})],
            vec!["x"],
            1,
        ),
        (
            vec![json!({"@@assign": ["x"]}), json!({"@@assign": ["x"]})],
            vec!["x"],
            0,
        ),
        (
            vec![json!({"@@append": ["y"]}), json!({"@@assign": ["x"]})],
            vec!["x", "y"],
            0,
        ),
        (
            vec![json!({"@@append": ["x"]}), json!({"@@append": ["y"]})],
            vec!["a", "b", "x", "y"],
            0,
        ),
        (
            vec![json!({"@@remove": ["a"]}), json!({"@@append": ["a"]})],
            vec!["b", "a"],
            0,
        ),
        (
            vec![json!({"@@append": ["x"]}), json!({"@@remove": ["x", "b"]})],
            vec!["a"],
            0,
        ),
        // A policy's limits don't apply to others on its level.
        (
            vec![json!({NONE: ["@@none"]}), json!({"@@append": ["x"]})],
            vec!["a", "b", "x"],
            0,
        ),
    ] {
        let attached: Vec<_> = attached.into_iter().map(change).collect();
        let imported = levelled(&[&[base()], &attached]).unwrap();
        let values = imported.document.required_tags[0].allowed_values.clone();
        assert_eq!(values.unwrap(), expected, "{attached:?}");
        assert_eq!(without_usual(imported.notes).len(), count, "{attached:?}");
    }
    let limits = json!({"tags": {NONE: ["@@none"], "owner": {NONE: ["@@none"]}}});
    let more = json!({"tags": {"owner": {"tag_value": {"@@assign": ["a"]}}, "team": {}}});
    let child = json!({"tags": {"owner": {"tag_key": {"@@assign": "Owner"}}, "zone": {}}});
    let imported = levelled(&[&[limits, more], &[child]]).unwrap();
    let keys: Vec<_> = imported
        .document
        .required_tags
        .iter()
        .map(|tag| &tag.key)
        .collect();
    assert_eq!(keys, ["owner", "team"]);
    assert_eq!(imported.summary.left_out, 1);
    assert_eq!(
        without_usual(imported.notes),
        [
            "1.json: tags[\"owner\"].tag_key.@@assign: is ignored: a parent policy does not allow it \
             (@@operators_allowed_for_child_policies)",
            "1.json: tags[\"zone\"]: is left out: a parent policy does not allow it \
             (@@operators_allowed_for_child_policies)",
        ]
    );
}

#[test]
fn tags_keep_the_order_in_which_they_are_written() {
    let parent = json!({"tags": {"zone": {}, "owner": {}, "App": {}}});
    let child = json!({"tags": {"team": {}, "app": {}, "area": {}}});
    let tags = chain(&[parent, child]).unwrap().document.required_tags;
    let keys: Vec<_> = tags.iter().map(|tag| tag.key.as_str()).collect();
    assert_eq!(keys, ["zone", "owner", "app", "team", "area"]);
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
