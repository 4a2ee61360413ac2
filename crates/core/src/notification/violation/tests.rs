use serde_json::json;

use super::*;
use crate::evaluation::Evaluation;
use crate::instance::{Instance, Tags};
use crate::memory::{Item, News};
use crate::notification::testing::item;
use crate::notification::{jsm, pagerduty};
use crate::testing::{instance, policy, subject, tags};

/// A change of an instance of which nothing but this is known.
fn change<'a>(
    news: News,
    instance: &'a Instance,
    item: &'a Item,
    evaluation: Option<&'a Evaluation<'a>>,
) -> Change<'a> {
    Change {
        news,
        id: &instance.id,
        name: None,
        provenance: None,
        evaluation,
        item,
    }
}

#[test]
fn an_instance_that_ec2_does_not_know_has_no_commands() {
    let policy = policy(&json!({"required_tags": [{"key": "Owner", "severity": "critical"}]}));
    let instance = instance(Tags::new());
    let item = item(&policy, &instance);
    let change = change(News::StillOpen, &instance, &item, None);
    let violation = Violation {
        change: &change,
        account_id: "123456789012",
        region: "xx-new-1",
        fix: None,
    };
    let event = pagerduty::render(&violation);
    assert_eq!(
        event["payload"]["summary"],
        "i-1234567890abcdef0: not compliant"
    );
    assert_eq!(event["payload"]["severity"], "critical");
    assert_eq!(event["links"], json!([]));
    let alert = jsm::render(&violation);
    assert_eq!(alert["priority"], "P1");
    assert_eq!(alert["description"], "i-1234567890abcdef0: not compliant");
    assert_eq!(
        alert["details"],
        json!({
            "account": "123456789012",
            "region": "xx-new-1",
            "instance": "i-1234567890abcdef0",
            "severity": "critical",
            "opened_at": "2026-01-01T10:00:00.000Z",
        })
    );
}

#[test]
fn each_severity_has_its_word() {
    for (severity, of_pagerduty, of_jsm) in [
        (Some("critical"), "critical", "P1"),
        (Some("high"), "error", "P2"),
        (Some("medium"), "warning", "P3"),
        (Some("low"), "info", "P4"),
        (None, "warning", "P3"),
    ] {
        let policy = policy(&json!({"required_tags": [{"key": "Owner", "severity": severity}]}));
        let instance = instance(Tags::new());
        let item: Item = item(&policy, &instance);
        let change = change(News::Opened, &instance, &item, None);
        let violation = Violation {
            change: &change,
            account_id: "123456789012",
            region: "us-east-1",
            fix: None,
        };
        let event = pagerduty::render(&violation);
        assert_eq!(event["payload"]["severity"], of_pagerduty, "{severity:?}");
        assert_eq!(jsm::render(&violation)["priority"], of_jsm, "{severity:?}");
    }
}

#[test]
fn commands_without_room_are_counted() {
    let rules: Vec<_> = (0..50)
        .map(|n| json!({"key": format!("{n:02}{}", "k".repeat(126))}))
        .collect();
    let policy = policy(&json!({"required_tags": rules, "forbidden_tags": [{"key": "Temp"}]}));
    let instance = instance(tags(&[("Temp", "x")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let fix = Fix::of(&subject, &evaluation, &policy, |_| true);
    let item = item(&policy, &instance);
    let change = change(News::Opened, &instance, &item, Some(&evaluation));
    let violation = Violation {
        change: &change,
        account_id: "123456789012",
        region: "us-east-1",
        fix: fix.as_ref(),
    };
    let removal =
        "aws ec2 delete-tags --region us-east-1 --resources i-1234567890abcdef0 --tags 'Key=Temp'";
    let note = "1 command is too long to show here: see the audit record.";
    let details = &pagerduty::render(&violation)["payload"]["custom_details"];
    assert_eq!(details["fix_this_instance"], json!([removal, note]));
    let description = jsm::render(&violation)["description"].to_string();
    assert!(
        description.contains(&format!("{removal}\\n{note}")),
        "{description}"
    );
}
