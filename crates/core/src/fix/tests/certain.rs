//! What takes no guess.

use serde_json::json;

use super::*;

/// What takes no guess: the commands, and what is left to a person.
fn certain(policy: &TagPolicy, pairs: &[(&str, &str)]) -> Certain {
    with_group(policy, pairs).0
}

/// The same, and what the instance wants of its Auto Scaling group.
fn with_group(policy: &TagPolicy, pairs: &[(&str, &str)]) -> (Certain, Option<GroupTags>) {
    let instance = instance(tags(pairs));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let fix = Fix::of(&subject, &evaluation, policy, |_| true).unwrap();
    (fix.certain, fix.group)
}

#[test]
fn what_takes_no_guess_is_a_fix_of_its_own() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Owner"},
            {"key": "CostCenter"},
            {"key": "Environment", "allowed_values": ["dev", "prod"]},
        ],
        "forbidden_tags": [{"key": "Temp"}],
    }));
    let group = ("aws:autoscaling:groupName", "web");
    let (fix, next) = with_group(
        &policy,
        &[
            group,
            ("owner", "web"),
            ("CostCentre", "1"),
            ("Environment", "PROD"),
            ("Temp", "x"),
        ],
    );
    let next = next.unwrap().certain_commands();
    let on = "--region us-east-1 --resources i-1234567890abcdef0 --tags";
    assert_eq!(
        fix.commands,
        [format!(
            "aws ec2 create-tags {on} 'Key=Owner,Value=web' 'Key=Environment,Value=prod'"
        )]
    );
    assert_eq!(
        fix.beyond,
        [
            "owner (Auto Scaling group web may set it again)",
            "Temp (Auto Scaling group web may set it again)",
        ]
    );
    assert_eq!(fix.undecided, ["CostCenter=1"]);
    let next = &next[0];
    assert!(next.contains("Key=Owner,Value=web,"), "{next}");
    assert!(!next.contains("CostCenter"), "{next}");

    let (fix, next) = with_group(&policy, &[group]);
    let next = next.unwrap().certain_commands();
    assert_eq!(fix.commands, [""; 0]);
    assert_eq!(next, [""; 0]);
    assert_eq!(
        fix.undecided,
        [
            "Owner=<Owner>",
            "CostCenter=<CostCenter>",
            "Environment=<dev or prod>"
        ]
    );
}

#[test]
fn what_a_stack_may_set_again_is_left_to_it() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Owner"},
            {"key": "Stage", "allowed_values": ["prod"]},
            {"key": "Team", "allowed_values": ["web"]},
        ],
        "forbidden_tags": [{"key": "Temp"}],
    }));
    let stack = ("aws:cloudformation:stack-name", "shop");
    let fix = certain(
        &policy,
        &[stack, ("owner", "web"), ("Stage", "PROD"), ("Temp", "x")],
    );
    let on = "--region us-east-1 --resources i-1234567890abcdef0 --tags";
    assert_eq!(
        fix.commands,
        [format!(
            "aws ec2 create-tags {on} 'Key=Owner,Value=web' 'Key=Team,Value=web'"
        )]
    );
    assert_eq!(
        fix.beyond,
        [
            "Stage (CloudFormation stack shop may set it again)",
            "owner (CloudFormation stack shop may set it again)",
            "Temp (CloudFormation stack shop may set it again)",
        ]
    );
}

#[test]
fn a_node_group_whose_name_is_masked_may_still_set_a_tag_again() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Stage", "allowed_values": ["prod"]}],
        "forbidden_tags": [{"key_pattern": "(?i).*name"}, {"key": "Temp"}],
    }));
    let pairs = [("Stage", "PROD"), ("Temp", "x")];
    let in_group = |key| certain(&policy, &[&[(key, "secret")], &pairs[..]].concat());
    let fix = in_group("eks:nodegroup-name");
    assert_eq!(fix.commands, [""; 0]);
    assert_eq!(
        fix.beyond,
        [
            "Stage (its Auto Scaling group may set it again)",
            "eks:nodegroup-name (its Auto Scaling group may set it again)",
            "Temp (its Auto Scaling group may set it again)",
        ]
    );
    let fix = in_group("aws:cloudformation:stack-name");
    assert_eq!(
        fix.beyond,
        [
            "Stage (CloudFormation stack secret may set it again)",
            "Temp (CloudFormation stack secret may set it again)",
        ],
        "nobody could remove a tag of AWS"
    );
}

#[test]
fn no_other_value_is_overwritten_without_a_person() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Stage", "allowed_values": ["prod"]}],
    }));
    for (pairs, is_certain) in [
        (&[][..], true),
        (&[("Stage", "PROD")], true),
        (&[("Stage", " prod ")], true),
        (&[("Stage", " ")], true),
        (&[("stage", "Prod")], true),
        (&[("stage", "")], true),
        (&[("Stage", "dev")], false),
        (&[("stage", "dev")], false),
    ] {
        let fix = certain(&policy, pairs);
        let undecided = if is_certain { &[][..] } else { &["Stage=prod"] };
        assert_eq!(fix.commands.is_empty(), !is_certain, "{pairs:?}");
        assert_eq!(fix.undecided, undecided, "{pairs:?}");
    }
}

#[test]
fn a_group_gets_for_certain_what_all_its_instances_want_alone() {
    let policy = policy(&json!({"required_tags": [
        {"key": "Owner"},
        {"key": "Stage", "allowed_values": ["prod"]},
        {"key": "Team"},
        {"key": "App"},
    ]}));
    let wants = |pairs: &[(&str, &str)]| {
        let group = ("aws:autoscaling:groupName", "web");
        with_group(&policy, &[&[group], pairs].concat()).1.unwrap()
    };
    let first = wants(&[("owner", "web"), ("team", "a"), ("App", "x")]);
    let mut all = first.clone();
    assert_eq!(all.id(), ("us-east-1", "web"));
    all.add(&wants(&[("OWNER", "data"), ("App", "x")]));
    all.add(&wants(&[("OWNER", "data"), ("team", "a"), ("app", "y")]));
    let tag = |key: &str, value: &str| {
        format!(
            "'ResourceId=web,ResourceType=auto-scaling-group,Key={key},Value={value},PropagateAtLaunch=true'"
        )
    };
    let command = |tags: &[String]| {
        let tags = tags.join(" ");
        [format!(
            "aws autoscaling create-or-update-tags --region us-east-1 --tags {tags}"
        )]
    };
    let (stage, app) = (tag("Stage", "prod"), tag("App", "y"));
    assert_eq!(
        all.certain_commands(),
        command(&[stage.clone(), app.clone()])
    );
    assert_eq!(all.disputed(), ["Owner=<data or web>", "Team=a"]);
    assert_eq!(
        all.commands(),
        command(&[
            tag("Owner", "<data or web>"),
            stage.clone(),
            tag("Team", "a"),
            app
        ])
    );
    all.add_present(&tags(&[("App", "x"), ("Team", " ")]), |key| key != "Owner");
    all.add_present(&tags(&[("Owner", "secret")]), |key| key != "Owner");
    assert_eq!(
        all.certain_commands(),
        command(std::slice::from_ref(&stage))
    );
    assert_eq!(
        all.disputed(),
        ["Owner=<data or web>", "Team=a", "App=<x or y>"]
    );
    let of_first = all.limited_to(&first);
    assert_eq!(of_first.disputed(), ["Owner=<data or web>", "Team=a"]);
}

#[test]
fn a_tag_that_several_rules_object_to_is_fixed_once() {
    let policy = policy(&json!({"required_tags": [
        {"key": "Stage", "allowed_values": ["prod"], "ignore_key_case": true, "when": {"states": ["running"]}},
        {"key": "stage", "allowed_values": ["prod"], "when": {"regions": ["us-east-1"]}},
    ]}));
    let fix = certain(&policy, &[("stage", "PROD")]);
    assert_eq!(
        fix.commands,
        [
            "aws ec2 create-tags --region us-east-1 --resources i-1234567890abcdef0 --tags 'Key=stage,Value=prod'"
        ]
    );
}
