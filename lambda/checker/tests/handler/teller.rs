//! What people are told, and when, once something is due.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::types::Instance;
use serde_json::{Value, json};
use tag_compliance_checker::error::Error;
use tag_compliance_core::memory::Group;
use tag_compliance_core::text::Untrusted;
use tokio::time::Instant;

use crate::logs::{find, lines_of};
use crate::support::*;

/// The milliseconds of [`CLOCK`].
const NOW: u64 = 1_764_763_200_123;
const OTHER: &str = "i-00000002";

fn id(number: usize) -> String {
    format!("i-{number:08x}")
}

/// An instance that violates the policy, of an owner.
fn owned(id: &str, owner: &str) -> Instance {
    tagged(id, "running", &[("Owner", owner)])
}

fn group(owner: Option<&str>) -> Group {
    Group::of_owner(owner.map(Untrusted::new))
}

/// EC2 with these instances, of which it shows those that are asked for.
fn showing(instances: Vec<Instance>) -> Aws {
    Aws::fleet(move |asked| {
        let is_asked_for = |instance: &&Instance| {
            let id = instance.instance_id().unwrap();
            asked.ids.is_empty() || asked.ids.iter().any(|it| it == id)
        };
        let shown = instances.iter().filter(is_asked_for).cloned();
        Reply::Ok(page(shown.collect(), None))
    })
}

/// Checks all of these, without telling anybody.
async fn check_all(table: &Table, instances: &[Instance]) {
    let ids = instances.iter().map(|it| it.instance_id().unwrap());
    let events: Vec<_> = ids.map(|id| event(id, "stopped")).collect();
    let aws = showing(instances.to_vec()).remembering(table);
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert!(calls.messages().is_empty());
    table.forget_calls();
}

/// The table after these violations were found.
async fn due(instances: &[Instance]) -> Table {
    let table = Table::default();
    check_all(&table, instances).await;
    table
}

/// The same for many at once, which are as the first one.
async fn due_like_the_first(instances: &[Instance]) -> Table {
    let table = due(&instances[..1]).await;
    let mut item = table.attributes(instances[0].instance_id().unwrap());
    item.retain(|name, _| name != "pk" && name != "sk");
    let item: Vec<_> = item
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    for instance in instances {
        table.put(instance.instance_id().unwrap(), &item);
    }
    table
}

/// Wakes the teller.
async fn tell(table: &Table, aws: Aws) -> (Result<Value, Error>, Calls) {
    let wake = table.wake().unwrap();
    aws.remembering(table).handle(&wake).await
}

fn answer(verified: usize, told: usize) -> Value {
    json!({"statusCode": 200, "status": "told", "verified": verified, "told": told})
}

fn subjects(calls: &Calls) -> Vec<String> {
    let messages = calls.messages().into_iter();
    messages.map(|(subject, _)| subject).collect()
}

fn down<T>() -> Vec<Reply<T>> {
    (0..3)
        .map(|_| Reply::Error(503, "ServiceUnavailable"))
        .collect()
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

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
    for (name, value) in [("tgen", "gen"), ("twhat", "what"), ("tat", "read")] {
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
async fn while_table_ec2_or_topic_fail_everything_stays_due() {
    let faulty = |table: &Table, call: &str| {
        let aws = || showing(vec![bad()]);
        match call {
            "sns:Publish" => aws().sns(down()),
            "ec2:DescribeInstances" => Aws::default().ec2(down()),
            "dynamodb:BatchGetItem" => {
                table.fail(("BatchGetItem", 500, "InternalServerError"));
                aws()
            }
            _ => {
                table.fail_writes_of("pace");
                aws()
            }
        }
    };
    for call in [
        "sns:Publish",
        "ec2:DescribeInstances",
        "dynamodb:BatchGetItem",
        "dynamodb:UpdateItem",
    ] {
        let table = due(&[bad()]).await;
        let before = table.item(BAD);
        let (told, _) = tell(&table, faulty(&table, call)).await;
        let error = told.unwrap_err();
        assert!(error.to_string().starts_with(call), "{error}");
        assert!(error.is_retryable(), "{error}");
        assert_eq!(table.item(BAD), before);
        table.mend();
        let (told, calls) = tell(&table, showing(vec![bad()])).await;
        assert_eq!(told.unwrap(), answer(1, 1), "{call}");
        assert_eq!(calls.messages().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_takes_back_none_that_was_sent() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "api")];
    let table = due(&fleet()).await;
    let refused = vec![Reply::Ok(()), Reply::Error(403, "AuthorizationError")];
    let (told, calls) = tell(&table, showing(fleet()).sns(refused)).await;
    assert!(!told.unwrap_err().is_retryable());
    let first = calls.messages().remove(0).0;
    let (told, calls) = tell(&table, showing(fleet())).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    let second = calls.messages().remove(0).0;
    assert_ne!(first, second);
}

#[tokio::test(start_paused = true)]
async fn what_is_published_and_cannot_be_stored_is_published_once_more() {
    let table = due(&[bad()]).await;
    let before = table.item(BAD);
    table.fail_writes_of(BAD);
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    let error = told.unwrap_err();
    assert!(
        error.to_string().starts_with("dynamodb:UpdateItem: "),
        "{error}"
    );
    assert!(error.is_retryable());
    assert_eq!(calls.messages().len(), 1);
    assert_eq!(table.item(BAD), before);
    table.mend();
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(calls.messages().len(), 1);
    assert!(table.wake().is_none());
}

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
async fn a_group_that_was_told_a_moment_ago_waits_and_is_brought_back_once() {
    const THIRD: &str = "i-00000003";
    let clock = Clock::default();
    let fleet = || [BAD, OTHER, THIRD].map(|id| owned(id, "web")).to_vec();
    let aws = || showing(fleet()).group_interval("60");
    let table = due(&fleet()[..1]).await;
    assert_eq!(tell(&table, aws()).await.1.messages().len(), 1);

    clock.is_at(10);
    check_all(&table, &fleet()[1..2]).await;
    let (told, calls) = tell(&table, aws()).await;
    assert_eq!(told.unwrap(), answer(1, 0));
    assert!(calls.messages().is_empty());
    let message = json!({
        "source": "tag-compliance-checker",
        "detail-type": "Group Due",
        "detail": {"group": group(Some("web")).as_str()},
    });
    assert_eq!(calls.delayed(), [(message.clone(), 50)]);

    clock.is_at(20);
    check_all(&table, &fleet()[2..]).await;
    let (told, calls) = tell(&table, aws()).await;
    assert_eq!(told.unwrap(), answer(2, 0));
    assert!(calls.messages().is_empty() && calls.delayed().is_empty());

    // Others do not wait for it.
    check_all(&table, &[bad_of_nobody()]).await;
    let everybody = || fleet().into_iter().chain([bad_of_nobody()]).collect();
    let (told, calls) = tell(&table, showing(everybody()).group_interval("60")).await;
    assert_eq!(told.unwrap(), answer(3, 1));
    assert_eq!(calls.messages().len(), 1);

    clock.is_at(60);
    let (answer, calls) = aws().remembering(&table).handle(&batch(&[message])).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(subjects(&calls), ["2 EC2 instances not compliant"]);
    assert!(calls.delayed().is_empty());
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_message_failed_is_told_by_the_retry() {
    let aws = || showing(vec![bad()]).group_interval("60");
    let table = due(&[bad()]).await;
    let (told, _) = tell(&table, aws().sns(down())).await;
    assert!(told.unwrap_err().is_retryable());
    let (told, calls) = tell(&table, aws()).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(calls.messages().len(), 1);
    assert!(calls.delayed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_turn_does_not_come_in_time_is_told_by_the_retry() {
    let aws = || showing(vec![bad()]).group_interval("60");
    let table = due(&[bad()]).await;
    let turn_of_others = |at: u64| table.put("pace", &[("next", number(at))]);
    turn_of_others(NOW + 3_600_000);
    let began = Instant::now();
    let (told, calls) = tell(&table, aws()).await;
    assert_eq!(
        began.elapsed().as_secs(),
        54,
        "the claim is given back within the minute"
    );
    assert!(told.unwrap_err().is_retryable());
    assert!(calls.messages().is_empty());
    turn_of_others(NOW);
    let (told, calls) = tell(&table, aws()).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(calls.messages().len(), 1);
    assert!(calls.delayed().is_empty());
}

fn bad_of_nobody() -> Instance {
    instance("i-00000004", "running", false)
}

#[tokio::test(start_paused = true)]
async fn a_group_that_could_not_be_brought_back_is_brought_back_by_the_retry() {
    let clock = Clock::default();
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "web")];
    let aws = || showing(fleet()).group_interval("60");
    let table = due(&fleet()[..1]).await;
    tell(&table, aws()).await.0.unwrap();
    clock.is_at(10);
    check_all(&table, &fleet()[1..]).await;
    let (told, _) = tell(&table, aws().sqs(down())).await;
    let error = told.unwrap_err();
    assert!(
        error.to_string().starts_with("sqs:SendMessage: "),
        "{error}"
    );
    let (told, calls) = tell(&table, aws()).await;
    assert_eq!(told.unwrap(), answer(1, 0));
    assert_eq!(calls.delayed().len(), 1);
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
async fn a_launch_of_many_is_one_message_that_is_listed_by_cause() {
    let fleet = || -> Vec<_> {
        (0..25)
            .map(|n| {
                let stack = if n < 20 { "shop" } else { "lab" };
                let tags = [("Owner", "web"), ("aws:cloudformation:stack-name", stack)];
                tagged(&id(n), "running", &tags)
            })
            .collect()
    };
    let table = due(&fleet()).await;
    let (told, calls) = tell(&table, showing(fleet())).await;
    assert_eq!(told.unwrap(), answer(25, 25));
    assert_eq!(subjects(&calls), ["25 EC2 instances not compliant"]);
    let (_, message) = calls.messages().remove(0);
    for line in [
        "\nOwner: web\n",
        "\nNew, CloudFormation stack shop (20):\n",
        "\nNew, CloudFormation stack lab (5):\n",
    ] {
        assert!(message.contains(line), "{line} in {message}");
    }
    for n in 0..25 {
        let line = format!("\n  {}: missing Environment, Application\n", id(n));
        assert!(message.contains(&line), "{line} in {message}");
        assert!(table.item(&id(n)).unwrap().get("tat").is_some());
    }
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_twenty_largest_owners_get_a_message_each_and_the_rest_is_one_list() {
    let fleet = || -> Vec<_> {
        let single = (0..22).map(|n| owned(&id(n), &format!("owner-{n:02}")));
        let second = (0..20).map(|n| owned(&id(n + 100), &format!("owner-{n:02}")));
        single.chain(second).collect()
    };
    let table = due(&fleet()).await;
    let (told, calls) = tell(&table, showing(fleet())).await;
    assert_eq!(told.unwrap(), answer(42, 42));
    let messages = calls.messages();
    let (rest, own) = messages.split_last().unwrap();
    let owner = |message: &str| {
        let mut lines = message.lines();
        lines.find_map(|line| Some(line.strip_prefix("Owner: ")?.to_owned()))
    };
    let mut owners: Vec<_> = own.iter().map(|it| owner(&it.1).unwrap()).collect();
    owners.sort_unstable();
    let expected: Vec<_> = (0..20).map(|n| format!("owner-{n:02}")).collect();
    assert_eq!(owners, expected);
    assert!(own.iter().all(|it| it.0 == "2 EC2 instances not compliant"));
    assert_eq!(rest.0, "2 EC2 instances not compliant");
    assert_eq!(owner(&rest.1), None);
    assert!(
        rest.1.contains(&id(20)) && rest.1.contains(&id(21)),
        "{}",
        rest.1
    );
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_for_one_message_is_several() {
    let fleet = || -> Vec<_> { (0..1_200).map(|n| owned(&id(n), "web")).collect() };
    let table = due_like_the_first(&fleet()).await;
    let (told, calls) = tell(&table, showing(fleet()).group_interval("60")).await;
    assert_eq!(told.unwrap(), answer(1_200, 1_200));
    let expected = [500, 500, 200].map(|n| format!("{n} EC2 instances not compliant"));
    assert_eq!(subjects(&calls), expected);
    let messages = calls.messages();
    let fits = |(_, message): &(String, String)| message.len() < 256 * 1024;
    assert!(messages.iter().all(fits));
    let text: String = messages.into_iter().map(|(_, message)| message).collect();
    for n in 0..1_200 {
        assert_eq!(text.matches(&id(n)).count(), 1, "{n}");
    }
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn messages_are_a_fifth_of_a_second_apart_whoever_sends_them() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "api")];
    let table = due(&fleet()).await;
    let began = Instant::now();
    let (told, calls) = tell(&table, showing(fleet())).await;
    assert_eq!(told.unwrap(), answer(2, 2));
    assert_eq!(calls.messages().len(), 2);
    assert_eq!(began.elapsed().as_millis(), 3_200);
    let next = |millis: u64| json!({"next": (NOW + millis).to_string()});
    assert_eq!(table.item("pace").unwrap(), next(400));

    // A digest keeps the pace as well.
    table.put("pace", &[("next", number(NOW + 5_000))]);
    let began = Instant::now();
    let aws = showing(fleet()).remembering(&table);
    let (_, calls) = aws.handle(&scheduled()).await;
    assert_eq!(calls.messages().len(), 1);
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    assert_eq!(table.item("pace").unwrap(), next(5_200));
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_another_sender_takes_meanwhile_is_not_taken_twice() {
    let table = due(&[bad()]).await;
    table.put("pace", &[("next", number(NOW + 200))]);
    let mut slots = [NOW + 400, NOW + 600].into_iter();
    table.race("pace", 2, move |items| {
        let pace = items.get_mut("pace").unwrap();
        pace.insert("next".to_owned(), number(slots.next().unwrap()));
    });
    let (told, _) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    let expected = json!({"next": (NOW + 800).to_string()});
    assert_eq!(table.item("pace").unwrap(), expected);
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
            let line = find(&logs, "Instances were due for too long: they are told now");
            assert_eq!(
                (&line["level"], &line["instances"]),
                (&json!("WARN"), &json!(1))
            );
        }
    }
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

/// The message that brings a group back.
fn group_due(owner: Option<&str>) -> Value {
    json!({
        "source": "tag-compliance-checker",
        "detail-type": "Group Due",
        "detail": {"group": group(owner).as_str()},
    })
}

#[tokio::test(start_paused = true)]
async fn more_than_an_invocation_tells_of_a_group_comes_back() {
    let clock = Clock::default();
    let fleet = || -> Vec<_> { (0..1_001).map(|n| owned(&id(n), "web")).collect() };
    let table = due_like_the_first(&fleet()).await;
    table.in_pages_of(400);
    let aws = || {
        let aws = showing(fleet()).group_interval("60");
        aws.remembering(&table)
    };
    let message = group_due(Some("web"));
    let (told, calls) = aws().handle(&message).await;
    assert_eq!(told.unwrap(), answer(1_000, 1_000));
    assert_eq!(calls.delayed(), [(message.clone(), 60)]);
    assert_eq!(table.calls()[..3], ["Query"; 3]);

    clock.is_at(60);
    let (told, calls) = aws().handle(&message).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert!(calls.delayed().is_empty());
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_a_group_has_due_can_be_a_whole_number_of_pages() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "web")];
    let table = due(&fleet()).await;
    table.in_pages_of(1);
    let aws = showing(fleet()).remembering(&table);
    let (told, _) = aws.handle(&group_due(Some("web"))).await;
    assert_eq!(told.unwrap(), answer(2, 2));
    assert_eq!(table.calls()[..3], ["Query"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_cannot_be_asked_for_comes_again() {
    let table = due(&[bad()]).await;
    let message = group_due(None);
    let aws = || showing(vec![bad(), good()]).remembering(&table);
    table.fail(("Query", 500, "InternalServerError"));
    let error = aws().handle(&message).await.0.unwrap_err();
    assert!(error.is_retryable());
    assert!(error.to_string().starts_with("dynamodb:Query: "), "{error}");
    let records = [message.clone(), event(GOOD, "running")];
    let (answered, calls) = aws().handle(&batch(&records)).await;
    assert_eq!(answered.unwrap(), failed(&["m0"]), "it fails alone");
    assert!(calls.messages().is_empty());
    table.mend();
    let (told, _) = aws().handle(&message).await;
    assert_eq!(told.unwrap(), answer(1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_a_little_early_by_another_clock_waits_for_its_interval() {
    let clock = Clock::default();
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "web")];
    let aws = |table: &Table| showing(fleet()).group_interval("60").remembering(table);
    for is_in_time in [true, false] {
        clock.is_at(0);
        let table = due(&fleet()[..1]).await;
        tell(&table, aws(&table)).await.0.unwrap();
        clock.is_at(10);
        check_all(&table, &fleet()[1..]).await;
        clock.is_at(59);
        let began = Instant::now();
        let later = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            clock.is_at(if is_in_time { 60 } else { 59 });
        };
        let message = group_due(Some("web"));
        let ((told, calls), ()) = tokio::join!(aws(&table).handle(&message), later);
        assert_eq!(began.elapsed(), Duration::from_secs(1));
        assert_eq!(told.unwrap(), answer(1, usize::from(is_in_time)));
        // Where that clock is wrong by more, it comes back once more.
        assert_eq!(calls.delayed().is_empty(), is_in_time);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_topic_refuses_in_a_batch_is_not_told() {
    for sender_fault in [true, false] {
        let table = due(&[bad()]).await;
        let before = table.item(BAD);
        let refusing = showing(vec![bad()]).sns(vec![Reply::AllBut("0", sender_fault)]);
        let error = tell(&table, refusing).await.0.unwrap_err();
        assert!(error.to_string().starts_with("sns:Publish: "), "{error}");
        assert_eq!(error.is_retryable(), !sender_fault);
        assert_eq!(table.item(BAD), before);
        let (told, _) = tell(&table, showing(vec![bad()])).await;
        assert_eq!(told.unwrap(), answer(1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_of_the_pace_or_a_group_that_cannot_be_read_is_named() {
    let sort = format!("group#{}", group(None).as_str());
    for (sort, attribute) in [("pace", "next"), (sort.as_str(), "again")] {
        let table = due(&[bad()]).await;
        let wrong = AttributeValue::S("soon".to_owned());
        table.put(sort, &[(attribute, wrong)]);
        let aws = || showing(vec![bad()]).group_interval("60");
        let (told, calls) = tell(&table, aws()).await;
        let expected = format!(
            "dynamodb:UpdateItem: the item can't be read: {attribute}: expected milliseconds \
             since 1970, got S(\"soon\")"
        );
        assert_eq!(told.unwrap_err().to_string(), expected);
        assert!(calls.messages().is_empty());
        table.put(sort, &[(attribute, number(NOW))]);
        let (told, _) = tell(&table, aws()).await;
        assert_eq!(told.unwrap(), answer(1, 1));
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
