//! The role has the permissions that are needed, and no other.

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum};
use serde_json::json;

use super::{
    POLICY, assert_refused, policy_of, refused, settled, tell_at_once, test_message, with_variable,
};
use crate::deployment::{Deployment, Remembered};
use crate::fleet::Fleet;
use crate::subscriber::Subscriber;

/// Permissions that Lambda uses, or that no call needs today, can only be read: Lambda writes the logs and the
/// dead letters with the role, and `DescribeTags` is granted along with `DescribeInstances`.
#[tokio::test]
async fn the_policy_says_just_what_is_needed() {
    let deployment = Deployment::load().await;
    assert_just_what_is_needed(&deployment).await;
    if let Some(other) = Deployment::other().await {
        assert_just_what_is_needed(&other).await;
    }
}

async fn assert_just_what_is_needed(deployment: &Deployment) {
    let policy = policy_of(deployment).await;
    let mut granted: Vec<(String, String)> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            let resource = statement["Resource"].as_str().unwrap();
            let actions = statement["Action"].as_array().unwrap().iter();
            actions.map(move |action| (action.as_str().unwrap().to_owned(), resource.to_owned()))
        })
        .collect();
    granted.sort();
    let scans = format!("{}/scans/*", deployment.output("log_bucket_arn"));
    let function = deployment.output("function_arn");
    let (account, partition) = (
        function.split(':').nth(4).unwrap(),
        function.split(':').nth(1).unwrap(),
    );
    let streams = format!(
        "arn:{partition}:logs:{}:{account}:log-group:{}:*",
        deployment.output("region"),
        deployment.output("log_group_name")
    );
    let delay_queue = deployment.output("delay_queue_arn");
    let event_queue = deployment.output("event_queue_arn");
    let table = deployment.output("state_table_arn");
    let (index, stream) = (format!("{table}/index/due"), format!("{table}/stream/*"));
    let expected = vec![
        ("cloudwatch:PutMetricData", "*"),
        ("dynamodb:BatchGetItem", table),
        ("dynamodb:GetItem", table),
        ("dynamodb:Query", table),
        ("dynamodb:UpdateItem", table),
        ("dynamodb:Query", &index),
        ("dynamodb:Scan", &index),
        ("dynamodb:DescribeStream", &stream),
        ("dynamodb:GetRecords", &stream),
        ("dynamodb:GetShardIterator", &stream),
        ("dynamodb:ListStreams", &stream),
        ("ec2:DescribeInstances", "*"),
        ("ec2:DescribeTags", "*"),
        ("logs:CreateLogStream", &streams),
        ("logs:PutLogEvents", &streams),
        ("s3:PutObject", &scans),
        ("sns:Publish", deployment.output("alert_topic_arn")),
        (
            "sqs:SendMessage",
            deployment.output("dead_letter_queue_arn"),
        ),
        ("sqs:DeleteMessage", delay_queue),
        ("sqs:GetQueueAttributes", delay_queue),
        ("sqs:ReceiveMessage", delay_queue),
        ("sqs:SendMessage", delay_queue),
        ("sqs:DeleteMessage", event_queue),
        ("sqs:GetQueueAttributes", event_queue),
        ("sqs:ReceiveMessage", event_queue),
    ];
    let bus = deployment.optional_output("event_bus_arn");
    let publishing = bus.map(|bus| ("events:PutEvents", bus));
    let owned = |(action, resource): (&str, &str)| (action.to_owned(), resource.to_owned());
    let expected = expected.into_iter().chain(publishing);
    let mut expected: Vec<_> = expected.map(owned).collect();
    expected.sort();
    assert_eq!(granted, expected);
    let attached = deployment.iam.list_attached_role_policies();
    let attached = attached
        .role_name(deployment.output("role_name"))
        .send()
        .await
        .unwrap();
    assert!(attached.attached_policies().is_empty());
    let inline = deployment
        .iam
        .list_role_policies()
        .role_name(deployment.output("role_name"));
    assert_eq!(inline.send().await.unwrap().policy_names(), [POLICY]);
}

#[tokio::test]
async fn what_the_policy_does_not_say_is_denied() {
    let deployment = Deployment::load().await;
    let bucket = deployment.output("log_bucket_arn");
    let group = deployment.output("log_group_name");
    let other_group = format!("arn:aws:logs:us-east-1:000000000000:log-group:{group}-other");
    let other_topic = format!("{}-other", deployment.output("alert_topic_arn"));
    let record = format!("{bucket}/scans/2025-12-03/i-12345678-1.json");
    let elsewhere = format!("{bucket}/elsewhere.json");
    let event_queue = deployment.output("event_queue_arn");
    let table = deployment.output("state_table_arn");
    let (index, other_table) = (format!("{table}/index/due"), format!("{table}-other"));
    for (action, resource, allowed) in [
        ("dynamodb:UpdateItem", table, true),
        ("dynamodb:PutItem", table, false),
        ("dynamodb:DeleteItem", table, false),
        ("dynamodb:BatchWriteItem", table, false),
        ("dynamodb:DeleteTable", table, false),
        ("dynamodb:Scan", table, false),
        ("dynamodb:Scan", &index, true),
        ("dynamodb:GetItem", &other_table, false),
        ("dynamodb:UpdateItem", &other_table, false),
        ("s3:PutObject", record.as_str(), true),
        ("s3:PutObject", &elsewhere, false),
        ("s3:GetObject", &record, false),
        ("s3:DeleteObject", &record, false),
        ("s3:ListBucket", bucket, false),
        ("sns:Publish", deployment.output("alert_topic_arn"), true),
        ("sns:Publish", &other_topic, false),
        ("sns:Subscribe", deployment.output("alert_topic_arn"), false),
        ("logs:CreateLogGroup", &other_group, false),
        ("ec2:TerminateInstances", "*", false),
        ("ec2:CreateTags", "*", false),
        (
            "sqs:SendMessage",
            deployment.output("delay_queue_arn"),
            true,
        ),
        ("sqs:SendMessage", event_queue, false),
        (
            "sqs:ReceiveMessage",
            deployment.output("dead_letter_queue_arn"),
            false,
        ),
    ] {
        let decision = is_allowed(&deployment, action, resource, None).await;
        assert_eq!(decision, allowed, "{action} on {resource}");
    }
}

/// Whether IAM would allow the function's role a call.
async fn is_allowed(
    deployment: &Deployment,
    action: &str,
    resource: &str,
    context: Option<ContextEntry>,
) -> bool {
    let simulated = deployment.iam.simulate_principal_policy();
    let simulated = simulated
        .policy_source_arn(deployment.output("role_arn"))
        .action_names(action)
        .resource_arns(resource)
        .set_context_entries(context.map(|entry| vec![entry]))
        .send()
        .await
        .unwrap();
    let [result] = simulated.evaluation_results() else {
        panic!("{simulated:?}")
    };
    result.eval_decision().as_str() == "allowed"
}

/// Others believe events by their source, and rules of other buses forward them.
#[tokio::test]
async fn only_events_with_our_source_may_go_to_the_default_bus_and_only_if_enabled() {
    let deployment = Deployment::load().await;
    let function = deployment.output("function_arn");
    let scope = function
        .rsplitn(3, ':')
        .last()
        .unwrap()
        .replacen(":lambda:", ":events:", 1);
    let default = format!("{scope}:event-bus/default");
    let is_enabled = deployment.optional_output("event_bus_arn") == Some(default.as_str());
    let other = format!("{scope}:event-bus/other");
    for (bus, source, allowed) in [
        (&default, Some("tag-compliance"), is_enabled),
        (&default, Some("tag-compliance-other"), false),
        (&default, Some("aws.ec2"), false),
        (&default, None, false),
        (&other, Some("tag-compliance"), false),
    ] {
        let context = source.map(|source| {
            ContextEntry::builder()
                .context_key_name("events:source")
                .context_key_type(ContextKeyTypeEnum::String)
                .context_key_values(source)
                .build()
        });
        let decision = is_allowed(&deployment, "events:PutEvents", bus, context).await;
        assert_eq!(decision, allowed, "{source:?} to {bus}");
    }
}

/// Another namespace, table and topic, tried by the function itself.
#[tokio::test]
async fn the_function_cannot_write_where_it_should_not() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = settled(&deployment, &mut fleet).await;
    let check = json!({"instanceId": id});
    let another = |output: &str| format!("{}-other", deployment.output(output));
    for (variable, value, call) in [
        (
            "METRIC_NAMESPACE",
            another("metric_namespace"),
            "cloudwatch:PutMetricData",
        ),
        (
            "STATE_TABLE",
            another("state_table_name"),
            "dynamodb:BatchGetItem",
        ),
    ] {
        with_variable(&deployment, variable, value, async || {
            let answer = refused(&deployment, &check, call).await;
            assert_refused(&answer, call);
        })
        .await;
    }
    let topic = another("alert_topic_arn");
    with_variable(&deployment, "ALERT_TOPIC_ARN", topic, async || {
        fleet.untag(&id, "Owner").await;
        deployment.remembers(&id, "due", Remembered::is_due).await;
        let answer = refused(&deployment, &test_message(), "sns:Publish").await;
        assert_refused(&answer, "sns:Publish");
    })
    .await;
    tell_at_once(&deployment, &id).await;
    subscriber.wait_for_alert(&id).await;
    fleet.terminate().await;
    subscriber.remove().await;
}
