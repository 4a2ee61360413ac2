//! What a check stores about an instance.

mod checks;
mod eras;
mod failures;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tag_compliance_core::memory::Complaints;

use crate::support::*;

const MISSING: [(&str, &str); 3] = [
    ("missing", "Environment"),
    ("missing", "Owner"),
    ("missing", "Application"),
];

fn complaints<const N: usize>(complaints: [(&str, &str); N]) -> String {
    let complaints: Complaints = complaints.into_iter().collect();
    complaints.to_string()
}

fn policy_hash(table: &Table) -> Value {
    table.item("policy").unwrap()["hash"].clone()
}

/// The table after a violation was found, which is due.
async fn opened() -> Table {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (answer, _) = aws.handle(&event(BAD, "running")).await;
    answer.unwrap();
    table.forget_calls();
    table
}

/// The table after people were told of a violation.
async fn told() -> Table {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (answer, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
    answer.unwrap();
    assert_eq!(calls.messages().len(), 1);
    assert!(table.wake().is_none());
    table.forget_calls();
    table
}

/// Checks `BAD`, while EC2 shows it like this.
async fn check(table: &Table, shown: Vec<aws_sdk_ec2::types::Instance>) -> Calls {
    let aws = Aws::with(shown).remembering(table);
    let (answer, calls) = aws.handle(&event(BAD, "stopped")).await;
    answer.unwrap();
    calls
}

fn repaired() -> aws_sdk_ec2::types::Instance {
    instance(BAD, "running", true)
}

/// The era of a policy, since so many seconds after [`CLOCK`].
fn era(hash: &str, seconds: u64) -> [(&'static str, AttributeValue); 2] {
    let since = NOW + seconds * 1_000;
    [
        ("hash", AttributeValue::S(hash.to_owned())),
        ("since", AttributeValue::N(since.to_string())),
    ]
}
