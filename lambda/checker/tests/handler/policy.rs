//! How a policy's scope, exemptions and severities affect checks and sweeps.

use serde_json::{Value, json};

use crate::support::*;

const LAB: &str = r#"{
    "required_tags": [{"key": "Owner", "severity": "high"}],
    "scope": {"exclude": [{"tags": [{"key": "Unmanaged"}]}]},
    "exemptions": [
        {"owner": "web", "reason": "lab", "expires": "2026-12-31", "when": {"tags": [{"key": "Lab"}]}},
        {"owner": "api", "reason": "move", "expires": "2025-11-30", "when": {"tags": [{"key": "Move"}]}}
    ]
}"#;

fn record(calls: &Calls) -> Value {
    serde_json::from_str(&calls.bodies()[0].1).unwrap()
}

#[tokio::test]
async fn an_instance_out_of_scope_is_recorded_with_the_condition_and_nothing_else() {
    let unmanaged = tagged(BAD, "running", &[("Unmanaged", "1")]);
    let aws = Aws::with(vec![unmanaged]).policy(LAB);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "out-of-scope");
    assert_eq!(answer["isCompliant"], json!(null));
    assert_eq!(calls.names(), ["describe", "put"]);
    let record = record(&calls);
    assert_eq!(record["status"], "out-of-scope");
    assert_eq!(record["outOfScope"], "scope.exclude[0]");
    assert_eq!(record["isCompliant"], true);
    assert_eq!(record["requiredTags"], json!([]));
    assert_eq!(record["missingTags"], json!([]));
    assert_eq!(record["tags"], json!({"Unmanaged": "1"}));
}

#[tokio::test]
async fn an_exempt_instance_is_recorded_but_neither_counted_nor_alerted() {
    let lab = tagged(BAD, "running", &[("Lab", "1")]);
    let aws = Aws::with(vec![lab]).policy(LAB);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "exempt");
    assert_eq!(answer["missingTags"], json!(["Owner"]));
    assert_eq!(calls.names(), ["describe", "put"]);
    let record = record(&calls);
    assert_eq!(record["status"], "exempt");
    assert_eq!(record["isCompliant"], false);
    assert_eq!(record["exemption"]["owner"], "web");
}

#[tokio::test(start_paused = true)]
async fn an_expired_exemption_is_reported_with_the_violation() {
    let moving = tagged(BAD, "running", &[("Move", "1")]);
    let aws = Aws::with(vec![moving]).policy(LAB);
    let (answer, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(record(&calls)["expiredExemptions"][0]["owner"], "api");
    let (_, message) = &calls.messages()[0];
    assert!(
        message.contains("\nExpired Exemptions:\n  api, until 2025-11-30: move\n"),
        "{message}"
    );
    assert!(message.contains("\nSeverity: high\n"), "{message}");
    assert_eq!(calls.severities(), [Some("high".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn an_alert_without_severity_has_no_attribute() {
    let (_, calls) = Aws::with(vec![bad()])
        .handle_and_tell(&event(BAD, "running"))
        .await;
    assert_eq!(calls.severities(), [None]);
}

#[tokio::test]
async fn a_sweep_reports_what_is_exempt_expired_and_out_of_scope() {
    let aws = Aws::with(vec![
        tagged("i-00000001", "running", &[("Unmanaged", "1")]),
        tagged("i-00000002", "running", &[("Lab", "1")]),
        tagged("i-00000003", "running", &[("Move", "1")]),
        tagged("i-00000004", "running", &[("Owner", "web")]),
    ]);
    let (answer, calls) = aws.policy(LAB).handle(&scheduled()).await;
    let answer = answer.unwrap();
    assert_eq!(answer["checked"], 3);
    assert_eq!(
        (&answer["compliant"], &answer["nonCompliant"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(calls.digested(), [1]);
    assert_eq!(calls.bodies()[0].1.lines().count(), 4);
    let (_, message) = &calls.messages()[0];
    for line in [
        "Checked: 3\nCompliant: 1 (33.3%)\nNon-Compliant: 1\nExempt: 1\nOut of Scope: 1\n",
        "\nOut of Scope by Condition:\n  scope.exclude[0], Unmanaged is there: 1\n",
        "\nExempt by Exemption:\n  web, until 2026-12-31: lab: 1\n",
        "\n  api, until 2025-11-30: move: 1 violations\n",
        "\n  (no Owner): 1\n",
    ] {
        assert!(message.contains(line), "{message}");
    }
}

#[tokio::test]
async fn a_digest_is_sent_of_nothing_where_that_is_asked_for() {
    let aws = Aws::with(vec![good()]).always_digest();
    let (_, calls) = aws.handle(&scheduled()).await;
    let (subject, _) = &calls.messages()[0];
    assert_eq!(subject, "EC2 tag sweep: 0 of 1 instances not compliant");
}
