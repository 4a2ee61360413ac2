//! How a sweep reconciles the state table.

mod closed;
mod continued;
mod digest;
mod missed;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::types::Instance;
use serde_json::json;

use crate::support::*;

const HOUR: u64 = 3_600;
const OTHER: &str = "i-00000009";

/// Sweeps a fleet, by an event of its own.
async fn sweep(table: &Table, instances: Vec<Instance>) -> Calls {
    let mut event = scheduled();
    event["id"] = json!(format!("sweep-{}", table.calls().len()));
    let (answer, calls) = showing(instances).remembering(table).handle(&event).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    calls
}

/// The table after an event reported a violation, and people were told.
async fn told() -> Table {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    aws.handle_and_tell(&event(BAD, "running")).await.0.unwrap();
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
    table
}

fn digest(calls: &Calls) -> String {
    let mut messages = calls.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0).1
}

/// The lines under a heading.
fn block<'a>(body: &'a str, heading: &str) -> Vec<&'a str> {
    let heading = format!("{heading}:");
    let lines = body.lines().skip_while(|line| **line != heading).skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.map(str::trim).collect()
}
