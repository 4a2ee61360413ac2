//! One sweep at a time: whose it is, and how it is handed on.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tag_compliance_core::sweep::lease;
use tag_compliance_core::timestamp::Timestamp;

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

/// The request is refused, logged, and changes nothing.
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
async fn a_part_whose_message_was_lost_is_gone_on_with_by_the_message_before() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(refusing_but(0..2))
        .remembering(&table)
        .sqs(vec![Reply::Error(403, "AccessDeniedException")]);
    let (answer, calls) = aws.handle(&message).await;
    let error = answer.unwrap_err().to_string();
    assert!(error.starts_with("sqs:SendMessage: "), "{error}");
    assert!(calls.open_violations().is_empty());
    assert_eq!(table.item("sweep").unwrap()["part"], "2");
    assert_eq!(progress(&table)["invocations"], 2);

    let (answer, calls) = swept_by(&table).handle(&message).await;
    assert_eq!(answer.unwrap(), swept());
    assert_eq!(calls.filters().len(), 4, "what the second part has read");
    assert_eq!(calls.digested(), [15]);
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
async fn without_the_table_no_sweep_begins() {
    for (operation, call) in [
        ("GetItem", "dynamodb:GetItem: "),
        ("UpdateItem", "dynamodb:UpdateItem: "),
    ] {
        let table = Table::default();
        table.fail((operation, 500, "InternalServerError"));
        let (answer, calls) = swept_by(&table).handle(&scheduled()).await;
        let error = answer.unwrap_err();
        assert!(error.is_retryable());
        assert!(error.to_string().starts_with(call), "{error}");
        assert!(calls.all().is_empty());
    }
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
    let text = "The progress of a sweep cannot be read, and is lost: state: ";
    let is_warned = |line: &Value| line["message"].to_string().contains(text);
    assert!(logs.iter().any(is_warned), "{logs:#?}");
}

#[tokio::test]
async fn the_fallback_ends_no_baseline() {
    let table = Table::default();
    let flag = AttributeValue::Bool(true);
    let aws = || Aws::with(vec![good()]).remembering(&table);
    aws().handle(&event(GOOD, "running")).await.0.unwrap();
    table.put("policy", &[("base", flag)]);
    aws().handle(&json!({})).await.0.unwrap();
    assert_eq!(table.item("policy").unwrap()["base"], true);
    aws().handle(&scheduled()).await.0.unwrap();
    assert_eq!(table.item("policy").unwrap().get("base"), None);
}

#[tokio::test]
async fn an_outdated_environment_does_not_sweep() {
    let table = Table::default();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let since = AttributeValue::N("1764760000000".to_owned());
    let era = [("hash", text("newer")), ("since", since)];
    table.put("policy", &era);
    table.put("policy", &[("base", AttributeValue::Bool(true))]);
    let mut late = scheduled();
    late["time"] = json!("2025-12-03T11:59:00Z");
    let aws = Aws::with(vec![good()]).remembering(&table);
    let aws = aws.started_at("2025-12-03T11:00:00Z");
    let error = aws.handle(&late).await.0.unwrap_err();
    assert_eq!(error.error_type(), "OutdatedEnvironment");
    assert!(error.is_retryable(), "the next environment sweeps");
    assert_eq!(table.item("policy").unwrap()["base"], true);
    assert_eq!(table.item("sweep"), None);
}

#[tokio::test(start_paused = true)]
async fn the_sweep_of_a_new_policy_waits_for_none_by_the_policy_before() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, message, _) = begun().await;
    let (answer, calls) = swept_by(&table)
        .policy(NEW)
        .handle(&event(GOOD, "running"))
        .await;
    answer.unwrap();
    let (request, _) = calls.delayed().remove(0);
    let (answer, calls) = swept_by(&table).policy(NEW).handle(&request).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    assert_eq!(calls.digested(), [105]);
    assert_eq!(table.item("policy").unwrap().get("base"), None);
    let (answer, _) = swept_by(&table).policy(NEW).handle(&message).await;
    assert_eq!(answer.unwrap()["reason"], "outdated-continuation");
}

#[tokio::test(start_paused = true)]
async fn the_sweep_that_meets_a_new_policy_is_the_one_that_it_asks_for() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, message, _) = begun().await;
    let aws = || swept_by(&table).policy(NEW);
    let (answer, calls) = aws().handle(&message).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    for (message, _) in calls.delayed() {
        assert_eq!(message["detail-type"], "Suspects Due", "no other one");
    }
    assert_eq!(table.item("policy").unwrap().get("base"), None);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_of_the_running_that_meets_a_new_policy_asks_for_another() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let table = Table::default();
    let aws = Aws::fleet(refusing_but(0..12)).remembering(&table);
    let (answer, calls) = aws.handle(&json!({})).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    let message = calls.delayed().remove(0).0;
    let (answer, calls) = swept_by(&table).policy(NEW).handle(&message).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let asked = calls.delayed().into_iter();
    let asked = asked.filter(|(message, _)| message["detail-type"] == "Scheduled Event");
    assert_eq!(asked.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_keeps_its_lease_for_the_retry() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(refusing_but(0..0)).remembering(&table);
    let (answer, _) = aws.handle(&message).await;
    assert!(answer.unwrap_err().is_retryable());
    assert_refused(&table, &json!({}), "already-sweeping").await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_sweep_that_meets_a_new_policy_asks_for_another() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, _, _) = begun().await;
    let aws = || swept_by(&table).policy(NEW);
    let (answer, calls) = aws().handle(&sweep_named("sweep-2")).await;
    assert_eq!(answer.unwrap()["reason"], "already-sweeping");
    let (request, _) = calls.delayed().remove(0);
    let (answer, _) = aws().handle(&request).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    assert_eq!(table.item("policy").unwrap().get("base"), None);
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

#[tokio::test(start_paused = true)]
async fn whichever_call_of_the_table_fails_a_retry_ends_the_sweep() {
    // All of it in one invocation, and one that hands over.
    for answered in [0..100, 0..12] {
        let mut place = 0;
        let calls = loop {
            let table = baseline().await;
            table.fail_call(place);
            let aws = Aws::fleet(refusing_but(answered.clone())).remembering(&table);
            let Err(error) = aws.handle(&scheduled()).await.0 else {
                break table.calls();
            };
            assert!(error.to_string().starts_with("dynamodb:"), "{error}");
            assert!(error.is_retryable());
            table.mend();
            let (answer, calls) = swept_by(&table).handle(&scheduled()).await;
            assert_eq!(answer.unwrap(), swept(), "after call {place}");
            assert_eq!(calls.digested(), [15]);
            assert_eq!(table.item("policy").unwrap().get("base"), None);
            assert_eq!(table.item("sweep").unwrap().get("state"), None);
            place += 1;
        };
        assert_eq!(calls.len(), place, "{calls:?}");
        assert!(place >= 4, "{calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_whose_lease_was_written_by_a_call_without_an_answer_goes_on() {
    let table = Table::default();
    let until = CLOCK.parse::<Timestamp>().unwrap().after(lease::LENGTH);
    table.race("sweep", 1, move |items| {
        let number = |number: String| AttributeValue::N(number);
        let written = [
            ("pk", AttributeValue::S("ctl".to_owned())),
            ("sk", AttributeValue::S("sweep".to_owned())),
            ("id", AttributeValue::S("sweep-1".to_owned())),
            ("part", number("0".to_owned())),
            ("until", number(until.epoch_millis().to_string())),
        ];
        let written = written.map(|(name, value)| (name.to_owned(), value));
        items.insert("sweep".to_owned(), written.into());
    });
    let (answer, _) = swept_by(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap(), swept());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_given_back_hides_no_failure() {
    // The calls before: what is remembered, the lease that is there, the one that is taken.
    for place in [3, 4] {
        let table = Table::default();
        table.fail_call(place);
        let aws = Aws::fleet(refusing_but(0..0)).remembering(&table);
        let (logs, (answer, _)) = lines_of(aws.handle(&json!({}))).await;
        let error = answer.unwrap_err().to_string();
        assert!(error.starts_with("ec2:DescribeInstances: "), "{error}");
        let text = "The sweep that failed keeps its lease: dynamodb:";
        let is_warned = |line: &Value| line["message"].to_string().contains(text);
        assert!(logs.iter().any(is_warned), "{logs:#?}");
        assert_refused(&table, &sweep_named("sweep-2"), "already-sweeping").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_fails_gives_back_no_lease_of_another() {
    let table = Table::default();
    let overtaken = table.clone();
    let aws = Aws::fleet(move |_| {
        let id = AttributeValue::S("sweep-2".to_owned());
        overtaken.put("sweep", &[("id", id)]);
        Reply::Error(403, "UnauthorizedOperation")
    });
    let aws = aws.remembering(&table);
    let (logs, (answer, _)) = lines_of(aws.handle(&json!({}))).await;
    answer.unwrap_err();
    assert_eq!(table.writes(), ["sweep"]);
    let is_warned = |line: &Value| line["message"].to_string().contains("keeps its lease");
    assert!(!logs.iter().any(is_warned), "{logs:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_sweep_whose_request_cannot_be_sent_fails() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, _, _) = begun().await;
    let refused = vec![Reply::Error(403, "AccessDeniedException")];
    let aws = swept_by(&table).policy(NEW).sqs(refused);
    let error = aws.handle(&sweep_named("sweep-2")).await.0.unwrap_err();
    assert!(
        error.to_string().starts_with("sqs:SendMessage: "),
        "{error}"
    );
}
