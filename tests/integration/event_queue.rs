//! Events that reach the function through a queue. `scripts/test.sh` deploys the second environment
//! so.

use std::panic::AssertUnwindSafe;

use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::deployment::{Deployment, Remembered, eventually, now, skip};
use crate::end_to_end::assert_each_is_answered;
use crate::events::{
    assert_admits_the_rules, assert_fed_by, assert_target_of_each_rule, mapping_of,
};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::subscriber::Subscriber;

/// How often a message is received before it is a dead letter.
const RECEIVES: usize = 5;

/// The environment that gets its events through a queue.
async fn queued_deployment() -> Option<Deployment> {
    let deployment = Deployment::which(|it| it.output("event_delivery") == "queue").await;
    if deployment.is_none() {
        skip("no environment gets its events through a queue");
    }
    deployment
}

#[tokio::test]
async fn the_rules_send_to_the_queue_which_feeds_the_function() {
    let Some(deployment) = queued_deployment().await else {
        return;
    };
    let (arn, url) = (
        deployment.output("event_queue_arn"),
        deployment.output("event_queue_url"),
    );
    assert_target_of_each_rule(&deployment, arn).await;
    let mapping = assert_fed_by(&deployment, arn, url).await;
    let scaling = mapping.scaling_config().unwrap();
    assert!(scaling.maximum_concurrency() >= Some(2), "{scaling:?}");
    // Events of new instances come back after the grace period, as in direct delivery.
    let (arn, url) = ("delay_queue_arn", "delay_queue_url");
    assert_fed_by(&deployment, deployment.output(arn), deployment.output(url)).await;
}

#[tokio::test]
async fn only_the_rules_may_send_to_the_queue() {
    let Some(deployment) = queued_deployment().await else {
        return;
    };
    let url = deployment.output("event_queue_url");
    assert_admits_the_rules(&deployment, &deployment.queue_attributes(url).await);
    let simulated = deployment.iam.simulate_principal_policy();
    let simulated = simulated
        .policy_source_arn(deployment.output("role_arn"))
        .action_names("sqs:SendMessage")
        .resource_arns(deployment.output("event_queue_arn"))
        .send()
        .await
        .unwrap();
    let decision = simulated.evaluation_results()[0].eval_decision();
    assert_eq!(decision.as_str(), "implicitDeny");
}

/// Each launch is two events or more: of its state, and of the tags that it is launched with. The
/// mapping is off until all of them are in the queue, so that no slow machine spreads the burst.
#[tokio::test]
async fn a_burst_costs_fewer_invocations_than_it_has_events() {
    const LAUNCHES: i32 = 60;
    let Some(deployment) = queued_deployment().await else {
        return;
    };
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let launches = u64::from(LAUNCHES.unsigned_abs());
    let (arn, url) = (
        deployment.output("event_queue_arn"),
        deployment.output("event_queue_url"),
    );

    let mapping = mapping_of(&deployment, arn).await;
    let mapping = mapping.uuid().unwrap();
    set_mapping_enabled(&deployment, mapping, false).await;
    let burst = async {
        let good = fleet.launch(LAUNCHES / 2, COMPLETE).await;
        let bad = fleet.launch(LAUNCHES / 2, &COMPLETE[1..]).await;
        eventually("the whole burst in the queue", async || {
            let attributes = deployment.queue_attributes(url).await;
            let waiting = &attributes[&QueueAttributeName::ApproximateNumberOfMessages];
            (waiting.parse::<u64>().unwrap() >= 2 * launches).then_some(())
        })
        .await;
        (good, bad)
    };
    let outcome = AssertUnwindSafe(burst).catch_unwind().await;
    set_mapping_enabled(&deployment, mapping, true).await;
    let (good, bad) = outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));

    assert_each_is_answered(&deployment, &mut subscriber, &good, &bad).await;
    let (invocations, events) = eventually("the log of each event", async || {
        let invocations = deployment.log_lines("Event received").await;
        let events = invocations.iter().map(|line| line["records"].as_u64());
        let events: u64 = events.map(Option::unwrap_or_default).sum();
        (events >= 2 * launches).then_some((invocations.len() as u64, events))
    })
    .await;
    eprintln!("{LAUNCHES} launches, {events} events, {invocations} invocations");
    if records_by_the_batch(&deployment).await {
        let objects = assert_recorded_by_the_batch(&deployment, &good, &bad).await;
        eprintln!("{objects} objects of the audit log");
        // Two where midnight passes, or EC2 shows an instance late.
        assert!(
            objects <= 2 * invocations,
            "{objects} objects, {invocations} invocations"
        );
    } else {
        skip("no environment records by the batch");
    }
    assert!(
        invocations * 4 <= events,
        "{invocations} invocations, {events} events"
    );
    fleet.terminate().await;
    subscriber.remove().await;
}

async fn records_by_the_batch(deployment: &Deployment) -> bool {
    let get = deployment.lambda.get_function_configuration();
    let get = get.function_name(deployment.output("function_name"));
    let configuration = get.send().await.unwrap();
    let environment = configuration.environment().unwrap().variables().unwrap();
    environment
        .get("AUDIT_RECORDS")
        .is_some_and(|it| it == "batch")
}

/// The records of these instances are in objects of batches, of which the state table names those that say what is
/// violated. Returns how many objects there are.
async fn assert_recorded_by_the_batch(
    deployment: &Deployment,
    good: &[String],
    bad: &[String],
) -> u64 {
    for id in good.iter().chain(bad) {
        let own = deployment.audit_keys(id).await;
        assert!(own.is_empty(), "{own:?}");
    }
    let is_told = Remembered::is_told;
    let item = deployment.remembers(&bad[0], "told", is_told).await;
    let key = item.text("key").unwrap();
    assert!(key.contains("/batch-"), "{key}");
    let records = deployment.audit_records(key).await;
    let of_it = |record: &&Value| record["instanceId"] == bad[0].as_str();
    let record = records.iter().find(of_it).unwrap();
    assert_eq!(record["isCompliant"], json!(false), "{record}");
    let mut objects = 0;
    for key in deployment.audit_keys("/batch-").await {
        let records = deployment.audit_records(&key).await;
        let is_ours = |record: &Value| {
            let ids = good.iter().chain(bad);
            ids.into_iter()
                .any(|id| record["instanceId"] == id.as_str())
        };
        objects += u64::from(records.iter().any(is_ours));
    }
    objects
}

#[tokio::test]
async fn a_poisoned_message_fails_alone_and_ends_as_a_dead_letter() {
    let Some(deployment) = queued_deployment().await else {
        return;
    };
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    records_of(&deployment, &id, 1).await;

    // It comes back after this time; by default the test would take half an hour.
    let url = deployment.output("event_queue_url");
    let before = deployment.queue_attributes(url).await;
    let before = &before[&QueueAttributeName::VisibilityTimeout];
    set_visibility_timeout(&deployment, url, "8").await;
    let tried = AssertUnwindSafe(poison(&deployment, url, &id))
        .catch_unwind()
        .await;
    set_visibility_timeout(&deployment, url, before).await;
    if let Err(panic) = tried {
        std::panic::resume_unwind(panic);
    }
    fleet.terminate().await;
}

/// Sends a message that is no event among some that are.
async fn poison(deployment: &Deployment, url: &str, instance_id: &str) {
    let mark = format!("{:016x}", fastrand::u64(..));
    let poisoned = json!(format!("no event {mark}"));
    let time = now();
    let event_id = |number: usize| format!("{mark}-{number}");
    let event = |number: usize| {
        json!({
            "version": "0",
            "id": event_id(number),
            "detail-type": "EC2 Instance State-change Notification",
            "source": "aws.ec2",
            "time": time,
            "resources": [],
            "detail": {"instance-id": instance_id, "state": "running"},
        })
    };
    let bodies = [event(0), event(1), poisoned.clone(), event(2), event(3)];
    let entries = bodies.iter().enumerate().map(|(number, body)| {
        SendMessageBatchRequestEntry::builder()
            .id(number.to_string())
            .message_body(body.to_string())
            .build()
            .unwrap()
    });
    let sent = deployment
        .sqs
        .send_message_batch()
        .queue_url(url)
        .set_entries(Some(entries.collect()))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.failed(), []);
    let poisoned_id = sent.successful().iter().find(|entry| entry.id() == "2");
    let poisoned_id = poisoned_id.unwrap().message_id();

    let letter = eventually("the dead letter", async || {
        let letters = deployment.take_dead_letters().await;
        (!letters.is_empty()).then_some(letters)
    })
    .await;
    assert_eq!(letter, [poisoned]);
    let failures = eventually("the log of each receive", async || {
        let failures = deployment.log_lines(poisoned_id).await;
        (failures.len() >= RECEIVES).then_some(failures)
    })
    .await;
    assert_eq!(failures.len(), RECEIVES, "{failures:?}");
    for failure in failures {
        assert_eq!(failure["error_type"], "InvalidEvent", "{failure}");
        assert_eq!(failure["level"], "ERROR", "{failure}");
    }

    for number in 0..4 {
        let records = deployment.evaluations(Some(instance_id)).await;
        let of_event = |record: &&Value| record["eventId"] == event_id(number).as_str();
        assert_eq!(records.iter().filter(of_event).count(), 1, "{records:?}");
    }
    let checked = deployment.log_lines(&format!("{mark}-")).await;
    let is_check = |line: &&Value| line["event_id"].is_string();
    let checks = checked.iter().filter(is_check);
    assert_eq!(
        checks.count(),
        4,
        "each neighbor is answered once: {checked:?}"
    );
    eventually("the deletion of the others", async || {
        let attributes = deployment.queue_attributes(url).await;
        let left = &attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
        (left == "0").then_some(())
    })
    .await;
}

/// Turns a mapping on or off, and waits until it is.
pub async fn set_mapping_enabled(deployment: &Deployment, uuid: &str, enabled: bool) {
    let update = deployment.lambda.update_event_source_mapping().uuid(uuid);
    update.enabled(enabled).send().await.unwrap();
    let wanted = if enabled { "Enabled" } else { "Disabled" };
    eventually(&format!("the mapping to be {wanted}"), async || {
        let mapping = deployment.lambda.get_event_source_mapping().uuid(uuid);
        let mapping = mapping.send().await.unwrap();
        (mapping.state() == Some(wanted)).then_some(())
    })
    .await;
}

async fn set_visibility_timeout(deployment: &Deployment, url: &str, seconds: &str) {
    let set = deployment.sqs.set_queue_attributes().queue_url(url);
    set.attributes(QueueAttributeName::VisibilityTimeout, seconds)
        .send()
        .await
        .unwrap();
}
