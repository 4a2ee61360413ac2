//! Instances, fleets and events as the tests need them.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{
    Instance, InstanceNetworkInterface, InstanceNetworkInterfaceAttachment, InstanceState,
    InstanceStateName, OperatorResponse, Reservation, Tag,
};
use serde_json::{Value, json};

use super::{Aws, BAD, GOOD, NOW, Reply};

/// An instance with all required tags, or with none.
pub fn instance(id: &str, state: &str, compliant: bool) -> Instance {
    let tags: &[(&str, &str)] = if compliant {
        &[
            ("Environment", "prod"),
            ("Owner", "web"),
            ("Application", "shop"),
        ]
    } else {
        &[("Name", "stray")]
    };
    tagged(id, state, tags)
}

pub fn tagged(id: &str, state: &str, tags: &[(&str, &str)]) -> Instance {
    let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build();
    Instance::builder()
        .instance_id(id)
        .state(
            InstanceState::builder()
                .name(InstanceStateName::from(state))
                .build(),
        )
        .set_tags(Some(tags.iter().map(tag).collect()))
        .build()
}

pub fn good() -> Instance {
    instance(GOOD, "running", true)
}

pub fn bad() -> Instance {
    instance(BAD, "running", false)
}

/// The same instance, launched this many milliseconds before [`CLOCK`], and restarted since.
pub fn aged(instance: Instance, millis: i64) -> Instance {
    let clock = i64::try_from(NOW).unwrap();
    let attachment = |index, millis| {
        let attachment = InstanceNetworkInterfaceAttachment::builder()
            .device_index(index)
            .attach_time(DateTime::from_millis(millis))
            .build();
        InstanceNetworkInterface::builder()
            .attachment(attachment)
            .build()
    };
    let mut instance = instance;
    instance.launch_time = Some(DateTime::from_millis(clock));
    instance.network_interfaces = Some(vec![
        attachment(1, clock - millis - 5_000),
        attachment(0, clock - millis),
    ]);
    instance
}

/// The same instance, managed by an AWS service.
pub fn managed(instance: Instance, principal: &str) -> Instance {
    let mut instance = instance;
    let operator = OperatorResponse::builder()
        .managed(true)
        .principal(principal)
        .hidden_by_default(true);
    instance.operator = Some(operator.build());
    instance
}

/// CloudTrail's record of a call that launched these instances.
pub fn launching_call(ids: &[&str]) -> Value {
    let items: Vec<_> = ids.iter().map(|id| json!({"instanceId": id})).collect();
    json!({
        "id": "call-1",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "time": "2025-12-03T10:00:00Z",
        "detail": {
            "eventSource": "ec2.amazonaws.com",
            "eventName": "RunInstances",
            "responseElements": {"instancesSet": {"items": items}},
        },
    })
}

/// The same instance, launched 100 s before [`CLOCK`](super::CLOCK), and terminated for this reason.
pub fn ended(instance: Instance, reason: &str) -> Instance {
    let mut instance = instance;
    instance.launch_time = Some(DateTime::from_secs(1_764_763_100));
    instance.state = Some(
        InstanceState::builder()
            .name(InstanceStateName::Terminated)
            .build(),
    );
    instance.state_transition_reason = Some(reason.to_owned());
    instance
}

/// A page of `DescribeInstances`.
pub fn page(instances: Vec<Instance>, next_token: Option<&str>) -> DescribeInstancesOutput {
    DescribeInstancesOutput::builder()
        .reservations(
            Reservation::builder()
                .owner_id("123456789012")
                .set_instances(Some(instances))
                .build(),
        )
        .set_next_token(next_token.map(str::to_owned))
        .build()
}

/// EC2 with these instances, of which it shows those that are asked for by id; without ids, those of the watched states.
pub fn showing(instances: Vec<Instance>) -> Aws {
    Aws::fleet(move |asked| {
        let is_asked_for = |instance: &&Instance| {
            let id = instance.instance_id().unwrap();
            let state = instance.state().unwrap().name().unwrap().as_str();
            if asked.ids.is_empty() {
                state == "running" || state == "stopped"
            } else {
                asked.ids.iter().any(|it| it == id)
            }
        };
        let shown = instances.iter().filter(is_asked_for).cloned();
        Reply::Ok(page(shown.collect(), None))
    })
}

pub fn nothing() -> Reply<DescribeInstancesOutput> {
    Reply::Ok(page(Vec::new(), None))
}

pub fn event(id: &str, state: &str) -> Value {
    json!({
        "version": "0",
        "id": format!("{id}-{state}"),
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": "2025-12-03T10:00:00Z",
        "region": "us-east-1",
        "resources": [format!("arn:aws:ec2:us-east-1:123456789012:instance/{id}")],
        "detail": {"instance-id": id, "state": state},
    })
}

pub fn scheduled() -> Value {
    json!({
        "id": "sweep-1",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "time": "2025-12-03T06:00:00Z",
        "detail": "{}",
    })
}

/// An SQS batch of these bodies; the message ids are `m0`, `m1` and so on.
pub fn batch(bodies: &[Value]) -> Value {
    let record = |(index, body): (usize, &Value)| {
        let body = body
            .as_str()
            .map_or_else(|| body.to_string(), str::to_owned);
        json!({"eventSource": "aws:sqs", "messageId": format!("m{index}"), "body": body})
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

pub fn failed(message_ids: &[&str]) -> Value {
    let failures: Vec<_> = message_ids
        .iter()
        .map(|id| json!({"itemIdentifier": id}))
        .collect();
    json!({"batchItemFailures": failures})
}

/// A number as an item of the state table has it.
pub fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
