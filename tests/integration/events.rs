//! The EventBridge rules, and the path from them to the function.

use std::collections::HashMap;

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_lambda::types::{
    EventSourceMappingConfiguration, EventSourcePosition, FunctionResponseType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::deployment::{Deployment, assert_denies_plain_http, skip, statements};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/events/", $name, ".json"))
    };
}

/// The outputs with name and ARN of each rule.
pub const RULES: [(&str, &str); 2] = [
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
            (fixture!("ec2-state-change-terminated"), Some(0)),
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
    let Some(deployment) = Deployment::which(|it| it.output("event_delivery") == "direct").await
    else {
        return skip("no environment gets its events directly");
    };
    assert_target_of_each_rule(&deployment, deployment.output("function_arn")).await;
    let stream = stream_arn(&deployment).await;
    let mappings = mappings(&deployment).await;
    let states = mappings.iter().map(|mapping| {
        let source = mapping.event_source_arn().unwrap_or_default();
        (source, mapping.state().unwrap_or_default())
    });
    let mut states: Vec<_> = states.collect();
    states.sort_unstable();
    let mut expected = [
        (deployment.output("delay_queue_arn"), "Enabled"),
        (deployment.output("event_queue_arn"), "Disabled"),
        (stream.as_str(), "Enabled"),
    ];
    expected.sort_unstable();
    assert_eq!(states, expected);
}

/// Each rule sends its events there and nowhere else, and what can't be sent to the dead letters.
pub async fn assert_target_of_each_rule(deployment: &Deployment, arn: &str) {
    for (name, _) in RULES {
        let targets = deployment.events.list_targets_by_rule();
        let targets = targets.rule(deployment.output(name)).send().await.unwrap();
        let [target] = targets.targets() else {
            panic!("{targets:?}")
        };
        assert_eq!(target.arn(), arn);
        assert_eq!((target.input(), target.input_path()), (None, None));
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
    let (arn, url) = ("delay_queue_arn", "delay_queue_url");
    let mapping = assert_fed_by(&deployment, deployment.output(arn), deployment.output(url)).await;
    assert!(mapping.scaling_config().is_none(), "{mapping:?}");
    let attributes = deployment.queue_attributes(deployment.output(url)).await;
    let [insecure, others] = statements(&attributes[&QueueAttributeName::Policy]);
    let queue = deployment.output(arn);
    assert_denies_plain_http(&insecure, "sqs:*", queue);
    // Only the function's role may send to it.
    assert_eq!(
        others,
        json!({
            "Sid": "DenyOtherSenders",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": deployment.output("role_arn")}},
        })
    );
}

/// The stream of the state table.
pub async fn stream_arn(deployment: &Deployment) -> String {
    let table = deployment.dynamodb.describe_table();
    let table = table.table_name(deployment.output("state_table_name"));
    let table = table.send().await.unwrap().table.unwrap();
    table.latest_stream_arn.unwrap()
}

#[tokio::test]
async fn the_state_table_wakes_the_function_of_what_is_due_and_goes_on_until_it_is_told() {
    let deployment = Deployment::load().await;
    let stream = stream_arn(&deployment).await;
    let mapping = mapping_of(&deployment, &stream).await;
    assert_eq!(mapping.batch_size(), Some(1_000));
    assert_eq!(mapping.parallelization_factor(), Some(1));
    assert_eq!(
        mapping.starting_position(),
        Some(&EventSourcePosition::TrimHorizon)
    );
    // Lambda never gives up, so there are no dead letters.
    assert_eq!(mapping.bisect_batch_on_function_error(), Some(true));
    assert_eq!(mapping.maximum_retry_attempts(), Some(-1));
    assert_eq!(mapping.maximum_record_age_in_seconds(), Some(-1));
    assert_eq!(mapping.function_response_types(), []);
    let [filter] = mapping.filter_criteria().unwrap().filters() else {
        panic!("{mapping:?}")
    };
    let pattern: Value = serde_json::from_str(filter.pattern().unwrap()).unwrap();
    let due = json!({"dynamodb": {"NewImage": {"due": {"N": [{"exists": true}]}}}});
    assert_eq!(pattern, due);
}

/// The mappings of the queues and the state table's stream to the function.
async fn mappings(deployment: &Deployment) -> Vec<EventSourceMappingConfiguration> {
    let mappings = deployment.lambda.list_event_source_mappings();
    let mappings = mappings.function_name(deployment.output("function_name"));
    let mappings = mappings.send().await.unwrap();
    mappings.event_source_mappings.unwrap_or_default()
}

/// The mapping of this queue or stream to the function.
pub async fn mapping_of(deployment: &Deployment, arn: &str) -> EventSourceMappingConfiguration {
    let of_source =
        |mapping: &EventSourceMappingConfiguration| mapping.event_source_arn() == Some(arn);
    mappings(deployment)
        .await
        .into_iter()
        .find(of_source)
        .unwrap()
}

/// A queue's messages reach the function in large batches, and one that fails comes back alone,
/// until it is a dead letter.
pub async fn assert_fed_by(
    deployment: &Deployment,
    arn: &str,
    url: &str,
) -> EventSourceMappingConfiguration {
    let mapping = mapping_of(deployment, arn).await;
    assert_eq!(mapping.state(), Some("Enabled"));
    assert_eq!(mapping.batch_size(), Some(200));
    assert_eq!(mapping.maximum_batching_window_in_seconds(), Some(1));
    assert_eq!(
        mapping.function_response_types(),
        [FunctionResponseType::ReportBatchItemFailures]
    );
    let attributes = deployment.queue_attributes(url).await;
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "360");
    assert_eq!(
        attributes[&QueueAttributeName::SqsManagedSseEnabled],
        "true"
    );
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
    mapping
}

#[tokio::test]
async fn the_dead_letter_queue_admits_the_rules_and_keeps_14_days() {
    let deployment = Deployment::load().await;
    let attributes = deployment
        .queue_attributes(deployment.output("dead_letter_queue_url"))
        .await;
    assert_eq!(
        attributes[&QueueAttributeName::MessageRetentionPeriod],
        "1209600"
    );
    assert_admits_the_rules(&deployment, &attributes);
}

/// The policy of a queue lets both rules send, and nobody else.
pub fn assert_admits_the_rules(
    deployment: &Deployment,
    attributes: &HashMap<QueueAttributeName, String>,
) {
    let both: [Value; 2] = statements(&attributes[&QueueAttributeName::Policy]);
    let is_allowing = |statement: &&Value| statement["Effect"] == "Allow";
    let [statement] = both.iter().filter(is_allowing).collect::<Vec<_>>()[..] else {
        panic!("{both:?}")
    };
    let insecure = both.iter().find(|statement| statement["Effect"] == "Deny");
    let arn = &attributes[&QueueAttributeName::QueueArn];
    assert_denies_plain_http(insecure.unwrap(), "sqs:*", arn);
    assert_eq!(
        statement["Principal"],
        json!({"Service": "events.amazonaws.com"})
    );
    assert_eq!(statement["Action"], "sqs:SendMessage");
    assert_eq!(
        statement["Resource"],
        attributes[&QueueAttributeName::QueueArn].as_str()
    );
    let rules = RULES.map(|(_, arn)| deployment.output(arn));
    assert_eq!(
        statement["Condition"],
        json!({"ArnEquals": {"aws:SourceArn": rules}})
    );
}
