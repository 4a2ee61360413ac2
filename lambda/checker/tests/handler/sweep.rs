//! Sweeps of the fleet, page by page.

use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn a_schedule_sweeps_the_watched_states() {
    let (answer, calls) = Aws::with(vec![good(), bad()]).handle(&scheduled()).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "swept", "checked": 2, "compliant": 1, "nonCompliant": 1})
    );
    let all = calls.all();
    let states = ["running".to_owned(), "stopped".to_owned()];
    assert_eq!(
        all[0],
        Call::Describe {
            filters: vec![("instance-state-name".to_owned(), states.to_vec())],
            page_size: Some(1_000),
            token: None,
        }
    );

    let bodies = calls.bodies();
    let [(key, body)] = bodies.as_slice() else {
        panic!("one page, got {bodies:?}")
    };
    let prefix = key.strip_suffix("1.jsonl").unwrap();
    assert!(
        prefix.starts_with("scans/2025-12-03/fleet-1764741600"),
        "{prefix}"
    );
    let records: Vec<Value> = body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["instanceId"], GOOD);
    assert_eq!(records[0]["trigger"], "schedule");
    assert_eq!(records[1]["isCompliant"], false);

    assert!(calls.counts().is_empty(), "no check of one instance");
    assert_eq!(calls.digested(), [1]);
    assert_eq!(calls.names().last(), Some(&"metrics"));
    let messages = calls.messages();
    let [(subject, message)] = messages.as_slice() else {
        panic!("one digest, got {messages:?}")
    };
    assert_eq!(subject, "EC2 tag sweep: 1 of 2 instances not compliant");
    assert!(message.contains(&format!(
        "\n  {BAD} stray (running, violating since 2025-12-03): missing Environment, Owner, Application\n"
    )));
    assert!(
        message.contains(&format!("\nAudit Records:\n  s3://logs/{prefix}*.jsonl\n")),
        "{message}"
    );
}

#[tokio::test]
async fn pages_are_json_lines() {
    let (_, calls) = Aws::with(vec![good(), bad()]).handle(&scheduled()).await;
    let Some(Call::Put {
        content_type, body, ..
    }) = calls.all().into_iter().find(|call| call.name() == "put")
    else {
        panic!("no page was written");
    };
    assert_eq!(content_type, "application/x-ndjson");
    assert_eq!(body.matches('\n').count(), 2);
    assert!(body.ends_with('\n'));
}

#[tokio::test]
async fn the_fallback_sweeps_the_running_instances() {
    let (answer, calls) = Aws::with(vec![good()]).handle(&json!({})).await;
    assert_eq!(answer.unwrap()["checked"], 1);
    assert_eq!(calls.lookups(), [["running"]]);
    assert!(
        calls.bodies()[0]
            .0
            .starts_with("scans/2025-12-03/fleet-1764763200123-1")
    );
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
    assert!(calls.open_violations().is_empty(), "not all are seen");
}

#[tokio::test]
async fn an_empty_fleet_is_counted_and_no_more() {
    let (answer, calls) = Aws::with(vec![]).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["checked"], 0);
    assert_eq!(calls.names(), ["describe", "metrics"]);
    assert_eq!(calls.open_violations(), [0.0]);
}

#[tokio::test]
async fn a_compliant_fleet_sends_no_digest() {
    let (_, calls) = Aws::with(vec![good()]).handle(&scheduled()).await;
    assert_eq!(calls.names(), ["describe", "put", "metrics"]);
}

#[tokio::test]
async fn an_instance_that_ends_meanwhile_is_skipped() {
    let ended = instance(BAD, "terminated", false);
    let (answer, calls) = Aws::with(vec![ended, good()]).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["checked"], 1);
    assert_eq!(calls.bodies()[0].1.lines().count(), 1);
}

#[tokio::test]
async fn without_s3_the_sweep_goes_on() {
    let aws = Aws::with(vec![bad()]).s3(vec![Reply::Error(403, "AccessDenied")]);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["nonCompliant"], 1);
    assert_eq!(calls.metrics(), [(0.0, 0.0, Some(1.0))]);
    assert_eq!(calls.digested(), [1]);
}

#[tokio::test]
async fn without_sns_the_sweep_fails_and_is_not_counted() {
    let aws = Aws::with(vec![bad()]).sns(vec![Reply::Error(403, "AuthorizationError")]);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap_err().error_type(), "AwsCallRefused");
    assert!(calls.open_violations().is_empty());
}

#[tokio::test]
async fn without_cloudwatch_the_sweep_fails() {
    let aws = Aws::with(vec![good()]).cloudwatch(vec![Reply::Error(403, "")]);
    let (answer, _) = aws.handle(&scheduled()).await;
    assert!(answer.is_err());
}

#[tokio::test]
async fn a_sweep_sees_what_services_manage() {
    let (answer, calls) = Aws::fleet(|asked| {
        let mut shown = vec![good()];
        shown.extend(
            asked
                .includes_managed
                .then(|| managed(bad(), "eks.amazonaws.com")),
        );
        Reply::Ok(page(shown, None))
    })
    .handle(&scheduled())
    .await;
    assert_eq!(answer.unwrap()["checked"], 2);
    assert_eq!(calls.digested(), [1]);
}

#[tokio::test]
async fn a_fallback_that_finds_nothing_counts_nothing() {
    let (answer, calls) = Aws::with(vec![]).handle(&json!({})).await;
    assert_eq!(answer.unwrap()["checked"], 0);
    assert_eq!(calls.names(), ["describe"]);
}
