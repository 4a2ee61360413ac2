use proptest::collection::btree_map;
use proptest::prelude::*;
use serde_json::json;

use super::super::MAX_BODY_BYTES;
use super::*;
use crate::instance::Tags;
use crate::notification::AlertTags;
use crate::policy::TagPolicy;
use crate::policy::document::Severity;
use crate::testing::{default_policy, instance, policy, subject, tags};

fn alert_by(policy: &TagPolicy, tags: Tags) -> Mail {
    let instance = instance(tags);
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    render(&Alert {
        subject,
        evaluation: &evaluation,
        policy,
        tags: AlertTags::All,
    })
}

/// The lines of the tags in an alert that shows those of the policy alone.
fn policy_tags(policy: &TagPolicy, tags: Tags) -> Vec<String> {
    let instance = instance(tags);
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let alert = render(&Alert {
        subject,
        evaluation: &evaluation,
        policy,
        tags: AlertTags::Policy,
    });
    let lines = alert.body.lines();
    let listed = lines.skip_while(|it| *it != "Current Tags:").skip(1);
    let listed = listed.take_while(|it| !it.is_empty());
    listed.map(str::to_owned).collect()
}

#[test]
fn an_alert_may_show_the_tags_of_the_policy_alone() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Cost", "ignore_key_case": true, "allowed_values": ["1"]},
            {"key": "Tier", "when": {"tags": [{"key": "Stage"}]}},
        ],
        "forbidden_tags": [{"key": "Temp"}],
        "scope": {"exclude": [{"tags": [{"key": "Skip", "values": ["yes"]}]}]},
        "exemptions": [{"owner": "web", "reason": "lab", "expires": "2026-12-31",
                        "when": {"tags": [{"key": "Lab", "values": ["1"]}]}}],
        "owner_tag": "Team",
    }));
    let all = tags(&[
        ("COST", "2"),
        ("Lab", "x\ny"),
        ("Name", "web"),
        ("Password", "hunter2"),
        ("Owner", "ann@example.com"),
        ("Skip", "no"),
        ("Stage", "dev"),
        ("Team", "a"),
        ("Temp", "1"),
    ]);
    assert_eq!(
        policy_tags(&policy, all),
        [
            "  COST: 2",
            "  Lab: x\\ny",
            "  Name: web",
            "  Skip: no",
            "  Stage: dev",
            "  Team: a",
            "  Temp: 1",
            "  (2 not shown)",
        ]
    );
    let only_secret = tags(&[("Password", "hunter2")]);
    assert_eq!(policy_tags(&policy, only_secret), ["  (1 not shown)"]);
    assert_eq!(policy_tags(&policy, Tags::new()), ["  (none)"]);
}

fn alert_for(tags: Tags) -> Mail {
    alert_by(&default_policy(), tags)
}

#[test]
fn missing_tags_are_named() {
    let alert = alert_for(tags(&[("Environment", "prod"), ("Name", "web-server")]));
    assert_eq!(
        alert.subject,
        "EC2 instance i-1234567890abcdef0 is not compliant"
    );
    insta::assert_snapshot!(alert.body);
}

#[test]
fn invalid_tags_get_a_block_of_their_own() {
    let alert = alert_for(tags(&[
        ("Environment", "qa"),
        ("Owner", " "),
        ("Application", "shop"),
    ]));
    assert!(!alert.body.contains("Missing Tags"), "{}", alert.body);
    assert!(
        alert.body.contains(
            "'Key=Environment,Value=<dev or staging or prod>' 'Key=Owner,Value=<Owner>'\n  \
             The next launch: tags at launch (TagSpecifications); EC2 does not say what launched this one\n\
             \n\
             Invalid Tags:\n\
             \x20 Environment: \"qa\" is not one of dev, staging, prod\n\
             \x20 Owner: the value is blank\n\
             \n\
             Current Tags:\n"
        ),
        "{}",
        alert.body
    );
    assert!(
        alert
            .body
            .ends_with("\nPlease correct the invalid tags to ensure compliance.\n")
    );
}

#[test]
fn a_managed_instance_says_who_manages_it() {
    let policy = default_policy();
    let mut managed = instance(Tags::new());
    managed.operator = Some("eks.amazonaws.com".parse().unwrap());
    let subject = subject(&managed);
    let evaluation = policy.evaluate(&subject);
    let alert = render(&Alert {
        subject,
        evaluation: &evaluation,
        policy: &policy,
        tags: AlertTags::All,
    });
    assert!(
        alert.body.contains(
            "\nRegion: us-east-1\nManaged By: eks.amazonaws.com\nAccount: 123456789012\n"
        ),
        "{}",
        alert.body
    );
    assert!(
        alert.body.contains(
            "\nWhere To Fix It:\n  This instance, as far as eks.amazonaws.com lets you:\n    aws ec2 create-tags "
        ),
        "{}",
        alert.body
    );
}

#[test]
fn an_instance_of_a_group_is_fixed_there_too() {
    let alert = alert_for(tags(&[
        ("Owner", "web"),
        ("application", "shop"),
        ("aws:autoscaling:groupName", "web"),
        ("aws:ec2launchtemplate:id", "lt-1"),
        ("aws:ec2launchtemplate:version", "3"),
    ]));
    insta::assert_snapshot!(alert.body);
}

#[test]
fn a_tag_that_is_not_shown_is_in_no_command() {
    let policy = default_policy();
    let instance = instance(tags(&[("owner", "hunter2")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let body = |tags| {
        let evaluation = &evaluation;
        let policy = &policy;
        let alert = Alert {
            subject,
            evaluation,
            policy,
            tags,
        };
        render(&alert).body
    };
    assert!(body(AlertTags::All).contains("'Key=Owner,Value=hunter2'"));
    assert!(!body(AlertTags::Policy).contains("hunter2"));
}

#[test]
fn an_untagged_instance_and_a_mixed_one() {
    assert!(
        alert_for(Tags::new())
            .body
            .contains("\nCurrent Tags:\n  (none)\n\nPlease add the")
    );
    let alert = alert_for(tags(&[("Environment", "qa")]));
    assert!(
        alert
            .body
            .contains("\nMissing Tags: Owner, Application\n\nInvalid Tags:\n")
    );
    assert!(alert.body.ends_with(
        "Please add the missing tags and correct the invalid ones to ensure compliance.\n"
    ));
}

#[test]
fn tag_text_cannot_forge_a_line() {
    let forged = "x\nMissing Tags: none\r\u{2028}State: stopped";
    let alert = alert_for(tags(&[
        ("Owner", forged),
        ("Name\nState: stopped", "\u{85}State: x"),
    ]));
    let lines: Vec<_> = alert.body.lines().collect();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("State:"))
            .count(),
        1
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("Missing Tags:"))
            .count(),
        1
    );
    assert!(!alert.body.contains(['\r', '\u{2028}', '\u{85}']));
}

#[test]
fn the_largest_tags_that_aws_allows_fit() {
    // U+E0001 is written as 9 bytes, more than any other character.
    let worst = |chars: usize| "\u{e0001}".repeat(chars);
    let tags: Tags = (0..50)
        .map(|n| (format!("{n:02}{}", worst(126)), worst(256)))
        .collect();
    let alert = alert_for(tags);
    assert!(alert.body.len() <= MAX_BODY_BYTES);
    assert!(alert.body.contains("49\\u{e0001}"), "all 50 tags are there");

    let required = |n: usize| {
        let values: Vec<_> = (0..20).map(|n| format!("{n:02}{}", worst(254))).collect();
        json!({"key": format!("{n:02}{}", worst(126)), "allowed_values": values})
    };
    let policy = policy(&json!({"required_tags": (0..50).map(required).collect::<Vec<_>>()}));
    let tags = (0..50)
        .map(|n| (format!("{n:02}{}", worst(126)), format!("x{}", worst(255))))
        .collect();
    let alert = alert_by(&policy, tags);
    assert!(alert.body.len() <= MAX_BODY_BYTES, "{}", alert.body.len());
    assert!(
        alert
            .body
            .contains(" more lines were cut.\n\nPlease correct")
    );
}

#[test]
fn an_alert_is_cut_as_soon_as_it_would_be_too_long() {
    // One line of nearly 256 KiB: the allowed values. The tag's own value decides.
    let allowed_values: Vec<_> = (0..1_041).map(|n| format!("{n:0>248}")).collect();
    let owner = json!({"key": "Owner", "allowed_values": allowed_values});
    let policy = policy(&json!({"required_tags": [owner]}));
    let mut longest = 0;
    let mut cut = 0;
    for length in 1..=250 {
        let alert = alert_by(&policy, tags(&[("Owner", &"v".repeat(length))]));
        assert!(alert.body.len() <= MAX_BODY_BYTES, "{length}");
        longest = longest.max(alert.body.len());
        cut += usize::from(alert.body.contains(" lines were cut."));
    }
    assert!(0 < cut && cut < 250, "{cut}");
    assert!(
        longest >= MAX_BODY_BYTES - 1,
        "nothing is cut before it must be: {longest}"
    );
}

#[test]
fn what_the_policy_says_of_a_tag_is_passed_on() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "CostCenter", "description": "Ask finance, or see\nhttps://wiki/costs", "severity": "high"},
            {"key": "Owner", "description": "A team"},
        ],
        "forbidden_tags": [{"key": "Temp", "description": "Not here"}],
        "exemptions": [{"owner": "web", "reason": "moving", "expires": "2025-12-31",
                        "when": {"states": ["running"]}}],
    }));
    let alert = alert_by(
        &policy,
        tags(&[("costcenter", "1"), ("Owner", "a"), ("Temp", "x\ny")]),
    );
    assert_eq!(alert.severity, Some(Severity::High));
    insta::assert_snapshot!(alert.body);
}

#[test]
fn the_remedy_names_all_that_is_to_be_done() {
    let policy = policy(&json!({
        "required_tags": [{"key": "A"}, {"key": "B"}],
        "forbidden_tags": [{"key": "C"}],
    }));
    for (pairs, remedy) in [
        (
            &[("A", "1"), ("B", ""), ("C", "")][..],
            "correct the invalid tags and remove the forbidden ones",
        ),
        (
            &[("B", ""), ("C", "")],
            "add the missing tags, correct the invalid ones and remove the forbidden ones",
        ),
        (
            &[("A", "1"), ("B", "1"), ("C", "")],
            "remove the forbidden tags",
        ),
    ] {
        let alert = alert_by(&policy, tags(pairs));
        assert!(
            alert
                .body
                .ends_with(&format!("\nPlease {remedy} to ensure compliance.\n")),
            "{}",
            alert.body
        );
    }
}

proptest! {
    // Making the texts takes long.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_alert_keeps_the_limits_of_sns(
        tags in btree_map(".{1,20}|\\PC{1,128}", ".{0,40}|(.|\n){0,256}", 0..50)
    ) {
        let tags = Tags::from_iter(tags);
        let alert = alert_for(tags.clone());
        prop_assert!(alert.subject.is_ascii() && alert.subject.len() < 100);
        prop_assert!(!alert.subject.contains('\n'));
        prop_assert!(alert.body.len() <= MAX_BODY_BYTES);
        let listed = alert.body.lines().skip_while(|line| *line != "Current Tags:").skip(1);
        prop_assert_eq!(
            listed.take_while(|line| !line.is_empty()).count(),
            tags.len().max(1)
        );
    }
}
