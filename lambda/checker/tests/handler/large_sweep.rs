//! A fleet of several pages: partitions, the pace, and sweeps that need several invocations.

mod continued;

use std::ops::Range;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::*;

/// The number of instances by last digit. The instance with the number 0 violates the policy.
fn of_digit(digit: u64) -> Vec<aws_sdk_ec2::types::Instance> {
    (0..digit)
        .map(|n| instance(&format!("i-{:017x}", n * 16 + digit), "running", n > 0))
        .collect()
}

fn more(instances: Vec<aws_sdk_ec2::types::Instance>, token: &str) -> Described {
    Reply::Ok(page(instances, Some(token)))
}

fn last(instances: Vec<aws_sdk_ec2::types::Instance>) -> Described {
    Reply::Ok(page(instances, None))
}

pub type Described = Reply<aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput>;

fn ids(calls: &Calls) -> Vec<String> {
    let bodies = calls.bodies().into_iter();
    let mut ids: Vec<String> = bodies
        .flat_map(|(_, body)| {
            let records = body.lines().map(|line| serde_json::from_str(line).unwrap());
            let records: Vec<Value> = records.collect();
            records
                .into_iter()
                .map(|record| record["instanceId"].as_str().unwrap().to_owned())
        })
        .collect();
    ids.sort_unstable();
    ids
}

/// The digit of the requested partition.
fn digit(asked: &Asked) -> Option<u64> {
    match asked.ids.as_slice() {
        [pattern] => Some(u64::from_str_radix(pattern.strip_prefix("i-*")?, 16).unwrap()),
        _ => None,
    }
}

/// A fleet of more than a page, whose partitions have one page each.
pub fn fleet(asked: &Asked) -> Described {
    match digit(asked) {
        Some(digit) => last(of_digit(digit)),
        None if asked.ids.is_empty() => more(of_digit(15), "more"),
        None => last(of_digit(15)),
    }
}

/// The same fleet, on an EC2 that refuses all calls outside this range.
pub fn refusing_but(answered: Range<usize>) -> impl Fn(&Asked) -> Described {
    move |asked| {
        if answered.contains(&asked.earlier_calls) {
            fleet(asked)
        } else {
            Reply::Error(503, "RequestLimitExceeded")
        }
    }
}

#[tokio::test]
async fn a_large_fleet_is_read_in_partitions() {
    let (answer, calls) = Aws::fleet(fleet).handle(&scheduled()).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "swept", "checked": 120, "compliant": 105, "nonCompliant": 15})
    );
    let filters = calls.filters();
    assert_eq!(filters.len(), 18);
    assert_eq!(filters[1][0].0, "instance-id", "the probe");
    assert_eq!(filters[1][0].1[0], "i-*000000f");
    for (digit, filters) in filters[2..].iter().enumerate() {
        assert_eq!(filters[0].0, "instance-state-name");
        assert_eq!(filters[1].0, "instance-id");
        assert_eq!(filters[1].1, [format!("i-*{digit:x}")]);
    }
    let ids = ids(&calls);
    assert_eq!(ids.len(), 120);
    let mut distinct = ids.clone();
    distinct.dedup();
    assert_eq!(ids, distinct, "each instance is recorded once");
    assert_eq!(calls.digested(), [15]);
    assert_eq!(calls.messages().len(), 1);
}

#[tokio::test]
async fn where_ec2_fails_the_probe_the_sweep_goes_page_by_page() {
    for wrong in [vec![], of_digit(14)] {
        let (answer, calls) = Aws::default()
            .ec2(vec![
                more(of_digit(15), "page-2"),
                last(wrong),
                more(vec![], "page-3"),
                last(of_digit(3)),
            ])
            .handle(&scheduled())
            .await;
        assert_eq!(answer.unwrap()["checked"], 18);
        let tokens: Vec<_> = calls
            .all()
            .into_iter()
            .filter_map(|call| match call {
                Call::Describe { token, filters, .. } if filters.len() == 1 => Some(token),
                _ => None,
            })
            .collect();
        let token = |token: &str| Some(token.to_owned());
        assert_eq!(tokens, [None, None, token("page-2"), token("page-3")]);
        let keys: Vec<_> = calls.bodies().into_iter().map(|(key, _)| key).collect();
        assert!(
            keys[0].ends_with("-1.jsonl") && keys[1].ends_with("-3.jsonl"),
            "{keys:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_fails_the_sweep_and_nothing_is_counted() {
    let mut replies = vec![more(vec![bad()], "page-2"), last(vec![])];
    replies.extend((0..3).map(|_| Reply::Error(500, "InternalError")));
    let (answer, calls) = Aws::default().ec2(replies).handle(&scheduled()).await;
    assert!(answer.unwrap_err().is_retryable());
    assert_eq!(calls.bodies().len(), 1);
    assert!(calls.open_violations().is_empty() && calls.messages().is_empty());
}

#[tokio::test]
async fn a_refused_page_is_not_asked_for_again() {
    let refused = vec![Reply::Error(403, "UnauthorizedOperation")];
    let (answer, calls) = Aws::default().ec2(refused).handle(&scheduled()).await;
    assert!(!answer.unwrap_err().is_retryable());
    assert_eq!(calls.names(), ["describe"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_changes_nothing() {
    let aws = Aws::fleet(|asked| match asked.earlier_calls {
        0 => Reply::Error(500, "InternalError"),
        5 | 6 => Reply::Error(503, "Unavailable"),
        _ => fleet(asked),
    });
    let (answer, _) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["checked"], 120);
}

#[tokio::test(start_paused = true)]
async fn the_same_page_again_is_no_progress() {
    let aws = Aws::fleet(|asked| match (&asked.token, asked.ids.len()) {
        (_, 0) => more(vec![bad()], "page-2"),
        _ => last(vec![]),
    });
    let (answer, _) = aws.handle(&scheduled()).await;
    let error = answer.unwrap_err().to_string();
    assert!(error.ends_with("the next page is the same one"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_sweep_slows_down_and_loses_nothing() {
    let aws = Aws::fleet(|asked| match asked.earlier_calls {
        2..10 => Reply::Error(503, "RequestLimitExceeded"),
        _ => fleet(asked),
    });
    let began = Instant::now();
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["checked"], 120);
    assert_eq!(calls.filters().len(), 26);
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_is_throttled_for_good_fails_in_time() {
    let began = Instant::now();
    let (answer, calls) = Aws::fleet(refusing_but(0..0)).handle(&scheduled()).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert!(
        error.to_string().contains("RequestLimitExceeded"),
        "{error}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(34),
        "{:?}",
        began.elapsed()
    );
    let asked = calls.names().len();
    assert!(asked < 20, "{asked} calls");
}

/// An invocation that reads the first ten partitions, the message that continues the sweep, and the table.
pub async fn begun() -> (Table, Value, Calls) {
    let table = Table::default();
    let aws = Aws::fleet(refusing_but(0..12)).remembering(&table);
    let (answer, calls) = aws.handle(&scheduled()).await;
    let answer = answer.unwrap();
    assert_eq!(answer["statusCode"], 202);
    assert_eq!(answer["status"], "sweeping");
    assert_eq!(answer["checked"], 45);
    let mut delayed = calls.delayed();
    let (message, seconds) = delayed.remove(0);
    assert!(delayed.is_empty());
    assert_eq!(seconds, 0);
    (table, message, calls)
}

/// The sweep's progress in the table.
pub fn progress(table: &Table) -> Value {
    let item = table.item("sweep").unwrap();
    serde_json::from_str(item["state"].as_str().unwrap()).unwrap()
}
