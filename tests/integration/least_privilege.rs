//! The function's role: it needs every permission that it has, and has no other.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum};
use aws_sdk_lambda::types::Environment;
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::bus::Listener;
use crate::deployment::{Answer, Deployment, Remembered, eventually, scheduled_event, skip};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::memory::{TELLING, group_due};
use crate::subscriber::Subscriber;

/// The role's only policy.
const POLICY: &str = "tag-compliance-checker";

async fn policy_of(deployment: &Deployment) -> Value {
    let policy = deployment.iam.get_role_policy().policy_name(POLICY);
    let policy = policy
        .role_name(deployment.output("role_name"))
        .send()
        .await
        .unwrap();
    let document = percent_encoding::percent_decode_str(policy.policy_document());
    serde_json::from_str(&document.decode_utf8().unwrap()).unwrap()
}

async fn set_policy(deployment: &Deployment, policy: &Value) {
    let put = deployment.iam.put_role_policy().policy_name(POLICY);
    let put = put.role_name(deployment.output("role_name"));
    put.policy_document(policy.to_string())
        .send()
        .await
        .unwrap();
}

/// Removes a permission while `during` runs, and restores it whatever happens.
pub async fn without(deployment: &Deployment, action: &str, during: impl AsyncFnOnce()) {
    let whole = policy_of(deployment).await;
    let mut less = whole.clone();
    for statement in less["Statement"].as_array_mut().unwrap() {
        let actions = statement["Action"].as_array_mut().unwrap();
        actions.retain(|allowed| allowed != action);
        if actions.is_empty() {
            // A statement must name an action; this one the function never calls.
            actions.push(json!("ec2:DescribeTags"));
            statement["Resource"] = json!("*");
        }
    }
    assert_ne!(less, whole, "the role has no right to {action}");
    set_policy(deployment, &less).await;
    if !deployment.is_stand_in() {
        // A policy change may take this long.
        tokio::time::sleep(Duration::from_secs(15)).await;
    }
    let result = AssertUnwindSafe(during()).catch_unwind().await;
    set_policy(deployment, &whole).await;
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Calls the function until it fails as it should: a policy change takes AWS a few seconds.
async fn refused(deployment: &Deployment, payload: &Value, call: &str) -> Answer {
    eventually(&format!("{call} to be refused"), async || {
        let answer = deployment.invoke(payload).await;
        answer.function_error.is_some().then_some(answer)
    })
    .await
}

fn assert_refused(answer: &Answer, call: &str) {
    let message = answer.payload["errorMessage"].as_str().unwrap();
    assert_eq!(answer.payload["errorType"], "AwsCallRefused", "{answer:?}");
    assert!(
        message.starts_with(&format!("{call}: the service refused: ")),
        "{message}"
    );
}

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

fn test_message() -> Value {
    json!({"test": "channels"})
}

/// What a voice refused is tried again in a quarter of an hour: this does not wait for it.
async fn tell_at_once(deployment: &Deployment, id: &str) {
    eventually("the group to be told", async || {
        let item = deployment.remembered(id).await?;
        let Some(group) = item.text("grp") else {
            return Some(());
        };
        deployment.invoke(&group_due(group)).await;
        None
    })
    .await;
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

/// An instance that is compliant, and old enough that each change counts.
async fn settled(deployment: &Deployment, fleet: &mut Fleet<'_>) -> String {
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    records_of(deployment, &id, 1).await;
    tokio::time::sleep(deployment.settle_time()).await;
    id
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

/// Sets one of the function's variables while `during` runs, and restores it whatever happens.
pub async fn with_variable(
    deployment: &Deployment,
    variable: &str,
    value: String,
    during: impl AsyncFnOnce(),
) {
    let name = deployment.output("function_name");
    let configuration = deployment
        .lambda
        .get_function_configuration()
        .function_name(name);
    let configuration = configuration.send().await.unwrap();
    let right = configuration.environment().unwrap().variables().unwrap();
    let mut wrong = right.clone();
    wrong.insert(variable.to_owned(), value);
    set_environment(deployment, wrong).await;
    let result = AssertUnwindSafe(during()).catch_unwind().await;
    set_environment(deployment, right.clone()).await;
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

async fn set_environment(
    deployment: &Deployment,
    variables: std::collections::HashMap<String, String>,
) {
    let environment = Environment::builder()
        .set_variables(Some(variables))
        .build();
    let name = deployment.output("function_name");
    let update = deployment
        .lambda
        .update_function_configuration()
        .function_name(name);
    update.environment(environment).send().await.unwrap();
    eventually("the function's new configuration", async || {
        let configuration = deployment
            .lambda
            .get_function_configuration()
            .function_name(name);
        let configuration = configuration.send().await.unwrap();
        let status = configuration
            .last_update_status()
            .map(|status| status.as_str().to_owned());
        (status.as_deref() == Some("Successful")).then_some(())
    })
    .await;
}
