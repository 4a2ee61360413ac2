//! Instances of a test, launched through the ordinary EC2 API.

use aws_sdk_ec2::types::{Filter, InstanceType, ResourceType, Tag, TagSpecification};
use serde_json::Value;

use crate::deployment::{Deployment, eventually};

pub const COMPLETE: &[(&str, &str)] = &[
    ("Environment", "dev"),
    ("Owner", "tests"),
    ("Application", "tag-compliance"),
];

/// The instances that a test launched.
pub struct Fleet<'a> {
    deployment: &'a Deployment,
    image: String,
    ids: Vec<String>,
}

impl<'a> Fleet<'a> {
    pub async fn new(deployment: &'a Deployment) -> Self {
        let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
        let images = deployment
            .ec2
            .describe_images()
            .owners("amazon")
            .filters(filter("architecture", "x86_64"))
            .filters(filter("name", "al2023-ami-*"))
            .send()
            .await
            .unwrap();
        let newest = images
            .images()
            .iter()
            .max_by_key(|image| image.creation_date());
        let image = newest.and_then(|image| image.image_id()).unwrap();
        Self {
            deployment,
            image: image.to_owned(),
            ids: Vec::new(),
        }
    }

    /// The `Name` of its instances.
    pub fn name(&self) -> String {
        let suffix = self.deployment.output("environment_suffix");
        format!("tag-compliance-test-{suffix}")
    }

    /// Launches instances in one call, all with these tags, and returns their ids. Their `Name`
    /// shows whose they are if a test is killed before it terminates them.
    pub async fn launch(&mut self, count: i32, tags: &[(&str, &str)]) -> Vec<String> {
        let name = self.name();
        let tags = tags.iter().copied().chain([("Name", name.as_str())]);
        let specification = TagSpecification::builder()
            .resource_type(ResourceType::Instance)
            .set_tags(Some(
                tags.map(|(key, value)| Tag::builder().key(key).value(value).build())
                    .collect(),
            ))
            .build();
        let launched = self
            .deployment
            .ec2
            .run_instances()
            .image_id(&self.image)
            .instance_type(InstanceType::T3Nano)
            .min_count(count)
            .max_count(count)
            .tag_specifications(specification)
            .send()
            .await
            .unwrap();
        let instances = launched.instances().iter();
        let ids: Vec<String> = instances
            .map(|instance| instance.instance_id().unwrap().to_owned())
            .collect();
        assert_eq!(ids.len(), usize::try_from(count).unwrap());
        self.ids.extend_from_slice(&ids);
        ids
    }

    /// Sets tags of an instance.
    pub async fn tag(&self, id: &str, tags: &[(&str, &str)]) {
        let tags = tags.iter();
        let tags = tags.map(|(key, value)| Tag::builder().key(*key).value(*value).build());
        self.deployment
            .ec2
            .create_tags()
            .resources(id)
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .unwrap();
    }

    /// Removes a tag of an instance.
    pub async fn untag(&self, id: &str, key: &str) {
        self.deployment
            .ec2
            .delete_tags()
            .resources(id)
            .tags(Tag::builder().key(key).build())
            .send()
            .await
            .unwrap();
    }

    pub async fn stop(&self, id: &str) {
        self.deployment
            .ec2
            .stop_instances()
            .instance_ids(id)
            .send()
            .await
            .unwrap();
    }

    pub async fn start(&self, id: &str) {
        self.deployment
            .ec2
            .start_instances()
            .instance_ids(id)
            .send()
            .await
            .unwrap();
    }

    /// Terminates all of them, when the test is done with them.
    pub async fn terminate(self) {
        self.terminate_all().await;
    }

    /// Terminates all of them.
    pub async fn terminate_all(&self) {
        let ids = Some(self.ids.clone());
        self.deployment
            .ec2
            .terminate_instances()
            .set_instance_ids(ids)
            .send()
            .await
            .unwrap();
    }
}

/// Waits until the audit log holds this many evaluations on an instance that count, and returns their
/// records by time, without those of tag changes, since a launch with tags is a tag change too.
pub async fn records_of(deployment: &Deployment, id: &str, count: usize) -> Vec<Value> {
    let records = eventually(&format!("{count} audit records of {id}"), async || {
        let mut records = deployment.evaluations(Some(id)).await;
        records.retain(|record| record["provisional"] != true && record["trigger"] != "tag-change");
        (records.len() >= count).then_some(records)
    })
    .await;
    assert_eq!(records.len(), count, "{records:?}");
    records
}
