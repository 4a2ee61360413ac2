//! Without any one of its permissions, the function fails as it should, and nothing is lost.

use serde_json::{Value, json};

use super::{assert_refused, refused, settled, tell_at_once, test_message, without};
use crate::bus::Listener;
use crate::deployment::{Deployment, Remembered, eventually, scheduled_event, skip};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::memory::{TELLING, group_due};
use crate::subscriber::Subscriber;

#[tokio::test]
async fn without_the_right_to_describe_instances_the_invocation_fails() {
    let deployment = Deployment::load().await;
    without(&deployment, "ec2:DescribeInstances", async || {
        let payload = json!({"instanceId": "i-0123456789abcdef0"});
        let answer = refused(&deployment, &payload, "ec2:DescribeInstances").await;
        assert_refused(&answer, "ec2:DescribeInstances");
    })
    .await;
}

#[tokio::test]
async fn without_the_right_to_put_objects_the_check_goes_on_unrecorded() {
    let deployment = Deployment::load().await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    records_of(&deployment, &id, 1).await;
    without(&deployment, "s3:PutObject", async || {
        let group = deployment.output("log_group_name");
        eventually("the refusal in the log", async || {
            let answer = deployment.invoke(&json!({"instanceId": id})).await;
            assert_eq!(answer.payload["status"], "compliant", "{answer:?}");
            let events = deployment.logs.filter_log_events().log_group_name(group);
            let events = events
                .filter_pattern("\"Audit record not written\"")
                .send()
                .await
                .unwrap();
            let of_this = |event: &&aws_sdk_cloudwatchlogs::types::FilteredLogEvent| {
                event.message().is_some_and(|message| message.contains(&id))
            };
            events
                .events()
                .iter()
                .any(|event| of_this(&event))
                .then_some(())
        })
        .await;
        let keys = deployment.audit_keys(&id).await;
        let answer = deployment.invoke(&json!({"instanceId": id})).await;
        assert_eq!(answer.payload["unwrittenRecords"], 1, "{answer:?}");
        assert_eq!(deployment.audit_keys(&id).await, keys);
        eventually("the lost record among the metrics", async || {
            (deployment.metric("UnwrittenRecords").await >= 1.0).then_some(())
        })
        .await;
    })
    .await;
    fleet.terminate().await;
}

/// The check goes on, and what it found stays due.
#[tokio::test]
async fn without_the_right_to_publish_the_alert_waits_until_it_is_back() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = settled(&deployment, &mut fleet).await;
    without(&deployment, "sns:Publish", async || {
        fleet.untag(&id, "Owner").await;
        let item = deployment.remembers(&id, "due", Remembered::is_due).await;
        let answer = refused(&deployment, &test_message(), "sns:Publish").await;
        assert_refused(&answer, "sns:Publish");
        let answer = deployment
            .invoke(&group_due(item.text("grp").unwrap()))
            .await;
        // Without a bus, no voice could tell.
        let has_bus = deployment.optional_output("event_bus_arn").is_some();
        assert_eq!(answer.function_error.is_none(), has_bus, "{answer:?}");
        let answer = deployment.invoke(&json!({"instanceId": id})).await;
        assert_eq!(answer.payload["status"], "non-compliant", "{answer:?}");
        // The bus may be told meanwhile.
        let item = deployment.remembered(&id).await.unwrap();
        assert!(item.is_due(), "{item:?}");
        assert_eq!(item.text("twhat"), None, "{item:?}");
        assert_eq!(subscriber.alerts_for(&id).await, 0);
    })
    .await;
    tell_at_once(&deployment, &id).await;
    subscriber.wait_for_alert(&id).await;
    fleet.terminate().await;
    subscriber.remove().await;
}

/// People are alerted meanwhile, and not again once the bus is told.
#[tokio::test]
async fn without_the_right_to_put_events_the_event_waits_until_it_is_back() {
    let deployment = Deployment::load().await;
    if deployment.optional_output("event_bus_arn").is_none() {
        return skip("the environment publishes no events");
    }
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut listener = Listener::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = settled(&deployment, &mut fleet).await;
    without(&deployment, "events:PutEvents", async || {
        fleet.untag(&id, "Owner").await;
        subscriber.wait_for_alert(&id).await;
        let item = deployment
            .remembers(&id, "told", |it| it.text("twhat").is_some())
            .await;
        assert!(item.is_due(), "{item:?}");
        let answer = refused(&deployment, &test_message(), "events:PutEvents").await;
        assert_refused(&answer, "events:PutEvents");
        assert_eq!(listener.details_of(&id).await, Vec::<Value>::new());
    })
    .await;
    tell_at_once(&deployment, &id).await;
    listener.wait_for(&id, "opened").await;
    deployment.remembers(&id, "told", Remembered::is_told).await;
    assert_eq!(subscriber.alerts_for(&id).await, 1);
    fleet.terminate().await;
    listener.remove().await;
    subscriber.remove().await;
}

#[tokio::test]
async fn without_the_right_to_count_the_invocation_fails_after_its_record() {
    let deployment = Deployment::load().await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, &[]).await.remove(0);
    records_of(&deployment, &id, 1).await;
    let call = "cloudwatch:PutMetricData";
    without(&deployment, call, async || {
        if deployment.output("metrics") == "logs" {
            // Only sweeps call it.
            let answer = refused(&deployment, &scheduled_event(), call).await;
            assert_refused(&answer, call);
            let answer = deployment.invoke(&json!({"instanceId": id})).await;
            assert_eq!(answer.payload["status"], "non-compliant", "{answer:?}");
        } else {
            assert_recorded_and_refused(&deployment, &id, call).await;
        }
    })
    .await;
    fleet.terminate().await;
}

/// A check of the instance fails without this permission, but its audit record is still written.
async fn assert_recorded_and_refused(deployment: &Deployment, id: &str, call: &str) {
    let records = deployment.audit_keys(id).await.len();
    let answer = refused(deployment, &json!({"instanceId": id}), call).await;
    assert_refused(&answer, call);
    assert!(deployment.audit_keys(id).await.len() > records);
}

#[tokio::test]
async fn without_the_right_to_remember_the_invocation_fails_after_its_record() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, &[]).await.remove(0);
    subscriber.wait_for_alert(&id).await;
    deployment.remembers(&id, "told", Remembered::is_told).await;
    without(&deployment, "dynamodb:BatchGetItem", async || {
        assert_recorded_and_refused(&deployment, &id, "dynamodb:BatchGetItem").await;
    })
    .await;
    // A check that finds what is remembered writes nothing.
    forget(&deployment, &id).await;
    without(&deployment, "dynamodb:UpdateItem", async || {
        assert_recorded_and_refused(&deployment, &id, "dynamodb:UpdateItem").await;
        assert_eq!(deployment.remembered(&id).await, None);
    })
    .await;
    deployment.invoke(&json!({"instanceId": id})).await;
    eventually("the second alert", async || {
        (subscriber.alerts_for(&id).await == 2).then_some(())
    })
    .await;
    fleet.terminate().await;
    subscriber.remove().await;
}

/// Deletes what the state table holds of an instance.
async fn forget(deployment: &Deployment, id: &str) {
    let [(pk, partition), (sk, id)] = deployment.instance_key(id);
    let delete = deployment.dynamodb.delete_item();
    let delete = delete.table_name(deployment.output("state_table_name"));
    let delete = delete.key(pk, partition).key(sk, id);
    delete.send().await.unwrap();
}

#[tokio::test]
async fn without_a_right_to_the_state_table_a_sweep_and_a_group_s_turn_fail() {
    let deployment = Deployment::load().await;
    let nobody = group_due("0123456789abcdef");
    for (call, payload) in [
        ("dynamodb:GetItem", scheduled_event()),
        ("dynamodb:Scan", scheduled_event()),
        ("dynamodb:Query", nobody),
    ] {
        without(&deployment, call, async || {
            let answer = refused(&deployment, &payload, call).await;
            assert_refused(&answer, call);
        })
        .await;
    }
}

/// Lambda reads the stream with the role.
#[tokio::test]
async fn without_a_right_to_the_stream_the_alert_waits_until_it_is_back() {
    let deployment = Deployment::load().await;
    if !deployment.is_stand_in() {
        return skip("Lambda tells of no time by which it sees a change of a role");
    }
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = settled(&deployment, &mut fleet).await;
    let actions = [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    ];
    for (told, action) in actions.into_iter().enumerate() {
        without(&deployment, action, async || {
            // Each is one more complaint.
            match told {
                3 => fleet.tag(&id, &[("Environment", "qa")]).await,
                _ => fleet.untag(&id, COMPLETE[told].0).await,
            }
            deployment.remembers(&id, "due", Remembered::is_due).await;
            tokio::time::sleep(TELLING).await;
            assert_eq!(subscriber.alerts_for(&id).await, told, "{action}");
        })
        .await;
        deployment.remembers(&id, "told", Remembered::is_told).await;
        eventually("the alert", async || {
            (subscriber.alerts_for(&id).await == told + 1).then_some(())
        })
        .await;
    }
    fleet.terminate().await;
    subscriber.remove().await;
}
