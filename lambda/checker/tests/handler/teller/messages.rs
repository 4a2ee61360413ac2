//! How much is one message, and how far messages are apart.

use std::time::Duration;

use tokio::time::Instant;

use super::*;

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
