//! `redrive`: the outcome for each dead letter.

use serde_json::{Value, json};

use crate::dead_letters::{
    Contents, FUNCTION, Letter, QUEUE, Queue, accept, function, letter, ok, redrive, settings,
};
use crate::stub::{Reply, Stub};
use crate::support::{Answer, answer, program};

fn run(queue: &Queue, function: &Stub, arguments: &[&str]) -> Answer {
    answer(&mut redrive(queue, function, arguments))
}

fn failed() -> Reply {
    let error = json!({"errorType": "InvalidEvent", "errorMessage": "invalid event:\nno"});
    Reply::FunctionError(error.to_string())
}

fn of_body(id: &'static str, body: &Value) -> Letter {
    Letter {
        body: body.to_string(),
        ..letter(id, "")
    }
}

fn receipts(calls: &[Value]) -> Vec<Vec<&str>> {
    let entries = calls.iter().map(|call| call["Entries"].as_array().unwrap());
    let receipts = entries.map(|entries| {
        let receipts = entries.iter();
        receipts
            .map(|entry| entry["ReceiptHandle"].as_str().unwrap())
            .collect()
    });
    receipts.collect()
}

#[test]
fn accepted_messages_go_and_the_others_stay() {
    let queue = Queue::of(vec![
        letter("m1", "i-00000001"),
        letter("m2", "i-00000002"),
        letter("m3", "i-00000003"),
        of_body("m4", &json!({})),
    ]);
    let function = function(|event| match event["detail"]["instance-id"].as_str() {
        Some("i-00000002") => failed(),
        _ => accept(event),
    });
    let answer = run(&queue, &function, &[]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.stderr, "");
    let event = |number: u32| {
        format!(
            "{number}. EC2 Instance State-change Notification 2025-12-03T09:59:58Z event-m{number} \
             i-0000000{number} running\n   EventBridge: ERROR_CODE=NO_PERMISSIONS\n   message m{number}\n"
        )
    };
    let expected = [
        format!("redrive: from {QUEUE} to {FUNCTION}\n"),
        "redrive: before: 4 waiting, 0 in flight\n".to_owned(),
        event(1),
        "   accepted: non-compliant i-00000001\n".to_owned(),
        event(2),
        "   failed again, left: InvalidEvent: invalid event:\\nno\n".to_owned(),
        event(3),
        "   accepted: non-compliant i-00000003\n".to_owned(),
        "4. message m4\n   not understood, left: expected an event, or Lambda's envelope of one, got {}\n"
            .to_owned(),
        "redrive: 2 accepted and deleted, 2 left\n".to_owned(),
        "redrive: after: 2 waiting, 0 in flight\n".to_owned(),
    ];
    assert_eq!(answer.stdout, expected.concat());
    assert_eq!(queue.visible(), ["m2", "m4"]);
    let deleted = queue.calls("DeleteMessageBatch");
    assert_eq!(receipts(&deleted), [["m1-1", "m3-1"]], "one call for both");
    assert_eq!(function.asked().len(), 3);
    let received = &queue.calls("ReceiveMessage")[0];
    assert_eq!(received["VisibilityTimeout"], 900);
    assert_eq!(
        received["MessageSystemAttributeNames"],
        json!(["DeadLetterQueueSourceArn"])
    );
}

#[test]
fn when_all_are_accepted_the_exit_code_is_0() {
    let queue = Queue::of(vec![letter("m1", "i-00000001")]);
    let answer = run(&queue, &function(accept), &[]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(queue.all().is_empty());
    assert!(queue.calls("ChangeMessageVisibilityBatch").is_empty());
}

#[test]
fn a_message_that_comes_again_is_handled_once() {
    let again = Letter {
        comes_again: true,
        ..letter("m1", "i-00000001")
    };
    let queue = Queue::of(vec![again, letter("m2", "i-00000002")]);
    let function = function(|_| failed());
    let answer = run(&queue, &function, &[]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(function.asked().len(), 2);
    let released = queue.calls("ChangeMessageVisibilityBatch");
    assert_eq!(receipts(&released), [["m1-2", "m2-1"]], "the last receipt");
}

#[test]
fn a_limit_takes_no_more_than_it_handles() {
    const IDS: [&str; 14] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n",
    ];
    let queue = Queue::of(IDS.map(|id| letter(id, "i-00000001")).into());
    let answer = run(&queue, &function(accept), &["--max", "12"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let calls = queue.calls("ReceiveMessage");
    let asked: Vec<_> = calls
        .iter()
        .map(|call| &call["MaxNumberOfMessages"])
        .collect();
    assert_eq!(asked, [10, 2]);
    assert_eq!(queue.visible(), ["m", "n"]);
}

#[test]
fn a_dry_run_shows_and_changes_nothing() {
    let queue = Queue::of(vec![letter("m1", "i-00000001"), of_body("m2", &json!([]))]);
    let function = function(accept);
    let answer = run(&queue, &function, &["--dry-run"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.stdout.contains(", dry run\n"));
    assert!(answer.stdout.contains("message m1\n"));
    assert!(answer.stdout.contains("0 accepted and deleted, 2 left\n"));
    assert!(answer.stdout.ends_with("after: 2 waiting, 0 in flight\n"));
    assert!(function.asked().is_empty());
    assert_eq!(queue.visible(), ["m1", "m2"]);
}

#[test]
fn an_answer_that_is_not_the_checkers_deletes_nothing() {
    for (reply, why) in [
        (
            ok(&json!({"statusCode": 200})),
            "not an answer of the function: {\"statusCode\":200}",
        ),
        (
            Reply::Answer("200 OK", "text".to_owned()),
            "not an answer of the function: \"text\"",
        ),
        (
            ok(&json!({"batchItemFailures": [{"itemIdentifier": "m"}]})),
            "batch, 1 failed",
        ),
    ] {
        let queue = Queue::of(vec![letter("m1", "i-00000001")]);
        let answer = run(&queue, &function(move |_| reply.clone()), &[]);
        assert_eq!(answer.code, Some(1), "{answer:?}");
        assert!(
            answer
                .stdout
                .contains(&format!("failed again, left: {why}\n")),
            "{answer:?}"
        );
        assert_eq!(queue.visible(), ["m1"]);
    }
}

#[test]
fn an_invocation_without_an_answer_is_not_repeated() {
    let queue = Queue::of(vec![
        letter("m1", "i-00000001"),
        letter("m2", "i-00000002"),
        letter("m3", "i-00000003"),
    ]);
    let function = function(|event| match event["detail"]["instance-id"].as_str() {
        Some("i-00000002") => Reply::Reset,
        _ => accept(event),
    });
    let answer = run(&queue, &function, &[]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer
            .stderr
            .starts_with("error: lambda:InvokeFunction: no answer: "),
        "{answer:?}"
    );
    assert!(
        answer
            .stdout
            .ends_with("redrive: 1 accepted and deleted, 2 left\n"),
        "{answer:?}"
    );
    assert_eq!(function.asked().len(), 2);
    assert_eq!(queue.visible(), ["m2", "m3"]);
}

#[test]
fn a_function_that_has_no_room_is_asked_again() {
    let throttled = || {
        let error = json!({"__type": "TooManyRequestsException", "message": "Rate Exceeded."});
        Reply::Answer("429 Too Many Requests", error.to_string())
    };
    let mut is_first = true;
    let busy = function(move |event| {
        if std::mem::take(&mut is_first) {
            throttled()
        } else {
            accept(event)
        }
    });
    let queue = Queue::of(vec![letter("m1", "i-00000001")]);
    let done = run(&queue, &busy, &[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(busy.asked().len(), 2);

    let queue = Queue::of(vec![letter("m1", "i-00000001")]);
    let full = function(move |_| throttled());
    let given_up = answer(redrive(&queue, &full, &[]).env("AWS_MAX_ATTEMPTS", "1"));
    assert_eq!(given_up.code, Some(1));
    assert!(
        given_up.stderr.contains("TooManyRequestsException"),
        "{given_up:?}"
    );
    assert_eq!(queue.visible(), ["m1"]);
}

#[test]
fn a_message_that_cannot_be_deleted_stays() {
    let queue = Queue::start(Contents {
        letters: vec![letter("m1", "i-00000001"), letter("m2", "i-00000002")],
        refused_receipts: vec!["m1-1"],
        ..Contents::default()
    });
    let answer = run(&queue, &function(accept), &[]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let why = "   message m1 was not deleted: sqs:DeleteMessage: the service refused: \
               ReceiptHandleIsInvalid: no message (HTTP 200)\n";
    assert!(answer.stdout.contains(why), "{answer:?}");
    assert!(
        answer
            .stdout
            .contains("redrive: 1 accepted and deleted, 1 left\n")
    );
    // The consumer that has it now makes it visible again.
    assert_eq!(answer.stderr, "");
}

#[test]
fn a_right_that_is_missing_is_named() {
    for (denied, right) in [
        ("GetQueueAttributes", "sqs:GetQueueAttributes"),
        ("ReceiveMessage", "sqs:ReceiveMessage"),
        (
            "ChangeMessageVisibilityBatch",
            "sqs:ChangeMessageVisibility",
        ),
    ] {
        let queue = Queue::start(Contents {
            letters: vec![letter("m1", "i-00000001")],
            denied: Some(denied),
            ..Contents::default()
        });
        let answer = run(&queue, &function(|_| failed()), &[]);
        assert_eq!(answer.code, Some(1), "{answer:?}");
        let expected =
            format!("error: {right}: the service refused: AccessDenied: No. (HTTP 403)\n");
        assert!(answer.stderr.ends_with(&expected), "{answer:?}");
    }
}

#[test]
fn a_message_is_dropped_alone() {
    let letters = || {
        let letters = ["m1", "m2", "m3"].map(|id| letter(id, "i-00000001"));
        Vec::from(letters)
    };
    let function = function(accept);
    let queue = Queue::of(letters());
    let shown = run(&queue, &function, &["--drop", "m2", "--dry-run"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("redrive: 0 dropped\n"), "{shown:?}");
    assert!(shown.stdout.contains("message m2\n") && !shown.stdout.contains("message m1\n"));
    assert_eq!(queue.visible(), ["m1", "m2", "m3"]);

    let dropped = run(&queue, &function, &["--drop", "m2"]);
    assert_eq!(dropped.code, Some(0), "{dropped:?}");
    assert!(
        dropped
            .stdout
            .starts_with(&format!("redrive: from {QUEUE}, to drop messages\n"))
    );
    assert!(
        dropped
            .stdout
            .contains("message m2\n   dropped\nredrive: 1 dropped\n"),
        "{dropped:?}"
    );
    assert_eq!(queue.visible(), ["m1", "m3"]);

    let queue = Queue::of(vec![
        of_body("m1", &json!("text")),
        letter("m2", "i-00000001"),
    ]);
    let both = run(&queue, &function, &["--drop", "m1", "--drop", "m2"]);
    assert_eq!(both.code, Some(0), "{both:?}");
    assert!(queue.all().is_empty());

    let queue = Queue::of(letters());
    let partly = run(&queue, &function, &["--drop", "m1", "--drop", "m9"]);
    assert_eq!(partly.code, Some(1), "{partly:?}");
    let error = "error: not among the visible messages: m9; someone may have received them";
    assert!(partly.stderr.starts_with(error), "{partly:?}");
    assert!(partly.stdout.contains("redrive: 1 dropped\n"));
    assert_eq!(queue.visible(), ["m2", "m3"]);
    assert!(function.asked().is_empty());
}

#[test]
fn wrong_arguments_are_refused() {
    let queue = Queue::of(vec![]);
    for arguments in [
        &["--max", "0"][..],
        &["--max", "all"],
        &["--drop", "m1", "--max", "1"],
        &["--drop", "m1", "--rate", "1"],
    ] {
        let answer = run(&queue, &function(accept), arguments);
        assert_eq!(answer.code, Some(2), "{arguments:?}: {answer:?}");
    }
    let answer =
        answer(redrive(&queue, &function(accept), &["--drop", "m1"]).args(["--rate", "0"]));
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("from 0.01 to 1000"), "{answer:?}");
}

#[test]
fn no_more_is_received_than_a_slow_rate_gets_done_while_it_is_hidden() {
    let queue = Queue::of(vec![letter("m1", "i-00000001")]);
    let mut command = redrive(&queue, &function(accept), &["--drop", "m1", "--dry-run"]);
    assert_eq!(answer(&mut command).code, Some(0));
    let asked = |queue: &Queue| queue.calls("ReceiveMessage")[0]["MaxNumberOfMessages"].clone();
    assert_eq!(asked(&queue), 10, "nothing is invoked");

    let queue = Queue::of(vec![letter("m1", "i-00000001")]);
    let mut command = program();
    command.args(["redrive", "--queue-url", QUEUE, "--function", FUNCTION]);
    command.args(["--rate", "0.01"]);
    command.envs(settings(&queue, &function(accept)));
    assert_eq!(answer(&mut command).code, Some(0));
    assert_eq!(asked(&queue), 5);
}
