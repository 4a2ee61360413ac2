//! What the digest of a sweep says of it.

use super::*;

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
    let until = NOW + 30 * 24 * HOUR * 1_000;
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
