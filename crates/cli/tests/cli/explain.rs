//! `explain`: its output.

use serde_json::{Value, json};

use crate::support::{Answer, HOSTILE, assert_is_plain, event, file, policy, policy_file, run};

pub fn explain(policy: &str, arguments: &[&str]) -> Answer {
    let command = ["explain", "--policy", policy];
    run(&[command.as_slice(), arguments].concat())
}

pub fn policy_named(name: &str) -> String {
    policy_file(&format!("explain-{name}-policy.json"), &policy())
}

pub fn record(name: &str, changes: &Value) -> String {
    let mut record = json!({
        "timestamp": "2025-12-03T10:00:00.000Z",
        "instanceId": "i-1234567890abcdef0",
        "state": "stopped",
        "tags": {"Environment": "qa", "owner": "web", "Application": "shop", "TEMP": "1"},
        "region": "us-east-1",
        "accountId": "123456789012",
        "launchedAt": "2025-12-01T10:00:00.000Z",
    });
    for (field, value) in changes.as_object().unwrap() {
        record[field] = value.clone();
    }
    file(&format!("explain-{name}-record.json"), &record.to_string())
}

#[test]
fn an_audit_record_is_explained_rule_by_rule() {
    let policy = policy_named("record");
    let answer = explain(&policy, &["--event", &record("record", &json!({}))]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    insta::assert_snapshot!(answer.stdout.replace(&policy, "policy.json"));
    assert_eq!(answer.stderr, "");
}

#[test]
fn the_same_as_json() {
    let record = record("json", &json!({}));
    let answer = explain(
        &policy_named("json"),
        &["--event", &record, "--format", "json"],
    );
    assert_eq!(answer.code, Some(1));
    let document = answer.json();
    for (pointer, expected) in [
        ("/instanceId", json!("i-1234567890abcdef0")),
        ("/status", json!("non-compliant")),
        ("/severity", json!("high")),
        ("/inScope", json!(true)),
        ("/region", json!("us-east-1")),
        ("/launchedAt", json!("2025-12-01T10:00:00.000Z")),
        ("/rules/0/outcome", json!("invalid")),
        ("/rules/0/demand", json!("required")),
        ("/rules/1/outcome", json!("missing")),
        ("/rules/1/detail", json!("did you mean \"owner\"?")),
        ("/rules/2/outcome", json!("not-applicable")),
        ("/rules/3/outcome", json!("forbidden")),
        ("/rules/3/demand", json!("forbidden")),
        ("/exemption", json!(null)),
        ("/expiredExemptions/0/owner", json!("web team")),
    ] {
        assert_eq!(document.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn without_an_event_what_is_not_given_is_said() {
    let answer = explain(
        &policy_named("options-only"),
        &["--tag", "Owner=web", "--account", "111111111111"],
    );
    assert_eq!(answer.code, Some(1));
    for text in [
        "this instance: non-compliant (medium)",
        "  Region        not given\n",
        "  Launched      not given\n",
        "  State         running\n",
        "Z (now)\n",
        "  in: included, because the account is 111111111111\n",
        "  missing         Environment  (medium)\n",
        "\nExemption\n  none\n",
    ] {
        assert!(answer.stdout.contains(text), "{text}: {}", answer.stdout);
    }
}

#[test]
fn an_exempt_instance_is_no_failure() {
    let tags = ["--tag", "Application=legacy", "--region", "us-east-1"];
    let answer = explain(&policy_named("exempt"), &tags);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.stdout.contains("this instance: exempt (high)"));
    assert!(
        answer
            .stdout
            .contains("  valid: data team, until 2099-03-31: is switched off soon\n")
    );
    let later = [tags.as_slice(), &["--at", "2099-04-01T00:00:00Z"]].concat();
    let answer = explain(&policy_named("exempt-later"), &later);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.stdout.contains("  expired: data team"));
}

#[test]
fn out_of_scope_is_no_failure_and_says_by_which_condition() {
    let policy = policy_named("scope");
    let excluded = explain(
        &policy,
        &["--tag", "aws:eks:cluster-name=a", "--region", "us-east-1"],
    );
    assert_eq!(excluded.code, Some(0));
    assert!(excluded.stdout.contains("this instance: out-of-scope\n"));
    assert!(
        excluded
            .stdout
            .contains("  out: excluded, because aws:eks:cluster-name is there\n")
    );
    assert!(!excluded.stdout.contains("Rules"));
    let elsewhere = ["--untagged", "--region", "us-west-2", "--format", "json"];
    let elsewhere = explain(&policy, &elsewhere);
    assert_eq!(elsewhere.code, Some(0));
    let document = elsewhere.json();
    assert_eq!(document["status"], "out-of-scope");
    assert_eq!(document["inScope"], false);
    assert_eq!(document["rules"], json!([]));
    assert_eq!(
        document["scopeReason"],
        "not included: it covers only instances where the region is us-east-1 or eu-central-1; \
         or where the account is 111111111111"
    );
}

#[test]
fn a_policy_without_a_scope_is_for_all() {
    let policy = policy_file(
        "explain-all-policy.json",
        &json!({"required_tags": [{"key": "Owner"}]}),
    );
    let answer = explain(&policy, &["--tag", "Owner="]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer
            .stdout
            .contains("  in: the policy is for all instances\n")
    );
    assert!(
        answer
            .stdout
            .contains("  invalid         Owner  the value is blank\n")
    );
}

#[test]
fn a_forbidden_tag_of_the_same_case_is_not_named_twice() {
    let tags = ["--tag", "temp=1", "--region", "us-east-1"];
    let answer = explain(&policy_named("forbidden"), &tags);
    assert!(
        answer.stdout.contains("temp         present (low)\n"),
        "{answer:?}"
    );
}

#[test]
fn a_terminated_instance_is_not_evaluated() {
    let terminated = event("ec2-state-change-terminated");
    let policy = policy_named("terminated");
    let answer = explain(&policy, &["--event", &terminated, "--untagged"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.stdout.contains(": skipped\n"));
    assert!(
        answer
            .stdout
            .ends_with("The instance is terminated: its tags no longer matter.\n")
    );
    let arguments = ["--untagged", "--state", "shutting-down", "--format", "json"];
    assert_eq!(explain(&policy, &arguments).json()["status"], "skipped");
}

#[test]
fn hostile_text_stays_harmless() {
    let hostile = json!({
        "tags": {"Environment": HOSTILE, "temp": HOSTILE, HOSTILE: "x"},
    });
    let record = record("hostile", &hostile);
    let policy = policy_named("hostile");
    for format in ["text", "json"] {
        let answer = explain(&policy, &["--event", &record, "--format", format]);
        assert_eq!(answer.code, Some(1));
        assert_is_plain(&answer.stdout);
    }
}
