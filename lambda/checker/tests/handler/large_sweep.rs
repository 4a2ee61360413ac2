//! A fleet of several pages: partitions, the pace, and sweeps that outlast an invocation.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::*;

/// As many instances of a last digit as its value, of which the one with the number 0 is bad.
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

/// The digit of the partition that is asked for.
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

/// The same fleet, which refuses all but the calls of this range.
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

/// An invocation that reads the first ten partitions, the message that goes on, and the table.
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

/// Where the sweep is, as the table holds it.
pub fn progress(table: &Table) -> Value {
    let item = table.item("sweep").unwrap();
    serde_json::from_str(item["state"].as_str().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_outlasts_its_invocation_goes_on_and_ends_with_all_totals() {
    let (table, message, first) = begun().await;
    assert!(first.open_violations().is_empty() && first.messages().is_empty());
    assert_eq!(message["detail"], json!({"sweep": "sweep-1", "part": 1}));
    assert_eq!(progress(&table)["invocations"], 1);
    let (answer, second) = Aws::fleet(fleet).remembering(&table).handle(&message).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "swept", "checked": 120, "compliant": 105, "nonCompliant": 15})
    );
    assert_eq!(second.filters().len(), 6, "neither first page nor probe");
    assert_eq!(second.digested(), [15]);
    assert_eq!(
        second.messages()[0].0,
        "EC2 tag sweep: 15 of 120 instances not compliant"
    );
    let mut recorded = ids(&first);
    recorded.extend(ids(&second));
    recorded.sort_unstable();
    recorded.dedup();
    assert_eq!(recorded.len(), 120);
    let pages = first.bodies().into_iter().chain(second.bodies());
    let keys: BTreeSet<_> = pages.map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 15, "the partition of digit 0 is empty");
}

#[tokio::test(start_paused = true)]
async fn a_partition_goes_on_at_its_page() {
    let two_pages = |asked: &Asked| match (digit(asked), &asked.token) {
        (Some(digit), None) => more(of_digit(digit), &format!("second-{digit}")),
        (Some(_), Some(_)) => Reply::Error(503, "RequestLimitExceeded"),
        (None, _) => fleet(asked),
    };
    let table = Table::default();
    let aws = Aws::fleet(two_pages).remembering(&table);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    let (message, _) = calls.delayed().remove(0);
    let partitions = progress(&table)["partitions"].as_array().unwrap().clone();
    assert_eq!(partitions.len(), 16);

    let aws = Aws::fleet(|_| last(vec![])).remembering(&table);
    let (_, calls) = aws.handle(&message).await;
    let asked = calls.all().into_iter().filter_map(|call| match call {
        // What is open and was not seen is asked for by id.
        Call::Describe { token, filters, .. } => Some((filters.get(1)?.1[0].clone(), token)),
        _ => None,
    });
    let mut asked: Vec<_> = asked.collect();
    asked.sort_unstable();
    let was_read = |digit: u64| {
        partitions
            .iter()
            .any(|it| it["slice"] == format!("i-*{digit:x}") && it["pages"] == 1)
    };
    let expected: Vec<_> = (0..16)
        .map(|digit| {
            let token = was_read(digit).then(|| format!("second-{digit}"));
            (format!("i-*{digit:x}"), token)
        })
        .collect();
    assert_eq!(asked, expected);
    assert!((0..16).any(was_read), "some partitions had a page read");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_is_done_again_from_the_same_totals() {
    let (table, message, _) = begun().await;
    let failing = |asked: &Asked| match asked.earlier_calls {
        5 => Reply::Error(403, "UnauthorizedOperation"),
        _ => fleet(asked),
    };
    let record = batch(std::slice::from_ref(&message));
    let (answer, calls) = Aws::fleet(failing)
        .remembering(&table)
        .handle(&record)
        .await;
    assert_eq!(answer.unwrap(), failed(&["m0"]));
    assert!(calls.open_violations().is_empty());

    let (answer, calls) = Aws::fleet(fleet).remembering(&table).handle(&record).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.digested(), [15]);
}

#[tokio::test(start_paused = true)]
async fn a_page_for_whose_records_there_was_no_time_is_read_again() {
    let table = Table::default();
    let (answer, first) = Aws::fleet(fleet)
        .remembering(&table)
        .s3_takes_only(10)
        .handle(&scheduled())
        .await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "sweeping");
    let (message, _) = first.delayed().remove(0);
    let left = &progress(&table)["partitions"];
    assert_eq!(
        left.as_array().unwrap().len(),
        5,
        "one of the sixteen is empty"
    );

    let (done, second) = Aws::fleet(fleet).remembering(&table).handle(&message).await;
    assert_eq!(
        done.unwrap(),
        json!({"statusCode": 200, "status": "swept", "checked": 120, "compliant": 105, "nonCompliant": 15})
    );
    let recorded = ids(&second).len() as u64;
    assert_eq!(recorded, 120 - answer["checked"].as_u64().unwrap());
    let pages = first.bodies().into_iter().chain(second.bodies());
    let keys: BTreeSet<_> = pages.map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 15, "a page has its key whoever writes it");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_does_not_wait_for_an_s3_that_takes_nothing() {
    let (answer, calls) = Aws::fleet(fleet)
        .s3_takes_only(0)
        .handle(&scheduled())
        .await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "sweeping");
    let checked = answer["checked"].as_u64().unwrap();
    assert!(checked > 0, "{answer}");
    assert_eq!(calls.delayed().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_sqs_a_sweep_that_must_go_on_fails() {
    let aws = Aws::fleet(refusing_but(0..12));
    let aws = aws.sqs(vec![Reply::Error(403, "AccessDeniedException")]);
    let (answer, _) = aws.handle(&scheduled()).await;
    let error = answer.unwrap_err().to_string();
    assert!(
        error.starts_with("sqs:SendMessage: the service refused"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sweep_of_another_policy_begins_anew() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(fleet).policy(r#"{"required_tags":[{"key":"Name"}]}"#);
    let (answer, calls) = aws.remembering(&table).handle(&message).await;
    assert_eq!(answer.unwrap()["checked"], 120);
    assert_eq!(calls.digested(), [105], "by the other policy alone");
}

#[tokio::test(start_paused = true)]
async fn a_part_in_which_no_page_is_read_fails() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(refusing_but(0..0)).remembering(&table);
    let (answer, calls) = aws.handle(&message).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert!(
        error.to_string().contains("RequestLimitExceeded"),
        "{error}"
    );
    assert!(calls.delayed().is_empty(), "it would go on for ever");
}

#[tokio::test(start_paused = true)]
async fn an_endless_sweep_ends() {
    let (table, message, _) = begun().await;
    let mut late = progress(&table);
    late["invocations"] = json!(499);
    table.put("sweep", &[("state", AttributeValue::S(late.to_string()))]);
    let aws = Aws::fleet(refusing_but(0..1)).remembering(&table);
    let (answer, calls) = aws.handle(&message).await;
    let error = answer.unwrap_err();
    assert_eq!(error.error_type(), "EndlessSweep");
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        "the sweep is not done after 500 invocations"
    );
    assert!(calls.delayed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_time_a_sweep_does_not_begin() {
    let aws = Aws::with(vec![good()]).time_limit(Duration::ZERO);
    let (answer, calls) = aws.handle(&scheduled()).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert!(calls.all().is_empty());
    assert_eq!(
        error.to_string(),
        "ec2:DescribeInstances: no answer before the time of the invocation was over"
    );
}
