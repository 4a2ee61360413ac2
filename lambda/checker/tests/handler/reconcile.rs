//! What a sweep makes of what is remembered.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::types::Instance;
use serde_json::{Value, json};

use crate::logs::{find, lines_of};
use crate::support::*;

const HOUR: u64 = 3_600;
const OTHER: &str = "i-00000009";

/// EC2 with these instances, of which it shows those that are asked for.
fn showing(instances: Vec<Instance>) -> Aws {
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

/// Sweeps a fleet, by an event of its own.
async fn sweep(table: &Table, instances: Vec<Instance>) -> Calls {
    let mut event = scheduled();
    event["id"] = json!(format!("sweep-{}", table.calls().len()));
    let (answer, calls) = showing(instances).remembering(table).handle(&event).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    calls
}

/// The table after an event told of a violation, and people were told.
async fn told() -> Table {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    aws.handle_and_tell(&event(BAD, "running")).await.0.unwrap();
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
    table
}

fn number(millis: u64) -> AttributeValue {
    AttributeValue::N(millis.to_string())
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
    find(&logs, "Violation opened that no event told of");
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

#[tokio::test(start_paused = true)]
async fn what_is_repaired_unnoticed_is_closed_and_counted_once() {
    let clock = Clock::default();
    let table = told().await;
    sweep(&table, vec![bad()]).await;
    clock.is_at(HOUR);
    let repaired = instance(BAD, "running", true);
    let calls = sweep(&table, vec![repaired.clone()]).await;
    let item = table.item(BAD).unwrap();
    assert_eq!(
        (&item["st"], &item["why"]),
        (&json!("closed"), &json!("compliant"))
    );
    assert_eq!(calls.counts(), [(1.0, 0.0)], "it resolved that itself");
    assert_eq!(calls.open_violations(), [0.0]);
    clock.is_at(2 * HOUR);
    let calls = sweep(&table, vec![repaired, instance(OTHER, "running", false)]).await;
    assert!(calls.counts().is_empty());
    let body = digest(&calls);
    assert!(
        block(&body, "Resolved").is_empty(),
        "the sweep before told of it: {body}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_digest_tells_what_was_resolved_is_muted_or_overdue() {
    let clock = Clock::default();
    let table = told().await;
    let other = instance(OTHER, "running", false);
    let aws = showing(vec![other.clone()]).remembering(&table);
    aws.handle_and_tell(&event(OTHER, "running"))
        .await
        .0
        .unwrap();
    sweep(&table, vec![bad(), other.clone()]).await;
    let until = 1_764_763_200_123 + 30 * 24 * HOUR * 1_000;
    table.put(OTHER, &[("mute", number(until))]);

    clock.is_at(4 * 24 * HOUR);
    let repaired = instance(BAD, "running", true);
    let body = digest(&sweep(&table, vec![repaired, other]).await);
    assert_eq!(block(&body, "Resolved"), [format!("{BAD}: compliant")]);
    let muted = format!("{OTHER}: until 2026-01-02T12:00:00.123Z");
    assert_eq!(block(&body, "Muted"), [muted]);
    assert_eq!(block(&body, "Overdue"), ["3 days or longer: 1"]);
    assert!(body.contains("\nResolved: 1\nMuted: 1\n"), "{body}");
    let [line] = block(&body, "Non-Compliant Instances, Oldest First")[..] else {
        panic!("{body}")
    };
    let expected = format!("{OTHER} stray (running, violating since 2025-12-03): ");
    assert!(line.starts_with(&expected), "{line}");
}

#[tokio::test(start_paused = true)]
async fn what_a_sweep_does_not_list_is_asked_for_before_it_is_closed() {
    let clock = Clock::default();
    let table = Table::default();
    let three = |state| {
        let ids = ["i-00000001", "i-00000002", "i-00000003"];
        ids.map(|id| instance(id, state, false)).to_vec()
    };
    let events: Vec<Value> = three("running")
        .iter()
        .map(|it| event(it.instance_id().unwrap(), "running"))
        .collect();
    let aws = showing(three("running")).remembering(&table);
    aws.handle_and_tell(&batch(&events)).await.0.unwrap();

    clock.is_at(HOUR);
    let mut shown = three("stopping");
    shown.remove(1);
    shown[1] = instance("i-00000003", "terminated", false);
    let calls = sweep(&table, shown).await;
    let state = |id| {
        let item = table.item(id).unwrap();
        (item["st"].clone(), item.get("why").cloned())
    };
    assert_eq!(
        state("i-00000001"),
        (json!("open"), None),
        "it is being stopped"
    );
    assert_eq!(state("i-00000002"), (json!("closed"), Some(json!("gone"))));
    assert_eq!(state("i-00000003"), (json!("closed"), Some(json!("ended"))));
    assert_eq!(calls.open_violations(), [1.0]);
    assert!(calls.counts().is_empty(), "nothing has become compliant");
}

#[tokio::test(start_paused = true)]
async fn by_a_new_policy_what_is_older_is_opened_as_told() {
    let table = Table::default();
    let old = aged(bad(), 2 * 60 * 60 * 1_000);
    let aws = showing(vec![old]).remembering(&table).first();
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let item = table.item(BAD).unwrap();
    assert_eq!((&item["st"], &item["tgen"]), (&json!("open"), &item["gen"]));
    assert_eq!(item.get("due"), None);
    assert_eq!(calls.open_violations(), [1.0]);
    assert!(calls.counts().is_empty(), "no spike");
    assert!(calls.delayed().is_empty());
    assert!(table.wake().is_none(), "the digest has told of it");
}

#[tokio::test(start_paused = true)]
async fn an_item_that_cannot_be_read_holds_up_no_sweep() {
    for attribute in ["st", "sev"] {
        let table = told().await;
        table.put(BAD, &[(attribute, AttributeValue::S("?!".to_owned()))]);
        let fleet = vec![bad(), instance(OTHER, "running", false)];
        let (logs, calls) = lines_of(sweep(&table, fleet)).await;
        if attribute == "st" {
            let line = format!("The item of instance {BAD} in the state table cannot be read: ");
            assert!(logs.iter().any(|it| it.to_string().contains(&line)));
        }
        assert_eq!(calls.open_violations().len(), 1);
        assert_eq!(table.item(OTHER).unwrap()["st"], "suspect");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_table_takes_too_long_another_invocation_goes_on() {
    for is_listed in [true, false] {
        let clock = Clock::default();
        let table = told().await;
        clock.is_at(HOUR);
        remembered_later(&table, is_listed).await;
    }
}

/// Sweeps while the table is slow to answer for an instance, which EC2 lists or shows by its id, and goes on.
async fn remembered_later(table: &Table, is_listed: bool) {
    let repaired = instance(BAD, "running", true);
    let (slow, shown) = (table.clone(), repaired.clone());
    let aws = Aws::fleet(move |asked| {
        if asked.ids.is_empty() && !is_listed {
            return Reply::Ok(page(vec![good()], None));
        }
        slow.leave_unprocessed(1_000);
        Reply::Ok(page(vec![shown.clone()], None))
    });
    let aws = aws.remembering(table).time_limit(Duration::from_secs(10));
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    assert!(calls.open_violations().is_empty());
    table.leave_unprocessed(0);
    let (message, _) = calls.delayed().remove(0);
    let (answer, calls) = showing(vec![repaired])
        .remembering(table)
        .handle(&message)
        .await;
    assert_eq!(answer.unwrap()["checked"], 1, "the page is counted once");
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn what_there_was_no_time_to_ask_for_is_asked_for_by_the_next_invocation() {
    for answered in [0, 1] {
        let clock = Clock::default();
        let table = told().await;
        clock.is_at(HOUR);
        asked_for_later(&table, answered).await;
    }
}

/// Sweeps while EC2 answers only so many of two pages about what was not seen, and goes on.
async fn asked_for_later(table: &Table, answered: usize) {
    let by_ids = |answered: usize| {
        Aws::fleet(move |asked| match (asked.ids.is_empty(), &asked.token) {
            (true, _) => Reply::Ok(page(vec![good()], None)),
            (false, None) if answered > 0 => Reply::Ok(page(vec![], Some("more"))),
            (false, Some(_)) if answered > 1 => Reply::Ok(page(vec![], None)),
            (false, _) => Reply::Error(503, "RequestLimitExceeded"),
        })
    };
    let aws = by_ids(answered).remembering(table);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
    let (message, _) = calls.delayed().remove(0);
    let (answer, calls) = by_ids(2).remembering(table).handle(&message).await;
    assert_eq!(answer.unwrap()["checked"], 1);
    assert_eq!(table.item(BAD).unwrap()["why"], "gone");
    let ids = calls.lookups();
    assert_eq!(ids, [[BAD], [BAD]], "no page is read again");
}

#[tokio::test(start_paused = true)]
async fn a_newer_policy_that_begins_meanwhile_ends_the_sweep() {
    let table = told().await;
    let moved = table.clone();
    let aws = Aws::fleet(move |_| {
        let newer = ("hash", AttributeValue::S("newer".to_owned()));
        moved.put("policy", &[newer, ("since", number(1_764_763_260_123))]);
        Reply::Ok(page(vec![instance(BAD, "running", true)], None))
    });
    let (answer, _) = aws.remembering(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap_err().error_type(), "OutdatedEnvironment");
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
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
async fn what_flaps_is_opened_again_and_counted() {
    let clock = Clock::default();
    let table = told().await;
    clock.is_at(60);
    let aws = Aws::with(vec![instance(BAD, "running", true)]).remembering(&table);
    aws.handle(&event(BAD, "running")).await.0.unwrap();
    assert_eq!(table.item(BAD).unwrap()["st"], "closed");
    clock.is_at(120);
    let calls = sweep(&table, vec![bad()]).await;
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
    assert_eq!(calls.counts(), [(0.0, 1.0)]);
    assert_eq!(calls.open_violations(), [1.0]);
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

#[tokio::test(start_paused = true)]
async fn an_item_that_somebody_deletes_meanwhile_is_none_to_close() {
    let clock = Clock::default();
    let table = told().await;
    clock.is_at(HOUR);
    let deleted = table.clone();
    let aws = Aws::fleet(move |asked| {
        if asked.ids.is_empty() {
            return Reply::Ok(page(vec![], None));
        }
        deleted.remove(BAD);
        Reply::Ok(page(vec![instance(BAD, "running", true)], None))
    });
    let (answer, calls) = aws.remembering(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    assert!(calls.counts().is_empty());
    assert_eq!(table.item(BAD), None);
    assert_eq!(calls.open_violations(), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_by_id_is_not_asked_for_again() {
    let clock = Clock::default();
    let table = told().await;
    let item = table.attributes(BAD);
    let others: Vec<_> = (0..250).map(|n| format!("i-{n:08x}")).collect();
    for id in &others {
        let attributes = item
            .iter()
            .filter(|(name, _)| !["pk", "sk"].contains(&name.as_str()));
        let attributes = attributes.map(|(name, value)| (name.as_str(), value.clone()));
        table.put(id, &attributes.collect::<Vec<_>>());
    }
    clock.is_at(HOUR);
    let by_ids = |answered: usize| {
        Aws::fleet(move |asked| match asked.ids.len() {
            0 => Reply::Ok(page(vec![good()], None)),
            _ if asked.earlier_calls <= answered => Reply::Ok(page(vec![], None)),
            _ => Reply::Error(503, "RequestLimitExceeded"),
        })
    };
    let (answer, calls) = by_ids(1).remembering(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    let closed = others
        .iter()
        .filter(|id| table.item(id).unwrap()["st"] == "closed");
    assert_eq!(closed.count(), 199, "and the one that was told");
    let (message, _) = calls.delayed().remove(0);
    let (answer, calls) = by_ids(9).remembering(&table).handle(&message).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let asked: Vec<_> = calls.lookups().into_iter().map(|ids| ids.len()).collect();
    assert_eq!(asked, [51], "the rest");
    assert_eq!(calls.open_violations(), [0.0]);
}
