//! Groups: how long they wait, and what brings them back.

use std::time::Duration;

use tokio::time::Instant;

use super::*;

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
