mod limits;
mod shown_tags;

use serde_json::json;

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
            "\nWhere To Fix It:\n  This instance, as far as eks.amazonaws.com allows:\n    aws ec2 create-tags "
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

#[test]
fn what_does_not_count_stands_below_what_does() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Owner"},
            {"key": "CostCenter", "enforced_from": "2027-04-01"},
        ],
        "forbidden_tags": [{"key_pattern": "(?i).*password"}],
        "exemptions": [{"owner": "web", "reason": "lab", "expires": "2026-12-31",
                        "when": {"states": ["running"]}}],
    }));
    let body = alert_by(&policy, tags(&[("db_password", "hunter2")])).body;
    for lines in [
        "\nForbidden Tags:\n  db_password: ********\n",
        "\nNot Counted Yet:\n  CostCenter: missing, a violation from 1 April 2027\n",
        "\nAccepted For Now:\n  Owner: missing; web, until 2026-12-31: lab\n",
    ] {
        assert!(body.contains(lines), "{lines} in {body}");
    }
    assert!(
        !body.contains("Missing Tags") && !body.contains("hunter2"),
        "{body}"
    );
}
