//! A rule of a test on the event bus, like a team's own, and what it delivers.

use std::time::UNIX_EPOCH;

use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::deployment::{Deployment, eventually};
use crate::subscriber::receive;

/// A rule for the environment's events, and a queue that it sends to.
pub struct Listener<'a> {
    deployment: &'a Deployment,
    name: String,
    queue_url: String,
    /// Events as EventBridge delivered them, in order of arrival.
    events: Vec<Value>,
}

impl<'a> Listener<'a> {
    pub async fn new(deployment: &'a Deployment) -> Self {
        let suffix = deployment.output("environment_suffix");
        let began = deployment.began.duration_since(UNIX_EPOCH).unwrap();
        let name = format!("tag-compliance-test-{suffix}-{}", began.as_millis());
        let pattern = json!({
            "source": ["tag-compliance"],
            "detail": {"environment": [suffix]},
        });
        let rule = deployment.events.put_rule().name(&name);
        let rule = rule.event_pattern(pattern.to_string()).send();
        let rule_arn = rule.await.unwrap().rule_arn.unwrap();
        let queue = deployment.sqs.create_queue().queue_name(&name);
        let queue_url = queue.send().await.unwrap().queue_url.unwrap();
        let attributes = deployment.queue_attributes(&queue_url).await;
        let queue_arn = &attributes[&QueueAttributeName::QueueArn];
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
            }],
        });
        let set = deployment.sqs.set_queue_attributes().queue_url(&queue_url);
        let set = set.attributes(QueueAttributeName::Policy, policy.to_string());
        set.send().await.unwrap();
        let target = Target::builder().id("queue").arn(queue_arn).build();
        let targets = deployment.events.put_targets().rule(&name);
        let put = targets.targets(target.unwrap()).send().await.unwrap();
        assert_eq!(put.failed_entry_count(), 0, "{put:?}");
        Self {
            deployment,
            name,
            queue_url,
            events: Vec::new(),
        }
    }

    /// All events so far.
    pub async fn events(&mut self) -> &[Value] {
        loop {
            let received = receive(&self.deployment.sqs, &self.queue_url).await;
            if received.is_empty() {
                return &self.events;
            }
            self.events.extend(received);
        }
    }

    /// The details of an instance's own events, in their order.
    pub async fn details_of(&mut self, instance_id: &str) -> Vec<Value> {
        let events = self.events().await.iter();
        let of_it = events.map(|event| &event["detail"]);
        let of_it = of_it.filter(|detail| detail["instanceId"] == instance_id);
        let mut details: Vec<_> = of_it.cloned().collect();
        details.sort_by_key(|detail| detail["sequence"].as_u64());
        details
    }

    /// The details of the messages to people about an instance, by when they were made.
    pub async fn messages_about(&mut self, instance_id: &str) -> Vec<Value> {
        let events = self.events().await.iter();
        let messages = events.filter(|it| it["detail-type"] == "Tag Compliance Notification");
        let about_it = messages.filter(|it| {
            let instances = it["detail"]["instances"].as_array().unwrap();
            instances.iter().any(|it| it["instanceId"] == instance_id)
        });
        let mut about_it: Vec<_> = about_it.collect();
        about_it.sort_by_key(|it| it["time"].as_str());
        about_it.iter().map(|it| it["detail"].clone()).collect()
    }

    /// Waits for an instance's event of this change, and returns its detail.
    pub async fn wait_for(&mut self, instance_id: &str, change: &str) -> Value {
        eventually(&format!("{change} of {instance_id}"), async || {
            let details = self.details_of(instance_id).await;
            details.into_iter().find(|it| it["change"] == change)
        })
        .await
    }

    /// Deletes rule and queue.
    pub async fn remove(self) {
        let events = &self.deployment.events;
        let targets = events.remove_targets().rule(&self.name).ids("queue");
        targets.send().await.unwrap();
        let rule = events.delete_rule().name(&self.name);
        rule.send().await.unwrap();
        let queue = self.deployment.sqs.delete_queue();
        queue.queue_url(self.queue_url).send().await.unwrap();
    }
}
