//! One sweep at a time: which one it is, and how invocations hand it over.

mod failures;
mod policies;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tag_compliance_core::sweep::lease;

use crate::large_sweep::{begun, fleet, progress, refusing_but};
use crate::logs::{find, lines_of};
use crate::support::*;

fn swept() -> Value {
    json!({"statusCode": 200, "status": "swept", "checked": 120, "compliant": 105, "nonCompliant": 15})
}

fn sweep_named(id: &str) -> Value {
    let mut event = scheduled();
    event["id"] = json!(id);
    event
}

fn continuation(sweep: &str, part: u32) -> Value {
    json!({
        "source": "tag-compliance-checker",
        "detail-type": "Sweep Continuation",
        "detail": {"sweep": sweep, "part": part},
    })
}

fn swept_by(table: &Table) -> Aws {
    Aws::fleet(fleet).remembering(table)
}

/// The request is refused and logged, and changes nothing.
async fn assert_refused(table: &Table, payload: &Value, reason: &str) {
    let before = table.item("sweep");
    let (logs, (answer, calls)) = lines_of(swept_by(table).handle(payload)).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "ignored", "reason": reason}),
        "{payload}"
    );
    assert!(calls.all().is_empty(), "{payload}");
    assert_eq!(table.item("sweep"), before, "{payload}");
    let line = find(&logs, "Sweep refused");
    assert_eq!(
        (&line["level"], &line["reason"]),
        (&json!("WARN"), &json!(reason))
    );
}

#[tokio::test(start_paused = true)]
async fn while_a_sweep_is_under_way_no_other_begins() {
    let clock = Clock::default();
    let (table, _, _) = begun().await;
    clock.is_at(34 * 60);
    for payload in [sweep_named("sweep-2"), json!({})] {
        assert_refused(&table, &payload, "already-sweeping").await;
        let (answer, _) = swept_by(&table).handle(&batch(&[payload])).await;
        assert_eq!(answer.unwrap(), failed(&[]));
    }
    clock.is_at(35 * 60);
    let (answer, calls) = swept_by(&table).handle(&sweep_named("sweep-2")).await;
    assert_eq!(answer.unwrap(), swept());
    assert_eq!(calls.digested(), [15]);
    assert_refused(&table, &continuation("sweep-1", 1), "outdated-continuation").await;
}

#[tokio::test(start_paused = true)]
async fn after_a_sweep_the_fallback_pauses_and_a_schedule_does_not() {
    let clock = Clock::default();
    let table = Table::default();
    swept_by(&table).handle(&scheduled()).await.0.unwrap();
    assert_eq!(
        table.item("sweep").unwrap(),
        json!({"id": "sweep-1", "part": "0", "until": "1764763200123", "swept": "1764763200123"}),
        "no progress where it has ended"
    );
    clock.is_at(5 * 60 - 1);
    assert_refused(&table, &json!({}), "just-swept").await;
    clock.is_at(5 * 60);
    let (answer, _) = swept_by(&table).handle(&json!({})).await;
    assert_eq!(answer.unwrap(), swept());
    let (answer, _) = swept_by(&table).handle(&sweep_named("sweep-2")).await;
    assert_eq!(answer.unwrap(), swept());
}

#[tokio::test(start_paused = true)]
async fn a_continuation_of_nothing_that_is_left_is_refused() {
    const WORD: &str = "outdated-continuation";
    assert_refused(&Table::default(), &continuation("sweep-1", 0), WORD).await;

    let (table, message, _) = begun().await;
    for forged in [
        continuation("sweep-2", 1),
        continuation("sweep-1", 2),
        continuation("sweep-1", u32::MAX),
    ] {
        assert_refused(&table, &forged, WORD).await;
    }
    let part = |part: &str| [("part", AttributeValue::N(part.to_owned()))];
    table.put("sweep", &part("3"));
    assert_refused(&table, &message, WORD).await;
    table.put("sweep", &part("1"));
    let (answer, _) = swept_by(&table).handle(&message).await;
    assert_eq!(answer.unwrap(), swept());
    assert_refused(&table, &message, WORD).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_the_first_event_goes_on_with_its_sweep() {
    let (table, _, _) = begun().await;
    let (answer, calls) = swept_by(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap(), swept());
    assert_eq!(calls.filters().len(), 6, "neither first page nor probe");
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_an_event_without_an_id_sweeps() {
    let clock = Clock::default();
    let table = Table::default();
    let aws = Aws::fleet(refusing_but(0..0)).remembering(&table);
    aws.handle(&json!({})).await.0.unwrap_err();
    clock.is_at(60);
    let (answer, _) = swept_by(&table).handle(&json!({})).await;
    assert_eq!(answer.unwrap(), swept());

    let table = Table::default();
    let refused = vec![Reply::Error(403, "AccessDeniedException")];
    let aws = Aws::fleet(refusing_but(0..12)).sqs(refused);
    aws.remembering(&table)
        .handle(&json!({}))
        .await
        .0
        .unwrap_err();
    clock.is_at(120);
    let (answer, _) = swept_by(&table).handle(&json!({})).await;
    assert_eq!(
        answer.unwrap(),
        swept(),
        "all of it, since its message was not sent"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_another_one_overtakes_stops() {
    let stolen = |items: &mut Items, id: &str| {
        let lease = items.entry("sweep".to_owned()).or_default();
        lease.insert("pk".to_owned(), AttributeValue::S("ctl".to_owned()));
        lease.insert("id".to_owned(), AttributeValue::S(id.to_owned()));
    };
    let table = Table::default();
    table.race("sweep", 1, move |items| stolen(items, "sweep-2"));
    let (answer, calls) = swept_by(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["reason"], "already-sweeping");
    assert!(calls.all().is_empty());

    let table = Table::default();
    let mut writes = 0;
    table.race("sweep", 2, move |items| {
        writes += 1;
        if writes == 2 {
            stolen(items, "sweep-2");
        }
    });
    let aws = Aws::fleet(refusing_but(0..12)).remembering(&table);
    let (logs, (answer, calls)) = lines_of(aws.handle(&scheduled())).await;
    assert_eq!(answer.unwrap()["reason"], "outdated-continuation");
    assert!(calls.delayed().is_empty());
    assert_eq!(
        find(&logs, "Sweep refused")["reason"],
        "outdated-continuation"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_of_the_version_before_begins_anew() {
    let old = json!({
        "source": "tag-compliance-checker",
        "detail-type": "Sweep Continuation",
        "detail": {"scope": "watched", "trigger": "schedule", "progress": {"totals": "forged"}},
    });
    let (answer, calls) = swept_by(&Table::default()).handle(&old).await;
    assert_eq!(answer.unwrap(), swept());
    assert_eq!(calls.digested(), [15]);
}

#[tokio::test(start_paused = true)]
async fn progress_of_another_version_has_a_sweep_begin_anew() {
    let (table, message, _) = begun().await;
    let other = r#"{"another": "version"}"#.to_owned();
    table.put("sweep", &[("state", AttributeValue::S(other))]);
    assert_refused(&table, &message, "outdated-continuation").await;
    let next = sweep_named("sweep-2");
    let (logs, (answer, _)) = lines_of(swept_by(&table).handle(&next)).await;
    assert_eq!(answer.unwrap(), swept());
    let text = "The progress of the sweep is unreadable and lost: state: ";
    let is_warned = |line: &Value| line["message"].to_string().contains(text);
    assert!(logs.iter().any(is_warned), "{logs:#?}");
}

/// The table at the beginning of an era, before its first sweep.
async fn baseline() -> Table {
    let table = Table::default();
    let aws = Aws::with(vec![good()]).remembering(&table);
    aws.handle(&event(GOOD, "running")).await.0.unwrap();
    table.put("policy", &[("base", AttributeValue::Bool(true))]);
    table.forget_calls();
    table
}
