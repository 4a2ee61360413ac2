//! What a sweep tells by both voices, and what a retry tells again.

use serde_json::{Value, json};

use crate::support::*;

fn sweeping(table: &Table) -> Aws {
    Aws::with(vec![bad()]).remembering(table).events(vec![])
}

fn details(calls: &Calls, kind: &str) -> Vec<Value> {
    let events = calls.events().into_iter();
    events
        .filter(|event| event.detail_type == format!("Tag Compliance {kind}"))
        .map(|event| event.detail)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_sweep_is_an_event_for_machines_and_its_digest_a_message() {
    let table = Table::default();
    let (answer, calls) = sweeping(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let [completed] = details(&calls, "Sweep Completed").try_into().unwrap();
    let expected = json!({
        "schemaVersion": 1,
        "id": completed["id"],
        "environment": "test",
        "accountId": "123456789012",
        "region": "us-east-1",
        "scope": "watched",
        "startedAt": CLOCK,
        "endedAt": CLOCK,
        "compliant": 0,
        "nonCompliant": 1,
        "exempt": 0,
        "outOfScope": 0,
        "openViolations": 0,
        "unwrittenRecords": 0,
        "auditRecords": {"bucket": "logs", "prefix": completed["auditRecords"]["prefix"]},
    });
    assert_eq!(completed, expected);
    let [digest] = details(&calls, "Notification").try_into().unwrap();
    assert_eq!(digest["changes"], json!(["digest"]));
    assert_eq!(digest["title"], calls.messages()[0].0);
    let attributes = calls.alerts().remove(0).attributes;
    let names: Vec<_> = attributes.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["account", "region"],
        "no owner's subscription takes it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sweep_of_running_instances_knows_not_how_many_are_open() {
    let (answer, calls) = sweeping(&Table::default()).handle(&json!({})).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let [completed] = details(&calls, "Sweep Completed").try_into().unwrap();
    assert_eq!(completed["scope"], "running");
    assert_eq!(completed["openViolations"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_retry_tells_what_failed_and_reads_nothing_again() {
    let bus_down = || vec![Reply::Error(500, "InternalException")];
    for (faulty, failed, retried) in [
        ("bus", (1, 2), (0, 2)),
        ("topic", (1, 2), (1, 0)),
        ("cloudwatch", (1, 2), (0, 0)),
    ] {
        let table = Table::default();
        let aws = sweeping(&table);
        let aws = match faulty {
            "bus" => aws.events(bus_down()),
            "topic" => aws.sns(vec![Reply::Error(403, "AuthorizationError")]),
            _ => aws.cloudwatch(vec![Reply::Error(403, "AccessDenied")]),
        };
        let (answer, calls) = aws.handle(&scheduled()).await;
        assert!(answer.is_err(), "{faulty}");
        let sent = |calls: &Calls| (calls.messages().len(), calls.events().len());
        assert_eq!(sent(&calls), failed, "{faulty}");
        let is_counted = usize::from(faulty != "topic");
        assert_eq!(calls.open_violations().len(), is_counted, "{faulty}");
        let swept = table.item("sweep").unwrap().get("swept").is_some();
        assert_eq!(swept, faulty == "bus", "it holds up nothing else");
        let (answer, calls) = sweeping(&table).handle(&scheduled()).await;
        assert_eq!(answer.unwrap()["checked"], 1, "{faulty}");
        assert_eq!(sent(&calls), retried, "{faulty}");
        assert!(calls.filters().is_empty(), "{faulty}");
        let is_counted = usize::from(faulty != "bus");
        assert_eq!(calls.open_violations().len(), is_counted, "{faulty}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_whose_voices_both_failed_tells_by_both() {
    let table = Table::default();
    let aws = sweeping(&table).events(vec![Reply::Error(400, "AccessDeniedException")]);
    let aws = aws.sns(vec![Reply::Error(403, "AuthorizationError")]);
    let error = aws.handle(&scheduled()).await.0.unwrap_err().to_string();
    assert!(error.starts_with("sns:Publish: "), "{error}");
    let (answer, calls) = sweeping(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    assert_eq!((calls.messages().len(), calls.events().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_the_table_fails_beside_the_topic_a_retry_ends_the_sweep() {
    let mut place = 0;
    loop {
        let table = Table::default();
        table.fail_call(place);
        let aws = sweeping(&table).sns(vec![Reply::Error(403, "AuthorizationError")]);
        let error = aws.handle(&scheduled()).await.0.unwrap_err().to_string();
        table.mend();
        let (answer, calls) = sweeping(&table).handle(&scheduled()).await;
        assert_eq!(answer.unwrap()["checked"], 1, "after call {place}");
        assert_eq!(calls.messages().len(), 1, "after call {place}");
        if error.starts_with("sns:Publish: ") {
            break;
        }
        assert!(error.starts_with("dynamodb:"), "{error}");
        place += 1;
    }
    assert!(place >= 4, "{place}");
}
