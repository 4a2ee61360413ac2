//! The commands that fix an instance, its group and its next launch.

use serde_json::json;

use super::*;
use crate::testing::default_policy;

/// The argument of the one command that adds tags.
fn added(policy: &TagPolicy, pairs: &[(&str, &str)]) -> String {
    let commands = commands(policy, pairs);
    let start = "aws ec2 create-tags --region us-east-1 --resources i-1234567890abcdef0 --tags ";
    commands[0].strip_prefix(start).unwrap().to_owned()
}

#[test]
fn what_is_compliant_needs_no_fix() {
    let policy = default_policy();
    let instance = instance(tags(&[
        ("Environment", "dev"),
        ("Owner", "web"),
        ("Application", "shop"),
    ]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    assert_eq!(Fix::of(&subject, &evaluation, &policy, |_| true), None);
}

#[test]
fn a_value_is_the_one_that_is_known_or_what_a_person_replaces() {
    let many: Vec<_> = (0..30).map(|n| format!("team-{n}")).collect();
    for (rule, pairs, expected) in [
        (json!({"key": "Owner"}), &[][..], "<Owner>"),
        (
            json!({"key": "Owner", "allowed_values": ["web"]}),
            &[],
            "web",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["web", "data"]}),
            &[],
            "<web or data>",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["web", "data", "x"], "pattern": "[a-z]{3,}"}),
            &[],
            "<web or data>",
        ),
        (
            json!({"key": "Owner", "allowed_values": many}),
            &[],
            "<Owner>",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["a,b", "c"]}),
            &[],
            "<Owner>",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["a b"], "min_length": 4}),
            &[],
            "<Owner>",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["web", "data"]}),
            &[("owner", "data")],
            "data",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["web"]}),
            &[("owner", "x")],
            "web",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["web"]}),
            &[("Owner", "x")],
            "web",
        ),
        (json!({"key": "Owner"}), &[("Owner", " ")], "<Owner>"),
        (
            json!({"key": "Owner", "allowed_values": ["web", "data"]}),
            &[("Owner", " Web ")],
            "web",
        ),
        (
            json!({"key": "Owner", "pattern": "[a-z]+"}),
            &[("Owner", "web ")],
            "web",
        ),
        (
            json!({"key": "Owner", "allowed_values": ["web", "WEB"]}),
            &[("Owner", "Web")],
            "<web or WEB>",
        ),
    ] {
        let policy = policy(&json!({"required_tags": [rule]}));
        assert_eq!(
            added(&policy, pairs),
            format!("'Key=Owner,Value={expected}'"),
            "{rule}"
        );
    }
}

#[test]
fn each_rule_that_applies_has_a_say_and_no_other() {
    let policy = policy(&json!({"required_tags": [
        {"key": "Stage", "allowed_values": ["dev", "test", "prod"], "when": {"states": ["running"]}},
        {"key": "Stage", "allowed_values": ["prod"], "when": {"tags": [{"key": "Public"}]}},
        {"key": "Stage", "allowed_values": ["none"], "when": {"states": ["stopped"]}},
    ]}));
    assert_eq!(
        added(&policy, &[]),
        "'Key=Stage,Value=<dev or test or prod>'"
    );
    for stage in [&[("Public", "1")][..], &[("Public", "1"), ("Stage", "x")]] {
        assert_eq!(added(&policy, stage), "'Key=Stage,Value=prod'");
    }
}

#[test]
fn a_tag_in_another_case_is_corrected_where_it_is() {
    let policy = policy(&json!({"required_tags": [
        {"key": "Owner", "ignore_key_case": true, "allowed_values": ["web"]},
    ]}));
    assert_eq!(added(&policy, &[("OWNER", "x")]), "'Key=OWNER,Value=web'");
}

#[test]
fn what_must_go_is_deleted_after_the_rest_is_added() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Owner"}, {"key": "CostCenter"}, {"key": "CostCentre"}],
        "forbidden_tags": [{"key": "Temp"}],
    }));
    let pairs = [("owner", "web team"), ("cost-center", "1"), ("Temp", "x")];
    assert_eq!(
        commands(&policy, &pairs),
        [
            "aws ec2 create-tags --region us-east-1 --resources i-1234567890abcdef0 --tags \
             'Key=Owner,Value=web team' 'Key=CostCenter,Value=1' 'Key=CostCentre,Value=1'",
            "aws ec2 delete-tags --region us-east-1 --resources i-1234567890abcdef0 --tags \
             'Key=owner' 'Key=cost-center' 'Key=Temp'",
        ]
    );
    let complete = [
        ("Owner", "a"),
        ("CostCenter", "1"),
        ("CostCentre", "1"),
        ("Temp", ""),
    ];
    assert_eq!(
        commands(&policy, &complete),
        [
            "aws ec2 delete-tags --region us-east-1 --resources i-1234567890abcdef0 --tags 'Key=Temp'"
        ]
    );
}

#[test]
fn a_value_that_may_not_be_passed_on_is_not() {
    let policy = policy(&json!({"required_tags": [{"key": "Owner"}]}));
    let instance = instance(tags(&[("owner", "secret")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let fix = Fix::of(&subject, &evaluation, &policy, |key| key != "owner").unwrap();
    assert!(
        fix.commands[0].ends_with("'Key=Owner,Value=<Owner>'"),
        "{fix:?}"
    );
    assert_eq!(fix.commands.len(), 1, "the value is nowhere else");
}

#[test]
fn a_group_gets_its_tags_for_the_next_launch() {
    let policy = default_policy();
    let group = ("aws:autoscaling:groupName", "web");
    let stack = ("aws:cloudformation:stack-name", "shop");
    let (_, commands) = fix_by(
        &policy,
        &instance(tags(&[group, ("Owner", "a"), ("Environment", "dev")])),
    );
    assert_eq!(
        commands,
        [
            "aws autoscaling create-or-update-tags --region us-east-1 --tags \
             'ResourceId=web,ResourceType=auto-scaling-group,Key=Application,Value=<Application>,PropagateAtLaunch=true'"
        ]
    );
    let (_, commands) = fix_by(&policy, &instance(tags(&[group, stack])));
    assert_eq!(commands, [""; 0], "the stack would undo it");
}

#[test]
fn a_group_takes_so_many_tags_a_call() {
    let required: Vec<_> = (0..30).map(|n| json!({"key": format!("Tag{n}")})).collect();
    let policy = policy(&json!({"required_tags": required}));
    let instance = instance(tags(&[("aws:autoscaling:groupName", "it's")]));
    let (_, commands) = fix_by(&policy, &instance);
    let tags: Vec<_> = commands
        .iter()
        .map(|it| it.matches(r#""ResourceId":"it\u0027s""#).count())
        .collect();
    assert_eq!(tags, [25, 5]);
}

#[test]
fn a_region_that_is_none_is_left_out() {
    let policy = default_policy();
    let instance = instance(tags(&[]));
    for region in ["", "us-east-1; id", "'"] {
        let mut subject = subject(&instance);
        subject.region = region;
        let evaluation = policy.evaluate(&subject);
        let fix = Fix::of(&subject, &evaluation, &policy, |_| true).unwrap();
        let start = "aws ec2 create-tags --resources i-1234567890abcdef0 --tags 'Key=Environment";
        assert!(fix.commands[0].starts_with(start), "{fix:?}");
    }
}

#[test]
fn a_misspelled_tag_stays_until_its_value_is_elsewhere() {
    let policy = policy(&json!({
        "required_tags": [{"key": "CostCenter", "pattern": "[0-9]{4}"}],
        "forbidden_tags": [{"key": "Temp"}],
    }));
    let on = "--region us-east-1 --resources i-1234567890abcdef0 --tags";
    assert_eq!(
        commands(&policy, &[("CostCentre", "12"), ("Temp", "x")]),
        [
            format!("aws ec2 create-tags {on} 'Key=CostCenter,Value=<CostCenter>'"),
            format!("aws ec2 delete-tags {on} 'Key=Temp'"),
        ]
    );
    assert_eq!(
        commands(&policy, &[("CostCentre", "1234")]),
        [
            format!("aws ec2 create-tags {on} 'Key=CostCenter,Value=1234'"),
            format!("aws ec2 delete-tags {on} 'Key=CostCentre'"),
        ]
    );
}

#[test]
fn a_profile_is_in_every_command() {
    let policy = default_policy();
    let group = ("aws:autoscaling:groupName", "web");
    let instance = instance(tags(&[group, ("owner", "web")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let fix = Fix::of(&subject, &evaluation, &policy, |_| true).unwrap();
    let fix = fix.by_profile("audit");
    let commands = [fix.commands, fix.next_launch_commands, fix.certain.commands].concat();
    assert_eq!(commands.len(), 4);
    for command in commands {
        assert!(command.ends_with(" --profile 'audit'"), "{command}");
    }
}
