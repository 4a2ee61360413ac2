//! What is told again, later, or not at all.

use super::*;
use crate::logs::{find, lines_of};

#[tokio::test(start_paused = true)]
async fn of_a_muted_instance_nobody_is_told_until_the_time_is_over() {
    let clock = Clock::default();
    let table = due(&[bad()]).await;
    table.put(BAD, &[("mute", number(NOW + 3_600_000))]);
    let before = table.item(BAD);
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 0));
    assert!(calls.messages().is_empty());
    assert_eq!(table.item(BAD), before);
    clock.is_at(3_600);
    let (told, _) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(table.item(BAD).unwrap()["mute"], before.unwrap()["mute"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_repeat_interval_every_check_alerts() {
    let clock = Clock::default();
    let table = Table::default();
    for minute in 0..3 {
        clock.is_at(minute * 60);
        let aws = showing(vec![bad()]).remembering(&table).repeat_hours("0");
        let (_, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
        assert_eq!(
            subjects(&calls),
            [format!("EC2 instance {BAD} is not compliant")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_open_is_told_again_at_a_check_after_the_interval() {
    let clock = Clock::default();
    for (hours, messages) in [("1", [1, 0, 1, 0]), ("never", [1, 0, 0, 0])] {
        let table = Table::default();
        for (minute, expected) in [0, 59, 60, 61].into_iter().zip(messages) {
            clock.is_at(minute * 60);
            let aws = showing(vec![bad()]).remembering(&table).repeat_hours(hours);
            let (_, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
            assert_eq!(calls.messages().len(), expected, "{hours}, minute {minute}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn that_it_is_resolved_is_told_where_that_is_asked_for() {
    let clock = Clock::default();
    for asked_for in [true, false] {
        clock.is_at(0);
        let aws = |shown| {
            let aws = showing(vec![shown]);
            if asked_for {
                aws.resolved_notices()
            } else {
                aws
            }
        };
        let table = due(&[bad()]).await;
        tell(&table, aws(bad())).await.0.unwrap();
        clock.is_at(60);
        let repaired = || instance(BAD, "running", true);
        check_all(&table, &[repaired()]).await;
        let (told, calls) = tell(&table, aws(repaired())).await;
        let item = table.item(BAD).unwrap();
        assert_eq!(item["st"], "closed");
        assert!(table.wake().is_none());
        if asked_for {
            assert_eq!(told.unwrap(), answer(1, 1));
            let (subject, message) = calls.messages().remove(0);
            assert_eq!(subject, "1 EC2 instance resolved");
            assert!(
                message.contains(&format!("\n  {BAD}: compliant\n")),
                "{message}"
            );
            assert_eq!(item.get("tgen"), None);
        } else {
            assert_eq!(told.unwrap(), answer(1, 0));
            assert!(calls.messages().is_empty());
            assert!(item.get("tgen").is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_overdue_is_told_when_a_sweep_ends() {
    let clock = Clock::default();
    for (seconds, is_overdue) in [(15 * 60, false), (15 * 60 + 1, true)] {
        clock.is_at(0);
        let table = due(&[bad()]).await;
        clock.is_at(seconds);
        let aws = showing(vec![bad()]).remembering(&table);
        let (logs, (answer, calls)) = lines_of(aws.handle(&scheduled())).await;
        assert_eq!(answer.unwrap()["status"], "swept");
        let told = subjects(&calls);
        let alert = format!("EC2 instance {BAD} is not compliant");
        assert_eq!(told.contains(&alert), is_overdue, "{told:?}");
        assert_eq!(table.wake().is_none(), is_overdue);
        if is_overdue {
            let line = find(&logs, "Sent alerts that were overdue");
            assert_eq!(
                (&line["level"], &line["instances"]),
                (&json!("WARN"), &json!(1))
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_overdue_is_found_also_behind_a_page_without_any() {
    let clock = Clock::default();
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "web")];
    let table = due(&fleet()).await;
    let first = number(NOW + 15 * 60 * 1_000);
    table.put(BAD, &[("due", first)]);
    table.in_pages_of(1);
    clock.is_at(15 * 60 + 1);
    let aws = showing(fleet()).remembering(&table);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let alert = format!("EC2 instance {OTHER} is not compliant");
    assert!(subjects(&calls).contains(&alert), "{:?}", subjects(&calls));
    let asked = table.calls().into_iter().filter(|call| *call == "Scan");
    assert_eq!(asked.count(), 3);
    assert!(table.item(BAD).unwrap().get("due").is_some());
    assert!(table.item(OTHER).unwrap().get("due").is_none());
}
