//! The second look, before people are told.

use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn what_a_second_look_confirms_is_told_once_and_is_not_due_any_more() {
    let table = due(&[bad()]).await;
    let wake = table.wake().unwrap();
    let mut expected = table.item(BAD).unwrap();
    let began = Instant::now();
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(began.elapsed().as_millis(), 3_000, "EC2 agrees with itself");
    assert_eq!(calls.names(), ["describe", "publish"]);
    assert_eq!(
        subjects(&calls),
        [format!("EC2 instance {BAD} is not compliant")]
    );
    for (name, value) in [
        ("tgen", "gen"),
        ("twhat", "what"),
        ("tat", "read"),
        ("tver", "v"),
    ] {
        expected[name] = expected[value].clone();
    }
    for name in ["due", "grp"] {
        expected.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(table.item(BAD).unwrap(), expected);

    // The stream may bring the same record again.
    let aws = showing(vec![bad()]).remembering(&table);
    let (told, calls) = aws.handle(&wake).await;
    assert_eq!(told.unwrap(), answer(0, 0));
    assert!(calls.all().is_empty());
    assert_eq!(table.item(BAD).unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_was_due_for_a_while_is_looked_at_without_waiting() {
    let clock = Clock::default();
    let table = due(&[bad()]).await;
    clock.is_at(2);
    let began = Instant::now();
    tell(&table, showing(vec![bad()])).await.0.unwrap();
    assert_eq!(began.elapsed().as_millis(), 1_000);

    let table = due(&[bad()]).await;
    clock.is_at(60);
    let began = Instant::now();
    tell(&table, showing(vec![bad()])).await.0.unwrap();
    assert_eq!(began.elapsed().as_millis(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_repaired_or_has_ended_before_the_second_look_is_not_told() {
    let clock = Clock::default();
    let repaired = instance(BAD, "running", true);
    let ended = instance(BAD, "terminated", false);
    for (shown, why) in [
        (vec![repaired], "compliant"),
        (vec![ended], "ended"),
        (vec![], "gone"),
    ] {
        clock.is_at(0);
        let table = due(&[bad()]).await;
        clock.is_at(10);
        let (told, calls) = tell(&table, showing(shown.clone())).await;
        assert_eq!(told.unwrap(), answer(1, 0));
        assert_eq!(calls.names(), ["describe"]);
        let item = table.item(BAD).unwrap();
        assert_eq!(item["st"], "closed");
        assert_eq!(item["why"], why);
        if table.wake().is_some() {
            let (_, calls) = tell(&table, showing(shown)).await;
            assert!(calls.messages().is_empty());
        }
        assert!(table.wake().is_none());
        assert_eq!(table.item(BAD).unwrap().get("tgen"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_changed_at_the_second_look_is_looked_at_once_more() {
    let clock = Clock::default();
    let table = due(&[bad()]).await;
    clock.is_at(10);
    let less = || showing(vec![owned(BAD, "web")]);
    let (told, calls) = tell(&table, less()).await;
    assert_eq!(told.unwrap(), answer(1, 0));
    assert!(calls.messages().is_empty());
    let (told, calls) = tell(&table, less()).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    let (_, message) = calls.messages().remove(0);
    assert!(
        message.contains("\nMissing Tags: Environment, Application\n"),
        "{message}"
    );
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_complaint_that_is_added_is_told_and_one_that_is_dropped_is_not() {
    let clock = Clock::default();
    let table = Table::default();
    for (second, shown, messages) in [
        (0, owned(BAD, "web"), 1),
        (60, bad(), 1),
        (120, owned(BAD, "web"), 0),
        // People know of it: it was told once.
        (
            180,
            tagged(BAD, "running", &[("Owner", "web"), ("Application", "shop")]),
            0,
        ),
    ] {
        clock.is_at(second);
        check_all(&table, std::slice::from_ref(&shown)).await;
        let aws = showing(vec![shown]).remembering(&table);
        let (_, calls) = aws.handle(&table.wake().unwrap()).await;
        assert_eq!(calls.messages().len(), messages, "at {second} s");
        assert!(table.wake().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn what_changes_while_it_is_told_stays_due() {
    let table = due(&[bad()]).await;
    let before = table.item(BAD).unwrap();
    table.race("pace", 1, |items| move_version(items, BAD));
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(calls.messages().len(), 1);
    let item = table.item(BAD).unwrap();
    assert_eq!(item["v"], "2");
    assert_eq!(item["tgen"], before["gen"]);
    assert_eq!(item["due"], before["due"]);

    // Its next look finds nothing that people do not know.
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 0));
    assert!(calls.messages().is_empty());
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_record_of_what_is_not_due_any_more_repeats_nothing() {
    let clock = Clock::default();
    let fleet = |first| vec![first, owned(OTHER, "web")];
    let table = due(&fleet(owned(BAD, "web"))).await;
    let both = table.wake().unwrap();
    let aws = |first| showing(fleet(first)).repeat_hours("1");
    let (told, _) = tell(&table, aws(owned(BAD, "web"))).await;
    assert_eq!(told.unwrap(), answer(2, 2));

    clock.is_at(7_200);
    check_all(&table, &[bad()]).await;
    let (told, calls) = aws(bad()).remembering(&table).handle(&both).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(calls.lookups(), [[BAD]]);
}

#[tokio::test(start_paused = true)]
async fn an_outdated_environment_leaves_the_telling_to_whoever_decides() {
    let table = due(&[bad()]).await;
    let before = table.item(BAD);
    let hash = AttributeValue::S("newer".to_owned());
    table.put("policy", &[("hash", hash), ("since", number(NOW))]);
    let aws = showing(vec![bad()]).started_at("2025-12-03T11:00:00Z");
    let (told, calls) = tell(&table, aws).await;
    let error = told.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.error_type(), "OutdatedEnvironment");
    assert!(calls.all().is_empty());
    assert_eq!(table.item(BAD), before);
}
