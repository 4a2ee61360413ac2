//! The function invoked by hand: its answers, and what becomes of an event that it cannot process.

use serde_json::{Value, json};

use crate::deployment::{Deployment, eventually, now};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::subscriber::Subscriber;

const UNKNOWN: &str = "i-0123456789abcdef0";

fn state_change(instance_id: &Value) -> Value {
    json!({
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "time": now(),
        "resources": [],
        "detail": {"instance-id": instance_id, "state": "running"},
    })
}

#[tokio::test]
async fn one_instance_is_checked_by_hand() {
    let deployment = Deployment::load().await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    records_of(&deployment, &id, 1).await;
    let answer = deployment.invoke(&json!({"instanceId": id})).await;
    assert_eq!(answer.function_error, None, "{answer:?}");
    assert_eq!(
        answer.payload,
        json!({
            "statusCode": 200,
            "status": "compliant",
            "instanceId": id,
            "isCompliant": true,
            "missingTags": [],
            "invalidTags": [],
        })
    );
    let records = records_of(&deployment, &id, 2).await;
    assert_eq!(records[1]["trigger"], "manual");
    fleet.terminate().await;
}

#[tokio::test]
async fn an_instance_that_ec2_does_not_know_ends_as_404() {
    let deployment = Deployment::load().await;
    let answer = deployment.invoke(&state_change(&json!(UNKNOWN))).await;
    assert_eq!(answer.function_error, None, "{answer:?}");
    assert_eq!(
        answer.payload,
        json!({"statusCode": 404, "status": "not-found", "instanceId": UNKNOWN})
    );
    assert!(deployment.audit_keys(UNKNOWN).await.is_empty());
}

#[tokio::test]
async fn garbage_is_a_clear_error_ends_in_the_dead_letter_queue_and_sweeps_nothing() {
    let deployment = Deployment::load().await;
    let sweeps = deployment.audit_keys("/fleet-").await;
    let garbage = state_change(&json!("garbage"));
    let message = "invalid event: detail.instance-id: expected an instance id: i- and 8 or 17 \
                   hexadecimal digits, got \"garbage\"";

    let answer = deployment.invoke(&garbage).await;
    assert!(answer.function_error.is_some(), "{answer:?}");
    assert_eq!(answer.payload["errorType"], "InvalidEvent");
    assert_eq!(answer.payload["errorMessage"], message);

    deployment.invoke_async(&garbage).await;
    let letter = eventually("the dead letter", async || {
        let letters = deployment.take_dead_letters().await;
        letters
            .into_iter()
            .find(|letter| letter["requestPayload"] == garbage)
    })
    .await;
    assert_eq!(letter["responsePayload"]["errorMessage"], message);
    assert_eq!(letter["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(deployment.audit_keys("/fleet-").await, sweeps);
}

#[tokio::test]
async fn a_sweep_records_the_fleet_and_sends_one_digest() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let good = fleet.launch(2, COMPLETE).await;
    let bad = fleet.launch(1, &[]).await.remove(0);
    // A sweep leaves out instances in their grace period.
    records_of(&deployment, &bad, 1).await;
    let before = deployment.audit_keys("/fleet-").await;

    let answer = deployment.sweep().await;
    let count = |name: &str| answer[name].as_u64().unwrap();
    assert_eq!(count("checked"), count("compliant") + count("nonCompliant"));

    let mut keys = deployment.audit_keys("/fleet-").await;
    keys.retain(|key| !before.contains(key));
    let mut records = Vec::new();
    for key in &keys {
        assert!(key.ends_with(".jsonl"), "{key}");
        records.append(&mut deployment.audit_records(key).await);
    }
    assert_eq!(records.len() as u64, count("checked"));
    let compliant = records
        .iter()
        .filter(|record| record["isCompliant"] == true)
        .count();
    assert_eq!(compliant as u64, count("compliant"));
    for (id, compliant) in good.iter().map(|id| (id, true)).chain([(&bad, false)]) {
        let record = records
            .iter()
            .find(|record| record["instanceId"] == json!(id));
        let record = record.unwrap_or_else(|| panic!("no record of {id}"));
        assert_eq!(record["isCompliant"], json!(compliant));
    }

    let digest = subscriber.wait_for("EC2 Tag Compliance Sweep").await;
    let subject = format!(
        "EC2 tag sweep: {} of {} instances not compliant",
        count("nonCompliant"),
        count("checked")
    );
    assert_eq!(digest.subject, subject);
    assert!(
        digest
            .message
            .contains(&format!("\n  {bad} {} (running, launched ", fleet.name())),
        "{}",
        digest.message
    );
    fleet.terminate().await;
    subscriber.remove().await;
}

#[tokio::test]
async fn an_event_that_names_no_instance_just_after_a_sweep_asks_for_nothing_more() {
    let deployment = Deployment::load().await;
    deployment.sweep().await;
    let answer = deployment.invoke(&json!({})).await;
    assert_eq!(answer.function_error, None, "{answer:?}");
    assert_eq!(
        answer.payload,
        json!({"statusCode": 200, "status": "ignored", "reason": "just-swept"})
    );
}

#[tokio::test]
async fn a_queue_s_batch_is_answered_record_by_record() {
    let deployment = Deployment::load().await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    let record = |message_id: &str, body: String| json!({"messageId": message_id, "eventSource": "aws:sqs", "body": body});
    let batch = json!({"Records": [
        record("good", json!({"instanceId": id}).to_string()),
        record("bad", "not JSON".to_owned()),
        record("unknown", json!({"instanceId": UNKNOWN}).to_string()),
    ]});
    let answer = deployment.invoke(&batch).await;
    assert_eq!(answer.function_error, None, "{answer:?}");
    assert_eq!(
        answer.payload,
        json!({"batchItemFailures": [{"itemIdentifier": "bad"}]})
    );
    fleet.terminate().await;
}
