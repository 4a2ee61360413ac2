//! The EventBridge rules, and what lies on the way from them to the function.

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_lambda::types::FunctionResponseType;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::deployment::{Deployment, only_statement};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/events/", $name, ".json"))
    };
}

/// The outputs with name and ARN of each rule.
const RULES: [(&str, &str); 2] = [
    ("rule_name", "rule_arn"),
    ("tag_change_rule_name", "tag_change_rule_arn"),
];

#[tokio::test]
async fn each_rule_matches_its_events_and_nothing_else() {
    let deployment = Deployment::load().await;
    for (rule, (name, arn)) in RULES.into_iter().enumerate() {
        let described = deployment.events.describe_rule();
        let described = described
            .name(deployment.output(name))
            .send()
            .await
            .unwrap();
        assert_eq!(described.arn(), Some(deployment.output(arn)));
        assert_eq!(described.state(), Some(&RuleState::Enabled));
        let pattern = described.event_pattern().unwrap();
        for (event, matched_by) in [
            (fixture!("ec2-state-change-running"), Some(0)),
            (fixture!("ec2-state-change-stopped"), Some(0)),
            (fixture!("ec2-state-change-sample"), None),
            (fixture!("ec2-state-change-terminated"), None),
            (fixture!("spot-interruption-warning"), None),
            (fixture!("tag-change-instance"), Some(1)),
            (fixture!("tag-change-volume"), None),
            (fixture!("autoscaling-launch-successful"), None),
            (fixture!("scheduled-rule"), None),
        ] {
            let test = deployment.events.test_event_pattern();
            let test = test.event_pattern(pattern).event(event);
            let matches = test.send().await.unwrap().result();
            assert_eq!(matches, matched_by == Some(rule), "{name}: {event}");
        }
    }
}

#[tokio::test]
async fn the_target_of_each_rule_is_the_function_with_a_dead_letter_queue() {
    let deployment = Deployment::load().await;
    for (name, _) in RULES {
        let targets = deployment.events.list_targets_by_rule();
        let targets = targets.rule(deployment.output(name)).send().await.unwrap();
        let [target] = targets.targets() else {
            panic!("{targets:?}")
        };
        assert_eq!(target.arn(), deployment.output("function_arn"));
        let queue = target.dead_letter_config().unwrap().arn();
        assert_eq!(queue, Some(deployment.output("dead_letter_queue_arn")));
        assert!(target.retry_policy().is_some());
    }
}

#[tokio::test]
async fn only_the_rules_may_invoke_the_function() {
    let deployment = Deployment::load().await;
    let policy = deployment
        .lambda
        .get_policy()
        .function_name(deployment.output("function_name"));
    let policy = policy.send().await.unwrap();
    let policy: Value = serde_json::from_str(policy.policy().unwrap()).unwrap();
    let mut sources = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(
            statement["Principal"],
            json!({"Service": "events.amazonaws.com"})
        );
        assert_eq!(statement["Action"], "lambda:InvokeFunction");
        let source = &statement["Condition"]["ArnLike"]["AWS:SourceArn"];
        sources.push(source.as_str().unwrap().to_owned());
    }
    sources.sort();
    let mut rules = RULES.map(|(_, arn)| deployment.output(arn));
    rules.sort_unstable();
    assert_eq!(sources, rules);
}

#[tokio::test]
async fn the_delay_queue_feeds_the_function_record_by_record() {
    let deployment = Deployment::load().await;
    let mappings = deployment.lambda.list_event_source_mappings();
    let mappings = mappings.function_name(deployment.output("function_name"));
    let mappings = mappings.send().await.unwrap();
    let [mapping] = mappings.event_source_mappings() else {
        panic!("{mappings:?}")
    };
    let queue = deployment.output("delay_queue_arn");
    assert_eq!(mapping.event_source_arn(), Some(queue));
    assert_eq!(
        mapping.function_response_types(),
        [FunctionResponseType::ReportBatchItemFailures]
    );
    let attributes = deployment.sqs.get_queue_attributes();
    let attributes = attributes
        .queue_url(deployment.output("delay_queue_url"))
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let attributes = attributes.attributes().unwrap();
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "360");
    let redrive = &attributes[&QueueAttributeName::RedrivePolicy];
    let redrive: Value = serde_json::from_str(redrive).unwrap();
    assert_eq!(
        redrive["deadLetterTargetArn"],
        deployment.output("dead_letter_queue_arn")
    );
    assert_eq!(
        redrive["maxReceiveCount"].to_string().trim_matches('"'),
        "5"
    );
}

#[tokio::test]
async fn the_dead_letter_queue_admits_the_rules_and_keeps_14_days() {
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
    let rules = RULES.map(|(_, arn)| deployment.output(arn));
    assert_eq!(
        statement["Condition"],
        json!({"ArnEquals": {"aws:SourceArn": rules}})
    );
}
