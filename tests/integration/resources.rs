//! Terraform's resources, as AWS describes them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    BillingMode, KeySchemaElement, KeyType, ProjectionType, SseStatus, StreamViewType,
    TimeToLiveStatus,
};

use crate::deployment::Deployment;

/// Our own resources have the tags that the policy requires.
#[tokio::test]
async fn our_own_resources_carry_the_required_tags() {
    let deployment = Deployment::load().await;
    let output = |name: &str| deployment.output(name).to_owned();
    let mut tags: Vec<(&str, BTreeMap<String, String>)> = Vec::new();

    let bucket = deployment.s3.get_bucket_tagging();
    let bucket = bucket
        .bucket(output("log_bucket_name"))
        .send()
        .await
        .unwrap();
    let pairs = bucket.tag_set().iter();
    tags.push((
        "bucket",
        pairs
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
    ));

    let topic = deployment.sns.list_tags_for_resource();
    let topic = topic
        .resource_arn(output("alert_topic_arn"))
        .send()
        .await
        .unwrap();
    let pairs = topic.tags().iter();
    tags.push((
        "topic",
        pairs
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
    ));

    let function = deployment.lambda.list_tags();
    let function = function
        .resource(output("function_arn"))
        .send()
        .await
        .unwrap();
    tags.push((
        "function",
        function.tags().unwrap().clone().into_iter().collect(),
    ));

    for name in ["dead_letter_queue_url", "delay_queue_url"] {
        let queue = deployment.sqs.list_queue_tags();
        let queue = queue.queue_url(output(name)).send().await.unwrap();
        tags.push((name, queue.tags().unwrap().clone().into_iter().collect()));
    }

    let table = deployment.dynamodb.list_tags_of_resource();
    let table = table
        .resource_arn(output("state_table_arn"))
        .send()
        .await
        .unwrap();
    let pairs = table.tags().iter();
    tags.push((
        "table",
        pairs
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
    ));

    for (resource, tags) in tags {
        for required in ["Environment", "Owner", "Application"] {
            let value = tags.get(required).map(String::as_str).unwrap_or_default();
            assert!(
                !value.trim().is_empty(),
                "{resource} lacks {required}: {tags:?}"
            );
        }
    }
}

fn keys(schema: &[KeySchemaElement]) -> Vec<(&str, &KeyType)> {
    schema
        .iter()
        .map(|key| (key.attribute_name(), key.key_type()))
        .collect()
}

#[tokio::test]
async fn the_state_table_is_billed_by_request_forgets_and_tells_of_its_changes() {
    let deployment = Deployment::load().await;
    let name = deployment.output("state_table_name");
    let table = deployment.dynamodb.describe_table().table_name(name);
    let table = table.send().await.unwrap().table.unwrap();
    assert_eq!(
        table.table_arn(),
        Some(deployment.output("state_table_arn"))
    );
    let billing = table.billing_mode_summary().unwrap().billing_mode();
    assert_eq!(billing, Some(&BillingMode::PayPerRequest));
    assert_eq!(
        keys(table.key_schema()),
        [("pk", &KeyType::Hash), ("sk", &KeyType::Range)]
    );
    let [index] = table.global_secondary_indexes() else {
        panic!("{table:?}")
    };
    assert_eq!(index.index_name(), Some("due"));
    assert_eq!(
        keys(index.key_schema()),
        [("grp", &KeyType::Hash), ("due", &KeyType::Range)]
    );
    let projection = index.projection().unwrap().projection_type();
    assert_eq!(projection, Some(&ProjectionType::KeysOnly));
    let stream = table.stream_specification().unwrap();
    assert!(stream.stream_enabled());
    assert_eq!(stream.stream_view_type(), Some(&StreamViewType::NewImage));
    // DynamoDB's own key, which is free.
    let encryption = table.sse_description().and_then(|it| it.status());
    assert!(
        encryption.is_none_or(|status| *status == SseStatus::Disabled),
        "{table:?}"
    );
    assert_ne!(table.deletion_protection_enabled(), Some(true));

    let ttl = deployment.dynamodb.describe_time_to_live().table_name(name);
    let ttl = ttl.send().await.unwrap().time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name(), Some("ttl"));
    assert_eq!(ttl.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
}
