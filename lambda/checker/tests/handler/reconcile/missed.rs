//! What no event told of.

use super::*;
use crate::logs::{find, lines_of};

#[tokio::test(start_paused = true)]
async fn what_no_event_told_of_is_opened_a_quarter_of_an_hour_later_and_named() {
    let clock = Clock::default();
    let table = Table::default();
    let calls = sweep(&table, vec![bad(), good()]).await;
    assert_eq!(table.item(BAD).unwrap()["st"], "suspect");
    assert_eq!(calls.open_violations(), [0.0]);
    assert!(digest(&calls).contains("\nNon-Compliant: 1\nFound by This Sweep: 1\n"));
    let delayed = calls.delayed();
    let [(message, delay)] = delayed.as_slice() else {
        panic!("one message, got {delayed:?}")
    };
    assert_eq!(*delay, 900);

    // The stream wakes the teller at once, and it leaves the suspect alone.
    let aws = showing(vec![bad()]).remembering(&table);
    let (answer, calls) = aws.handle(&table.wake().unwrap()).await;
    assert_eq!(answer.unwrap()["verified"], 0);
    assert!(calls.messages().is_empty());

    clock.is_at(901);
    let aws = showing(vec![bad()]).remembering(&table);
    let (logs, (answer, calls)) = lines_of(aws.handle(message)).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "told", "verified": 1, "told": 0})
    );
    find(&logs, "Violation opened that events missed");
    assert_eq!(calls.missed_by_events(), [1.0]);
    assert_eq!(calls.counts(), [(0.0, 1.0)]);
    let item = table.item(BAD).unwrap();
    assert_eq!(
        (&item["st"], &item["miss"]),
        (&json!("open"), &json!("1764764101123"))
    );

    let aws = showing(vec![bad()]).remembering(&table);
    let (_, calls) = aws.handle(&table.wake().unwrap()).await;
    assert!(digest(&calls).contains(BAD), "people are told");

    clock.is_at(24 * HOUR);
    let calls = sweep(&table, vec![bad(), good()]).await;
    let body = digest(&calls);
    let since = "since 2025-12-03T12:00:00.123Z at the latest";
    assert_eq!(
        block(&body, "Missed by Events"),
        [format!("{BAD}: {since}")]
    );
    assert!(body.contains("\nNew: 1\nMissed by Events: 1\n"), "{body}");
    assert_eq!(calls.open_violations(), [1.0]);
    assert!(calls.delayed().is_empty() && calls.missed_by_events().is_empty());

    clock.is_at(48 * HOUR);
    let body = digest(&sweep(&table, vec![bad()]).await);
    assert!(
        !body.contains("Missed by Events") && !body.contains("New:"),
        "{body}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_an_event_tells_of_meanwhile_was_not_missed() {
    let clock = Clock::default();
    let table = Table::default();
    let calls = sweep(&table, vec![bad()]).await;
    let message = calls.delayed().remove(0).0;
    clock.is_at(60);
    let aws = showing(vec![bad()]).remembering(&table);
    aws.handle_and_tell(&event(BAD, "running")).await.0.unwrap();
    clock.is_at(901);
    let aws = showing(vec![bad()]).remembering(&table);
    let (answer, calls) = aws.handle(&batch(&[message])).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert!(calls.missed_by_events().is_empty());
    assert_eq!(table.item(BAD).unwrap().get("miss"), None);
}

/// CLOCK is at noon on the day before the rule about Stage is enforced.
const ENFORCED_TOMORROW: &str = r#"{"required_tags": [
    {"key": "Owner"},
    {"key": "Stage", "enforced_from": "2025-12-04"}
]}"#;

/// A running instance that was launched the day before CLOCK.
fn of_yesterday(id: &str, tags: &[(&str, &str)]) -> Instance {
    aged(tagged(id, "running", tags), 24 * 60 * 60 * 1_000)
}

#[tokio::test(start_paused = true)]
async fn the_day_of_a_rule_opens_violations_that_no_event_missed() {
    let clock = Clock::default();
    let table = Table::default();
    let aws = |id: &'static str, tags: &'static [(&str, &str)]| {
        let aws = showing(vec![
            of_yesterday(BAD, &[("Owner", "web")]),
            of_yesterday(id, tags),
        ]);
        aws.policy(ENFORCED_TOMORROW).remembering(&table)
    };
    let fleet = || aws(OTHER, &[]);
    let (answer, _) = fleet().handle_and_tell(&event(OTHER, "running")).await;
    assert_eq!(answer.unwrap()["missingTags"], json!(["Owner"]));

    // The day before, the sweep finds what is to come, and opens nothing.
    let (_, calls) = fleet().handle(&scheduled()).await;
    let body = digest(&calls);
    let upcoming = ["Stage: 2 instances, a violation from 4 December 2025"];
    assert_eq!(block(&body, "Not Counted Yet"), upcoming);
    assert_eq!(calls.open_violations(), [1.0]);
    assert!(calls.delayed().is_empty() && table.item(BAD).is_none());

    // On the day, it finds one, and adds to another that is open.
    clock.is_at(13 * HOUR);
    let mut today = scheduled();
    today["id"] = json!("sweep-2");
    let (_, calls) = fleet().handle(&today).await;
    let body = digest(&calls);
    assert!(body.contains("\nFound by This Sweep: 1\n"), "{body}");
    assert!(block(&body, "Not Counted Yet").is_empty());
    assert_eq!(table.item(BAD).unwrap()["st"], "suspect");
    let (message, _) = calls.delayed().remove(0);

    clock.is_at(13 * HOUR + 901);
    let (answer, calls) = fleet().handle(&message).await;
    assert_eq!(answer.unwrap()["verified"], 2);
    assert!(calls.missed_by_events().is_empty() && calls.counts().is_empty());
    for id in [BAD, OTHER] {
        let item = table.item(id).unwrap();
        assert_eq!(
            (&item["st"], item.get("miss")),
            (&json!("open"), None),
            "{id}"
        );
    }
    let told: Vec<_> = calls.messages();
    assert!(
        told.iter()
            .any(|(_, body)| body.contains("Missing Tags: Owner, Stage")),
        "{told:?}"
    );
    let (_, calls) = fleet().handle(&table.wake().unwrap()).await;
    assert!(
        digest(&calls).contains("Missing Tags: Stage"),
        "people are told"
    );

    clock.is_at(37 * HOUR);
    let mut next = scheduled();
    next["id"] = json!("sweep-3");
    let (_, calls) = fleet().handle(&next).await;
    let body = digest(&calls);
    assert!(!body.contains("Missed by Events"), "{body}");
    assert_eq!(calls.open_violations(), [2.0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_launched_after_the_day_of_a_rule_can_be_missed_by_events() {
    let clock = Clock::default();
    clock.is_at(24 * HOUR);
    let table = Table::default();
    let launched = tagged(BAD, "running", &[("Owner", "web")]);
    // An hour ago.
    let launched = aged(launched, -23 * 60 * 60 * 1_000);
    let aws = || {
        let aws = showing(vec![launched.clone()]);
        aws.policy(ENFORCED_TOMORROW).remembering(&table)
    };
    let (_, calls) = aws().handle(&scheduled()).await;
    let (message, _) = calls.delayed().remove(0);
    clock.is_at(24 * HOUR + 901);
    let (_, calls) = aws().handle(&message).await;
    assert_eq!(calls.missed_by_events(), [1.0]);
}

#[tokio::test(start_paused = true)]
async fn more_suspects_than_one_invocation_looks_at_are_gone_on_with() {
    let clock = Clock::default();
    let table = Table::default();
    let fleet: Vec<_> = (0..1_001)
        .map(|n| instance(&format!("i-{n:08x}"), "running", false))
        .collect();
    let calls = sweep(&table, fleet.clone()).await;
    let message = calls.delayed().remove(0).0;
    clock.is_at(901);
    let aws = showing(fleet.clone()).remembering(&table);
    let (answer, calls) = aws.handle(&message).await;
    assert_eq!(answer.unwrap()["verified"], 1_000);
    assert_eq!(calls.missed_by_events(), [1_000.0]);
    assert_eq!(calls.delayed(), [(message.clone(), 0)]);
    let aws = showing(fleet).remembering(&table);
    let (answer, calls) = aws.handle(&message).await;
    assert_eq!(answer.unwrap()["verified"], 1);
    assert_eq!(calls.missed_by_events(), [1.0]);
    assert!(calls.delayed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_counted_once_though_a_write_fails() {
    let clock = Clock::default();
    let table = Table::default();
    let two = vec![bad(), instance(OTHER, "running", false)];
    let calls = sweep(&table, two.clone()).await;
    let message = calls.delayed().remove(0).0;
    clock.is_at(901);
    table.fail_writes_of(OTHER);
    let aws = showing(two.clone()).remembering(&table);
    let (answer, calls) = aws.handle(&batch(std::slice::from_ref(&message))).await;
    assert_eq!(answer.unwrap(), failed(&["m0"]));
    let counted: f64 = calls.missed_by_events().iter().sum();
    table.mend();
    let (_, calls) = showing(two).remembering(&table).handle(&message).await;
    let rest: f64 = calls.missed_by_events().iter().sum();
    assert_eq!((counted + rest).to_bits(), 2.0_f64.to_bits());
}

#[tokio::test(start_paused = true)]
async fn without_the_message_that_looks_again_no_digest_is_sent() {
    let table = Table::default();
    let aws = showing(vec![bad()]).remembering(&table);
    let aws = aws.sqs(vec![Reply::Error(403, "AccessDenied")]);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap_err().error_type(), "AwsCallRefused");
    assert!(calls.messages().is_empty() && calls.open_violations().is_empty());
}
