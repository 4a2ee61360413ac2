//! What people are told about due items, and when.

mod bus;
mod failures;
mod groups;
mod messages;
mod repeats;
mod second_look;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::types::Instance;
use serde_json::{Value, json};
use tag_compliance_checker::error::Error;
use tag_compliance_core::memory::Group;
use tag_compliance_core::text::Untrusted;

use crate::support::*;

const OTHER: &str = "i-00000002";

fn id(number: usize) -> String {
    format!("i-{number:08x}")
}

/// An instance of an owner that violates the policy.
fn owned(id: &str, owner: &str) -> Instance {
    tagged(id, "running", &[("Owner", owner)])
}

fn group(owner: Option<&str>) -> Group {
    Group::of_owner(owner.map(Untrusted::new))
}

/// Checks all of these, without telling anybody.
async fn check_all(table: &Table, instances: &[Instance]) {
    check_all_with(table, showing(instances.to_vec()).events(vec![]), instances).await;
}

async fn check_all_with(table: &Table, aws: Aws, instances: &[Instance]) {
    let ids = instances.iter().map(|it| it.instance_id().unwrap());
    let events: Vec<_> = ids.map(|id| event(id, "stopped")).collect();
    let aws = aws.remembering(table);
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert!(calls.messages().is_empty());
    table.forget_calls();
}

/// The table after these violations were found.
async fn due(instances: &[Instance]) -> Table {
    let table = Table::default();
    check_all(&table, instances).await;
    table
}

/// The same for many violations at once, copied from the first.
async fn due_like_the_first(instances: &[Instance]) -> Table {
    let table = due(&instances[..1]).await;
    let mut item = table.attributes(instances[0].instance_id().unwrap());
    item.retain(|name, _| name != "pk" && name != "sk");
    let item: Vec<_> = item
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    for instance in instances {
        table.put(instance.instance_id().unwrap(), &item);
    }
    table
}

/// Wakes the teller.
async fn tell(table: &Table, aws: Aws) -> (Result<Value, Error>, Calls) {
    let wake = table.wake().unwrap();
    aws.remembering(table).handle(&wake).await
}

fn answer(verified: usize, told: usize) -> Value {
    json!({"statusCode": 200, "status": "told", "verified": verified, "told": told})
}

fn subjects(calls: &Calls) -> Vec<String> {
    let messages = calls.messages().into_iter();
    messages.map(|(subject, _)| subject).collect()
}

fn down<T>() -> Vec<Reply<T>> {
    (0..3)
        .map(|_| Reply::Error(503, "ServiceUnavailable"))
        .collect()
}
