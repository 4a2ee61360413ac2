//! What Terraform made, as AWS describes it.

use std::collections::BTreeMap;

use crate::deployment::Deployment;

/// We carry the tags that we demand of others.
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
