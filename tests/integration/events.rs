//! The EventBridge rule, and what lies on the way from it to the function.

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use crate::deployment::{Deployment, only_statement};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/events/", $name, ".json"))
    };
}

#[tokio::test]
async fn the_rule_matches_the_watched_state_changes_and_nothing_else() {
    let deployment = Deployment::load().await;
    let rule = deployment
        .events
        .describe_rule()
        .name(deployment.output("rule_name"));
    let rule = rule.send().await.unwrap();
    assert_eq!(rule.arn(), Some(deployment.output("rule_arn")));
    assert_eq!(rule.state(), Some(&RuleState::Enabled));
    let pattern = rule.event_pattern().unwrap();
    for (event, matches) in [
        (fixture!("ec2-state-change-running"), true),
        (fixture!("ec2-state-change-stopped"), true),
        (fixture!("ec2-state-change-sample"), false),
        (fixture!("ec2-state-change-terminated"), false),
        (fixture!("spot-interruption-warning"), false),
        (fixture!("tag-change-instance"), false),
        (fixture!("autoscaling-launch-successful"), false),
        (fixture!("scheduled-rule"), false),
    ] {
        let test = deployment
            .events
            .test_event_pattern()
            .event_pattern(pattern)
            .event(event);
        assert_eq!(test.send().await.unwrap().result(), matches, "{event}");
    }
}

#[tokio::test]
async fn the_target_is_the_function_with_a_dead_letter_queue() {
    let deployment = Deployment::load().await;
    let targets = deployment
        .events
        .list_targets_by_rule()
        .rule(deployment.output("rule_name"));
    let targets = targets.send().await.unwrap();
    let [target] = targets.targets() else {
        panic!("{targets:?}")
    };
    assert_eq!(target.arn(), deployment.output("function_arn"));
    let queue = target.dead_letter_config().unwrap().arn();
    assert_eq!(queue, Some(deployment.output("dead_letter_queue_arn")));
    assert!(target.retry_policy().is_some());
}

#[tokio::test]
async fn only_the_rule_may_invoke_the_function() {
    let deployment = Deployment::load().await;
    let policy = deployment
        .lambda
        .get_policy()
        .function_name(deployment.output("function_name"));
    let policy = policy.send().await.unwrap();
    let statement = only_statement(policy.policy().unwrap());
    assert_eq!(
        statement["Principal"],
        json!({"Service": "events.amazonaws.com"})
    );
    assert_eq!(statement["Action"], "lambda:InvokeFunction");
    let source = &statement["Condition"]["ArnLike"]["AWS:SourceArn"];
    assert_eq!(source, deployment.output("rule_arn"));
}

#[tokio::test]
async fn the_dead_letter_queue_admits_the_rule_and_keeps_14_days() {
    let deployment = Deployment::load().await;
    let attributes = deployment.sqs.get_queue_attributes();
    let attributes = attributes
        .queue_url(deployment.output("dead_letter_queue_url"))
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let attributes = attributes.attributes().unwrap();
    assert_eq!(
        attributes[&QueueAttributeName::MessageRetentionPeriod],
        "1209600"
    );
    let statement = only_statement(&attributes[&QueueAttributeName::Policy]);
    assert_eq!(
        statement["Principal"],
        json!({"Service": "events.amazonaws.com"})
    );
    assert_eq!(statement["Action"], "sqs:SendMessage");
    let rule = deployment.output("rule_arn");
    assert_eq!(
        statement["Condition"],
        json!({"ArnEquals": {"aws:SourceArn": [rule]}})
    );
}
