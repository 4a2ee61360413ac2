//! A queue subscribed to the alert topic, like a team's own tool.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::deployment::{Deployment, eventually};

/// A subscribed queue, and its messages.
pub struct Subscriber<'a> {
    deployment: &'a Deployment,
    queue_url: String,
    subscription_arn: String,
    notifications: Vec<Notification>,
}

/// A message as SNS delivered it.
#[derive(Debug, Clone)]
pub struct Notification {
    pub subject: String,
    pub message: String,
    /// The values of the message's attributes, by their names.
    pub attributes: HashMap<String, String>,
}

impl<'a> Subscriber<'a> {
    /// Creates a queue and subscribes it to everything.
    pub async fn new(deployment: &'a Deployment) -> Self {
        Self::subscribe(deployment, None).await
    }

    /// Creates a queue and subscribes it with a filter policy about the messages' attributes.
    pub async fn filtered(deployment: &'a Deployment, policy: &Value) -> Self {
        let attributes = [
            ("FilterPolicy".to_owned(), policy.to_string()),
            (
                "FilterPolicyScope".to_owned(),
                "MessageAttributes".to_owned(),
            ),
        ];
        Self::subscribe(deployment, Some(attributes.into())).await
    }

    async fn subscribe(
        deployment: &'a Deployment,
        filter: Option<HashMap<String, String>>,
    ) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let topic = deployment.output("alert_topic_arn");
        let suffix = deployment.output("environment_suffix");
        let began = deployment
            .began
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tag-compliance-test-{suffix}-{}-{count}", began.as_millis());
        let queue = deployment
            .sqs
            .create_queue()
            .queue_name(&name)
            .send()
            .await
            .unwrap();
        let queue_url = queue.queue_url().unwrap().to_owned();
        let attributes = deployment
            .sqs
            .get_queue_attributes()
            .queue_url(&queue_url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .unwrap();
        let queue_arn = attributes.attributes().unwrap()[&QueueAttributeName::QueueArn].clone();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }],
        });
        deployment
            .sqs
            .set_queue_attributes()
            .queue_url(&queue_url)
            .attributes(QueueAttributeName::Policy, policy.to_string())
            .send()
            .await
            .unwrap();
        let subscription = deployment
            .sns
            .subscribe()
            .topic_arn(topic)
            .protocol("sqs")
            .endpoint(queue_arn)
            .set_attributes(filter)
            .return_subscription_arn(true)
            .send()
            .await
            .unwrap();
        Self {
            deployment,
            queue_url,
            subscription_arn: subscription.subscription_arn().unwrap().to_owned(),
            notifications: Vec::new(),
        }
    }

    /// Every message so far.
    pub async fn notifications(&mut self) -> &[Notification] {
        loop {
            let received = receive(&self.deployment.sqs, &self.queue_url).await;
            if received.is_empty() {
                return &self.notifications;
            }
            self.notifications
                .extend(received.into_iter().map(|envelope| Notification {
                    subject: envelope["Subject"].as_str().unwrap_or_default().to_owned(),
                    message: envelope["Message"].as_str().unwrap().to_owned(),
                    attributes: attributes_of(&envelope),
                }));
        }
    }

    /// Waits for a message that holds `text`.
    pub async fn wait_for(&mut self, text: &str) -> Notification {
        self.wait_until(&format!("a message that holds {text:?}"), |it| {
            it.message.contains(text)
        })
        .await
    }

    /// Waits for an alert of an instance.
    pub async fn wait_for_alert(&mut self, instance_id: &str) -> Notification {
        self.wait_until(&format!("an alert of {instance_id}"), |it| {
            it.alerts_of(instance_id)
        })
        .await
    }

    async fn wait_until(
        &mut self,
        what: &str,
        is_it: impl Fn(&Notification) -> bool,
    ) -> Notification {
        eventually(what, async || {
            let found = |messages: &[Notification]| messages.iter().find(|it| is_it(it)).cloned();
            match found(&self.notifications) {
                Some(message) => Some(message),
                None => found(self.notifications().await),
            }
        })
        .await
    }

    /// How many alerts have named this instance so far.
    pub async fn alerts_for(&mut self, instance_id: &str) -> usize {
        alerts_for(self.notifications().await, instance_id)
    }

    /// Ends the subscription and deletes the queue.
    pub async fn remove(self) {
        let Deployment { sns, sqs, .. } = self.deployment;
        let subscription = sns.unsubscribe().subscription_arn(self.subscription_arn);
        subscription.send().await.unwrap();
        sqs.delete_queue()
            .queue_url(self.queue_url)
            .send()
            .await
            .unwrap();
    }
}

fn attributes_of(envelope: &Value) -> HashMap<String, String> {
    let attributes = envelope["MessageAttributes"].as_object();
    let attributes = attributes.into_iter().flatten();
    attributes
        .map(|(name, attribute)| {
            let value = attribute["Value"].as_str().unwrap();
            (name.clone(), value.to_owned())
        })
        .collect()
}

/// How many of these messages are alerts about this instance.
pub fn alerts_for(notifications: &[Notification], instance_id: &str) -> usize {
    notifications
        .iter()
        .filter(|notification| notification.alerts_of(instance_id))
        .count()
}

impl Notification {
    /// Whether it is an alert about this instance, alone or in an owner's list.
    pub fn alerts_of(&self, instance_id: &str) -> bool {
        let alone = format!("\nInstance ID: {instance_id}\n");
        let listed = format!("\n  {instance_id}");
        self.message.starts_with("EC2 Instance Non-Compliant Alert")
            && [alone, listed]
                .iter()
                .any(|line| self.message.contains(line.as_str()))
    }

    /// Whether it is about this instance alone.
    pub fn is_of_one(&self) -> bool {
        self.message
            .starts_with("EC2 Instance Non-Compliant Alert\n")
    }
}

/// Receives up to ten JSON messages from a queue, and deletes them.
pub async fn receive(sqs: &aws_sdk_sqs::Client, queue_url: &str) -> Vec<Value> {
    let received = sqs
        .receive_message()
        .queue_url(queue_url)
        .max_number_of_messages(10)
        .wait_time_seconds(1)
        .send()
        .await
        .unwrap();
    let mut bodies = Vec::new();
    for message in received.messages() {
        bodies.push(serde_json::from_str(message.body().unwrap()).unwrap());
        let handle = message.receipt_handle().unwrap();
        let delete = sqs
            .delete_message()
            .queue_url(queue_url)
            .receipt_handle(handle);
        delete.send().await.unwrap();
    }
    bodies
}
