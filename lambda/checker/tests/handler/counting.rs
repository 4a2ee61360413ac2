//! Counts as log lines, which metric filters read, in place of `PutMetricData`.

use serde_json::Value;

use crate::logs::lines_of;
use crate::support::*;

/// Compliant and non-compliant counts, and that of unwritten records, of each line.
fn counted(lines: &[Value]) -> Vec<[Option<u64>; 3]> {
    let lines = lines
        .iter()
        .filter(|line| line["message"] == "Evaluations counted");
    let fields = ["compliant", "non_compliant", "unwritten_records"];
    lines
        .map(|line| fields.map(|field| line[field].as_u64()))
        .collect()
}

/// The counts of what this event's invocation logs, its answer, and its calls.
async fn counts_of(aws: Aws, event: &Value) -> (Vec<[Option<u64>; 3]>, Value, Calls) {
    let (lines, (answer, calls)) = lines_of(aws.counting_by_logs().handle(event)).await;
    (counted(&lines), answer.unwrap(), calls)
}

#[tokio::test]
async fn a_check_is_counted_by_one_line_and_no_call() {
    for (instance, expected) in [(good(), [1, 0]), (bad(), [0, 1])] {
        let id = instance.instance_id.clone().unwrap();
        // Nobody can refuse a line.
        let aws = Aws::with(vec![instance]).cloudwatch(vec![Reply::Error(403, "")]);
        let (counts, _, calls) = counts_of(aws, &event(&id, "running")).await;
        assert_eq!(counts, [[Some(expected[0]), Some(expected[1]), None]]);
        assert!(!calls.names().contains(&"metrics"), "{:?}", calls.names());
    }
}

#[tokio::test]
async fn by_default_no_line_counts() {
    let aws = Aws::with(vec![good()]);
    let (lines, (_, calls)) = lines_of(aws.handle(&event(GOOD, "running"))).await;
    assert!(counted(&lines).is_empty());
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test]
async fn a_batch_of_which_some_records_fail_is_one_line_and_their_retry_another() {
    let ids = ["i-00000001", "i-00000002", GOOD];
    let events: Vec<_> = ids.iter().map(|id| event(id, "running")).collect();
    let fleet = |age| {
        let bad = ids[..2].iter().map(|id| instance(id, "running", false));
        let mut fleet: Vec<_> = bad.collect();
        fleet[0] = aged(fleet[0].clone(), age);
        fleet.push(good());
        fleet
    };
    let refused = vec![Reply::Error(403, "AccessDeniedException")];
    let aws = Aws::with(fleet(10_000)).settling("60").sqs(refused);
    let (counts, answer, _) = counts_of(aws, &batch(&events)).await;
    assert_eq!(answer, failed(&["m0"]));
    assert_eq!(counts, [[Some(1), Some(1), None]]);

    let aws = Aws::with(fleet(60_000)).settling("60");
    let (counts, answer, _) = counts_of(aws, &batch(&events[..1])).await;
    assert_eq!(answer, failed(&[]));
    assert_eq!(counts, [[Some(0), Some(1), None]]);
}

#[tokio::test]
async fn what_does_not_count_writes_no_line() {
    let young = || Aws::with(vec![aged(bad(), 5_000)]).settling("60");
    for (aws, asked) in [
        (young(), event(BAD, "running")),
        (Aws::default(), event(BAD, "terminated")),
    ] {
        let (counts, _, _) = counts_of(aws, &asked).await;
        assert!(counts.is_empty(), "{counts:?}");
    }
}

#[tokio::test]
async fn a_lost_record_is_in_the_line() {
    let lost = || vec![Reply::Error(403, "AccessDenied")];
    let aws = Aws::with(vec![aged(bad(), 5_000)])
        .settling("60")
        .s3(lost());
    let (counts, _, _) = counts_of(aws, &event(BAD, "running")).await;
    assert_eq!(counts, [[Some(0), Some(0), Some(1)]]);
}

#[tokio::test]
async fn an_event_that_fails_is_counted_by_its_retry_alone() {
    let unavailable = || Reply::Error(403, "UnauthorizedOperation");
    let aws = Aws::default().ec2(vec![unavailable()]).counting_by_logs();
    let (lines, (answer, _)) = lines_of(aws.handle(&event(GOOD, "running"))).await;
    assert!(answer.is_err());
    assert!(counted(&lines).is_empty());
    let (counts, _, _) = counts_of(Aws::with(vec![good()]), &event(GOOD, "running")).await;
    assert_eq!(counts, [[Some(1), Some(0), None]]);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_and_what_events_missed_are_counted_by_calls() {
    let clock = Clock::default();
    let table = Table::default();
    let aws = || Aws::with(vec![bad()]).remembering(&table);
    let (counts, _, calls) = counts_of(aws(), &scheduled()).await;
    assert!(counts.is_empty(), "{counts:?}");
    assert_eq!(calls.open_violations(), [0.0]);
    let (message, _) = calls.delayed().remove(0);
    clock.is_at(901);
    let (counts, _, calls) = counts_of(showing(vec![bad()]).remembering(&table), &message).await;
    assert!(counts.is_empty(), "{counts:?}");
    assert_eq!(calls.missed_by_events(), [1.0]);
}
