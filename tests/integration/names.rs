//! Environments live side by side: every name carries the suffix.

use crate::deployment::{Deployment, skip};
use crate::fleet::{Fleet, records_of};
use crate::subscriber::Subscriber;

#[tokio::test]
async fn every_name_carries_the_suffix() {
    let deployment = Deployment::load().await;
    assert_names(&deployment);
    if let Some(other) = Deployment::other().await {
        assert_names(&other);
    }
}

fn assert_names(deployment: &Deployment) {
    let suffix = format!("-{}", deployment.output("environment_suffix"));
    for output in [
        "log_bucket_name",
        "alert_topic_arn",
        "function_name",
        "role_name",
        "rule_name",
        "tag_change_rule_name",
        "delay_queue_arn",
        "sweep_schedule_name",
        "sweep_role_name",
        "log_group_name",
        "dead_letter_queue_arn",
        "event_queue_arn",
        "alarm_name",
        "no_sweep_alarm_name",
        "state_table_name",
    ] {
        let name = deployment.output(output);
        let default = output != "log_bucket_name" || name.starts_with("compliance-logs-");
        assert!(
            !default || name.ends_with(&suffix) || name.contains(&format!("{suffix}-")),
            "{output}: {name}"
        );
    }
}

/// Both see the launch, each in its own place, and neither counts or alerts for the other.
#[tokio::test]
async fn two_environments_do_not_touch_each_other() {
    let Some(other) = Deployment::other().await else {
        return skip("TERRAFORM_OUTPUTS_OTHER names no second environment");
    };
    let deployment = Deployment::load().await;
    for output in [
        "log_bucket_name",
        "alert_topic_arn",
        "function_name",
        "metric_namespace",
        "alarm_name",
        "state_table_arn",
    ] {
        assert_ne!(deployment.output(output), other.output(output));
    }
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut other_subscriber = Subscriber::new(&other).await;
    let before = other.metric("NonCompliantInstances").await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, &[]).await.remove(0);
    for environment in [&deployment, &other] {
        records_of(environment, &id, 1).await;
    }
    subscriber.wait_for_alert(&id).await;
    other_subscriber.wait_for_alert(&id).await;
    assert_eq!(subscriber.alerts_for(&id).await, 1);
    assert_eq!(other_subscriber.alerts_for(&id).await, 1);

    deployment
        .invoke(&serde_json::json!({"instanceId": id}))
        .await;
    records_of(&deployment, &id, 2).await;
    records_of(&other, &id, 1).await;
    assert_eq!(other_subscriber.alerts_for(&id).await, 1);
    let counted = other.metric("NonCompliantInstances").await - before;
    assert!((counted - 1.0).abs() < f64::EPSILON, "{counted}");
    fleet.terminate().await;
    subscriber.remove().await;
    other_subscriber.remove().await;
}
